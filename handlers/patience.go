package handlers

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/internal/guard"
	"github.com/caddy-ai-gateway/ai-gateway/pool"
	"github.com/caddy-ai-gateway/ai-gateway/providers"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// patience is what an account's kind says of how long and how often it may be
// asked for one answer, where that is not as for all others.
type patience struct {
	providers.Patience
	tries   int
	waiting *time.Timer // for the next sign of life
}

// askPatiently sends the request as often as the account's kind wants while the
// client has seen nothing and asking again may help.
func (a *attempt) askPatiently(up *Upstream) error {
	kind, ok := up.Provider.(providers.Patient)
	if !ok {
		return a.ask(up)
	}
	limits, ok := kind.Patience()
	if !ok {
		return a.ask(up)
	}
	a.patience = &patience{Patience: limits}
	for {
		a.retry, a.fault = false, nil
		err := a.ask(up)
		if !a.again() || !a.pause() {
			return err
		}
		a.patience.tries++
		a.exchange = a.body.For(a.target, a.env.Model, a.start.Unix())
		a.healed = false
	}
}

// again reports whether the same account may do better when it is asked once
// more: not when it cannot be reached, nor when it refuses its credential.
func (a *attempt) again() bool {
	e := a.fault
	switch {
	case !a.retry || e == nil || a.patience.tries >= a.patience.Retries:
		return false
	case e.Kind == ir.ErrTimeout:
		return true
	case e.Upstream == fromNetwork || e.Upstream == fromProxy:
		return false
	}
	return judge(e).kind != pool.Unauthorized && e.Kind != ir.ErrNotFound
}

// pause waits a little before the next try. It is false when the client has
// left.
func (a *attempt) pause() bool {
	timer := time.NewTimer(500*time.Millisecond + rand.N(1500*time.Millisecond))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-a.r.Context().Done():
		return false
	}
}

// hurry cancels a try that lasts too long. What it returns ends that.
func (a *attempt) hurry(cancel context.CancelCauseFunc) (stop func()) {
	if a.patience == nil {
		return func() {}
	}
	a.patience.waiting = time.AfterFunc(a.patience.FirstContent, func() {
		defer guard.Catch("ending a try")
		cancel(errFirstByte)
	})
	total := time.AfterFunc(a.patience.Total, func() {
		defer guard.Catch("ending a try")
		cancel(errIdle)
	})
	return func() {
		a.patience.waiting.Stop()
		total.Stop()
	}
}

// try is how often the account has been asked before.
func (p *patience) try() int {
	if p == nil {
		return 0
	}
	return p.tries
}

// heard gives an answer that has begun its time until the next event.
func (p *patience) heard(content bool) {
	if p != nil && content && p.waiting.Stop() {
		p.waiting.Reset(p.Idle)
	}
}

// listed refuses a model that an account does not list, where its kind would
// answer with another one.
func (a *attempt) listed(up *Upstream) error {
	picky, ok := up.Provider.(providers.Picky)
	if !ok || !picky.OnlyListed() || slices.Contains(a.g.listOf(a.r.Context(), a.lease.Account), a.target.Model) {
		return nil
	}
	a.retry = true
	return a.unknownModel(a.asked)
}
