package jsonx

import (
	"math"
	"sort"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// minNoted is the length from which looking a string up is cheaper than looking
// for its end.
const minNoted = 64

// bytesPerNote is the share of a body for which an outline has room at first.
const bytesPerNote = 512

// Note has the Reader, which has just been reset, write an outline of its body.
func (r *Reader) Note(o *ir.Outline) {
	*o = ir.Outline{}
	if len(r.data) > math.MaxUint32 {
		return
	}
	*o = ir.Outline{Body: r.data, Strings: make([]ir.LongString, 0, len(r.data)/bytesPerNote)}
	r.outline, r.noting = o, true
}

// Recall has the Reader, which has just been reset, use an outline. One of
// another body is ignored.
func (r *Reader) Recall(o *ir.Outline) {
	if len(o.Body) != len(r.data) || len(r.data) == 0 || &o.Body[0] != &r.data[0] {
		return
	}
	r.outline, r.noting = o, false
}

// inherit has a Reader use its outer one's outline from its own beginning on.
func (r *Reader) inherit(o *ir.Outline) {
	r.outline = o
	r.noted = sort.Search(len(o.Strings), func(i int) bool { return int(o.Strings[i].Start) >= r.base })
}

// leap moves over a piece that is to be omitted, if it begins here.
func (r *Reader) leap() {
	at := r.base + r.pos
	for _, s := range r.outline.Omit {
		if s.Start == at && s.End-r.base <= len(r.data) {
			r.pos = max(s.End-r.base, r.pos)
			return
		}
	}
}

// endOf is stringEnd for the Reader's own bytes. It looks into the outline
// first, or writes it.
func (r *Reader) endOf(start int) (end int, fl flags, msg string) {
	if r.outline == nil {
		return stringEnd(r.data, start)
	}
	if r.noting {
		end, fl, msg = stringEnd(r.data, start)
		if msg == "" {
			r.note(start, end, fl)
		}
		return end, fl, msg
	}
	at, known := start+r.base, r.outline.Strings
	for r.noted < len(known) && int(known[r.noted].Start) < at {
		r.noted++
	}
	if r.noted == len(known) || int(known[r.noted].Start) > at {
		return stringEnd(r.data, start)
	}
	s := &known[r.noted]
	return int(s.End) - r.base, flags(s.Flags), ""
}

// note writes a string into the outline.
func (r *Reader) note(start, end int, fl flags) {
	r.outline.See(alias(r.data[start:end]))
	if end-start >= minNoted {
		r.outline.Strings = append(r.outline.Strings, ir.LongString{Start: uint32(start), End: uint32(end), Flags: uint8(fl)})
	}
}
