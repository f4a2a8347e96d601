package aigateway

import (
	"fmt"
	"sync"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyevents"
	"go.uber.org/zap"

	"github.com/caddy-ai-gateway/ai-gateway/access"
	"github.com/caddy-ai-gateway/ai-gateway/pool"
)

// The events that the gateway emits through Caddy's events app. What they hold is in herald.data.
const (
	eventAccountDown      = "account_down"
	eventAccountRecovered = "account_recovered"
	eventRefreshFailed    = "oauth_refresh_failed"
	eventBudgetExceeded   = "budget_exceeded"
)

// herald tells of accounts that go down and come back: in the log, and to those who have subscribed to the events.
// Subscribers may be slow (a command, a request to a chat), so that they are told by a goroutine that exists only as
// long as there is something to tell. Events come one at a time, in the order in which things happened.
type herald struct {
	gateway string
	logger  *zap.Logger
	events  *caddyevents.App
	ctx     caddy.Context

	mu      sync.Mutex
	queue   []news
	telling bool
	dropped bool // the queue was full, which has been logged
}

// news is one event that is to be told.
type news struct {
	name string
	data map[string]any
}

// maxNews bounds what waits for subscribers that do not get on.
const maxNews = 1000

func newHerald(ctx caddy.Context, gateway string, logger *zap.Logger) (*herald, error) {
	app, err := ctx.App("events")
	if err != nil {
		return nil, fmt.Errorf("getting the events app: %w", err)
	}
	return &herald{gateway: gateway, logger: logger, events: app.(*caddyevents.App), ctx: ctx}, nil
}

// changed tells of one account.
func (h *herald) changed(c pool.Change) {
	fields := []zap.Field{
		zap.String("account", c.Account.Name), zap.String("gateway", h.gateway), zap.Stringer("cause", c.Class),
	}
	if c.Model != "" {
		fields = append(fields, zap.String("model", c.Model))
	}
	if c.Reason != "" {
		fields = append(fields, zap.String("reason", c.Reason))
	}
	if !c.Down {
		h.logger.Info("account recovered", fields...)
		h.tell(eventAccountRecovered, c)
		return
	}
	h.logger.Info("account down", append(fields, zap.Time("until", c.Until))...)
	h.tell(eventAccountDown, c)
}

// tell queues an event if anybody listens.
func (h *herald) tell(name string, c pool.Change) {
	h.queueUp(name, func() map[string]any { return h.data(c) })
}

// queueUp queues an event with what the function returns, if anybody listens.
func (h *herald) queueUp(name string, data func() map[string]any) {
	if !h.events.ShouldEmit(name) {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.queue) >= maxNews {
		if !h.dropped {
			h.logger.Warn("events dropped: their subscribers are too slow", zap.String("gateway", h.gateway))
		}
		h.dropped = true
		return
	}
	h.queue = append(h.queue, news{name, data()})
	if !h.telling {
		h.telling = true
		go h.emit()
	}
}

// data is what an event holds.
func (h *herald) data(c pool.Change) map[string]any {
	return map[string]any{
		"account":  c.Account.Name,
		"gateway":  h.gateway,
		"provider": c.Account.Provider,
		"model":    c.Model, // empty if it concerns all
		"cause":    c.Class.String(),
		"reason":   c.Reason,
		"until":    c.Until.UTC().Format(time.RFC3339),
	}
}

// exceeded tells of a key whose budget is used up.
func (h *herald) exceeded(e access.Exceeded) {
	h.logger.Warn("budget exceeded", zap.String("key", e.Key), zap.String("gateway", h.gateway),
		zap.Stringer("budget", e.Budget), zap.Float64("spent_usd", dollars(e.Spent)), zap.Time("until", e.Until))
	h.queueUp(eventBudgetExceeded, func() map[string]any {
		return map[string]any{
			"key":        e.Key,
			"gateway":    h.gateway,
			"budget_usd": dollars(e.Budget.Nanos),
			"period":     string(e.Budget.Per),
			"spent_usd":  dollars(e.Spent),
			"until":      e.Until.UTC().Format(time.RFC3339),
		}
	})
}

// emit tells all that is queued, and ends.
func (h *herald) emit() {
	for {
		h.mu.Lock()
		if len(h.queue) == 0 {
			h.telling, h.queue = false, nil
			h.mu.Unlock()
			return
		}
		next := h.queue[0]
		h.queue = h.queue[1:]
		h.mu.Unlock()
		h.events.Emit(h.ctx, next.name, next.data)
	}
}
