package handlers

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"mime"
	"net/http"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/pool"
	"github.com/caddy-ai-gateway/ai-gateway/providers"
	"github.com/caddy-ai-gateway/ai-gateway/translate"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/sse"
)

const (
	maxErrorBody  = 1 << 20  // of an upstream's error that is read
	maxAnswerBody = 64 << 20 // of a whole answer; images are long
)

// deliver brings the upstream's answer to the client.
func (a *attempt) deliver(ctx context.Context, resp *http.Response) error {
	kind := mediaType(resp.Header.Get("Content-Type"))
	if kind == "text/html" {
		return a.failed(&ir.Error{Kind: ir.ErrUpstream, Status: http.StatusBadGateway, Upstream: a.target.Dialect, Code: htmlAnswer})
	}
	streamed, array := framing(kind, a.target.Dialect, a.env.Stream)
	answer, err := a.exchange.Answer(streamed)
	if err != nil {
		return err
	}
	answer = a.summary.of(a.keeping(answer))
	a.seen = answer.Seen()
	answer = a.envelopes(answer)
	a.describe()
	body := plainBody(resp)
	heard := &a.desk.alert
	*heard = alert{body, a.sink}
	switch {
	case !streamed:
		return a.deliverBody(ctx, heard, resp.ContentLength, answer)
	case a.env.Stream:
		return a.deliverStream(ctx, body, a.source(heard, array), answer)
	default:
		return a.collect(ctx, body, a.source(heard, array), answer)
	}
}

// mediaType is a content type without its parameters.
func mediaType(contentType string) string {
	switch contentType {
	case "application/json", "text/event-stream":
		return contentType // as nearly all are
	}
	kind, _, _ := mime.ParseMediaType(contentType)
	return kind
}

// framing tells by the content type how the upstream answers: with events, with
// a JSON array of events (Gemini), or at once. What it does not tell is taken
// for what was asked.
func framing(kind string, d ir.Dialect, asked bool) (streamed, array bool) {
	switch kind {
	case "text/event-stream":
		return true, false
	case "application/json":
		// Gemini's array framing cannot be told from a whole answer by its
		// type; it occurs only where a stream was asked for.
		return d == ir.Gemini && asked, d == ir.Gemini && asked
	default:
		return asked, false
	}
}

func (a *attempt) source(body io.Reader, array bool) sse.Source {
	if array {
		return sse.NewArrayReader(body)
	}
	return a.borrowReader(body)
}

// plainBody undoes a coding that the upstream applied unasked.
func plainBody(resp *http.Response) io.Reader {
	if resp.Header.Get("Content-Encoding") != "gzip" {
		return resp.Body
	}
	zr, err := gzip.NewReader(resp.Body)
	if err != nil {
		return resp.Body
	}
	return zr
}

// The headers that tell how an answer came about.
const (
	headerModel    = "X-Ai-Gateway-Model"
	headerUpstream = "X-Ai-Gateway-Upstream"
	headerNotes    = "X-Ai-Gateway-Notes"
)

// undescribe takes back what an attempt said that did not answer in the end.
// Notes stay: they are about the request.
func undescribe(h http.Header) {
	delete(h, headerModel) // the names are canonical, which Del would look into
	delete(h, headerUpstream)
}

// describe sets the headers that tell how the answer came about. They are lost
// when a keep-alive has opened the stream before.
func (a *attempt) describe() {
	a.log.served = ""
	if a.target.Model != a.env.Model {
		a.log.served = a.target.Model
	}
	if a.log.served == "" && !a.g.ExposeAccount {
		return
	}
	a.sink.describe(func(h http.Header) {
		if a.log.served != "" {
			h[headerModel] = []string{a.log.served}
		}
		if a.g.ExposeAccount {
			h[headerUpstream] = []string{a.lease.Account.Name}
		}
	})
}

// describeNotes sets the header that tells what could not be carried over to
// the account's dialect, which holds for an error too.
func (a *attempt) describeNotes() {
	a.log.served = ""
	if a.log.attempts == 0 && len(a.target.Notes.List()) == 0 {
		return // as nearly always: there is nothing to take back and nothing to tell
	}
	a.sink.describe(undescribe)
	a.setNotes()
}

// setNotes tells the notes that there are by now.
func (a *attempt) setNotes() {
	a.noted, a.log.notes = len(a.target.Notes.List()), a.target.Notes.Header(true)
	a.sink.describe(func(h http.Header) {
		delete(h, headerNotes)
		if notes := a.target.Notes.Header(a.g.Notes == NotesAll); notes != "" && a.g.Notes != NotesOff {
			h[headerNotes] = []string{notes}
		}
	})
}

// noteAnswer tells the notes of what the answer has said by now.
func (a *attempt) noteAnswer() {
	if len(a.target.Notes.List()) > a.noted {
		a.setNotes()
	}
}

// deliverStream hands a stream on: frame by frame until there is content, and
// then all frames of a read at once.
func (a *attempt) deliverStream(ctx context.Context, body io.Reader, src sse.Source, answer translate.Answer) error {
	seen := answer.Seen()
	for src.Next() {
		a.span.look(src.Event().Data)
		var err error
		if seen.Content {
			err = a.sink.frames(answer, src, &a.weight)
		} else {
			a.weight.frame(len(src.Event().Data))
			err = a.sink.frame(answer, src.Event(), src.Buffered())
		}
		if err != nil {
			return a.gone()
		}
		a.progress(seen)
		if !seen.Content {
			a.noteAnswer()
		}
		if seen.Err != nil || seen.Done {
			break
		}
	}
	if err := src.Err(); err != nil && !seen.Done && seen.Err == nil {
		return a.broken(answer, networkError(ctx, err))
	}
	if seen.Events == 0 {
		return a.failed(emptyAnswer())
	}
	if err := a.sink.finish(answer); err != nil {
		return a.gone()
	}
	a.drain(body, src)
	return a.settle(seen)
}

