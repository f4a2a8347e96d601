package grammar

import (
	"fmt"
	"strings"
)

// responseKeys are the members that every response has, as OpenAI's schema requires.
var responseKeys = []string{
	"id", "object", "created_at", "status", "error", "incomplete_details", "instructions", "metadata", "model", "output",
	"parallel_tool_calls", "temperature", "tool_choice", "tools", "top_p", "access_programs",
}

// responseStream is the grammar of Responses: created and in_progress, items one after the other, one terminal event;
// the sequence numbers count up by one.
type responseStream struct {
	relayed bool // a failure may leave an item open

	id, model  string
	sequence   int
	stage      int       // 0 before created, 1 before in_progress, 2 after
	item       *openItem // nil between items
	done       []any     // the items as output_item.done gave them
	ids        map[string]bool
	terminated bool
	text       strings.Builder
}

func (s *responseStream) event(r *Report, e event) {
	n := parse(r, fmt.Sprintf("event %d (%s)", r.Events, e.name), e.data)
	kind := n.text("type")
	if kind != e.name {
		n.fail("the event's name is %q, its type %q", e.name, kind)
	}
	same(n, "sequence_number", n.number("sequence_number"), s.sequence)
	s.sequence++
	if s.terminated {
		n.fail("event after the end")
		return
	}
	name, ok := strings.CutPrefix(kind, "response.")
	switch {
	case kind == "error":
		n.keys("code", "param")
		n.id("message")
		s.terminated, r.Ending = true, Failed
	case !ok:
		n.fail("unknown event")
	case s.stage < 2:
		s.opening(n, name)
	default:
		s.body(r, n, name)
	}
}

// opening reads the first two events.
func (s *responseStream) opening(n node, name string) {
	same(n, "the event", name, []string{"created", "in_progress"}[s.stage])
	x := n.object("response")
	checkResponseKeys(x)
	if s.stage == 0 {
		s.id, s.model, s.ids = x.text("id"), x.text("model"), map[string]bool{}
	}
	s.stage++
	s.constant(x)
	same(x, "status", x.text("status"), "in_progress")
	if len(x.list("output")) > 0 {
		x.fail("output is not empty yet")
	}
}

func (s *responseStream) constant(x node) {
	same(x, "id", x.text("id"), s.id)
	same(x, "model", x.text("model"), s.model)
}

func (s *responseStream) body(r *Report, n node, name string) {
	switch name {
	case "output_item.added":
		s.added(n)
	case "output_item.done":
		s.itemDone(n)
	case "completed", "incomplete", "failed":
		s.terminal(r, n, name)
	default:
		if s.item == nil {
			n.fail("no item is open")
			return
		}
		same(n, "output_index", n.number("output_index"), len(s.done))
		same(n, "item_id", n.text("item_id"), s.item.id)
		s.item.event(n, name)
	}
}

func (s *responseStream) added(n node) {
	if s.item != nil {
		n.fail("an item begins while another one is open")
	}
	same(n, "output_index", n.number("output_index"), len(s.done))
	x := n.object("item")
	s.item = openItemOf(x)
	if s.ids[s.item.id] {
		x.fail("the id %q is taken", s.item.id)
	}
	s.ids[s.item.id] = true
}

func (s *responseStream) itemDone(n node) {
	if s.item == nil {
		n.fail("no item is open")
		return
	}
	same(n, "output_index", n.number("output_index"), len(s.done))
	x := n.object("item")
	same(x, "id", x.text("id"), s.item.id)
	same(x, "type", x.text("type"), s.item.kind)
	s.item.finish(x)
	s.text.WriteString(checkItem(x))
	s.done = append(s.done, x.v)
	s.item = nil
}

