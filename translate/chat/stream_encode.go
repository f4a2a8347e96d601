package chat

import (
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// streamEncoder writes a client's stream of chunks. Parts may be open side by
// side: the dialect tells calls apart by their index.
type streamEncoder struct {
	trip    *ir.Trip
	usage   bool // the client asked for a usage chunk
	head    []byte
	tail    string
	id      string
	created int64
	cands   []saying
	open    []openPart
	counts  ir.Usage
	ended   bool
	around  around
}

// around is what stands around the text of the last delta. A part's further
// deltas have the same.
type around struct {
	cand, index int
	front, back []byte
}

// saying is what the stream has said of one candidate.
type saying struct {
	begun    bool // its first chunk, with the role, is written
	calls    int
	runes    int  // of text
	thought  bool // thinking has been written
	spoke    bool // text or refusal has been written
	refused  bool
	finished bool
}

// openPart is a part between its start and its stop.
type openPart struct {
	cand, index int
	kind        ir.PartKind
	call        *ir.ToolCall // whose first chunk is held for its signature
	custom      bool
	ordinal     int // of the call
	sent        bool
	joint       bool // the next thought is set apart from an earlier part's
	base        int  // characters of text before this part
	media       *ir.Media
	data        []byte
}

const (
	chunkTail      = `,"finish_reason":null}]}` + "\n\n"
	chunkTailUsage = `,"finish_reason":null}],"usage":null}` + "\n\n"
	doneFrame      = "data: [DONE]\n\n"
	pingFrame      = ": ping\n\n"
)

// NewEncoder writes a client's stream.
func (Codec) NewEncoder(trip *ir.Trip) ir.Encoder {
	e := &streamEncoder{trip: trip, usage: trip.Request.StreamOpts.Usage.V, tail: chunkTail, counts: ir.NoUsage()}
	if e.usage {
		e.tail = chunkTailUsage
	}
	return e
}

// Ping appends a comment, which the parsers of this dialect's clients skip.
func (e *streamEncoder) Ping(dst []byte) []byte {
	if e.ended {
		return dst
	}
	return append(dst, pingFrame...)
}

// Append appends the chunks of one event.
func (e *streamEncoder) Append(dst []byte, ev *ir.Event) []byte {
	if e.ended {
		return dst
	}
	switch ev.Kind {
	case ir.EventStart:
		return e.start(dst, ev)
	case ir.EventPartStart:
		return e.partStart(dst, ev)
	case ir.EventDelta:
		return e.delta(dst, ev)
	case ir.EventPartStop:
		return e.partStop(dst, ev)
	case ir.EventSignature:
		return e.signature(dst, ev)
	case ir.EventCitation:
		return e.citation(dst, ev)
	case ir.EventLogprobs:
		return e.logprobs(dst, ev)
	case ir.EventUsage:
		if ev.Usage != nil {
			e.counts.Merge(ev.Usage)
		}
	case ir.EventStop:
		return e.stop(dst, ev)
	case ir.EventError:
		e.ended = true
		dst = Codec{}.AppendError(append(dst, "data: "...), ev.Err, "")
		return append(dst, "\n\n"...)
	case ir.EventEnd:
		return e.end(dst)
	}
	return dst
}

func (e *streamEncoder) start(dst []byte, ev *ir.Event) []byte {
	if e.head != nil {
		return dst
	}
	e.id, e.created = answerID(ev.ID, e.trip), ev.Created
	if e.created == 0 {
		e.created = e.trip.Created
	}
	if ev.Usage != nil {
		e.counts.Merge(ev.Usage)
	}
	e.head = append(e.opening(make([]byte, 0, 192)), `[{"index":`...)
	return e.begin(dst, 0)
}

// opening appends what all chunks begin with, up to the value of choices.
func (e *streamEncoder) opening(dst []byte) []byte {
	dst = append(dst, `data: {"id":`...)
	dst = ir.AppendQuoted(dst, e.id)
	dst = append(dst, `,"object":"chat.completion.chunk","created":`...)
	dst = append(appendInt(dst, e.created), `,"model":`...)
	return append(ir.AppendQuoted(dst, e.trip.Model), `,"choices":`...)
}

// begin writes a candidate's first chunk unless it is written.
func (e *streamEncoder) begin(dst []byte, cand int) []byte {
	if e.head == nil {
		dst = e.start(dst, &ir.Event{Kind: ir.EventStart})
	}
	for len(e.cands) <= cand {
		e.cands = append(e.cands, saying{})
	}
	if e.cands[cand].begun {
		return dst
	}
	e.cands[cand].begun = true
	dst = append(e.chunk(dst, cand), `"role":"assistant","content":""`...)
	return e.close(dst)
}

// chunk opens a chunk up to the inside of its delta.
func (e *streamEncoder) chunk(dst []byte, cand int) []byte {
	dst = append(dst, e.head...)
	return append(appendInt(dst, int64(cand)), `,"delta":{`...)
}

func (e *streamEncoder) close(dst []byte) []byte {
	return append(append(dst, '}'), e.tail...)
}

func (e *streamEncoder) find(ev *ir.Event) *openPart {
	for i := len(e.open) - 1; i >= 0; i-- {
		if p := &e.open[i]; p.index == ev.Index && p.cand == ev.Cand {
			return p
		}
	}
	return nil
}

func (e *streamEncoder) partStart(dst []byte, ev *ir.Event) []byte {
	dst = e.release(e.begin(dst, ev.Cand))
	said := &e.cands[ev.Cand]
	p := openPart{cand: ev.Cand, index: ev.Index, kind: ev.Part.Kind, base: said.runes}
	switch {
	case p.kind == ir.PartToolCall:
		p.ordinal, p.custom = said.calls, ev.Part.Call.Type == ir.TypeCustom
		said.calls++
		call := *ev.Part.Call
		p.call = &call
	case p.kind == ir.PartThinking:
		p.joint = said.thought
	case p.kind.IsMedia():
		media := *ev.Part.Media
		p.data, media.Data = append(p.data, media.Data...), ""
		p.media = &media
	}
	e.open = append(e.open, p)
	part := &e.open[len(e.open)-1]
	first := ir.Event{Cand: ev.Cand, Index: ev.Index, Text: ev.Part.Text}
	switch {
	case part.call != nil:
		first.Text, first.JSON = part.call.Args.Text, part.call.Args.JSON
		if ev.Part.Sig != nil || !e.signsLater() {
			dst = e.callHead(dst, part, ev.Part.Sig)
		}
	case p.kind == ir.PartAudio:
		dst = append(e.chunk(dst, p.cand), `"audio":{"id":`...)
		dst = e.close(append(ir.AppendQuoted(dst, audioID(p.media, e.trip)), '}'))
		first.Text, part.data = ir.Text(part.data), nil
	}
	if first.Text != "" || len(first.JSON) > 0 {
		return e.delta(dst, &first)
	}
	return dst
}

func (e *streamEncoder) delta(dst []byte, ev *ir.Event) []byte {
	p := e.find(ev)
	if p == nil || ev.Text == "" && len(ev.JSON) == 0 {
		return dst
	}
	said := &e.cands[p.cand]
	switch p.kind {
	case ir.PartText:
		said.runes += runes(ev.Text)
	case ir.PartToolCall:
		dst = e.release(dst)
	}
	if a := &e.around; p.sent && len(a.front) > 0 && a.cand == p.cand && a.index == p.index {
		dst = append(dst, a.front...)
		return append(ev.AppendDelta(dst), a.back...)
	}
	return e.firstDelta(dst, ev, p, said)
}

// firstDelta writes a delta whose form is not known yet.
func (e *streamEncoder) firstDelta(dst []byte, ev *ir.Event, p *openPart, said *saying) []byte {
	start, back := len(dst), `"`
	switch p.kind {
	case ir.PartText:
		said.spoke = true
		dst = append(e.chunk(dst, p.cand), `"content":"`...)
	case ir.PartThinking:
		if e.trip.Request.Reasoning.Summary == "none" {
			return dst
		}
		said.thought = true
		dst = append(e.chunk(dst, p.cand), `"reasoning_content":"`...)
	case ir.PartRefusal:
		said.spoke, said.refused = true, true
		dst = append(e.chunk(dst, p.cand), `"refusal":"`...)
	case ir.PartToolCall:
		if dst, back = e.arguments(dst, p); back == "" {
			return dst
		}
	case ir.PartAudio:
		dst = append(e.chunk(dst, p.cand), `"audio":{"data":"`...)
		back = `"}`
	default:
		if p.media != nil {
			p.data = append(p.data, ev.Text...)
		}
		return dst
	}
	e.around.cand, e.around.index = p.cand, p.index
	e.around.front = append(e.around.front[:0], dst[start:]...)
	if p.joint && !p.sent {
		dst = append(dst, `\n\n`...)
	}
	p.sent = true
	dst = ev.AppendDelta(dst)
	end := len(dst)
	dst = e.close(append(dst, back...))
	e.around.back = append(e.around.back[:0], dst[end:]...)
	return dst
}

func (e *streamEncoder) partStop(dst []byte, ev *ir.Event) []byte {
	p := e.find(ev)
	if p == nil {
		return dst
	}
	dst = e.release(dst)
	if final := ev.Part; final != nil && !p.sent {
		rest := ir.Event{Cand: ev.Cand, Index: ev.Index, Text: final.Text}
		if final.Call != nil {
			rest.Text, rest.JSON = final.Call.Args.Text, final.Call.Args.JSON
		}
		dst = e.delta(dst, &rest)
	}
	switch {
	case p.kind == ir.PartToolCall && !p.sent && !p.custom:
		dst = e.firstDelta(dst, &ir.Event{Text: "{}"}, p, &e.cands[p.cand])
	case p.kind == ir.PartImage:
		p.media.Data = ir.Text(p.data)
		dst = append(e.chunk(dst, p.cand), `"images":[`...)
		dst = e.close(append(appendImage(dst, p.media), ']'))
	case p.kind == ir.PartAudio:
		dst = e.audioEnd(dst, p, ev.Part)
	}
	for i := range e.open {
		if &e.open[i] == p {
			e.open = append(e.open[:i], e.open[i+1:]...)
			break
		}
	}
	return dst
}

func (e *streamEncoder) audioEnd(dst []byte, p *openPart, final *ir.Part) []byte {
	transcript := p.media.Transcript
	if final != nil && final.Media != nil && final.Media.Transcript != "" {
		transcript = final.Media.Transcript
	}
	if transcript != "" {
		dst = append(e.chunk(dst, p.cand), `"audio":{"transcript":`...)
		dst = e.close(append(transcript.AppendJSON(dst), '}'))
	}
	dst = append(e.chunk(dst, p.cand), `"audio":{"expires_at":`...)
	return e.close(append(appendInt(dst, e.created+audioLife), '}'))
}
