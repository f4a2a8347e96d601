package chat

import (
	"errors"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

func conversation(messages string) string { return `{"model":"m","messages":[` + messages + `]}` }

func TestDecodeConversation(t *testing.T) {
	carrier := (&ir.Sig{Value: "raw", Family: ir.SigGemini, Target: ir.SignsCall}).Carrier()
	tests := []struct{ name, messages, want string }{
		{"text and parts", `{"role":"user","content":"a\n"},{"role":"user","content":[{"type":"text","text":"b"},"c",{"text":"d","type":"text"}]}`,
			"user: text(a\n)\nuser: text(b) text(c) text(d)\n"},
		{"one part instead of a list", `{"role":"user","content":{"type":"text","text":"b"}}`, "user: text(b)\n"},
		{"content before role", `{"content":"a","role":"user"}`, "user: text(a)\n"},
		{"late system", `{"role":"system","content":"s"},{"role":"user","content":"a"},{"role":"developer","content":"late"}`,
			"user: text(a)\nsystem: text(late)\n"},
		{"images", `{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/jpg;base64,/9j/AA=="}},{"type":"image_url","image_url":"https://x/y"},{"image_url":{"url":"data:;base64,iVBOR\nw0KGgo="},"type":"image_url"}]}`,
			"user: image(image/jpeg /9j/AA== ) image( https://x/y ) image(image/png iVBORw0KGgo= )\n"},
		{"percent encoded data URL", `{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/svg+xml,%3Csvg%3E"}}]}`,
			"user: image(image/svg+xml PHN2Zz4= )\n"},
		{"audio and files", `{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"AA","format":"mp3"}},{"type":"file","file":{"filename":"a.PDF","file_data":"JVBERi0="}},{"type":"file","file":{"file_id":"file-1"}},{"type":"video_url","video_url":{"url":"https://youtu.be/x"}}]}`,
			"user: audio(audio/mpeg AA ) file(application/pdf JVBERi0= a.PDF) file( file-1 ) video( https://youtu.be/x )\n"},
		{"unknown part", `{"role":"user","content":[{"type":"hologram","x":{"y":1}}]}`, "user: opaque(hologram)\n"},
		{"calls and results", `{"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}},{"id":"2","function":{"name":"g","arguments":{"b":2}}},{"id":"3","type":"custom","custom":{"name":"p","input":"x\ny"}}]},{"role":"tool","tool_call_id":"2","content":"r2"},{"role":"tool","tool_call_id":"1","content":[{"type":"text","text":"r1"}]},{"role":"tool","tool_call_id":"3","content":""},{"role":"user","content":"u"}`,
			"assistant: tool_call(1 function f {\"a\":1}) tool_call(2 function g {\"b\":2}) tool_call(3 custom p x\ny)\n" +
				"user: tool_result(2 false [text(r2)]) tool_result(1 false [text(r1)]) tool_result(3 false [])\nuser: text(u)\n"},
		{"calls without ids", `{"role":"assistant","tool_calls":[{"function":{"name":"f","arguments":"{}"}},{"function":{"name":"f","arguments":"{}"}}]},{"role":"tool","content":"a"},{"role":"tool","name":"f","content":"b"}`,
			"assistant: tool_call(call_0_0 function f {}) tool_call(call_0_1 function f {})\nuser: tool_result(call_0_0 false [text(a)]) tool_result(call_0_1 false [text(b)])\n"},
		{"function_call", `{"role":"assistant","content":null,"function_call":{"name":"f","arguments":"{}"}},{"role":"function","name":"f","content":"r"}`,
			"assistant: tool_call(call_0_0 function f {})\nuser: tool_result(call_0_0 false [text(r)])\n"},
		{"signatures", `{"role":"assistant","tool_calls":[{"id":"1","function":{"name":"f","arguments":"{}"},"extra_content":{"google":{"thought_signature":"AbCd"}}},{"id":"2","function":{"name":"f","arguments":"{}"},"provider_specific_fields":{"thought_signature":"EfGh"}},{"id":"3__thought__SiGn","function":{"name":"f","arguments":"{}"}}]}`,
			"assistant: tool_call(1 function f {})<gemini call AbCd> tool_call(2 function f {})<gemini call EfGh> tool_call(3 function f {})<gemini call SiGn>\n"},
		{"a gateway's signature of a call inside thinking", `{"role":"assistant","content":"t","thinking_blocks":[{"type":"thinking","thinking":"","signature":"` + carrier + `"}],"tool_calls":[{"id":"1","function":{"name":"f","arguments":"{}"}}]}`,
			"assistant: text(t) tool_call(1 function f {})<gemini call raw>\n"},
		{"thinking", `{"role":"assistant","content":"a","reasoning_content":"r","reasoning":"r"},{"role":"assistant","content":"a","thinking_blocks":[{"type":"thinking","thinking":"T","signature":"S"},{"type":"redacted_thinking","data":"D"}],"reasoning_content":"T"},{"role":"assistant","content":"a","reasoning_details":[{"type":"reasoning.encrypted","data":"E","format":"openai-responses-v1"}]}`,
			"assistant: thinking(r) text(a)\nassistant: thinking(T)<anthropic think S> thinking<anthropic think D> text(a)\nassistant: thinking<openai think E> text(a)\n"},
		{"refusal and audio", `{"role":"assistant","content":"","refusal":"no","audio":{"id":"audio_1"}},{"role":"assistant","content":[{"type":"refusal","refusal":"never"}]}`,
			"assistant: refusal(no) audio( audio_1 )\nassistant: refusal(never)\n"},
		{"blocks of Anthropic's form", `{"role":"assistant","content":[{"type":"text","text":"x"},{"type":"tool_use","id":"1","name":"f","input":{"a":1}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"1","content":[{"type":"text","text":"r"}],"is_error":true},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"iV"}}]}`,
			"assistant: text(x) tool_call(1 function f {\"a\":1})\nuser: tool_result(1 true [text(r)]) image(image/png iV )\n"},
		{"cache hints", `{"role":"user","content":[{"type":"text","text":"a","cache_control":{"type":"ephemeral","ttl":"1h"}},{"type":"text","text":"b","prompt_cache_breakpoint":{"mode":"explicit","ttl":"30m"}}]}`,
			"user: text(a){1h} text(b){30m}\n"},
		{"null everywhere", `{"role":"user","content":"u","name":null,"tool_calls":null,"audio":null,"function_call":null,"refusal":null,"reasoning_details":null,"thinking_blocks":null}`,
			"user: text(u)\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := show(decodeRequest(t, conversation(tt.messages)).Turns); got != tt.want {
				t.Errorf("got\n%swant\n%s", got, tt.want)
			}
		})
	}
}

