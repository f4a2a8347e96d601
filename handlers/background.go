package handlers

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/tidwall/sjson"
	"go.uber.org/zap"

	"github.com/caddy-ai-gateway/ai-gateway/access"
	"github.com/caddy-ai-gateway/ai-gateway/internal/guard"
	"github.com/caddy-ai-gateway/ai-gateway/providers"
	"github.com/caddy-ai-gateway/ai-gateway/stored"
	"github.com/caddy-ai-gateway/ai-gateway/translate"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// backgroundTime is the longest time that an answer may take to which nobody
// listens. It is shorter than what is stored is kept without use.
const backgroundTime = 30 * time.Minute

// unwatched is the name of the work in the log and in the metrics.
const unwatched = "answering in the background"

// inBackground reports whether the gateway itself must make an answer that the
// client does not wait for: no account that could answer does so.
func (c *call) inBackground() bool {
	if c.state == nil || !c.state.said.Background || c.state.pin != "" {
		return false
	}
	if c.state.parent != "" {
		return true // no account knows what it goes on with
	}
	block := c.g.Models.find(c.env.Model)
	model := block.upstreamName(c.env.Model)
	for _, a := range c.serving(model, block) {
		up := upstreamOf(a)
		p := up.Provider
		keeps := p.Dialect(ir.Responses, ir.Generate, model) == ir.Responses && !up.capsOf(ir.Responses, model).Codex
		if k, ok := p.(providers.Keeper); ok && k.Background() && keeps {
			return false
		}
	}
	return true
}

// background lets the answer be made and tells the client its id at once, or
// streams it to a client that wants to watch. What can be refused at once is.
func (c *call) background() error {
	if !c.key.MayUse(c.env.Model) {
		return c.unknownModel(c.env.Model)
	}
	block := c.g.Models.find(c.env.Model)
	if len(c.serving(block.upstreamName(c.env.Model), block)) == 0 {
		return c.unknownModel(c.env.Model)
	}
	if !c.body.Keeping().Store {
		return ir.Invalid("background", "Background mode requires store to be true.")
	}
	own := c.ownItems()
	if err := c.body.Continue(c.state.history, own); err != nil {
		return err
	}
	queued, err := c.body.Queued(c.start.Unix())
	if err != nil {
		return err
	}
	pass, err := c.admit()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.r.Context()), backgroundTime)
	id := c.body.Keeping().ID
	tape := c.tape()
	if !c.g.Runs.Begin(c.owner(), id, cancel, tape) {
		cancel()
		c.leave(pass)
		return busy("Too many responses are being made in the background, please retry later")
	}
	c.g.Stored.Put(c.owner(), stored.Response{
		ID: id, Parent: c.state.parent, Body: queued, Model: c.env.Model, Items: own, Pending: true,
	}, c.state.history)
	run := &run{call: *c, tape: tape, queued: queued, block: block}
	run.r = c.r.WithContext(ctx)
	run.sink = newSink(&recording{tape, http.Header{}}, c.g.Stream)
	if run.env.Stream {
		run.sink.begin(streamType(run.env), nil)
	}
	c.body, c.borrowed, c.incoming = nil, borrowed{}, nil // they are the run's now
	c.log.model = strings.Clone(c.log.model)
	guard.Go(unwatched, func() { run.do(pass, cancel) })
	if tape != nil {
		return c.watch(tape, 0, -1)
	}
	return c.sink.whole(http.StatusOK, queued)
}

// run is an answer in the making. It has a copy of the call, whose client may
// be long gone.
type run struct {
	call
	tape   *stored.Tape // nil when it is not streamed
	queued []byte       // the object that the client was told first
	block  *Model
}

// do makes the answer.
func (r *run) do(pass *access.Pass, cancel context.CancelFunc) {
	defer cancel()
	defer r.giveBack()
	defer r.endTape()
	defer r.sink.close()
	defer r.leave(pass)
	r.conclude(guard.Try(unwatched, func() error {
		if body, err := sjson.SetBytes(r.queued, "status", "in_progress"); err == nil {
			r.update(body, true)
		}
		return r.answer(r.block)
	}, zap.String("request_id", r.id)))
}

// conclude stores how a run has ended that has brought no answer.
func (r *run) conclude(err error) {
	id := r.body.Keeping().ID
	if !r.g.Runs.End(r.owner(), id) {
		return // the answer is stored, or nobody wants it any more
	}
	e := asError(err)
	if r.r.Context().Err() != nil {
		e = &ir.Error{Kind: ir.ErrTimeout, Status: http.StatusGatewayTimeout, Message: "The response took too long."}
	} else if err == nil || errors.Is(err, errDelivered) {
		e = &ir.Error{Kind: ir.ErrUpstream, Status: http.StatusBadGateway, Message: "The response broke off."}
	}
	body, failed := sjson.SetBytes(r.queued, "status", "failed")
	if failed == nil {
		body, failed = sjson.SetRawBytes(body, "error", failure(e))
	}
	if failed == nil {
		r.update(body, false)
	}
	if r.env.Stream && !errors.Is(err, errDelivered) {
		_ = r.sink.write(translate.FailStream(r.env, e))
	}
}

// failure is the error inside of a response that has failed.
func failure(e *ir.Error) []byte {
	code := "server_error"
	if e.Kind == ir.ErrRateLimit {
		code = "rate_limit_exceeded"
	}
	dst := ir.AppendQuoted([]byte(`{"code":`), code)
	return append(ir.AppendQuoted(append(dst, `,"message":`...), e.Message), '}')
}

// update changes what the client is told of the response.
func (r *run) update(body []byte, pending bool) {
	r.g.Stored.Replace(r.owner(), stored.Response{
		ID: r.body.Keeping().ID, Parent: r.state.parent, Body: body, Model: r.env.Model, Session: r.session.Key, Pending: pending,
	}, nil)
}
