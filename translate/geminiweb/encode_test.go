package geminiweb

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

func parseJSON(raw []byte) gjson.Result { return gjson.ParseBytes(raw) }

func says(role ir.Role, parts ...ir.Part) ir.Turn { return ir.Turn{Role: role, Parts: parts} }

func plain(s string) ir.Part { return ir.Part{Kind: ir.PartText, Text: ir.Plain(s)} }

func encode(t *testing.T, req *ir.Request, strict bool) (gjson.Result, *ir.Target, error) {
	t.Helper()
	target := &ir.Target{Dialect: ir.GeminiWeb, Model: "m", Strict: strict, Notes: &ir.Notes{}}
	raw, err := (Codec{}).AppendRequest(nil, req, target)
	if err == nil && !json.Valid(raw) {
		t.Fatalf("%s is no JSON", raw)
	}
	return gjson.ParseBytes(raw), target, err
}

func TestPrompt(t *testing.T) {
	call := ir.Part{Kind: ir.PartToolCall, Call: &ir.ToolCall{ID: "c", Name: "look", Args: ir.Args{JSON: []byte(`{"a": "b"}`)}}}
	result := ir.Part{Kind: ir.PartToolResult, Result: &ir.ToolResult{CallID: "c", Name: "look", Parts: []ir.Part{plain("found \"it\"")}}}
	second := ir.Part{Kind: ir.PartToolCall, Call: &ir.ToolCall{ID: "d", Name: "see"}}
	both := ir.Part{Kind: ir.PartToolResult, Result: &ir.ToolResult{CallID: "d", Name: "see", IsError: true, Parts: []ir.Part{plain("no")}}}
	for _, c := range []struct {
		name string
		req  ir.Request
		want string
	}{
		{"one word", ir.Request{Turns: []ir.Turn{says(ir.RoleUser, plain("hi \"you\"\n"))}}, "hi \"you\"\n"},
		{"with a system text", ir.Request{System: []ir.Part{plain("be brief"), plain("and kind")}, Turns: []ir.Turn{says(ir.RoleUser, plain("hi"))}},
			"be brief\n\nand kind\n\nhi"},
		{"a conversation", ir.Request{Turns: []ir.Turn{says(ir.RoleUser, plain("a"), plain("b")), says(ir.RoleAssistant, plain("c")), says(ir.RoleUser, plain("d"))}},
			"User: a\n\nb\n\nAssistant: c\n\nUser: d"},
		{"a tool", ir.Request{Turns: []ir.Turn{says(ir.RoleUser, plain("a")), says(ir.RoleAssistant, call), says(ir.RoleUser, result)}},
			"User: a\n\nAssistant: [Called the tool look with: {\"a\":\"b\"}]\n\nUser: [The tool look answered: found \"it\"]"},
		{"two results", ir.Request{Turns: []ir.Turn{says(ir.RoleUser, plain("a")), says(ir.RoleAssistant, call, second), says(ir.RoleUser, result, both)}},
			"User: a\n\nAssistant: [Called the tool look with: {\"a\":\"b\"}]\n\n[Called the tool see with: {}]\n\n" +
				"User: [The tool look answered: found \"it\"]\n\n[The tool see failed: no]"},
		{"a schema", ir.Request{Format: ir.Format{Kind: ir.FormatSchema, Schema: []byte(`{"type":"object"}`)}, Turns: []ir.Turn{says(ir.RoleUser, plain("a"))}},
			"Respond only with JSON, without a fence around it, that satisfies this JSON Schema: {\"type\":\"object\"}\n\na"},
	} {
		got, _, err := encode(t, &c.req, false)
		if err != nil || got.Get(MemberPrompt).String() != c.want {
			t.Errorf("%s: %q, %v", c.name, got.Get(MemberPrompt).String(), err)
		}
	}
}

// TestChain gives a conversation the fingerprint under which the answer before was kept.
func TestChain(t *testing.T) {
	first := ir.Request{System: []ir.Part{plain("s")}, Turns: []ir.Turn{says(ir.RoleUser, plain("a"))}}
	second := ir.Request{System: []ir.Part{plain("s")}, Turns: []ir.Turn{says(ir.RoleUser, plain("a")), says(ir.RoleAssistant, plain("b ")), says(ir.RoleUser, plain("c"))}}
	one, _, _ := encode(t, &first, false)
	two, _, _ := encode(t, &second, false)
	if got := Chain(one.Get(MemberThrough).String(), "assistant", " b"); got != two.Get(MemberHistory).String() || two.Get(MemberLast).String() != "c" {
		t.Errorf("%s is not %s", got, two.Raw)
	}
	second.Turns[0].Parts[0] = plain("other")
	if other, _, _ := encode(t, &second, false); other.Get(MemberHistory).String() == two.Get(MemberHistory).String() {
		t.Error("another conversation has the same fingerprint")
	}
}

