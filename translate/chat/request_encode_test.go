package chat

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// TestRoundTrip writes what was read: nothing may be lost on the way from a
// Chat client to a Chat server.
func TestRoundTrip(t *testing.T) {
	bodies := map[string]string{
		"rich": `{"model":"gpt-4.1","max_completion_tokens":20,"temperature":0.5,"top_p":0.25,"frequency_penalty":-1,"presence_penalty":1.5,"seed":9007199254740993,
			"stop":["a\n","b"],"n":2,"logit_bias":{"50256":-100},"logprobs":true,"top_logprobs":3,"stream":true,"stream_options":{"include_usage":true},
			"parallel_tool_calls":false,"verbosity":"low","service_tier":"flex","store":true,"metadata":{"k":"v\n"},"user":"u","safety_identifier":"s",
			"prompt_cache_key":"p","prompt_cache_retention":"24h","modalities":["text","audio"],"audio":{"voice":"alloy","format":"mp3"},
			"prediction":{"type":"content","content":"c"},"moderation":{"model":"m"},"something_new":[1,{"a":null}],
			"response_format":{"type":"json_schema","json_schema":{"name":"n","description":"d","schema":{"type":"object","properties":{"a":{"type":"string"}}}}},
			"tools":[{"type":"function","function":{"name":"f","description":"d \"q\"","parameters":{"type":"object","properties":{"a":{"type":"integer"}}},"strict":false}},
				{"type":"custom","custom":{"name":"c","description":"d","format":{"type":"grammar","grammar":{"definition":"x: /.+/","syntax":"lark"}}}}],
			"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{"type":"function","function":{"name":"f"}},{"type":"custom","custom":{"name":"c"}}]}},
			"messages":[{"role":"system","content":"s\u00e9"},
				{"role":"user","name":"bob","content":[{"type":"text","text":"look \ud83d\ude00"},{"type":"image_url","image_url":{"url":"https://example.com/a.png","detail":"low"}},
					{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgo="}},{"type":"input_audio","input_audio":{"data":"UklG","format":"wav"}},
					{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,JVBERi0="}},{"type":"file","file":{"file_id":"file-1"}},{"type":"hologram","x":{"y":[1.50,1e9]}}]},
				{"role":"assistant","content":"ok","annotations":[],"tool_calls":[{"id":"call_1","type":"function","function":{"name":"f","arguments":"{\"a\": 1}"}},{"id":"call_2","type":"custom","custom":{"name":"c","input":"free\ntext"}}]},
				{"role":"tool","tool_call_id":"call_1","content":"r1"},{"role":"tool","tool_call_id":"call_2","content":""},
				{"role":"user","content":"next"},{"role":"system","content":"late"},{"role":"user","content":"u"},
				{"role":"assistant","content":null,"refusal":"no"},{"role":"user","content":"u"},
				{"role":"assistant","content":null,"audio":{"id":"audio_1"}},{"role":"user","content":"u"},
				{"role":"assistant","content":"{","prefix":true}]}`,
		"choices": `{"model":"gpt-4.1","messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":{"type":"function","function":{"name":"f"}},"response_format":{"type":"json_object"}}`,
	}
	for name, body := range bodies {
		t.Run(name, func(t *testing.T) {
			target := gpt()
			sameJSON(t, encodeRequest(t, decodeRequest(t, body), target), body)
			if n := notes(target); n != "" {
				t.Errorf("notes %s", n)
			}
		})
	}
}

