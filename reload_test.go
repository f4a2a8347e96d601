package aigateway

import (
	"flag"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/pool"
)

var fullReload = flag.Bool("reload.full", false, "100 reloads under 52 streams, not 15 under 20")

// generation is the gateway's block in one of the configurations that TestReload loads one after the other: the
// account that stays changes its limit, one changes its name alone, one comes and goes with another credential each
// time, and one is there only at first. Sessions have two accounts to choose from.
func generation(n int, upstream string) string {
	block := fmt.Sprintf(`
		key client sk-reload {
			concurrency %[4]d
		}
		account main openai_compatible secret-main {
			base_url %[1]s
			models m
			concurrency %[2]d
		}
		account renamed-%[3]d openai_compatible secret-renamed {
			base_url %[1]s
			models s
			concurrency 50
		}
		account twin openai_compatible secret-twin {
			base_url %[1]s
			models s
			weight %[4]d
		}
		account extra-%[3]d openai_compatible secret-extra-%[3]d {
			base_url %[1]s
			models extra
		}`, upstream, 200+n, n, 1000-n)
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

// TestReload loads configuration after configuration while streams and short requests are on their way and the metrics
// are read.
func TestReload(t *testing.T) {
	reloads, openStreams := 15, 20
	if *fullReload {
		reloads, openStreams = 100, 52
	}
	reloadUnderLoad(t, newSite(t), reloads, openStreams)
}

// TestReloadOverTLS does the same over TLS, where HTTP/2 is chosen as browsers do it.
func TestReloadOverTLS(t *testing.T) {
	s := newSite(t)
	s.overTLS(t)
	reloadUnderLoad(t, s, 10, 20)
}

func reloadUnderLoad(t *testing.T, s *site, reloads, openStreams int) {
	t.Helper()
	upstream := newGated(t)
	must(t, s.load(t, generation(0, upstream.URL)))
	s.trust(t)
	earlier, err := s.scrape() // other tests of this process have asked too
	must(t, err)
	first := states()
	begun := time.Now()
	clients := newTraffic(t, s)
	clients.open(t, openStreams, "m", "g")
	eventually(t, "all streams run", func() bool { return int(upstream.running.Load()) == openStreams })
	first["twin"].Freeze(time.Hour, "elsewhere")
	must(t, s.talk(clients.ctx, "renamed")) // the session begins on the account that is left
	first["twin"].Unfreeze()
	first["guest"].Freeze(time.Hour, "over reloads")
	frozen := first["guest"].Snapshot().Cooldowns[0]
	clients.ask(t, "m")
	stop := s.scraper(t)

	for n := 1; n <= reloads; n++ {
		enough := clients.answered.Load() + 10
		eventually(t, "short requests before the next reload", func() bool { return clients.answered.Load() >= enough || t.Failed() })
		must(t, s.load(t, generation(n, upstream.URL)))
		checkGeneration(t, n, first)
		must(t, s.talk(clients.ctx, "renamed"))
		if n%10 == 0 {
			failedReload(t, s, upstream.URL, states())
		}
	}
	took := time.Since(begun)
	enough := clients.answered.Load() + 10
	eventually(t, "short requests after the last reload", func() bool { return clients.answered.Load() >= enough || t.Failed() })
	if n := int(upstream.running.Load()); n != openStreams {
		t.Errorf("%d of %d streams are left after the reloads", n, openStreams)
	}
	clients.done()
	t.Logf("%d reloads in %v under %d streams and %d short requests; %d new connections broke",
		reloads, took.Round(time.Millisecond), openStreams, clients.answered.Load(), s.broken.Load())
	if n := first["guest"].Snapshot().InUse; n != openStreams/2 {
		t.Errorf("the account that is gone has %d slots in use", n)
	}
	if now := first["guest"].Snapshot().Cooldowns; len(now) != 1 || now[0] != frozen {
		t.Errorf("the cooldown was %v and is %v", frozen, now)
	}
	close(upstream.gate)
	clients.streams.Wait()
	for name, state := range first {
		eventually(t, "the slots of "+name+" are free", func() bool { return state.Snapshot().InUse == 0 })
	}
	requests := float64(int(clients.answered.Load()) + openStreams + reloads + 1)
	eventually(t, fmt.Sprintf("%v requests are counted, no more and no less", requests), func() bool {
		all, err := s.scrape()
		must(t, err)
		return all.sum("caddy_ai_gateway_requests_total")-earlier.sum("caddy_ai_gateway_requests_total") == requests
	})
	stop()
	if n := len(gateways.all()); n != 1 {
		t.Errorf("%d gateways are known", n)
	}
}

// checkGeneration compares what the process knows after a reload with what it knew at first.
func checkGeneration(t *testing.T, n int, first map[string]*pool.State) {
	t.Helper()
	now := states()
	if now["main"] != first["main"] || now["twin"] != first["twin"] || now[fmt.Sprintf("renamed-%d", n)] != first["renamed-0"] {
		t.Fatalf("reload %d: an account has a new state: %v, at first %v", n, now, first)
	}
	if limit := now["main"].Snapshot().Limit; limit != 200+n {
		t.Fatalf("reload %d: the limit is %d", n, limit)
	}
	if len(now) != 4 || now[fmt.Sprintf("extra-%d", n)] == nil {
		t.Fatalf("reload %d: the accounts are %v", n, now)
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
