package aigateway

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/zap"

	"github.com/caddy-ai-gateway/ai-gateway/egress"
)

// App is one configuration's directory of gateways, keys and accounts, shared by all of its gateways. No configuration
// needs to name it: the first gateway calls it into being.
type App struct {
	mu         sync.Mutex
	entries    map[entryKey]entry
	transports map[string]http.RoundTripper
	shared     []string // keys of transports that live on with the next configuration
	ways       []string // keys of egresses, which do too
	publishers []publisher
	published  int // how many of the publishers have been told so
	logger     *zap.Logger
}

// publisher has settings that become effective for the whole process when its configuration starts, not before:
// a configuration that is only validated, or that fails to start, must leave the running one alone.
type publisher interface {
	// Publish makes the settings effective.
	Publish()

	// Unpublish withdraws them, while requests of this configuration may still be running.
	Unpublish()
}

type entryKey struct{ kind, name string }

type entry struct {
	gateway    string
	definition []byte
}

// CaddyModule returns the Caddy module information.
func (*App) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "ai_gateway", New: func() caddy.Module { return new(App) }}
}

// Provision prepares an empty directory.
func (a *App) Provision(ctx caddy.Context) error {
	a.logger = ctx.Logger()
	a.entries = make(map[entryKey]entry)
	a.transports = make(map[string]http.RoundTripper)
	return nil
}

// Start publishes the settings of all gateways. Requests may already have been served with their own.
func (a *App) Start() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, p := range a.publishers[a.published:] {
		p.Publish()
		a.published++
	}
	return nil
}

// Stop does nothing: Caddy stops apps in any order, and requests go on after it, on a reload to their natural end.
func (*App) Stop() error { return nil }

// Cleanup withdraws exactly what Start has published, and lets go of connections that the next configuration does not
// share. At the end of the process it says how many requests are cut off.
func (a *App) Cleanup() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.published > 0 && caddy.Exiting() {
		gateways.tellCut(a.logger)
	}
	for _, p := range a.publishers[:a.published] {
		p.Unpublish()
	}
	a.publishers, a.published = nil, 0
	for _, key := range a.shared {
		egress.Release(key)
	}
	for _, way := range a.ways {
		_, _ = egresses.Delete(way)
	}
	a.shared, a.ways = nil, nil
	return nil
}

// join adds a publisher to those that Start tells.
func (a *App) join(p publisher) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.publishers = append(a.publishers, p)
}

// define enters something with a name. What has the same name in two gateways must have the same definition, since
// its state, its metrics and its place in the admin API are one.
func (a *App) define(kind, name, gateway string, value any) error {
	definition, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("writing %s %q as JSON: %w", kind, name, err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	key := entryKey{kind, name}
	first, ok := a.entries[key]
	if !ok {
		a.entries[key] = entry{gateway, definition}
		return nil
	}
	if bytes.Equal(first.definition, definition) {
		return nil
	}
	if kind == "gateway" {
		return fmt.Errorf("two gateways that differ are named %q; give one of them another name", name)
	}
	return fmt.Errorf("%s %q is defined differently in gateway %q and in gateway %q; make them the same, or give one of "+
		"them another name", kind, name, first.gateway, gateway)
}

// enter finds this configuration's app and enters the gateway with all that it names.
func (h *Handler) enter(ctx caddy.Context) error {
	app, err := ctx.App("ai_gateway")
	if err != nil {
		return fmt.Errorf("getting the ai_gateway app: %w", err)
	}
	h.app = app.(*App)
	if err := h.app.define("gateway", h.Name, h.Name, h); err != nil {
		return err
	}
	for _, key := range h.Keys {
		if err := h.app.define("key", key.Name, h.Name, key); err != nil {
			return err
		}
	}
	for _, account := range h.Accounts {
		if err := h.app.define("account", account.Name, h.Name, account); err != nil {
			return err
		}
	}
	return nil
}

// Interface guards
var (
	_ caddy.App          = (*App)(nil)
	_ caddy.Provisioner  = (*App)(nil)
	_ caddy.CleanerUpper = (*App)(nil)
)
