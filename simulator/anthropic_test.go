package simulator

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tidwall/gjson"
)

func anthropicWith(more string) string {
	return `{"model":"demo","max_tokens":2000,"messages":[{"role":"user","content":"x"}],` + more + `}`
}

func TestAnthropicRefusesFields(t *testing.T) {
	ask := anthropicWith
	model := func(name, more string) string {
		return strings.Replace(ask(more), `"demo"`, `"`+name+`"`, 1)
	}
	tool := `{"name":"a","input_schema":{"type":"object"}}`
	checkRefusals(t, "/v1/messages", []refusal{
		{`{"max_tokens":1,"messages":[{"role":"user","content":"x"}]}`, "model: Field required"},
		{`{"model":"demo","messages":[{"role":"user","content":"x"}]}`, "max_tokens: Field required"},
		{`{"model":"demo","max_tokens":1}`, "messages: Field required"},
		{`{"model":"demo","max_tokens":2000,"messages":[]}`, "messages: List should have at least 1 item after validation, not 0"},
		{ask(`"frequency_penalty":1`), "frequency_penalty: Extra inputs are not permitted"},
		{ask(`"betas":["x"]`), "betas: Extra inputs are not permitted"},
		{ask(`"context_management":{"edits":[]}`), "context_management: Extra inputs are not permitted"},
		{ask(`"temperature":1.5`), "temperature: Input should be less than or equal to 1"},
		{ask(`"temperature":null`), "temperature: Input should be a valid number"},
		{ask(`"max_tokens":"5"`), "max_tokens: Input should be a valid integer"},
		{ask(`"stop_sequences":[" "]`), "each stop sequence must contain non-whitespace"},
		{ask(`"system":[{"type":"text","text":"x","foo":1}]`), "system.0.text.foo: Extra inputs are not permitted"},
		{ask(`"metadata":{"user":"x"}`), "metadata.user: Extra inputs are not permitted"},
		{ask(`"tool_choice":{"type":"auto"}`), "tool_choice may only be specified while providing tools"},
		{ask(`"tools":[` + tool + `],"tool_choice":"auto"`), "tool_choice: Input should be a valid dictionary"},
		{ask(`"tools":[` + tool + `],"tool_choice":{"type":"tool","name":"b"}`), "Tool 'b' not found in provided tools"},
		{ask(`"tools":[` + tool + `,` + tool + `]`), "tools: Tool names must be unique."},
		{ask(`"tools":[{"name":"a b","input_schema":{"type":"object"}}]`), "tools.0.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'"},
		{ask(`"tools":[{"name":"a"}]`), "tools.0.custom.input_schema: Field required"},
		{ask(`"tools":[{"name":"a","input_schema":{}}]`), "tools.0.custom.input_schema.type: Field required"},
		{ask(`"tools":[{"name":"a","input_schema":{"type":"array"}}]`), "tools.0.custom.input_schema.type: Input should be 'object'"},
		{ask(`"tools":[{"name":"a","input_schema":{"type":"object","anyOf":[]}}]`), "input_schema does not support oneOf, allOf, or anyOf at the top level"},
		{ask(`"tools":[{"name":"a","input_schema":{"type":"object","properties":{"a b":{}}}}]`), "Property keys should match pattern '^[a-zA-Z0-9_.-]{1,64}$'"},
		{ask(`"tools":[{"name":"a","input_schema":{"type":"object","properties":{"x":{"type":"array","items":[{}]}}}}]`), "It must match JSON Schema draft 2020-12"},
		{ask(`"tools":[{"name":"a","input_schema":{"type":"object","properties":{"x":{"type":"STRING"}}}}]`), "It must match JSON Schema draft 2020-12"},
		{ask(`"tools":[{"name":"a","input_schema":{"type":"object","properties":{"x":{"exclusiveMinimum":true}}}}]`), "It must match JSON Schema draft 2020-12"},
		{ask(`"tools":[{"name":"a","strict":true,"input_schema":{"type":"object","properties":{}}}]`), "'additionalProperties' must be explicitly set to false"},
		{ask(`"tools":[{"type":"function","function":{"name":"a"}}]`), "Input tag 'function' found using 'type' does not match any of the expected tags"},
		{ask(`"output_config":{"format":{"type":"json_schema","schema":{"type":"object","properties":{"x":{"type":"integer","minimum":1}},"additionalProperties":false}}}`), "For 'integer' type, property 'minimum' is not supported"},
		{ask(`"output_config":{"effort":"minimal"}`), "output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'"},

		{ask(`"thinking":{"type":"enabled","budget_tokens":1000}`), "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024"},
		{ask(`"thinking":{"type":"enabled"}`), "thinking.enabled.budget_tokens: Field required"},
		{ask(`"thinking":{"type":"enabled","budget_tokens":2000}`), "`max_tokens` must be greater than `thinking.budget_tokens`"},
		{ask(`"thinking":{"type":"adaptive"},"tools":[` + tool + `],"tool_choice":{"type":"any"}`), "Thinking may not be enabled when tool_choice forces tool use."},
		{ask(`"thinking":{"type":"adaptive"},"temperature":0.5`), "`temperature` may only be set to 1 when thinking is enabled"},
		{ask(`"thinking":{"type":"adaptive"},"top_p":0.5`), "`top_p` must be greater than or equal to 0.95"},
		{ask(`"thinking":{"type":"adaptive"},"top_k":5`), "`top_k` must be unset when thinking is enabled"},
		{model("claude-opus-4-8", `"temperature":1`), "`temperature` is deprecated for this model."},
		{model("claude-sonnet-4-5", `"temperature":1,"top_p":1`), "`temperature` and `top_p` cannot both be specified"},
		{model("claude-opus-5", `"thinking":{"type":"enabled","budget_tokens":1024}`), "\"thinking.type.enabled\" is not supported for this model"},
		{model("claude-sonnet-4-5", `"thinking":{"type":"adaptive"}`), "adaptive thinking is not supported on this model"},
		{model("claude-sonnet-4-20250514", `"output_config":{"effort":"low"}`), "does not support the effort parameter"},
	})
}

