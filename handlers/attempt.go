package handlers

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/caddy-ai-gateway/ai-gateway/credentials"
	"github.com/caddy-ai-gateway/ai-gateway/egress"
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

	desk     *desk // that it lies on; not always the call's
	target   *ir.Target
	noted    int // how many notes have been told in the answer's header
	exchange translate.Exchange
	outcome  pool.Outcome
	started  time.Time
	over     time.Time // when it was booked
	cancel   context.CancelCauseFunc

	weight weight   // of what the upstream has sent
	seen   *ir.Seen // what the answer tells of itself; nil before it has begun
	status int      // of the answer, as far as it is known
	cut    bool     // the answer broke off after the client had seen some of it

	problem  ir.ErrorKind // of a failure
	fault    *ir.Error    // the last failure
	patience *patience    // nil for as with all accounts
	span     span

	estimated bool // what it used is an estimate
	booked    booked

	proxy  *egress.ProxyError // the fault that kept the request from the upstream, if it was a proxy's
	sent   bool               // the upstream has been asked
	healed bool               // signatures have been taken out
	extra  bool               // since the upstream does not know where they stand
	retry  bool               // another account may do better, and the client has seen nothing
}

// attempt begins an attempt to have the model answered by the account.
func (c *call) attempt(lease *pool.Lease, asked string, block *Model) *attempt {
	d := c.free()
	a := &d.attempt
	a.call, a.desk, a.lease, a.asked, a.block = c, d, lease, asked, block
	return a
}

// run sends the request and delivers the answer. An error has not been told to
// the client.
func (a *attempt) run() error {
	defer a.release()
	a.g.foresee(a.lease.Account)
	up := upstreamOf(a.lease.Account)
	a.target = a.newTarget(up)
	if a.env.Op == ir.Embed {
		return a.embed(up)
	}
	a.exchange = a.body.For(a.target, a.env.Model, a.start.Unix())
	if err := a.fetchMedia(); err != nil {
		return err
	}
	if err := a.listed(up); err != nil {
		return err
	}
	return a.askPatiently(up)
}

// ask sends the request, and once more without signatures if the upstream does
// not take them back.
func (a *attempt) ask(up *Upstream) error {
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
	if err = a.send(up); err == nil && a.extra {
		memoryOf(a.lease.Account).strict.Store(true)
	}
	return err
}

// release gives the account's slot back and tells the pool how it fared.
func (a *attempt) release() {
	if a.outcome.Kind == pool.Succeeded && a.sent {
		a.outcome.Total = max(a.over.Sub(a.started), 1)
	}
	a.lease.Release(a.outcome)
}

// errHeal asks for the same request without signatures.
var errHeal = errors.New("the upstream refuses a signature")

// send sends one request and delivers its answer.
func (a *attempt) send(up *Upstream) error {
	body, loan, err := a.encode()
	defer func() { loan.end() }()
	if err != nil {
		// Another account may be able to express what this one cannot.
		e := asError(err)
		a.retry = e.Kind == ir.ErrUnsupported || e.Kind == ir.ErrContextLength
		return err
	}
	ctx, cancel := a.upstreamContext()
	defer cancel(nil)
	a.cancel = cancel
	call, build := a.providerCall(up, body), loan.builder(up.Provider.Request)
	req, err := up.request(ctx, call, build)
	if err != nil {
		return a.unbuilt(err)
	}
	a.describeNotes()
	a.sink.watch(cancel)
	defer a.sink.unwatch()
	defer a.hurry(cancel)()
	a.sent, a.started, a.status = true, time.Now(), http.StatusOK
	a.log.attempts++
	a.log.asked, a.log.account, a.log.upstream = a.lease.Account, a.lease.Account.Name, a.target.Dialect
	a.beginSpan(ctx, up, a.log.attempts)
	defer a.endSpan()
	defer a.observe()
	defer a.book()
	resp, err := up.roundTrip(ctx, req, call, build)
	if err != nil {
		return a.unreached(ctx, err)
	}
	defer resp.Body.Close()
	memoryOf(a.lease.Account).told.hear(resp.Header)
	if resp.StatusCode < http.StatusMultipleChoices {
		loan.end() // a stream may take minutes, in which nobody sends the request again
		loan = nil
		return a.deliver(ctx, resp)
	}
	e := a.readError(resp)
	a.status = e.Status
	if !a.healed && a.pin() == "" && translate.RefusesSignature(e) {
		a.extra = translate.RefusesExtra(e)
		return errHeal
	}
	return a.failed(e)
}

// unbuilt says why there is no request to send.
func (a *attempt) unbuilt(err error) error {
	var refused *ir.Error
	var missing *credentials.Error
	switch {
	case errors.As(err, &refused):
		return refused
	case errors.As(err, &missing), a.r.Context().Err() != nil:
		return a.unauthorized(err)
	default:
		a.g.Logger.Error("building the upstream request", zap.String("account", a.lease.Account.Name), zap.Error(err))
		a.retry = true
		return networkFailure()
	}
}

