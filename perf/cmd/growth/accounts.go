package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/perf/internal/bench"
	"github.com/caddy-ai-gateway/ai-gateway/perf/internal/stand"
)

// accounts measures a start, a reload, memory and the CPU time of a request
// with accounts that all have the same model. A size of 0 is the plain proxy.
func (b *bank) accounts(ctx context.Context) error {
	for _, n := range b.sizes(3, 0, 10, 1000, 100, 10_000) {
		if err := b.accounted(ctx, n); err != nil {
			return fmt.Errorf("%d accounts: %w", n, err)
		}
	}
	return nil
}

func (b *bank) accounted(ctx context.Context, n int) error {
	site := b.Proxy()
	if n > 0 {
		site = b.Gateway(stand.Site{Accounts: n, Dialects: []string{"openai"}})
	}
	values := make(map[[2]string][]float64)
	keep := func(figure, series string, v float64) {
		key := [2]string{figure, series}
		values[key] = append(values[key], v)
	}
	for range b.rounds(5) {
		if err := b.accountedOnce(ctx, site, keep); err != nil {
			return err
		}
	}
	for _, key := range slices.SortedFunc(maps.Keys(values), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) }) {
		v := values[key]
		b.note(key[0], key[1], n, median(v))
		if !strings.HasSuffix(key[1], "CPU time") && (key[0] == "accounts-start" || key[0] == "accounts-reload") {
			b.note(key[0], key[1]+", least", n, slices.Min(v))
		}
	}
	return nil
}

func (b *bank) accountedOnce(ctx context.Context, site string, keep func(figure, series string, v float64)) error {
	c, err := b.Start(ctx, "accounts", site)
	if err != nil {
		return err
	}
	config, err := b.accountedRun(c, keep)
	c.Stop()
	if err != nil {
		return err
	}
	if c, err = b.StartAdapted(ctx, c, config); err != nil {
		return err
	}
	keep("accounts-start", "JSON", ms(c.Ready))
	c.Stop()
	return nil
}

// accountedRun measures a Caddy that has just started, and returns what its
// Caddyfile was adapted to.
func (b *bank) accountedRun(c *stand.Caddy, keep func(figure, series string, v float64)) (config []byte, err error) {
	spent, err := bench.Spent(c.PID)
	if err != nil {
		return nil, err
	}
	keep("accounts-start", "Caddyfile", ms(c.Ready))
	keep("accounts-start", "Caddyfile, CPU time", ms(spent))
	time.Sleep(500 * time.Millisecond)
	rss, err := bench.Resident(c.PID)
	if err != nil {
		return nil, err
	}
	keep("accounts-memory", "resident", float64(rss)/mib)

	r, err := load(c, bench.Load{
		Dialect: "openai", Size: "small", Conns: 4, N: 1000, Warmup: 100, Max: time.Minute, Timeout: time.Minute,
	}, stand.Model["openai"])
	if err != nil {
		return nil, err
	}
	keep("accounts-cpu", "a request", r.CPU)

	if config, err = c.Adapted(); err != nil {
		return nil, err
	}
	for range 3 {
		before, err := bench.Spent(c.PID)
		if err != nil {
			return nil, err
		}
		took, err := c.Reload(config)
		if err != nil {
			return nil, err
		}
		after, err := bench.Spent(c.PID)
		if err != nil {
			return nil, err
		}
		keep("accounts-reload", "JSON", ms(took))
		keep("accounts-reload", "JSON, CPU time", ms(after-before))
	}
	return config, nil
}

func ms(d time.Duration) float64 { return d.Seconds() * 1000 }
