package ir

import (
	"strconv"
	"strings"
	"testing"
)

var geminiRule = NameRule{Max: 64, LetterFirst: true, DotColon: true}

func TestNames(t *testing.T) {
	long := strings.Repeat("z", 70)
	for _, c := range []struct {
		name  string
		rule  NameRule
		tools []Tool
		want  []string
	}{
		{"legal names stay", NameRule{Max: 64}, fns("get_weather", "a-b"), []string{"get_weather", "a-b"}},
		{"illegal characters", geminiRule, fns("my tool/with:chars"), []string{"my_tool_with:chars"}},
		{"colon is illegal elsewhere", NameRule{Max: 64}, fns("a:b.c"), []string{"a_b_c"}},
		{"a letter comes first", geminiRule, fns("9lives"), []string{"_9lives"}},
		{"mcp names lose their server", NameRule{Max: 20}, fns("mcp__a_server_name__do_it"), []string{"mcp__do_it"}},
		{"long names get a hash", NameRule{Max: 64}, fns(long), []string{long[:55] + "_de12288a"}},
		{"namespaces come first", NameRule{Max: 64}, []Tool{{Kind: ToolFunction, Namespace: "ns", Name: "f"}}, []string{"ns__f"}},
		{"empty", NameRule{Max: 64}, fns(""), []string{"_"}},
		{"a server tool's name is taken", NameRule{Max: 64},
			append(fns("web_search"), Tool{Kind: ToolServer, Type: "web_search"}), []string{"web_search_fn", ""}},
	} {
		n := NewNames(c.tools, c.rule)
		for i := range c.tools {
			if c.want[i] == "" {
				continue
			}
			got := n.Wire(c.tools[i].Namespace, c.tools[i].Name)
			if got != c.want[i] {
				t.Errorf("%s: got %q, want %q", c.name, got, c.want[i])
			}
			if back := n.Tool(got); back == nil || back.Name != c.tools[i].Name {
				t.Errorf("%s: %q leads back to %v", c.name, got, back)
			}
		}
	}
}

func TestNamesCollide(t *testing.T) {
	n := NewNames(fns("a b", "a/b", "a_b"), NameRule{Max: 64})
	seen := map[string]bool{}
	for _, name := range []string{"a b", "a/b", "a_b"} {
		w := n.Wire("", name)
		if seen[w] {
			t.Errorf("%q is used twice", w)
		}
		seen[w] = true
		if back := n.Tool(w); back == nil || back.Name != name {
			t.Errorf("%q leads back to %v, want %q", w, back, name)
		}
	}
}

func TestNamesOfHistory(t *testing.T) {
	n := NewNames(fns("f"), NameRule{Max: 64})
	if w := n.Wire("", "gone tool"); w != "gone_tool" || n.Wire("", "gone tool") != w {
		t.Errorf("a tool that only the history knows is called %q", w)
	}
	for wire, want := range map[string]string{"default_api:f": "f", "functions.f": "f", "x.y": "", "": ""} {
		got := ""
		if tool := n.Tool(wire); tool != nil {
			got = tool.Name
		}
		if got != want {
			t.Errorf("Tool(%q) is %q, want %q", wire, got, want)
		}
	}
}

func fns(names ...string) []Tool {
	var tools []Tool
	for _, n := range names {
		tools = append(tools, Tool{Kind: ToolFunction, Name: n})
	}
	return tools
}

func TestWireID(t *testing.T) {
	long := strings.Repeat("a", 80)
	for _, c := range []struct {
		id   string
		max  int
		want string
	}{
		{"call_1", 64, "call_1"},
		{"toolu_a-B_9", 64, "toolu_a-B_9"},
		{"", 64, ""},
	} {
		if got := WireID(c.id, c.max); got != c.want {
			t.Errorf("WireID(%q) = %q, want %q", c.id, got, c.want)
		}
	}
	for _, id := range []string{"a.b", long, "ünïcode", strings.Repeat("é", 100)} {
		got := WireID(id, 64)
		if len(got) > 64 || strings.Map(legalIDRune, got) != got {
			t.Errorf("WireID(%q) = %q is not legal", id, got)
		}
		if again := WireID(id, 64); again != got {
			t.Errorf("WireID(%q) is %q and %q", id, got, again)
		}
	}
	if WireID("a.b", 64) == WireID("a:b", 64) {
		t.Error("two ids become one")
	}
	if got := CleanID("call_1__thought__abc"); got != "call_1" {
		t.Errorf("CleanID gave %q", got)
	}
	if PrefixID("msg_", "msg_1") != "msg_1" || PrefixID("msg_", "1") != "msg_1" {
		t.Error("PrefixID")
	}
}

// TestManyNames checks that tools are found in the same way when there are so
// many that they are looked up.
func TestManyNames(t *testing.T) {
	var tools []Tool
	for i := range 2 * manyTools {
		tools = append(tools, Tool{Kind: ToolFunction, Name: "a.b" + strconv.Itoa(i%(manyTools+10)), Namespace: strconv.Itoa(i % 2)})
	}
	tools[5] = Tool{Kind: ToolServer, Type: "web_search", Name: "web_search"}
	tools[6].Name = "web_search"
	names := NewNames(tools, NameRule{Max: 64})
	walked := *names
	walked.byName, walked.byWire = nil, nil
	for i := range tools {
		if tools[i].Kind == ToolServer {
			continue
		}
		wire := names.Wire(tools[i].Namespace, tools[i].Name)
		if want := walked.Wire(tools[i].Namespace, tools[i].Name); wire != want {
			t.Errorf("%+v is %s, not %s", tools[i], wire, want)
		}
		if got, want := names.Tool(wire), walked.Tool(wire); got != want {
			t.Errorf("%s is %+v, not %+v", wire, got, want)
		}
	}
	if names.Tool("unheard_of") != nil {
		t.Error("a tool that nobody declared is found")
	}
}