func (a *attempt) newTarget(up *Upstream) *ir.Target {
	model := a.lease.Upstream
	dialect := up.Provider.Dialect(a.route.dialect, a.env.Op, model)
	t := &a.desk.target
	*t = ir.Target{
		Dialect: dialect, Provider: up.Provider.Platform(), Model: model, Caps: up.capsOf(dialect, model),
		Scope: up.Scope, Bound: a.signer(a.lease), Session: a.strongSession(),
		Strict: a.strict || a.block.Strict, Notes: &a.desk.notes,
	}
	t.NoExtra = dialect == ir.Chat && t.Caps.Family != "gemini" && memoryOf(a.lease.Account).strict.Load()
	return t
}

// encode writes the body that the account is sent. A long one lies in a loan,
// which the caller leaves: in the client's own if it is sent as it came, and in
// none if it is the call's.
func (a *attempt) encode() (body []byte, l *loan, err error) {
	var dst []byte
	if n := a.body.Size(); n >= minLent {
		l = newLoan(&a.g.buffers, n+n/8)
		dst = l.buffer.b
	}
	body, err = a.exchange.Request(dst)
	switch {
	case err != nil:
		return nil, l, err
	case a.incoming.holds(body):
		if l == nil {
			body = bytes.Clone(body)
			break
		}
		l.leave()
		a.incoming.join()
		l = a.incoming
	case a.body.Is(body): // the gateway has written it anew, and may need it again
		l.end()
		l = nil
	case l != nil:
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
	a.desk.asked = providers.Call{
		Op: a.env.Op, Dialect: a.target.Dialect, Model: a.target.Model, Stream: a.env.Stream || a.onlyStreams(), Body: body,
		RequestID: a.id, Session: vendorSession(a.strongSession()), Try: a.patience.try(),
		BaseURL: up.BaseURL, Secret: up.Secret, Client: a.r.Header, SameDialect: a.target.Dialect == a.route.dialect, Header: header,
		Steady: &up.steady,
	}
	return &a.desk.asked
}

// unreached judges a failed round trip.
func (a *attempt) unreached(ctx context.Context, err error) error {
	errors.As(err, &a.proxy)
	return a.failed(networkError(ctx, err))
}

// onlyStreams reports whether the account streams whatever the client asks for.
func (a *attempt) onlyStreams() bool {
	return a.target.Caps.Codex && a.target.Dialect == ir.Responses && a.env.Op == ir.Generate
}

// failed judges an upstream's error. How soon the answer began stays true of
// one that was cut off.
func (a *attempt) failed(e *ir.Error) error {
	a.explain(e)
	a.status, a.problem, a.fault = e.Status, e.Kind, e
	if a.r.Context().Err() != nil {
		a.status = StatusGone
		return e // the client has gone: nobody's fault
	}
	j := judge(e).of(e, a.target.Model)
	a.retry = a.g.Failover.retry(e.Status, j.retry || e.Status == http.StatusNotFound)
	a.outcome = pool.Outcome{
		Kind: j.kind, Scope: scopes[j.fault], RetryAfter: e.RetryAfter, FirstByte: a.outcome.FirstByte, Final: e.Final, Reason: reason(e),
	}
	level := zap.DebugLevel
	if j.retry {
		level = zap.WarnLevel
	}
	if e.Advice != "" {
		level = zap.ErrorLevel
	}
	if entry := a.g.Logger.Check(level, "upstream failed"); entry != nil {
		entry.Write(zap.String("request_id", a.id), zap.String("account", a.lease.Account.Name), zap.String("model", a.target.Model),
			zap.Int("status", e.Status), zap.String("error", string(e.Kind)), zap.Stringer("fault", j.fault), zap.Duration("duration", a.elapsed()),
			zap.String("cause", causeOf(e)), advice(e), a.errorBody(e))
	}
	a.warnOfPlace(e)
	if refused := a.uncompacted(e); refused != nil {
		a.retry = true // others may do it
		return refused
	}
	out := shown(e)
	if a.relayed() && out.Upstream != "" && len(e.Raw) > 0 {
		scrubbed := []byte(translate.Scrub(string(e.Raw)))
		out.Raw = scrubbed
	}
	return out
}

// maxLoggedBody is how much of an upstream's error the log gets.
const maxLoggedBody = 4 << 10

// errorBody is what the upstream has said, where the operator wants to see it. It may quote the client's request, but no
// secret.
func (a *attempt) errorBody(e *ir.Error) zap.Field {
	if !a.g.ErrorBodies || len(e.Raw) == 0 {
		return zap.Skip()
	}
	return zap.String("body", translate.Scrub(strings.ToValidUTF8(string(e.Raw[:min(len(e.Raw), maxLoggedBody)]), "")))
}

// elapsed is how long ago the attempt was sent, 0 if it was not.
func (a *attempt) elapsed() time.Duration {
	if a.started.IsZero() {
		return 0
	}
	return time.Since(a.started)
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
	if e.Upstream == fromNetwork || e.Upstream == fromProxy {
		return translate.Scrub(e.Message)
	}
	return e.Code
}

func networkFailure() error {
	return shown(&ir.Error{Kind: ir.ErrUpstream, Status: http.StatusBadGateway, Upstream: fromNetwork})
}