// TestRealRequests reads and writes requests as opencode sends them.
func TestRealRequests(t *testing.T) {
	files, _ := filepath.Glob("testdata/opencode-*.json")
	if len(files) < 3 {
		t.Fatal("the recorded requests are missing")
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			target := vllm()
			target.Model = "gpt-4.1-fake"
			got := parse(t, encodeRequest(t, decodeRequest(t, string(raw)), target)).(map[string]any)
			want := parse(t, raw).(map[string]any)
			for _, m := range want["messages"].([]any) {
				if m := m.(map[string]any); m["role"] == "assistant" && m["content"] == "" && m["tool_calls"] != nil {
					m["content"] = nil
				}
			}
			tools, _ := want["tools"].([]any)
			for _, tool := range tools {
				// The conversion of schemas drops the name of the draft, and nothing else here.
				delete(tool.(map[string]any)["function"].(map[string]any)["parameters"].(map[string]any), "$schema")
			}
			for key := range want {
				if !reflect.DeepEqual(got[key], want[key]) {
					t.Errorf("%s differs:\ngot  %v\nwant %v", key, got[key], want[key])
				}
			}
			if len(got) != len(want) {
				t.Errorf("%d members, want %d", len(got), len(want))
			}
		})
	}
}

// with is a compatible server with other caps.
func with(f func(*ir.Target)) func() *ir.Target {
	return func() *ir.Target { target := vllm(); f(target); return target }
}

