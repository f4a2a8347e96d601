package handlers

import (
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// TestInstructionsDefault instructs the model for clients that do not, on
// upstreams of the client's dialect and of others.
func TestInstructionsDefault(t *testing.T) {
	const text = "Speak \"plainly\".\nAlways."
	for _, tt := range []struct {
		name, body string
		header     []string
		instructed bool
	}{
		{"none", `{"model":"demo","input":"x"}`, nil, true},
		{"null", `{"model":"demo","instructions":null,"input":"x"}`, nil, true},
		{"blank", `{"instructions":" \n","model":"demo","input":"x"}`, nil, true},
		{"own", `{"model":"demo","input":"x","instructions":"Mine."}`, nil, false},
		{"own, escaped", `{"model":"demo","input":"x","\u0069nstructions":"Mine."}`, nil, false},
		{"in a message", `{"model":"demo","input":[{"role":"user","content":"instructions"}]}`, nil, true},
		{"another model", `{"model":"demo-2","input":"x"}`, nil, false},
		{"Codex", `{"model":"demo","input":"x"}`, []string{"Originator", "codex_exec"}, false},
		{"Codex by its name", `{"model":"demo","input":"x"}`, []string{"User-Agent", "codex_cli_rs/0.50.0 (Debian)"}, false},
		{"no Codex", `{"model":"demo","input":"x"}`, []string{"User-Agent", "codexample/1"}, true},
	} {
		for _, d := range dialects {
			account, up := simulatedAs("only", d)
			f := serve(t, gatewaySpec{accounts: []accountSpec{account}, models: Models{exactModel(Model{Name: "demo", Instructions: text})}})
			got := f.post(responses, tt.body, tt.header...)
			sent := up.last().body
			if got.status != 200 || strings.Contains(sent, "plainly") != tt.instructed || strings.Contains(sent, "Mine.") != strings.Contains(tt.body, "Mine.") {
				t.Errorf("%s, %s: %d %s\nsent %s", tt.name, d, got.status, got.body, sent)
			}
			if d == ir.Responses && tt.instructed && gjson.Get(sent, "instructions").Str != text {
				t.Errorf("%s: sent %s", tt.name, sent)
			}
		}
	}
}

// TestInstructionsDefaultStateful instructs every request anew, since
// instructions do not go on with a response, and what is in the background too.
func TestInstructionsDefaultStateful(t *testing.T) {
	for _, d := range dialects {
		account, up := simulatedAs("only", d)
		f := serve(t, gatewaySpec{accounts: []accountSpec{account}, models: Models{exactModel(Model{Name: "demo", Instructions: "Be plain."})}})
		id := idOf(t, f.post(responses, `{"model":"demo","input":"one"}`))
		second := f.post(responses, `{"model":"demo","input":"two","previous_response_id":"`+id+`"}`)
		if got := up.last().body; second.status != 200 || strings.Count(got, "Be plain.") != 1 || d != ir.Responses && !strings.Contains(got, "one") {
			t.Errorf("%s: %d, sent %s", d, second.status, got)
		}
		id = idOf(t, f.post(responses, `{"model":"demo","input":"three","background":true,"instructions":""}`))
		f.polled(id, "completed")
		for _, sent := range up.all() {
			if sent.method == "POST" && strings.Count(sent.body, "Be plain.") != 1 {
				t.Errorf("%s: sent %s", d, sent.body)
			}
		}
	}
}
