package anthropic

import (
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// simple is a request of a Chat client with one question.
func simple() *ir.Request {
	return &ir.Request{
		Op: ir.Generate, Dialect: ir.Chat, Model: "asked",
		Turns: []ir.Turn{{Role: ir.RoleUser, Parts: []ir.Part{{Kind: ir.PartText, Text: "Q"}}}},
	}
}

const question = `"messages":[{"role":"user","content":[{"type":"text","text":"Q"}]}]`

func TestThinkingRules(t *testing.T) {
	hybrid := adaptive
	hybrid.Thinking, hybrid.NoSampling, hybrid.Levels = ir.ThinkingHybrid, false, []string{"low", "medium", "high", "max"}
	always := adaptive
	always.CanDisable = false
	small := manual
	small.MaxOutput = 9000
	forced := ir.ToolChoice{Mode: ir.ChoiceRequired}
	for _, c := range []struct {
		name   string
		caps   ir.Caps
		mode   ir.ReasoningMode
		effort string
		budget int
		max    int
		choice ir.ToolChoice
		want   string
		notes  string
	}{
		{"unset", manual, ir.ReasoningUnset, "", 0, 50, ir.ToolChoice{}, `"max_tokens":50`, ""},
		{"effort to budget", manual, ir.ReasoningEffort, "high", 0, 40000, ir.ToolChoice{}, `"max_tokens":40000,"thinking":{"type":"enabled","budget_tokens":24576}`, ""},
		{"no limit given", manual, ir.ReasoningEffort, "medium", 0, 0, ir.ToolChoice{}, `"max_tokens":16384,"thinking":{"type":"enabled","budget_tokens":8192}`, ""},
		{"limit of the model", small, ir.ReasoningEffort, "high", 0, 0, ir.ToolChoice{}, `"max_tokens":9000,"thinking":{"type":"enabled","budget_tokens":7200}`, "clamp:reasoning_effort"},
		{"budget over limit", manual, ir.ReasoningEffort, "high", 0, 8000, ir.ToolChoice{}, `"max_tokens":8000,"thinking":{"type":"enabled","budget_tokens":6400}`, "clamp:reasoning_effort"},
		{"no room", manual, ir.ReasoningEffort, "low", 0, 1000, ir.ToolChoice{}, `"max_tokens":1000`, "drop:reasoning_effort"},
		{"least", manual, ir.ReasoningEffort, "minimal", 0, 5000, ir.ToolChoice{}, `"max_tokens":5000,"thinking":{"type":"enabled","budget_tokens":1024}`, ""},
		{"model decides", manual, ir.ReasoningBudget, "", -1, 20000, ir.ToolChoice{}, `"max_tokens":20000,"thinking":{"type":"enabled","budget_tokens":8192}`, ""},
		{"off", manual, ir.ReasoningOff, "", 0, 50, ir.ToolChoice{}, `"max_tokens":50`, ""},
		{"effort none", manual, ir.ReasoningEffort, "none", 0, 50, ir.ToolChoice{}, `"max_tokens":50`, ""},
		{"forced", manual, ir.ReasoningEffort, "high", 0, 50000, forced, `"max_tokens":50000,"tool_choice":{"type":"any"}`, "reasoning.dropped_forced_tool:reasoning_effort"},
		{"cannot think", plain, ir.ReasoningEffort, "high", 0, 50, ir.ToolChoice{}, `"max_tokens":50`, "drop:reasoning_effort"},
		{"adaptive", adaptive, ir.ReasoningEffort, "xhigh", 0, 50, ir.ToolChoice{}, `"max_tokens":50,"thinking":{"type":"adaptive","display":"summarized"},"output_config":{"effort":"xhigh"}`, ""},
		{"adaptive least", adaptive, ir.ReasoningEffort, "minimal", 0, 50, ir.ToolChoice{}, `"max_tokens":50,"thinking":{"type":"adaptive","display":"summarized"},"output_config":{"effort":"low"}`, "clamp:reasoning_effort"},
		{"adaptive from budget", adaptive, ir.ReasoningBudget, "", 8192, 50, ir.ToolChoice{}, `"max_tokens":50,"thinking":{"type":"adaptive","display":"summarized"},"output_config":{"effort":"medium"}`, ""},
		{"adaptive decides", adaptive, ir.ReasoningBudget, "", -1, 50, ir.ToolChoice{}, `"max_tokens":50,"thinking":{"type":"adaptive","display":"summarized"}`, ""},
		{"adaptive off", adaptive, ir.ReasoningOff, "", 0, 50, ir.ToolChoice{}, `"max_tokens":50,"thinking":{"type":"disabled"}`, ""},
		{"adaptive always", always, ir.ReasoningOff, "", 0, 50, ir.ToolChoice{}, `"max_tokens":50,"thinking":{"type":"adaptive"},"output_config":{"effort":"low"}`, "reasoning.cannot_disable:reasoning_effort"},
		{"adaptive forced", adaptive, ir.ReasoningEffort, "low", 0, 50, forced, `"max_tokens":50,"output_config":{"effort":"low"},"tool_choice":{"type":"any"}`, "reasoning.dropped_forced_tool:reasoning_effort"},
		{"hybrid budget", hybrid, ir.ReasoningBudget, "", 4000, 9000, ir.ToolChoice{}, `"max_tokens":9000,"thinking":{"type":"enabled","budget_tokens":4000}`, ""},
		{"hybrid effort", hybrid, ir.ReasoningEffort, "xhigh", 0, 9000, ir.ToolChoice{}, `"max_tokens":9000,"thinking":{"type":"adaptive","display":"summarized"},"output_config":{"effort":"high"}`, "clamp:reasoning_effort"},
	} {
		t.Run(c.name, func(t *testing.T) {
			req := simple()
			req.Reasoning = ir.Reasoning{Mode: c.mode, Effort: c.effort, Budget: c.budget}
			req.ToolChoice = c.choice
			if c.max > 0 {
				req.Sampling.MaxOutput = ir.Some(c.max)
			}
			tools := ""
			if c.choice.Mode != ir.ChoiceUnset {
				req.Tools = []ir.Tool{{Kind: ir.ToolFunction, Name: "f"}}
				tools = `,"tools":[{"name":"f","input_schema":{"type":"object","properties":{}}}]`
			}
			to := target(c.caps, req.Tools)
			same(t, encode(t, req, to), `{"model":"claude-up",`+c.want+tools+`,`+question+`}`)
			if got := notes(to); got != c.notes {
				t.Errorf("notes %q, want %q", got, c.notes)
			}
		})
	}
}

// loop is a conversation in the middle of a tool loop that begins with the
// given thinking.
func loop(think *ir.Thinking) *ir.Request {
	req := simple()
	var parts []ir.Part
	if think != nil {
		parts = append(parts, ir.Part{Kind: ir.PartThinking, Text: "T", Think: think})
	}
	parts = append(parts, ir.Part{Kind: ir.PartToolCall, Call: &ir.ToolCall{ID: "c1", Name: "f"}})
	req.Tools = []ir.Tool{{Kind: ir.ToolFunction, Name: "f"}}
	req.Turns = append(req.Turns, ir.Turn{Role: ir.RoleAssistant, Parts: parts, At: 1},
		ir.Turn{Role: ir.RoleUser, At: 2, Parts: []ir.Part{{Kind: ir.PartToolResult, Result: &ir.ToolResult{CallID: "c1"}}}})
	req.Reasoning = ir.Reasoning{Mode: ir.ReasoningEffort, Effort: "medium"}
	req.Sampling.MaxOutput = ir.Some(20000)
	return req
}

func TestUnsignedHistory(t *testing.T) {
	signed := &ir.Thinking{Sig: &ir.Sig{Value: "S", Family: ir.SigAnthropic}}
	for _, c := range []struct {
		name     string
		think    *ir.Thinking
		caps     ir.Caps
		thinking bool
		block    bool
	}{
		{"signed", signed, manual, true, true},
		{"never had", nil, manual, false, false},
		{"foreign", &ir.Thinking{Sig: &ir.Sig{Value: "S", Family: ir.SigGemini}}, manual, false, false},
		{"sentinel", &ir.Thinking{Sig: &ir.Sig{Value: ir.Sentinel, Family: ir.SigSentinel}}, manual, false, false},
		{"unsigned", &ir.Thinking{}, manual, false, false},
		{"redacted", &ir.Thinking{Redacted: true, Sig: &ir.Sig{Value: "D", Family: ir.SigAnthropic}}, manual, true, true},
		{"adaptive keeps thinking", nil, adaptive, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			req := loop(c.think)
			to := target(c.caps, req.Tools)
			got := encode(t, req, to)
			if strings.Contains(got, `"thinking":{"type"`) != c.thinking {
				t.Errorf("thinking should be %v: %s", c.thinking, got)
			}
			if strings.Contains(got, `thinking","`) != c.block {
				t.Errorf("a thinking block should be %v: %s", c.block, got)
			}
			if noted := strings.Contains(notes(to), "reasoning.disabled_unsigned_history:reasoning_effort"); noted == c.thinking {
				t.Errorf("notes: %s", notes(to))
			}
		})
	}
}

