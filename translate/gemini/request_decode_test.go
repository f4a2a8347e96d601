package gemini

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// TestTolerances reads what is written differently from Google's documentation
// and still clear.
func TestTolerances(t *testing.T) {
	tests := []struct {
		name, body string
		check      func(*ir.Request) bool
	}{
		{"a single content", `{"contents":{"role":"user","parts":[{"text":"a"}]}}`,
			func(r *ir.Request) bool { return len(r.Turns) == 1 && r.Turns[0].Parts[0].Text == "a" }},
		{"a string as contents", `{"contents":"a"}`,
			func(r *ir.Request) bool { return r.Turns[0].Role == ir.RoleUser && r.Turns[0].Parts[0].Text == "a" }},
		{"strings among contents and parts", `{"contents":["a",{"parts":["b"]},{"parts":"c"},{"parts":{"text":"d"}}]}`,
			func(r *ir.Request) bool { return len(r.Turns) == 4 && r.Turns[3].Parts[0].Text == "d" }},
		{"role behind the parts", `{"contents":[{"parts":[{"text":"a"}]},{"parts":[{"text":"b"}],"role":"model"}]}`,
			func(r *ir.Request) bool {
				return r.Turns[0].Role == ir.RoleUser && r.Turns[1].Role == ir.RoleAssistant
			}},
		{"role in capitals, role function", `{"contents":[{"role":"USER","parts":[{"text":"a"}]},{"role":"function","parts":[{"text":"b"}]}]}`,
			func(r *ir.Request) bool { return r.Turns[0].Role == ir.RoleUser && r.Turns[1].Role == ir.RoleUser }},
		{"instruction as a string", `{"systemInstruction":"s","contents":"a"}`,
			func(r *ir.Request) bool { return len(r.System) == 1 && r.System[0].Text == "s" }},
		{"instruction as parts", `{"system_instruction":[{"text":"s"},{"text":""},{"text":"t"}],"contents":"a"}`,
			func(r *ir.Request) bool { return len(r.System) == 2 && r.System[1].Text == "t" }},
		{"instruction as a part", `{"systemInstruction":{"text":"s"},"contents":"a"}`,
			func(r *ir.Request) bool { return len(r.System) == 1 && r.System[0].Text == "s" }},
		{"nulls everywhere", `{"systemInstruction":null,"tools":null,"toolConfig":null,"generationConfig":null,"safetySettings":null,"labels":null,"store":null,
			"contents":[{"role":null,"parts":[{"text":"a","thought":null,"thoughtSignature":null,"inlineData":null,"functionCall":null}]},{"parts":null}]}`,
			func(r *ir.Request) bool { return len(r.Turns) == 1 && len(r.Turns[0].Parts) == 1 && len(r.Ext) == 0 }},
		{"nulls inside of options", `{"contents":"a","toolConfig":{"functionCallingConfig":null},"generationConfig":{"temperature":null,"thinkingConfig":null,"stopSequences":null,"responseSchema":null}}`,
			func(r *ir.Request) bool { return !r.Sampling.Temperature.Set && r.ToolChoice.Mode == ir.ChoiceUnset }},
		{"snake case options", `{"contents":"a","generation_config":{"max_output_tokens":"7","top_p":0.5,"top_k":3,"candidate_count":2,"stop_sequences":["x"],
			"response_mime_type":"application/json","response_schema":{"type":"OBJECT"},"presence_penalty":1,"frequency_penalty":1,"response_logprobs":true,
			"thinking_config":{"thinking_budget":5,"include_thoughts":true}},"safety_settings":[],"cached_content":"c"}`,
			func(r *ir.Request) bool {
				return r.Sampling.MaxOutput.V == 7 && r.Sampling.N.V == 2 && r.Format.Kind == ir.FormatSchema && r.Format.OpenAPI &&
					r.Reasoning.Budget == 5 && r.Reasoning.Summary == "auto" && r.Cache.ContentRef == "c" && string(r.Safety) == "[]" && r.Sampling.Logprobs.V
			}},
		{"level in lower case", `{"contents":"a","generationConfig":{"thinkingConfig":{"thinkingLevel":"high"}}}`,
			func(r *ir.Request) bool {
				return r.Reasoning.Effort == "high" && r.Reasoning.Mode == ir.ReasoningEffort
			}},
		{"budget zero and below", `{"contents":"a","generationConfig":{"thinkingConfig":{"thinkingBudget":0,"includeThoughts":false}}}`,
			func(r *ir.Request) bool { return r.Reasoning.Mode == ir.ReasoningOff && r.Reasoning.Summary == "none" }},
		{"model decides", `{"contents":"a","generationConfig":{"thinkingConfig":{"thinkingBudget":-1}}}`,
			func(r *ir.Request) bool { return r.Reasoning.Mode == ir.ReasoningAuto }},
		{"base64 of the URL alphabet", `{"contents":[{"parts":[{"inline_data":{"mime_type":"image/png","data":"_-8"}}]}]}`,
			func(r *ir.Request) bool {
				p := r.Turns[0].Parts[0]
				return p.Kind == ir.PartImage && p.Media.Data == "/+8=" && p.Media.Source == ir.SourceBase64
			}},
		{"escaped base64", `{"contents":[{"parts":[{"inlineData":{"mimeType":"image/png","data":"\/+8\u003d"}}]}]}`,
			func(r *ir.Request) bool { return r.Turns[0].Parts[0].Media.Data == "/+8=" }},
		{"mode in lower case", `{"contents":"a","toolConfig":{"functionCallingConfig":{"mode":"any","allowed_function_names":["f"]}}}`,
			func(r *ir.Request) bool {
				return r.ToolChoice.Mode == ir.ChoiceSpecific && r.ToolChoice.Names[0] == "f"
			}},
		{"one tool instead of a list", `{"contents":"a","tools":{"functionDeclarations":{"name":"f"}}}`,
			func(r *ir.Request) bool { return len(r.Tools) == 1 && r.Tools[0].Name == "f" }},
		{"several kinds in one tool", `{"contents":"a","tools":[{"google_search":{},"function_declarations":[{"name":"f"}],"newTool":{"x":1}}]}`,
			func(r *ir.Request) bool {
				return len(r.Tools) == 3 && r.Tools[0].Type == "web_search" && r.Tools[2].Type == "newTool" && r.Tools[2].At == 0
			}},
		{"unknown members are kept", `{"contents":[{"parts":[{"text":"a","partMetadata":{"x":1}}],"y":2}],"modelArmorConfig":{"z":3},"generationConfig":{"audioTimestamp":true},"toolConfig":{"retrievalConfig":{}}}`,
			func(r *ir.Request) bool {
				return len(r.Ext) == 3 && r.Ext[1].Name == "generationConfig.audioTimestamp" && r.Turns[0].Parts[0].Ext[0].Name == "partMetadata" && r.Turns[0].Ext[0].Name == "y"
			}},
		{"an unknown kind of part", `{"contents":[{"parts":[{"newThing":{"a":1}}]}]}`,
			func(r *ir.Request) bool {
				p := r.Turns[0].Parts[0]
				return p.Kind == ir.PartOpaque && p.Opaque.Type == "newThing" && string(p.Opaque.Raw) == `{"newThing":{"a":1}}`
			}},
		{"empty parts say nothing", `{"contents":[{"parts":[{},{"text":""},{"text":"a"}]},{"role":"model","parts":[]}]}`,
			func(r *ir.Request) bool { return len(r.Turns) == 1 && len(r.Turns[0].Parts) == 1 }},
		{"an empty text carries a signature", `{"contents":["a",{"role":"model","parts":[{"text":"","thought_signature":"S"}]}]}`,
			func(r *ir.Request) bool { p := r.Turns[1].Parts[0]; return p.Kind == ir.PartText && p.Sig.Value == "S" }},
		{"a thought with its signature", `{"contents":["a",{"role":"model","parts":[{"thoughtSignature":"S","thought":true,"text":"t"}]}]}`,
			func(r *ir.Request) bool {
				p := r.Turns[1].Parts[0]
				return p.Kind == ir.PartThinking && p.Think.Sig.Value == "S" && p.Think.Sig.Target == ir.SignsThink
			}},
		{"files by their addresses", `{"contents":[{"parts":[{"fileData":{"fileUri":"gs://b/a.mp4"}},{"fileData":{"fileUri":"https://youtu.be/x"},"videoMetadata":{"startOffset":"1s","fps":2}},
			{"file_data":{"file_uri":"https://generativelanguage.googleapis.com/v1beta/files/x","mime_type":"application/pdf"}},{"fileData":{"fileUri":"https://e.com/a.PNG?x=1.txt"}}]}]}`,
			func(r *ir.Request) bool {
				p := r.Turns[0].Parts
				return p[0].Media.Source == ir.SourceGCS && p[0].Kind == ir.PartVideo && p[1].Media.Source == ir.SourceYouTube && p[1].Media.FPS == "2" &&
					p[1].Media.StartS == "1s" && p[2].Media.Source == ir.SourceFileID && p[3].Kind == ir.PartImage && p[3].Media.Source == ir.SourceURL
			}},
		{"a request to be counted", `{"generateContentRequest":{"model":"models/x","contents":"a","systemInstruction":"s"}}`,
			func(r *ir.Request) bool { return len(r.Turns) == 1 && len(r.System) == 1 }},
		{"tiers", `{"contents":"a","serviceTier":"STANDARD"}`, func(r *ir.Request) bool { return r.Tier == "default" }},
	}
	for _, tt := range tests {
		if req := decode(t, tt.body); !tt.check(req) {
			t.Errorf("%s: got %+v", tt.name, req)
		}
	}
}

