package grammar

import (
	"fmt"
	"slices"
)

// anthropicStops are the stop reasons of Messages.
var anthropicStops = []string{
	"end_turn", "max_tokens", "stop_sequence", "tool_use", "pause_turn", "refusal", "model_context_window_exceeded",
}

// messageStream is the grammar of Messages: message_start, blocks one after the other, message_delta, message_stop,
// with pings anywhere after the first.
type messageStream struct {
	started, finished, terminated bool
	block                         *messageBlock // nil between blocks
	blocks                        int
	uses                          int
	text                          string
}

type messageBlock struct {
	kind   string
	input  string
	signed bool
	deltas int
}

func (m *messageStream) event(r *Report, e event) {
	n := parse(r, fmt.Sprintf("event %d (%s)", r.Events, e.name), e.data)
	kind := n.text("type")
	if kind != e.name {
		n.fail("the event's name is %q, its type %q", e.name, kind)
	}
	switch {
	case m.terminated:
		n.fail("event after the end")
		return
	case kind == "ping":
		r.Events, r.Pings = r.Events-1, r.Pings+1
		return
	case kind == "error":
		checkAnthropicError(n, 0)
		m.terminated, r.Ending = true, Failed
		return
	case !m.started && kind != "message_start":
		n.fail("the stream begins with %s", kind)
	case m.finished && kind != "message_stop":
		n.fail("%s after message_delta", kind)
	}
	switch kind {
	case "message_start":
		m.start(n)
	case "content_block_start":
		m.open(n)
	case "content_block_delta":
		m.delta(n)
	case "content_block_stop":
		m.close(n)
	case "message_delta":
		m.messageDelta(n)
	case "message_stop":
		if !m.finished {
			n.fail("no message_delta before")
		}
		m.terminated, r.Ending = true, Complete
	default:
		n.fail("unknown event")
	}
}

func (m *messageStream) start(n node) {
	if m.started {
		n.fail("a second message_start")
	}
	m.started = true
	msg := n.object("message")
	msg.id("id")
	msg.id("model")
	same(msg, "type", msg.text("type"), "message")
	same(msg, "role", msg.text("role"), "assistant")
	if len(msg.list("content")) > 0 {
		msg.fail("content is not empty")
	}
	if !msg.null("stop_reason") || !msg.null("stop_sequence") {
		msg.fail("stop_reason and stop_sequence should be null")
	}
	checkAnthropicUsage(msg.object("usage"))
}

func (m *messageStream) open(n node) {
	if m.block != nil {
		n.fail("a block begins while another one is open")
	}
	same(n, "index", n.number("index"), m.blocks)
	b := n.object("content_block")
	m.block = &messageBlock{kind: b.text("type")}
	m.blocks++
	switch m.block.kind {
	case "text":
		m.text += b.text("text")
	case "thinking":
		b.text("thinking")
		b.text("signature")
	case "redacted_thinking":
		b.id("data")
	case "tool_use":
		checkUse(b)
		m.uses++
	default:
		b.fail("unknown block %q", m.block.kind)
	}
}

// deltasOf are the deltas that a block takes.
var deltasOf = map[string][]string{
	"text":     {"text_delta", "citations_delta"},
	"thinking": {"thinking_delta", "signature_delta"},
	"tool_use": {"input_json_delta"},
}

func (m *messageStream) delta(n node) {
	if m.block == nil {
		n.fail("a delta outside of a block")
		return
	}
	same(n, "index", n.number("index"), m.blocks-1)
	d := n.object("delta")
	kind := d.text("type")
	if !slices.Contains(deltasOf[m.block.kind], kind) {
		d.fail("%s in a block of %s", kind, m.block.kind)
		return
	}
	if m.block.signed {
		d.fail("%s after the signature", kind)
	}
	m.block.deltas++
	switch kind {
	case "text_delta":
		m.text += d.id("text")
	case "thinking_delta":
		d.id("thinking")
	case "signature_delta":
		d.id("signature")
		m.block.signed = true
	case "input_json_delta":
		m.block.input += d.text("partial_json")
	}
}

func (m *messageStream) close(n node) {
	if m.block == nil {
		n.fail("no block is open")
		return
	}
	same(n, "index", n.number("index"), m.blocks-1)
	switch b := m.block; {
	case b.kind == "tool_use" && b.input != "":
		n.isObjectText("the input", b.input)
	case b.kind == "text" && b.deltas == 0:
		n.fail("an empty text block")
	}
	m.block = nil
}

func (m *messageStream) messageDelta(n node) {
	if m.block != nil {
		n.fail("a block is open")
	}
	m.finished = true
	d := n.object("delta")
	d.keys("stop_sequence")
	reason := d.is("stop_reason", anthropicStops...)
	if (reason == "stop_sequence") != (d.orNull("stop_sequence") != "") {
		d.fail("stop_reason %q with stop_sequence %q", reason, d.orNull("stop_sequence"))
	}
	if reason == "tool_use" && m.uses == 0 {
		d.fail("stop_reason tool_use without a tool_use")
	}
	n.object("usage").number("output_tokens")
}

func (m *messageStream) end(r *Report, _ Options) { r.Text = m.text }

func checkUse(n node) {
	n.id("id")
	n.id("name")
	n.object("input")
}

// wholeMessage checks a message and returns its text.
func wholeMessage(n node) string {
	n.id("id")
	n.id("model")
	same(n, "type", n.text("type"), "message")
	same(n, "role", n.text("role"), "assistant")
	n.is("stop_reason", anthropicStops...)
	n.keys("stop_sequence")
	n.orNull("stop_sequence")
	checkAnthropicUsage(n.object("usage"))
	text := ""
	for _, b := range n.list("content") {
		switch kind := b.text("type"); kind {
		case "text":
			text += b.id("text")
		case "thinking":
			b.text("thinking")
			b.text("signature")
		case "redacted_thinking":
			b.id("data")
		case "tool_use":
			checkUse(b)
		default:
			b.fail("unknown block %q", kind)
		}
	}
	return text
}

func checkAnthropicUsage(n node) {
	for _, key := range []string{"input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"} {
		n.number(key)
	}
}

// anthropicErrors are the types of errors and the statuses that they come with.
var anthropicErrors = map[string][]int{
	"invalid_request_error": {400, 405, 409, 415, 422, 426}, "authentication_error": {401}, "billing_error": {402, 403},
	"permission_error": {403}, "not_found_error": {404}, "request_too_large": {413}, "rate_limit_error": {429},
	"api_error": {500, 501, 502}, "overloaded_error": {503, 529}, "timeout_error": {504, 408},
}

// checkAnthropicError checks an error; a status of 0 stands for one inside of a stream.
func checkAnthropicError(n node, status int) {
	same(n, "type", n.text("type"), "error")
	e := n.object("error")
	e.id("message")
	kind := e.text("type")
	statuses, ok := anthropicErrors[kind]
	switch {
	case !ok:
		e.fail("unknown type %q", kind)
	case status != 0 && !slices.Contains(statuses, status):
		e.fail("type %q with status %d", kind, status)
	}
}
