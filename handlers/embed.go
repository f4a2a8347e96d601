package handlers

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/credentials"
	"github.com/caddy-ai-gateway/ai-gateway/pool"
	"github.com/caddy-ai-gateway/ai-gateway/providers"
	"github.com/caddy-ai-gateway/ai-gateway/translate"
	"github.com/caddy-ai-gateway/ai-gateway/translate/embed"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// headerEstimated marks counts that no upstream has given.
const headerEstimated = "X-Ai-Gateway-Estimated"

// embed answers with the embeddings of texts. It goes the way of every other
// request but for the conversation, of which there is none.
func (c *call) embed() error {
	if err := c.readEmbedding(); err != nil {
		return err
	}
	if !c.key.MayUse(c.env.Model) {
		return c.unknownModel(c.env.Model)
	}
	pass, err := c.admit()
	if err != nil {
		return err
	}
	defer c.leave(pass)
	return c.answer(c.g.Models.find(c.env.Model))
}

// readEmbedding takes the body and what it says of itself.
func (c *call) readEmbedding() error {
	body, err := readBody(make([]byte, 0, bodySize(c.r, c.g.MaxBody)), c.sink.w, c.r, c.g.MaxBody)
	if err != nil {
		return err
	}
	c.env = &ir.Envelope{Op: ir.Embed, Dialect: c.route.dialect, Header: c.r.Header, Model: c.route.model}
	if err := translate.CodecOf(c.route.dialect).ReadEnvelope(body, c.env); err != nil {
		return err
	}
	c.env.Stream, c.env.Model = false, strings.Clone(c.env.Model) // what remembers the name must not keep the body
	c.log.model = short(c.env.Model)
	if err := checkModel(c.env); err != nil {
		return err
	}
	c.texts, c.textsBody = embed.New(c.route.dialect, body, c.route.single), body
	c.strict = c.g.Strict || c.r.Header.Get("X-Ai-Gateway-Strict") == "1"
	return nil
}

// embed asks the account, in as many requests as it takes, and delivers the
// vectors as one answer.
func (a *attempt) embed(up *Upstream) error {
	x, err := a.embedding()
	if err != nil {
		a.retry = asError(err).Kind == ir.ErrUnsupported
		return err
	}
	a.describeNotes()
	ctx, cancel := a.upstreamContext()
	defer cancel(nil)
	a.sink.watch(cancel)
	defer a.sink.unwatch()
	a.sent, a.started, a.status = true, time.Now(), http.StatusOK
	a.log.attempts++
	a.log.asked, a.log.account, a.log.upstream = a.lease.Account, a.lease.Account.Name, a.target.Dialect
	a.seen = &ir.Seen{Usage: ir.NoUsage()}
	a.beginSpan(ctx, up, a.log.attempts)
	defer a.endSpan()
	defer a.observe()
	defer a.book()
	for n := range x.Batches {
		answer, err := a.embedBatch(ctx, up, &x.Batches[n])
		if err != nil {
			return err
		}
		if err := x.Take(n, answer); err != nil {
			return a.failed(asError(err))
		}
	}
	return a.deliverVectors(x)
}

// embedding joins the request with the account.
func (a *attempt) embedding() (*embed.Exchange, error) {
	if a.target.Dialect != a.route.dialect || a.target.Provider == "vertex" { // which has a form of its own
		return a.texts.For(a.target)
	}
	body, err := translate.CodecOf(a.route.dialect).RelayRequest(nil, a.textsBody, a.env, a.target)
	if err != nil {
		return nil, err
	}
	return a.texts.Relay(body), nil
}

// embedBatch sends one request and returns the body of its answer.
func (a *attempt) embedBatch(ctx context.Context, up *Upstream, b *embed.Batch) ([]byte, error) {
	body, err := applyEdits(b.Body, a.block.Edits, a.target.Dialect)
	if err != nil {
		return nil, err
	}
	call := &providers.Call{
		Op: ir.Embed, Dialect: a.target.Dialect, Action: b.Action, Model: a.target.Model, Body: body, BaseURL: up.BaseURL,
		Secret: up.Secret, Client: a.r.Header, SameDialect: a.relayed(), Header: up.Header,
	}
	req, err := up.request(ctx, call, up.Provider.Request)
	var missing *credentials.Error
	if errors.As(err, &missing) || a.r.Context().Err() != nil {
		return nil, a.unauthorized(err)
	}
	if err != nil {
		return nil, err
	}
	resp, err := up.roundTrip(ctx, req, call, up.Provider.Request)
	if err != nil {
		return nil, a.unreached(ctx, err)
	}
	defer resp.Body.Close()
	memoryOf(a.lease.Account).told.hear(resp.Header)
	if resp.StatusCode >= http.StatusMultipleChoices {
		return nil, a.failed(a.readError(resp))
	}
	answer, err := io.ReadAll(io.LimitReader(alert{plainBody(resp), a.sink}, maxAnswerBody+1))
	switch {
	case err != nil:
		return nil, a.failed(networkError(ctx, err))
	case len(answer) > maxAnswerBody:
		return nil, a.failed(&ir.Error{Kind: ir.ErrUpstream, Status: http.StatusBadGateway, Upstream: a.target.Dialect, Message: "answer too large"})
	case len(answer) == 0:
		return nil, a.failed(emptyAnswer())
	}
	a.span.look(answer)
	return answer, nil
}

// deliverVectors sends the answer. What the texts cost is marked where the
// client is told an estimate.
func (a *attempt) deliverVectors(x *embed.Exchange) error {
	out, err := x.Append(nil, a.env.Model)
	if err != nil {
		return a.failed(asError(err))
	}
	tokens, estimated := x.Tokens()
	a.seen.Usage.InputTotal, a.seen.Usage.OutputTotal = tokens, 0
	a.seen.Content, a.seen.Done, a.estimated = true, true, estimated
	a.log.usage = a.seen.Usage
	a.describe()
	if estimated && !a.relayed() && a.route.dialect == ir.Chat {
		a.sink.describe(func(h http.Header) { h.Set(headerEstimated, "true") })
	}
	a.progress(a.seen)
	a.outcome.Kind = pool.Succeeded
	if a.sink.whole(http.StatusOK, out) != nil {
		return a.gone()
	}
	return nil
}
