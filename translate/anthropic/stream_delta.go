package anthropic

import (
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// find returns the open block of an index, nil when there is none.
func (d *streamDecoder) find(index int) *openBlock {
	for i := len(d.blocks) - 1; i >= 0; i-- {
		if d.blocks[i].index == index {
			return &d.blocks[i]
		}
	}
	return nil
}

// blockDelta takes a piece of a block. One that holds a text and nothing else
// is what the next ones are compared with.
func (d *streamDecoder) blockDelta(out []ir.Event, data []byte) []ir.Event {
	o := d.find(d.frame.index)
	if o == nil || d.frame.delta == nil {
		return out
	}
	var text ir.Text
	var textAt ir.Span
	texts, others := 0, 0
	r := d.r.Sub(d.frame.delta)
	for in := r.Object(); in && r.Member(); {
		if r.Null() {
			continue
		}
		start := r.Offset()
		switch r.Key() {
		case "text", "thinking", "partial_json":
			if r.Kind() == jsonx.String {
				text = r.Text()
				textAt = ir.Span{Start: start, End: r.Offset()}
				texts++
			}
		case "content":
			if others++; o.kind == ir.PartCompaction && r.Kind() == jsonx.String {
				text = r.Text()
			}
		case "signature":
			others++
			o.sig += strings.Clone(r.String())
		case "citation":
			others++
			d.citation = readCitation(&r, data)
			if r.Err() == nil {
				out = append(out, ir.Event{Kind: ir.EventCitation, Index: o.part, Citation: &d.citation})
			}
		}
	}
	if err := r.Err(); err != nil {
		return d.unreadable(out, err)
	}
	if texts == 1 && others == 0 && d.like.Learn(data, textAt, unread) {
		d.block = d.frame.index
	}
	return d.say(out, o, text)
}

// unread reports whether nobody reads an event's member.
func unread(key string) bool {
	switch key {
	case "type", "index", "delta", "content_block", "message", "usage", "error":
		return false
	}
	return true
}

// say emits a piece of an open block's text.
func (d *streamDecoder) say(out []ir.Event, o *openBlock, text ir.Text) []ir.Event {
	if o == nil || text == "" {
		return out
	}
	o.fed = true
	return ir.AppendText(out, 0, o.part, text)
}