func TestAnthropicRefusesTurns(t *testing.T) {
	s := New(Options{}) // its signatures are valid for every simulator of the same account
	messages := func(list string) string { return `{"model":"demo","max_tokens":2000,"messages":[` + list + `]}` }
	call := `{"role":"user","content":"x"},{"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"a","input":{}}]}`
	result := `{"type":"tool_result","tool_use_id":"t1","content":"y"}`
	marked := `{"type":"text","text":"x","cache_control":{"type":"ephemeral"}}`
	thought := `{"type":"thinking","thinking":"hm","signature":"` + s.signer.sign(signedThought, "1", "hm") + `"}`
	checkRefusals(t, "/v1/messages", []refusal{
		{messages(`{"role":"assistant","content":"x"},{"role":"user","content":"y"}`), "first message must use the \"user\" role"},
		{messages(`{"role":"user","content":"x"},{"role":"system","content":"y"}`), "messages.1: role 'system' is not supported on this model"},
		{messages(`{"role":"tool","content":"x"}`), "messages.0.role: Input should be 'user' or 'assistant'"},
		{messages(`{"role":"user","content":""}`), "all messages must have non-empty content"},
		{messages(`{"role":"user","content":[{"type":"text","text":""}]}`), "text content blocks must be non-empty"},
		{messages(`{"role":"user","content":[{"type":"text","text":" "}]}`), "text content blocks must contain non-whitespace text"},
		{messages(`{"role":"user","content":[{"type":"text","text":"","cache_control":{"type":"ephemeral"}}]}`), "cache_control cannot be set for empty text blocks"},
		{messages(`{"role":"user","content":[{"type":"image_url"}]}`), "messages.0.content.0: Input tag 'image_url' found using 'type'"},
		{messages(`{"role":"user","content":[{"type":"text","text":"x","id":"1"}]}`), "messages.0.content.0.text.id: Extra inputs are not permitted"},
		{messages(`{"role":"user","content":"x"},{"role":"assistant","content":"y "}`), "final assistant content cannot end with trailing whitespace"},
		{`{"model":"claude-opus-4-6","max_tokens":5,"messages":[{"role":"user","content":"x"},{"role":"assistant","content":"y"}]}`, "does not support assistant message prefill"},
		{messages(call), "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: t1."},
		{messages(call + `,{"role":"user","content":[{"type":"text","text":"z"},` + result + `]}`), "without `tool_result` blocks immediately after: t1"},
		{messages(call + `,{"role":"user","content":[` + result + `,{"type":"tool_result","tool_use_id":"t2"}]}`), "messages.2.content.1: unexpected `tool_use_id` found in `tool_result` blocks: t2."},
		{messages(call + `,{"role":"user","content":[` + result + `,` + result + `]}`), "each tool_use must have a single result"},
		{messages(call + `,{"role":"user","content":[` + result + `]},{"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"a","input":{}}]}`), "`tool_use` ids must be unique"},
		{messages(`{"role":"user","content":"x"},{"role":"assistant","content":[{"type":"tool_use","id":"call.1","name":"a","input":{}}]}`), "messages.1.content.0.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'"},
		{messages(`{"role":"user","content":"x"},{"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"a","input":"{}"}]}`), "messages.1.content.0.tool_use.input: Input should be a valid dictionary"},
		{messages(`{"role":"user","content":"x"},{"role":"assistant","content":[{"type":"thinking","thinking":"hm"}]}`), "messages.1.content.0.thinking.signature: Field required"},
		{messages(`{"role":"user","content":"x"},{"role":"assistant","content":[` + strings.Replace(thought, "hm", "altered", 1) + `,{"type":"text","text":"y"}]},{"role":"user","content":"z"}`), "messages.1.content.0: Invalid `signature` in `thinking` block"},
		{messages(`{"role":"user","content":"x"},{"role":"assistant","content":[{"type":"redacted_thinking","data":"AAAA"}]},{"role":"user","content":"z"}`), "Invalid `data` in `redacted_thinking` block"},
		{strings.Replace(messages(call+`,{"role":"user","content":[`+result+`]}`), `"max_tokens"`, `"thinking":{"type":"enabled","budget_tokens":1024},"max_tokens"`, 1), "messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`."},
		{messages(`{"role":"user","content":[` + strings.Repeat(marked+",", 4) + marked + `]}`), "A maximum of 4 blocks with cache_control may be provided. Found 5."},
		{messages(`{"role":"user","content":[` + marked + `,` + strings.Replace(marked, `"ephemeral"`, `"ephemeral","ttl":"1h"`, 1) + `]}`), "messages.0.content.1.cache_control.ttl: a ttl='1h' cache_control block must not come after a ttl='5m'"},
		{messages(`{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/tiff","data":"AAAA"}}]}`), "messages.0.content.0.image.source.base64.media_type: Input should be 'image/jpeg'"},
		{messages(`{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"*"}}]}`), "Invalid base64 data"},
		{messages(`{"role":"user","content":[{"type":"image","source":{"type":"url","url":"http://x"}}]}`), "Only HTTPS URLs are supported."},
	})
}