func (s *responseStream) terminal(r *Report, n node, name string) {
	s.terminated, r.Ending = true, Complete
	if name == "failed" {
		r.Ending = Failed
	}
	x := n.object("response")
	s.constant(x)
	same(x, "status", x.text("status"), name)
	checkResponse(x)
	switch {
	case s.item != nil && name == "failed" && s.relayed:
		return
	case s.item != nil && name != "failed":
		n.fail("an item is open")
	}
	output := x.list("output")
	if last := len(output) - 1; s.item != nil && last == len(s.done) { // what was torn is told there alone
		s.text.WriteString(checkItem(output[last]))
		output = output[:last]
	}
	if len(output) != len(s.done) {
		x.fail("output has %d items, %d were streamed", len(output), len(s.done))
		return
	}
	for i, item := range output {
		if !equalJSON(item.v, s.done[i]) {
			item.fail("differs from its output_item.done: %v, %v", item.v, s.done[i])
		}
	}
}

func (s *responseStream) end(r *Report, _ Options) { r.Text = s.text.String() }

// checkResponseKeys checks what a response has at every stage.
func checkResponseKeys(n node) {
	n.keys(responseKeys...)
	n.id("id")
	n.id("model")
	n.number("created_at")
	same(n, "object", n.text("object"), "response")
	n.list("tools")
}

// checkResponse checks a response that has ended, and returns its text.
func checkResponse(n node) string {
	checkResponseKeys(n)
	status := n.is("status", "completed", "incomplete", "failed")
	if got := !n.null("error"); got != (status == "failed") {
		n.fail("status %q with error %v", status, got)
	}
	if status == "failed" {
		e := n.object("error")
		e.id("code")
		e.id("message")
	}
	if status == "incomplete" && !n.null("incomplete_details") {
		n.object("incomplete_details").id("reason")
	}
	if status != "failed" {
		checkResponseUsage(n.object("usage"))
	}
	var text strings.Builder
	for _, item := range n.list("output") {
		text.WriteString(checkItem(item))
	}
	return text.String()
}

// checkItem checks a finished item of the output, and returns its text.
func checkItem(n node) string {
	n.id("id")
	switch kind := n.text("type"); kind {
	case "message":
		return checkMessageItem(n)
	case "reasoning":
		for _, p := range n.list("summary") {
			same(p, "type", p.text("type"), "summary_text")
			p.text("text")
		}
	case "function_call":
		n.id("call_id")
		n.id("name")
		n.is("status", "completed", "incomplete")
		if arguments := n.text("arguments"); n.text("status") == "completed" {
			n.isObjectText("the arguments", arguments)
		}
	case "custom_tool_call":
		n.id("call_id")
		n.id("name")
		n.text("input")
	default:
		checkBuiltin(n, kind)
	}
	return ""
}

// builtins are the items of tools that the client runs but did not define, and what they hold.
var builtins = map[string]string{"local_shell_call": "action", "shell_call": "action", "apply_patch_call": "operation"}

func checkBuiltin(n node, kind string) {
	holds, ok := builtins[kind]
	if !ok {
		n.fail("unknown item %q", kind)
		return
	}
	n.id("call_id")
	n.is("status", "in_progress", "completed", "incomplete")
	n.object(holds)
}

func checkMessageItem(n node) string {
	same(n, "role", n.text("role"), "assistant")
	n.is("status", "completed", "incomplete")
	text := ""
	for _, p := range n.list("content") {
		switch kind := p.text("type"); kind {
		case "output_text":
			text += p.text("text")
			p.list("annotations")
		case "refusal":
			text += p.text("refusal")
		default:
			p.fail("unknown part %q", kind)
		}
	}
	return text
}

func checkResponseUsage(n node) {
	in, out, total := n.number("input_tokens"), n.number("output_tokens"), n.number("total_tokens")
	same(n, "total_tokens", total, in+out)
	if cached := n.object("input_tokens_details").number("cached_tokens"); cached > in {
		n.fail("%d cached of %d input tokens", cached, in)
	}
	if thought := n.object("output_tokens_details").number("reasoning_tokens"); thought > out {
		n.fail("%d reasoning of %d output tokens", thought, out)
	}
}
