package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"syscall"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/perf/internal/bench"
	"github.com/caddy-ai-gateway/ai-gateway/perf/internal/stand"
)

// streamPause lies between the events of an idle stream.
const streamPause = 4 * time.Second

// streams measures what open streams that wait for their next event take.
func (b *bank) streams(ctx context.Context) error {
	for _, n := range b.sizes(1, 500, 2000, 10_000) {
		n = min(n, openable())
		for _, w := range ways {
			if err := b.crowd(ctx, w, n); err != nil {
				return fmt.Errorf("%s, %d streams: %w", w.name, n, err)
			}
		}
	}
	return nil
}

// openable is how many streams a gateway may have open, which are two files
// each. Go has raised the soft limit to the hard one, for the gateway too.
func openable() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 500
	}
	return int(min(limit.Cur, 1<<20)-200) / 2
}

func (b *bank) crowd(ctx context.Context, w way, n int) error {
	pause := streamPause
	if b.options.quick {
		pause /= 2
	}
	if err := b.slow(pause); err != nil {
		return err
	}
	defer func() { _ = b.slow(0) }()
	c, err := b.caddy(ctx, w)
	if err != nil {
		return err
	}
	defer c.Stop()
	l := bench.Load{Dialect: "openai", Size: "small", Chunks: stand.Chunks, Key: stand.Key, Max: 10 * time.Minute, Timeout: 2 * time.Minute}
	r, err := l.Crowd(bench.Target{URL: c.URL, PID: c.PID, Model: w.model}, n, 2*pause)
	if err != nil {
		return err
	}
	if r.Failed > 0 {
		return fmt.Errorf("wrong answers: %s", r)
	}
	b.note("streams", w.name, n, r.After-r.Before)
	return nil
}

// slow makes the upstream wait before each event.
func (b *bank) slow(pause time.Duration) error {
	resp, err := http.Get(b.Upstream + "/set?batch=1&delay=" + pause.String())
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// starts measures what a process takes that has nothing to do, and how long it
// needs to get there.
func (b *bank) starts(ctx context.Context) error {
	for _, w := range ways[:2] {
		var memory []float64
		for range b.rounds(5) {
			c, err := b.caddy(ctx, w)
			if err != nil {
				return err
			}
			time.Sleep(time.Second)
			rss, err := bench.Resident(c.PID)
			c.Stop()
			if err != nil {
				return err
			}
			memory = append(memory, float64(rss)/mib)
		}
		fmt.Fprintf(os.Stderr, "after start: %s: %.1f MiB of %v\n", w.name, median(memory), memory)
		b.results.add("start", w.name, 1, median(memory))
	}
	return nil
}