func TestSamplingRules(t *testing.T) {
	thinking := ir.Reasoning{Mode: ir.ReasoningEffort, Effort: "low"}
	for _, c := range []struct {
		name            string
		caps            ir.Caps
		temp, topP, top ir.Opt[float64]
		reasoning       ir.Reasoning
		want, notes     string
	}{
		{"clamped", manual, ir.Some(1.5), ir.Opt[float64]{}, ir.Some(5.0), ir.Reasoning{}, `"temperature":1,"top_k":5,`, "clamp:temperature"},
		{"one of two", manual, ir.Some(0.5), ir.Some(0.9), ir.Opt[float64]{}, ir.Reasoning{}, `"temperature":0.5,`, "drop:top_p"},
		{"top_p alone", manual, ir.Opt[float64]{}, ir.Some(0.9), ir.Opt[float64]{}, ir.Reasoning{}, `"top_p":0.9,`, ""},
		{"thinking", manual, ir.Some(0.3), ir.Some(0.5), ir.Some(5.0), thinking, "", "drop:temperature drop:top_p drop:top_k"},
		{"thinking allows", manual, ir.Opt[float64]{}, ir.Some(0.97), ir.Opt[float64]{}, thinking, `"top_p":0.97,`, ""},
		{"newest", adaptive, ir.Some(0.3), ir.Some(0.5), ir.Some(5.0), ir.Reasoning{}, "", "drop:temperature drop:top_p drop:top_k"},
	} {
		t.Run(c.name, func(t *testing.T) {
			req := simple()
			req.Sampling = ir.Sampling{MaxOutput: ir.Some(5000), Temperature: c.temp, TopP: c.topP, TopK: c.top}
			req.Reasoning = c.reasoning
			to := target(c.caps, nil)
			think := ""
			if c.reasoning.On() {
				think = `"thinking":{"type":"enabled","budget_tokens":1024},`
			}
			same(t, encode(t, req, to), `{"model":"claude-up","max_tokens":5000,`+c.want+think+question+`}`)
			if got := notes(to); got != c.notes {
				t.Errorf("notes %q, want %q", got, c.notes)
			}
		})
	}
}

