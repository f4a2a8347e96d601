package main

import (
	"context"
	"fmt"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/perf/internal/bench"
	"github.com/caddy-ai-gateway/ai-gateway/perf/internal/wire"
)

// bodies measures the CPU time and the memory of requests of one long message.
func (b *bank) bodies(ctx context.Context) error {
	for _, n := range b.sizes(4, 1<<10, 10<<10, 100<<10, 1<<20, 10<<20) {
		for _, w := range ways {
			if err := b.sized(ctx, w, n); err != nil {
				return fmt.Errorf("%s, %d bytes: %w", w.name, n, err)
			}
		}
	}
	return nil
}

// sized measures requests of one size in a fresh process: one alone, then many
// after each other, whose garbage comes on top.
func (b *bank) sized(ctx context.Context, w way, n int) error {
	c, err := b.caddy(ctx, w)
	if err != nil {
		return err
	}
	defer c.Stop()
	body := wire.Sized(wire.OpenAI, w.model, n)
	idle, err := bench.Resident(c.PID)
	if err != nil {
		return err
	}
	l := bench.Load{Dialect: "openai", Body: body, Conns: 1, N: 1, Max: time.Minute, Timeout: time.Minute}
	r, err := load(c, l, w.model)
	if err != nil {
		return err
	}
	b.note("body-memory", w.name+", one alone", n, max(r.Peak-float64(idle)/mib, 0))
	l.N = b.requests(n)
	l.Warmup = l.N / 10
	if r, err = load(c, l, w.model); err != nil {
		return err
	}
	b.note("body-memory", w.name+", one after another", n, max(r.Peak-float64(idle)/mib, 0))
	b.note("body-cpu", w.name, n, r.CPU)
	return nil
}

// requests is how many of n bytes make up a second of CPU time, about.
func (b *bank) requests(n int) int {
	many := max(min(100<<20/n, 4000), 20)
	if b.options.quick {
		return max(many/8, 10)
	}
	return many
}

// messages measures the CPU time of requests with histories.
func (b *bank) messages(ctx context.Context) error {
	for _, w := range ways {
		c, err := b.caddy(ctx, w)
		if err != nil {
			return err
		}
		for _, n := range b.sizes(3, 10, 30, 100, 300, 1000) {
			body := wire.History(wire.OpenAI, w.model, n)
			many := b.requests(len(body))
			l := bench.Load{Dialect: "openai", Body: body, Conns: 2, N: many, Warmup: many / 10, Max: time.Minute, Timeout: time.Minute}
			r, err := load(c, l, w.model)
			if err != nil {
				c.Stop()
				return fmt.Errorf("%s, %d messages: %w", w.name, n, err)
			}
			b.note("messages", w.name, n, r.CPU)
		}
		c.Stop()
	}
	return nil
}