// encodeCases are requests of clients of this dialect for several targets. The
// expectation names the members that matter.
var encodeCases = []struct {
	name   string
	target func() *ir.Target
	in     string // members besides model and messages
	msgs   string // messages; a short one when empty
	want   string // members of the output, "absent" for none
	notes  string
}{
	{name: "limit of a compatible server", target: vllm, in: `"max_completion_tokens":5`, want: `"max_tokens":5,"max_completion_tokens":"absent"`},
	{name: "limit of OpenAI", target: gpt, in: `"max_tokens":5`, want: `"max_completion_tokens":5,"max_tokens":"absent"`},
	{name: "limit beyond the model", target: with(func(t *ir.Target) { t.Caps.MaxOutput = 4 }), in: `"max_tokens":5`, want: `"max_tokens":4`, notes: "clamp:max_completion_tokens"},
	{name: "a reasoning model refuses sampling", target: reasoner, in: `"temperature":1,"presence_penalty":1,"logprobs":true,"top_logprobs":2,"logit_bias":{"1":1},"reasoning_effort":"max"`,
		want:  `"temperature":"absent","presence_penalty":"absent","logprobs":"absent","top_logprobs":"absent","logit_bias":"absent","reasoning_effort":"xhigh"`,
		notes: "clamp:reasoning_effort drop:temperature drop:presence_penalty drop:logit_bias drop:logprobs drop:top_logprobs"},
	{name: "but not without effort", target: reasoner, in: `"temperature":1,"presence_penalty":1,"reasoning_effort":"none"`, want: `"temperature":1,"presence_penalty":"absent","reasoning_effort":"none"`, notes: "drop:presence_penalty"},
	{name: "effort of a model that does not reason", target: gpt, in: `"reasoning_effort":"low"`, want: `"reasoning_effort":"absent"`, notes: "drop:reasoning_effort"},
	{name: "no effort of a model that does not reason", target: gpt, in: `"reasoning_effort":"none"`, want: `"reasoning_effort":"absent"`},
	{name: "a model that always reasons", target: with(func(t *ir.Target) { t.Caps.CanDisable, t.Caps.Levels = false, []string{"low", "high"} }), in: `"reasoning_effort":"none"`,
		want: `"reasoning_effort":"low"`, notes: "reasoning.cannot_disable:reasoning_effort"},
	{name: "a vendor's budget model", target: with(func(t *ir.Target) { t.Caps.Thinking = ir.ThinkingBudget }), in: `"reasoning_effort":"xhigh"`, want: `"reasoning_effort":"high"`, notes: "clamp:reasoning_effort"},
	{name: "too many stops", target: vllm, in: `"stop":["a","b","c","d","e"]`, want: `"stop":["a","b","c","d"]`, notes: "truncate:stop"},
	{name: "no stops", target: with(func(t *ir.Target) { t.Caps.NoStop = true }), in: `"stop":"a"`, want: `"stop":"absent"`, notes: "drop:stop"},
	{name: "candidates", target: with(func(t *ir.Target) { t.Caps.NMax = 1 }), in: `"n":3`, want: `"n":1`, notes: "clamp:n"},
	{name: "temperature", target: with(func(t *ir.Target) { t.Caps.MaxTemperature = 1 }), in: `"temperature":1.5`, want: `"temperature":1`, notes: "clamp:temperature"},
	{name: "extended sampling", target: with(func(t *ir.Target) { t.Caps.ExtSampling = true }), in: `"top_k":4,"min_p":0.10`, want: `"top_k":4,"min_p":0.10`},
	{name: "no extended sampling", target: vllm, in: `"top_k":4,"min_p":0.1`, want: `"top_k":"absent","min_p":"absent"`, notes: "drop:top_k drop:min_p"},
	{name: "OpenAI's own members elsewhere", target: vllm, in: `"prediction":{},"moderation":{}`, want: `"prediction":"absent","moderation":"absent"`, notes: "drop:prediction drop:moderation"},
	{name: "others' members at OpenAI", target: gpt, in: `"keep_alive":1,"chat_template_kwargs":{}`, want: `"keep_alive":"absent"`, notes: "drop:keep_alive drop:chat_template_kwargs"},
	{name: "members that choose another way", target: vllm, in: `"api_key":"k","proxy":"p","provider":"x"`, want: `"api_key":"absent","proxy":"absent","provider":"absent"`, notes: "drop:api_key drop:proxy drop:provider"},
	{name: "no usage in streams", target: with(func(t *ir.Target) { t.Caps.StreamUsage = false }), in: `"stream":true`, want: `"stream":true,"stream_options":"absent"`},
	{name: "usage in streams", target: vllm, in: `"stream":true`, want: `"stream_options":{"include_usage":true}`},
	{name: "regex", target: vllm, in: `"guided_regex":"a\\d"`, want: `"structured_outputs":{"regex":"a\\d"},"response_format":"absent"`},
	{name: "choice", target: vllm, in: `"guided_choice":["a","b"]`, want: `"structured_outputs":{"choice":["a","b"]}`},
	{name: "regex at OpenAI", target: gpt, in: `"guided_regex":"a"`, want: `"structured_outputs":"absent"`, notes: "emulate:guided_regex"},
	{name: "schema by instruction", target: with(func(t *ir.Target) { t.Caps.StructuredOutput = false }), in: `"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object","properties":{}}}}`,
		want: `"response_format":{"type":"json_object"},"messages":[{"role":"system","content":"Respond only with JSON matching: {\"type\":\"object\",\"properties\":{}}"},{"role":"user","content":"x"}]`, notes: "emulate:response_format"},
	{name: "empty tools", target: vllm, in: `"tools":[],"tool_choice":"auto","parallel_tool_calls":true`, want: `"tools":"absent","tool_choice":"absent","parallel_tool_calls":"absent"`},
	{name: "custom tools as functions", target: vllm, in: `"tools":[{"type":"custom","custom":{"name":"c","description":"d","format":{"type":"grammar","grammar":{"syntax":"lark","definition":"x"}}}}],"tool_choice":{"type":"custom","custom":{"name":"c"}}`,
		want: `"tools":[{"type":"function","function":{"name":"c","description":"d\n\nThe input must follow this lark grammar:\nx","parameters":{"type":"object","properties":{"input":{"type":"string","description":"Raw tool input"}},"required":["input"]}}}],"tool_choice":{"type":"function","function":{"name":"c"}}`},
	{name: "custom calls as functions", target: vllm, msgs: `{"role":"assistant","tool_calls":[{"id":"1","type":"custom","custom":{"name":"c","input":"a\"b\n"}}]},{"role":"tool","tool_call_id":"1","content":"r"}`,
		want: `"messages":[{"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function","function":{"name":"c","arguments":"{\"input\":\"a\\\"b\\n\"}"}}]},{"role":"tool","tool_call_id":"1","content":"r"}]`},
	{name: "allowed tools elsewhere", target: vllm, in: `"tools":[{"type":"function","function":{"name":"f"}},{"type":"function","function":{"name":"g"}}],"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[{"type":"function","function":{"name":"g"}}]}}`,
		want: `"tools":[{"type":"function","function":{"name":"g"}}],"tool_choice":"auto"`},
	{name: "server tools of other servers", target: vllm, in: `"tools":[{"google_search":{}}]`, want: `"tools":[{"google_search":{}}]`},
	{name: "server tools at OpenAI", target: gpt, in: `"tools":[{"type":"web_search"}],"tool_choice":"auto"`, want: `"tools":"absent","tool_choice":"absent"`, notes: "drop:tools[0]"},
	{name: "a search model", target: func() *ir.Target { t := gpt(); t.Model = "gpt-4o-search-preview"; return t }, in: `"web_search_options":{"search_context_size":"low"}`, want: `"web_search_options":{"search_context_size":"low"},"tools":"absent"`},
	{name: "no search model", target: gpt, in: `"web_search_options":{}`, want: `"web_search_options":"absent"`, notes: "drop:web_search_options"},
	{name: "strict where it can be", target: gpt, in: `"tools":[{"type":"function","function":{"name":"f","strict":true,"parameters":{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}}}]`,
		want: `"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false},"strict":true}}]`},
	{name: "strict where it cannot be", target: gpt, in: `"tools":[{"type":"function","function":{"name":"f","strict":true,"parameters":{"type":"object","properties":{"a":{"type":"string"}}}}}]`,
		want: `"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{"a":{"type":"string"}}}}}]`, notes: "drop:tools[0].strict"},
	{name: "illegal names", target: vllm, in: `"tools":[{"type":"function","function":{"name":"my tool"}}],"tool_choice":{"type":"function","function":{"name":"my tool"}}`,
		want: `"tools":[{"type":"function","function":{"name":"my_tool"}}],"tool_choice":{"type":"function","function":{"name":"my_tool"}}`},
	{name: "functions become tools", target: vllm, in: `"functions":[{"name":"f","parameters":{"type":"object","properties":{}}}],"function_call":{"name":"f"}`,
		want: `"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{}}}}],"tool_choice":{"type":"function","function":{"name":"f"}},"functions":"absent","function_call":"absent"`},
	{name: "long ids", target: vllm, msgs: `{"role":"assistant","tool_calls":[{"id":"toolcall:xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx","type":"function","function":{"name":"f","arguments":""}}]},{"role":"tool","tool_call_id":"toolcall:xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx","content":"r"}`,
		want: `"messages":[{"role":"assistant","content":null,"tool_calls":[{"id":"toolcall_xxxxxxxxxxxxxx_2adcd58a71360472","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"toolcall_xxxxxxxxxxxxxx_2adcd58a71360472","content":"r"}]`},
	{name: "one system message", target: with(func(t *ir.Target) { t.Caps.SystemFirstOnly = true }), msgs: `{"role":"developer","content":"a"},{"role":"system","content":"b"},{"role":"user","content":"u"},{"role":"system","content":"late"}`,
		want: `"messages":[{"role":"system","content":"a\n\nb"},{"role":"user","content":"u"},{"role":"user","content":"<system-reminder>\nlate\n</system-reminder>"}]`, notes: "approx:messages[3]"},
	{name: "developer", target: reasoner, msgs: `{"role":"system","content":"a"},{"role":"user","content":"u"},{"role":"system","content":"late"}`,
		want: `"messages":[{"role":"developer","content":"a"},{"role":"user","content":"u"},{"role":"developer","content":"late"}]`},
	{name: "cache breakpoints", target: func() *ir.Target { t := reasoner(); t.Caps.CacheBreakpoints = true; return t }, msgs: `{"role":"user","content":[{"type":"text","text":"a","cache_control":{"type":"ephemeral","ttl":"1h"}}]}`,
		want: `"messages":[{"role":"user","content":[{"type":"text","text":"a","prompt_cache_breakpoint":{"mode":"explicit","ttl":"30m"}}]}]`},
	{name: "no cache breakpoints", target: vllm, msgs: `{"role":"user","content":[{"type":"text","text":"a","cache_control":{"type":"ephemeral"}}]}`, want: `"messages":[{"role":"user","content":"a"}]`},
	{name: "thoughts are not sent", target: vllm, msgs: `{"role":"user","content":"u"},{"role":"assistant","content":"a","reasoning_content":"r"},{"role":"user","content":"u"}`,
		want: `"messages":[{"role":"user","content":"u"},{"role":"assistant","content":"a"},{"role":"user","content":"u"}]`, notes: "drop:messages[1]"},
	{name: "thoughts of the running exchange", target: with(func(t *ir.Target) { t.Caps.ReasoningContent = true }),
		msgs: `{"role":"user","content":"u"},{"role":"assistant","content":"a","reasoning_content":"old"},{"role":"user","content":"u"},{"role":"assistant","reasoning_content":"r","tool_calls":[{"id":"1","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"1","content":"x"}`,
		want: `"messages":[{"role":"user","content":"u"},{"role":"assistant","content":"a"},{"role":"user","content":"u"},{"role":"assistant","content":null,"reasoning_content":"r","tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"1","content":"x"}]`, notes: "drop:messages[1]"},
	{name: "an unanswered call", target: vllm, msgs: `{"role":"assistant","tool_calls":[{"id":"1","function":{"name":"f","arguments":"{}"}}]},{"role":"user","content":"u"}`,
		want: `"messages":[{"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"1","content":"Error: No result was provided for this tool call."},{"role":"user","content":"u"}]`, notes: "tool_result.synthesized:messages[0] tool_result.is_error:messages[0]"},
	{name: "signatures for Google's endpoint", target: with(func(t *ir.Target) { t.Caps.Family, t.Caps.Validated = "gemini", true }),
		msgs: `{"role":"assistant","tool_calls":[{"id":"1","function":{"name":"f","arguments":"{}"}},{"id":"2","function":{"name":"f","arguments":"{}"},"extra_content":{"google":{"thought_signature":"Sg=="}}}]},{"role":"tool","tool_call_id":"1","content":"x"},{"role":"tool","tool_call_id":"2","content":"y"}`,
		want: `"messages":[{"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"},"extra_content":{"google":{"thought_signature":"skip_thought_signature_validator"}}},{"id":"2","type":"function","function":{"name":"f","arguments":"{}"},"extra_content":{"google":{"thought_signature":"Sg=="}}}]},{"role":"tool","tool_call_id":"1","content":"x"},{"role":"tool","tool_call_id":"2","content":"y"}]`},
	{name: "everything that a compatible server needs mended", target: with(func(t *ir.Target) { t.Caps.SystemFirstOnly = true }), in: `"max_completion_tokens":100,"tool_choice":"auto","tools":[]`,
		msgs: `{"role":"developer","content":"D"},{"role":"user","content":"a"},{"role":"system","content":"late"},{"role":"user","content":"b"}`,
		want: `"max_tokens":100,"tools":"absent","tool_choice":"absent","messages":[{"role":"system","content":"D"},{"role":"user","content":"a"},{"role":"user","content":"<system-reminder>\nlate\n</system-reminder>"},{"role":"user","content":"b"}]`, notes: "approx:messages[2]"},
	{name: "cache key of the session", target: func() *ir.Target { t := gpt(); t.Session = "s"; return t }, want: `"prompt_cache_key":"043a7187-74c5-52bd-8a25-adbeb1bfcd5c"`},
}

