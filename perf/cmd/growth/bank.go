package main

import (
	"context"
	"fmt"
	"os"
	"slices"

	"github.com/caddy-ai-gateway/ai-gateway/perf/internal/bench"
	"github.com/caddy-ai-gateway/ai-gateway/perf/internal/stand"
)

// bank is the test bank: what the measurements run on and write to.
type bank struct {
	*stand.Stand
	options *options
	results *table
}

// way is how a Chat client's request goes.
type way struct{ name, model string }

// ways are the plain proxy first, since the others are compared with it.
var ways = []way{
	{"plain proxy", stand.Model["openai"]}, {"relayed", stand.Model["openai"]}, {"translated", stand.Model["anthropic"]},
}

// caddy starts a fresh Caddy for the way, so that nothing before has an effect
// on its memory.
func (b *bank) caddy(ctx context.Context, w way) (*stand.Caddy, error) {
	if w.name == "plain proxy" {
		return b.Start(ctx, "proxy", b.Proxy())
	}
	return b.Start(ctx, "gateway", b.Gateway(stand.Site{Accounts: 2}))
}

// sizes are those that are measured: in a quick run only the first ones.
func (b *bank) sizes(quick int, all ...int) []int {
	if b.options.quick {
		return all[:quick]
	}
	return all
}

// rounds is how often what the machine disturbs is measured.
func (b *bank) rounds(n int) int {
	if b.options.quick {
		return 1
	}
	return n
}

func (b *bank) note(figure, series string, size int, value float64) {
	b.results.add(figure, series, size, value)
	fmt.Fprintf(os.Stderr, "%s: %s, %d: %.3g\n", figure, series, size, value)
}

// load drives the Caddy. A wrong answer voids everything.
func load(c *stand.Caddy, l bench.Load, model string) (*bench.Report, error) {
	l.Chunks, l.Key = stand.Chunks, stand.Key
	r, err := l.Run(bench.Target{URL: c.URL, PID: c.PID, Model: model})
	if err != nil {
		return nil, err
	}
	if r.Errors > 0 {
		return nil, fmt.Errorf("wrong answers: %s", r)
	}
	return r, nil
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}

const mib = 1 << 20
