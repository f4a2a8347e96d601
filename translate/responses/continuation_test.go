package responses

import (
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

func TestContinuation(t *testing.T) {
	const call = `{"type":"function_call","call_id":"c1","name":"f","arguments":"{}"}`
	for _, c := range []struct{ name, members, param, code, message string }{
		{"covered", `"input":[` + call + `,{"type":"function_call_output","call_id":"c1","output":"x"}]`, "", "", ""},
		{"call behind its output", `"input":[{"type":"function_call_output","call_id":"c1","output":"x"},` + call + `]`, "", "", ""},
		{"no call id", `"input":[{"type":"function_call_output","output":"x"}]`, "input", "", needsCallID},
		{"blank call id", `"input":[` + call + `,{"type":"custom_tool_call_output","call_id":" ","output":"x"}]`, "input", "", needsCallID},
		{"no call id, but a name", `"input":[{"type":"function_call_output","name":"goal_objective","namespace":"agent","output":"x"}]`, "", "", ""},
		{"no call", `"input":[{"type":"shell_call_output","call_id":"c1","output":[]}]`, "input", "", needsCall},
		{"one of two is covered", `"input":[` + call + `,{"type":"function_call_output","call_id":"c1","output":"x"},{"type":"apply_patch_call_output","call_id":"c2","status":"completed"}]`, "input", "", needsCall},
		{"reference does not match", `"input":[{"type":"function_call_output","call_id":"c1","output":"x"},{"type":"item_reference","id":"c2"}]`, "input", "", needsCall},
		{"reference matches, but nothing is stored", `"input":[{"type":"function_call_output","call_id":"c1","output":"x"},{"type":"item_reference","id":"c1"}]`, "input[1]", "", "Item with id 'c1' not found"},
		{"previous response", `"input":[{"type":"function_call_output","output":"x"}],"previous_response_id":"resp_1"`, "previous_response_id", "previous_response_not_found", "Previous response with id 'resp_1' not found."},
		{"blank previous response", `"input":"x","previous_response_id":" "`, "", "", ""},
		{"conversation", `"input":"x","conversation":{"id":"conv_1"}`, "conversation", "unsupported_for_target", "conversation needs"},
		{"prompt", `"prompt":{"id":"p"}`, "prompt", "unsupported_for_target", "prompt needs"},
		{"background", `"input":"x","background":true`, "background", "unsupported_for_target", "background needs"},
		{"foreground", `"input":"x","background":false`, "", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Codec{}.DecodeRequest([]byte(`{"model":"m",`+c.members+`}`), nil)
			if c.message == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			e, ok := err.(*ir.Error)
			if !ok || e.Status != 400 || e.Param != c.param || e.Code != c.code || !strings.HasPrefix(e.Message, c.message) {
				t.Errorf("got %#v", err)
			}
		})
	}
}
