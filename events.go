package aigateway

import (
	"fmt"
	"sync"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyevents"
	"go.uber.org/zap"

	"github.com/caddy-ai-gateway/ai-gateway/access"
	"github.com/caddy-ai-gateway/ai-gateway/internal/guard"
	"github.com/caddy-ai-gateway/ai-gateway/pool"
)

// The events that the gateway emits through Caddy's events app. What they hold is in announcer.data.
const (
	eventAccountDown      = "account_down"
	eventAccountRecovered = "account_recovered"
	eventRefreshFailed    = "oauth_refresh_failed"
	eventBudgetExceeded   = "budget_exceeded"
)

// announcer tells of accounts that go down and come back: in the log, and to those who have subscribed to the events.
// Subscribers may be slow (a command, a request to a chat), so that they are told by a goroutine that exists only as
// long as there is something to tell. Events come one at a time, in the order in which things happened.
type announcer struct {
	gateway string
	logger  *zap.Logger
	events  *caddyevents.App
	ctx     caddy.Context

	mu      sync.Mutex
	queue   []event
	telling bool
	dropped bool // the queue was full, which has been logged
}

// event is one that is to be told.
type event struct {
	name string
	data map[string]any
}

// maxEvents bounds what waits for subscribers that do not get on.
const maxEvents = 1000

func newAnnouncer(ctx caddy.Context, gateway string, logger *zap.Logger) (*announcer, error) {
	app, err := ctx.App("events")
	if err != nil {
		return nil, fmt.Errorf("getting the events app: %w", err)
	}
	return &announcer{gateway: gateway, logger: logger, events: app.(*caddyevents.App), ctx: ctx}, nil
}

// changed tells of one account.
func (a *announcer) changed(c pool.Change) {
	fields := []zap.Field{
		zap.String("account", c.Account.Name), zap.String("gateway", a.gateway), zap.Stringer("cause", c.Class),
	}
	if c.Model != "" {
		fields = append(fields, zap.String("model", c.Model))
	}
	if c.Reason != "" {
		fields = append(fields, zap.String("reason", c.Reason))
	}
	if !c.Down {
		a.logger.Info("account recovered", fields...)
		a.tell(eventAccountRecovered, c)
		return
	}
	a.logger.Info("account down", append(fields, zap.Time("until", c.Until))...)
	a.tell(eventAccountDown, c)
}

// tell queues an event if anybody listens.
func (a *announcer) tell(name string, c pool.Change) {
	a.queueUp(name, func() map[string]any { return a.data(c) })
}

// queueUp queues an event with what the function returns, if anybody listens.
func (a *announcer) queueUp(name string, data func() map[string]any) {
	if !a.events.ShouldEmit(name) {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.queue) >= maxEvents {
		if !a.dropped {
			a.logger.Warn("events dropped: their subscribers are too slow", zap.String("gateway", a.gateway))
		}
		a.dropped = true
		return
	}
	a.queue = append(a.queue, event{name, data()})
	if !a.telling {
		a.telling = true
		guard.Go("telling of an event", a.emit)
	}
}

// data is what an event holds.
func (a *announcer) data(c pool.Change) map[string]any {
	return map[string]any{
		"account":  c.Account.Name,
		"gateway":  a.gateway,
		"provider": c.Account.Provider,
		"model":    c.Model, // empty if it concerns all
		"cause":    c.Class.String(),
		"reason":   c.Reason,
		"until":    c.Until.UTC().Format(time.RFC3339),
	}
}

// exceeded tells of a key whose budget is used up.
func (a *announcer) exceeded(e access.Exceeded) {
	a.logger.Warn("budget exceeded", zap.String("key", e.Key), zap.String("gateway", a.gateway),
		zap.Stringer("budget", e.Budget), zap.Float64("spent_usd", dollars(e.Spent)), zap.Time("until", e.Until))
	a.queueUp(eventBudgetExceeded, func() map[string]any {
		return map[string]any{
			"key":        e.Key,
			"gateway":    a.gateway,
			"budget_usd": dollars(e.Budget.Nanos),
			"period":     string(e.Budget.Per),
			"spent_usd":  dollars(e.Spent),
			"until":      e.Until.UTC().Format(time.RFC3339),
		}
	})
}

// emit tells all that is queued, and ends.
func (a *announcer) emit() {
	for {
		a.mu.Lock()
		if len(a.queue) == 0 {
			a.telling, a.queue = false, nil
			a.mu.Unlock()
			return
		}
		next := a.queue[0]
		a.queue = a.queue[1:]
		a.mu.Unlock()
		_ = guard.Try("telling of an event", func() error { // a subscriber's panic is not the next one's
			a.events.Emit(a.ctx, next.name, next.data)
			return nil
		}, zap.String("event", next.name))
	}
}
