package handlers

import (
	"sync"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/pool"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/usage"
)

// Observer hears how requests fare: metrics, usage, spans. Its methods are
// called by the goroutine of the request, so they must be quick and must not
// block; what they are given is theirs for the time of the call only.
type Observer interface {
	// Attempted is called when a request to an account has ended, once for
	// each that was sent.
	Attempted(*Attempt)

	// Done is called when a client's request has ended, whatever its end. The
	// route that tells whether the gateway is alive is left out.
	Done(*Event)
}

// Attempt is one request to an account that has ended. A request that was sent
// again without signatures is two.
type Attempt struct {
	RequestID string
	Number    int // from 1, over all accounts of the client's request
	Key       string

	Account          *pool.Account
	Client, Upstream ir.Dialect
	Model            string // as the client asked for it
	Served           string // as the upstream knows it

	Status    int          // of the upstream's answer; 499 if the client did not wait for it
	Outcome   pool.Outcome // its FirstByte is 0 when no content came
	Stop      ir.StopReason
	Usage     ir.Usage     // as the upstream has told it, of which nothing may be known
	Tokens    usage.Tokens // what is booked: an estimate if content came and the upstream has told nothing
	Estimated bool
	Cost      int64 // nanodollars; 0 if the model's price is not known
	Duration  time.Duration
	Notes     []ir.Note // what the translation could not carry over
	Cut       bool      // the answer broke off after the client had seen some of it
}

// booked is what an attempt has used.
type booked struct {
	tokens    usage.Tokens
	cost      int64 // nanodollars
	estimated bool
}

// Event is one client's request that has ended.
type Event struct {
	RequestID string
	Key       string

	Account          *pool.Account // the last that was asked; nil if none was
	Client, Upstream ir.Dialect    // Upstream is empty if no account was asked
	Model            string        // as the client asked for it

	// Status is what the client was told, also inside a stream that had begun;
	// 499 if it had left.
	Status   int
	Attempts int // requests sent upstream
	Sticky   pool.Sticky
	Wait     time.Duration // for accounts with a free slot
	Duration time.Duration
}

// observe tells the observer of the attempt's end.
func (a *attempt) observe() {
	if a.exchange != nil && len(a.target.Notes.List()) > a.noted { // of what a stream has said
		a.log.notes = a.target.Notes.Header(true)
	}
	if a.g.Observer == nil {
		return
	}
	seen := a.seen
	if seen == nil {
		seen = &ir.Seen{Usage: ir.NoUsage()}
	}
	report := a.g.reports.get()
	report.attempt = Attempt{
		RequestID: a.id, Number: a.log.attempts, Key: a.log.key,
		Account: a.lease.Account, Client: a.route.dialect, Upstream: a.target.Dialect, Model: a.log.model, Served: a.target.Model,
		Status: a.status, Outcome: a.outcome, Stop: seen.Stop.Reason, Usage: seen.Usage,
		Tokens: a.booked.tokens, Estimated: a.booked.estimated, Cost: a.booked.cost, Duration: a.over.Sub(a.started),
		Notes: a.target.Notes.List(), Cut: a.cut,
	}
	a.g.Observer.Attempted(&report.attempt)
	a.g.reports.put(report)
}

// observe tells the observer of the request's end.
func (c *call) observe() {
	if c.g.Observer == nil || c.route.kind == routeHealth {
		return
	}
	report := c.g.reports.get()
	report.event = Event{
		RequestID: c.id, Key: c.log.key, Account: c.log.asked, Client: c.route.dialect, Upstream: c.log.upstream,
		Model: c.log.model, Status: c.log.status, Attempts: c.log.attempts, Sticky: c.log.sticky, Wait: c.log.wait, Duration: time.Since(c.start),
	}
	c.g.Observer.Done(&report.event)
	c.g.reports.put(report)
}

// reports lends the memory of what an observer is told, which is the observer's
// for the time of a call only. It is safe for concurrent use, and its zero value
// is ready.
type reports struct{ used sync.Pool }

type report struct {
	attempt Attempt
	event   Event
}

func (p *reports) get() *report {
	if r, ok := p.used.Get().(*report); ok {
		return r
	}
	return new(report)
}

// put takes the memory back, without what would keep a request alive. An observer
// that still looks at it sees nothing.
func (p *reports) put(r *report) {
	*r = report{}
	p.used.Put(r)
}

// gone ends an attempt whose client has left.
func (a *attempt) gone() error {
	a.status, a.log.status = StatusGone, StatusGone
	return errDelivered
}

// StatusGone stands for clients that did not wait for their answer.
const StatusGone = 499
