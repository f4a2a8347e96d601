package handlers

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/access"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/usage"
)

// limitedKey is alice's key with limits.
func limitedKey(l access.Limits) []access.Key {
	return []access.Key{{Name: "alice", Secret: clientSecret, Limits: l}}
}

// answeringChat is an upstream that answers every request of the chat dialect.
func answeringChat(t *testing.T) *upstream {
	return newUpstream(t, says(200, "application/json", speeches[ir.Chat].whole))
}

// slotsFree wants no request of the key to run or to wait.
func (f *fixture) slotsFree() {
	f.t.Helper()
	f.eventually("all slots of the key are free", func() bool {
		s := f.Keys.All()[0].Snapshot(time.Now())
		return s.Running == 0 && s.Waiting == 0
	})
}

// TestKeyQueue fills a key's slots and queue, in every dialect.
func TestKeyQueue(t *testing.T) {
	release := make(chan struct{})
	up := newUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		<-release
		says(200, "application/json", speeches[ir.Chat].whole)(w, r)
	})
	f := serve(t, gatewaySpec{
		keys:     limitedKey(access.Limits{Concurrency: 1, Queue: 1}),
		accounts: []accountSpec{{name: "a", dialect: ir.Chat, url: up.URL}},
	})
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			if got := f.post(speeches[ir.Chat].path, speeches[ir.Chat].ask); got.status != 200 {
				t.Errorf("got %d %s", got.status, got.body)
			}
		})
	}
	f.eventually("one runs and one waits", func() bool {
		s := f.Keys.All()[0].Snapshot(time.Now())
		return s.Running == 1 && s.Waiting == 1
	})
	for _, d := range dialects {
		got := f.post(speeches[d].path, speeches[d].ask)
		if got.status != 429 || errorOf(got.body) != "Too many pending requests, please retry later" || got.header.Get("Retry-After") == "" {
			t.Errorf("%s: %d %s %v", d, got.status, got.body, got.header)
		}
	}
	close(release)
	wg.Wait()
	f.slotsFree()
	if n := len(up.requests()); n != 2 {
		t.Errorf("the upstream was asked %d times", n)
	}
}

func TestKeySlotTimesOut(t *testing.T) {
	up := newUpstream(t, hangs)
	f := serve(t, gatewaySpec{
		keys:     limitedKey(access.Limits{Concurrency: 1, Queue: 1, Wait: 20 * time.Millisecond}),
		accounts: []accountSpec{{name: "a", dialect: ir.Chat, url: up.URL}},
	})
	pass, err := f.Keys.All()[0].Enter(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer pass.Leave()
	for _, d := range dialects {
		got := f.post(speeches[d].path, speeches[d].ask)
		if got.status != 429 || errorOf(got.body) != "Concurrency limit exceeded for user, please retry later" {
			t.Errorf("%s: %d %s", d, got.status, got.body)
		}
	}
	if n := len(up.requests()); n != 0 {
		t.Errorf("the upstream was asked %d times", n)
	}
}

// TestKeyLimits uses up one limit after the other, in every dialect.
func TestKeyLimits(t *testing.T) {
	tests := map[string]struct {
		limits access.Limits
		status int
		text   string
		after  int64 // seconds, at most
	}{
		"rate":   {access.Limits{Rate: access.Rate{N: 1, Per: time.Hour}}, 429, "Rate limit reached for this API key: 1/1h requests. Please try again in 3", 3600},
		"tokens": {access.Limits{Tokens: access.Rate{N: 5, Per: time.Hour}}, 429, "Rate limit reached for this API key: 5/1h tokens. Please try again in 3", 3600},
		"budget": {access.Limits{Budget: access.Budget{Nanos: 5000, Per: access.Day}}, 403, "The budget of this API key is used up: 0.000005 USD per day", 86400},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			up := answeringChat(t)
			f := serve(t, gatewaySpec{
				keys:     limitedKey(test.limits),
				accounts: []accountSpec{{name: "a", dialect: ir.Chat, url: up.URL}},
				models:   Models{exactModel(Model{Name: "m", Price: &usage.Price{Input: 1, Output: 1}})},
			})
			if got := f.post(speeches[ir.Chat].path, speeches[ir.Chat].ask); got.status != 200 {
				t.Fatalf("the first: %d %s", got.status, got.body)
			}
			for _, d := range dialects {
				got := f.post(speeches[d].path, speeches[d].ask)
				if got.status != test.status || !strings.HasPrefix(errorOf(got.body), test.text) {
					t.Errorf("%s: %d %s", d, got.status, got.body)
				}
				if s, err := strconv.ParseInt(got.header.Get("Retry-After"), 10, 64); err != nil || s < 1 || s > test.after {
					t.Errorf("%s: Retry-After %q", d, got.header.Get("Retry-After"))
				}
				if test.status == 403 && d != ir.Gemini && !strings.Contains(got.body, "billing_error") ||
					test.status == 403 && d == ir.Gemini && !strings.Contains(got.body, "PERMISSION_DENIED") {
					t.Errorf("%s: %s", d, got.body)
				}
			}
			count := f.post("/v1/messages/count_tokens", speeches[ir.Anthropic].ask)
			if refused := count.status == 403; refused != (name == "budget") {
				t.Errorf("counting tokens: %d %s", count.status, count.body)
			}
			if list := f.do("GET", "/v1/models", ""); list.status != 200 {
				t.Errorf("listing models: %d", list.status)
			}
			f.slotsFree()
		})
	}
}

