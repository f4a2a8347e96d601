package chat

import (
	"bytes"
	"net/http"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// streamDecoder reads the chunks of an upstream's stream. Finish reasons are
// held until the stream's end, since servers send content, calls and usage
// behind them.
type streamDecoder struct {
	trip    *ir.Trip
	r       jsonx.Reader
	choice  choice
	cands   []*candidate
	started bool
	ended   bool
	tier    string
	usage   ir.Usage
	usual   usual // what most chunks are like
}

// head is what a chunk says besides its choices.
type head struct {
	id, model ir.Text
	created   int64
	choices   []byte // kept for the end of the chunk that starts the answer
	hasError  bool
	any       bool // the chunk has choices
	read      int  // choices that were read
	odd       bool // it says something beside them
}

// NewDecoder reads an upstream's stream of chunks.
func (Codec) NewDecoder(trip *ir.Trip) ir.Decoder {
	return &streamDecoder{trip: trip, usage: ir.NoUsage()}
}

// Decode reads one chunk.
func (d *streamDecoder) Decode(out []ir.Event, name string, data []byte) []ir.Event {
	if d.ended {
		return out
	}
	if text, ok := d.usual.like.Match(data); ok && name != "error" {
		return d.usual.take(out, text)
	}
	data = bytes.TrimSpace(data)
	if len(data) == 0 {
		return out
	}
	if string(data) == "[DONE]" {
		if !d.started {
			return d.fail(out, streamError(nil, emptyAnswer))
		}
		return d.finish(out)
	}
	d.r.Reset(data)
	if !inObject(&d.r) {
		return d.fail(out, streamError(data, "the upstream's stream cannot be read"))
	}
	mark := len(out)
	var h head
	for d.r.Member() {
		out = d.member(out, &h)
	}
	if h.hasError || name == "error" {
		return d.fail(out[:mark], decodeStreamError(data))
	}
	if d.r.End() != nil {
		return d.fail(out, streamError(data, "the upstream's stream cannot be read"))
	}
	if !d.started && (h.any || h.id != "") {
		out = d.start(out, &h)
	}
	if h.choices != nil {
		d.r.Reset(h.choices)
		return d.choices(out, &h)
	}
	if h.read == 1 && !h.odd {
		d.learn(data)
	}
	return out
}

func (d *streamDecoder) member(out []ir.Event, h *head) []ir.Event {
	r := &d.r
	switch r.Key() {
	case "choices":
		if d.started {
			return d.choices(out, h)
		}
		if r.Kind() == jsonx.Array {
			h.choices = r.Raw()
			h.any = len(h.choices) > 2
		}
	case "id":
		if !d.started {
			h.id = softText(r)
		}
	case "model":
		if !d.started {
			h.model = softText(r)
		}
	case "created":
		if !d.started {
			h.created = softInt(r, 0)
		}
	case "usage":
		u, ok := readUsage(r)
		d.takeUsage(u, ok)
		h.odd = h.odd || ok
	case "x_groq":
		h.odd = true
		for in := inObject(r); in && r.Member(); {
			if r.Key() == "usage" {
				d.takeUsage(readUsage(r))
			}
		}
	case "service_tier":
		if tier := softText(r); tier != "" && string(tier) != d.tier {
			d.tier = tier.Clone().String()
			d.usual.like.Forget()
		}
	case "error":
		h.hasError = r.Kind() != jsonx.Null
	}
	return out
}

func (d *streamDecoder) takeUsage(u ir.Usage, ok bool) {
	if ok {
		d.usage.Merge(&u)
	}
}

func (d *streamDecoder) start(out []ir.Event, h *head) []ir.Event {
	d.started = true
	e := ir.Event{
		Kind: ir.EventStart, ID: h.id.Clone().String(), Model: h.model.Clone().String(), Created: h.created, Tier: d.tier,
	}
	if d.usage.Known() {
		u := d.usage
		e.Usage = &u
	}
	return append(out, e)
}

func (d *streamDecoder) choices(out []ir.Event, h *head) []ir.Event {
	if !inArray(&d.r) {
		return out
	}
	for d.r.Element() {
		h.read++
		d.choice.read(&d.r)
		if d.r.Err() != nil {
			return out
		}
		if d.choice.hasUsage {
			d.takeUsage(d.choice.usage, true)
		}
		out = d.candidate(d.choice.index).take(out, &d.choice)
	}
	return out
}

func (d *streamDecoder) candidate(i int) *candidate {
	for len(d.cands) <= i {
		d.cands = append(d.cands, newCandidate(len(d.cands), d.trip))
	}
	return d.cands[i]
}

// finish ends the answer: parts, usage, why it ended.
func (d *streamDecoder) finish(out []ir.Event) []ir.Event {
	d.ended = true
	for _, c := range d.cands {
		out = c.close(out)
	}
	if d.usage.Known() {
		u := d.usage
		out = append(out, ir.Event{Kind: ir.EventUsage, Usage: &u, Tier: d.tier})
	}
	for _, c := range d.cands {
		out = append(out, ir.Event{Kind: ir.EventStop, Cand: c.index, Stop: stopOf(c.finish, c.called, c.refused)})
	}
	return append(out, ir.Event{Kind: ir.EventEnd})
}

// Close ends the answer at the end of the upstream's bytes. An answer without
// any finish reason was cut.
func (d *streamDecoder) Close(out []ir.Event) []ir.Event {
	if d.ended {
		return out
	}
	for _, c := range d.cands {
		if c.finish != "" {
			return d.finish(out)
		}
	}
	return d.fail(out, truncated())
}

func (d *streamDecoder) fail(out []ir.Event, err *ir.Error) []ir.Event {
	d.ended = true
	return append(out, ir.Event{Kind: ir.EventError, Err: err})
}

const emptyAnswer = "the upstream's answer is empty"

// truncated is the error for an answer that was cut.
func truncated() *ir.Error {
	return &ir.Error{
		Kind: ir.ErrTruncated, Status: http.StatusBadGateway, Code: "upstream_stream_truncated",
		Message: "the upstream's answer ended before it was complete",
	}
}

// streamError is an error of the gateway's own about a stream.
func streamError(raw []byte, message string) *ir.Error {
	return &ir.Error{Kind: ir.ErrUpstream, Status: http.StatusBadGateway, Message: message, Raw: bytes.Clone(raw)}
}
