package simulator

import (
	"strings"
	"testing"

	"github.com/tidwall/gjson"
)

// refusal is a request that must be refused in the vendor's words.
type refusal struct{ body, want string }

func checkRefusals(t *testing.T, target string, cases []refusal, headers ...string) {
	t.Helper()
	s := New(Options{})
	for _, c := range cases {
		status, _, answer := ask(t, s, "POST", target, c.body, headers...)
		if got := gjson.Get(answer, "error.message").String(); status < 400 || !strings.Contains(got, c.want) {
			t.Errorf("%s\nanswers %d %q\nwant      %q", c.body, status, got, c.want)
		}
	}
}

func TestChatRefusals(t *testing.T) {
	ask := func(more string) string {
		return `{"model":"demo","messages":[{"role":"user","content":"json"}],` + more + `}`
	}
	tool := `{"type":"function","function":{"name":"a","parameters":{"type":"object","properties":{}}}}`
	messages := func(list string) string { return `{"model":"demo","messages":[` + list + `]}` }
	call := `{"role":"user","content":"x"},{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"a","arguments":"{}"}},{"id":"c2","type":"function","function":{"name":"a","arguments":"{}"}}]}`
	checkRefusals(t, "/v1/chat/completions", []refusal{
		{`{"messages":[{"role":"user","content":"x"}]}`, "you must provide a model parameter"},
		{`{"model":"demo"}`, "Missing required parameter: 'messages'."},
		{`{"model":"demo","messages":[]}`, "Invalid 'messages': empty array."},
		{ask(`"top_k":1`), "Unknown parameter: 'top_k'."},
		{ask(`"temperature":"1"`), "Invalid type for 'temperature': expected a decimal, but got a string instead."},
		{ask(`"temperature":2.5`), "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 2.5 instead."},
		{ask(`"n":0`), "Invalid 'n': integer below minimum value."},
		{ask(`"top_logprobs":21,"logprobs":true`), "Invalid 'top_logprobs': integer above maximum value."},
		{ask(`"top_logprobs":1`), "only allowed when 'logprobs' is enabled"},
		{ask(`"stop":["a","b","c","d","e"]`), "Invalid 'stop': array too long."},
		{ask(`"max_tokens":1,"max_completion_tokens":1`), "at the same time"},
		{ask(`"stream_options":{"include_usage":true}`), "only allowed when 'stream' is enabled"},
		{ask(`"reasoning_effort":"huge"`), "Invalid value: 'huge'. Supported values are: 'none', 'minimal'"},
		{ask(`"tool_choice":"auto"`), "'tool_choice' is only allowed when 'tools' are specified."},
		{ask(`"parallel_tool_calls":true`), "'parallel_tool_calls' is only allowed when 'tools' are specified."},
		{ask(`"tools":[]`), "Invalid 'tools': empty array."},
		{ask(`"tools":[` + tool + `,` + tool + `]`), "Tool names must be unique. Found a duplicate: 'a'."},
		{ask(`"tools":[` + tool + `],"tool_choice":{"type":"function","function":{"name":"b"}}`), "the tool 'b' is not in 'tools'"},
		{ask(`"tools":[{"type":"function","function":{"name":"a b"}}]`), "string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'"},
		{ask(`"tools":[{"type":"function","function":{"name":"` + strings.Repeat("a", 65) + `"}}]`), "string too long. Expected a string with maximum length 64, but got a string with length 65"},
		{ask(`"tools":[{"type":"function","function":{"name":"a","parameters":{"type":"object","properties":{"x":{"type":"array"}}}}}]`), "Invalid schema for function 'a': In context=('properties', 'x'), array schema missing items."},
		{ask(`"tools":[{"type":"function","function":{"name":"a","parameters":{"type":"object","anyOf":[]}}}]`), "at the top level"},
		{ask(`"tools":[{"type":"function","function":{"name":"a","parameters":{"properties":{}}}}]`), `got 'type: "None"'`},
		{ask(`"tools":[{"type":"function","function":{"name":"a","parameters":{"type":"OBJECT","properties":{}}}}]`), `got 'type: "OBJECT"'`},
		{ask(`"tools":[{"type":"function","function":{"name":"a","strict":true,"parameters":{"type":"object","properties":{}}}}]`), "'additionalProperties' is required to be supplied and to be false."},
		{ask(`"tools":[{"type":"function","function":{"name":"a","strict":true,"parameters":{"type":"object","properties":{"x":{"type":"string"}},"required":[],"additionalProperties":false}}}]`), "Missing 'x'."},
		{ask(`"tools":[{"name":"a","input_schema":{}}]`), "Missing required parameter: 'tools[0].type'."},
		{ask(`"response_format":{"type":"json_schema","json_schema":{"schema":{}}}`), "Missing required parameter: 'response_format.json_schema.name'."},
		{ask(`"response_format":{"type":"json_schema","json_schema":{"name":"r","strict":true,"schema":{"type":"object","properties":{}}}}`), "Invalid schema for response_format 'r': In context=(), 'additionalProperties'"},
		{`{"model":"demo","messages":[{"role":"user","content":"x"}],"response_format":{"type":"json_object"}}`, "must contain the word 'json'"},
		{ask(`"metadata":{"k":1}`), "Invalid type for 'metadata.k'"},
		{ask(`"user":"` + strings.Repeat("u", 65) + `"`), "Invalid 'user': string too long."},
		{`{"model":"gpt-5-mini","max_tokens":5,"messages":[{"role":"user","content":"x"}]}`, "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."},
		{`{"model":"o3","temperature":0.5,"messages":[{"role":"user","content":"x"}]}`, "Unsupported parameter: 'temperature' is not supported with this model."},
		{`{"model":"sim-gpt-5","top_p":0.5,"messages":[{"role":"user","content":"x"}]}`, "Unsupported parameter: 'top_p'"},
		{`{"model":"gpt-4o","messages":[{"role":"user","content":"x"},{"role":"assistant","content":"y","reasoning_content":"z"},{"role":"user","content":"x"}]}`, "Unknown parameter: 'messages[1].reasoning_content'."},

		{messages(`{"role":"model","content":"x"}`), "Invalid value: 'model'. Supported values are: 'assistant', 'developer'"},
		{messages(`{"role":"user"}`), "Missing required parameter: 'messages[0].content'."},
		{messages(`{"role":"user","content":[]}`), "Invalid 'messages[0].content': empty array."},
		{messages(`{"role":"user","content":[{"type":"tool_use"}]}`), "Invalid value: 'tool_use'."},
		{messages(`{"role":"user","content":[{"type":"text","text":"x","cache_control":{}}]}`), "Unknown parameter: 'messages[0].content[0].cache_control'."},
		{messages(`{"role":"user","content":"x"},{"role":"assistant","content":null}`), "Invalid value for 'content': expected a string, got null."},
		{messages(`{"role":"user","content":"x"},{"role":"assistant","content":"y","tool_calls":[]}`), "Invalid 'messages[1].tool_calls': empty array."},
		{messages(call), "The following tool_call_ids did not have response messages: c1, c2"},
		{messages(call + `,{"role":"tool","tool_call_id":"c1","content":"x"}`), "did not have response messages: c2"},
		{messages(call + `,{"role":"tool","tool_call_id":"c1","content":"x"},{"role":"user","content":"y"},{"role":"tool","tool_call_id":"c2","content":"x"}`), "did not have response messages: c2"},
		{messages(call + `,{"role":"tool","tool_call_id":"c3","content":"x"}`), "'tool_call_id' of 'c3' not found in 'tool_calls' of previous message."},
		{messages(call + `,{"role":"tool","tool_call_id":"c1","content":"x"},{"role":"tool","tool_call_id":"c1","content":"x"}`), "'tool_call_id' of 'c1' not found"},
		{messages(`{"role":"user","content":"x"},{"role":"tool","tool_call_id":"c1","content":"x"}`), "must be a response to a preceeding message with 'tool_calls'"},
		{messages(`{"role":"user","content":"x"},{"role":"assistant","content":null,"tool_calls":[{"id":"` + strings.Repeat("c", 41) + `","type":"function","function":{"name":"a","arguments":"{}"}}]}`), "Invalid 'messages[1].tool_calls[0].id': string too long. Expected a string with maximum length 40"},
		{messages(`{"role":"user","content":"x"},{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"a","arguments":{}}}]}`), "Invalid type for 'messages[1].tool_calls[0].function.arguments': expected a string, but got an object instead."},
		{messages(`{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/tiff;base64,AAAA"}}]}`), "unsupported image"},
		{messages(`{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,***"}}]}`), "Invalid base64 image_url."},
		{messages(`{"role":"user","content":[{"type":"image_url","image_url":{"url":"AAAA"}}]}`), "Expected a valid URL"},
		{messages(`{"role":"user","content":[{"type":"file","file":{"file_data":"AAAA","filename":"a.pdf"}}]}`), "without the 'data:' prefix"},
		{messages(`{"role":"user","content":[{"type":"file","file":{"file_data":"data:application/pdf;base64,AAAA"}}]}`), "Missing required parameter: 'messages[0].content[0].file.filename'."},
	})
}

