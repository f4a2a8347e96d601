package aigateway

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/pool"
)

const (
	reloads       = 50
	streamsOfEach = 10 // by protocol and account
)

// generation is the gateway's block in one of the configurations that TestReload loads one after the other: the
// account that stays changes its limit, one comes and goes under another name each time, and one is there only at
// first.
func generation(n int, upstream string) string {
	limit := 200 + n
	block := fmt.Sprintf(`
		key client sk-reload
		account main openai_compatible secret-main {
			base_url %[1]s
			models m
			concurrency %[2]d
		}
		account extra-%[3]d openai_compatible secret-extra-%[3]d {
			base_url %[1]s
			models extra
		}`, upstream, limit, n)
	if n == 0 {
		block += fmt.Sprintf(`
		account guest openai_compatible secret-guest {
			base_url %s
			models g
			concurrency 100
		}`, upstream)
	}
	return block
}

// states returns the states of the running accounts by name.
func states() map[string]*pool.State {
	all := make(map[string]*pool.State)
	for _, g := range gateways.named() {
		for _, a := range g.Pool.Accounts() {
			all[a.Name] = a.State
		}
	}
	return all
}

// TestReload loads configuration after configuration while streams and short requests are on their way.
func TestReload(t *testing.T) {
	upstream, s := newGated(t), newSite(t)
	must(t, s.load(t, generation(0, upstream.URL)))
	first := states()

	ctx, stop := context.WithTimeout(t.Context(), 2*time.Minute)
	defer stop()
	var streams, others sync.WaitGroup
	for client := range s.clients {
		for _, model := range []string{"m", "g"} {
			for range streamsOfEach {
				streams.Go(func() {
					if err := s.stream(ctx, client, model); err != nil {
						t.Errorf("a stream of %s over %s: %v", model, client, err)
					}
				})
			}
		}
	}
	const all = 4 * streamsOfEach
	eventually(t, "all streams run", func() bool { return upstream.running.Load() == all })

	short, enough := new(atomic.Int64), make(chan struct{})
	for client := range s.clients {
		others.Go(func() {
			for {
				select {
				case <-enough:
					return
				default:
				}
				if err := s.short(ctx, client, "m"); err != nil {
					t.Errorf("a short request over %s: %v", client, err)
					return
				}
				short.Add(1)
			}
		})
	}

	first["main"].Freeze(time.Hour, "over reloads")
	first["main"].Unfreeze()
	var before float64
	for n := 1; n <= reloads; n++ {
		must(t, s.load(t, generation(n, upstream.URL)))
		counted, err := s.counted("caddy_ai_gateway_requests_total")
		if err != nil || counted < before {
			t.Fatalf("reload %d: %v requests counted after %v, %v", n, counted, before, err)
		}
		before = counted
		now := states()
		if now["main"] != first["main"] {
			t.Fatalf("reload %d: the account has a new state", n)
		}
		if limit := now["main"].Snapshot().Limit; limit != 200+n {
			t.Fatalf("reload %d: the limit is %d", n, limit)
		}
		if len(now) != 2 || now[fmt.Sprintf("extra-%d", n)] == nil {
			t.Fatalf("reload %d: the accounts are %v", n, now)
		}
		if n%10 == 0 {
			failedReload(t, s, upstream.URL, now)
		}
	}
	eventually(t, "short requests after the last reload", func() bool { return short.Load() > 10 })
	if n := upstream.running.Load(); n != all {
		t.Errorf("%d of %d streams are left after the reloads", n, all)
	}
	close(enough)
	others.Wait()
	if n := first["guest"].Snapshot().InUse; n != 2*streamsOfEach {
		t.Errorf("the account that is gone has %d slots in use", n)
	}
	close(upstream.gate)
	streams.Wait()
	for name, state := range first {
		eventually(t, "the slots of "+name+" are free", func() bool { return state.Snapshot().InUse == 0 })
	}
	sum := func() float64 {
		n, err := s.counted("caddy_ai_gateway_requests_total")
		must(t, err)
		return n
	}
	requests := float64(short.Load() + all)
	eventually(t, fmt.Sprintf("all of %v requests are counted", requests), func() bool { return sum() >= requests })
	if n := len(gateways.all()); n != 1 {
		t.Errorf("%d gateways are known", n)
	}
}

// failedReload loads what does not load, after which everything must be as before.
func failedReload(t *testing.T, s *site, upstream string, before map[string]*pool.State) {
	t.Helper()
	broken := generation(0, upstream) + `
		account broken openai_compatible {file./does/not/exist} {
			base_url not-a-url
			models x
			concurrency 1
		}`
	if err := s.load(t, broken); err == nil {
		t.Fatal("a broken configuration was loaded")
	}
	// One that fails when it starts, perhaps after the gateways have: the address belongs to documentation.
	if err := s.load(t, generation(0, upstream), "http://198.51.100.1:9 {\nbind 198.51.100.1\nrespond nothing\n}"); err == nil {
		t.Fatal("a configuration that cannot listen was loaded")
	}
	now := states()
	if len(now) != len(before) || now["main"] != before["main"] || now["guest"] != nil {
		t.Errorf("after a broken configuration the accounts are %v", now)
	}
	if now["main"].Snapshot().Limit == 200 {
		t.Error("the limit of a broken configuration holds")
	}
}

// TestReloadServesThoseWhoWait raises the limit of an account that a request waits for.
func TestReloadServesThoseWhoWait(t *testing.T) {
	upstream, s := newGated(t), newSite(t)
	block := func(limit int) string {
		return fmt.Sprintf(`
		key client sk-reload
		account main openai_compatible secret-main {
			base_url %s
			models m
			concurrency %d
		}`, upstream.URL, limit)
	}
	must(t, s.load(t, block(1)))
	var running sync.WaitGroup
	running.Go(func() {
		if err := s.stream(t.Context(), "h1", "m"); err != nil {
			t.Error(err)
		}
	})
	eventually(t, "the stream runs", func() bool { return upstream.running.Load() == 1 })
	waited := make(chan error, 1)
	go func() { waited <- s.short(t.Context(), "h2c", "m") }()
	eventually(t, "the other waits", func() bool { return gateways.all()[0].Pool.Waiting() == 1 })
	must(t, s.load(t, block(2)))
	if err := <-waited; err != nil {
		t.Error(err)
	}
	if upstream.running.Load() != 1 {
		t.Error("the stream is gone")
	}
	close(upstream.gate)
	running.Wait()
}

// TestReloadKeepsCooldowns wants accounts that are down to be down after a reload too, whether the gateway or a person
// did it.
func TestReloadKeepsCooldowns(t *testing.T) {
	upstream, s := newGated(t), newSite(t)
	must(t, s.load(t, generation(1, upstream.URL)))
	must(t, s.short(t.Context(), "h1", "m"))
	state := states()["main"]
	state.Freeze(time.Hour, "resting")
	must(t, s.load(t, generation(2, upstream.URL)))
	if err := s.short(t.Context(), "h1", "m"); err == nil {
		t.Error("a frozen account has answered after a reload")
	}
	state.Unfreeze()
	must(t, s.short(t.Context(), "h1", "m"))
	if n := states()["main"].Snapshot().Succeeded; n != 2 {
		t.Errorf("the account has %d successes", n)
	}
}