func TestConversationShape(t *testing.T) {
	text := func(s ir.Text) ir.Part { return ir.Part{Kind: ir.PartText, Text: s} }
	turn := func(role ir.Role, at int, parts ...ir.Part) ir.Turn { return ir.Turn{Role: role, At: at, Parts: parts} }
	call := func(id string) ir.Part { return ir.Part{Kind: ir.PartToolCall, Call: &ir.ToolCall{ID: id, Name: "f"}} }
	result := func(id string) ir.Part {
		return ir.Part{Kind: ir.PartToolResult, Result: &ir.ToolResult{CallID: id, Parts: []ir.Part{text("r" + ir.Text(id))}}}
	}
	for _, c := range []struct {
		name  string
		caps  ir.Caps
		turns []ir.Turn
		want  string
		notes string
	}{
		{"neighbours merge", manual, []ir.Turn{turn("user", 0, text("a")), turn("user", 1, text("b"))},
			`[{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}]`, ""},
		{"blank text", manual, []ir.Turn{turn("user", 0, text("a")), turn("assistant", 1, text(` \n`)), turn("user", 2, text("b"))},
			`[{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}]`, ""},
		{"assistant first", manual, []ir.Turn{turn("assistant", 0, text("a")), turn("user", 1, text("b"))},
			`[{"role":"user","content":[{"type":"text","text":"(continue)"}]},{"role":"assistant","content":[{"type":"text","text":"a"}]},{"role":"user","content":[{"type":"text","text":"b"}]}]`, ""},
		{"nothing", manual, nil, `[{"role":"user","content":[{"type":"text","text":"(continue)"}]}]`, ""},
		{"results first, in the calls' order", manual, []ir.Turn{turn("user", 0, text("a")), turn("assistant", 1, call("1"), call("2")), turn("user", 2, text("b"), result("2"), result("1"))},
			`[{"role":"user","content":[{"type":"text","text":"a"}]},{"role":"assistant","content":[{"type":"tool_use","id":"1","name":"f","input":{}},{"type":"tool_use","id":"2","name":"f","input":{}}]},
			{"role":"user","content":[{"type":"tool_result","tool_use_id":"1","content":"r1"},{"type":"tool_result","tool_use_id":"2","content":"r2"},{"type":"text","text":"b"}]}]`, ""},
		{"prefill", manual, []ir.Turn{turn("user", 0, text("a")), turn("assistant", 1, text(`{ \n`))},
			`[{"role":"user","content":[{"type":"text","text":"a"}]},{"role":"assistant","content":[{"type":"text","text":"{"}]}]`, ""},
		{"prefill emulated", adaptive, []ir.Turn{turn("user", 0, text("a")), turn("assistant", 1, text(`{ `))},
			`[{"role":"user","content":[{"type":"text","text":"a"}]},{"role":"assistant","content":[{"type":"text","text":"{ "}]},{"role":"user","content":[{"type":"text","text":"(continue)"}]}]`, "prefill.emulated:messages[1]"},
		{"reminder", manual, []ir.Turn{turn("user", 0, text("a")), turn("system", 1, text("s")), turn("user", 2, text("b"))},
			`[{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"<system-reminder>\ns\n</system-reminder>"},{"type":"text","text":"b"}]}]`, ""},
		{"system in the middle", adaptive, []ir.Turn{turn("user", 0, text("a")), turn("system", 1, text("s")), turn("user", 2, text("b"))},
			`[{"role":"user","content":[{"type":"text","text":"a"}]},{"role":"system","content":[{"type":"text","text":"s"}]},{"role":"user","content":[{"type":"text","text":"b"}]}]`, ""},
		{"refusal", manual, []ir.Turn{turn("user", 0, text("a")), turn("assistant", 1, ir.Part{Kind: ir.PartRefusal, Text: "no"}), turn("user", 2, text("b"))},
			`[{"role":"user","content":[{"type":"text","text":"a"}]},{"role":"assistant","content":[{"type":"text","text":"no"}]},{"role":"user","content":[{"type":"text","text":"b"}]}]`, ""},
		{"server tool of another vendor", manual, []ir.Turn{turn("user", 0, text("a")), turn("assistant", 1, ir.Part{Kind: ir.PartServerCall, At: ir.Loc{Msg: 1},
			Server: &ir.ServerItem{Tool: "web_search", Dialect: ir.Responses, Args: ir.Args{JSON: []byte(`{"query":"q\""}`)}}}), turn("user", 2, text("b"))},
			`[{"role":"user","content":[{"type":"text","text":"a"}]},{"role":"assistant","content":[{"type":"text","text":"[web_search: q\"]"}]},{"role":"user","content":[{"type":"text","text":"b"}]}]`, "server_tool.flattened:messages[1].content[0]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			req := simple()
			req.Turns = c.turns
			to := target(c.caps, nil)
			got := value(t, encode(t, req, to)).(map[string]any)["messages"]
			if d := diff("messages", got, value(t, c.want)); d != "" {
				t.Error(d)
			}
			if n := notes(to); n != c.notes {
				t.Errorf("notes %q, want %q", n, c.notes)
			}
		})
	}
}

