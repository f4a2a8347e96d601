package responses

import (
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

func text(s string) ir.Part { return ir.Part{Kind: ir.PartText, Text: ir.Plain(s)} }

func call(id, name, args string) ir.Part {
	return ir.Part{Kind: ir.PartToolCall, Call: &ir.ToolCall{ID: id, Name: name, Type: ir.TypeFunction, Args: ir.Args{JSON: []byte(args)}}}
}

func result(id string, parts ...ir.Part) ir.Part {
	return ir.Part{Kind: ir.PartToolResult, Result: &ir.ToolResult{CallID: id, Parts: parts}}
}

func userTurn(parts ...ir.Part) ir.Turn { return ir.Turn{Role: ir.RoleUser, Parts: parts} }

func modelTurn(parts ...ir.Part) ir.Turn { return ir.Turn{Role: ir.RoleAssistant, Parts: parts} }

func TestEncodeForeign(t *testing.T) {
	longID := strings.Repeat("x", 80)
	foreign := ir.Part{Kind: ir.PartThinking, Text: "t", Think: &ir.Thinking{Sig: &ir.Sig{Value: "v", Family: ir.SigAnthropic}}}
	own := ir.Part{Kind: ir.PartThinking, Think: &ir.Thinking{Sig: &ir.Sig{Value: "gAAAA", Family: ir.SigOpenAI, Scope: "bbbb2222"}}}
	custom := ir.Part{Kind: ir.PartToolCall, Call: &ir.ToolCall{ID: "p", Name: "patch", Type: ir.TypeCustom, Args: ir.Args{Text: `a\nb`}}}
	isError := result("c", text("bad"))
	isError.Result.IsError = true
	for _, c := range []struct {
		name  string
		req   ir.Request
		want  string
		notes string
	}{
		{"store and include for clients of other dialects", ir.Request{Turns: []ir.Turn{userTurn(text("x"))}},
			`{"model":"gpt-5.2","store":false,"include":["reasoning.encrypted_content"],"input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"x"}]}]}`, ""},
		{"least output", ir.Request{Turns: []ir.Turn{userTurn(text("x"))}, Sampling: ir.Sampling{MaxOutput: ir.Some(1)}},
			`{"max_output_tokens":16}`, "clamp:max_completion_tokens"},
		{"foreign thinking is dropped", ir.Request{Turns: []ir.Turn{userTurn(text("x")), modelTurn(foreign, text("y")), userTurn(text("z"))}},
			`{"input":[{"role":"user"},{"role":"assistant"},{"role":"user"}]}`, "drop:messages[0].content[0]"},
		{"reasoning without successor is dropped", ir.Request{Turns: []ir.Turn{userTurn(text("x")), modelTurn(text("y"), own, own), userTurn(text("z"))}},
			`{"input":[{"role":"user"},{"role":"assistant"},{"role":"user"}]}`, ""},
		{"reasoning before its item stays", ir.Request{Turns: []ir.Turn{userTurn(text("x")), modelTurn(own, text("y")), userTurn(text("z"))}},
			`{"input":[{"role":"user"},{"type":"reasoning","summary":[],"encrypted_content":"gAAAA"},{"role":"assistant"},{"role":"user"}]}`, ""},
		{"long call id", ir.Request{Turns: []ir.Turn{userTurn(text("x")), modelTurn(call(longID, "f", `{"a": 1}`)), userTurn(result(longID, text("r")))}},
			`{"input":[{"role":"user"},{"type":"function_call","call_id":"` + ir.WireID(longID, 64) + `","name":"f","arguments":"{\"a\":1}"},{"type":"function_call_output","call_id":"` + ir.WireID(longID, 64) + `","output":"r"}]}`, ""},
		{"custom tool", ir.Request{Turns: []ir.Turn{userTurn(text("x")), modelTurn(custom), userTurn(result("p", text("r")))}},
			`{"input":[{"role":"user"},{"type":"custom_tool_call","call_id":"p","name":"patch","input":"a\nb"},{"type":"custom_tool_call_output","call_id":"p","output":"r"}]}`, ""},
		{"failed tool", ir.Request{Turns: []ir.Turn{userTurn(text("x")), modelTurn(call("c", "f", `{}`)), userTurn(isError)}},
			`{"input":[{"role":"user"},{"type":"function_call"},{"type":"function_call_output","output":"Error: bad"}]}`, ""},
		{"missing result", ir.Request{Turns: []ir.Turn{userTurn(text("x")), modelTurn(call("c", "f", `{}`)), userTurn(text("y"))}},
			`{"input":[{"role":"user"},{"type":"function_call"},{"type":"function_call_output","output":"Error: ` + ir.MissingResult + `"},{"role":"user"}]}`, "tool_result.synthesized:messages[0]"},
		{"what the dialect lacks", ir.Request{Turns: []ir.Turn{userTurn(text("x"))}, Sampling: ir.Sampling{Stop: []ir.Text{"S"}, N: ir.Some(2), Seed: ir.Some(int64(1)), FreqPenalty: ir.Some(0.5)}, Ext: []ir.Field{{Name: "prediction", Raw: []byte(`{}`)}}},
			`{"model":"gpt-5.2"}`, "drop:frequency_penalty drop:seed drop:stop clamp:n drop:prediction"},
		{"server tools", ir.Request{Turns: []ir.Turn{userTurn(text("x"))}, Tools: []ir.Tool{
			{Kind: ir.ToolServer, Type: "web_search", Search: &ir.Search{AllowedDomains: []string{"e.com"}, Location: &ir.Location{City: "Oslo"}}},
			{Kind: ir.ToolServer, Type: "code_execution"}, {Kind: ir.ToolServer, Type: "web_fetch", At: 2},
			{Kind: ir.ToolServer, Type: "mcp", MCP: &ir.MCP{Label: "m", URL: "https://m", Token: "t"}},
		}},
			`{"tools":[{"type":"web_search","filters":{"allowed_domains":["e.com"]},"user_location":{"type":"approximate","city":"Oslo"}},{"type":"code_interpreter","container":{"type":"auto"}},{"type":"mcp","server_label":"m","server_url":"https://m","authorization":"t","require_approval":"never"}]}`, "drop:tools[2]"},
		{"namespace and typed tools as functions", ir.Request{Turns: []ir.Turn{userTurn(text("x"))}, Tools: []ir.Tool{
			{Kind: ir.ToolTyped, Name: "bash", Type: "bash"}, {Kind: ir.ToolFunction, Name: "f"},
		}},
			`{"tools":[{"type":"function","name":"bash","strict":false},{"type":"function","name":"f","parameters":{"type":"object","properties":{}},"strict":false}]}`, ""},
		{"effort is fitted", ir.Request{Turns: []ir.Turn{userTurn(text("x"))}, Reasoning: ir.Reasoning{Mode: ir.ReasoningEffort, Effort: "max"}},
			`{"reasoning":{"effort":"xhigh"}}`, "clamp:reasoning_effort"},
		{"NUL", ir.Request{Turns: []ir.Turn{userTurn(ir.Part{Kind: ir.PartText, Text: `10000a\u0000b\\u0000c`})}},
			`{"input":[{"content":[{"text":"10000ab\\u0000c"}]}]}`, ""},
		{"media", ir.Request{Turns: []ir.Turn{userTurn(
			ir.Part{Kind: ir.PartImage, Media: &ir.Media{Source: ir.SourceBase64, MIME: "image/png", Data: "AA=="}},
			ir.Part{Kind: ir.PartFile, Media: &ir.Media{Source: ir.SourceBase64, MIME: "application/pdf", Data: "AA==", Title: "spec"}},
			ir.Part{Kind: ir.PartFile, Media: &ir.Media{Source: ir.SourceText, Title: `n "1"`, Data: `a\nb`}},
		)}},
			`{"input":[{"content":[{"type":"input_image","image_url":"data:image/png;base64,AA==","detail":"auto"},{"type":"input_file","filename":"spec.pdf","file_data":"data:application/pdf;base64,AA=="},{"type":"input_text","text":"<document title=\"n \"1\"\">\na\nb\n</document>"}]}]}`, ""},
		{"searches of another vendor", ir.Request{Turns: []ir.Turn{userTurn(text("x")), modelTurn(
			ir.Part{Kind: ir.PartServerCall, Server: &ir.ServerItem{Tool: "web_search", Args: ir.Args{JSON: []byte(`{"query":"q"}`)}}},
			ir.Part{Kind: ir.PartServerResult, Server: &ir.ServerItem{Tool: "web_search", Parts: []ir.Part{text("found")}}}, text("y")), userTurn(text("z"))}},
			`{"input":[{"role":"user"},{"content":[{"text":"[web_search: q]"}]},{"content":[{"text":"found"}]},{"content":[{"text":"y"}]},{"role":"user"}]}`, "server_tool.flattened:messages[0].content[0]"},
		{"only a system prompt", ir.Request{System: []ir.Part{{Kind: ir.PartText, Text: "s", Role: ir.RoleSystem}}},
			`{"input":[{"type":"message","role":"developer","content":[{"type":"input_text","text":"s"}]}]}`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.req.Op, c.req.Dialect = ir.Generate, ir.Chat
			to := target(&c.req)
			has(t, encode(t, &c.req, to), c.want)
			if got := notes(to); got != c.notes {
				t.Errorf("notes %q, want %q", got, c.notes)
			}
		})
	}
}

