package handlers

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/pool"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/usage"
)

// ledger is a store of usage that a test can look into.
type ledger struct {
	mu      sync.Mutex
	records []usage.Record
}

func (l *ledger) Append(_ context.Context, records []usage.Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.records = append(l.records, records...)
	return nil
}

func (*ledger) Query(context.Context, usage.Query) ([]usage.Row, error) { return nil, nil }

func (*ledger) History(context.Context, string, time.Time, time.Time, time.Duration) ([]usage.Piece, error) {
	return nil, nil
}
func (*ledger) Prune(context.Context, time.Time) (int64, error) { return 0, nil }
func (*ledger) Close() error                                    { return nil }

// booked returns the records that a gateway has booked, when there are n of them.
func (l *ledger) booked(f *fixture, n int) []usage.Record {
	f.t.Helper()
	f.eventually("everything is booked", func() bool {
		if err := f.Usage.Flush(f.t.Context()); err != nil {
			f.t.Fatal(err)
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		return len(l.records) >= n
	})
	if len(l.records) != n {
		f.t.Fatalf("%d records, want %d: %+v", len(l.records), n, l.records)
	}
	return l.records
}

// recording gives a gateway a ledger.
func (l *ledger) recording(g *Gateway) {
	g.Usage = usage.NewRecorder(func(context.Context) (usage.Store, error) { return l, nil })
	g.Prices = usage.BuiltInPrices()
}

func newClientRequest(t *testing.T, address string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, "http://gateway/", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.RemoteAddr = address + ":1234"
	return r
}

func cancelled(ctx context.Context) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	return ctx
}

// TestBooking: one record for every attempt, with what the upstream has counted, in every pair of dialects.
func TestBooking(t *testing.T) {
	for _, client := range dialects {
		for _, up := range dialects {
			for _, stream := range []bool{false, true} {
				failing := newUpstream(t, fails(503, `{"error":{"message":"no"}}`))
				good := newUpstream(t, says(200, "application/json", speeches[up].whole))
				path, ask := speeches[client].path, speeches[client].ask
				if stream {
					good = newUpstream(t, streams(speeches[up].stream(), nil))
					path, ask = speeches[client].streamPath, speeches[client].askStream
				}
				var l ledger
				f := serve(t, gatewaySpec{
					accounts: []accountSpec{
						{name: "first", dialect: ir.Chat, url: failing.URL},
						{name: "second", dialect: up, url: good.URL, priority: 1, models: []string{"m=gpt-5-nano"}},
					},
					tweak: l.recording,
				})
				got := f.post(path, ask, "User-Agent", "test/1")
				if got.status != 200 {
					t.Fatalf("%s over %s: %d %s", client, up, got.status, got.body)
				}
				records := l.booked(f, 2)
				bad, ok := records[0], records[1]
				if bad.Status != 503 || bad.Account != "first" || bad.Attempt != 1 || bad.Total() != 0 || bad.Estimated || bad.ModelServed != "m" || bad.Priced {
					t.Errorf("%s over %s: the failed attempt: %+v", client, up, bad)
				}
				want := usage.Record{
					Time: ok.Time, RequestID: got.header.Get("X-Ai-Gateway-Request-Id"), Attempt: 2, Gateway: "test", Key: "alice",
					Account: "second", Provider: providerOf(up).Platform(), ClientDialect: string(client), UpstreamDialect: string(up),
					ModelAsked: "m", ModelServed: "gpt-5-nano", Status: 200, Stop: "end", Tokens: usage.Tokens{Input: 3, Output: 2},
					Cost: 3*50 + 2*400, Priced: true, FirstByte: ok.FirstByte, Duration: ok.Duration, ClientIP: "127.0.0.1", UserAgent: "test/1",
				}
				if ok != want || ok.FirstByte <= 0 || ok.Duration < ok.FirstByte || bad.RequestID != ok.RequestID {
					t.Errorf("%s over %s, stream %v:\n got %+v\nwant %+v", client, up, stream, ok, want)
				}
			}
		}
	}
}

// TestBookingOfTornAnswers: what the upstream had reported counts; if it had not, an estimate does, marked as one.
func TestBookingOfTornAnswers(t *testing.T) {
	tests := map[ir.Dialect]struct {
		estimated bool
		want      usage.Tokens
	}{
		ir.Chat:      {true, usage.Tokens{}},
		ir.Responses: {true, usage.Tokens{}},
		ir.Anthropic: {false, usage.Tokens{Input: 3, Output: 1}},
		ir.Gemini:    {false, usage.Tokens{Input: 3, Output: 2}},
	}
	for d, test := range tests {
		for _, client := range []ir.Dialect{d, other(d)} {
			s := speeches[d]
			up := newUpstream(t, streams(append(append([]string(nil), s.preamble...), s.content...), cuts))
			var l ledger
			f := serve(t, gatewaySpec{accounts: []accountSpec{{name: "a", dialect: d, url: up.URL}}, tweak: l.recording})
			f.post(speeches[client].streamPath, speeches[client].askStream)
			r := l.booked(f, 1)[0]
			if r.Estimated != test.estimated || !test.estimated && r.Tokens != test.want {
				t.Errorf("%s over %s: %+v", client, d, r)
			}
			if test.estimated && (r.Input < 10 || r.Output < 2 || r.Output > 100) {
				t.Errorf("%s over %s: the estimate is %+v", client, d, r.Tokens)
			}
			if r.Status < 400 || r.Stop != "" {
				t.Errorf("%s over %s: status %d, stop %q", client, d, r.Status, r.Stop)
			}
		}
	}
}

