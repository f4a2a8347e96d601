package aigateway

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyevents"

	"github.com/caddy-ai-gateway/ai-gateway/pool"
)

// listener hears events, each only after the test has taken the one before.
type listener chan caddy.Event

func (l listener) Handle(_ context.Context, e caddy.Event) error {
	l <- e
	return nil
}

func TestEvents(t *testing.T) {
	ctx, log := newContext(t)
	h, err := load(t, ctx, "name main\nallow_anonymous\naccount one openai secret-of-one\naccount two simulator")
	must(t, err)
	app, err := ctx.App("events")
	must(t, err)
	heard := make(listener)
	for _, name := range []string{"account_down", "account_recovered"} {
		must(t, app.(*caddyevents.App).On(name, heard))
	}
	must(t, app.(*caddyevents.App).Start())

	p := accountPool(t, h)
	request := func(o pool.Outcome) {
		t.Helper()
		lease, err := p.Acquire(t.Context(), pool.Want{Model: "gpt-5", Pin: "one"})
		must(t, err)
		lease.Release(o)
	}
	failure := pool.Outcome{Kind: pool.Failed, Scope: pool.ScopeModel, RetryAfter: time.Millisecond, Reason: "status 500"}
	// Nobody takes an event yet: requests must not wait for those who listen.
	request(failure)
	<-time.After(10 * time.Millisecond)
	request(pool.Outcome{Kind: pool.Succeeded})
	request(pool.Outcome{Kind: pool.Unauthorized, Scope: pool.ScopeAccount, Reason: "status 401"})

	for i, want := range []struct{ name, model, cause, reason string }{
		{"account_down", "gpt-5", "error", "status 500"},
		{"account_recovered", "gpt-5", "error", "status 500"},
		{"account_down", "", "auth", "status 401"},
	} {
		e := <-heard
		if e.Name() != want.name || e.Data["account"] != "one" || e.Data["gateway"] != "main" || e.Data["provider"] != "openai" ||
			e.Data["model"] != want.model || e.Data["cause"] != want.cause || e.Data["reason"] != want.reason {
			t.Errorf("event %d is %s %v", i, e.Name(), e.Data)
		}
	}
	for text, n := range map[string]int{`"msg":"account down"`: 2, `"msg":"account recovered"`: 1, `"level":"info"`: 3, `"reason":"status 401"`: 1} {
		if got := strings.Count(log(), text); got != n {
			t.Errorf("%s is %d times in the log, want %d", text, got, n)
		}
	}
}

// subscribe hears the events of a name. The handler must have been loaded and not yet be published.
func subscribe(t *testing.T, ctx caddy.Context, name string) listener {
	t.Helper()
	app, err := ctx.App("events")
	must(t, err)
	heard := make(listener, 100)
	must(t, app.(*caddyevents.App).On(name, heard))
	must(t, app.(*caddyevents.App).Start())
	return heard
}

func TestBudgetEvent(t *testing.T) {
	ctx, log := newContext(t)
	h, err := load(t, ctx, "name main\nusage off\nkey budgeted secret-of-it {\nbudget 2/day\n}\naccount one simulator")
	must(t, err)
	heard := subscribe(t, ctx, "budget_exceeded")
	must(t, h.app.Start())
	t.Cleanup(func() { must(t, h.app.Cleanup()) })
	key, ok := h.gateway.(running).Keys.Find("secret-of-it")
	if !ok {
		t.Fatal("the key is unknown")
	}
	for range 3 {
		key.Book(time.Now(), 10, 2_500_000_000)
	}
	e := <-heard
	if e.Data["key"] != "budgeted" || e.Data["gateway"] != "main" || e.Data["budget_usd"] != 2.0 || e.Data["spent_usd"] != 2.5 ||
		e.Data["period"] != "day" || e.Data["until"] == "" {
		t.Errorf("%v", e.Data)
	}
	if n := strings.Count(log(), `"msg":"budget exceeded"`); n != 1 || len(heard) != 0 {
		t.Errorf("told %d times in the log and %d more times as an event", n, len(heard))
	}
}

// TestEventOfUnfreeze wants what was told to be down to be told to be back when a person says so.
func TestEventOfUnfreeze(t *testing.T) {
	ctx, _ := newContext(t)
	h, err := load(t, ctx, "name main\nallow_anonymous\naccount one openai secret-of-unfreeze")
	must(t, err)
	heard := subscribe(t, ctx, "account_recovered")
	must(t, h.app.Start())
	t.Cleanup(func() { must(t, h.app.Cleanup()) })
	lease, err := accountPool(t, h).Acquire(t.Context(), pool.Want{Model: "gpt-5"})
	must(t, err)
	lease.Release(pool.Outcome{Kind: pool.Unauthorized, Scope: pool.ScopeAccount, Reason: "status 401"})
	decode[accountStatus](t, "POST", "/ai_gateway/accounts/one/freeze", "")
	decode[accountStatus](t, "POST", "/ai_gateway/accounts/one/unfreeze", "")
	e := <-heard
	if e.Data["account"] != "one" || e.Data["cause"] != "auth" {
		t.Errorf("%v", e.Data)
	}
}