func TestEncodeFails(t *testing.T) {
	for name, req := range map[string]ir.Request{
		"video":          {Turns: []ir.Turn{userTurn(ir.Part{Kind: ir.PartVideo, Media: &ir.Media{Source: ir.SourceURL, URL: "https://v"}})}},
		"file of Gemini": {Turns: []ir.Turn{userTurn(ir.Part{Kind: ir.PartFile, Media: &ir.Media{Source: ir.SourceFileID, FileID: "f", FileFamily: ir.Gemini}})}},
		"audio answer":   {Turns: []ir.Turn{userTurn(text("x"))}, Output: ir.Output{Modalities: []string{"text", "audio"}}},
		"cached content": {Turns: []ir.Turn{userTurn(text("x"))}, Cache: ir.Cache{ContentRef: "cachedContents/1"}},
	} {
		req.Op, req.Dialect = ir.Generate, ir.Gemini
		dst, err := Codec{}.AppendRequest([]byte("kept"), &req, target(&req))
		e, ok := err.(*ir.Error)
		if !ok || e.Kind != ir.ErrUnsupported || e.Status != 400 || string(dst) != "kept" {
			t.Errorf("%s: got %v, %q", name, err, dst)
		}
	}
}

func TestCacheHints(t *testing.T) {
	hinted := func(s, ttl string) ir.Part {
		p := text(s)
		p.Cache = &ir.CacheHint{TTL: ttl}
		return p
	}
	system := hinted("s", "1h")
	system.Role = ir.RoleSystem
	req := &ir.Request{Op: ir.Generate, Dialect: ir.Anthropic, System: []ir.Part{system}, Turns: []ir.Turn{
		userTurn(hinted("a", "")), modelTurn(text("b")), userTurn(hinted("c", "5m"), hinted("d", ""), hinted("e", "")),
	}}
	to := target(req)
	has(t, encode(t, req, to), `{"instructions":"s","input":[{"content":[{"text":"a"}]},{"role":"assistant"},{"content":[{"text":"c"},{"text":"d"},{"text":"e"}]}]}`)
	if strings.Contains(encode(t, req, to), "breakpoint") {
		t.Error("a model that takes no breakpoints got one")
	}
	to.Caps.CacheBreakpoints = true
	got := encode(t, req, to)
	has(t, got, `{"input":[{"role":"developer","content":[{"text":"s"}]},{"content":[{"text":"a","prompt_cache_breakpoint":{"mode":"explicit"}}]},{"role":"assistant"},
		{"content":[{"text":"c","prompt_cache_breakpoint":{"mode":"explicit","ttl":"30m"}},{"prompt_cache_breakpoint":{"mode":"explicit"}},{"prompt_cache_breakpoint":{"mode":"explicit"}}]}]}`)
	if n := strings.Count(got, "prompt_cache_breakpoint"); n != maxBreakpoints {
		t.Errorf("%d breakpoints", n)
	}
}