func TestLeadingSystemTurns(t *testing.T) {
	req := simple()
	req.System = []ir.Part{{Kind: ir.PartText, Text: "one"}}
	req.Turns = append([]ir.Turn{{Role: ir.RoleSystem, Parts: []ir.Part{{Kind: ir.PartText, Text: "two"}}}}, req.Turns...)
	req.Sampling.MaxOutput = ir.Some(5)
	same(t, encode(t, req, target(manual, nil)), `{"model":"claude-up","max_tokens":5,"system":"one\n\ntwo",`+question+`}`)
	if len(req.System) != 1 || len(req.Turns) != 2 {
		t.Error("the caller's request was changed")
	}
}

func TestBreakpoints(t *testing.T) {
	hint := func(ttl string) *ir.CacheHint { return &ir.CacheHint{TTL: ttl} }
	req := simple()
	req.Sampling.MaxOutput = ir.Some(5)
	req.Tools = []ir.Tool{{Kind: ir.ToolFunction, Name: "f", Cache: hint("1h")}}
	req.System = []ir.Part{{Kind: ir.PartText, Text: "s", Cache: hint("")}}
	parts := []ir.Part{}
	for _, s := range []ir.Text{"a", "b", "c", "d"} {
		parts = append(parts, ir.Part{Kind: ir.PartText, Text: s, Cache: hint("12h")})
	}
	req.Turns = []ir.Turn{{Role: ir.RoleUser, Parts: parts}}
	to := target(manual, req.Tools)
	same(t, encode(t, req, to), `{"model":"claude-up","max_tokens":5,
		"tools":[{"name":"f","input_schema":{"type":"object","properties":{}},"cache_control":{"type":"ephemeral","ttl":"1h"}}],
		"system":[{"type":"text","text":"s","cache_control":{"type":"ephemeral"}}],
		"messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"},
		{"type":"text","text":"c","cache_control":{"type":"ephemeral","ttl":"5m"}},{"type":"text","text":"d","cache_control":{"type":"ephemeral","ttl":"5m"}}]}]}`)
}

