package responses

import (
	"bytes"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// streamDecoder reads an upstream's stream. Items are told apart by their
// output_index alone: some servers change an item's id from event to event.
type streamDecoder struct {
	out     outputReader
	slots   []slot
	started bool
	done    bool
	next    int   // index of the next part
	event   event // that is being read
	usual   usual
}

// slot is what is known of one output item.
type slot struct {
	output  int
	kind    itemKind
	text    ir.PartKind // of the part that is open
	part    int         // index of the open part
	content int         // content_index or summary_index of the open part's latest text
	open    bool
	shown   bool // text of the open part, or arguments, have come
	parts   int  // how many parts the item has had
	closed  bool // the item is done
	id      string
	ext     []ir.Field
}

// event is what one frame says.
type event struct {
	typ                    string
	output, content, index int
	delta, text            ir.Text
	refusal, args          ir.Text
	item, annotation       []byte
	response, logprobs     []byte
	failure                bool // an error object without a type

	texts  int     // strings of text that are not empty
	textAt ir.Span // the last of them, with its quotes
}

// NewDecoder reads an upstream's stream.
func (Codec) NewDecoder(trip *ir.Trip) ir.Decoder {
	d := &streamDecoder{}
	d.out.begin(trip)
	return d
}

// Decode implements ir.Decoder.
func (d *streamDecoder) Decode(out []ir.Event, name string, data []byte) []ir.Event {
	if d.done {
		return out
	}
	if text, ok := d.usual.like.Match(data); ok {
		return d.usual.take(d, out, text)
	}
	data = bytes.TrimSpace(data)
	if len(data) == 0 || string(data) == "[DONE]" {
		return out
	}
	e := &d.event
	*e = event{}
	var r jsonx.Reader
	r.Reset(data)
	e.read(&r)
	if err := r.End(); err != nil {
		return d.fail(out, &ir.Error{
			Kind: ir.ErrUpstream, Status: 502, Upstream: ir.Responses, Message: "reading stream: " + err.Error(),
		})
	}
	if d.started {
		d.usual.learn(e, data)
	}
	if e.typ == "" {
		e.typ = name
	}
	return d.dispatch(out, e, data)
}

func (e *event) read(r *jsonx.Reader) {
	for open := r.Object(); open && r.Member(); {
		switch r.Key() {
		case "type":
			e.typ = optional(r)
		case "output_index":
			e.output = readIndex(r)
		case "content_index":
			e.content = readIndex(r)
		case "summary_index":
			e.index = readIndex(r)
		case "delta":
			e.delta = e.optionalText(r)
		case "text":
			e.text = e.optionalText(r)
		case "refusal":
			e.refusal = e.optionalText(r)
		case "arguments", "input":
			e.args = e.optionalText(r)
		case "item":
			e.item = rawOrNil(r)
		case "annotation":
			e.annotation = rawOrNil(r)
		case "response":
			e.response = rawOrNil(r)
		case "logprobs":
			if raw := rawOrNil(r); len(raw) > 2 {
				e.logprobs = raw
			}
		case "error":
			e.failure = !r.Null()
		}
	}
}

func readIndex(r *jsonx.Reader) int {
	if r.Kind() != jsonx.Number {
		r.Skip()
		return 0
	}
	return int(r.Int())
}

// optionalText reads a string that differs from event to event.
func (e *event) optionalText(r *jsonx.Reader) ir.Text {
	start := r.Offset()
	text := r.TextIfAny()
	if text != "" {
		e.texts++
		e.textAt = ir.Span{Start: start, End: r.Offset()}
	}
	return text
}

// dispatch appends the events that a frame stands for. Events that tell
// nothing new, such as progress of server tools, are left out.
func (d *streamDecoder) dispatch(out []ir.Event, e *event, data []byte) []ir.Event {
	switch e.typ {
	case "error":
		f := readFault(data)
		return d.fail(out, streamError(&f))
	case "response.created", "response.in_progress", "response.queued":
		return d.start(out, e)
	case "response.completed", "response.incomplete", "response.failed", "response.cancelled", "response.done":
		return d.finish(out, e)
	case "":
		if e.failure {
			f := readFault(data)
			return d.fail(out, streamError(&f))
		}
	}
	out = d.start(out, e)
	if say := deltas[e.typ]; say != nil {
		return say(d, out, e)
	}
	switch e.typ {
	case "response.output_item.added":
		return d.added(out, e)
	case "response.output_item.done":
		return d.itemDone(out, e)
	case "response.output_text.done":
		return d.rest(out, e, ir.PartText, e.text)
	case "response.refusal.done":
		return d.rest(out, e, ir.PartRefusal, e.refusal)
	case "response.content_part.done":
		if s := d.find(e.output); s != nil && s.kind == kindMessage {
			return d.stop(out, s)
		}
	case "response.output_text.annotation.added":
		return d.citation(out, e)
	case "response.function_call_arguments.done", "response.custom_tool_call_input.done":
		if s := d.find(e.output); s != nil && !s.shown {
			e.delta = e.args
			return d.arguments(out, e)
		}
	}
	return out
}

// start emits EventStart once, with what the first frame tells.
func (d *streamDecoder) start(out []ir.Event, e *event) []ir.Event {
	if d.started {
		return out
	}
	d.started = true
	ev := ir.Event{Kind: ir.EventStart}
	if e.response != nil {
		var r jsonx.Reader
		r.Reset(e.response)
		a := readResponse(&r)
		ev.ID, ev.Model, ev.Created, ev.Tier = strings.Clone(a.id), strings.Clone(a.model), a.created, strings.Clone(a.tier)
	}
	return append(out, ev)
}

func (d *streamDecoder) fail(out []ir.Event, err *ir.Error) []ir.Event {
	d.done = true
	return append(out, ir.Event{Kind: ir.EventError, Err: err})
}

// find returns the item at an output_index, nil when it is not known.
func (d *streamDecoder) find(output int) *slot {
	for i := len(d.slots) - 1; i >= 0; i-- {
		if d.slots[i].output == output {
			return &d.slots[i]
		}
	}
	return nil
}

// slot returns the item at an output_index and makes one when it was never
// announced.
func (d *streamDecoder) slot(output int, kind itemKind) *slot {
	if s := d.find(output); s != nil {
		return s
	}
	d.slots = append(d.slots, slot{output: output, kind: kind, content: -1})
	return &d.slots[len(d.slots)-1]
}

// finish takes the terminal frame. The items in it count only when none came
// before: Codex's back end sends an empty list there.
func (d *streamDecoder) finish(out []ir.Event, e *event) []ir.Event {
	out = d.start(out, e)
	var r jsonx.Reader
	r.Reset(e.response)
	a := readResponse(&r)
	if e.typ == "response.failed" || a.failure != nil && a.status == "failed" {
		f := readFault(a.failure)
		return d.fail(out, streamError(&f))
	}
	if d.next == 0 && a.output != nil {
		parts, err := d.out.parts(a.output)
		if err != nil {
			return d.fail(out, badAnswer("reading stream: "+err.Error()))
		}
		for i := range parts {
			out = d.whole(out, &parts[i])
		}
	}
	for i := range d.slots {
		out = d.stop(out, &d.slots[i])
	}
	if a.status == "" {
		a.status = strings.TrimPrefix(e.typ, "response.")
	}
	usage := a.usage
	d.done = true
	return append(out,
		ir.Event{Kind: ir.EventUsage, Usage: &usage, Tier: strings.Clone(a.tier)},
		ir.Event{Kind: ir.EventStop, Stop: stopOf(strings.Clone(a.status), strings.Clone(a.reason), d.out.called, d.out.refused)},
		ir.Event{Kind: ir.EventEnd})
}

// Close implements ir.Decoder.
func (d *streamDecoder) Close(out []ir.Event) []ir.Event {
	if d.done {
		return out
	}
	err := truncated()
	err.Upstream = ir.Responses
	return d.fail(out, err)
}
