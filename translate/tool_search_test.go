package translate

import (
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// TestToolSearch checks that what a search of the client's has found can be called on accounts of all dialects, and that
// the search itself can.
func TestToolSearch(t *testing.T) {
	const body = `{"model":"m","input":[{"role":"user","content":"x"},
		{"type":"tool_search_call","call_id":"c1","execution":"client","arguments":{"query":"mail"}},
		{"type":"tool_search_output","call_id":"c1","execution":"client","tools":[
			{"type":"namespace","name":"mail","tools":[{"type":"function","name":"send","defer_loading":true,"parameters":{"type":"object","properties":{"to":{"type":"string"}}}}]}]}],
		"tools":[{"type":"tool_search","execution":"client","description":"d","parameters":{"type":"object","properties":{"query":{"type":"string"}}}}]}`
	for _, to := range []ir.Dialect{ir.Chat, ir.Anthropic, ir.Gemini} {
		p := Preview{From: ir.Responses, To: to, Model: able[to][0]}
		sent, err := p.Request([]byte(body))
		if err != nil {
			t.Fatalf("%s: %v", to, err)
		}
		got := string(sent.Body)
		for _, want := range []string{`"name":"tool_search"`, `"query"`, `"name":"mail__send"`, `can be called now:\n- mail__send`} {
			if !strings.Contains(got, want) {
				t.Errorf("%s: no %s in %s", to, want, got)
			}
		}
		for _, note := range sent.Notes {
			if note.Level == ir.Warn {
				t.Errorf("%s: %+v", to, note)
			}
		}
	}
}
