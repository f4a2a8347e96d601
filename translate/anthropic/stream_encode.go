package anthropic

import (
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// NewEncoder writes a client's stream.
func (c Codec) NewEncoder(trip *ir.Trip) ir.Encoder {
	return &streamEncoder{blockWriter: blockWriter{trip: trip}, usage: ir.NoUsage()}
}

// pingFrame is the keep-alive, which Anthropic sends after message_start, too.
const pingFrame = "event: ping\ndata: {\"type\":\"ping\"}\n\n"

// streamEncoder brings parts, of which several may be open at once, into the
// order that clients insist on: one block after the other. The part that
// opened first is written as it comes, the others wait in buffers.
type streamEncoder struct {
	blockWriter
	started, done bool
	parts         []*openPart // in the order of their starts
	spare         []*openPart
	usage         ir.Usage
	tier          string
	stop          ir.Stop
}

// openPart is a part that is not written to its end.
type openPart struct {
	index   int
	kind    ir.PartKind
	stopped bool
	begun   bool   // its block is open
	fed     bool   // deltas have come
	whole   bool   // arguments come as a raw object: the call waits until it is complete
	buf     []byte // escaped text that is not written yet
	cites   []byte // citations_delta members that are not written yet, a line each
	id      string
	name    string
	sig     string // for the client; of a call or text: for the block before it
	typ     string // of thinking
	native  ir.Part
}

// Append writes what an event changes for the client.
func (e *streamEncoder) Append(dst []byte, ev *ir.Event) []byte {
	if e.done || ev.Cand != 0 {
		return dst
	}
	e.dst = dst
	switch ev.Kind {
	case ir.EventStart:
		e.messageStart(ev)
	case ir.EventPartStart:
		e.partStart(ev)
	case ir.EventDelta, ir.EventCitation, ir.EventSignature, ir.EventPartStop:
		e.partEvent(ev)
	case ir.EventUsage:
		e.takeUsage(ev)
	case ir.EventStop:
		e.stop = ir.Stop{
			Reason: ev.Stop.Reason, Category: ev.Stop.Category, Sequence: ev.Stop.Sequence.Clone(), Detail: ev.Stop.Detail.Clone(),
		}
	case ir.EventPing:
		e.dst = append(e.dst, pingFrame...)
	case ir.EventError:
		e.fail(ev.Err)
	case ir.EventEnd:
		e.messageStop()
	}
	dst, e.dst = e.dst, nil
	return dst
}

// Ping appends the keep-alive.
func (e *streamEncoder) Ping(dst []byte) []byte {
	if e.done {
		return dst
	}
	return append(dst, pingFrame...)
}

func (e *streamEncoder) takeUsage(ev *ir.Event) {
	if ev.Usage != nil {
		e.usage.Merge(ev.Usage)
	}
	if ev.Tier != "" {
		e.tier = ev.Tier
	}
}

// messageStart writes message_start with the usage that is known by then, and a ping.
func (e *streamEncoder) messageStart(ev *ir.Event) {
	if e.started {
		return
	}
	e.started = true
	e.takeUsage(ev)
	e.dst = append(e.dst, "event: message_start\ndata: {\"type\":\"message_start\",\"message\":"...)
	e.dst = appendMessageHead(e.dst, ev.ID, e.trip)
	e.dst = append(e.dst, `[],"stop_reason":null,"stop_sequence":null,"usage":`...)
	e.dst = appendUsage(e.dst, &e.usage, e.tier, 1)
	e.dst = append(e.dst, "}}\n\n"+pingFrame...)
}

// messageStop closes what is open and writes message_delta and message_stop.
func (e *streamEncoder) messageStop() {
	if !e.started {
		e.messageStart(&ir.Event{})
	}
	for _, p := range e.parts {
		p.stopped = true
	}
	e.advance()
	e.dropLate()
	e.closeBlock()
	e.dst = append(e.dst, "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{"...)
	e.dst = appendStop(e.dst, e.stop, e.called, e.trip)
	e.dst = append(e.dst, `},"usage":`...)
	e.dst = appendUsage(e.dst, &e.usage, "", 0)
	e.dst = append(e.dst, "}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"...)
	e.done = true
}

// fail writes the error event, after which nothing comes: blocks stay open.
func (e *streamEncoder) fail(err *ir.Error) {
	id := ""
	if e.trip.NewID != nil {
		id = e.trip.NewID("req_")
	}
	e.dst = appendErrorFrame(e.dst, err, id)
	e.done = true
}

func appendErrorFrame(dst []byte, err *ir.Error, requestID string) []byte {
	dst = append(dst, "event: error\ndata: "...)
	dst = Codec{}.AppendError(dst, err, requestID)
	return append(dst, "\n\n"...)
}

func (e *streamEncoder) partStart(ev *ir.Event) {
	p := e.newPart(ev)
	h := ev.Part
	switch h.Kind {
	case ir.PartText, ir.PartRefusal:
		p.kind, p.sig = ir.PartText, sigValue(h.Sig)
	case ir.PartThinking:
		p.typ, p.sig = thinkingForm(h.Think, false)
	case ir.PartToolCall:
		p.id, p.name, p.sig = h.Call.ID, h.Call.Name, sigValue(h.Sig)
		p.whole = p.name == ""
		p.feedArgs(&h.Call.Args)
	default:
		p.native = ir.Part{}
		if isNative(h) {
			p.native = cloneNative(h)
		}
	}
	if h.Text != "" {
		p.fed, p.buf = true, append(p.buf, h.Text...)
	}
	if len(e.parts) == 1 {
		e.advance()
	}
}

func (p *openPart) feedArgs(a *ir.Args) {
	if !a.Empty() {
		p.fed, p.buf = true, a.AppendString(p.buf)
	}
}

// newPart takes a part from the spare ones, so that a stream of many calls
// does not allocate for each.
func (e *streamEncoder) newPart(ev *ir.Event) *openPart {
	p := &openPart{}
	if n := len(e.spare); n > 0 {
		p, e.spare = e.spare[n-1], e.spare[:n-1]
		*p = openPart{buf: p.buf[:0], cites: p.cites[:0]}
	}
	p.index, p.kind = ev.Index, ev.Part.Kind
	e.parts = append(e.parts, p)
	return p
}

func (e *streamEncoder) partEvent(ev *ir.Event) {
	for i, p := range e.parts {
		if p.index != ev.Index {
			continue
		}
		live := i == 0
		switch ev.Kind {
		case ir.EventDelta:
			e.delta(p, ev, live)
		case ir.EventCitation:
			p.cite(ev.Citation)
		case ir.EventSignature:
			p.sig = sigValue(ev.Sig)
			if p.kind == ir.PartThinking && ev.Sig != nil {
				p.typ, _ = thinkingForm(&ir.Thinking{Sig: ev.Sig}, !p.fed)
			}
		case ir.EventPartStop:
			p.stopped = true
			p.final(ev.Part)
			if live {
				e.advance()
			}
		}
		return
	}
}

// final takes over what the upstream tells only at a part's end.
func (p *openPart) final(f *ir.Part) {
	if f == nil {
		return
	}
	if f.Call != nil && p.kind == ir.PartToolCall && !p.begun {
		if p.id == "" {
			p.id = f.Call.ID
		}
		if p.name == "" {
			p.name = f.Call.Name
		}
	}
	if !p.fed {
		if f.Call != nil {
			p.feedArgs(&f.Call.Args)
		} else if f.Text != "" {
			p.fed, p.buf = true, append(p.buf, f.Text...)
		}
	}
	if p.sig != "" {
		return
	}
	if f.Think != nil {
		p.typ, p.sig = thinkingForm(f.Think, !p.fed)
	} else {
		p.sig = sigValue(f.Sig)
	}
}

func (p *openPart) cite(c *ir.Citation) {
	if c != nil && c.Dialect == ir.Anthropic && len(c.Raw) > 0 {
		p.cites = append(p.cites, `{"type":"citations_delta","citation":`...)
		p.cites = append(appendLine(p.cites, c.Raw), "}\n"...)
	}
}