func TestFiles(t *testing.T) {
	image := func(source ir.SourceKind) ir.Part {
		return ir.Part{Kind: ir.PartImage, Media: &ir.Media{Source: source, MIME: "image/PNG", Data: "aGk=", URL: "https://example.com/a.png"}}
	}
	req := ir.Request{Turns: []ir.Turn{says(ir.RoleUser, image(ir.SourceBase64)), says(ir.RoleAssistant, plain("nice")), says(ir.RoleUser, image(ir.SourceBase64), plain("and this?"))}}
	got, _, err := encode(t, &req, true)
	want := `[{"name":"file-1.png","mime":"image/png","data":"aGk="},{"name":"file-2.png","mime":"image/png","data":"aGk=","last":true}]`
	if err != nil || got.Get(MemberFiles).Raw != want {
		t.Errorf("%s, %v", got.Get(MemberFiles).Raw, err)
	}
	for _, source := range []ir.SourceKind{ir.SourceURL, ir.SourceFileID} {
		if _, _, err := encode(t, &ir.Request{Turns: []ir.Turn{says(ir.RoleUser, image(source))}}, false); err == nil {
			t.Errorf("an image from %d was passed over", source)
		}
	}
	if name := fileName("../a\"b\nc", "text/plain", 1); strings.ContainsAny(name, "/\"\n") {
		t.Errorf("a file is named %q", name)
	}
}

func TestThinking(t *testing.T) {
	for _, c := range []struct {
		r    ir.Reasoning
		want string
	}{
		{ir.Reasoning{}, ""}, {ir.Reasoning{Mode: ir.ReasoningOff}, "false"}, {ir.Reasoning{Mode: ir.ReasoningEffort, Effort: "low"}, "false"},
		{ir.Reasoning{Mode: ir.ReasoningEffort, Effort: "medium"}, "true"}, {ir.Reasoning{Mode: ir.ReasoningBudget, Budget: 20000}, "true"},
		{ir.Reasoning{Mode: ir.ReasoningBudget, Budget: 600}, "false"}, {ir.Reasoning{Mode: ir.ReasoningAuto}, "true"},
	} {
		got, _, err := encode(t, &ir.Request{Reasoning: c.r, Turns: []ir.Turn{says(ir.RoleUser, plain("a"))}}, false)
		if err != nil || got.Get(MemberThinking).Raw != c.want {
			t.Errorf("%+v: %s", c.r, got.Raw)
		}
	}
}

func TestTooLong(t *testing.T) {
	_, _, err := encode(t, &ir.Request{Turns: []ir.Turn{says(ir.RoleUser, plain(strings.Repeat("a", maxPrompt+1)))}}, false)
	if e, ok := err.(*ir.Error); !ok || e.Kind != ir.ErrContextLength || e.Status != 400 {
		t.Error(err)
	}
	if _, _, err := encode(t, &ir.Request{Turns: []ir.Turn{says(ir.RoleUser, plain(strings.Repeat("ä", maxPrompt)))}}, false); err != nil {
		t.Error(err)
	}
}

// TestRequired refuses what cannot be done without.
func TestRequired(t *testing.T) {
	for name, change := range map[string]func(*ir.Request){
		"forced tool":  func(r *ir.Request) { r.ToolChoice.Mode = ir.ChoiceRequired },
		"audio":        func(r *ir.Request) { r.Output.Modalities = []string{"audio"} },
		"conversation": func(r *ir.Request) { r.State.Conversation = "c" },
		"background":   func(r *ir.Request) { r.State.Background = true },
		"cached":       func(r *ir.Request) { r.Cache.ContentRef = "c" },
	} {
		req := ir.Request{Turns: []ir.Turn{says(ir.RoleUser, plain("a"))}}
		change(&req)
		if _, _, err := encode(t, &req, false); err == nil {
			t.Errorf("%s was passed over", name)
		} else if e := err.(*ir.Error); e.Kind != ir.ErrUnsupported {
			t.Errorf("%s: %v", name, err)
		}
	}
}
