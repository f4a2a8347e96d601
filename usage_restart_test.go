package aigateway

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestUsageOverRestarts stops a whole Caddy with a signal while it serves, and starts it again. Every answer that a client
// has got completely has its record, with the very tokens that it told.
func TestUsageOverRestarts(t *testing.T) {
	dir := t.TempDir()
	db := filepath.Join(dir, "usage.db")
	p := startCaddy(t, dir, `{
	admin localhost:{admin}
}
http://127.0.0.1:{port} {
	ai_gateway {
		allow_anonymous
		account sim simulator
		cooldown {
			error 1ms 2ms
			rate_limit 1ms 2ms
			overload 1ms 2ms
		}
		usage sqlite `+db+`
	}
}
`)
	var told sync.Map
	for round := range 3 {
		if round > 0 {
			p.start(t, dir)
		}
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for range 15 {
					p.sendWish(&told)
				}
			})
		}
		time.Sleep(time.Duration(20+rand.IntN(60)) * time.Millisecond) // somewhere in the traffic
		must(t, p.cmd.Process.Signal(syscall.SIGTERM))
		must(t, p.cmd.Wait())
		wg.Wait()
	}
	rows, completed := successes(t, db), 0
	told.Range(func(id, tokens any) bool {
		completed++
		if got := rows[id.(string)]; len(got) != 1 || got[0] != tokens.([2]int64) {
			t.Errorf("request %s: booked are %v, its client was told %v", id, got, tokens)
		}
		return true
	})
	if completed == 0 {
		t.Error("no request was completed")
	}
}

// sendWish sends one request and remembers what its client is told of tokens, if it gets the whole answer.
func (p *caddyProcess) sendWish(told *sync.Map) {
	stream := rand.IntN(2) == 0
	body := fmt.Sprintf(`{"model":"demo","stream":%t,"messages":[{"role":"user","content":"%s, number %d"}]}`,
		stream, wishes[rand.IntN(len(wishes))], rand.Uint64())
	if stream {
		body = strings.Replace(body, `"stream":true`, `"stream":true,"stream_options":{"include_usage":true}`, 1)
	}
	resp, err := http.Post(p.url("/v1/chat/completions"), "application/json", strings.NewReader(body))
	if err != nil {
		return // it is down
	}
	defer resp.Body.Close()
	w := httptest.NewRecorder()
	w.Code = resp.StatusCode
	if _, err := io.Copy(w.Body, resp.Body); err != nil {
		return
	}
	if tokens, ok := usageOf(w, stream); ok {
		told.Store(resp.Header.Get("X-Ai-Gateway-Request-Id"), tokens)
	}
}
