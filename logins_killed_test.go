package aigateway

import (
	"flag"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/caddyserver/certmagic"

	"github.com/caddy-ai-gateway/ai-gateway/credentials"
)

var kills = flag.Int("kills", 1, "how many times TestCaddysKilled kills one of two processes")

// TestCaddysKilled has two Caddys share an account in one storage folder and serve requests with it, while they are killed
// at random moments around a refresh. No refresh token may be used twice, none may be lost, and both must serve again.
func TestCaddysKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a while until the lock of a dead process is stale")
	}
	server := newAuthority(t, 12) // of which a token is used for two seconds
	server.delay = 200 * time.Millisecond
	dir := t.TempDir()
	storage := dir + "/storage"
	must(t, credentials.Put(t.Context(), credentials.InStorage(&certmagic.FileStorage{Path: storage}, "x"), credentials.Token{Refresh: "refresh-0"}))
	caddyfile := `{
	admin localhost:{admin}
	storage file_system ` + storage + `
}
http://127.0.0.1:{port} {
	ai_gateway {
		allow_anonymous
		` + server.account("x") + `
		usage off
	}
}
`
	both := []*caddyProcess{startCaddy(t, dir, caddyfile), startCaddy(t, dir, caddyfile)}
	stop, served := askAll(both)
	defer stop()
	for range *kills {
		asked := server.count()
		both[0].eventually(t, "somebody refreshes", func() bool { return server.count() > asked })
		time.Sleep(time.Duration(rand.IntN(300)) * time.Millisecond) // before, within or after the next exchange
		victim := both[rand.IntN(2)]
		victim.kill()
		victim.start(t, dir)
	}
	asked, before := server.count(), served()
	for i, p := range both {
		p.eventually(t, "both serve with new tokens", func() bool { return server.count() > asked+1 && served()[i] > before[i]+1 })
		if strings.Contains(p.out.String(), string(credentials.NeedsLogin)) {
			t.Errorf("an account is lost:\n%s", p.out)
		}
	}
	server.mu.Lock()
	defer server.mu.Unlock()
	if server.reused || server.again > *kills {
		t.Errorf("a refresh token was used twice: %v, or %d times without a kill in between, of which there were %d", server.reused, server.again, *kills)
	}
}

// askAll has every process asked all the time, and tells how often each has answered.
func askAll(processes []*caddyProcess) (stop func(), served func() []int) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	count := make([]int, len(processes))
	done := make(chan struct{})
	for i, p := range processes {
		asker := &caddyProcess{port: p.port} // p's own command changes
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				case <-time.After(50 * time.Millisecond):
				}
				if asker.chat() == 200 {
					mu.Lock()
					count[i]++
					mu.Unlock()
				}
			}
		})
	}
	stop = func() { close(done); wg.Wait() }
	served = func() []int {
		mu.Lock()
		defer mu.Unlock()
		return append([]int(nil), count...)
	}
	return stop, served
}