func TestEncode(t *testing.T) {
	for _, tt := range encodeCases {
		t.Run(tt.name, func(t *testing.T) {
			msgs := tt.msgs
			if msgs == "" {
				msgs = `{"role":"user","content":"x"}`
			}
			body := `{"model":"m","messages":[` + msgs + `]`
			if tt.in != "" {
				body += "," + tt.in
			}
			target := tt.target()
			out := encodeRequest(t, decodeRequest(t, body+"}"), target)
			got := parse(t, out).(map[string]any)
			for key, want := range parse(t, []byte("{"+tt.want+"}")).(map[string]any) {
				if _, has := got[key]; want == "absent" && !has {
					continue
				}
				if !reflect.DeepEqual(got[key], want) {
					t.Errorf("%s is %v, want %v\n%s", key, got[key], want, out)
				}
			}
			if n := notes(target); n != tt.notes {
				t.Errorf("notes %q, want %q", n, tt.notes)
			}
		})
	}
}

// TestEncodeForeign writes what only other dialects' clients can say.
func TestEncodeForeign(t *testing.T) {
	req := &ir.Request{
		Dialect: ir.Anthropic, Speed: "fast", Reasoning: ir.Reasoning{Mode: ir.ReasoningAuto},
		Sampling: ir.Sampling{Stop: []ir.Text{"END", " "}}, Ext: []ir.Field{{Name: "container", Raw: []byte(`"c"`)}},
		System: []ir.Part{{Kind: ir.PartText, Text: "x-anthropic-billing-header: cc_version=1"}, {Kind: ir.PartText, Text: "S"}},
		Turns: []ir.Turn{
			{Role: ir.RoleUser, Parts: []ir.Part{{Kind: ir.PartText, Text: "go"}}},
			{Role: ir.RoleAssistant, At: 1, Parts: []ir.Part{
				{Kind: ir.PartServerCall, Server: &ir.ServerItem{Tool: "web_search", Args: ir.Args{JSON: []byte(`{"query":"q \"x\""}`)}}},
				{Kind: ir.PartServerResult, Server: &ir.ServerItem{Tool: "web_search", Raw: []byte(`{"content":[{"title":"T","url":"https://t"}]}`)}},
				{Kind: ir.PartText, Text: "found"},
				{Kind: ir.PartToolCall, Call: &ir.ToolCall{ID: "1", Name: "shot", Args: ir.Args{JSON: []byte(`{ "a" : "b c" }`)}}},
			}},
			{Role: ir.RoleUser, At: 2, Parts: []ir.Part{
				{Kind: ir.PartToolResult, Result: &ir.ToolResult{CallID: "1", IsError: true, Parts: []ir.Part{
					{Kind: ir.PartImage, Media: &ir.Media{MIME: "image/png", Source: ir.SourceBase64, Data: "iV"}},
				}}},
				{Kind: ir.PartFile, Media: &ir.Media{Source: ir.SourceText, Data: `a\nb`, Title: `n"1`}},
				{Kind: ir.PartFile, Media: &ir.Media{Source: ir.SourceBase64, MIME: "application/pdf", Data: "JV", Title: "spec"}},
			}},
		},
	}
	target := reasoner()
	sameJSON(t, encodeRequest(t, req, target), `{"model":"gpt-5.2","stop":["END"],"reasoning_effort":"high","service_tier":"priority","messages":[
		{"role":"developer","content":"S"},{"role":"user","content":"go"},
		{"role":"assistant","content":"[web_search: q \"x\"]\n\n[web_search]\nT https://t\nfound","tool_calls":[{"id":"1","type":"function","function":{"name":"shot","arguments":"{\"a\":\"b c\"}"}}]},
		{"role":"tool","tool_call_id":"1","content":"Error: "},
		{"role":"user","content":[{"type":"text","text":"Tool result 1:"},{"type":"image_url","image_url":{"url":"data:image/png;base64,iV"}},
			{"type":"text","text":"<document title=\"n\"1\">\na\nb\n</document>"},{"type":"file","file":{"filename":"spec.pdf","file_data":"data:application/pdf;base64,JV"}}]}]}`)
	if got, want := notes(target), "server_tool.flattened:messages[0].content[0] tool_result.is_error:messages[0].content[0] drop:container"; got != want {
		t.Errorf("notes %q, want %q", got, want)
	}
	if len(req.System) != 2 || len(req.Turns[1].Parts) != 4 {
		t.Error("the client's request was changed")
	}
}

