package handlers

import (
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/pool"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// TestDisconnect covers clients that leave at any moment: the upstream is told,
// nobody is blamed, no other account is asked.
func TestDisconnect(t *testing.T) {
	s := speeches[ir.Anthropic]
	begun := append(append([]string(nil), s.preamble...), s.content[0])
	part := func(status int, body string) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, r *http.Request) {
			says(status, "application/json", body)(w, r)
			_ = http.NewResponseController(w).Flush()
		}
	}
	moments := map[string]struct {
		stream bool
		before func(http.ResponseWriter, *http.Request)
	}{
		"before the upstream's headers":             {true, func(http.ResponseWriter, *http.Request) {}},
		"before the upstream's headers, unstreamed": {false, func(http.ResponseWriter, *http.Request) {}},
		"before content":                            {true, streams(s.preamble, nil)},
		"after content":                             {true, streams(begun, nil)},
		"while a stream is collected":               {false, streams(begun, nil)},
		"inside a whole answer":                     {false, part(200, s.whole[:20])},
		"inside an error":                           {false, part(500, "{")},
	}
	for name, moment := range moments {
		for _, http2 := range []bool{false, true} {
			for _, client := range []ir.Dialect{ir.Chat, ir.Anthropic} {
				t.Run(name+" "+string(client), func(t *testing.T) {
					reached, left := make(chan bool), make(chan bool)
					up := newUpstream(t, func(w http.ResponseWriter, r *http.Request) {
						moment.before(w, r)
						close(reached)
						hangs(w, r) // until the gateway closes the connection
						close(left)
					})
					other := newUpstream(t, says(200, "application/json", s.whole))
					f := serve(t, gatewaySpec{http2: http2, accounts: []accountSpec{
						{name: "first", dialect: ir.Anthropic, url: up.URL, concurrency: 1},
						{name: "second", dialect: ir.Anthropic, url: other.URL, priority: 1},
					}})
					ask := speeches[client].ask
					if moment.stream {
						ask = speeches[client].askStream
					}
					ctx, cancel := context.WithCancel(t.Context())
					go func() {
						<-reached
						cancel()
					}()
					req, _ := http.NewRequestWithContext(ctx, "POST", f.server.URL+speeches[client].path, strings.NewReader(ask))
					req.Header.Set("Authorization", "Bearer "+clientSecret)
					if resp, err := f.server.Client().Do(req); err == nil {
						_, _ = io.Copy(io.Discard, resp.Body)
						_ = resp.Body.Close()
					}
					select {
					case <-left:
					case <-time.After(5 * time.Second):
						t.Fatal("the upstream is not told")
					}
					f.settled()
					if s := f.account("first"); s.Failed != 0 || s.LastFailure != pool.Unjudged || len(s.Cooldowns) != 0 {
						t.Errorf("the account is blamed: %+v", s)
					}
					if n := len(other.requests()); n != 0 {
						t.Errorf("another account was asked %d times", n)
					}
				})
			}
		}
	}
}

// TestDisconnectWhileWaiting gives up the place in the waiting list.
func TestDisconnectWhileWaiting(t *testing.T) {
	up := newUpstream(t, hangs)
	f := serve(t, gatewaySpec{accounts: []accountSpec{{name: "only", url: up.URL, concurrency: 1}}})
	var wg sync.WaitGroup
	ask := func() (leave context.CancelFunc) {
		ctx, cancel := context.WithCancel(t.Context())
		wg.Go(func() {
			req, _ := http.NewRequestWithContext(ctx, "POST", f.server.URL+"/v1/chat/completions", strings.NewReader(speeches[ir.Chat].ask))
			req.Header.Set("Authorization", "Bearer "+clientSecret)
			if resp, err := f.server.Client().Do(req); err == nil {
				_ = resp.Body.Close()
			}
		})
		return cancel
	}
	leaveFirst := ask()
	f.eventually("the first request runs", func() bool { return len(up.requests()) == 1 })
	leaveSecond := ask()
	f.eventually("the second request waits", func() bool { return f.Pool.Waiting() == 1 })
	leaveSecond()
	f.eventually("nobody waits", func() bool { return f.Pool.Waiting() == 0 })
	leaveFirst()
	wg.Wait()
	f.settled()
	if n := len(up.requests()); n != 1 {
		t.Errorf("the upstream was asked %d times", n)
	}
}

// TestRandomCancels cancels requests at random moments. In the end nothing is
// left: no slot, no waiting request, no goroutine.
func TestRandomCancels(t *testing.T) {
	before := runtime.NumGoroutine()
	t.Run("cancel", func(t *testing.T) {
		s := speeches[ir.Anthropic]
		slowly := func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", eventStream)
			for _, frame := range s.stream() {
				select {
				case <-time.After(time.Duration(rand.IntN(2000)) * time.Microsecond):
				case <-r.Context().Done():
					return
				}
				_, _ = io.WriteString(w, frame)
				_ = http.NewResponseController(w).Flush()
			}
		}
		bad, good := newUpstream(t, fails(503, `{}`)), newUpstream(t, slowly)
		f := serve(t, gatewaySpec{
			accounts: []accountSpec{
				{name: "bad", dialect: ir.Anthropic, url: bad.URL, concurrency: 3},
				{name: "good", dialect: ir.Anthropic, url: good.URL, concurrency: 3, priority: 1},
			},
			tweak: func(g *Gateway) { g.Stream.Ping = time.Millisecond; g.Stream.HoldDuration = time.Millisecond },
		})
		limit := make(chan bool, 16)
		var wg sync.WaitGroup
		for i := range 200 {
			limit <- true
			wg.Go(func() {
				defer func() { <-limit }()
				client := dialects[i%len(dialects)]
				path, ask := speeches[client].streamPath, speeches[client].askStream
				if i%3 == 0 {
					path, ask = speeches[client].path, speeches[client].ask
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rand.IntN(20_000))*time.Microsecond)
				defer cancel()
				req, _ := http.NewRequestWithContext(ctx, "POST", f.server.URL+path, strings.NewReader(ask))
				req.Header.Set("Authorization", "Bearer "+clientSecret)
				if resp, err := f.server.Client().Do(req); err == nil {
					_, _ = io.Copy(io.Discard, resp.Body)
					_ = resp.Body.Close()
				}
			})
		}
		wg.Wait()
		f.settled()
		if s := f.account("good"); s.Failed != 0 {
			t.Errorf("clients that leave count against the account: %+v", s)
		}
	})
	eventually(t, "all goroutines end", func() bool { return runtime.NumGoroutine() <= before+2 })
}
