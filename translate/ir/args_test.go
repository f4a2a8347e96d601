package ir

import (
	"encoding/json"
	"testing"
)

func TestArgs(t *testing.T) {
	for _, c := range []struct {
		name   string
		args   Args
		object string
		text   string // decoded
	}{
		{"nothing", Args{}, `{}`, `{}`},
		{"blank", Args{Text: ` \n`}, `{}`, `{}`},
		{"object", Args{JSON: []byte("{ \"a\" : [1, 2],\n\"b c\": \"x \\\" \\\\ \\n y\" }")}, "{ \"a\" : [1, 2],\n\"b c\": \"x \\\" \\\\ \\n y\" }", `{"a":[1,2],"b c":"x \" \\ \n y"}`},
		{"string", Args{Text: Plain(`{"a":1}`)}, `{"a":1}`, `{"a":1}`},
		{"array", Args{Text: `[1]`}, `{"value":[1]}`, `[1]`},
		{"number", Args{Text: `7`}, `{"value":7}`, `7`},
		{"null", Args{Text: `null`}, `{}`, `null`},
		{"twice", Args{Text: Plain(`{}{"a":1}`)}, `{"a":1}`, `{}{"a":1}`},
		{"cut", Args{Text: Plain(`{"a":1}{"b"`)}, `{"a":1}`, `{"a":1}{"b"`},
		{"no JSON", Args{Text: Plain(`say "hi"`)}, `{"_raw":"say \"hi\""}`, `say "hi"`},
	} {
		if got := string(c.args.AppendObject(nil)); got != c.object {
			t.Errorf("%s: object %s, want %s", c.name, got, c.object)
		}
		var text string
		if err := json.Unmarshal([]byte(`"`+string(c.args.AppendString(nil))+`"`), &text); err != nil || text != c.text {
			t.Errorf("%s: text %q, %v; want %q", c.name, text, err, c.text)
		}
	}
}

func TestCustomCall(t *testing.T) {
	call := ToolCall{Type: TypeCustom, Args: Args{Text: Plain("*** Begin \"Patch\"\n")}}
	var got struct{ Input string }
	if err := json.Unmarshal(call.AppendObject(nil), &got); err != nil || got.Input != "*** Begin \"Patch\"\n" {
		t.Errorf("object: %q, %v", got.Input, err)
	}
	var text string
	if err := json.Unmarshal([]byte(`"`+string(call.AppendString(nil))+`"`), &text); err != nil || json.Unmarshal([]byte(text), &got) != nil {
		t.Errorf("string: %q, %v", text, err)
	}
}

func TestDeclared(t *testing.T) {
	for _, tool := range []Tool{
		{Kind: ToolFunction, Description: "d", Schema: []byte(`{"type":"object"}`)},
		{Kind: ToolCustom, Description: "d", Grammar: &Grammar{Syntax: "lark", Definition: `start: \"x\"`}},
		{Kind: ToolTyped, Type: "local_shell"}, {Kind: ToolTyped, Type: "bash"}, {Kind: ToolTyped, Type: "text_editor"},
		{Kind: ToolTyped, Type: "apply_patch"}, {Kind: ToolTyped, Type: "shell"}, {Kind: ToolTyped, Type: "memory"},
	} {
		description, schema, ok := tool.Declared()
		if !ok || description == "" || !json.Valid(schema) || !json.Valid(description.AppendJSON(nil)) {
			t.Errorf("%+v is declared as %s %s", tool, description, schema)
		}
	}
	for _, tool := range []Tool{{Kind: ToolServer, Type: "web_search"}, {Kind: ToolTyped, Type: "unheard_of"}} {
		if _, _, ok := tool.Declared(); ok {
			t.Errorf("%+v has a form", tool)
		}
	}
}

func TestEfforts(t *testing.T) {
	for _, e := range effortBudgets {
		if e.effort == "xhigh" || e.effort == "max" {
			continue // both are above what a budget tells apart
		}
		if got := BudgetEffort(EffortBudget(e.effort)); got != e.effort {
			t.Errorf("%s becomes %s", e.effort, got)
		}
	}
	for _, c := range []struct {
		asked string
		have  []string
		want  string
	}{
		{"medium", []string{"low", "high"}, "low"}, {"xhigh", []string{"low", "high"}, "high"}, {"none", []string{"minimal", "low"}, "minimal"},
		{"high", []string{"low", "high"}, "high"}, {"odd", []string{"low", "medium"}, "medium"}, {"high", nil, "high"},
	} {
		if got := ClampLevel(c.asked, c.have); got != c.want {
			t.Errorf("%s of %v is %s, want %s", c.asked, c.have, got, c.want)
		}
	}
}
