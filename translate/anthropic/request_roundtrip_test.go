package anthropic

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// canonical brings a request into the form in which the encoder writes it:
// content as blocks, no defaults, no attribution of Claude Code.
func canonical(v any) any {
	req := v.(map[string]any)
	req["model"] = "claude-up"
	for _, m := range req["messages"].([]any) {
		msg := m.(map[string]any)
		msg["content"] = blocks(msg["content"])
		for _, b := range msg["content"].([]any) {
			if block := b.(map[string]any); block["is_error"] == false {
				delete(block, "is_error")
			}
		}
		sortResults(msg["content"].([]any))
	}
	if list, ok := req["system"].([]any); ok && strings.HasPrefix(list[0].(map[string]any)["text"].(string), billingHeader) {
		req["system"] = list[1:]
	}
	return req
}

// sortResults brings parallel results, which clients send as they complete and
// the gateway in the order of the calls, into one order.
func sortResults(list []any) {
	slices.SortStableFunc(list, func(a, b any) int {
		x, _ := a.(map[string]any)["tool_use_id"].(string)
		y, _ := b.(map[string]any)["tool_use_id"].(string)
		if x == "" || y == "" {
			return 0
		}
		return strings.Compare(x, y)
	})
}

func blocks(content any) any {
	if s, ok := content.(string); ok {
		return []any{map[string]any{"type": "text", "text": s}}
	}
	return content
}

func roundTrip(t *testing.T, body string, caps ir.Caps) {
	t.Helper()
	req := decode(t, body)
	to := target(caps, req.Tools)
	got := encode(t, req, to)
	if d := diff("", canonical(value(t, got)), canonical(value(t, body))); d != "" {
		t.Error(d)
	}
	if n := notes(to); n != "" {
		t.Errorf("notes: %s", n)
	}
}

// TestClientsRoundTrip takes requests that real clients have sent.
func TestClientsRoundTrip(t *testing.T) {
	for file, caps := range map[string]ir.Caps{
		"claude-code-resume": manual, "claude-code-adaptive": adaptive, "opencode-turn": manual,
	} {
		t.Run(file, func(t *testing.T) {
			raw, err := os.ReadFile(filepath.Join("testdata/clients", file+".json"))
			if err != nil {
				t.Fatal(err)
			}
			roundTrip(t, string(raw), caps)
		})
	}
}

func TestRoundTrip(t *testing.T) {
	for name, body := range map[string]string{
		"options": `{"model":"m","max_tokens":100,"stream":true,"temperature":0.5,"top_k":5,"stop_sequences":["a","b\n"],
			"metadata":{"user_id":"u","x":1},"service_tier":"auto","speed":"fast","inference_geo":"eu","container":{"id":"c","skills":[]},
			"output_config":{"format":{"type":"json_schema","schema":{"type":"object","properties":{},"additionalProperties":false}},"task_budget":{"total":5}},
			"context_management":{"edits":[{"type":"clear_tool_uses_20250919"}]},"cache_control":{"type":"ephemeral"},
			"messages":[{"role":"user","content":"x"}]}`,
		"blocks": `{"model":"m","max_tokens":5,"messages":[{"role":"user","content":[
			{"type":"text","text":"a\u00e9\"","cache_control":{"type":"ephemeral","ttl":"1h"}},
			{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"},"transformations":[1]},
			{"type":"image","source":{"type":"url","url":"https://e.com/a.png"}},
			{"type":"image","source":{"type":"file","file_id":"f1"}},
			{"type":"document","title":"T","context":"C","citations":{"enabled":true},"source":{"type":"base64","media_type":"application/pdf","data":"AAAA"}},
			{"type":"document","source":{"type":"text","media_type":"text/plain","data":"note"}},
			{"type":"document","source":{"type":"content","content":[{"type":"text","text":"one"},{"type":"text","text":"two"}]}},
			{"type":"search_result","source":"https://s","title":"S","content":[{"type":"text","text":"found"}]},
			{"type":"container_upload","file_id":"f2"}]}]}`,
		"tools": `{"model":"m","max_tokens":5,"tool_choice":{"type":"any","disable_parallel_tool_use":true},"tools":[
			{"name":"f","description":"d","input_schema":{"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false},"strict":true,"defer_loading":true,"input_examples":[{"a":"x"}]},
			{"type":"custom","name":"g","input_schema":{"type":"object","properties":{}},"cache_control":{"type":"ephemeral"}},
			{"type":"web_search_20250305","name":"web_search","max_uses":3,"user_location":{"type":"approximate","city":"Oslo"}},
			{"type":"bash_20250124","name":"bash"},{"type":"tool_search_tool_bm25_20251119","name":"tool_search_tool_bm25"}],
			"mcp_servers":[{"type":"url","url":"https://m","name":"mm"}],
			"messages":[{"role":"user","content":"x"},{"role":"assistant","content":[
			{"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{"query":"q"}},
			{"type":"web_search_tool_result","tool_use_id":"srvtoolu_1","content":[{"type":"web_search_result","title":"T","url":"u","encrypted_content":"E"}]},
			{"type":"text","text":"cited","citations":[{"type":"web_search_result_location","url":"u","title":"T","encrypted_index":"I","cited_text":"c"}]},
			{"type":"tool_use","id":"toolu_1","name":"f","input":{"n":12345678901234567890},"caller":{"type":"direct"}}]},
			{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","is_error":true,"content":[{"type":"text","text":"a"},
			{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}},{"type":"tool_reference","tool_name":"g"}]},{"type":"text","text":"go"}]}]}`,
		"thinking": `{"model":"m","max_tokens":5000,"thinking":{"type":"enabled","budget_tokens":2048,"display":"omitted"},
			"tools":[{"name":"f","input_schema":{"type":"object","properties":{}}}],"messages":[{"role":"user","content":"x"},{"role":"assistant","content":[
			{"type":"redacted_thinking","data":"RRRR"},{"type":"thinking","thinking":"t\n","signature":"EqQBSIG="},{"type":"tool_use","id":"t1","name":"f","input":{}}]},
			{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1"}]}]}`,
		"pause": `{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"x"},{"role":"assistant","content":[
			{"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{"query":"q"}}]}]}`,
	} {
		t.Run(name, func(t *testing.T) { roundTrip(t, body, manual) })
	}
}

func TestRoundTripAdaptive(t *testing.T) {
	for _, thinking := range []string{
		`{"type":"adaptive","display":"summarized","block_binding":{"x":1}}`, `{"type":"between_tools"}`, `{"type":"disabled"}`, `{"type":"adaptive"}`,
	} {
		roundTrip(t, `{"model":"m","max_tokens":5,"thinking":`+thinking+`,"output_config":{"effort":"high"},
			"messages":[{"role":"user","content":"x"},{"role":"system","content":"mid"},{"role":"user","content":"y"}]}`, adaptive)
	}
}