// TestStandingHeaders wants the vendors' own headers.
func TestStandingHeaders(t *testing.T) {
	up := answeringChat(t)
	f := serve(t, gatewaySpec{
		keys:     limitedKey(access.Limits{Rate: access.Rate{N: 100, Per: time.Hour}, Tokens: access.Rate{N: 1000, Per: time.Hour}}),
		accounts: []accountSpec{{name: "a", dialect: ir.Chat, url: up.URL}},
	})
	names := map[ir.Dialect][4]string{
		ir.Chat:      {"X-Ratelimit-Limit-Requests", "X-Ratelimit-Remaining-Requests", "X-Ratelimit-Remaining-Tokens", "X-Ratelimit-Reset-Requests"},
		ir.Responses: {"X-Ratelimit-Limit-Requests", "X-Ratelimit-Remaining-Requests", "X-Ratelimit-Remaining-Tokens", "X-Ratelimit-Reset-Requests"},
		ir.Anthropic: {"Anthropic-Ratelimit-Requests-Limit", "Anthropic-Ratelimit-Requests-Remaining", "Anthropic-Ratelimit-Tokens-Remaining", "Anthropic-Ratelimit-Requests-Reset"},
	}
	for i, d := range []ir.Dialect{ir.Chat, ir.Responses, ir.Anthropic} {
		got := f.post(speeches[d].path, speeches[d].ask)
		h := func(n int) string { return got.header.Get(names[d][n]) }
		if h(0) != "100" || h(1) != strconv.Itoa(99-i) || h(2) != strconv.Itoa(1000-5*i) {
			t.Errorf("%s: %v", d, got.header)
		}
		if d == ir.Anthropic {
			if _, err := time.Parse(time.RFC3339, h(3)); err != nil {
				t.Errorf("%s: reset %q", d, h(3))
			}
		} else if reset, err := time.ParseDuration(h(3)); err != nil || reset <= 0 || reset > time.Hour {
			t.Errorf("%s: reset %q", d, h(3))
		}
	}
	for name := range f.post(speeches[ir.Gemini].path, speeches[ir.Gemini].ask).header {
		if strings.Contains(strings.ToLower(name), "ratelimit") {
			t.Errorf("Gemini's clients get %s", name)
		}
	}
}

// TestRefusedCostsNoRate: a request that no upstream was asked for does not count.
func TestRefusedCostsNoRate(t *testing.T) {
	up := answeringChat(t)
	f := serve(t, gatewaySpec{
		keys:     limitedKey(access.Limits{Rate: access.Rate{N: 1, Per: time.Hour}}),
		accounts: []accountSpec{{name: "a", dialect: ir.Chat, url: up.URL}},
	})
	for range 3 {
		if got := f.post(speeches[ir.Chat].path, `{"model":"nobody","messages":[{"role":"user","content":"x"}]}`); got.status != 404 {
			t.Errorf("%d %s", got.status, got.body)
		}
	}
	if got := f.post(speeches[ir.Chat].path, speeches[ir.Chat].ask); got.status != 200 {
		t.Errorf("%d %s", got.status, got.body)
	}
}

// TestBudgetOvershoot: however many requests come at once, no more is spent beyond the budget than what the requests
// that were running when it was used up cost.
func TestBudgetOvershoot(t *testing.T) {
	const slots, cost, budget = 8, 5000, 60_000
	up := answeringChat(t)
	f := serve(t, gatewaySpec{
		keys:     limitedKey(access.Limits{Concurrency: slots, Queue: 1000, Budget: access.Budget{Nanos: budget, Per: access.Month}}),
		accounts: []accountSpec{{name: "a", dialect: ir.Chat, url: up.URL}},
		models:   Models{exactModel(Model{Name: "m", Price: &usage.Price{Input: 1, Output: 1}})},
	})
	f.server.Client().Transport.(*http.Transport).MaxConnsPerHost = 50
	var wg sync.WaitGroup
	for range 1000 {
		wg.Go(func() { f.post(speeches[ir.Chat].path, speeches[ir.Chat].ask) })
	}
	wg.Wait()
	f.slotsFree()
	spent := f.Keys.All()[0].Snapshot(time.Now()).SpentThisMonth
	if spent < budget || spent > budget+(slots-1)*cost || int64(len(up.requests()))*cost != spent {
		t.Errorf("%d of a budget of %d was spent by %d requests", spent, budget, len(up.requests()))
	}
}

// TestWrongKeys: an address that guesses is blocked, and a good key from the same address is served all the same.
func TestWrongKeys(t *testing.T) {
	up := answeringChat(t)
	f := serve(t, gatewaySpec{accounts: []accountSpec{{name: "a", dialect: ir.Chat, url: up.URL}}})
	guard := f.Keys.Guard()
	blocked := f.post(speeches[ir.Chat].path, speeches[ir.Chat].ask, "Authorization", "Bearer guess-0")
	if blocked.status != 401 || errorOf(blocked.body) != "Invalid API key" {
		t.Fatalf("%d %s", blocked.status, blocked.body)
	}
	for range 100 { // as many guesses, without the delays
		guard.Wrong(cancelled(t.Context()), ClientAddr(newClientRequest(t, "127.0.0.1")))
	}
	for _, d := range dialects {
		blocked = f.post(speeches[d].path, speeches[d].ask, "Authorization", "Bearer guess-1")
		if blocked.status != 429 || blocked.header.Get("Retry-After") == "" {
			t.Errorf("%s: %d %s", d, blocked.status, blocked.body)
		}
		if got := f.post(speeches[d].path, speeches[d].ask); got.status != 200 {
			t.Errorf("%s: the good key is locked out: %d %s", d, got.status, got.body)
		}
		if got := f.post(speeches[d].path, speeches[d].ask, "Authorization", ""); got.status != 401 {
			t.Errorf("%s: without a key: %d", d, got.status)
		}
	}
}
