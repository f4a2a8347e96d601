package ir

import "testing"

// TestPaths names places in the words of the client's own body.
func TestPaths(t *testing.T) {
	system, part, message := Loc{Msg: -1, Part: 1}, Loc{Msg: 2, Part: 0}, Loc{Msg: 2, Part: -1}
	for _, c := range []struct {
		dialect               Dialect
		system, part, message string
	}{
		{Chat, "messages[1]", "messages[2].content[0]", "messages[2]"},
		{Responses, "instructions[1]", "input[2].content[0]", "input[2]"},
		{Anthropic, "system[1]", "messages[2].content[0]", "messages[2]"},
		{Gemini, "systemInstruction.parts[1]", "contents[2].parts[0]", "contents[2]"},
	} {
		r := Request{Dialect: c.dialect}
		if got := r.PathOf(system); got != c.system {
			t.Errorf("%s: the system prompt is at %s", c.dialect, got)
		}
		if got := r.PathOf(part); got != c.part {
			t.Errorf("%s: a part is at %s", c.dialect, got)
		}
		if got := r.PathOf(message); got != c.message {
			t.Errorf("%s: a message is at %s", c.dialect, got)
		}
	}
	for _, c := range []struct {
		dialect Dialect
		tool    Tool
		want    string
	}{
		{Chat, Tool{At: 3}, "tools[3]"}, {Chat, Tool{Kind: ToolServer, At: -1}, "web_search_options"},
		{Anthropic, Tool{Kind: ToolServer, Type: "mcp", At: 1}, "mcp_servers[1]"}, {Responses, Tool{Kind: ToolServer, Type: "mcp", At: 1}, "tools[1]"},
	} {
		r := Request{Dialect: c.dialect}
		if got := r.PathOfTool(&c.tool); got != c.want {
			t.Errorf("%s: %+v is at %s", c.dialect, c.tool, got)
		}
	}
}
