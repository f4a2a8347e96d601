package handlers

import (
	"net/http"
	"net/http/httptest"
	"reflect"
	"testing"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/pool"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

func TestReadLimits(t *testing.T) {
	at := time.Date(2026, 2, 2, 2, 40, 0, 0, time.UTC)
	for _, tt := range []struct {
		name   string
		header http.Header
		want   []Limit
	}{
		{"none", http.Header{"Content-Type": {"application/json"}, "X-Request-Id": {"1"}}, nil},
		{"openai", http.Header{
			"X-Ratelimit-Limit-Requests": {"500"}, "X-Ratelimit-Remaining-Requests": {"499"}, "X-Ratelimit-Reset-Requests": {"120ms"},
			"X-Ratelimit-Limit-Tokens": {"30000"}, "X-Ratelimit-Remaining-Tokens": {"0"}, "X-Ratelimit-Reset-Tokens": {"6m0s"},
		}, []Limit{
			{Name: "requests", Limit: 500, Remaining: 499, Used: -1, Resets: at.Add(120 * time.Millisecond)},
			{Name: "tokens", Limit: 30000, Remaining: 0, Used: -1, Resets: at.Add(6 * time.Minute)},
		}},
		{"openrouter", http.Header{"X-Ratelimit-Limit": {"50"}, "X-Ratelimit-Remaining": {"2"}, "X-Ratelimit-Reset": {"1770000060000"}},
			[]Limit{{Name: "all", Limit: 50, Remaining: 2, Used: -1, Resets: time.UnixMilli(1770000060000)}}},
		{"anthropic", http.Header{
			"Anthropic-Ratelimit-Input-Tokens-Limit": {"80000"}, "Anthropic-Ratelimit-Input-Tokens-Remaining": {"79000"},
			"Anthropic-Ratelimit-Input-Tokens-Reset": {"2026-02-02T02:41:00Z"}, "Anthropic-Priority-Input-Tokens-Remaining": {"7"},
			"Anthropic-Ratelimit-Unified-5h-Status": {"allowed"}, "Anthropic-Ratelimit-Unified-5h-Reset": {"1770000060"},
			"Anthropic-Ratelimit-Unified-5h-Utilization": {"0.25"}, "Anthropic-Ratelimit-Unified-Status": {"allowed_warning"},
		}, []Limit{
			{Name: "input-tokens", Limit: 80000, Remaining: 79000, Used: -1, Resets: at.Add(time.Minute)},
			{Name: "priority-input-tokens", Limit: -1, Remaining: 7, Used: -1},
			{Name: "unified", Limit: -1, Remaining: -1, Used: -1, Status: "allowed_warning"},
			{Name: "unified-5h", Limit: -1, Remaining: -1, Used: .25, Status: "allowed", Resets: time.Unix(1770000060, 0)},
		}},
		{"codex", http.Header{
			"X-Codex-Primary-Used-Percent": {"42"}, "X-Codex-Primary-Reset-After-Seconds": {"60"}, "X-Codex-Primary-Window-Minutes": {"300"},
			"X-Codex-Primary-Over-Secondary-Limit-Percent": {"12"},
		}, []Limit{{Name: "primary", Limit: -1, Remaining: -1, Used: .42, Window: 5 * time.Hour, Resets: at.Add(time.Minute)}}},
		{"nonsense", http.Header{"X-Ratelimit-Limit-Requests": {"many"}, "X-Ratelimit-Remaining-Requests": {"-3"}, "X-Ratelimit-Reset-Requests": {"soon"}, "X-Codex-Primary-Used-Percent": {"<b>"}, "X-Codex-Plan": {}},
			[]Limit{{Name: "requests", Limit: -1, Remaining: -1, Used: -1}}},
	} {
		if got := readLimits(tt.header, at); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: got %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

// TestLimitsAreKept asks an upstream that tells of its limits, that does not tell, and after a reload.
func TestLimitsAreKept(t *testing.T) {
	remaining := "9"
	up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if remaining != "" {
			w.Header().Set("X-RateLimit-Remaining-Requests", remaining)
		}
		w.WriteHeader(http.StatusOK)
		_, _ = w.Write([]byte(`{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}]}`))
	}))
	defer up.Close()
	f := serve(t, gatewaySpec{accounts: []accountSpec{{name: "a", dialect: ir.Chat, url: up.URL}}})
	a := f.Pool.Accounts()[0]
	if got := LastLimits(a); got.List != nil || !got.At.IsZero() {
		t.Fatalf("before the first answer: %+v", got)
	}
	for _, say := range []string{"9", "8", ""} {
		remaining = say
		if got := f.post("/v1/chat/completions", `{"model":"m","messages":[{"role":"user","content":"x"}]}`); got.status != http.StatusOK {
			t.Fatalf("%+v", got)
		}
		want := int64(8)
		if say == "9" {
			want = 9
		}
		if got := LastLimits(a).List; len(got) != 1 || got[0].Remaining != want {
			t.Errorf("after %q: %+v", say, got)
		}
	}
	next := *a
	again, err := pool.New([]*pool.Account{&next}, pool.DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if got := LastLimits(&next); len(got.List) != 1 || time.Since(got.At) > time.Minute {
		t.Errorf("the next configuration knows %+v", got)
	}
}

// TestHearingIsCheap hears a header that tells of limits, and one that does not.
func TestHearingIsCheap(t *testing.T) {
	var limits told
	for _, h := range []http.Header{{"Content-Type": {"x"}, "X-Request-Id": {"1"}}, {"X-Ratelimit-Remaining-Tokens": {"1"}}} {
		if n := testing.AllocsPerRun(100, func() { limits.hear(h) }); n != 0 {
			t.Errorf("hearing %v allocates %v times", h, n)
		}
	}
}