// TestResultOfMediaOnly keeps an image for which the user's turn has no other
// reason to be written.
func TestResultOfMediaOnly(t *testing.T) {
	req := func() *ir.Request {
		return &ir.Request{Dialect: ir.Anthropic, Turns: []ir.Turn{
			{Role: ir.RoleAssistant, Parts: []ir.Part{{Kind: ir.PartToolCall, Call: &ir.ToolCall{ID: "1", Name: "shot"}}}},
			{Role: ir.RoleUser, Parts: []ir.Part{{Kind: ir.PartToolResult, Result: &ir.ToolResult{CallID: "1", Parts: []ir.Part{
				{Kind: ir.PartImage, Media: &ir.Media{MIME: "image/png", Source: ir.SourceBase64, Data: "iV"}},
			}}}}},
		}}
	}
	call := `{"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function","function":{"name":"shot","arguments":"{}"}}]}`
	image := `{"type":"image_url","image_url":{"url":"data:image/png;base64,iV"}}`
	sameJSON(t, encodeRequest(t, req(), gpt()), `{"model":"gpt-4.1","messages":[`+call+`,{"role":"tool","tool_call_id":"1","content":"(see attached content)"},{"role":"user","content":[{"type":"text","text":"Tool result 1:"},`+image+`]}]}`)
	able := gpt()
	able.Caps.ToolResultMedia = true
	sameJSON(t, encodeRequest(t, req(), able), `{"model":"gpt-4.1","messages":[`+call+`,{"role":"tool","tool_call_id":"1","content":[`+image+`]}]}`)
}

