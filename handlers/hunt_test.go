package handlers

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/egress"
	"github.com/caddy-ai-gateway/ai-gateway/pool"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// TestMostUsefulError has several accounts fail, each in its own way. The client hears what helps it most, in whatever
// order they failed, and when the first of them is back.
func TestMostUsefulError(t *testing.T) {
	limited := fails(429, `{"error":{"message":"slow down"}}`, "Retry-After", "40")
	hinted := fails(429, `{"error":{"message":"slow down"}}`, "Retry-After", "20")
	locked, broken := fails(401, `{"error":{"message":"bad key"}}`), fails(500, `{"error":{"message":"boom"}}`)
	full := fails(529, `{"error":{"message":"full"}}`, "Retry-After", "30")
	tests := map[string]struct {
		first, second http.HandlerFunc
		status        int
		retryAfter    string
	}{
		"limit, key":      {limited, locked, 429, "40"},
		"key, limit":      {locked, limited, 429, "40"},
		"limit, broken":   {limited, broken, 429, "5"}, // the broken one comes back first
		"broken, key":     {broken, locked, 502, ""},
		"limit, overload": {hinted, full, 429, "20"},
		"overload, limit": {full, limited, 429, "30"},
		"limit, limit":    {limited, hinted, 429, "20"},
		"key, overload":   {locked, full, 503, "30"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f, first, second := twoAccounts(t, ir.Chat, test.first, test.second, nil)
			got := f.post(speeches[ir.Chat].path, speeches[ir.Chat].ask)
			if len(first.requests()) != 1 || len(second.requests()) != 1 {
				t.Errorf("asked %d and %d times", len(first.requests()), len(second.requests()))
			}
			after := got.header.Get("Retry-After")
			if test.retryAfter == "5" && after == "6" {
				after = "5" // chance lengthens a cooldown that nobody has asked for
			}
			if got.status != test.status || after != test.retryAfter {
				t.Errorf("got %d, Retry-After %q: %s", got.status, after, got.body)
			}
			f.settled()
		})
	}
}

// TestAttemptsRunOut tells when the first account is back, be it one that was not asked.
func TestAttemptsRunOut(t *testing.T) {
	limited := fails(429, `{"error":{"message":"slow down"}}`, "Retry-After", "40")
	f, _, second := twoAccounts(t, ir.Chat, limited, says(200, "application/json", speeches[ir.Chat].whole), func(g *Gateway) { g.Attempts = 1 })
	got := f.post(speeches[ir.Chat].path, speeches[ir.Chat].ask)
	if got.status != 429 || got.header.Get("Retry-After") != "1" || len(second.requests()) != 0 {
		t.Errorf("got %d, Retry-After %s", got.status, got.header.Get("Retry-After"))
	}
}

// TestWarm looks at all accounts side by side, once, and holds against them only credentials that are refused.
func TestWarm(t *testing.T) {
	list := `{"object":"list","data":[{"id":"m","object":"model"}]}`
	good := newUpstream(t, says(200, "application/json", list))
	locked := newUpstream(t, fails(401, `{"error":{"message":"bad key","type":"authentication_error"}}`))
	scopeless := newUpstream(t, fails(403, `{"error":{"message":"Request had insufficient authentication scopes."}}`))
	broken := newUpstream(t, fails(500, `{"error":{"message":"boom"}}`))
	gone := httptest.NewServer(nil)
	gone.Close()
	f := serve(t, gatewaySpec{accounts: []accountSpec{
		{name: "good", url: good.URL}, {name: "locked", url: locked.URL}, {name: "scopeless", url: scopeless.URL},
		{name: "broken", url: broken.URL}, {name: "gone", url: gone.URL}, {name: "disabled", url: good.URL, disabled: true},
	}})
	f.Warm(t.Context())
	f.Warm(t.Context())
	for name, want := range map[string]struct {
		problem string
		down    bool
	}{
		"good": {"", false}, "locked": {"status 401", true}, "scopeless": {"status 403", false}, "broken": {"status 500", false},
		"gone": {"refused", false},
	} {
		s := f.account(name)
		if s.Check == nil || !strings.Contains(s.Check.Problem, want.problem) || (s.Check.Problem == "") != (want.problem == "") {
			t.Errorf("%s: found %+v", name, s.Check)
		}
		if down := len(s.Cooldowns) > 0; down != want.down {
			t.Errorf("%s: in cooldown: %v", name, s.Cooldowns)
		}
		if s.InUse != 0 || s.Succeeded != 0 {
			t.Errorf("%s: %+v", name, s)
		}
	}
	if s := f.account("disabled"); s.Check != nil {
		t.Error("a disabled account was looked at")
	}
	if n := len(good.requests()); n != 1 {
		t.Errorf("the good account was asked %d times", n)
	}
	if n := f.logs.FilterMessage("account is in trouble").Len(); n != 4 {
		t.Errorf("%d warnings", n)
	}
}

