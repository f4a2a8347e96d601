package anthropic

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/sse"
)

func FuzzDecodeRequest(f *testing.F) {
	files, _ := filepath.Glob("testdata/clients/*.json")
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(raw))
	}
	f.Add(`{"max_tokens":9000,"thinking":{"type":"adaptive"},"output_config":{"effort":"low","x":1},"tools":[{"type":"bash_20250124","name":"bash"},{"type":"web_search_1","name":"w","user_location":{}}],
		"messages":[{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"f","input":"x"},{"type":"server_tool_use"},{"type":"redacted_thinking","data":"x"}]},{"role":"system","content":"s"}]}`)
	f.Fuzz(func(t *testing.T, body string) {
		for _, d := range []ir.Dialect{ir.Anthropic, ir.Responses} {
			for _, caps := range []ir.Caps{manual, adaptive, plain} {
				env := envelope()
				_ = Codec{}.ReadEnvelope([]byte(body), env)
				req, err := Codec{}.DecodeRequest([]byte(body), env)
				if err != nil {
					return
				}
				to := target(caps, req.Tools)
				out, err := Codec{}.AppendRequest(nil, foreign(req, d), to)
				if err == nil && json.Valid([]byte(body)) && !json.Valid(out) {
					t.Fatalf("no JSON: %s", out)
				}
				if out, err := (Codec{}).RelayRequest(nil, []byte(body), env, to); err == nil && json.Valid([]byte(body)) && !json.Valid(out) {
					t.Fatalf("relayed no JSON: %s", out)
				}
				Codec{}.Header(req, to)
			}
		}
	})
}

func FuzzDecode(f *testing.F) {
	f.Add(wholeStream)
	f.Add(frames(`{"type":"error","error":{"type":"x"}}`))
	f.Fuzz(func(t *testing.T, text string) {
		trip := native()
		events := streamed(Codec{}.NewDecoder(trip), text)
		if n := len(events); n == 0 || events[n-1].Kind != ir.EventEnd && events[n-1].Kind != ir.EventError {
			t.Fatalf("no end: %+v", events)
		}
		out := encodeEvents(trip, events)
		src := sse.NewReader(strings.NewReader(out))
		for src.Next() {
			// What stands inside of raw blocks is the upstream's.
			if data := src.Event().Data; !json.Valid(data) && allValid(text) {
				t.Fatalf("no JSON: %s", data)
			}
		}
		relayed(Codec{}.NewRelay(envelope(), "asked", true), text)
	})
}

func allValid(text string) bool {
	src := sse.NewReader(strings.NewReader(text))
	for src.Next() {
		if !json.Valid(src.Event().Data) {
			return false
		}
	}
	return true
}

func FuzzDecodeResponse(f *testing.F) {
	f.Add(whole)
	f.Add(`{"type":"error","error":{"message":"m"}}`)
	f.Fuzz(func(t *testing.T, body string) {
		trip := native()
		resp, err := Codec{}.DecodeResponse([]byte(body), trip)
		if err == nil && json.Valid([]byte(body)) {
			if out := (Codec{}).AppendResponse(nil, resp, trip); !json.Valid(out) {
				t.Fatalf("no JSON: %s", out)
			}
			enc := Codec{}.NewEncoder(client())
			var out []byte
			ir.Replay(resp, func(e *ir.Event) { out = enc.Append(out, e) })
			grammar(t, string(out))
		}
		if e := (Codec{}).DecodeError(400, nil, []byte(body)); !json.Valid(Codec{}.AppendError(nil, e, "r")) {
			t.Fatal("no JSON")
		}
		Codec{}.NewRelay(envelope(), "asked", true).Body(nil, []byte(body))
	})
}
