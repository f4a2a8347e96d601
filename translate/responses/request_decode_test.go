package responses

import (
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

func TestTurns(t *testing.T) {
	carrier := (&ir.Sig{Value: "S", Family: ir.SigGemini, Target: ir.SignsCall}).Carrier()
	for _, c := range []struct{ name, input, want string }{
		{"string", `"hi"`, `user: text(hi)`},
		{"one item", `{"role":"user","content":"hi"}`, `user: text(hi)`},
		{"texts among items", `["a",{"role":"user","content":["b","c"]}]`, `user: text(a) text(b) text(c)`},
		{"type behind content", `[{"content":[{"text":"x","type":"input_text"}],"role":"user","type":"message"}]`, `user: text(x)`},
		{"part without type", `[{"role":"user","content":[{"text":"x"}]}]`, `user: text(x)`},
		{"escapes", `[{"role":"user","content":"a\n\"b\" \u00e9"}]`, "user: text(a\n\"b\" é)"},
		{"refusal", `[{"role":"user","content":"x"},{"role":"assistant","content":[{"type":"refusal","refusal":"no"}]}]`,
			`user: text(x) | assistant: refusal(no)`},
		{"one speaker is one turn", `[{"role":"user","content":"a"},{"role":"user","content":"b"},
			{"type":"reasoning","summary":[{"type":"summary_text","text":"p"},{"type":"summary_text","text":"q"}],"encrypted_content":"gAAAA1"},
			{"role":"assistant","content":"c"},{"type":"function_call","call_id":"c1","name":"f","arguments":"{\"a\":1}"},
			{"type":"custom_tool_call","call_id":"c2","name":"p","input":"raw"},
			{"type":"function_call_output","call_id":"c1","output":"r1"},{"type":"custom_tool_call_output","call_id":"c2","output":"r2"},
			{"role":"user","content":"d"}]`,
			"user: text(a) text(b) | assistant: thinking(p\n\nq)+sig gAAAA1 text(c) tool_call(c1 function f {\"a\":1}) tool_call(c2 custom p raw) | " +
				"user: tool_result(c1 : text(r1)) tool_result(c2 : text(r2)) text(d)"},
		{"system in the middle", `[{"role":"user","content":"a"},{"role":"system","content":"s"},{"role":"developer","content":"d"},{"role":"user","content":"b"}]`,
			`user: text(a) | system: text(s) | system: text(d) | user: text(b)`},
		{"arguments as an object", `[{"type":"function_call","call_id":"c","name":"f","arguments":{"a":1}},{"type":"function_call_output","call_id":"c","output":{"x":1}}]`,
			`assistant: tool_call(c function f {"a":1}) | user: tool_result(c : text({"x":1}))`},
		{"call id of another gateway", `[{"type":"function_call","call_id":"c__thought__abc","name":"f","arguments":"{}"},{"type":"function_call_output","call_id":"c__thought__abc","output":""}]`,
			`assistant: tool_call(c function f {}) | user: tool_result(c :)`},
		{"rich output", `[{"type":"function_call","call_id":"c","name":"f","arguments":"{}"},{"type":"function_call_output","call_id":"c","output":[{"type":"input_text","text":"t"},{"type":"input_image","image_url":"data:image/png;base64,AA=="}]}]`,
			`assistant: tool_call(c function f {}) | user: tool_result(c : text(t) image(image/png AA==))`},
		{"output that no call asked for", `[{"type":"function_call_output","name":"goal_objective","namespace":"agent","output":"win"},{"role":"user","content":"go"}]`,
			"user: text(<goal_objective>\nwin\n</goal_objective>) text(go)"},
		{"rich output that no call asked for", `[{"type":"function_call_output","call_id":"","name":"a<b>","output":[{"type":"input_text","text":"t"},{"type":"input_image","image_url":"data:image/png;base64,AA=="}]}]`,
			"user: text(<ab>\n) text(t) image(image/png AA==) text(\n</ab>)"},
		{"local shell", `[{"type":"local_shell_call","id":"l","call_id":"c","action":{"type":"exec","command":["ls"],"env":{},"timeout_ms":null,"working_directory":"/w"}},{"type":"local_shell_call_output","id":"c","output":"o"}]`,
			`assistant: tool_call(c local_shell local_shell {"command":["ls"],"workdir":"/w"}) | user: tool_result(c : text(o))`},
		{"shell", `[{"type":"shell_call","call_id":"c","action":{"commands":["a","b"],"max_output_length":9}},{"type":"shell_call_output","call_id":"c","output":[{"stdout":"o","stderr":"e","outcome":{"type":"exit","exit_code":2}},{"stdout":"","stderr":"","outcome":{"type":"timeout"}}]}]`,
			"assistant: tool_call(c shell shell {\"commands\":[\"a\",\"b\"],\"max_output_length\":9}) | user: tool_result(c : text(o\ne\nexit code: 2\ntimed out))"},
		{"apply patch", `[{"type":"apply_patch_call","call_id":"c","operation":{"type":"delete_file","path":"p"}},{"type":"apply_patch_call_output","call_id":"c","status":"failed"}]`,
			`assistant: tool_call(c apply_patch apply_patch {"type":"delete_file","path":"p"}) | user: tool_result(c : text(failed))`},
		{"hosted", `[{"role":"user","content":"x"},{"type":"web_search_call","id":"w","status":"completed","action":{"type":"search","query":"q"}},{"type":"mcp_approval_request","id":"r"},{"type":"mcp_approval_response","approval_request_id":"r"},{"type":"some_new_output"}]`,
			`user: text(x) | assistant: server_call(web_search) opaque(mcp_approval_request) | user: opaque(mcp_approval_response) opaque(some_new_output)`},
		{"compaction", `[{"type":"compaction","encrypted_content":"e"},{"role":"user","content":"x"}]`, `assistant: compaction(compaction) | user: text(x)`},
		{"carrier of a call", `[{"role":"user","content":"x"},{"type":"reasoning","summary":[],"encrypted_content":"` + carrier + `"},{"role":"assistant","content":"t"},{"type":"function_call","call_id":"c","name":"f","arguments":"{}"},{"type":"function_call","call_id":"d","name":"f","arguments":"{}"},{"type":"function_call_output","call_id":"c","output":"o"},{"type":"function_call_output","call_id":"d","output":"o"}]`,
			`user: text(x) | assistant: text(t) tool_call(c function f {})+sig S tool_call(d function f {}) | user: tool_result(c : text(o)) tool_result(d : text(o))`},
		{"carrier beside a text", `[{"type":"reasoning","summary":[{"type":"summary_text","text":"s"}],"encrypted_content":"` + carrier + `"},{"type":"function_call","call_id":"c","name":"f","arguments":"{}"},{"type":"function_call_output","call_id":"c","output":"o"}]`,
			`assistant: thinking(s) tool_call(c function f {})+sig S | user: tool_result(c : text(o))`},
		{"thoughts instead of a summary", `[{"type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":"deep"}]},{"role":"assistant","content":"a"}]`,
			`assistant: thinking(deep) text(a)`},
		{"media", `[{"role":"user","content":[{"type":"input_image","image_url":{"url":"https://e/a.png"}},{"type":"input_image","file_id":"f1"},{"type":"input_image","image_url":"data:;base64,iVBORw0KGgoAAAANSUhEUg=="},
			{"type":"input_file","filename":"a.csv","file_data":"QQ=="},{"type":"input_file","file_url":"https://e/b.pdf"},{"type":"input_file","file_id":"f2"},{"type":"input_file","file_data":"data:text/plain,a%20b"},
			{"type":"input_audio","input_audio":{"data":"SUQz","format":"mp3"}},{"type":"input_hologram","x":1}]}]`,
			`user: image( https://e/a.png) image( f1) image(image/png iVBORw0KGgoAAAANSUhEUg==) file(text/csv QQ==) file(application/pdf https://e/b.pdf) ` +
				`file(application/pdf f2) file(text/plain YSBi) audio(audio/mpeg SUQz) opaque(input_hologram)`},
		{"reference to an item at hand", `[{"type":"function_call","id":"fc_1","call_id":"c","name":"f","arguments":"{}"},{"type":"item_reference","id":"fc_1"},{"type":"function_call_output","call_id":"c","output":"o"}]`,
			`assistant: tool_call(c function f {}) | user: tool_result(c : text(o))`},
	} {
		t.Run(c.name, func(t *testing.T) {
			req := decodeRequest(t, `{"input":`+c.input+`,"model":"m"}`)
			if got := describe(req.Turns); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestSystem(t *testing.T) {
	req := decodeRequest(t, `{"input":[{"role":"developer","content":[{"type":"input_text","text":"b"},{"type":"input_text","text":"c"}]},{"role":"system","content":"d"},{"role":"user","content":"x"}],"instructions":"a","model":"m"}`)
	var got []string
	for _, p := range req.System {
		got = append(got, string(p.Role)+" "+p.Text.String())
	}
	if s := strings.Join(got, ", "); s != "developer a, developer b, developer c, system d" {
		t.Error(s)
	}
}

func TestOptions(t *testing.T) {
	req := decodeRequest(t, `{"model":"m","input":"x","stream":true,"temperature":0.5,"top_p":null,"max_output_tokens":9,"top_logprobs":2,
		"include":["reasoning.encrypted_content","message.output_text.logprobs","web_search_call.results"],"parallel_tool_calls":false,
		"reasoning":{"effort":"none","summary":"auto","mode":"pro"},"text":{"verbosity":"low","format":{"type":"json_schema","name":"n","schema":{"type":"object"},"strict":true}},
		"store":false,"truncation":"auto","prompt_cache_key":"k","prompt_cache_options":{"mode":"explicit","ttl":"12h","prewarm":true},"service_tier":"fast",
		"metadata":{"a":"b","n":1},"user":"u","safety_identifier":"s","stream_options":{"include_obfuscation":false},"client_metadata":{"t":1},"max_tool_calls":3}`)
	s := req.Sampling
	if !req.Stream || s.Temperature.V != 0.5 || s.TopP.Set || s.MaxOutput.V != 9 || s.TopLogprobs.V != 2 || !s.Logprobs.V || req.Parallel.Or(true) {
		t.Errorf("sampling %+v", s)
	}
	if r := req.Reasoning; r.Mode != ir.ReasoningOff || r.Summary != "auto" || !r.IncludeEncrypted {
		t.Errorf("reasoning %+v", r)
	}
	if f := req.Format; f.Kind != ir.FormatSchema || f.Name != "n" || !f.Strict.V || string(f.Schema) != `{"type":"object"}` || req.Verbosity != "low" {
		t.Errorf("format %+v", f)
	}
	if req.Tier != "priority" || req.Cache.Key != "k" || req.Cache.Mode != "explicit" || req.Cache.TTL != "12h" || req.Meta.EndUser != "u" || req.Meta.SafetyID != "s" {
		t.Errorf("%+v %+v %s", req.Cache, req.Meta, req.Tier)
	}
	if len(req.Meta.Labels) != 2 || req.Meta.Labels[1].Value != "1" || req.State.Store.Or(true) || req.State.Truncation != "auto" {
		t.Errorf("%+v %+v", req.Meta.Labels, req.State)
	}
	var ext []string
	for _, f := range req.Ext {
		ext = append(ext, f.Name)
	}
	if got := strings.Join(ext, " "); got != "include reasoning.mode prompt_cache_options.prewarm client_metadata max_tool_calls" {
		t.Error(got)
	}
}

func TestTools(t *testing.T) {
	req := decodeRequest(t, `{"model":"m","input":"x","tools":[
		{"type":"function","name":"f","description":"d","parameters":{"type":"object"},"strict":true},
		{"type":"function","function":{"name":"nested","parameters":null}},
		{"type":"namespace","name":"ns","description":"","tools":[{"type":"function","name":"a"},{"type":"custom","name":"b"}]},
		{"type":"custom","name":"c","format":{"type":"grammar","syntax":"lark","definition":"start: x"}},
		{"type":"local_shell"},{"type":"apply_patch"},
		{"type":"web_search_preview","search_context_size":"low","filters":{"allowed_domains":["e.com"]},"user_location":{"type":"approximate","city":"Oslo"}},
		{"type":"mcp","server_label":"l","server_url":"https://m"},{"type":"tool_search"}]}`)
	var got []string
	for i := range req.Tools {
		tool := &req.Tools[i]
		got = append(got, strings.Join([]string{string(rune('0' + tool.Kind)), tool.Namespace, tool.Name, tool.Type, string(rune('0' + tool.At))}, "/"))
	}
	if s := strings.Join(got, " "); s != "1//f//0 1//nested//1 1/ns/a//2 2/ns/b//2 2//c//3 4//local_shell/local_shell/4 4//apply_patch/apply_patch/5 3///web_search/6 3//l/mcp/7 3///tool_search/8" {
		t.Error(s)
	}
	if s := req.Tools[7].Search; s == nil || s.ContextSize != "low" || s.AllowedDomains[0] != "e.com" || s.Location.City != "Oslo" {
		t.Errorf("search %+v", s)
	}
	if g := req.Tools[4].Grammar; g == nil || g.Syntax != "lark" || g.Definition != "start: x" {
		t.Errorf("grammar %+v", g)
	}
	if !req.Tools[0].Strict.V || req.Tools[1].Schema != nil || string(req.Tools[0].Schema) != `{"type":"object"}` {
		t.Error("function members are wrong")
	}
}

func TestAdditionalTools(t *testing.T) {
	req := decodeRequest(t, `{"model":"m","input":[{"type":"additional_tools","role":"developer","tools":[
		{"type":"namespace","name":"functions","tools":[{"type":"custom","name":"exec"},{"type":"function","name":"wait"}]}]},
		{"role":"user","content":"x"},{"tools":[{"type":"function","name":"late"}],"type":"additional_tools"},
		{"type":"additional_tools","tools":null}],"tools":[{"type":"function","name":"f"}]}`)
	var got []string
	for i := range req.Tools {
		tool := &req.Tools[i]
		got = append(got, string(rune('0'+tool.Kind))+"/"+tool.Namespace+"/"+tool.Name+" "+req.PathOfTool(tool))
	}
	if s := strings.Join(got, ", "); s != "2/functions/exec input[0].tools[0], 1/functions/wait input[0].tools[0], 1//late input[2].tools[0], 1//f tools[0]" {
		t.Error(s)
	}
	if len(req.Turns) != 1 || len(req.Turns[0].Parts) != 1 {
		t.Errorf("the turns are %+v", req.Turns)
	}
}

func TestChoice(t *testing.T) {
	for in, want := range map[string]ir.ToolChoice{
		`"auto"`:                         {Mode: ir.ChoiceAuto},
		`"none"`:                         {Mode: ir.ChoiceNone},
		`"required"`:                     {Mode: ir.ChoiceRequired},
		`{"type":"function","name":"f"}`: {Mode: ir.ChoiceSpecific, Names: []string{"f"}},
		`{"type":"function","function":{"name":"f"}}`: {Mode: ir.ChoiceSpecific, Names: []string{"f"}},
		`{"type":"apply_patch"}`:                      {Mode: ir.ChoiceSpecific, Names: []string{"apply_patch"}},
		`{"type":"web_search_preview"}`:               {Mode: ir.ChoiceSpecific, Server: "web_search"},
		`{"type":"mcp","server_label":"l"}`:           {Mode: ir.ChoiceSpecific, Server: "l"},
		`{"type":"allowed_tools","mode":"required","tools":[{"type":"function","name":"f"},{"type":"shell"}]}`: {Mode: ir.ChoiceAllowed, Names: []string{"f", "shell"}, Required: true},
	} {
		got := decodeRequest(t, `{"model":"m","input":"x","tool_choice":`+in+`}`).ToolChoice
		if got.Mode != want.Mode || strings.Join(got.Names, " ") != strings.Join(want.Names, " ") || got.Server != want.Server || got.Required != want.Required {
			t.Errorf("%s: got %+v", in, got)
		}
	}
}

func TestRequestErrors(t *testing.T) {
	for _, c := range []struct{ body, param, message string }{
		{`{"model":"m","input":"x"`, "", "Failed to parse request body: unexpected end of body at offset 24"},
		{`{"model":"m","input":[{"role":"user","content":5}]}`, "input[0].content", "input[0].content: expected string or array, found number at offset 47"},
		{`{"model":"m","input":[{"role":"user","content":"a"},{"type":"message","role":"user","content":[{"type":"input_text","text":1}]}]}`,
			"input[1].content[0]", "input[1].content[0]: expected string, found number at offset 123"},
		{`{"model":"m","input":7}`, "input", "input: expected string or array, found number at offset 21"},
		{`{"model":"m","input":"x","temperature":"hot"}`, "temperature", "temperature: expected number, found string at offset 39"},
		{`{"model":"m"}`, "input", "Missing required parameter: 'input'."},
		{`{"model":"m","input":[]}`, "input", "input: expected at least one item"},
		{`{"model":"m","input":[{"role":"robot","content":"x"}]}`, "input[0].role", "input[0].role: expected user, assistant, system or developer, found robot"},
		{`{"model":"m","input":[{"content":"x"}]}`, "input[0].type", "input[0].type: the item has neither type nor role"},
		{`{"model":"m","input":[null]}`, "input[0]", "input[0]: expected object, found null at offset 22"},
		{`null`, "", "Failed to parse request body: expected object, found null at offset 0"},
	} {
		_, err := Codec{}.DecodeRequest([]byte(c.body), nil)
		e, ok := err.(*ir.Error)
		if !ok || e.Status != 400 || e.Kind != ir.ErrInvalidRequest || e.Param != c.param || e.Message != c.message {
			t.Errorf("%s: got %#v", c.body, err)
		}
	}
}

func TestNullIsNothing(t *testing.T) {
	req := decodeRequest(t, `{"model":"m","input":[{"role":"user","content":[{"type":"input_image","image_url":null,"detail":"low","prompt_cache_breakpoint":null},{"type":"input_text","text":"x","logprobs":null}],"status":null}],
		"tools":[{"type":"function","name":"f","format":null,"filters":null}],"reasoning":null,"text":{"format":null},"metadata":null,"prompt_cache_options":null,"stream_options":null,"conversation":null,"prompt":null,"background":null,"tool_choice":null,"previous_response_id":null,"instructions":null}`)
	if got := describe(req.Turns); got != `user: image( ) text(x)` {
		t.Error(got)
	}
	if len(req.Tools) != 1 || req.Tools[0].Name != "f" {
		t.Errorf("tools %+v", req.Tools)
	}
}