func TestCountRequest(t *testing.T) {
	req := decodeRequest(t, `{"model":"m","input":"x","instructions":"i","max_output_tokens":99,"store":true,"stream":true,"user":"u","tools":[{"type":"function","name":"f"}],"reasoning":{"effort":"low"}}`)
	req.Op = ir.CountTokens
	same(t, encode(t, req, target(req)), `{"model":"gpt-5.2","instructions":"i","input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"x"}]}],"tools":[{"type":"function","name":"f"}],"reasoning":{"effort":"low"}}`)
}

func TestSessionNamesTheCache(t *testing.T) {
	req := &ir.Request{Op: ir.Generate, Dialect: ir.Chat, Turns: []ir.Turn{userTurn(text("x"))}}
	to := target(req)
	to.Session = "secret session"
	first := encode(t, req, to)
	if !strings.Contains(first, `"prompt_cache_key":"`) || strings.Contains(first, "secret") || first != encode(t, req, to) {
		t.Error(first)
	}
	to.Provider = "openai_compatible"
	if strings.Contains(encode(t, req, to), "prompt_cache_key") {
		t.Error("other servers do not know the member")
	}
}

// TestRequestIsKept encodes one request twice: another account may be tried
// with it.
func TestRequestIsKept(t *testing.T) {
	req := decodeRequest(t, `{"model":"m","input":[{"role":"user","content":"x"},{"type":"function_call","call_id":"c","name":"f","arguments":"{}"},{"type":"function_call","call_id":"c","name":"f","arguments":"{}"},{"type":"function_call_output","call_id":"c","output":"1"},{"role":"user","content":""},{"type":"function_call_output","call_id":"c","output":"2"}]}`)
	first := encode(t, req, target(req))
	if second := encode(t, req, target(req)); first != second {
		t.Errorf("first  %s\nsecond %s", first, second)
	}
}