func TestFormats(t *testing.T) {
	old := plain
	tool := []ir.Tool{{Kind: ir.ToolFunction, Name: "f"}}
	format := ir.Format{Kind: ir.FormatSchema, Schema: []byte(`{"type":"object","properties":{"a":{"type":"string"}}}`)}
	for _, c := range []struct {
		name  string
		caps  ir.Caps
		f     ir.Format
		tools []ir.Tool
		want  string
	}{
		{"forced tool", old, format, nil, `"tool_choice":{"type":"tool","name":"json_response","disable_parallel_tool_use":true}`},
		{"in words beside tools", old, format, tool, `"system":"Respond only with JSON matching: {\"type\":\"object\"`},
		{"any JSON", manual, ir.Format{Kind: ir.FormatJSON}, nil, `"system":"Respond with JSON."`},
		{"values", manual, ir.Format{Kind: ir.FormatEnum, Schema: []byte(`{"type":"string","enum":["a","b"]}`)}, nil, `"system":"Respond only with one of these values: [\"a\",\"b\"]"`},
		{"schema", manual, format, nil, `"output_config":{"format":{"type":"json_schema","schema":`},
	} {
		t.Run(c.name, func(t *testing.T) {
			req := simple()
			req.Format, req.Tools = c.f, c.tools
			if got := encode(t, req, target(c.caps, c.tools)); !strings.Contains(got, c.want) {
				t.Errorf("%s lacks %s", got, c.want)
			}
		})
	}
}

