package main

import (
	"context"
	"fmt"
	"slices"
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
	for key, v := range values {
		b.note(key[0], key[1], n, median(v))
		if key[1] == "time" {
			b.note(key[0], "least time", n, slices.Min(v))
		}
	}
	return nil
}

func (b *bank) accountedOnce(ctx context.Context, site string, keep func(figure, series string, v float64)) error {
	c, err := b.Start(ctx, "accounts", site)
	if err != nil {
		return err
	}
	defer c.Stop()
	spent, err := bench.Spent(c.PID)
	if err != nil {
		return err
	}
	keep("accounts-start", "time", ms(c.Ready))
	keep("accounts-start", "CPU time", ms(spent))
	time.Sleep(500 * time.Millisecond)
	rss, err := bench.Resident(c.PID)
	if err != nil {
		return err
	}
	keep("accounts-memory", "resident", float64(rss)/mib)

	r, err := load(c, bench.Load{
		Dialect: "openai", Size: "small", Conns: 4, N: 1000, Warmup: 100, Max: time.Minute, Timeout: time.Minute,
	}, stand.Model["openai"])
	if err != nil {
		return err
	}
	keep("accounts-cpu", "a request", r.CPU)

	config, err := c.Adapted()
	if err != nil {
		return err
	}
	for range 3 {
		before, err := bench.Spent(c.PID)
		if err != nil {
			return err
		}
		took, err := c.Reload(config)
		if err != nil {
			return err
		}
		after, err := bench.Spent(c.PID)
		if err != nil {
			return err
		}
		keep("accounts-reload", "time", ms(took))
		keep("accounts-reload", "CPU time", ms(after-before))
	}
	return nil
}

func ms(d time.Duration) float64 { return d.Seconds() * 1000 }
