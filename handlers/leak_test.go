package handlers

import (
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/caddy-ai-gateway/ai-gateway/access"
	"github.com/caddy-ai-gateway/ai-gateway/pool"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// fickle is an upstream whose requests end in every way, each decided by chance.
type fickle struct {
	n                                             atomic.Uint64
	answered, torn, refused, awaited, fell, stuck atomic.Int32
}

// RoundTrip implements http.RoundTripper.
func (f *fickle) RoundTrip(r *http.Request) (*http.Response, error) {
	random := rand.New(rand.NewPCG(f.n.Add(1), 3))
	body := io.Reader(strings.NewReader(speeches[ir.Chat].whole))
	status, kind := http.StatusOK, "application/json"
	switch random.IntN(10) {
	case 0:
		f.fell.Add(1)
		panic("the transport has a bug")
	case 1:
		f.refused.Add(1)
		return nil, io.ErrUnexpectedEOF
	case 2:
		f.refused.Add(1)
		status, body = http.StatusTooManyRequests, strings.NewReader(`{"error":{"message":"slow down"}}`)
	case 3:
		f.awaited.Add(1)
		<-r.Context().Done() // the client leaves, or the watchdog ends it
		return nil, r.Context().Err()
	case 4:
		f.torn.Add(1)
		kind, body = eventStream, strings.NewReader(strings.Join(speeches[ir.Chat].preamble, ""))
	case 5:
		f.stuck.Add(1)
		kind, body = eventStream, &stuckBody{ctx: r.Context()}
	default:
		f.answered.Add(1)
	}
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {kind}}, Body: io.NopCloser(body), ContentLength: -1, Request: r,
	}, nil
}

// stuckBody says nothing until its request is ended.
type stuckBody struct{ ctx context.Context }

func (b *stuckBody) Read([]byte) (int, error) {
	<-b.ctx.Done()
	return 0, b.ctx.Err()
}

// TestNothingIsHeld ends 10,000 requests by answers, errors, cancels, time-outs and panics, while few may run at once. In
// the end no slot is taken, of an account or of a key, and nobody waits.
func TestNothingIsHeld(t *testing.T) {
	upstream := new(fickle)
	g, _ := newGateway(t, gatewaySpec{
		keys: []access.Key{{Name: "alice", Secret: clientSecret, Limits: access.Limits{Concurrency: 20, Queue: 40, Wait: 5 * time.Millisecond}}},
		accounts: []accountSpec{
			{name: "one", url: "http://upstream.invalid", transport: upstream, concurrency: 3},
			{name: "two", url: "http://upstream.invalid", transport: upstream, concurrency: 5},
			{name: "three", url: "http://upstream.invalid", transport: upstream, concurrency: 7, dialect: ir.Anthropic},
		},
		pool: func(o *pool.Options) {
			o.Waiting, o.WaitFor, o.StickyWaitFor = 20, 3*time.Millisecond, time.Millisecond
			for class := range o.Cooldown {
				o.Cooldown[class] = pool.Span{Min: 100 * time.Microsecond, Max: time.Millisecond}
			}
		},
		tweak: func(g *Gateway) { g.Stream.FirstByte, g.Stream.Idle = 2*time.Millisecond, 2*time.Millisecond },
	})
	var panicked, cancelled atomic.Int32
	var statuses sync.Map
	request := func(i int) {
		random := rand.New(rand.NewPCG(uint64(i), 5))
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		if random.IntN(2) == 0 {
			cancelled.Add(1)
			defer time.AfterFunc(time.Duration(random.IntN(3000))*time.Microsecond, cancel).Stop()
		}
		defer func() {
			if recover() != nil {
				panicked.Add(1)
			}
		}()
		client := speeches[dialects[random.IntN(len(dialects))]]
		path, ask := client.path, client.ask
		if random.IntN(2) == 0 {
			path, ask = client.streamPath, client.askStream
		}
		r := httptest.NewRequestWithContext(ctx, http.MethodPost, path, strings.NewReader(ask))
		r.Header.Set("Authorization", "Bearer "+clientSecret)
		if random.IntN(3) == 0 {
			r.Header.Set("X-Ai-Gateway-Session", "session")
		}
		w := httptest.NewRecorder()
		_ = g.ServeHTTP(w, r, caddyhttp.HandlerFunc(func(http.ResponseWriter, *http.Request) error { return nil }))
		statuses.Store(w.Code, true)
	}
	var all sync.WaitGroup
	next := make(chan int)
	for range 60 {
		all.Go(func() {
			for i := range next {
				request(i)
			}
		})
	}
	for i := range 10_000 {
		next <- i
	}
	close(next)
	all.Wait()
	for what, n := range map[string]int32{
		"panicked": panicked.Load(), "was cancelled": cancelled.Load(), "was answered": upstream.answered.Load(), "was torn": upstream.torn.Load(),
		"was refused": upstream.refused.Load(), "got no answer": upstream.awaited.Load(), "was stuck": upstream.stuck.Load(),
	} {
		if n < 50 {
			t.Errorf("%d requests %s, so that this test proves less than it says", n, what)
		}
	}
	for _, status := range []int{200, 429} {
		if _, ok := statuses.Load(status); !ok {
			t.Errorf("nobody was told %d", status)
		}
	}
	for _, a := range g.Pool.Accounts() {
		if s := a.State.Snapshot(); s.InUse != 0 || s.Waiting != 0 {
			t.Errorf("%s: %d run and %d wait", a.Name, s.InUse, s.Waiting)
		}
	}
	if n := g.Pool.Waiting(); n != 0 {
		t.Errorf("%d wait for any account", n)
	}
	if k := g.Keys.All()[0].Snapshot(time.Now()); k.Running != 0 || k.Waiting != 0 {
		t.Errorf("of the key %d run and %d wait", k.Running, k.Waiting)
	}
}