func TestAnthropicRefusesHeaders(t *testing.T) {
	checkRefusals(t, "/v1/messages/count_tokens", []refusal{{anthropicWith(`"x":1`), "max_tokens: Extra inputs are not permitted"}})
	checkRefusals(t, "/v1/messages", []refusal{{anthropicWith(`"stream":false`), "anthropic-version: header is required"}}, "Anthropic-Version", "")
	checkRefusals(t, "/v1/messages", []refusal{{anthropicWith(`"stream":false`), "is not a valid version"}}, "Anthropic-Version", "2024-01-01")
	checkRefusals(t, "/v1/messages", []refusal{{anthropicWith(`"temperature":1`), "temperature: Extra inputs are not permitted"}}, "Anthropic-Version", "2026-10-21")
	checkRefusals(t, "/v1/messages", []refusal{{anthropicWith(`"stream":false`), "Unexpected value(s) `oops` for the `anthropic-beta` header"}}, "Anthropic-Beta", "effort-2025-11-24,oops")
}

// TestAnthropicBetas sends what only a beta allows.
func TestAnthropicBetas(t *testing.T) {
	s := New(Options{})
	post(t, s, "/v1/messages", `{"model":"demo","max_tokens":50,"context_management":{"edits":[{"type":"clear_thinking_20251015","keep":"all"}]},
		"messages":[{"role":"user","content":"x"},{"role":"system","content":"be brief"},{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"a","input":{}}]},
		{"role":"user","content":[{"type":"tool_result","tool_use_id":"t"}]}]}`,
		"Anthropic-Beta", "context-management-2025-06-27, mid-conversation-system-2026-04-07")
	status, _, answer := ask(t, s, http.MethodPost, "/v1/messages", anthropicWith(`"thread":{"type":"create"}`), "Anthropic-Beta", "message-threads-2026-08-12")
	if status != http.StatusBadRequest || gjson.Get(answer, "error.details.error_code").String() != "thread_unsupported_request" {
		t.Errorf("a thread: %d %s", status, answer) // the SDKs go on without one upon this code
	}
}