func TestEncodeRefusals(t *testing.T) {
	media := func(kind ir.PartKind, m ir.Media) *ir.Request {
		return &ir.Request{Dialect: ir.Anthropic, Turns: []ir.Turn{{Role: ir.RoleUser, Parts: []ir.Part{{Kind: kind, Media: &m}}}}}
	}
	local := vllm()
	local.Caps.URLImages = false
	strict := gpt()
	strict.Strict = true
	tests := []struct {
		name        string
		req         *ir.Request
		target      *ir.Target
		code, param string
	}{
		{"video", media(ir.PartVideo, ir.Media{Source: ir.SourceURL, URL: "https://x"}), gpt(), "unsupported_for_target", "messages[0].content[0]"},
		{"other audio", media(ir.PartAudio, ir.Media{Source: ir.SourceBase64, MIME: "audio/ogg"}), gpt(), "unsupported_for_target", "messages[0].content[0]"},
		{"image by URL", media(ir.PartImage, ir.Media{Source: ir.SourceURL, URL: "https://x"}), local, "unsupported_media_url", "messages[0].content[0].source.url"},
		{"file by URL", media(ir.PartFile, ir.Media{Source: ir.SourceURL, URL: "https://x"}), gpt(), "unsupported_media_url", "messages[0].content[0].source.url"},
		{"another vendor's file", media(ir.PartFile, ir.Media{Source: ir.SourceFileID, FileID: "f", FileFamily: ir.Anthropic}), gpt(), "unsupported_for_target", "messages[0].content[0]"},
		{"earlier response", &ir.Request{Dialect: ir.Responses, State: ir.State{PrevID: "r"}}, gpt(), "unsupported_for_target", "previous_response_id"},
		{"strict", &ir.Request{Dialect: ir.Chat, Reasoning: ir.Reasoning{Mode: ir.ReasoningEffort, Effort: "low"}}, strict, "unsupported_for_target", "reasoning_effort"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dst := []byte("before")
			out, err := Codec{}.AppendRequest(dst, tt.req, tt.target)
			var e *ir.Error
			if !errors.As(err, &e) || e.Code != tt.code || e.Param != tt.param || e.Status != 400 {
				t.Errorf("got %v", err)
			}
			if string(out) != "before" {
				t.Errorf("a refused request left %s", out)
			}
		})
	}
	if _, err := (Codec{}).AppendRequest(nil, &ir.Request{Op: ir.CountTokens}, gpt()); err == nil || !strings.Contains(err.Error(), "counts tokens") {
		t.Errorf("counting: %v", err)
	}
}
