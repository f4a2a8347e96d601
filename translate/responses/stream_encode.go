package responses

import (
	"bytes"
	"slices"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// encoder writes a client's stream: one item after the other, each announced,
// filled and completed. Parts that begin while another is open wait for it.
type encoder struct {
	trip    *ir.Trip
	id      string
	created int64
	tier    string
	usage   ir.Usage
	stop    ir.Stop

	quiet   bool // only the items are wanted, not the events
	begun   bool // response.created is out
	ended   bool
	refused bool // a refusal was delivered
	seq     int64
	index   int    // output_index of the next item
	output  []byte // finished items, with commas between them

	part    live      // the part that is being filled
	open    openItem  // the item that is announced and not completed
	waiting []*queued // parts that began meanwhile, in the order of their starts
}

// live is the part whose events are written as they come.
type live struct {
	on    bool
	index int
	head  ir.Part // copies only
	sig   *ir.Sig
	base  int    // where the part's text begins in the content that it goes on with
	text  []byte // arguments that are held back until they are complete
	begun bool   // its item is announced
	hold  bool   // nothing is written before it stops
}

// NewEncoder writes a client's stream.
func (Codec) NewEncoder(trip *ir.Trip) ir.Encoder { return newEncoder(trip) }

func newEncoder(trip *ir.Trip) *encoder {
	return &encoder{trip: trip, created: trip.Created, usage: ir.NoUsage()}
}

// Ping appends a comment, which parsers of event streams skip.
func (e *encoder) Ping(dst []byte) []byte { return append(dst, ": ping\n\n"...) }

// Append implements ir.Encoder.
func (e *encoder) Append(dst []byte, ev *ir.Event) []byte {
	if e.ended || ev.Cand != 0 {
		return dst // the dialect has one candidate
	}
	switch ev.Kind {
	case ir.EventStart:
		return e.start(dst, ev)
	case ir.EventPartStart:
		return e.partStart(e.announce(dst), ev)
	case ir.EventDelta, ir.EventCitation, ir.EventSignature, ir.EventLogprobs:
		if e.part.on && e.part.index == ev.Index {
			return e.fill(dst, ev)
		}
		e.keep(ev)
	case ir.EventPartStop:
		return e.partStop(dst, ev)
	case ir.EventUsage:
		e.note(ev)
	case ir.EventStop:
		e.stop = ev.Stop
	case ir.EventEnd:
		return e.finish(e.announce(dst))
	case ir.EventError:
		return e.fail(e.announce(dst), ev.Err)
	}
	return dst
}

func (e *encoder) note(ev *ir.Event) {
	if ev.Usage != nil {
		e.usage.Merge(ev.Usage)
	}
	if ev.Tier != "" {
		e.tier = ev.Tier
	}
}

// start takes the answer's id and date and announces it.
func (e *encoder) start(dst []byte, ev *ir.Event) []byte {
	if e.begun {
		return dst
	}
	switch {
	case e.trip.Keeping != nil && e.trip.Keeping.ID != "":
		e.id = e.trip.Keeping.ID
	case ev.ID != "":
		e.id = ir.PrefixID("resp_", ev.ID)
	}
	if ev.Created != 0 {
		e.created = ev.Created
	}
	e.note(ev)
	return e.announce(dst)
}

// announce writes the two events that every stream begins with.
func (e *encoder) announce(dst []byte) []byte {
	if e.begun {
		return dst
	}
	e.begun = true
	if k := e.trip.Keeping; e.id == "" && k != nil {
		e.id = k.ID
	}
	if e.id == "" {
		e.id = newID(e.trip, "resp_")
	}
	if e.quiet {
		return dst
	}
	o := e.object("in_progress", "")
	o.usage = nil
	dst = e.whole(dst, "response.created", &o)
	return e.whole(dst, "response.in_progress", &o)
}

// object is the answer as it stands.
func (e *encoder) object(status, reason string) object {
	return object{
		id: e.id, created: e.created, status: status, reason: reason, output: e.output, usage: &e.usage, tier: e.tier,
	}
}

// end returns the status that the answer ends with.
func (e *encoder) end() (status, reason string) { return statusOf(e.stop, e.refused) }

// whole writes an event that holds the response object.
func (e *encoder) whole(dst []byte, typ string, o *object) []byte {
	dst = e.event(dst, typ)
	dst = append(dst, `,"response":`...)
	start := len(dst)
	dst = o.appendTo(dst, e.trip)
	if e.ended {
		keep(e.trip, dst[start:])
	}
	return e.close(dst)
}

// keep copies the answer's final form for whoever stores it.
func keep(trip *ir.Trip, object []byte) {
	if k := trip.Keeping; k != nil && (k.Store || k.Background) {
		k.Object = bytes.Clone(object)
	}
}

// finish completes what is open and ends the stream.
func (e *encoder) finish(dst []byte) []byte {
	dst = e.drain(dst)
	dst = e.closeItem(dst, "completed")
	e.ended = true
	o := e.object(e.end())
	return e.whole(dst, "response."+o.status, &o)
}

// fail completes what is open as incomplete and ends the stream. A call that was
// torn is told in the final object alone: Codex takes an item for said once it
// is done, whatever its status, and would run it.
func (e *encoder) fail(dst []byte, err *ir.Error) []byte {
	e.part.on = false
	if e.open.kind == openCall {
		seq := e.seq
		e.closeItem(nil, "incomplete")
		e.seq = seq
	} else {
		dst = e.closeItem(dst, "incomplete")
	}
	e.ended = true
	o := e.object("failed", "")
	o.failure = err
	if !e.usage.Known() {
		o.usage = nil
	}
	return e.whole(dst, "response.failed", &o)
}

// drain ends parts that their upstream never ended.
func (e *encoder) drain(dst []byte) []byte {
	for e.part.on || len(e.waiting) > 0 {
		for _, q := range e.waiting {
			q.done = true
		}
		if e.part.on {
			dst = e.partDone(dst, nil)
		}
		dst = e.flush(dst)
	}
	return dst
}

// event begins a frame; the members that differ come behind its type and
// close ends it.
func (e *encoder) event(dst []byte, typ string) []byte {
	dst = append(dst, "event: "...)
	dst = append(dst, typ...)
	dst = append(dst, "\ndata: {\"type\":\""...)
	dst = append(dst, typ...)
	return append(dst, '"')
}

func (e *encoder) close(dst []byte) []byte {
	dst = append(dst, `,"sequence_number":`...)
	dst = appendInt(dst, e.seq)
	e.seq++
	return append(dst, "}\n\n"...)
}

// queued is a part that began while another was open. It owns its bytes.
type queued struct {
	index     int
	head      ir.Part
	text      []byte
	citations []ir.Citation
	logprobs  []ir.TokenLogprob
	sig       *ir.Sig
	done      bool
}

// keep puts an event aside for its part's turn.
func (e *encoder) keep(ev *ir.Event) {
	i := slices.IndexFunc(e.waiting, func(q *queued) bool { return q.index == ev.Index })
	if i < 0 {
		return
	}
	q := e.waiting[i]
	switch ev.Kind {
	case ir.EventDelta:
		q.text = ev.AppendDelta(q.text)
	case ir.EventCitation:
		q.citations = append(q.citations, ownCitation(ev.Citation))
	case ir.EventSignature:
		sig := *ev.Sig
		q.sig = &sig
	case ir.EventLogprobs:
		q.logprobs = append(q.logprobs, ownLogprobs(ev.Logprobs)...)
	}
}

// flush writes the parts that waited, up to one that is still growing.
func (e *encoder) flush(dst []byte) []byte {
	for len(e.waiting) > 0 && !e.part.on {
		q := e.waiting[0]
		e.waiting = e.waiting[1:]
		dst = e.begin(dst, q.index, &q.head)
		if len(q.text) > 0 {
			dst = e.fill(dst, &ir.Event{Kind: ir.EventDelta, Text: ir.Text(q.text)})
		}
		for i := range q.citations {
			dst = e.fill(dst, &ir.Event{Kind: ir.EventCitation, Citation: &q.citations[i]})
		}
		if len(q.logprobs) > 0 {
			dst = e.fill(dst, &ir.Event{Kind: ir.EventLogprobs, Logprobs: q.logprobs})
		}
		if q.sig != nil {
			dst = e.fill(dst, &ir.Event{Kind: ir.EventSignature, Sig: q.sig})
		}
		if q.done {
			dst = e.partDone(dst, nil)
		}
	}
	return dst
}