// drainTime is how long the end of a finished stream is waited for. A
// connection is used again only when its answer was read to the end, which
// normally came with the last event.
const drainTime = 100 * time.Millisecond

func (a *attempt) drain(body io.Reader, src sse.Source) {
	if src.Ended() {
		return
	}
	a.sink.linger(drainTime)
	_, _ = io.CopyN(io.Discard, body, 4<<10)
	a.sink.unwatch()
}

// progress notes the first content, which frees the account of its cooldown.
func (a *attempt) progress(seen *ir.Seen) {
	a.patience.heard(seen.Content)
	if seen.Content && a.outcome.FirstByte == 0 {
		a.outcome.FirstByte = max(time.Since(a.started), 1)
		a.log.firstByte = a.outcome.FirstByte
		a.lease.Answering()
	}
}

// settle ends an attempt whose stream has ended: well, or with an error inside
// it, which before content is like any other.
func (a *attempt) settle(seen *ir.Seen) error {
	a.log.usage, a.log.stop = seen.Usage, seen.Stop.Reason
	if seen.Err == nil {
		a.outcome.Kind = pool.Succeeded
		return nil
	}
	err := a.failed(seen.Err)
	if !a.sink.abandon() {
		a.retry, a.cut, a.log.status = false, true, asError(err).Status
		return errDelivered // told inside the stream
	}
	return err
}

// broken ends an attempt whose stream was torn.
func (a *attempt) broken(answer translate.Answer, e *ir.Error) error {
	err := a.failed(e)
	if a.sink.abandon() {
		return err
	}
	a.retry = false
	if a.r.Context().Err() != nil {
		return a.gone()
	}
	if a.sink.isSlow() {
		a.outcome = pool.Outcome{FirstByte: a.outcome.FirstByte} // whose fault it is cannot be told
	}
	a.cut, a.log.status = true, asError(err).Status
	_ = a.sink.write(answer.Fail(nil, translate.ClientError(e, true)))
	return errDelivered
}

// collect makes one answer of a stream, for a client that wants it whole.
func (a *attempt) collect(ctx context.Context, body io.Reader, src sse.Source, answer translate.Answer) error {
	seen := answer.Seen()
	for src.Next() {
		a.weight.frame(len(src.Event().Data))
		a.span.look(src.Event().Data)
		answer.Frame(nil, src.Event())
		a.progress(seen)
		if seen.Err != nil || seen.Done {
			break
		}
	}
	if err := src.Err(); err != nil && !seen.Done && seen.Err == nil {
		return a.failed(networkError(ctx, err))
	}
	a.drain(body, src)
	return a.whole(answer.Close(nil), seen)
}

// deliverBody translates an answer that came at once.
func (a *attempt) deliverBody(ctx context.Context, body io.Reader, length int64, answer translate.Answer) error {
	in := a.borrow(answerSize(length))
	var err error
	in.b, err = readUpTo(in.b, body, maxAnswerBody+1)
	switch {
	case err != nil:
		return a.failed(networkError(ctx, err))
	case len(in.b) > maxAnswerBody:
		return a.failed(&ir.Error{Kind: ir.ErrUpstream, Status: http.StatusBadGateway, Upstream: a.target.Dialect, Message: "answer too large"})
	case len(bytes.TrimSpace(in.b)) == 0:
		return a.failed(emptyAnswer())
	}
	a.weight.bytes = int64(len(in.b))
	a.span.look(in.b)
	out := a.borrow(a.body.AnswerSize(len(in.b), a.exchange.Relayed()))
	out.b = answer.Body(out.b, in.b)
	seen := answer.Seen()
	if a.env.Stream && seen.Err == nil {
		a.progress(seen)
		if err := a.sink.fix(out.b); err != nil {
			return a.gone()
		}
		return a.settle(seen)
	}
	return a.whole(out.b, seen)
}

// answerSize is how much room an answer is given at first, by the length that
// its headers tell, if any. One byte more is room to see the end.
func answerSize(length int64) int {
	return int(min(max(length+1, 2*smallestBuffer), 1<<20))
}

// whole sends a complete answer.
func (a *attempt) whole(out []byte, seen *ir.Seen) error {
	if seen.Err == nil {
		a.progress(seen)
		a.noteAnswer()
		if err := a.sink.whole(http.StatusOK, out); err != nil {
			return a.gone()
		}
	}
	return a.settle(seen)
}

// readError reads an upstream's error answer.
func (a *attempt) readError(resp *http.Response) *ir.Error {
	body, _ := io.ReadAll(io.LimitReader(plainBody(resp), maxErrorBody))
	e := upstreamOf(a.lease.Account).refusal(a.target.Dialect, resp, body)
	if e.Status < http.StatusBadRequest {
		e.Status = http.StatusBadGateway // a redirect is no answer of an API
	}
	a.explain(e)
	return e
}

// explain has the account's kind say what an upstream's error means there.
func (a *attempt) explain(e *ir.Error) {
	if reader, ok := upstreamOf(a.lease.Account).Provider.(providers.ErrorReader); ok && e.Upstream != fromNetwork && e.Upstream != fromProxy {
		reader.ReadError(e)
	}
}
