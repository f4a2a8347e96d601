package translate

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// TestThereAndBack translates the corpus to another dialect and back: where no
// note warns, what was said, by whom and in which order, every call with its
// arguments, and every result with the call that it answers are the same. Left
// out are arguments whose keys are renamed, since only answers restore them,
// and text between calls, which Chat Completions has in front of them.
func TestThereAndBack(t *testing.T) {
	compared := 0
	for _, from := range benchDialects {
		for _, s := range corpus(t, from) {
			for _, to := range benchDialects {
				if from == to || strings.Contains(s.name, "property-keys") || to == ir.Chat && strings.Contains(s.name, "text-between-calls") {
					continue
				}
				there, ok := clean(from, to, able[to][1], s.body)
				if !ok {
					continue
				}
				back, ok := clean(to, from, able[from][1], there)
				if !ok {
					continue
				}
				compared++
				want, got := story(t, from, s.body), story(t, from, back)
				if !reflect.DeepEqual(got, want) {
					t.Errorf("%s, %s to %s and back: it says\n%q\ninstead of\n%q", s.name, from, to, got, want)
				}
			}
		}
	}
	if compared < 500 {
		t.Errorf("only %d requests were compared", compared)
	}
}

// clean translates a body. It is false where that is refused, or a note warns.
func clean(from, to ir.Dialect, model string, body []byte) ([]byte, bool) {
	env := &ir.Envelope{Op: ir.Generate, Dialect: from, Header: http.Header{}, Model: "m"}
	target := ableTarget(to, model)
	out, err := upstreamBody(env, body, target, "m")
	if err != nil {
		return nil, false
	}
	for _, n := range target.Notes.List() {
		if n.Level == ir.Warn {
			return nil, false
		}
	}
	return out, true
}

// story retells a conversation in lines that are the same in every dialect.
// Thinking is left out, since it goes back to its own vendor only.
func story(t *testing.T, d ir.Dialect, body []byte) (lines []string) {
	t.Helper()
	env := &ir.Envelope{Op: ir.Generate, Dialect: d, Header: http.Header{}, Model: "m"}
	req, err := CodecOf(d).DecodeRequest(body, env)
	if err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	ir.Normalize(req, &ir.Target{Notes: &ir.Notes{}})
	names := map[string]int{} // ids may be made legal, so calls are counted
	for i := range req.Turns {
		turn := &req.Turns[i]
		for j := range turn.Parts {
			p := &turn.Parts[j]
			switch {
			case p.Call != nil:
				names[p.Call.ID] = len(names)
				args, _ := parse(p.Call.AppendObject(nil))
				lines = append(lines, fmt.Sprintf("call %d %v", names[p.Call.ID], args))
			case p.Result != nil:
				lines = append(lines, fmt.Sprintf("result of %d", names[p.Result.CallID]))
			case turn.Role == ir.RoleSystem, wraps(p.Text):
			case p.Kind == ir.PartText || p.Kind == ir.PartRefusal:
				lines = append(lines, fmt.Sprintf("%s: %s", turn.Role, p.Text.String()))
			}
		}
	}
	return joined(lines)
}

// wraps tells of text that the gateway makes of what is no text elsewhere: an
// image in a result, a text document, a system message between others.
func wraps(text ir.Text) bool {
	return text.HasPrefix("Tool result ") || text.HasPrefix("<document") || text.HasPrefix("<system-reminder>") || text.HasPrefix("<search_result")
}

// joined makes one line of what one speaker says in several.
func joined(lines []string) (out []string) {
	for _, l := range lines {
		role, text, isText := cutRole(l)
		if n := len(out); isText && n > 0 {
			if before, _, ok := cutRole(out[n-1]); ok && before == role {
				out[n-1] += text
				continue
			}
		}
		out = append(out, l)
	}
	return out
}

func cutRole(line string) (role, text string, ok bool) {
	for _, role := range []string{"user", "assistant"} {
		if rest, found := strings.CutPrefix(line, role+": "); found {
			return role, rest, true
		}
	}
	return "", "", false
}