func TestServerToolsOfOtherDialects(t *testing.T) {
	req := simple()
	req.Sampling.MaxOutput = ir.Some(5)
	req.Tools = []ir.Tool{
		{Kind: ir.ToolServer, Type: "web_search", Search: &ir.Search{AllowedDomains: []string{"a"}, BlockedDomains: []string{"b"}, MaxUses: ir.Some(2), Location: &ir.Location{City: "Oslo"}}},
		{Kind: ir.ToolServer, Type: "image_generation", At: 1},
		{Kind: ir.ToolTyped, Type: "local_shell", Name: "local_shell", At: 2},
	}
	to := target(manual, req.Tools)
	got := encode(t, req, to)
	if !strings.Contains(got, `{"type":"web_search_20250305","name":"web_search","max_uses":2,"allowed_domains":["a"],"user_location":{"type":"approximate","city":"Oslo"}}`) ||
		!strings.Contains(got, `"name":"local_shell","description":"Run a command`) || notes(to) != "drop:tools[1]" {
		t.Errorf("%s\n%s", got, notes(to))
	}
	req.Tools[1].Type = "mcp"
	if _, err := (Codec{}).AppendRequest(nil, req, target(manual, req.Tools)); err == nil {
		t.Error("a server that the upstream cannot reach was left out silently")
	}
}