// TestBookingOfAborts: the client leaves in the middle.
func TestBookingOfAborts(t *testing.T) {
	s := speeches[ir.Anthropic]
	up := newUpstream(t, streams(append(append([]string(nil), s.preamble...), s.content...), hangs))
	var l ledger
	f := serve(t, gatewaySpec{accounts: []accountSpec{{name: "a", dialect: ir.Anthropic, url: up.URL}}, tweak: l.recording})
	ctx, cancel := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, f.server.URL+s.path, strings.NewReader(s.askStream))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Api-Key", clientSecret)
	resp, err := f.server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := resp.Body.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	cancel()
	r := l.booked(f, 1)[0]
	if r.Status != StatusGone || r.Tokens != (usage.Tokens{Input: 3, Output: 1}) || r.Estimated {
		t.Errorf("%+v", r)
	}
	f.settled()
	f.slotsFree()
}

func TestTokensOf(t *testing.T) {
	tests := map[string]struct {
		in   ir.Usage
		want usage.Tokens
	}{
		"nothing": {ir.NoUsage(), usage.Tokens{}},
		"by time": {with(func(u *ir.Usage) {
			u.InputTotal, u.CacheRead, u.CacheWrite, u.CacheWrite5m, u.CacheWrite1h, u.OutputTotal, u.Reasoning = 165, 100, 40, 30, 10, 50, 20
		}), usage.Tokens{Input: 25, CacheRead: 100, CacheWrite5m: 30, CacheWrite1h: 10, Output: 50, Reasoning: 20}},
		"parts without their sum": {with(func(u *ir.Usage) { u.InputTotal, u.CacheWrite5m, u.CacheWrite1h = 100, 30, 10 }),
			usage.Tokens{Input: 60, CacheWrite5m: 30, CacheWrite1h: 10}},
		"sum without parts": {with(func(u *ir.Usage) { u.InputTotal, u.CacheWrite = 100, 40 }), usage.Tokens{Input: 60, CacheWrite5m: 40}},
	}
	for name, test := range tests {
		if got := tokensOf(&test.in); got != test.want {
			t.Errorf("%s: %+v, want %+v", name, got, test.want)
		}
	}
}

func with(set func(*ir.Usage)) ir.Usage {
	u := ir.NoUsage()
	set(&u)
	return u
}

func BenchmarkBooking(b *testing.B) {
	var l ledger
	g, _ := newGateway(b, gatewaySpec{accounts: []accountSpec{{name: "a", dialect: ir.Chat}}, tweak: l.recording})
	g.Usage = usage.NewRecorder(func(context.Context) (usage.Store, error) { return nowhere{}, nil })
	lease, err := g.Pool.Acquire(context.Background(), pool.Want{Model: "m"})
	if err != nil {
		b.Fatal(err)
	}
	r, _ := http.NewRequest(http.MethodPost, "http://gateway/", nil)
	r.RemoteAddr = "203.0.113.7:1234"
	seen := &ir.Seen{Usage: ir.Usage{InputTotal: 1000, CacheRead: 500, OutputTotal: 200}}
	a := &attempt{
		call:  &call{g: g, r: r, id: "req_1", key: g.Keys.All()[0], route: route{dialect: ir.Chat}},
		lease: lease, block: plain, target: &ir.Target{Dialect: ir.Chat, Model: "claude-sonnet-4-5-20250929"}, seen: seen, started: time.Now(),
	}
	b.ReportAllocs()
	for b.Loop() {
		a.book()
	}
}

// nowhere is a store that keeps nothing.
type nowhere struct{}

func (nowhere) Append(context.Context, []usage.Record) error            { return nil }
func (nowhere) Query(context.Context, usage.Query) ([]usage.Row, error) { return nil, nil }
func (nowhere) Prune(context.Context, time.Time) (int64, error)         { return 0, nil }
func (nowhere) Close() error                                            { return nil }
func (nowhere) History(context.Context, string, time.Time, time.Time, time.Duration) ([]usage.Piece, error) {
	return nil, nil
}
