package anthropic

import (
	"bytes"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// NewDecoder reads an upstream's stream of events.
func (Codec) NewDecoder(trip *ir.Trip) ir.Decoder {
	return &streamDecoder{trip: trip, counts: noCounts()}
}

// streamDecoder turns events into the hub's. The values behind its events'
// pointers are its own and are overwritten by the next frame.
type streamDecoder struct {
	trip    *ir.Trip
	r       jsonx.Reader
	frame   frame
	started bool
	done    bool
	blocks  []openBlock
	parts   int // started so far
	calls   int
	counts  counts
	stop    stop

	part     ir.Part
	call     ir.ToolCall
	citation ir.Citation
	usage    ir.Usage

	like  jsonx.Likeness // what most events are like: a delta of one block with nothing but text
	block int            // which one, as the upstream counts
}

// openBlock is a block between its start and its stop.
type openBlock struct {
	index int // the upstream's
	part  int // the hub's
	kind  ir.PartKind
	fed   bool   // deltas have come
	input []byte // a call's arguments that came with its start
	sig   string
}

// frame is what one event's data says.
type frame struct {
	typ                                  string
	index                                int
	delta, content, message, usage, fail []byte
}

func (f *frame) read(r *jsonx.Reader, data []byte) error {
	*f = frame{}
	r.Reset(data)
	r.Object()
	for r.Member() {
		if r.Null() {
			continue
		}
		switch r.Key() {
		case "type":
			f.typ = r.String()
		case "index":
			f.index = int(r.Int())
		case "delta":
			f.delta = r.Raw()
		case "content_block":
			f.content = r.Raw()
		case "message":
			f.message = r.Raw()
		case "usage":
			f.usage = r.Raw()
		case "error":
			f.fail = r.Raw()
		}
	}
	return r.End()
}

// Decode reads one event. Its name is in its data, too, and is not needed.
func (d *streamDecoder) Decode(out []ir.Event, _ string, data []byte) []ir.Event {
	if d.done {
		return out
	}
	if text, ok := d.like.Match(data); ok {
		return d.say(out, d.find(d.block), text)
	}
	if len(bytes.TrimSpace(data)) == 0 || string(data) == "[DONE]" {
		return out
	}
	f := &d.frame
	if err := f.read(&d.r, data); err != nil {
		return d.unreadable(out, err)
	}
	switch f.typ {
	case "message_start":
		return d.start(out, f.message)
	case "content_block_start":
		return d.blockStart(d.start(out, nil), data)
	case "content_block_delta":
		return d.blockDelta(out, data)
	case "content_block_stop":
		for i := range d.blocks {
			if d.blocks[i].index == f.index {
				return d.blockStop(out, i)
			}
		}
	case "message_delta":
		d.messageDelta()
	case "message_stop":
		return d.end(d.start(out, nil))
	case "error":
		return d.fail(out, streamError(data))
	case "":
		if f.fail != nil {
			return d.fail(out, streamError(data))
		}
	}
	return out
}

// unreadable ends a stream of which a frame is not what it should be.
func (d *streamDecoder) unreadable(out []ir.Event, err error) []ir.Event {
	return d.fail(out, &ir.Error{
		Kind: ir.ErrUpstream, Status: 502, Message: "the upstream's stream cannot be read: " + err.Error(), Upstream: ir.Anthropic,
	})
}

func (d *streamDecoder) fail(out []ir.Event, err *ir.Error) []ir.Event {
	d.done = true
	return append(out, ir.Event{Kind: ir.EventError, Err: err})
}

// start emits EventStart once; some upstreams repeat message_start, or leave
// it out.
func (d *streamDecoder) start(out []ir.Event, message []byte) []ir.Event {
	if d.started {
		return out
	}
	d.started = true
	ev := ir.Event{Kind: ir.EventStart}
	if message != nil {
		r := d.r.Sub(message)
		for in := r.Object(); in && r.Member(); {
			if r.Null() {
				continue
			}
			switch r.Key() {
			case "id":
				ev.ID = strings.Clone(r.String())
			case "model":
				ev.Model = strings.Clone(r.String())
			case "usage":
				d.counts.add(&r)
			}
		}
	}
	d.usage = d.counts.usage()
	ev.Usage, ev.Tier = &d.usage, d.counts.tier
	return append(out, ev)
}

func (d *streamDecoder) blockStart(out []ir.Event, data []byte) []ir.Event {
	for i := range d.blocks { // never two open at once: a missing stop is made up
		if d.blocks[i].index == d.frame.index {
			out = d.blockStop(out, i)
			break
		}
	}
	if d.frame.content == nil {
		return out
	}
	var b block
	sub := d.r.Sub(d.frame.content)
	b.read(&sub, data)
	if err := sub.Err(); err != nil {
		return d.unreadable(out, err)
	}
	if b.typ == "" {
		return out
	}
	o := openBlock{index: d.frame.index, part: d.parts}
	d.parts++
	text := b.text
	d.header(&b, &o)
	o.kind = d.part.Kind
	ev := ir.Event{Kind: ir.EventPartStart, Index: o.part, Part: &d.part}
	out = append(out, ev)
	if text != "" && (o.kind == ir.PartText || o.kind == ir.PartThinking) {
		o.fed = true
		out = ir.AppendText(out, 0, o.part, text)
	}
	if o.kind == ir.PartText && len(b.citations) > 0 {
		sub := d.r.Sub(b.citations)
		for _, c := range readCitations(&sub, data) {
			out = append(out, ir.Event{Kind: ir.EventCitation, Index: o.part, Citation: &c})
		}
	}
	d.blocks = append(d.blocks, o)
	return out
}

// header fills d.part with what a block's start says of its part.
func (d *streamDecoder) header(b *block, o *openBlock) {
	d.part = ir.Part{}
	switch b.typ {
	case "text":
		d.part.Kind = ir.PartText
	case "thinking":
		d.part.Kind = ir.PartThinking
		d.part.Think = &ir.Thinking{Summary: true}
		o.sig = strings.Clone(b.signature)
	case "redacted_thinking":
		d.part.Kind = ir.PartThinking
		d.part.Think = &ir.Thinking{Redacted: true, Sig: signature(strings.Clone(b.data), signsRedacted, d.trip)}
	case "tool_use":
		if isJSONTool(b.name, d.trip) {
			d.part.Kind = ir.PartText
		} else {
			d.calls++
			d.part.Kind = ir.PartToolCall
			d.call = ir.ToolCall{ID: callID(strings.Clone(b.id), d.trip), Name: strings.Clone(b.name), Type: ir.TypeFunction}
			d.part.Call = &d.call
		}
		o.input = bytes.Clone(wholeInput(b.input))
	default:
		opaquePart(&d.part, b)
		if s := d.part.Server; s != nil {
			s.ID, s.CallID, s.Tool = strings.Clone(s.ID), strings.Clone(s.CallID), strings.Clone(s.Tool)
			if input := wholeInput(b.input); input == nil {
				s.Args = ir.Args{}
			}
		}
		if op := d.part.Opaque; op != nil {
			op.Type = strings.Clone(op.Type)
		}
	}
}

// wholeInput returns arguments that came with the block's start, nil for the
// empty object that stands there as a rule.
func wholeInput(raw []byte) []byte {
	if len(raw) == 0 || raw[0] != '{' || len(bytes.Trim(raw, "{} \t\r\n")) == 0 {
		return nil
	}
	return raw
}

// blockStop ends the part of the open block at i.
func (d *streamDecoder) blockStop(out []ir.Event, i int) []ir.Event {
	o := d.blocks[i]
	d.blocks = append(d.blocks[:i], d.blocks[i+1:]...)
	if !o.fed && (o.kind == ir.PartToolCall || o.kind == ir.PartText && o.input != nil) {
		ev := ir.Event{Kind: ir.EventDelta, Index: o.part, Text: "{}"}
		if o.input != nil {
			ev.Text, ev.JSON = "", o.input
		}
		if o.kind == ir.PartText {
			ev.Text, ev.JSON = ir.Text(ir.AppendEscaped(nil, o.input)), nil
		}
		out = append(out, ev)
	}
	if o.kind == ir.PartThinking && o.sig != "" {
		out = append(out, ir.Event{Kind: ir.EventSignature, Index: o.part, Sig: signature(o.sig, ir.SignsThink, d.trip)})
	}
	return append(out, ir.Event{Kind: ir.EventPartStop, Index: o.part})
}

func (d *streamDecoder) messageDelta() {
	if d.frame.delta != nil {
		r := d.r.Sub(d.frame.delta)
		for in := r.Object(); in && r.Member(); {
			d.stop.member(&r)
		}
	}
	if d.frame.usage != nil {
		r := d.r.Sub(d.frame.usage)
		d.counts.add(&r)
	}
}

// end emits what was held until the answer was complete.
func (d *streamDecoder) end(out []ir.Event) []ir.Event {
	for len(d.blocks) > 0 {
		out = d.blockStop(out, 0)
	}
	d.done = true
	d.stop.settle(d.calls)
	d.usage = d.counts.usage()
	return append(out,
		ir.Event{Kind: ir.EventUsage, Usage: &d.usage, Tier: d.counts.tier},
		ir.Event{Kind: ir.EventStop, Stop: d.stop.Stop},
		ir.Event{Kind: ir.EventEnd})
}

// Close completes an answer whose reason to stop is known, and fails any
// other.
func (d *streamDecoder) Close(out []ir.Event) []ir.Event {
	switch {
	case d.done:
		return out
	case d.stop.seen:
		return d.end(out)
	default:
		return d.fail(out, truncated())
	}
}
