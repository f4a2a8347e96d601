package grammar

import "strings"

// openItem is an item of the output while it streams.
type openItem struct {
	id, kind string
	part     string // the kind of the part that is open, empty between parts
	parts    []string
	piece    strings.Builder // of the open part, or of the arguments
	sealed   bool            // the arguments are done
	closed   bool            // the text of the open part is done

	annotations int // of the open part
}

func openItemOf(n node) *openItem {
	i := &openItem{id: n.id("id"), kind: n.text("type")}
	switch i.kind {
	case "message":
		same(n, "status", n.text("status"), "in_progress")
		same(n, "role", n.text("role"), "assistant")
		if len(n.list("content")) > 0 {
			n.fail("content is not empty yet")
		}
	case "reasoning":
		if len(n.list("summary")) > 0 {
			n.fail("summary is not empty yet")
		}
	case "function_call":
		same(n, "status", n.text("status"), "in_progress")
		n.id("call_id")
		n.id("name")
		same(n, "arguments", n.text("arguments"), "")
	case "custom_tool_call":
		n.id("call_id")
		n.id("name")
		same(n, "input", n.text("input"), "")
	default:
		checkBuiltin(n, i.kind)
	}
	return i
}

// family is the group of events that one kind of part has.
type family struct{ item, open, part, delta, done, close, index, value string }

var families = []family{
	{"message", "content_part.added", "output_text", "output_text.delta", "output_text.done", "content_part.done", "content_index", "text"},
	{"message", "content_part.added", "refusal", "refusal.delta", "refusal.done", "content_part.done", "content_index", "refusal"},
	{"reasoning", "reasoning_summary_part.added", "summary_text", "reasoning_summary_text.delta", "reasoning_summary_text.done",
		"reasoning_summary_part.done", "summary_index", "text"},
	{"function_call", "", "", "function_call_arguments.delta", "function_call_arguments.done", "", "", "arguments"},
	{"custom_tool_call", "", "", "custom_tool_call_input.delta", "custom_tool_call_input.done", "", "", "input"},
}

func (i *openItem) event(n node, name string) {
	if name == "output_text.annotation.added" && i.part == "output_text" {
		same(n, "content_index", n.number("content_index"), len(i.parts))
		same(n, "annotation_index", n.number("annotation_index"), i.annotations)
		n.object("annotation").id("type")
		i.annotations++
		return
	}
	for _, f := range families {
		if f.item != i.kind {
			continue
		}
		switch name {
		case f.open:
			i.partAdded(n, f)
			return
		case f.close:
			i.partDone(n, f)
			return
		}
		if f.part != i.part {
			continue
		}
		switch name {
		case f.delta:
			i.delta(n, f)
			return
		case f.done:
			i.done(n, f)
			return
		}
	}
	n.fail("does not belong into an item of %s whose open part is %q", i.kind, i.part)
}

func (i *openItem) partAdded(n node, f family) {
	if i.part != "" {
		n.fail("a part begins while another one is open")
	}
	same(n, f.index, n.number(f.index), len(i.parts))
	p := n.object("part")
	i.part = p.text("type")
	for _, other := range families {
		if other.open == f.open && other.part == i.part {
			same(p, other.value, p.text(other.value), "")
			i.piece.Reset()
			i.closed, i.annotations = false, 0
			return
		}
	}
	p.fail("unknown part %q", i.part)
}

func (i *openItem) delta(n node, f family) {
	if i.closed || i.sealed {
		n.fail("delta after done")
	}
	if f.index != "" {
		same(n, f.index, n.number(f.index), len(i.parts))
	}
	if f.delta == "output_text.delta" {
		n.list("logprobs")
	}
	i.piece.WriteString(n.text("delta"))
}

func (i *openItem) done(n node, f family) {
	if f.index != "" {
		same(n, f.index, n.number(f.index), len(i.parts))
	}
	if f.done == "output_text.done" {
		n.list("logprobs")
	}
	if f.part == "" {
		i.sealed = true
	}
	i.closed = true
	same(n, f.value, n.text(f.value), i.piece.String())
}

func (i *openItem) partDone(n node, f family) {
	same(n, f.index, n.number(f.index), len(i.parts))
	if !i.closed {
		n.fail("the part's text is not done yet")
	}
	p := n.object("part")
	same(p, "type", p.text("type"), i.part)
	for _, other := range families {
		if other.open == f.open && other.part == i.part {
			same(p, other.value, p.text(other.value), i.piece.String())
		}
	}
	i.parts = append(i.parts, i.piece.String())
	i.part = ""
}

// finish compares the item with its pieces.
func (i *openItem) finish(n node) {
	if i.part != "" {
		n.fail("a part is open")
	}
	switch i.kind {
	case "function_call", "custom_tool_call":
		value := map[string]string{"function_call": "arguments", "custom_tool_call": "input"}[i.kind]
		if !i.sealed {
			n.fail("the %s are not done yet", value)
		}
		same(n, value, n.text(value), i.piece.String())
	case "message", "reasoning":
		list := map[string]string{"message": "content", "reasoning": "summary"}[i.kind]
		parts := n.list(list)
		same(n, "the number of parts", len(parts), len(i.parts))
		for k, p := range parts[:min(len(parts), len(i.parts))] {
			value := "text"
			if p.text("type") == "refusal" {
				value = "refusal"
			}
			same(p, value, p.text(value), i.parts[k])
		}
	}
}
