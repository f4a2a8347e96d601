package metrics

import (
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/caddy-ai-gateway/ai-gateway/handlers"
	"github.com/caddy-ai-gateway/ai-gateway/pool"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/usage"
)

func newPool(t *testing.T) *pool.Pool {
	t.Helper()
	models, err := pool.ParseModels([]string{"gpt-*", "exact"})
	if err != nil {
		t.Fatal(err)
	}
	p, err := pool.New([]*pool.Account{
		{Name: "a", Identity: t.Name() + "a", Models: models, Concurrency: 3},
		{Name: "off", Identity: t.Name() + "off", Models: models, Disabled: true},
	}, pool.DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// values returns every series of a registry by its name and labels, with the sum of a histogram's count.
func values(t *testing.T, r *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string]float64)
	for _, f := range families {
		for _, m := range f.Metric {
			all[series(f, m)] = m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	return all
}

func series(f *dto.MetricFamily, m *dto.Metric) string {
	parts := []string{strings.TrimPrefix(f.GetName(), "caddy_ai_gateway_")}
	for _, l := range m.Label {
		parts = append(parts, l.GetName()+"="+l.GetValue())
	}
	return strings.Join(parts, " ")
}

func TestCounting(t *testing.T) {
	p := newPool(t)
	m := New(func() []Source { return []Source{{Gateway: "main", Pool: p}} })
	o := m.For("main", p.Accounts(), []string{"alias"})
	a := p.Accounts()[0]
	attempt := handlers.Attempt{
		Number: 2, Account: a, Client: ir.Chat, Upstream: ir.Gemini, Model: "made-up-by-a-client", Served: "gpt-9", Status: 200,
		Outcome: pool.Outcome{Kind: pool.Succeeded, FirstByte: time.Second},
		Tokens:  usage.Tokens{Input: 30, CacheRead: 60, CacheWrite5m: 4, CacheWrite1h: 6, Output: 50, Reasoning: 20},
		Cost:    1_500_000_000,
		Notes:   []ir.Note{{Code: "drop", Path: "messages[1].secret"}},
	}
	o.Attempted(&attempt)
	attempt.Model, attempt.Number, attempt.Cut, attempt.Notes = "alias", 1, true, nil
	o.Attempted(&attempt)
	attempt.Cut, attempt.Status, attempt.Tokens, attempt.Cost, attempt.Outcome.Kind = false, handlers.StatusGone, usage.Tokens{}, 0, pool.Unjudged
	o.Attempted(&attempt)
	event := handlers.Event{Account: a, Client: ir.Chat, Upstream: ir.Gemini, Status: 200, Attempts: 1, Sticky: pool.StickyHit}
	o.Done(&event)
	o.Done(&event)
	o.Done(&handlers.Event{Client: ir.Anthropic, Status: 401})

	registry := prometheus.NewPedanticRegistry()
	if err := m.Register(registry); err != nil {
		t.Fatal(err)
	}
	got := values(t, registry)
	want := map[string]float64{
		"requests_total account=a client_dialect=chat code=200 gateway=main upstream_dialect=gemini": 2,
		"requests_total account= client_dialect=anthropic code=401 gateway=main upstream_dialect=":   1,
		"request_seconds client_dialect=chat gateway=main":                                           2,
		"request_seconds client_dialect=anthropic gateway=main":                                      1,
		"wait_seconds gateway=main":                                         2,
		"sticky_total gateway=main result=hit":                              2,
		"switches_total gateway=main":                                       1,
		"attempts_total account=a outcome=succeeded":                        2,
		"attempts_total account=a outcome=unjudged":                         1,
		"upstream_first_byte_seconds account=a":                             3,
		"tokens_total account=a kind=input model=other":                     30,
		"tokens_total account=a kind=cache_read model=other":                60,
		"tokens_total account=a kind=cache_write model=other":               10,
		"tokens_total account=a kind=output model=other":                    30,
		"tokens_total account=a kind=reasoning model=other":                 20,
		"cost_dollars_total account=a model=other":                          1.5,
		"tokens_total account=a kind=output model=alias":                    30,
		"notes_total client_dialect=chat code=drop upstream_dialect=gemini": 1,
		"stream_cuts_total account=a by=upstream":                           1,
		"stream_cuts_total account=a by=client":                             1,
		"account_up account=a":                                              1,
		"account_up account=off":                                            0,
		"slots_in_use account=a":                                            0,
		"slots_limit account=a":                                             3,
		"waiting gateway=main":                                              0,
	}
	for name, n := range want {
		if v, ok := got[name]; !ok || v != n {
			t.Errorf("%s is %v (%t), want %v", name, v, ok, n)
		}
	}
	for name := range got {
		for _, text := range []string{"made-up", "gpt-9", "secret"} {
			if strings.Contains(name, text) {
				t.Errorf("a label holds %q: %s", text, name)
			}
		}
	}
}

func TestLiveState(t *testing.T) {
	p := newPool(t)
	p.Publish()
	// The same account in another gateway, and in an older generation of this one, is one account.
	m := New(func() []Source {
		return []Source{{Gateway: "main", Pool: p}, {Gateway: "main", Pool: p}, {Gateway: "second", Pool: p}}
	})
	registry := prometheus.NewPedanticRegistry()
	if err := m.Register(registry); err != nil {
		t.Fatal(err)
	}
	lease, err := p.Acquire(t.Context(), pool.Want{Model: "exact"})
	if err != nil {
		t.Fatal(err)
	}
	if got := values(t, registry)["slots_in_use account=a"]; got != 1 {
		t.Errorf("%v slots in use", got)
	}
	lease.Release(pool.Outcome{Kind: pool.RateLimited, Scope: pool.ScopeAccount, RetryAfter: time.Hour})
	got := values(t, registry)
	if left := got["cooldown_seconds account=a"]; left < 1700 || left > 1800 {
		t.Errorf("%v seconds of cooldown", left)
	}
	if got["account_up account=a"] != 0 || got["slots_in_use account=a"] != 0 {
		t.Errorf("in cooldown it shows %v", got)
	}
	a := p.Accounts()[0]
	a.State.Unfreeze()
	if got := values(t, registry)["account_up account=a"]; got != 1 {
		t.Error("unfrozen it is still down")
	}
	a.State.Switch(false)
	if got := values(t, registry)["account_up account=a"]; got != 0 {
		t.Error("switched off it is still up")
	}
}

// TestGenerations registers with one registry twice, as two gateways of a configuration do, and with the next one's.
func TestGenerations(t *testing.T) {
	m := New(func() []Source { return nil })
	p := newPool(t)
	for range 3 {
		registry := prometheus.NewPedanticRegistry()
		for range 2 {
			if err := m.Register(registry); err != nil {
				t.Fatal(err)
			}
		}
		m.For("main", p.Accounts(), nil).Done(&handlers.Event{Client: ir.Chat, Status: 404})
	}
	registry := prometheus.NewPedanticRegistry()
	if err := m.Register(registry); err != nil {
		t.Fatal(err)
	}
	if got := values(t, registry)["requests_total account= client_dialect=chat code=404 gateway=main upstream_dialect="]; got != 3 {
		t.Errorf("%v requests", got)
	}
}

func TestNothingAllocated(t *testing.T) {
	p := newPool(t)
	o := New(func() []Source { return nil }).For("main", p.Accounts(), nil)
	attempt := handlers.Attempt{
		Number: 1, Account: p.Accounts()[0], Client: ir.Chat, Upstream: ir.Chat, Model: "exact", Status: 200,
		Outcome: pool.Outcome{Kind: pool.Succeeded, FirstByte: time.Second}, Tokens: usage.Tokens{Input: 1, Output: 1}, Cost: 1,
	}
	event := handlers.Event{Account: attempt.Account, Client: ir.Chat, Upstream: ir.Chat, Status: 200, Attempts: 1}
	n := testing.AllocsPerRun(100, func() {
		o.Attempted(&attempt)
		o.Done(&event)
	})
	if n != 0 {
		t.Errorf("%v allocations for one request", n)
	}
}
