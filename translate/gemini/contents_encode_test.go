package gemini

import (
	"errors"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

func textPart(s string) ir.Part { return ir.Part{Kind: ir.PartText, Text: ir.Plain(s)} }

func callPart(id, name, args string) ir.Part {
	return ir.Part{Kind: ir.PartToolCall, Call: &ir.ToolCall{ID: id, Name: name, Type: ir.TypeFunction, Args: ir.Args{Text: ir.Plain(args)}}}
}

func resultPart(id string, parts ...ir.Part) ir.Part {
	return ir.Part{Kind: ir.PartToolResult, Result: &ir.ToolResult{CallID: id, Parts: parts}}
}

func imagePart() ir.Part {
	return ir.Part{Kind: ir.PartImage, Media: &ir.Media{MIME: "image/jpg", Source: ir.SourceBase64, Data: "AAAA"}}
}

func turn(role ir.Role, parts ...ir.Part) ir.Turn { return ir.Turn{Role: role, Parts: parts} }

// chatRequest is what the decoder of another dialect makes of a conversation.
func chatRequest(turns ...ir.Turn) *ir.Request {
	for i := range turns {
		turns[i].At = i
		for j := range turns[i].Parts {
			turns[i].Parts[j].At = ir.Loc{Msg: i, Part: j}
		}
	}
	return &ir.Request{Op: ir.Generate, Dialect: ir.Chat, Model: "m", Turns: turns}
}

// TestContents checks the rules by which Gemini takes a conversation.
func TestContents(t *testing.T) {
	tests := []struct {
		name   string
		target *ir.Target
		req    *ir.Request
		want   string // contents
		notes  string
	}{
		{"neighbours of one role are one content", gemini25(),
			chatRequest(turn(ir.RoleUser, textPart("a")), turn(ir.RoleUser, textPart("b")), turn(ir.RoleAssistant, textPart("c")), turn(ir.RoleAssistant, textPart("d")), turn(ir.RoleUser, textPart("e"))),
			`[{"role":"user","parts":[{"text":"a"},{"text":"b"}]},{"role":"model","parts":[{"text":"c"},{"text":"d"}]},{"role":"user","parts":[{"text":"e"}]}]`, ""},
		{"the user speaks first and last", gemini25(),
			chatRequest(turn(ir.RoleAssistant, textPart("c"))),
			`[{"role":"user","parts":[{"text":"(continue)"}]},{"role":"model","parts":[{"text":"c"}]},{"role":"user","parts":[{"text":"(continue)"}]}]`, "prefill.emulated:messages[0]"},
		{"results stand alone, in call order", gemini25(),
			chatRequest(turn(ir.RoleUser, textPart("a")), turn(ir.RoleAssistant, callPart("1", "f", ""), callPart("2", "g", "[1]")),
				turn(ir.RoleUser, textPart("b"), resultPart("2", textPart("two"), textPart("more")), resultPart("1")), turn(ir.RoleUser, textPart("c"))),
			`[{"role":"user","parts":[{"text":"a"}]},
			{"role":"model","parts":[{"functionCall":{"name":"f","args":{}}},{"functionCall":{"name":"g","args":{"value":[1]}}}]},
			{"role":"user","parts":[{"functionResponse":{"name":"f","response":{"output":""}}},{"functionResponse":{"name":"g","response":{"output":"two\nmore"}}}]},
			{"role":"user","parts":[{"text":"b"},{"text":"c"}]}]`, ""},
		{"media of results follow them", gemini25(),
			chatRequest(turn(ir.RoleUser, textPart("a")), turn(ir.RoleAssistant, callPart("1", "my f", "{}")), turn(ir.RoleUser, resultPart("1", imagePart()), textPart("b"))),
			`[{"role":"user","parts":[{"text":"a"}]},{"role":"model","parts":[{"functionCall":{"name":"my_f","args":{}}}]},
			{"role":"user","parts":[{"functionResponse":{"name":"my_f","response":{"output":""}}}]},
			{"role":"user","parts":[{"text":"Tool result image for my_f"},{"inlineData":{"mimeType":"image/jpeg","data":"AAAA"}},{"text":"b"}]}]`, ""},
		{"only the first call of a turn is signed", gemini3(),
			chatRequest(turn(ir.RoleUser, textPart("a")), turn(ir.RoleAssistant, textPart("b"), callPart("x y", "f", "{bad"), callPart("2", "f", `{}{"a":1}`)),
				turn(ir.RoleUser, resultPart("x y"), resultPart("2"))),
			`[{"role":"user","parts":[{"text":"a"}]},{"role":"model","parts":[{"text":"b"},
				{"functionCall":{"id":"x_y_887fcea6a80333c6","name":"f","args":{"_raw":"{bad"}},"thoughtSignature":"skip_thought_signature_validator"},
				{"functionCall":{"id":"2","name":"f","args":{"a":1}}}]},
			{"role":"user","parts":[{"functionResponse":{"id":"x_y_887fcea6a80333c6","name":"f","response":{"output":""}}},{"functionResponse":{"id":"2","name":"f","response":{"output":""}}}]}]`, ""},
		{"system turns become reminders", gemini25(),
			chatRequest(turn(ir.RoleUser, textPart("a")), turn(ir.RoleSystem, textPart("s\n\"t\""))),
			`[{"role":"user","parts":[{"text":"a"},{"text":"<system-reminder>\ns\n\"t\"\n</system-reminder>"}]}]`, ""},
		{"a text document", gemini25(),
			chatRequest(turn(ir.RoleUser, ir.Part{Kind: ir.PartFile, Media: &ir.Media{Source: ir.SourceText, Title: `a "b"`, Data: `x\ny`}})),
			`[{"role":"user","parts":[{"text":"<document title=\"a \"b\"\">\nx\ny\n</document>"}]}]`, ""},
		{"another vendor's tools", gemini25(),
			chatRequest(turn(ir.RoleUser, textPart("a")), turn(ir.RoleAssistant,
				ir.Part{Kind: ir.PartServerCall, Server: &ir.ServerItem{Tool: "web_search", Dialect: ir.Anthropic, Args: ir.Args{JSON: []byte(`{"query":"cats"}`)}}},
				ir.Part{Kind: ir.PartServerResult, Server: &ir.ServerItem{Tool: "web_search", Dialect: ir.Anthropic, Raw: []byte(`{"content":[{"type":"r","title":"Cats","url":"https://c.at"}]}`)}}), turn(ir.RoleUser, textPart("b"))),
			`[{"role":"user","parts":[{"text":"a"}]},{"role":"model","parts":[{"text":"[web_search: cats]"},{"text":"Cats https://c.at"}]},{"role":"user","parts":[{"text":"b"}]}]`,
			"server_tool.flattened:messages[1].content[0] server_tool.flattened:messages[1].content[1]"},
		{"white space is kept where it is all there is", gemini25(),
			chatRequest(turn(ir.RoleUser, textPart(" "))), `[{"role":"user","parts":[{"text":" "}]}]`, ""},
		{"nothing that can be sent", gemini25(),
			chatRequest(turn(ir.RoleAssistant, ir.Part{Kind: ir.PartThinking, Text: "t", Think: &ir.Thinking{}})), `[{"role":"user","parts":[{"text":"(continue)"}]}]`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := dumpRequest(tt.req)
			got := parse(t, encode(t, tt.req, tt.target)).(map[string]any)["contents"]
			sameJSON(t, []byte(indent(got)), tt.want)
			if notes := warnings(tt.target); notes != tt.notes {
				t.Errorf("notes %q, want %q", notes, tt.notes)
			}
			if after := dumpRequest(tt.req); after != before {
				t.Errorf("the request was changed from %s to %s", before, after)
			}
		})
	}
}

