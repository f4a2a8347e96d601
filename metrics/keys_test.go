package metrics

import (
	"context"
	"errors"
	"maps"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/caddy-ai-gateway/ai-gateway/access"
	"github.com/caddy-ai-gateway/ai-gateway/credentials"
	"github.com/caddy-ai-gateway/ai-gateway/handlers"
	"github.com/caddy-ai-gateway/ai-gateway/usage"
)

func TestKeys(t *testing.T) {
	limits := access.Limits{
		Concurrency: 4, Rate: access.Rate{N: 100, Per: 24 * time.Hour}, Tokens: access.Rate{N: 1000, Per: time.Hour},
		Budget: access.Budget{Nanos: 5 * access.NanosPerDollar, Per: access.Month},
	}
	keys, err := access.New([]access.Key{{Name: "alice", Secret: "sk-alice", Limits: limits}, {Name: "bob", Secret: "sk-bob"}}, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(keys.Close)
	alice, _ := keys.Find("sk-alice")
	pass, err := alice.Enter(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer pass.Leave()
	if err := pass.Admit(time.Now()); err != nil {
		t.Fatal(err)
	}
	alice.Book(time.Now(), 300, 2*access.NanosPerDollar)

	p := newPool(t)
	m := New(func() []Source { return []Source{{"main", p, keys}, {"second", p, keys}} })
	registry := prometheus.NewPedanticRegistry()
	if err := m.Register(registry); err != nil {
		t.Fatal(err)
	}
	got := values(t, registry)
	want := map[string]float64{
		"key_running key=alice": 1, "key_waiting key=alice": 0, "key_running key=bob": 0, "key_waiting key=bob": 0,
		"key_limit key=alice limit=concurrency": 4, "key_used key=alice limit=concurrency": 1,
		"key_limit key=alice limit=requests": 100, "key_used key=alice limit=requests": 1,
		"key_limit key=alice limit=tokens": 1000, "key_used key=alice limit=tokens": 300,
		"key_limit key=alice limit=budget": 5, "key_used key=alice limit=budget": 2,
	}
	maps.DeleteFunc(got, func(name string, _ float64) bool { return len(name) < 4 || name[:4] != "key_" })
	if !maps.Equal(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
}

// broken is a store of usage that cannot be opened.
type broken struct{}

func (broken) Identity() string                          { return "broken" }
func (broken) Open(context.Context) (usage.Store, error) { return nil, errors.New("the disk is full") }
func (broken) Retention() time.Duration                  { return 0 }

func TestBooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		recorder, err := usage.Attach(broken{})
		if err != nil {
			t.Fatal(err)
		}
		defer usage.Detach(broken{})
		const all = 20000
		for range all {
			recorder.Book(usage.Record{Key: "alice"})
		}
		synctest.Wait()
		registry := prometheus.NewPedanticRegistry()
		if err := New(func() []Source { return nil }).Register(registry); err != nil {
			t.Fatal(err)
		}
		got := values(t, registry)
		dropped, waiting := got["usage_dropped_total"], got["usage_waiting"]
		if dropped == 0 || waiting == 0 || dropped+waiting != all {
			t.Errorf("of %d records %v are dropped and %v wait", all, dropped, waiting)
		}
	})
}

// failing is a source of tokens with the given status.
type failing struct {
	credentials.Source
	status credentials.Status
}

func (f failing) Status() credentials.Status { return f.status }

func TestLogins(t *testing.T) {
	for status, want := range map[credentials.Status]float64{
		{State: credentials.Ready}: 1, {State: credentials.Unknown}: 1, {State: credentials.Ready, Unsaved: true}: 0,
		{State: credentials.Failing}: 0, {State: credentials.NeedsLogin}: 0,
	} {
		p := newPool(t)
		p.Accounts()[0].Value = &handlers.Upstream{Source: failing{status: status}}
		registry := prometheus.NewPedanticRegistry()
		if err := New(func() []Source { return []Source{{Gateway: "main", Pool: p}} }).Register(registry); err != nil {
			t.Fatal(err)
		}
		got := values(t, registry)
		if ok, shown := got["login_ok account=a"]; !shown || ok != want {
			t.Errorf("%+v: %v", status, ok)
		}
		if _, shown := got["login_ok account=off"]; shown {
			t.Error("an account without a login has one")
		}
	}
}