func TestAnthropicStream(t *testing.T) {
	events := stream(t, New(Options{}), "/v1/messages", `{"model":"demo","max_tokens":2000,"stream":true,"thinking":{"type":"enabled","budget_tokens":1024},
		"tools":[{"name":"f","input_schema":{"type":"object","properties":{"n":{"type":"integer","minimum":3}},"required":["n"]}}],
		"messages":[{"role":"user","content":"call f"}]}`)
	checkAnthropicGrammar(t, events)
	var kinds []string
	arguments := ""
	for _, e := range events {
		if e.name == "content_block_start" {
			kinds = append(kinds, e.data.Get("content_block.type").String())
		}
		arguments += e.data.Get("delta.partial_json").String()
	}
	if strings.Join(kinds, " ") != "thinking tool_use" || arguments != `{"n":3}` {
		t.Errorf("the blocks are %v, the arguments %s", kinds, arguments)
	}
	if events[2].name != "ping" {
		t.Errorf("the third event is %s", events[2].name)
	}
}

// checkAnthropicGrammar reads a stream by the grammar of Anthropic's documentation.
func checkAnthropicGrammar(t *testing.T, events []event) {
	t.Helper()
	open, next, stopped, signatures := int64(-1), int64(0), false, 0
	for i, e := range events {
		if e.name != e.data.Get("type").String() {
			t.Errorf("the event %s has the type %s", e.name, e.data.Get("type"))
		}
		index := e.data.Get("index").Int()
		switch e.name {
		case "message_start":
			if i != 0 || !e.data.Get("message.usage.input_tokens").Exists() || e.data.Get("message.stop_reason").Raw != "null" {
				t.Errorf("event %d is %s", i, e.data.Raw)
			}
		case "content_block_start":
			if open >= 0 || index != next {
				t.Errorf("block %d starts while %d is open and %d is next", index, open, next)
			}
			open, signatures = index, 0
		case "content_block_delta":
			if index != open || signatures > 0 {
				t.Errorf("a delta for %d while %d is open: %s", index, open, e.data.Raw)
			}
			if e.data.Get("delta.type").String() == "signature_delta" {
				signatures++
			}
		case "content_block_stop":
			if index != open {
				t.Errorf("block %d stops while %d is open", index, open)
			}
			open, next = -1, next+1
		case "message_delta":
			stopped = true
			if e.data.Get("delta.stop_reason").String() == "" || !e.data.Get("usage.output_tokens").Exists() {
				t.Errorf("the message_delta is %s", e.data.Raw)
			}
		case "message_stop":
			if i != len(events)-1 || !stopped || open >= 0 {
				t.Errorf("message_stop is event %d", i)
			}
		case "ping":
		default:
			t.Errorf("unknown event %s", e.name)
		}
	}
	if events[len(events)-1].name != "message_stop" {
		t.Errorf("the stream ends with %s", events[len(events)-1].name)
	}
}

func TestAnthropicCache(t *testing.T) {
	s := New(Options{})
	body := `{"model":"demo","max_tokens":9,"messages":[{"role":"user","content":[{"type":"text","text":"one two three four five six","cache_control":{"type":"ephemeral"}}]}]}`
	first := post(t, s, "/v1/messages", body).Get("usage")
	second := post(t, s, "/v1/messages", body).Get("usage")
	total := func(u gjson.Result) int64 {
		return u.Get("input_tokens").Int() + u.Get("cache_creation_input_tokens").Int() + u.Get("cache_read_input_tokens").Int()
	}
	if first.Get("cache_creation_input_tokens").Int() == 0 || first.Get("cache_read_input_tokens").Int() != 0 {
		t.Errorf("the first usage is %s", first.Raw)
	}
	if second.Get("cache_read_input_tokens").Int() != first.Get("cache_creation_input_tokens").Int() || total(first) != total(second) {
		t.Errorf("the second usage is %s after %s", second.Raw, first.Raw)
	}
	// The same text with a breakpoint was remembered, the one without reads nothing all the same.
	post(t, s, "/v1/messages", strings.Replace(body, `,"cache_control":{"type":"ephemeral"}`, "", 1))
	if got := post(t, s, "/v1/messages", strings.Replace(body, `,"cache_control":{"type":"ephemeral"}`, "", 1)).Get("usage.cache_read_input_tokens").Int(); got != 0 {
		t.Errorf("%d tokens were read without a breakpoint", got)
	}
	plain := `{"model":"demo","max_tokens":9,"messages":[{"role":"user","content":"one two"}]}`
	post(t, s, "/v1/messages", plain)
	if got := post(t, s, "/v1/messages", plain).Get("usage.cache_read_input_tokens").Int(); got != 0 {
		t.Errorf("%d tokens were read without a breakpoint", got)
	}
}
