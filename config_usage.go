package aigateway

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/zap"

	"github.com/caddy-ai-gateway/ai-gateway/access"
	"github.com/caddy-ai-gateway/ai-gateway/handlers"
	"github.com/caddy-ai-gateway/ai-gateway/providers"
	"github.com/caddy-ai-gateway/ai-gateway/usage"

	// The store that is used when the configuration names none.
	_ "github.com/caddy-ai-gateway/ai-gateway/usage/sqlite"
)

const usageNamespace = "ai_gateway.usage"

// Price is what a model costs in dollars per million tokens.
type Price struct {
	// Input is the price of input that was neither read from a cache nor written to one.
	Input float64 `json:"input"`

	// Output is the price of output, reasoning included.
	Output float64 `json:"output"`

	// CacheRead is the price of input that was read from a cache. Default: Input.
	CacheRead *float64 `json:"cache_read,omitempty"`

	// CacheWrite is the price of input that was written to a cache for five minutes; for an hour it costs 1.6 times as
	// much. Default: Input, for an hour too.
	CacheWrite *float64 `json:"cache_write,omitempty"`
}

// usage returns the price as usage is charged by it.
func (p *Price) usage() (*usage.Price, error) {
	if p == nil {
		return nil, nil
	}
	words := []string{number(p.Input), number(p.Output)}
	switch {
	case p.CacheWrite != nil && p.CacheRead == nil:
		words = append(words, number(p.Input), number(*p.CacheWrite))
	case p.CacheWrite != nil:
		words = append(words, number(*p.CacheRead), number(*p.CacheWrite))
	case p.CacheRead != nil:
		words = append(words, number(*p.CacheRead))
	}
	price, err := usage.ParsePrice(words)
	if err != nil {
		return nil, fmt.Errorf("price: %w", err)
	}
	return &price, nil
}

func number(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }

// limits returns what the key may use.
func (k *Key) limits() (l access.Limits, err error) {
	if err := within("concurrency", k.Concurrency, 0, 1_000_000); err != nil {
		return l, err
	}
	l.Concurrency = k.Concurrency
	if k.Concurrency > 0 {
		l.Queue = k.Concurrency + access.QueueBeyond
	}
	if k.Queue != nil {
		if k.Concurrency == 0 {
			return l, fmt.Errorf("queue: nobody waits without concurrency; set that too")
		}
		if err := within("queue", *k.Queue, 0, 1_000_000); err != nil {
			return l, err
		}
		l.Queue = *k.Queue
	}
	if k.Rate != "" {
		if l.Rate, err = access.ParseRate(k.Rate); err != nil {
			return l, fmt.Errorf("rate: %w", err)
		}
	}
	if k.Tokens != "" {
		if l.Tokens, err = access.ParseRate(k.Tokens); err != nil {
			return l, fmt.Errorf("tokens: %w", err)
		}
	}
	if k.Budget != "" {
		if l.Budget, err = access.ParseBudget(k.Budget); err != nil {
			return l, fmt.Errorf("budget: %w", err)
		}
	}
	return l, nil
}

// intercepts returns by key which probes are answered without an upstream.
func (h *Handler) intercepts() map[string][]handlers.Intercept {
	all := make(map[string][]handlers.Intercept)
	for _, k := range h.keys {
		if len(k.Intercept) > 0 {
			all[k.Name] = kinds(k.Intercept)
		}
	}
	return all
}

func kinds(words []string) []handlers.Intercept {
	var list []handlers.Intercept
	for _, word := range words {
		list = append(list, handlers.Intercept(word))
	}
	return list
}

// loadUsage loads the store's module and the price file. Nothing is opened or made.
func (h *Handler) loadUsage(ctx caddy.Context) error {
	module, err := ctx.LoadModule(h, "UsageRaw")
	if err != nil {
		return fmt.Errorf("usage: %w", err)
	}
	driver, ok := module.(usage.Driver)
	if !ok {
		return fmt.Errorf("usage: %T is not a store of usage", module)
	}
	h.usage = driver
	if err := h.loadPrices(); err != nil {
		return err
	}
	h.warnUnpriced()
	return nil
}

func (h *Handler) loadPrices() error {
	h.prices = usage.BuiltInPrices()
	if h.Prices == "" {
		return nil
	}
	path, err := resolve(h.Prices)
	if err != nil {
		return fmt.Errorf("prices: reading the path: %w", err)
	}
	if h.prices, err = usage.ReadPrices(path); err != nil {
		return fmt.Errorf("prices: %w", err)
	}
	return nil
}

// warnUnpriced tells of models that the configuration names and that no budget limits, since nobody knows their price.
// Models that only a pattern names are told of when they are used.
func (h *Handler) warnUnpriced() {
	var keys []string
	for _, k := range h.keys {
		if k.limits.Budget.Nanos > 0 {
			keys = append(keys, k.Name)
		}
	}
	if models := h.unpriced(); len(keys) > 0 && len(models) > 0 {
		h.logger.Warn("budgets do not limit models without a known price; add price <in> <out> to their model blocks, or prices <file>",
			zap.Strings("models", models), zap.Strings("keys", keys))
	}
}

// unpriced returns the exact models of accounts whose price is not known, by the upstream's names.
func (h *Handler) unpriced() (models []string) {
	priced := make(map[string]bool)
	for _, m := range h.Models {
		if m.Price != nil {
			priced[m.Pattern], priced[m.As] = true, true
		}
	}
	for i := range h.accounts {
		a := &h.accounts[i]
		if _, own := a.provider.(providers.InProcess); own || a.disabled {
			continue
		}
		for _, s := range a.served {
			name := cmp.Or(s.upstream, s.pattern)
			if !isGlob(name) && !priced[s.pattern] && h.prices.Find(name) == nil && !slices.Contains(models, name) {
				models = append(models, name)
			}
		}
	}
	return models
}

// ledger is one configuration's hold on the process's record of usage.
type ledger struct {
	driver   usage.Driver
	recorder *usage.Recorder // nil when nothing is kept
	keys     *access.Keys
	logger   *zap.Logger
	close    func()
}

func (h *Handler) openLedger(keys *access.Keys) (*ledger, error) {
	l := &ledger{driver: h.usage, keys: keys, logger: h.logger, close: func() {}}
	if h.usage.Identity() == "" {
		return l, nil
	}
	recorder, err := usage.Attach(h.usage)
	if err != nil {
		return nil, err
	}
	l.recorder = recorder
	l.close = sync.OnceFunc(func() { usage.Detach(l.driver) })
	return l, nil
}

// restoreTime is how long a start may take to read what keys have used.
const restoreTime = 30 * time.Second

// publish makes the retention effective and gives the keys back what they have used before this process began. A store
// that cannot be read keeps no request from being served.
func (l *ledger) publish() {
	if l.recorder == nil {
		return
	}
	l.recorder.Retain(l.driver.Retention())
	ctx, cancel := context.WithTimeout(context.Background(), restoreTime)
	defer cancel()
	if err := l.keys.Restore(l.history(ctx)); err != nil {
		l.logger.Error("budgets and limits of tokens begin anew", zap.Error(err))
	}
}

func (l *ledger) history(ctx context.Context) access.History {
	return func(key string, since, until time.Time, step time.Duration) ([]access.Used, error) {
		pieces, err := l.recorder.History(ctx, key, since, until, step)
		if err != nil {
			return nil, err
		}
		used := make([]access.Used, 0, len(pieces))
		for _, p := range pieces {
			used = append(used, access.Used{At: p.At, Tokens: p.Tokens, Nanos: p.Cost})
		}
		return used, nil
	}
}