// blocking is a transport that shows how many requests run on it at once.
type blocking struct{ running, most chan int }

// RoundTrip implements http.RoundTripper.
func (b *blocking) RoundTrip(r *http.Request) (*http.Response, error) {
	n := <-b.running + 1
	b.running <- n
	b.most <- max(n, <-b.most)
	<-r.Context().Done()
	b.running <- <-b.running - 1
	return nil, r.Context().Err()
}

// TestWarmIsBounded asks no more than a few accounts at once, and none for long.
func TestWarmIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &blocking{make(chan int, 1), make(chan int, 1)}
		b.running <- 0
		b.most <- 0
		var accounts []accountSpec
		for i := range 20 {
			accounts = append(accounts, accountSpec{name: string(rune('a' + i)), url: "http://upstream.invalid", transport: b})
		}
		g, _ := newGateway(t, gatewaySpec{accounts: accounts})
		begun := time.Now()
		g.Warm(t.Context())
		if took := time.Since(begun); took != 3*warmTime {
			t.Errorf("20 accounts that do not answer took %v", took)
		}
		if most := <-b.most; most != warmAtOnce {
			t.Errorf("%d were asked at once", most)
		}
	})
}

// TestDespair tries a proxy that was dead a moment ago if there is no other way, and not if there is.
func TestDespair(t *testing.T) {
	route := egress.NewRoute(&http.Transport{}, mustProxy(t, "http://127.0.0.1:1"))
	gone := accountSpec{name: "gone", url: "http://upstream.invalid", transport: route}
	g, _ := newGateway(t, gatewaySpec{accounts: []accountSpec{gone}})
	if _, err := route.RoundTrip(httptest.NewRequest(http.MethodGet, "http://upstream.invalid", nil)); err == nil {
		t.Fatal("a proxy where none can be")
	}
	var h hunt
	account := g.Pool.Accounts()[0]
	if !h.excludes(account) {
		t.Error("a dead proxy is no reason to keep away")
	}
	if !h.despair(&pool.NobodyError{Excluded: 1}) || h.excludes(account) {
		t.Error("there is no other way, but it is not tried")
	}
	if h.despair(&pool.NobodyError{Excluded: 1}) {
		t.Error("it would be tried for ever")
	}
}

// TestDeadProxyIsAvoided has a proxy die when it is known already who may answer.
func TestDeadProxyIsAvoided(t *testing.T) {
	route := egress.NewRoute(&http.Transport{}, mustProxy(t, "http://127.0.0.1:1"))
	g, _ := newGateway(t, gatewaySpec{accounts: []accountSpec{
		{name: "gone", url: "http://upstream.invalid", transport: route}, {name: "well", url: "http://upstream.invalid", priority: 1},
	}})
	for _, want := range []string{"gone", "well"} {
		e, err := g.Explain(Question{Key: "alice", Model: "m"})
		if err != nil || e.Chosen != want {
			t.Errorf("%s is chosen, want %s; %v", e.Chosen, want, err)
		}
		_, _ = route.RoundTrip(httptest.NewRequest(http.MethodGet, "http://upstream.invalid", nil))
	}
}

func mustProxy(t *testing.T, raw string) egress.Proxy {
	p, err := egress.ParseProxy(raw)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