// TestResults reads the forms in which programs answer calls.
func TestResults(t *testing.T) {
	tests := []struct{ response, text string }{
		{`{"output":"a\n"}`, `a\n`},
		{`{"result":"a"}`, `a`},
		{`{"name":"f","content":"a"}`, `a`},
		{`{"output":{"x":[1, 2]}}`, `{\"output\":{\"x\":[1,2]}}`},
		{`{"output":"a","code":0}`, `{\"output\":\"a\",\"code\":0}`},
		{`{"temperature":3}`, `{\"temperature\":3}`},
		{`{}`, `{}`},
		{`"plain"`, `plain`},
		{`[1]`, `[1]`},
		{`{"error":null,"output":"a"}`, `a`},
		{`{"error":"e"}`, `error e`},
		{`{"error":{"code":5}}`, `error {\"code\":5}`},
		{`{"error":"e","output":"a"}`, `error {\"error\":\"e\",\"output\":\"a\"}`},
	}
	for _, tt := range tests {
		req := decode(t, `{"contents":[{"role":"model","parts":[{"functionCall":{"name":"f"}}]},{"parts":[{"functionResponse":{"name":"f","response":`+tt.response+`}}]}]}`)
		res := req.Turns[1].Parts[0].Result
		got := string(res.Parts[0].Text)
		if res.IsError {
			got = "error " + got
		}
		if got != tt.text || string(res.JSON) != tt.response {
			t.Errorf("%s: got %s", tt.response, got)
		}
	}
}

