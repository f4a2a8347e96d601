package translate

import (
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// TestNothingIsLostSilently sends the whole corpus to every other dialect and
// back: whatever the request said must stand in what is sent, or a note must
// tell that it does not.
func TestNothingIsLostSilently(t *testing.T) {
	sent := 0
	for _, from := range benchDialects {
		for _, s := range corpus(t, from) {
			for _, to := range benchDialects {
				for _, model := range able[to] {
					if from == to {
						continue
					}
					there, ok := carries(t, s.name, from, to, model, s.body)
					if !ok {
						continue
					}
					sent++
					carries(t, s.name+" and back", to, from, able[from][0], there)
				}
			}
		}
	}
	if sent < 3500 {
		t.Errorf("only %d requests were sent", sent)
	}
}

// carries translates a body and reports what was lost. It is false for a body
// that is refused.
func carries(t *testing.T, name string, from, to ir.Dialect, model string, body []byte) ([]byte, bool) {
	t.Helper()
	env := &ir.Envelope{Op: ir.Generate, Dialect: from, Header: http.Header{}}
	if from == ir.Gemini {
		env.Model = "m"
	}
	target := ableTarget(to, model)
	out, err := upstreamBody(env, body, target, "m")
	if err != nil {
		var refused *ir.Error
		if !errors.As(err, &refused) || refused.Status != http.StatusBadRequest || refused.Message == "" {
			t.Errorf("%s, %s to %s: fails with %v", name, from, to, err)
		}
		return nil, false
	}
	missing, err := lost(body, out, target.Notes.List())
	if err != nil {
		t.Errorf("%s, %s to %s: %v", name, from, to, err)
		return nil, false
	}
	for _, l := range missing {
		if excused(l, to) {
			continue
		}
		t.Errorf("%s, %s to %s (%s): %q of %s is lost silently", name, from, to, model, l.value, l.path)
	}
	return out, true
}

// legalName matches the names of tools that every dialect takes.
var legalName = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_-]{0,63}$`)

// legalKey matches the names of arguments that Anthropic takes.
var legalKey = regexp.MustCompile(`^[a-zA-Z0-9_.-]{1,64}$`)

// excused tells of what is lost without a note on purpose.
func excused(l leaf, to ir.Dialect) bool {
	switch {
	case strings.HasPrefix(l.value, "x-anthropic-billing-header:"):
		return true // is for Anthropic's accounting and would spoil others' prompt caches
	case strings.HasSuffix(l.path, ".name") && !legalName.MatchString(l.value):
		return true // is renamed, and restored in the answer
	case to == ir.Anthropic && strings.Contains(l.path, ".properties.") && !legalKey.MatchString(l.value):
		return true // is renamed, and restored in the answer
	}
	return false
}
