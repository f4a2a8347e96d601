package aigateway

import (
	"fmt"
	"sync"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-ai-gateway/ai-gateway/handlers"
	"github.com/caddy-ai-gateway/ai-gateway/metrics"
	"github.com/caddy-ai-gateway/ai-gateway/pool"
)

// collectors are the process's own: every configuration has a new registry, but what is counted goes on.
var collectors = sync.OnceValue(func() *metrics.Metrics { return metrics.New(gateways.sources) })

// watch prepares what tells people how the gateway fares.
func (h *Handler) watch(ctx caddy.Context) (err error) {
	if err := registerMetrics(ctx); err != nil {
		return err
	}
	h.announcer, err = newAnnouncer(ctx, h.Name, h.logger)
	return err
}

// registerMetrics shows the metrics wherever Caddy shows its own.
func registerMetrics(ctx caddy.Context) error {
	registry := ctx.GetMetricsRegistry()
	if registry == nil {
		return nil // a configuration without apps, as tests have it
	}
	if err := collectors().Register(registry); err != nil {
		return fmt.Errorf("registering the metrics: %w", err)
	}
	return nil
}

// observer returns what counts the gateway's requests.
func (h *Handler) observer(accounts []*pool.Account) handlers.Observer {
	var models []string
	for _, m := range h.Models {
		if !isGlob(m.Pattern) {
			models = append(models, m.Pattern)
		}
	}
	return collectors().For(h.Name, accounts, models)
}