// TestCallIDs checks that calls without ids get ones that depend on the history
// only, and that results find their calls.
func TestCallIDs(t *testing.T) {
	req := decode(t, `{"contents":[{"parts":[{"text":"weather?"}]},
		{"role":"model","parts":[{"functionCall":{"name":"get_weather","args":{ "city" : "Oslo" }}},{"functionCall":{"name":"get_weather"}},{"functionCall":{"name":"g","id":"own"}}]},
		{"parts":[{"functionResponse":{"name":"g","response":{}}},{"functionResponse":{"name":"get_weather","response":{}}}]},
		{"parts":[{"functionResponse":{"name":"get_weather","response":{}}},{"functionResponse":{"name":"ghost","response":{}}}]},
		{"parts":[{"functionResponse":{"name":"g","id":"own","response":{}}}]}]}`)
	calls := req.Turns[1].Parts
	for i, want := range []string{"call_e8f5c5e7bc3ebf7ae2045c32", "call_941c74eec1606a0a9084188e", "own"} {
		if got := calls[i].Call.ID; got != want {
			t.Errorf("call %d: id %s, want %s", i, got, want)
		}
	}
	if calls[0].Call.Native || !calls[2].Call.Native {
		t.Error("only an id that the client sent is the vendor's own")
	}
	// A call that has an id of its own is answered by name all the same, when
	// the result names none.
	want := []string{"own", "call_e8f5c5e7bc3ebf7ae2045c32", "call_941c74eec1606a0a9084188e", "ghost", "own"}
	var got []string
	for _, turn := range req.Turns[2:] {
		for _, p := range turn.Parts {
			got = append(got, p.Result.CallID)
		}
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("results answer %v, want %v", got, want)
	}
}

