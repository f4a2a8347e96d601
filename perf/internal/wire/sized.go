package wire

import "fmt"

// Sized is a request of one message that makes it about n bytes long: a source
// file, with what JSON must escape, and a mark at its end.
func Sized(d Dialect, model string, n int) []byte {
	declare := fmt.Sprintf("What does this do? %s1\n", declared)
	for size := n; ; {
		c := conversation{turns: []turn{{role: "user", text: declare + source(size, 0) + "\n" + Mark}}}
		b := c.encode(d, model, false)
		if len(b) <= n+n/50 || size < 100 {
			return b
		}
		size = max(size*n/len(b), 1) // escapes and the envelope have made it longer
	}
}

// History is a request whose conversation has about n messages of 300 bytes:
// questions, tool calls and their results, with a mark in each.
func History(d Dialect, model string, n int) []byte {
	c := conversation{tools: []tool{{name: "read", about: "Reads a file.", params: obj{
		"type": "object", "properties": obj{"path": obj{"type": "string"}},
	}}}}
	c.turns = append(c.turns, turn{role: "user", text: fmt.Sprintf("%s%d %s %s", declared, n, Mark, prose(300, 0))})
	for len(c.turns) < n-1 {
		i := len(c.turns)
		id := fmt.Sprintf("call_%024d", i)
		c.turns = append(c.turns,
			turn{role: "assistant", text: Mark + " " + prose(200, i), call: id, name: "read", args: obj{"path": fmt.Sprintf("file%d.go", i)}},
			turn{role: "tool", call: id, name: "read", text: Mark + "\n" + source(300, i)})
	}
	if len(c.turns) < n {
		c.turns = append(c.turns, turn{role: "user", text: Mark + " Go on."})
	}
	return c.encode(d, model, false)
}