func TestChatAnswerHasEveryMember(t *testing.T) {
	a := post(t, New(Options{}), "/v1/chat/completions", `{"model":"demo","n":2,"messages":[{"role":"user","content":"a b"}]}`)
	for _, path := range []string{
		"id", "object", "created", "model", "choices.0.index", "choices.0.message.role", "choices.0.message.content",
		"choices.0.message.refusal", "choices.0.message.annotations", "choices.0.logprobs", "choices.0.finish_reason",
		"usage.prompt_tokens_details.cached_tokens", "usage.completion_tokens_details.reasoning_tokens", "system_fingerprint",
	} {
		if !a.Get(path).Exists() {
			t.Errorf("%s is missing in %s", path, a.Raw)
		}
	}
	if got := a.Get("choices.1.message.content").String(); got != "(answer 2) You said: a b" {
		t.Errorf("the second answer is %q", got)
	}
	if in, out, all := a.Get("usage.prompt_tokens").Int(), a.Get("usage.completion_tokens").Int(), a.Get("usage.total_tokens").Int(); in != 5 || out != 10 || all != 15 {
		t.Errorf("usage is %s", a.Get("usage").Raw)
	}
}

func TestChatStream(t *testing.T) {
	events := stream(t, New(Options{}), "/v1/chat/completions", `{"model":"demo","stream":true,"stream_options":{"include_usage":true},
		"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}}}],
		"messages":[{"role":"user","content":"call f and f {\"city\":\"Paris\"}"}]}`)
	first := events[0].data
	if first.Get("choices.0.delta").Raw != `{"role":"assistant","content":""}` || first.Get("usage").Raw != "null" {
		t.Errorf("the first chunk is %s", first.Raw)
	}
	arguments := map[int64]string{}
	names := map[int64]string{}
	for _, e := range events[1 : len(events)-1] {
		if e.data.Get("id").String() != first.Get("id").String() || e.data.Get("created").Int() != first.Get("created").Int() {
			t.Errorf("a chunk has another id: %s", e.data.Raw)
		}
		for _, c := range e.data.Get("choices.0.delta.tool_calls").Array() {
			i := c.Get("index").Int()
			if c.Get("id").Exists() && (names[i] != "" || c.Get("function.arguments").String() != "") {
				t.Errorf("call %d starts twice or with arguments: %s", i, c.Raw)
			}
			names[i] += c.Get("function.name").String()
			arguments[i] += c.Get("function.arguments").String()
		}
	}
	if names[0] != "f" || names[1] != "f" || arguments[0] != `{"city":"sample city"}` || arguments[1] != `{"city":"Paris"}` {
		t.Errorf("the calls are %v %v", names, arguments)
	}
	n := len(events)
	if got := events[n-3].data.Get("choices.0.finish_reason").String(); got != "tool_calls" {
		t.Errorf("the finish reason is %q", got)
	}
	if u := events[n-2].data; u.Get("choices").Raw != "[]" || u.Get("usage.total_tokens").Int() == 0 {
		t.Errorf("the chunk of the usage is %s", u.Raw)
	}
	if events[n-1].data.String() != "[DONE]" {
		t.Errorf("the stream ends with %s", events[n-1].data.Raw)
	}
}

func TestChatStreamWithoutUsage(t *testing.T) {
	events := stream(t, New(Options{}), "/v1/chat/completions", `{"model":"demo","stream":true,"n":2,"messages":[{"role":"user","content":"one two"}]}`)
	texts := map[int64]string{}
	for _, e := range events {
		if e.data.Get("usage").Exists() {
			t.Errorf("usage was not asked for: %s", e.data.Raw)
		}
		for _, c := range e.data.Get("choices").Array() {
			texts[c.Get("index").Int()] += c.Get("delta.content").String()
		}
	}
	if texts[0] != "You said: one two" || texts[1] != "(answer 2) You said: one two" {
		t.Errorf("the answers are %v", texts)
	}
}

func TestChatFunctions(t *testing.T) {
	a := post(t, New(Options{}), "/v1/chat/completions", `{"model":"demo","functions":[{"name":"f","parameters":{"type":"object","properties":{}}}],
		"function_call":{"name":"f"},"messages":[{"role":"user","content":"x"}]}`)
	if a.Get("choices.0.message.function_call.name").String() != "f" || a.Get("choices.0.finish_reason").String() != "function_call" {
		t.Errorf("the answer is %s", a.Raw)
	}
}
