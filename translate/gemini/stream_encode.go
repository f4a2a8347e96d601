package gemini

import (
	"strconv"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// streamEncoder writes a client's stream: data lines and nothing else, since
// the stream parser of Gemini CLI fails on comments and on events with names.
// Text goes out as it comes; calls and media go out whole, in one part.
type streamEncoder struct {
	trip  *ir.Trip
	first []byte // what stands in front of the parts of candidate 0
	tail  []byte // what stands behind the parts
	end   string // of a chunk
	began bool   // a chunk has been written
	ended bool

	id    string
	usage ir.Usage
	cands []answering
}

// answering is the state of one candidate.
type answering struct {
	open    []*building
	stop    ir.Stop
	sources grounding
	logs    tokenLogs
}

// building is a part that is open.
type building struct {
	index int
	part  ir.Part
	text  []byte        // what it has said: text, or the data of media
	raw   []byte        // arguments that come as raw JSON
	cites []ir.Citation // of all that it says
}

const lineEnd = "\r\n\r\n"

// NewEncoder writes a client's stream.
func (Codec) NewEncoder(trip *ir.Trip) ir.Encoder {
	return &streamEncoder{trip: trip, usage: ir.NoUsage()}
}

// Ping implements ir.Encoder: the dialect's clients take no keep-alive.
func (s *streamEncoder) Ping(dst []byte) []byte { return dst }

// Append implements ir.Encoder.
func (s *streamEncoder) Append(dst []byte, e *ir.Event) []byte {
	if s.ended {
		return dst
	}
	switch e.Kind {
	case ir.EventStart:
		s.start(e.ID)
		s.note(e)
	case ir.EventPartStart:
		return s.open(dst, e)
	case ir.EventDelta:
		return s.delta(dst, e)
	case ir.EventSignature:
		return s.signature(dst, e)
	case ir.EventCitation:
		if b := s.find(e); b != nil && e.Citation.Placeless() {
			c := *e.Citation
			c.URL, c.Title = c.URL.Clone(), c.Title.Clone()
			b.cites = append(b.cites, c)
		} else if b != nil {
			s.cand(e.Cand).sources.add(e.Citation, ir.Text(b.text).String(), 0)
		}
	case ir.EventLogprobs:
		s.cand(e.Cand).logs.add(e.Logprobs)
	case ir.EventPartStop:
		return s.close(dst, e)
	case ir.EventUsage:
		s.note(e)
	case ir.EventStop:
		c := s.cand(e.Cand)
		c.stop = e.Stop
		c.stop.Detail = e.Stop.Detail.Clone()
	case ir.EventError:
		s.ended = true
		return s.fail(dst, e.Err)
	case ir.EventEnd:
		s.ended = true
		return s.finish(dst)
	}
	return dst
}

func (s *streamEncoder) note(e *ir.Event) {
	if e.Usage != nil {
		s.usage.Merge(e.Usage)
	}
}

// start prepares the constant parts of chunks.
func (s *streamEncoder) start(id string) {
	if s.tail != nil {
		return
	}
	s.id = answerID(id, s.trip)
	if !s.trip.Array {
		s.first, s.end = append(s.first, "data: "...), lineEnd
	}
	s.first = append(s.first, `{"candidates":[{"index":0,"content":{"role":"model","parts":[`...)
	s.tail = append(s.tail, `]}}]`...)
	s.tail = append(s.identity(s.tail), '}')
	s.tail = append(s.tail, s.end...)
}

// identity appends the members that every chunk has.
func (s *streamEncoder) identity(dst []byte) []byte {
	dst = appendString(dst, "modelVersion", s.trip.Model)
	return appendString(dst, "responseId", s.id)
}

func (s *streamEncoder) cand(i int) *answering {
	for len(s.cands) <= i {
		s.cands = append(s.cands, answering{})
	}
	return &s.cands[i]
}

func (s *streamEncoder) find(e *ir.Event) *building {
	if e.Cand >= len(s.cands) {
		return nil
	}
	for _, b := range s.cands[e.Cand].open {
		if b.index == e.Index {
			return b
		}
	}
	return nil
}

// separate appends what stands between two elements of a streamed array.
func (s *streamEncoder) separate(dst []byte) []byte {
	if s.trip.Array {
		if s.began {
			dst = append(dst, ",\r\n"...)
		} else {
			dst = append(dst, '[')
		}
	}
	s.began = true
	return dst
}

// head appends what stands in front of a chunk's parts.
func (s *streamEncoder) head(dst []byte, cand int) []byte {
	s.start("")
	dst = s.separate(dst)
	if cand == 0 {
		return append(dst, s.first...)
	}
	if !s.trip.Array {
		dst = append(dst, "data: "...)
	}
	dst = append(dst, `{"candidates":[{"index":`...)
	dst = strconv.AppendInt(dst, int64(cand), 10)
	return append(dst, `,"content":{"role":"model","parts":[`...)
}

// whole appends a chunk with one complete part, nothing when the part has no
// form.
func (s *streamEncoder) whole(dst []byte, cand int, p *ir.Part) []byte {
	part := appendPart(nil, p)
	if len(part) == 0 {
		return dst
	}
	return append(append(s.head(dst, cand), part...), s.tail...)
}

func (s *streamEncoder) open(dst []byte, e *ir.Event) []byte {
	c := s.cand(e.Cand)
	b := &building{index: e.Index, part: ir.Part{Kind: e.Part.Kind, Sig: e.Part.Sig}}
	c.open = append(c.open, b)
	switch h := e.Part; {
	case h.Call != nil:
		call := *h.Call
		b.raw = append(b.raw, call.Args.JSON...)
		b.text = append(b.text, call.Args.Text...)
		call.Args = ir.Args{}
		b.part.Call = &call
	case h.Media != nil:
		media := *h.Media
		b.text = append(b.text, media.Data...)
		media.Data = ""
		b.part.Media = &media
	case h.Server != nil && (h.Server.Dialect == ir.Gemini || e.Part.Kind == ir.PartServerResult):
		return s.whole(dst, e.Cand, h)
	case h.Server != nil:
		b.raw = append(b.raw, h.Server.Args.JSON...)
		b.text = append(b.text, h.Server.Args.Text...)
		b.part.Server = &ir.ServerItem{Tool: h.Server.Tool, Dialect: h.Server.Dialect}
	case h.Think != nil && h.Think.Redacted:
		b.part.Sig = nil
		return s.whole(dst, e.Cand, h)
	case h.Text != "":
		return s.say(dst, e.Cand, b, h.Text)
	}
	return dst
}

func (s *streamEncoder) delta(dst []byte, e *ir.Event) []byte {
	b := s.find(e)
	switch {
	case b == nil:
		return dst
	case b.part.Call != nil, b.part.Media != nil, b.part.Server != nil:
		b.text = append(b.text, e.Text...)
		b.raw = append(b.raw, e.JSON...)
		return dst
	case e.Text == "":
		return dst
	}
	return s.say(dst, e.Cand, b, e.Text)
}

// say appends a chunk with a piece of text.
func (s *streamEncoder) say(dst []byte, cand int, b *building, text ir.Text) []byte {
	b.text = append(b.text, text...)
	dst = append(s.head(dst, cand), `{"text":"`...)
	dst = append(dst, text...)
	if b.part.Kind == ir.PartThinking {
		dst = append(dst, `","thought":true}`...)
	} else {
		dst = append(dst, `"}`...)
	}
	return append(dst, s.tail...)
}

// signature keeps the signature of a part that goes out whole; the one of a
// text that is out already follows it in an empty part.
func (s *streamEncoder) signature(dst []byte, e *ir.Event) []byte {
	b := s.find(e)
	switch {
	case b == nil || e.Sig == nil:
		return dst
	case b.part.Call != nil, b.part.Media != nil:
		sig := *e.Sig
		b.part.Sig = &sig
		return dst
	case b.part.Kind == ir.PartThinking:
		return s.whole(dst, e.Cand, &ir.Part{Kind: ir.PartThinking, Think: &ir.Thinking{Sig: e.Sig}})
	}
	return s.whole(dst, e.Cand, &ir.Part{Kind: ir.PartText, Sig: e.Sig})
}

func (s *streamEncoder) close(dst []byte, e *ir.Event) []byte {
	b := s.find(e)
	if b == nil {
		return dst
	}
	c := &s.cands[e.Cand]
	for i := range c.open {
		if c.open[i] == b {
			c.open = append(c.open[:i], c.open[i+1:]...)
			break
		}
	}
	if len(b.cites) > 0 {
		said := ir.Text(b.text).String()
		for i := range b.cites {
			c.sources.add(&b.cites[i], said, 0)
		}
	}
	return s.complete(dst, e.Cand, b, e.Part)
}

// complete writes what of a part has not gone out yet. final is the upstream's
// own complete version of it, if it sent one.
func (s *streamEncoder) complete(dst []byte, cand int, b *building, final *ir.Part) []byte {
	p := &b.part
	switch {
	case p.Call != nil:
		p.Call.Args = ir.Args{JSON: b.raw, Text: ir.Text(b.text)}
		if p.Call.Args.Empty() && final != nil && final.Call != nil {
			p.Call.Args = final.Call.Args
		}
		return s.whole(dst, cand, p)
	case p.Server != nil:
		p.Server.Args = ir.Args{JSON: b.raw, Text: ir.Text(b.text)}
		return s.whole(dst, cand, p)
	case p.Media != nil:
		p.Media.Data = ir.Text(b.text)
		if p.Media.Data == "" && final != nil && final.Media != nil {
			p.Media = final.Media
		}
		return s.whole(dst, cand, p)
	case final != nil && len(final.Text) > len(b.text) && strings.HasPrefix(string(final.Text), string(b.text)):
		return s.say(dst, cand, b, final.Text[len(b.text):])
	}
	return dst
}

// finish appends the last chunk: why the candidates ended, and what was used.
func (s *streamEncoder) finish(dst []byte) []byte {
	s.start("")
	s.cand(0)
	dst = s.separate(dst)
	if !s.trip.Array {
		dst = append(dst, "data: "...)
	}
	dst = append(dst, `{"candidates":[`...)
	for i := range s.cands {
		c := &s.cands[i]
		dst = append(appendComma(dst), `{"index":`...)
		dst = strconv.AppendInt(dst, int64(i), 10)
		dst = append(dst, `,"content":{"role":"model","parts":[{"text":""}]}`...)
		dst = appendStop(dst, &c.stop)
		dst = c.sources.append(dst)
		dst = append(c.logs.append(dst), '}')
	}
	dst = append(dst, ']')
	dst = appendUsage(dst, &s.usage)
	dst = append(s.identity(dst), '}')
	dst = append(dst, s.end...)
	if s.trip.Array {
		dst = append(dst, ']')
	}
	return dst
}

// fail ends the stream with an error.
func (s *streamEncoder) fail(dst []byte, e *ir.Error) []byte {
	dst = s.separate(dst)
	return appendFailure(dst, e, s.trip.Array)
}

// appendFailure appends an error as the last chunk of a stream. Events hold it
// twice: as data, and bare, as Google sends it. The Gen AI SDK for JavaScript
// that Gemini CLI comes with sees the bare one alone, and without it takes what
// came for the whole answer; readers of events pass over lines like that.
func appendFailure(dst []byte, e *ir.Error, array bool) []byte {
	if array {
		return append(appendError(dst, e), ']')
	}
	dst = append(dst, "data: "...)
	dst = append(appendError(dst, e), lineEnd...)
	return append(appendError(dst, e), lineEnd...)
}