// TestRefusals checks the messages for requests that cannot be read.
func TestRefusals(t *testing.T) {
	tests := []struct{ body, message, param string }{
		{`{"contents":[`, "Failed to parse request body: unexpected end of body at offset 13", ""},
		{`{"contents":[{"parts":[{"text":"a"`, "Failed to parse request body: unexpected end of body at offset 34", ""},
		{`{}`, "contents: at least one content with parts is required", "contents"},
		{`{"contents":[{"parts":[]}]}`, "contents: at least one content with parts is required", "contents"},
		{`{"contents":[{"parts":[{"text":"a"}]},{"parts":[{"text":"a"},{"text":5}]}]}`, "contents[1].parts[1]: expected string, found number at offset 69", "contents[1].parts[1]"},
		{`{"contents":[{"role":"wizard","parts":[{"text":"a"}]}]}`, `contents[0]: unknown role "wizard", expected user or model at offset 29`, "contents[0]"},
		{`{"contents":"a","generationConfig":{"topK":"many"}}`, "generationConfig.topK: expected number, found string at offset 43", "generationConfig.topK"},
		{`{"contents":"a","tools":[{"functionDeclarations":[{"description":"d"}]}]}`, "tools: a function needs a name at offset 69", "tools"},
		{`{"contents":"a","systemInstruction":{"parts":[{"inlineData":{"mimeType":"image/png","data":""}}]}}`, "systemInstruction: only text can stand in the system instruction at offset 95", "systemInstruction"},
		{`{"contents":[{"parts":[{"functionResponse":{"name":7}}]}]}`, "contents[0].parts[0]: expected string, found number at offset 51", "contents[0].parts[0]"},
	}
	for _, tt := range tests {
		_, err := Codec{}.DecodeRequest([]byte(tt.body), envelope())
		var e *ir.Error
		if !errors.As(err, &e) {
			t.Errorf("%s: got %v", tt.body, err)
			continue
		}
		if e.Status != 400 || e.Kind != ir.ErrInvalidRequest || e.Message != tt.message || e.Param != tt.param {
			t.Errorf("%s:\n got %d %q at %q\nwant %q at %q", tt.body, e.Status, e.Message, e.Param, tt.message, tt.param)
		}
	}
}

func TestEnvelope(t *testing.T) {
	env := envelope()
	body := `{"model": "models/x","contents":[]}`
	if err := (Codec{}).ReadEnvelope([]byte(body), env); err != nil || env.Empty || env.Open != 1 {
		t.Errorf("got %+v, %v", env, err)
	}
	if got := body[env.ModelAt.Start:env.ModelAt.End]; got != `"models/x"` || env.Model != "gemini-x" {
		t.Errorf("model stands at %q, is %q", got, env.Model)
	}
	if err := (Codec{}).ReadEnvelope([]byte(`{}`), env); err != nil || !env.Empty {
		t.Errorf("empty object: %+v, %v", env, err)
	}
	for _, bad := range []string{``, `null`, `[]`, `{"a":1`, `{} x`} {
		err := Codec{}.ReadEnvelope([]byte(bad), envelope())
		var e *ir.Error
		if !errors.As(err, &e) || e.Status != 400 || !strings.HasPrefix(e.Message, "Failed to parse request body: ") {
			t.Errorf("%q: got %v", bad, err)
		}
	}
}

// TestManyCalls checks that results find their calls in the same way when there
// are so many that they are looked up.
func TestManyCalls(t *testing.T) {
	for _, n := range []int{3, manyCalls + 10} {
		var calls, results strings.Builder
		for i := range n {
			fmt.Fprintf(&calls, `,{"functionCall":{"id":"c%d","name":"f"}},{"functionCall":{"name":"g","args":{"i":%d}}}`, i, i)
			fmt.Fprintf(&results, `,{"functionResponse":{"id":"c%d","name":"f","response":{}}},{"functionResponse":{"name":"g","response":{}}}`, n-1-i)
		}
		body := `{"contents":[{"role":"user","parts":[{"text":"x"}]},{"role":"model","parts":[` + calls.String()[1:] + `]},{"role":"user","parts":[` + results.String()[1:] + `]}]}`
		env := &ir.Envelope{Op: ir.Generate, Dialect: ir.Gemini, Model: "m"}
		req, err := Codec{}.DecodeRequest([]byte(body), env)
		if err != nil {
			t.Fatal(err)
		}
		asked, answered := req.Turns[1].Parts, req.Turns[2].Parts
		for i := range n {
			if got, want := answered[2*i].Result.CallID, asked[2*(n-1-i)].Call.ID; got != want {
				t.Errorf("%d calls: result %d answers %s, not %s", n, i, got, want)
			}
			if got, want := answered[2*i+1].Result.CallID, asked[2*i+1].Call.ID; got != want {
				t.Errorf("%d calls: nameless result %d answers %s, not %s", n, i, got, want)
			}
		}
	}
}