func TestRefused(t *testing.T) {
	media := func(kind ir.PartKind, m ir.Media) *ir.Request {
		req := simple()
		req.Turns[0].Parts = []ir.Part{{Kind: kind, Media: &m}}
		return req
	}
	noURLs := manual
	noURLs.URLImages, noURLs.URLFiles = false, false
	for name, c := range map[string]struct {
		req   *ir.Request
		caps  ir.Caps
		param string
	}{
		"audio":         {media(ir.PartAudio, ir.Media{Source: ir.SourceBase64}), manual, "messages[0].content[0]"},
		"video":         {media(ir.PartVideo, ir.Media{Source: ir.SourceURL}), manual, "messages[0].content[0]"},
		"tiff":          {media(ir.PartImage, ir.Media{Source: ir.SourceBase64, MIME: "image/tiff"}), manual, "messages[0].content[0]"},
		"docx":          {media(ir.PartFile, ir.Media{Source: ir.SourceBase64, MIME: "application/msword"}), manual, "messages[0].content[0]"},
		"foreign file":  {media(ir.PartFile, ir.Media{Source: ir.SourceFileID, FileFamily: ir.Chat}), manual, "messages[0].content[0]"},
		"URL":           {media(ir.PartImage, ir.Media{Source: ir.SourceURL, URL: "https://e.com/a.png"}), noURLs, "messages[0].content[0].image_url.url"},
		"plain http":    {media(ir.PartImage, ir.Media{Source: ir.SourceURL, URL: "http://e.com/a.png"}), manual, "messages[0].content[0].image_url.url"},
		"spoken answer": {&ir.Request{Dialect: ir.Chat, Output: ir.Output{Modalities: []string{"text", "audio"}}}, manual, "modalities"},
		"stored state":  {&ir.Request{Dialect: ir.Responses, State: ir.State{PrevID: "r"}}, manual, "previous_response_id"},
	} {
		_, err := Codec{}.AppendRequest(nil, c.req, target(c.caps, nil))
		e, ok := err.(*ir.Error)
		if !ok || e.Kind != ir.ErrUnsupported || e.Param != c.param {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMediaForms(t *testing.T) {
	req := simple()
	req.Sampling.MaxOutput = ir.Some(5)
	req.Turns[0].Parts = []ir.Part{
		{Kind: ir.PartImage, Media: &ir.Media{Source: ir.SourceBase64, Data: "iVBORw0KGgoAA"}},
		{Kind: ir.PartFile, Media: &ir.Media{Source: ir.SourceBase64, MIME: "text/csv", Data: "YSwiYiI=", Name: "n.csv"}},
		{Kind: ir.PartFile, Media: &ir.Media{Source: ir.SourceURL, MIME: "application/pdf", URL: "https://e.com/a.pdf"}},
	}
	same(t, encode(t, req, target(manual, nil)), `{"model":"claude-up","max_tokens":5,"messages":[{"role":"user","content":[
		{"type":"image","source":{"type":"base64","media_type":"image/png","data":"iVBORw0KGgoAA"}},
		{"type":"document","title":"n.csv","source":{"type":"text","media_type":"text/plain","data":"a,\"b\""}},
		{"type":"document","source":{"type":"url","url":"https://e.com/a.pdf"}}]}]}`)
}

func TestCountBody(t *testing.T) {
	req := decode(t, `{"model":"m","max_tokens":9000,"stream":true,"temperature":1,"stop_sequences":["x"],"metadata":{"user_id":"u"},"service_tier":"auto",
		"thinking":{"type":"enabled","budget_tokens":2000},"system":"S","tools":[{"name":"f","input_schema":{"type":"object","properties":{}}}],
		"tool_choice":{"type":"auto"},"inference_geo":"eu","messages":[{"role":"user","content":"Q"}]}`)
	req.Op = ir.CountTokens
	same(t, encode(t, req, target(manual, req.Tools)), `{"model":"claude-up","thinking":{"type":"enabled","budget_tokens":2000},"system":"S",
		"tools":[{"name":"f","input_schema":{"type":"object","properties":{}}}],"tool_choice":{"type":"auto"},`+question+`}`)
}

func TestBetas(t *testing.T) {
	for name, c := range map[string]struct {
		body, provider, want string
	}{
		"none":        {`{"messages":[]}`, "anthropic", ""},
		"interleaved": {`{"max_tokens":9000,"thinking":{"type":"enabled","budget_tokens":2000},"tools":[{"name":"f"}],"messages":[]}`, "anthropic", betaInterleaved},
		"body": {`{"betas":["x-1"],"context_management":{"edits":[{"type":"compact_20260112"}]},"messages":[]}`, "anthropic",
			"x-1," + betaContextManagement + "," + betaCompact},
		"schema": {`{"output_config":{"format":{"type":"json_schema","schema":{}}},"messages":[]}`, "anthropic", betaStructuredOutputs},
		"vertex": {`{"betas":["x-1"],"context_management":{},"speed":"fast","messages":[]}`, "vertex", betaContextManagement},
		"files":  {`{"messages":[{"role":"user","content":[{"type":"image","source":{"type":"file","file_id":"f"}}]}]}`, "anthropic", betaFiles},
	} {
		req := decode(t, c.body)
		to := target(manual, req.Tools)
		to.Provider = c.provider
		if got := (Codec{}).Header(req, to).Get("Anthropic-Beta"); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		if notes(to) != "" {
			t.Errorf("%s: reading the betas left notes: %s", name, notes(to))
		}
	}
}

// TestClearThinking checks that edits of thinking go when thinking does.
func TestClearThinking(t *testing.T) {
	req := decode(t, `{"max_tokens":9000,"thinking":{"type":"enabled","budget_tokens":2000},"tool_choice":{"type":"any"},
		"context_management":{"edits":[{"type":"clear_thinking_20251015"},{"type":"clear_tool_uses_20250919"}]},
		"tools":[{"name":"f"}],"messages":[{"role":"user","content":"Q"}]}`)
	got := encode(t, req, target(manual, req.Tools))
	if strings.Contains(got, "clear_thinking") || !strings.Contains(got, "clear_tool_uses") || strings.Contains(got, `"thinking":`) {
		t.Error(got)
	}
}

func TestStrictRefusesLosses(t *testing.T) {
	req := simple()
	req.Sampling.LogitBias = []byte(`{}`)
	to := target(manual, nil)
	to.Strict = true
	if _, err := (Codec{}).AppendRequest(nil, req, to); err == nil {
		t.Error("strict mode let a loss pass")
	}
}
