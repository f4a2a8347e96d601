package responses

import (
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// added takes an item's announcement. Calls become parts at once; messages and
// reasoning when they have something to say.
func (d *streamDecoder) added(out []ir.Event, e *event) []ir.Event {
	it, ok := d.readItem(e.item)
	if !ok {
		return out
	}
	t := itemTypes[it.typ]
	s := d.slot(e.output, t.kind)
	s.id, s.kind = strings.Clone(it.id), t.kind
	if it.phase != "" {
		s.ext = []ir.Field{{Name: "@phase", Raw: ir.AppendQuoted(nil, it.phase)}}
	}
	if t.kind != kindCall || t.name != "" {
		return out
	}
	it.args = ir.Args{}
	p := d.out.items.callPart(&it, t)
	if p.Call.ID == "" {
		p.Call.ID = newID(d.out.trip, "call_")
	}
	p.At, p.Ext, p.ItemID = ir.Loc{}, s.ext, s.id
	ownStrings(&p)
	return d.open(out, s, &p)
}

func (d *streamDecoder) readItem(raw []byte) (it item, ok bool) {
	if raw == nil {
		return it, false
	}
	var r jsonx.Reader
	r.Reset(raw)
	d.out.items.body = raw
	d.out.items.read(&r, &it)
	return it, r.Err() == nil
}

// open starts a part of the item.
func (d *streamDecoder) open(out []ir.Event, s *slot, p *ir.Part) []ir.Event {
	s.part, s.text, s.open, s.shown = d.next, p.Kind, true, false
	s.parts++
	d.next++
	d.out.note(p)
	return append(out, ir.Event{Kind: ir.EventPartStart, Index: s.part, Part: p})
}

func (d *streamDecoder) stop(out []ir.Event, s *slot) []ir.Event {
	if s == nil || !s.open {
		return out
	}
	s.open = false
	return append(out, ir.Event{Kind: ir.EventPartStop, Index: s.part})
}

// text emits a piece of a message, which opens a part when it is the first of
// its kind and place.
func (d *streamDecoder) text(out []ir.Event, e *event, kind ir.PartKind, content int, delta ir.Text) []ir.Event {
	if delta == "" {
		return out
	}
	s := d.slot(e.output, kindMessage)
	if s.closed {
		return out
	}
	if s.open && (s.text != kind || s.content != content) {
		out = d.stop(out, s)
	}
	if !s.open {
		out = d.open(out, s, &ir.Part{Kind: kind, ItemID: s.id, Ext: s.ext})
	}
	s.content, s.shown = content, true
	return ir.AppendText(out, 0, s.part, delta)
}

// rest emits a text whose deltas were left out.
func (d *streamDecoder) rest(out []ir.Event, e *event, kind ir.PartKind, text ir.Text) []ir.Event {
	if s := d.find(e.output); s != nil && s.content >= e.content {
		return out
	}
	return d.text(out, e, kind, e.content, text)
}

func (d *streamDecoder) logprobs(out []ir.Event, e *event) []ir.Event {
	s := d.find(e.output)
	if e.logprobs == nil || s == nil || !s.open {
		return out
	}
	var r jsonx.Reader
	r.Reset(e.logprobs)
	list := readLogprobs(&r)
	if r.Err() != nil || len(list) == 0 {
		return out
	}
	return append(out, ir.Event{Kind: ir.EventLogprobs, Index: s.part, Logprobs: list})
}

func (d *streamDecoder) citation(out []ir.Event, e *event) []ir.Event {
	s := d.find(e.output)
	if s == nil || !s.open || e.annotation == nil {
		return out
	}
	c := readCitation(e.annotation)
	if c == nil {
		return out
	}
	c.FileID = strings.Clone(c.FileID)
	return append(out, ir.Event{Kind: ir.EventCitation, Index: s.part, Citation: c})
}

// thought emits a piece of reasoning. Paragraphs are put apart by a blank
// line. Of summary and thoughts the one that comes first is shown.
func (d *streamDecoder) thought(out []ir.Event, e *event, paragraph int, summary bool, delta ir.Text) []ir.Event {
	if delta == "" {
		return out
	}
	s := d.slot(e.output, kindReasoning)
	if s.closed {
		return out
	}
	if !s.open {
		out = d.openThinking(out, s, summary)
	} else if summary != (s.text == ir.PartThinking) {
		return out
	}
	if s.shown && s.content != paragraph {
		out = ir.AppendText(out, 0, s.part, `\n\n`)
	}
	s.content, s.shown = paragraph, true
	return ir.AppendText(out, 0, s.part, delta)
}

// openThinking starts the item's only part. slot.text is PartThinking for a
// summary and 0 for thoughts.
func (d *streamDecoder) openThinking(out []ir.Event, s *slot, summary bool) []ir.Event {
	out = d.open(out, s, &ir.Part{
		Kind: ir.PartThinking, ItemID: s.id, Ext: s.ext, Think: &ir.Thinking{Summary: summary, ItemID: s.id},
	})
	if !summary {
		s.text = 0
	}
	return out
}

// arguments emits a piece of a call's arguments.
func (d *streamDecoder) arguments(out []ir.Event, e *event) []ir.Event {
	s := d.find(e.output)
	if s == nil || !s.open || s.text != ir.PartToolCall || e.delta == "" {
		return out
	}
	s.shown = true
	return ir.AppendText(out, 0, s.part, e.delta)
}

// itemDone takes an item's complete form: what no delta has brought is emitted
// from it, and its part ends.
func (d *streamDecoder) itemDone(out []ir.Event, e *event) []ir.Event {
	it, ok := d.readItem(e.item)
	if !ok {
		return out
	}
	s := d.slot(e.output, itemTypes[it.typ].kind)
	if s.closed {
		return out
	}
	if s.parts == 0 {
		s.closed = true
		var r jsonx.Reader
		r.Reset(e.item)
		d.out.items.body = e.item
		for _, p := range d.out.item(&r, nil) {
			out = d.whole(out, &p)
		}
		return out
	}
	switch s.kind {
	case kindReasoning:
		if sig := signature(d.out.trip, it.encrypted); sig != nil && s.open {
			out = append(out, ir.Event{Kind: ir.EventSignature, Index: s.part, Sig: sig})
		}
	case kindCall:
		if !s.shown && s.open && it.args.Text != "" {
			out = ir.AppendText(out, 0, s.part, it.args.Text)
		}
	}
	out = d.stop(out, s)
	s.closed = true
	return out
}

// whole emits a part that is known at once.
func (d *streamDecoder) whole(out []ir.Event, p *ir.Part) []ir.Event {
	index := d.next
	d.next++
	d.out.note(p)
	header := *p
	header.Citations, header.Logprobs = nil, nil
	delta := ir.Event{Kind: ir.EventDelta, Index: index}
	var sig *ir.Sig
	switch {
	case p.Call != nil:
		call := *p.Call
		delta.Text, delta.JSON, call.Args = call.Args.Text, call.Args.JSON, ir.Args{}
		header.Call = &call
	case p.Media != nil:
		media := *p.Media
		delta.Text, media.Data = media.Data, ""
		header.Media = &media
	case p.Think != nil:
		think := *p.Think
		sig, think.Sig = think.Sig, nil
		delta.Text, header.Text, header.Think = p.Text, "", &think
	default:
		delta.Text, header.Text = p.Text, ""
	}
	out = append(out, ir.Event{Kind: ir.EventPartStart, Index: index, Part: &header})
	if delta.Text != "" || delta.JSON != nil {
		out = append(out, delta)
	}
	for i := range p.Citations {
		out = append(out, ir.Event{Kind: ir.EventCitation, Index: index, Citation: &p.Citations[i]})
	}
	if len(p.Logprobs) > 0 {
		out = append(out, ir.Event{Kind: ir.EventLogprobs, Index: index, Logprobs: p.Logprobs})
	}
	if sig != nil {
		out = append(out, ir.Event{Kind: ir.EventSignature, Index: index, Sig: sig})
	}
	return append(out, ir.Event{Kind: ir.EventPartStop, Index: index})
}
