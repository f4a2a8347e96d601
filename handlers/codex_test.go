package handlers

import (
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// TestCodexAccount asks an account that only streams, stores nothing and takes
// what Codex sends alone. The gateway does the rest.
func TestCodexAccount(t *testing.T) {
	up := newUpstream(t, says(200, eventStream, strings.Join(speeches[ir.Responses].stream(), "")))
	f := serve(t, gatewaySpec{accounts: []accountSpec{{
		name: "only", dialect: ir.Responses, url: up.URL, override: func(c *ir.Caps) { c.Codex = true },
	}}})
	ask := `{"model":"m","input":"hello","max_output_tokens":50,"temperature":0.3,"user":"u","stream_options":{"include_obfuscation":false}`
	first := f.post(responses, ask+`}`)
	id := idOf(t, first)
	if gjson.Get(first.body, "output.0.content.0.text").Str != "hello there" || !strings.HasPrefix(id, "resp_gw") || !gjson.Get(first.body, "store").Bool() {
		t.Errorf("got %s", first.body)
	}
	if notes := first.header.Get("X-Ai-Gateway-Notes"); !strings.Contains(notes, `p="max_output_tokens"`) || !strings.Contains(notes, `p="temperature"`) {
		t.Errorf("notes are %s", notes)
	}
	sent := up.requests()[0]
	if sent.header.Get("Accept") != eventStream {
		t.Errorf("it accepts %s", sent.header.Get("Accept"))
	}
	for path, want := range map[string]string{
		"stream": "true", "store": "false", "instructions": `""`, "parallel_tool_calls": "true", "include": `["reasoning.encrypted_content"]`,
		"max_output_tokens": "", "temperature": "", "user": "", "stream_options": "",
	} {
		if got := gjson.Get(sent.body, path).Raw; got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}

	streamed := f.post(responses, `{"model":"m","stream":true,"input":"And?","previous_response_id":"`+id+`"}`)
	sent = up.requests()[1]
	if gjson.Get(final(streamed), "previous_response_id").Str != id || strings.Contains(sent.body, id) || !strings.Contains(sent.body, `"hello there"`) {
		t.Errorf("got %s\nsent %s", streamed.body, sent.body)
	}
	late := idOf(t, f.post(responses, `{"model":"m","input":"x","background":true}`))
	f.polled(late, "completed")

	strict := f.post(responses, ask+`}`, "X-Ai-Gateway-Strict", "1")
	if strict.status != 400 || !strings.Contains(errorOf(strict.body), "max_output_tokens") {
		t.Errorf("strict: %d %s", strict.status, strict.body)
	}
	messages := f.post("/v1/messages", `{"model":"m","max_tokens":9,"system":"Be kind.","messages":[{"role":"user","content":"x"}]}`)
	sent = up.requests()[3]
	if messages.status != 200 || gjson.Get(sent.body, "instructions").Str != "Be kind." || gjson.Get(sent.body, "max_output_tokens").Exists() || !gjson.Get(sent.body, "stream").Bool() {
		t.Errorf("got %d %s, sent %s", messages.status, messages.body, sent.body)
	}
}

// TestRepair mends what comes in the upstream's own dialect where the operator
// asks for it, and relays it where not.
func TestRepair(t *testing.T) {
	const ask = `{"model":"m","messages":[{"role":"user","content":"a"},{"role":"system","content":"late"},{"role":"user","content":"b"}],"tools":[],"tool_choice":"auto"}`
	for _, repair := range []bool{false, true} {
		up := newUpstream(t, says(200, "application/json", speeches[ir.Chat].whole))
		f := serve(t, gatewaySpec{accounts: []accountSpec{{
			name: "only", url: up.URL, override: func(c *ir.Caps) { c.Repair, c.SystemFirstOnly, c.MidSystem = repair, true, false },
		}}})
		got := f.post("/v1/chat/completions", ask)
		wantHello(t, ir.Chat, got)
		if sent := up.requests()[0].body; (sent == ask) == repair || strings.Contains(sent, "system-reminder") != repair {
			t.Errorf("repair %v: sent %s", repair, sent)
		}
	}
}