func TestDecodeErrors(t *testing.T) {
	user := `{"role":"user","content":"x"}`
	tests := []struct{ name, body, want string }{
		{"no JSON", `{"model":"m",`, "Failed to parse request body: unexpected end of body at offset 13"},
		{"garbage", `hello`, "Failed to parse request body: "},
		{"not an object", `[1]`, "expected object, found array at offset 0"},
		{"null", `null`, "expected object, found null"},
		{"no model", `{"messages":[` + user + `]}`, "model is required"},
		{"no messages", `{"model":"m"}`, "at least one message"},
		{"empty messages", `{"model":"m","messages":[]}`, "at least one message"},
		{"content of a wrong kind", conversation(user + `,` + user + `,{"role":"user","content":7}`), "messages[2].content: expected string or array, found number at offset "},
		{"text of a wrong kind", conversation(`{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":[]}]}`), "messages[0].content[1]: expected string, found array"},
		{"role of a wrong kind", conversation(`{"role":7}`), "messages[0].role: expected string, found number"},
		{"unknown role", conversation(`{"role":"robot","content":"x"}`), `messages[0].role: unknown role "robot"`},
		{"no role", conversation(`{"content":"x"}`), `messages[0].role: the role is missing`},
		{"null message", conversation(`null`), "messages[0]: expected object, found null"},
		{"file without a type", conversation(`{"role":"user","content":[{"type":"file","file":{"file_data":"AAAA"}}]}`), "messages[0].content[0]: the file's type is unknown"},
		{"media without media", conversation(`{"role":"user","content":[{"type":"image_url"}]}`), "messages[0].content[0]: the part holds neither"},
		{"temperature of a wrong kind", `{"model":"m","temperature":"hot","messages":[` + user + `]}`, "temperature: expected number, found string"},
		{"two formats", `{"model":"m","messages":[` + user + `],"response_format":{"type":"json_object"},"guided_regex":"a"}`, "only one of response_format"},
		{"format without schema", `{"model":"m","messages":[` + user + `],"response_format":{"type":"json_schema","json_schema":{"name":"x"}}}`, "response_format: json_schema.schema is missing"},
		{"unknown choice", `{"model":"m","messages":[` + user + `],"tool_choice":"sometimes"}`, `tool_choice: unknown value "sometimes"`},
		{"choice without name", `{"model":"m","messages":[` + user + `],"tool_choice":{"type":"function"}}`, "tool_choice: the choice names no tool"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Codec{}.DecodeRequest([]byte(tt.body), nil)
			var e *ir.Error
			if !errors.As(err, &e) {
				t.Fatalf("got error %v", err)
			}
			if e.Kind != ir.ErrInvalidRequest || e.Status != 400 || !strings.Contains(e.Message, tt.want) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestDecodeOptions(t *testing.T) {
	req := decodeRequest(t, `{"model":"m","messages":[{"role":"system","content":"a"},{"role":"developer","content":[{"type":"text","text":"b"}]},{"role":"user","name":"bob","content":"x"}],
		"max_tokens":10,"max_completion_tokens":20,"temperature":0.5,"top_p":null,"top_k":4,"stop":["a","","b"],"n":2,"seed":9007199254740993,"logit_bias":{"1":-100},
		"stream":true,"stream_options":{"include_usage":true,"include_obfuscation":false},"parallel_tool_calls":false,"verbosity":"low","service_tier":"fast",
		"store":true,"metadata":{"k":"v\n"},"user":"u","safety_identifier":"s","prompt_cache_key":"p","prompt_cache_retention":"24h","prompt_cache_options":{"mode":"explicit","ttl":"30m"},
		"modalities":["text","audio"],"audio":{"voice":{"id":"v1"},"format":"mp3"},"prediction":{"type":"content","content":"c"},"extra_body":{"min_p":0.1,"reasoning_effort":"high"}}`)
	if s := req.Sampling; s.MaxOutput.V != 20 || s.Temperature.V != 0.5 || s.TopP.Set || s.TopK.V != 4 || len(s.Stop) != 2 || s.N.V != 2 ||
		s.Seed.V != 9007199254740993 || string(s.LogitBias) != `{"1":-100}` {
		t.Errorf("sampling %+v", s)
	}
	if len(req.System) != 2 || req.System[0].Role != ir.RoleSystem || req.System[1].Role != ir.RoleDeveloper || req.System[1].At != (ir.Loc{Msg: 1, Part: 0}) {
		t.Errorf("system %+v", req.System)
	}
	if !req.Stream || !req.StreamOpts.Usage.V || !req.StreamOpts.Obfuscation.Set || req.Parallel != ir.Some(false) || req.Verbosity != "low" || req.Tier != "priority" {
		t.Errorf("request %+v", req)
	}
	if req.Meta.EndUser != "u" || req.Meta.SafetyID != "s" || len(req.Meta.Labels) != 1 || req.Meta.Labels[0].Value != `v\n` {
		t.Errorf("meta %+v", req.Meta)
	}
	if req.Cache != (ir.Cache{Key: "p", Mode: "explicit", TTL: "30m", Retention: "24h"}) {
		t.Errorf("cache %+v", req.Cache)
	}
	if req.Output.AudioVoice != "v1" || req.Output.AudioFormat != "mp3" || len(req.Output.Modalities) != 2 {
		t.Errorf("output %+v", req.Output)
	}
	if req.Reasoning.Mode != ir.ReasoningEffort || req.Reasoning.Effort != "high" {
		t.Errorf("reasoning %+v", req.Reasoning)
	}
	if len(req.Ext) != 2 || req.Ext[0].Name != "prediction" || req.Ext[1].Name != "min_p" {
		t.Errorf("extensions %+v", req.Ext)
	}
	if req.Turns[0].Name != "bob" || req.Turns[0].At != 2 {
		t.Errorf("turn %+v", req.Turns[0])
	}
}

func TestDecodeReasoning(t *testing.T) {
	tests := []struct {
		member string
		want   ir.Reasoning
	}{
		{`"reasoning_effort":"none"`, ir.Reasoning{Mode: ir.ReasoningOff}},
		{`"reasoning_effort":"xhigh","thinking":{"type":"disabled"}`, ir.Reasoning{Mode: ir.ReasoningEffort, Effort: "xhigh"}},
		{`"reasoning":{"effort":"low","exclude":true}`, ir.Reasoning{Mode: ir.ReasoningEffort, Effort: "low", Summary: "none"}},
		{`"reasoning":{"max_tokens":2000}`, ir.Reasoning{Mode: ir.ReasoningBudget, Budget: 2000}},
		{`"reasoning":{"enabled":false}`, ir.Reasoning{Mode: ir.ReasoningOff}},
		{`"reasoning":{"enabled":true}`, ir.Reasoning{Mode: ir.ReasoningAuto}},
		{`"thinking":{"type":"enabled","budget_tokens":5000}`, ir.Reasoning{Mode: ir.ReasoningBudget, Budget: 5000}},
		{`"thinking":{"type":"enabled","budget_tokens":-1}`, ir.Reasoning{Mode: ir.ReasoningAuto}},
		{`"thinking":{"type":"adaptive"}`, ir.Reasoning{Mode: ir.ReasoningAuto}},
		{`"thinking":{"type":"disabled"}`, ir.Reasoning{Mode: ir.ReasoningOff}},
		{`"thinking":null`, ir.Reasoning{}},
	}
	for _, tt := range tests {
		req := decodeRequest(t, `{"model":"m","messages":[{"role":"user","content":"x"}],`+tt.member+`}`)
		if req.Reasoning != tt.want {
			t.Errorf("%s: got %+v, want %+v", tt.member, req.Reasoning, tt.want)
		}
	}
}

func TestDecodeTools(t *testing.T) {
	req := decodeRequest(t, `{"model":"m","messages":[{"role":"user","content":"x"}],"tools":[
		{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object"},"strict":true}},
		{"function":{"name":"g"},"type":"function"},
		{"type":"custom","custom":{"name":"c","format":{"type":"grammar","grammar":{"syntax":"lark","definition":"a: \"b\""}}}},
		{"name":"flat","description":"d","input_schema":{"type":"object"}},
		{"google_search":{}},
		{"type":"web_search_preview","search_context_size":"low"},
		{"type":"hologram","x":1}],
		"web_search_options":{"search_context_size":"high","user_location":{"type":"approximate","approximate":{"city":"Oslo"}}},
		"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{"type":"function","function":{"name":"f"}},{"type":"custom","custom":{"name":"c"}}]}}}`)
	kinds := []ir.ToolKind{ir.ToolFunction, ir.ToolFunction, ir.ToolCustom, ir.ToolFunction, ir.ToolServer, ir.ToolServer, ir.ToolServer, ir.ToolServer}
	names := []string{"f", "g", "c", "flat", "web_search", "web_search", "hologram", "web_search"}
	if len(req.Tools) != len(kinds) {
		t.Fatalf("%d tools", len(req.Tools))
	}
	for i, tool := range req.Tools {
		if tool.Kind != kinds[i] || tool.Name != names[i] {
			t.Errorf("tool %d is %+v", i, tool)
		}
	}
	if g := req.Tools[2].Grammar; g == nil || g.Syntax != "lark" || g.Definition != `a: \"b\"` {
		t.Errorf("grammar %+v", g)
	}
	if string(req.Tools[3].Schema) != `{"type":"object"}` || req.Tools[1].Schema != nil || !req.Tools[0].Strict.V {
		t.Error("schemas or strict are wrong")
	}
	if string(req.Tools[6].Config) != `{"type":"hologram","x":1}` {
		t.Errorf("config %s", req.Tools[6].Config)
	}
	if s := req.Tools[7].Search; s.ContextSize != "high" || s.Location.City != "Oslo" {
		t.Errorf("search %+v", s)
	}
	if c := req.ToolChoice; c.Mode != ir.ChoiceAllowed || !c.Required || strings.Join(c.Names, " ") != "f c" {
		t.Errorf("choice %+v", c)
	}
}

func TestDecodeToolChoice(t *testing.T) {
	tests := []struct {
		member string
		mode   ir.ChoiceMode
		name   string
	}{
		{`"tool_choice":"none"`, ir.ChoiceNone, ""},
		{`"tool_choice":"any"`, ir.ChoiceRequired, ""},
		{`"tool_choice":null`, ir.ChoiceUnset, ""},
		{`"tool_choice":{"type":"function","function":{"name":"f"}}`, ir.ChoiceSpecific, "f"},
		{`"tool_choice":{"function":{"name":"f"},"type":"function"}`, ir.ChoiceSpecific, "f"},
		{`"tool_choice":{"type":"custom","custom":{"name":"f"}}`, ir.ChoiceSpecific, "f"},
		{`"tool_choice":{"type":"function","name":"f"}`, ir.ChoiceSpecific, "f"},
		{`"tool_choice":{"type":"tool","name":"f"}`, ir.ChoiceSpecific, "f"},
		{`"tool_choice":{"type":"auto"}`, ir.ChoiceAuto, ""},
		{`"function_call":"auto"`, ir.ChoiceAuto, ""},
		{`"function_call":{"name":"f"}`, ir.ChoiceSpecific, "f"},
	}
	for _, tt := range tests {
		req := decodeRequest(t, `{"model":"m","messages":[{"role":"user","content":"x"}],`+tt.member+`}`)
		if c := req.ToolChoice; c.Mode != tt.mode || strings.Join(c.Names, " ") != tt.name {
			t.Errorf("%s: got %+v", tt.member, c)
		}
	}
}

func TestDecodeFormats(t *testing.T) {
	tests := []struct {
		member string
		kind   ir.FormatKind
		schema string
	}{
		{`"response_format":{"type":"text"}`, ir.FormatText, ""},
		{`"response_format":{"type":"json_object"}`, ir.FormatJSON, ""},
		{`"response_format":{"type":"json_object","schema":{"a":1}}`, ir.FormatSchema, `{"a":1}`},
		{`"response_format":{"json_schema":{"schema":{"a":1},"name":"n"},"type":"json_schema"}`, ir.FormatSchema, `{"a":1}`},
		{`"response_format":{"type":"json_schema","name":"n","schema":{"a":1}}`, ir.FormatSchema, `{"a":1}`},
		{`"response_format":null`, ir.FormatUnset, ""},
		{`"guided_json":"{\"a\":1}"`, ir.FormatSchema, `{"a":1}`},
		{`"guided_choice":["a","b"],"response_format":{"type":"text"}`, ir.FormatEnum, `{"type":"string","enum":["a","b"]}`},
		{`"structured_outputs":{"regex":"a+"}`, ir.FormatRegex, ""},
		{`"guided_grammar":"root ::= a"`, ir.FormatGrammar, ""},
	}
	for _, tt := range tests {
		req := decodeRequest(t, `{"model":"m","messages":[{"role":"user","content":"x"}],`+tt.member+`}`)
		if req.Format.Kind != tt.kind || string(req.Format.Schema) != tt.schema {
			t.Errorf("%s: got %+v", tt.member, req.Format)
		}
	}
}

func TestReadEnvelope(t *testing.T) {
	body := []byte(` { "messages":[{"model":"no"}], "model" : "a\u0062", "stream":true,"stream_options":{"include_usage":false}} `)
	var env ir.Envelope
	if err := (Codec{}).ReadEnvelope(body, &env); err != nil {
		t.Fatal(err)
	}
	if env.Model != "ab" || !env.Stream || env.Empty || env.Usage != ir.Some(false) {
		t.Errorf("got %+v", env)
	}
	if got := string(body[env.ModelAt.Start:env.ModelAt.End]); got != `"a\u0062"` {
		t.Errorf("the model stands at %s", got)
	}
	if got := string(body[env.StreamOptsAt.Start:env.StreamOptsAt.End]); got != `{"include_usage":false}` {
		t.Errorf("the options stand at %s", got)
	}
	if body[env.Open-1] != '{' {
		t.Errorf("the body opens at %d", env.Open)
	}
	for _, bad := range []string{"", "[]", "null", `{"model":1}`, `{"model":"m"} x`} {
		if err := (Codec{}).ReadEnvelope([]byte(bad), &ir.Envelope{}); err == nil || !strings.Contains(err.Error(), "Failed to parse request body") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
