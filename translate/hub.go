package translate

import (
	"net/http"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/sse"
)

// hub translates through the intermediate representation.
type hub struct {
	call     *Call
	target   *ir.Target
	upstream Upstream
	model    string
	created  int64
}

func (h *hub) Relayed() bool { return false }

func (h *hub) Request(dst []byte) ([]byte, error) {
	req, err := h.call.request()
	if err != nil {
		return dst, err
	}
	h.target.Names = ir.NewNames(req.Tools, h.upstream.NameRule())
	req = h.withMedia(h.call.reminded(req, h.target))
	out, err := h.upstream.AppendRequest(dst, req, h.target)
	if err == nil && req.Dialect != h.target.Dialect {
		err = report(req, h.target)
	}
	if err != nil {
		return dst, err
	}
	return out, nil
}

func (h *hub) Header() http.Header {
	req, err := h.call.request()
	if err != nil {
		return nil
	}
	return h.upstream.Header(req, h.target)
}

func (h *hub) Answer(streamed bool) (Answer, error) {
	trip, err := h.call.trip(h.target, h.model, h.created)
	if err != nil {
		return nil, err
	}
	trip.Keeping = h.call.keeping
	if h.target.Names == nil {
		h.target.Names = ir.NewNames(trip.Request.Tools, h.upstream.NameRule())
	}
	return newAnswer(h.call.client, h.upstream, trip, h.call.env, streamed, newRecorder(h.call, h.target)), nil
}

// newAnswer picks the way back by what the client asked for and what the
// upstream sends.
func newAnswer(client Codec, upstream Upstream, trip *ir.Trip, env *ir.Envelope, streamed bool, rec *recorder) Answer {
	base := answer{client: client, upstream: upstream, trip: trip, seen: ir.Seen{Usage: ir.NoUsage()}, recorder: rec}
	switch {
	case env.Op == ir.CountTokens:
		return &counted{base}
	case env.Stream:
		a := &streamAnswer{answer: base, enc: client.NewEncoder(trip)}
		if streamed {
			a.dec = upstream.NewDecoder(trip)
		}
		a.restore = newRestorer(trip, a.write)
		return a
	default:
		a := &wholeAnswer{answer: base}
		if streamed {
			a.dec = upstream.NewDecoder(trip)
			a.restore = newRestorer(trip, a.collect)
		}
		return a
	}
}

// answer is what all ways back share.
type answer struct {
	client   Codec
	upstream Upstream
	trip     *ir.Trip
	seen     ir.Seen
	recorder *recorder
}

// note learns from an event.
func (a *answer) note(e *ir.Event) {
	a.seen.Note(e)
	a.recorder.note(e)
	switch e.Kind {
	case ir.EventPartStart:
		a.unsaid(e.Part)
	case ir.EventCitation:
		a.uncited(e.Citation)
	}
}

func (a *answer) Seen() *ir.Seen { return &a.seen }

// decode reads a whole answer and brings back the client's tool names.
func (a *answer) decode(body []byte) *ir.Response {
	resp, err := a.upstream.DecodeResponse(body, a.trip)
	if err != nil {
		a.seen.Err = asError(err)
		return nil
	}
	restoreResponse(resp, a.trip)
	ir.Replay(resp, a.note)
	return resp
}

func asError(err error) *ir.Error {
	if e, ok := err.(*ir.Error); ok {
		return e
	}
	return &ir.Error{Kind: ir.ErrUpstream, Status: http.StatusBadGateway, Message: err.Error()}
}

// streamAnswer writes a stream for the client.
type streamAnswer struct {
	answer
	dec     ir.Decoder
	enc     ir.Encoder
	restore *restorer
	events  []ir.Event
	dst     []byte
}

func (a *streamAnswer) Frame(dst []byte, ev sse.Event) []byte {
	a.seen.Events++
	return a.run(dst, a.dec.Decode(a.events[:0], ev.Name, ev.Data))
}

func (a *streamAnswer) Close(dst []byte) []byte {
	return a.run(dst, a.dec.Close(a.events[:0]))
}

func (a *streamAnswer) run(dst []byte, events []ir.Event) []byte {
	a.dst = dst
	for i := range events {
		a.restore.event(&events[i])
	}
	a.events = events
	dst, a.dst = a.dst, nil
	return dst
}

func (a *streamAnswer) write(e *ir.Event) {
	a.note(e)
	if e.Kind == ir.EventError {
		e = &ir.Event{Kind: ir.EventError, Err: ClientError(e.Err, true)}
	}
	a.dst = a.enc.Append(a.dst, e)
}

func (a *streamAnswer) Body(dst, body []byte) []byte {
	resp := a.decode(body)
	if resp == nil {
		return dst
	}
	ir.Replay(resp, func(e *ir.Event) { dst = a.enc.Append(dst, e) })
	return dst
}

func (a *streamAnswer) Fail(dst []byte, e *ir.Error) []byte {
	ev := ir.Event{Kind: ir.EventError, Err: e}
	a.seen.Note(&ev)
	return a.enc.Append(dst, &ev)
}

// wholeAnswer writes one body for the client.
type wholeAnswer struct {
	answer
	dec       ir.Decoder
	restore   *restorer
	events    []ir.Event
	collector ir.Collector
}

func (a *wholeAnswer) Frame(dst []byte, ev sse.Event) []byte {
	a.seen.Events++
	a.run(a.dec.Decode(a.events[:0], ev.Name, ev.Data))
	return dst
}

func (a *wholeAnswer) Close(dst []byte) []byte {
	a.run(a.dec.Close(a.events[:0]))
	resp, err := a.collector.Response()
	if err != nil {
		a.seen.Err = err
		return dst
	}
	return a.client.AppendResponse(dst, resp, a.trip)
}

func (a *wholeAnswer) run(events []ir.Event) {
	for i := range events {
		a.restore.event(&events[i])
	}
	a.events = events
}

func (a *wholeAnswer) collect(e *ir.Event) {
	a.note(e)
	a.collector.Add(e)
}

func (a *wholeAnswer) Body(dst, body []byte) []byte {
	resp := a.decode(body)
	if resp == nil {
		return dst
	}
	return a.client.AppendResponse(dst, resp, a.trip)
}

func (a *wholeAnswer) Fail(dst []byte, e *ir.Error) []byte {
	a.seen.Err, a.seen.Done = e, true
	return a.client.AppendError(dst, e, "")
}

// counted translates the answer of a counting endpoint.
type counted struct{ answer }

func (a *counted) Frame(dst []byte, _ sse.Event) []byte { return dst }
func (a *counted) Close(dst []byte) []byte              { return dst }

func (a *counted) Body(dst, body []byte) []byte {
	n, err := a.upstream.DecodeCount(body)
	if err != nil {
		a.seen.Err = asError(err)
		return dst
	}
	a.seen.Content, a.seen.Done = true, true
	return a.client.AppendCount(dst, n)
}

func (a *counted) Fail(dst []byte, e *ir.Error) []byte {
	a.seen.Err, a.seen.Done = e, true
	return a.client.AppendError(dst, e, "")
}