// dumpRequest tells the kinds of all parts.
func dumpRequest(req *ir.Request) string {
	s := ""
	for _, turn := range req.Turns {
		s += string(turn.Role) + ":"
		for i := range turn.Parts {
			s += " " + turn.Parts[i].Kind.String()
		}
		s += ";"
	}
	return s
}

// TestJoinedResults checks the mixed form that some proxies want.
func TestJoinedResults(t *testing.T) {
	target := gemini25()
	target.Caps.JoinFunctionResponse, target.Caps.JSONToolResult = true, true
	req := chatRequest(turn(ir.RoleUser, textPart("a")), turn(ir.RoleAssistant, callPart("1", "f", "")), turn(ir.RoleUser, resultPart("1", textPart(`{"a":1}`)), textPart("b")))
	sameJSON(t, encode(t, req, target), `{"contents":[{"role":"user","parts":[{"text":"a"}]},{"role":"model","parts":[{"functionCall":{"name":"f","args":{}}}]},
		{"role":"user","parts":[{"functionResponse":{"name":"f","response":{"a":1}}},{"text":"b"}]}]}`)
}

// TestSystem checks what is said outside of the conversation.
func TestSystem(t *testing.T) {
	req := chatRequest()
	req.System = []ir.Part{textPart("x-anthropic-billing-header: cc_version=1;"), textPart("a"), textPart("b")}
	sameJSON(t, encode(t, req, gemini25()), `{"systemInstruction":{"parts":[{"text":"a"}]},"contents":[{"role":"user","parts":[{"text":"b"}]}]}`)
}

