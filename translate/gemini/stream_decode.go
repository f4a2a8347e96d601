package gemini

import (
	"net/http"
	"strings"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// maxCandidates bounds the candidates of an answer, whatever index it names.
const maxCandidates = 64

// streamDecoder reads an answer chunk by chunk. Google sends no terminal event:
// an answer is complete when the stream ends after a finishReason.
type streamDecoder struct {
	trip  *ir.Trip
	chunk chunk
	out   []ir.Event

	started bool
	ended   bool
	cands   []candidate
	usage   ir.Usage
	tier    string
}

// candidate is what the decoder knows of one candidate.
type candidate struct {
	next   int         // index of the next part
	open   ir.PartKind // text or thinking that is open at index next-1, else 0
	signed bool        // it has its signature and takes no more text
	text   []byte      // what the last text has said, escaped: citations count its bytes
	texted int         // its index
	cited  []citedAt

	called  bool
	partial *partialCall // arguments that arrive in pieces

	finished bool
	finish   string
	message  ir.Text
}

// NewDecoder reads an upstream's stream.
func (Codec) NewDecoder(trip *ir.Trip) ir.Decoder {
	return &streamDecoder{trip: trip, usage: ir.NoUsage()}
}

// Decode implements ir.Decoder.
func (d *streamDecoder) Decode(out []ir.Event, _ string, data []byte) []ir.Event {
	if d.ended || len(data) == 0 || string(data) == "[DONE]" {
		return out
	}
	d.out = out
	if err := eachChunk(data, &d.chunk, d.take); err != nil {
		d.fail(badAnswer("the upstream's stream cannot be read: " + err.Error()))
	}
	out, d.out = d.out, nil
	return out
}

func (d *streamDecoder) emit(e ir.Event) { d.out = append(d.out, e) }

func (d *streamDecoder) fail(e *ir.Error) {
	if !d.ended {
		d.ended = true
		d.emit(ir.Event{Kind: ir.EventError, Err: e})
	}
}

// take turns the chunk that was read into events.
func (d *streamDecoder) take() {
	c := &d.chunk
	switch {
	case d.ended:
		return
	case c.failure != nil:
		d.fail(streamError(c.failure))
		return
	case c.hasUsage:
		d.usage.Merge(&c.usage)
	}
	if c.tier != "" {
		d.tier = c.tier
	}
	d.start()
	for i := range c.cands {
		w := &c.cands[i]
		if w.index < 0 || w.index >= maxCandidates {
			continue
		}
		for len(d.cands) <= w.index {
			d.cands = append(d.cands, candidate{})
		}
		d.candidate(w)
	}
	if c.block != "" && c.block != "BLOCK_REASON_UNSPECIFIED" {
		d.blocked(c.block)
	}
}

func (d *streamDecoder) start() {
	if d.started {
		return
	}
	d.started = true
	c := &d.chunk
	e := ir.Event{Kind: ir.EventStart, ID: strings.Clone(c.id), Model: strings.Clone(c.model), Tier: d.tier}
	if t, err := time.Parse(time.RFC3339, c.created); err == nil {
		e.Created = t.Unix()
	}
	if d.usage.Known() {
		usage := d.usage
		e.Usage = &usage
	}
	d.emit(e)
}

func (d *streamDecoder) candidate(w *wireCandidate) {
	st := &d.cands[w.index]
	last := lastText(w.parts)
	for i := range w.parts {
		d.part(w.index, st, &w.parts[i])
		if i == last {
			d.about(w, st)
		}
	}
	if last < 0 {
		d.about(w, st)
	}
	if w.finished() {
		st.finished = true
		st.finish, st.message = strings.Clone(w.finish), w.message.Clone()
	}
}

// lastText returns the last part that is said to the user, -1 for none.
func lastText(parts []wirePart) int {
	for i := len(parts) - 1; i >= 0; i-- {
		if p := &parts[i]; p.text != "" && !p.thought {
			return i
		}
	}
	return -1
}

// about emits what the candidate tells of the text that is open.
func (d *streamDecoder) about(w *wireCandidate, st *candidate) {
	if st.open != ir.PartText {
		if len(st.text) == 0 || w.grounding == nil && w.citations == nil {
			return
		}
		if d.trip.Request.Stream && d.trip.Target.Notes != nil { // what stands in a client's stream cannot be cited any more
			d.trip.Target.Notes.Add(ir.Note{Code: ir.CodeDrop, Path: "answer.citations", Level: ir.Warn, Detail: "told after a call"})
		}
		d.cite(w, st)
		return
	}
	if list := readLogprobs(w.logprobs); list != nil {
		d.emit(ir.Event{Kind: ir.EventLogprobs, Cand: w.index, Index: st.next - 1, Logprobs: list})
	}
	d.cite(w, st)
}

// blocked ends the answer to a prompt that was refused.
func (d *streamDecoder) blocked(reason string) {
	if len(d.cands) == 0 {
		d.cands = append(d.cands, candidate{})
	}
	for i := range d.cands {
		if st := &d.cands[i]; !st.finished {
			st.finished, st.finish = true, promptBlocked
			st.message = ir.Plain(reason).Clone()
		}
	}
}

// promptBlocked stands for the finishReason of a candidate that never was.
const promptBlocked = "PROMPT_BLOCKED"

// stop tells why a candidate ended.
func (st *candidate) stop() ir.Stop {
	if st.finish == promptBlocked {
		return ir.Stop{Reason: ir.StopContentFilter, Detail: st.message, Raw: st.message.String()}
	}
	return ir.Stop{Reason: stopReason(st.finish, st.called), Detail: st.message, Raw: st.finish}
}

// Close implements ir.Decoder.
func (d *streamDecoder) Close(out []ir.Event) []ir.Event {
	if d.ended {
		return out
	}
	d.out = out
	complete := len(d.cands) > 0
	for i := range d.cands {
		d.closePart(i, &d.cands[i])
		complete = complete && d.cands[i].finished
	}
	if !complete {
		d.fail(truncated())
	} else {
		d.finish()
	}
	out, d.out = d.out, nil
	return out
}

func (d *streamDecoder) finish() {
	d.ended = true
	if d.usage.Known() || d.tier != "" {
		d.emit(ir.Event{Kind: ir.EventUsage, Usage: &d.usage, Tier: d.tier})
	}
	for i := range d.cands {
		d.emit(ir.Event{Kind: ir.EventStop, Cand: i, Stop: d.cands[i].stop()})
	}
	d.emit(ir.Event{Kind: ir.EventEnd})
}

func truncated() *ir.Error {
	return &ir.Error{
		Kind: ir.ErrTruncated, Status: http.StatusBadGateway, Code: "upstream_stream_truncated",
		Message: "the upstream's answer ended before it was complete",
	}
}
