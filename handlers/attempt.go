package handlers

import (
	"context"
	"errors"
	"net/http"
	"time"

	"go.uber.org/zap"

	"github.com/caddy-ai-gateway/ai-gateway/credentials"
	"github.com/caddy-ai-gateway/ai-gateway/pool"
	"github.com/caddy-ai-gateway/ai-gateway/providers"
	"github.com/caddy-ai-gateway/ai-gateway/translate"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// attempt is one request to one account.
type attempt struct {
	*call
	lease *pool.Lease
	asked string // the model, before its block renamed it
	block *Model

	target   *ir.Target
	exchange translate.Exchange
	outcome  pool.Outcome
	started  time.Time
	cancel   context.CancelCauseFunc

	weight weight   // of what the upstream has sent
	seen   *ir.Seen // what the answer tells of itself; nil before it has begun
	status int      // of the answer, as far as it is known
	cut    bool     // the answer broke off after the client had seen some of it

	estimated bool // what it used is an estimate
	booked    booked

	sent   bool // the upstream has been asked
	healed bool // signatures have been taken out
	retry  bool // another account may do better, and the client has seen nothing
}

// run sends the request and delivers the answer. An error has not been told to
// the client.
func (a *attempt) run() error {
	defer func() { a.lease.Release(a.outcome) }()
	up := upstreamOf(a.lease.Account)
	a.target = a.newTarget(up)
	if a.env.Op == ir.Embed {
		return a.embed(up)
	}
	a.exchange = a.body.For(a.target, a.env.Model, a.start.Unix())
	err := a.send(up)
	if !errors.Is(err, errHeal) {
		return err
	}
	// The upstream does not take back a signature of the history. Without it,
	// the same account answers.
	if a.exchange, err = a.body.Heal(a.target, a.env.Model, a.start.Unix()); err != nil {
		return err
	}
	a.healed = true
	return a.send(up)
}

// errHeal asks for the same request without signatures.
var errHeal = errors.New("the upstream refuses a signature")

// send sends one request and delivers its answer.
func (a *attempt) send(up *Upstream) error {
	body, loan, err := a.encode()
	if loan != nil {
		defer loan.leave()
	}
	if err != nil {
		// Another account may be able to express what this one cannot.
		a.retry = asError(err).Kind == ir.ErrUnsupported
		return err
	}
	ctx, cancel := a.upstreamContext()
	defer cancel(nil)
	a.cancel = cancel
	call, build := a.providerCall(up, body), loan.builder(up.Provider.Request)
	req, err := up.request(ctx, call, build)
	var refused *ir.Error
	var missing *credentials.Error
	switch {
	case err == nil:
	case errors.As(err, &refused):
		return refused
	case errors.As(err, &missing), a.r.Context().Err() != nil:
		return a.unauthorized(err)
	case err != nil:
		a.g.Logger.Error("building the upstream request", zap.String("account", a.lease.Account.Name), zap.Error(err))
		a.retry = true
		return networkFailure()
	}
	a.describeNotes()
	a.sink.watch(cancel)
	defer a.sink.unwatch()
	a.sent, a.started, a.status = true, time.Now(), http.StatusOK
	a.log.attempts++
	a.log.asked, a.log.account, a.log.upstream = a.lease.Account, a.lease.Account.Name, a.target.Dialect
	defer a.observe()
	defer a.book()
	resp, err := up.roundTrip(ctx, req, call, build)
	if err != nil {
		return a.failed(networkError(ctx, err))
	}
	defer resp.Body.Close()
	if resp.StatusCode < http.StatusMultipleChoices {
		return a.deliver(ctx, resp)
	}
	e := a.readError(resp)
	a.status = e.Status
	if !a.healed && a.pin() == "" && translate.RefusesSignature(e) {
		return errHeal
	}
	return a.failed(e)
}

func (a *attempt) newTarget(up *Upstream) *ir.Target {
	model := a.lease.Upstream
	dialect := up.Provider.Dialect(a.route.dialect, a.env.Op, model)
	return &ir.Target{
		Dialect: dialect, Provider: up.Provider.Platform(), Model: model, Caps: up.capsOf(dialect, model),
		Scope: up.Scope, Bound: a.signer(a.lease), Session: a.strongSession(),
		Strict: a.strict || a.block.Strict, Notes: &ir.Notes{},
	}
}

// encode writes the body that the account is sent. A long one lies in a loan,
// which the caller leaves.
func (a *attempt) encode() (body []byte, l *loan, err error) {
	var dst []byte
	if n := a.r.ContentLength; n >= minLent && n < smallestBuffer<<bufferClasses {
		l = newLoan(&a.g.buffers, int(n+n/8))
		dst = l.buffer.b
	}
	if body, err = a.exchange.Request(dst); err != nil {
		return nil, l, err
	}
	if l != nil {
		l.buffer.b = body
	}
	body, err = applyEdits(body, a.block.Edits, a.target.Dialect)
	return body, l, err
}

func (a *attempt) providerCall(up *Upstream, body []byte) *providers.Call {
	header := up.Header
	if extra := a.exchange.Header(); len(extra) > 0 {
		header = header.Clone()
		if header == nil {
			header = http.Header{}
		}
		for name, values := range extra {
			header[name] = append(header[name], values...)
		}
	}
	return &providers.Call{
		Op: a.env.Op, Dialect: a.target.Dialect, Model: a.target.Model, Stream: a.env.Stream, Body: body,
		RequestID: a.id, Session: vendorSession(a.strongSession()),
		BaseURL: up.BaseURL, Secret: up.Secret, Client: a.r.Header, SameDialect: a.target.Dialect == a.route.dialect, Header: header,
	}
}

// failed judges an upstream's error before the client has seen anything of
// this attempt's answer.
func (a *attempt) failed(e *ir.Error) error {
	a.status = e.Status
	if a.r.Context().Err() != nil {
		a.status = StatusGone
		return e // the client has gone: nobody's fault
	}
	j := judge(e)
	a.retry = a.g.Failover.retry(e.Status, j.retry || e.Status == http.StatusNotFound)
	a.outcome = pool.Outcome{Kind: j.kind, Scope: j.scope, RetryAfter: e.RetryAfter, Reason: reason(e)}
	level := zap.DebugLevel
	if j.retry {
		level = zap.WarnLevel
	}
	if entry := a.g.Logger.Check(level, "upstream failed"); entry != nil {
		entry.Write(zap.String("request_id", a.id), zap.String("account", a.lease.Account.Name), zap.String("model", a.target.Model),
			zap.Int("status", e.Status), zap.String("error", string(e.Kind)), zap.Duration("duration", time.Since(a.started)),
			zap.String("cause", causeOf(e)))
	}
	out := shown(e)
	if a.relayed() && out.Upstream != "" && len(e.Raw) > 0 {
		scrubbed := []byte(translate.Scrub(string(e.Raw)))
		out.Raw = scrubbed
	}
	return out
}

// relayed reports whether client and upstream speak the same dialect, so that
// bytes are handed on as they are.
func (a *attempt) relayed() bool {
	if a.exchange == nil {
		return a.target.Dialect == a.route.dialect
	}
	return a.exchange.Relayed()
}

// causeOf is what the log may tell: a network error's text, but never an
// upstream's body, which may quote the prompt.
func causeOf(e *ir.Error) string {
	if e.Upstream == "network" {
		return translate.Scrub(e.Message)
	}
	return e.Code
}

func networkFailure() error {
	return shown(&ir.Error{Kind: ir.ErrUpstream, Status: http.StatusBadGateway, Upstream: "network"})
}
