package translate

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// TestSameDialect takes every request of the corpus through its own dialect in
// both ways: relayed it is byte for byte what the client sent but for the
// model's name; decoded and written again, as is done to send it without
// signatures, it says all that it said and nothing else.
func TestSameDialect(t *testing.T) {
	for _, d := range benchDialects {
		written := 0
		for _, s := range corpus(t, d) {
			checkRelayed(t, d, s)
			if rewritten(t, d, s) {
				written++
			}
		}
		if written < 120 {
			t.Errorf("%s: only %d requests were written again", d, written)
		}
	}
}

func sameEnvelope(d ir.Dialect) *ir.Envelope {
	return &ir.Envelope{Op: ir.Generate, Dialect: d, Header: http.Header{}, Model: "m"}
}

func checkRelayed(t *testing.T, d ir.Dialect, s sample) {
	t.Helper()
	env := sameEnvelope(d)
	if _, err := NewCall(env, s.body); err != nil {
		return
	}
	target := ableTarget(d, env.Model)
	target.Caps.StreamUsage = false     // the gateway asks for usage, which is one of its own additions
	target.Caps.CompletionLimit = false // and it renames max_tokens where the model refuses that
	out, err := upstreamBody(sameEnvelope(d), s.body, target, env.Model)
	if err != nil {
		t.Errorf("%s %s: relaying fails with %v", d, s.name, err)
		return
	}
	if d != ir.Gemini && len(target.Notes.List()) == 0 && !bytes.Equal(out, s.body) && !bytes.Contains(s.body, []byte("skip_thought")) &&
		!bytes.Contains(s.body, []byte("signature")) && !bytes.Contains(s.body, []byte("encrypted_content")) && !bytes.Contains(s.body, []byte("client_metadata")) {
		t.Errorf("%s %s: the relayed body is\n%s\ninstead of\n%s", d, s.name, out, s.body)
	}
	if missing, err := lost(s.body, out, target.Notes.List()); err != nil || len(missing) > 0 {
		t.Errorf("%s %s: relaying loses %v, %v", d, s.name, missing, err)
	}
}

// rewritten is false for a body that is refused.
func rewritten(t *testing.T, d ir.Dialect, s sample) bool {
	t.Helper()
	call, err := NewCall(sameEnvelope(d), s.body)
	if err != nil {
		return false
	}
	target := ableTarget(d, able[d][0])
	target.Scope = ""
	out, err := (&hub{call: call, target: target, upstream: codecs[d], model: "m"}).Request(nil)
	if e := (*ir.Error)(nil); errors.As(err, &e) {
		return false
	}
	if err != nil {
		t.Errorf("%s %s: %v", d, s.name, err)
		return false
	}
	missing, err := lost(s.body, out, target.Notes.List())
	if err != nil {
		t.Errorf("%s %s: %v", d, s.name, err)
	}
	for _, l := range missing {
		if !excused(l, d) {
			t.Errorf("%s %s: %q of %s is lost", d, s.name, l.value, l.path)
		}
	}
	if len(target.Notes.List()) > 0 {
		return true // what the gateway mended may have added something
	}
	added, err := lost(out, s.body, nil)
	if err != nil {
		t.Errorf("%s %s: %v", d, s.name, err)
	}
	for _, l := range added {
		if wrapped(l.value, s.body) || strings.HasSuffix(l.path, ".name") { // names may be made legal
			continue
		}
		t.Errorf("%s %s: %q of %s is added", d, s.name, l.value, l.path)
	}
	return true
}

// wrapped tells of text that the gateway has put around the client's, or has
// joined from several of the client's.
func wrapped(text string, body []byte) bool {
	hay, err := haystack(body)
	if err != nil {
		return false
	}
	text = strings.TrimSuffix(strings.TrimPrefix(text, "<system-reminder>\n"), "\n</system-reminder>")
	for piece := range strings.SplitSeq(text, "\n\n") {
		if !strings.Contains(hay, piece) && !strings.HasPrefix(piece, "Tool result image for ") {
			return false
		}
	}
	return true
}