// TestSignatures checks which signatures an account takes back.
func TestSignatures(t *testing.T) {
	own := &ir.Sig{Value: "OWN", Family: ir.SigGemini, Scope: "1a2b3c4d", Target: ir.SignsCall}
	other := &ir.Sig{Value: "OTHER", Family: ir.SigGemini, Scope: "99999999", Target: ir.SignsCall}
	claude := &ir.Sig{Value: "CLAUDE", Family: ir.SigAnthropic, Target: ir.SignsThink}
	signed := func(p ir.Part, s *ir.Sig) ir.Part { p.Sig = s; return p }
	thought := func(s *ir.Sig) ir.Part {
		return ir.Part{Kind: ir.PartThinking, Text: "t", Think: &ir.Thinking{Sig: s}}
	}
	tests := []struct {
		name   string
		target *ir.Target
		parts  []ir.Part
		want   string // the parts of the model's content
	}{
		{"its own", gemini3(), []ir.Part{thought(own), signed(textPart("a"), own), signed(callPart("1", "f", ""), own)},
			`[{"text":"t","thought":true,"thoughtSignature":"OWN"},{"text":"a","thoughtSignature":"OWN"},{"functionCall":{"id":"1","name":"f","args":{}},"thoughtSignature":"OWN"}]`},
		{"another account's", gemini3(), []ir.Part{thought(other), signed(textPart("a"), other), signed(callPart("1", "f", ""), other)},
			`[{"text":"a"},{"functionCall":{"id":"1","name":"f","args":{}},"thoughtSignature":"skip_thought_signature_validator"}]`},
		{"another vendor's", gemini25(), []ir.Part{thought(claude), signed(callPart("1", "f", ""), claude)},
			`[{"functionCall":{"name":"f","args":{}}}]`},
		{"of an empty text", gemini3(), []ir.Part{signed(textPart(""), own), signed(textPart(""), other)}, `[{"text":"","thoughtSignature":"OWN"}]`},
		{"of a later call", gemini3(), []ir.Part{callPart("1", "f", ""), signed(callPart("2", "f", ""), own), signed(callPart("3", "f", ""), other)},
			`[{"functionCall":{"id":"1","name":"f","args":{}},"thoughtSignature":"skip_thought_signature_validator"},{"functionCall":{"id":"2","name":"f","args":{}},"thoughtSignature":"OWN"},{"functionCall":{"id":"3","name":"f","args":{}}}]`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			req := chatRequest(turn(ir.RoleUser, textPart("q")), turn(ir.RoleAssistant, tt.parts...), turn(ir.RoleUser, textPart("r")))
			contents := parse(t, encode(t, req, tt.target)).(map[string]any)["contents"].([]any)
			sameJSON(t, []byte(indent(contents[1].(map[string]any)["parts"])), tt.want)
		})
	}
}

// TestRefusedParts checks what cannot be sent at all.
func TestRefusedParts(t *testing.T) {
	strict := gemini25()
	strict.Strict = true
	tests := []struct {
		name, param, code string
		target            *ir.Target
		req               *ir.Request
	}{
		{"an image by its address", "messages[0].content[0].image_url.url", "unsupported_media_url", gemini25(),
			chatRequest(turn(ir.RoleUser, ir.Part{Kind: ir.PartImage, Media: &ir.Media{Source: ir.SourceURL, URL: "https://e.com/a.png"}}))},
		{"another vendor's file", "messages[0].content[0]", "unsupported_for_target", gemini25(),
			chatRequest(turn(ir.RoleUser, ir.Part{Kind: ir.PartFile, Media: &ir.Media{Source: ir.SourceFileID, FileID: "file-1", FileFamily: ir.Chat}}))},
		{"compacted history", "messages[0].content[0]", "unsupported_for_target", gemini25(),
			chatRequest(turn(ir.RoleUser, ir.Part{Kind: ir.PartCompaction, Opaque: &ir.Opaque{Dialect: ir.Responses}}))},
		{"a prefill in strict mode", "messages[1]", "unsupported_for_target", strict,
			chatRequest(turn(ir.RoleUser, textPart("a")), turn(ir.RoleAssistant, textPart("{")))},
	}
	for _, tt := range tests {
		dst, err := Codec{}.AppendRequest([]byte("x"), tt.req, tt.target)
		var e *ir.Error
		if !errors.As(err, &e) || e.Param != tt.param || e.Code != tt.code || e.Status != 400 || string(dst) != "x" {
			t.Errorf("%s: got %+v", tt.name, err)
		}
	}
}
