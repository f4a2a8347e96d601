package translate

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net/http"
	"regexp"
	"testing"
	"unicode/utf8"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/sse"
)

// FuzzTranslateRequest translates any bytes between the two dialects that
// pair chooses: it never panics, refuses with an error that the client can
// read or writes JSON, and loses no text of a message without a note.
func FuzzTranslateRequest(f *testing.F) {
	for i, from := range benchDialects {
		for _, v := range vectorFiles(f) {
			if v.Kind == "request" && vectorDialects[v.From] == from {
				for j := range benchDialects {
					f.Add(uint8(i|j<<2), v.body())
				}
			}
		}
	}
	f.Fuzz(func(t *testing.T, pair uint8, body []byte) {
		from, to := benchDialects[pair&3], benchDialects[pair>>2&3]
		target := ableTarget(to, able[to][pair>>4&1])
		env := &ir.Envelope{Op: ir.Generate, Dialect: from, Header: http.Header{}}
		if from == ir.Gemini {
			env.Model = "m"
		}
		out, err := upstreamBody(env, body, target, "m")
		if err != nil {
			var refused *ir.Error
			if !errors.As(err, &refused) {
				t.Fatalf("fails with %v", err)
			}
			if shown := CodecOf(from).AppendError(nil, refused, "req_1"); !json.Valid(shown) {
				t.Fatalf("the error is no JSON: %s", shown)
			}
			return
		}
		if from == to || !json.Valid(body) {
			return // relayed as it is
		}
		if !json.Valid(out) {
			t.Fatalf("%s to %s: no JSON: %s", from, to, out)
		}
		if !plain(body) || target.Notes.More() > 0 {
			return
		}
		missing, err := lost(body, out, target.Notes.List())
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range missing {
			if messageText.MatchString(l.path) && !excused(l, to) {
				t.Errorf("%s to %s: %q of %s is lost silently in %s", from, to, l.value, l.path, out)
			}
		}
	})
}

// messageText matches the paths of what people and models have said.
var messageText = regexp.MustCompile(`^((messages|input)\[\d+\]\.content(\[\d+\]\.text)?|contents\[\d+\]\.parts\[\d+\]\.text)$`)

// plain reports whether a body can be compared by its strings: names occur
// once in an object and in one spelling, and strings are whole.
func plain(body []byte) bool {
	if !utf8.Valid(body) || bytes.Contains(body, []byte(`\u`)) {
		return false
	}
	again, err := json.Marshal(json.RawMessage(body))
	if err != nil {
		return false
	}
	v, err := parse(body)
	if err != nil {
		return false
	}
	flat, err := json.Marshal(v)
	return err == nil && len(flat) == len(again)
}

// FuzzTranslateStream gives any bytes as an upstream's stream, in any pieces,
// to a client of any dialect: what the client reads keeps to its grammar and
// does not depend on the pieces.
func FuzzTranslateStream(f *testing.F) {
	for i, upstream := range benchDialects {
		for _, v := range vectorFiles(f) {
			if v.Kind != "stream" || vectorDialects[v.From] != upstream {
				continue
			}
			for j := range benchDialects {
				f.Add(uint8(i|j<<2), uint64(j), v.wire())
			}
		}
	}
	f.Fuzz(func(t *testing.T, pair uint8, seed uint64, stream []byte) {
		upstream, client := benchDialects[pair&3], benchDialects[pair>>2&3]
		read := func(src sse.Source) ([]byte, *ir.Error) {
			a := answerFor(t, client, upstream, true, true)
			var out []byte
			for src.Next() {
				out = a.Frame(out, src.Event())
			}
			out = a.Close(out)
			return out, a.Seen().Err
		}
		want, err := read(sse.NewReader(bytes.NewReader(stream)))
		got, _ := read(sse.NewReader(&pieces{data: stream, rand: rand.New(rand.NewPCG(seed, 1))}))
		if !bytes.Equal(got, want) {
			t.Errorf("%s to %s: in pieces it gives\n%s\ninstead of\n%s", upstream, client, got, want)
		}
		if problem := clientGrammar(client, want, err != nil); problem != "" {
			t.Errorf("%s to %s: %s in\n%s\nfor\n%q", upstream, client, problem, want, stream)
		}
	})
}

// wire are the bytes of a stream vector.
func (v *vector) wire() []byte {
	var frames []frame
	if json.Unmarshal(v.Input, &frames) == nil {
		return wire(frames)
	}
	var raw struct{ Raw string }
	_ = json.Unmarshal(v.Input, &raw)
	return []byte(raw.Raw)
}
