package pool

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// account returns an account of its own for the test, serving the models.
func account(t testing.TB, name string, concurrency int, models ...string) *Account {
	t.Helper()
	if len(models) == 0 {
		models = []string{"m"}
	}
	parsed, err := ParseModels(models)
	if err != nil {
		t.Fatal(err)
	}
	return &Account{Name: name, Provider: "test", Identity: t.Name() + "/" + name, Models: parsed, Concurrency: concurrency}
}

// options returns the defaults with a fixed source of chance.
func options() Options {
	o := DefaultOptions()
	o.Random = rand.NewPCG(1, 2)
	o.Sessions = NewMemorySessions(1000)
	return o
}

func newPool(t testing.TB, o Options, accounts ...*Account) *Pool {
	t.Helper()
	p, err := New(accounts, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// acquire leases an account for model m, until the end of the test at the latest, or fails the test.
func acquire(t testing.TB, p *Pool, want Want) *Lease {
	t.Helper()
	if want.Model == "" {
		want.Model = "m"
	}
	lease, err := p.Acquire(t.Context(), want)
	if err != nil {
		t.Fatalf("acquiring: %v", err)
	}
	t.Cleanup(func() { lease.Release(Outcome{}) })
	return lease
}

// refused expects that nobody can answer.
func refused(t testing.TB, p *Pool, want Want) *NobodyError {
	t.Helper()
	if want.Model == "" {
		want.Model = "m"
	}
	lease, err := p.Acquire(t.Context(), want)
	nobody, ok := errors.AsType[*NobodyError](err)
	if !ok {
		t.Fatalf("got %+v, %v; want a NobodyError", lease, err)
	}
	return nobody
}

// end leases and releases at once.
func end(t testing.TB, p *Pool, want Want, o Outcome) string {
	t.Helper()
	lease := acquire(t, p, want)
	lease.Release(o)
	return lease.Account.Name
}

// idle fails the test if a gauge of the pool is not at zero.
func idle(t testing.TB, p *Pool) {
	t.Helper()
	for _, a := range p.accounts {
		if s := a.State.Snapshot(); s.InUse != 0 || s.Waiting != 0 {
			t.Errorf("account %s: %d in use, %d waiting", a.Name, s.InUse, s.Waiting)
		}
	}
	if n := p.Waiting(); n != 0 {
		t.Errorf("%d wait in the pool", n)
	}
	if n := p.room.waiting.Load(); n != 0 {
		t.Errorf("%d wait in the room", n)
	}
}

func TestNewRefuses(t *testing.T) {
	same := func(name string) *Account { return account(t, name, 0) }
	tests := []struct {
		name     string
		accounts []*Account
		change   func(*Options)
		want     string
	}{
		{"no name", []*Account{same("")}, nil, "no name"},
		{"same name", []*Account{same("a"), same("a")}, nil, "account a: two accounts"},
		{"no identity", []*Account{{Name: "a"}}, nil, "account a: it has no identity"},
		{"weight", []*Account{{Name: "a", Identity: "i", Weight: -1}}, nil, "weight -1"},
		{"concurrency", []*Account{{Name: "a", Identity: "i", Concurrency: -1}}, nil, "concurrency -1"},
		{"waiting", nil, func(o *Options) { o.Waiting = -1 }, "negative"},
		{"cooldown", nil, func(o *Options) { o.Cooldown[OverloadClass].Max = time.Second }, "cooldown overload"},
		{"panic", nil, func(o *Options) { o.Panic = 101 }, "101"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			o := options()
			if test.change != nil {
				test.change(&o)
			}
			_, err := New(test.accounts, o)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v does not say %q", err, test.want)
			}
		})
	}
	if n, ok := shared.References(roomKey{}); ok {
		t.Errorf("refused pools hold %d references", n)
	}
}

func TestNames(t *testing.T) {
	for kind, want := range map[Kind]string{Unjudged: "unjudged", Unauthorized: "unauthorized", -1: "unknown", 99: "unknown"} {
		if got := fmt.Sprint(kind); got != want {
			t.Errorf("kind %d is called %s", int(kind), got)
		}
	}
	for class, want := range map[Class]string{ErrorClass: "error", AuthClass: "auth", HandClass: "frozen", HandClass + 1: "unknown", -1: "unknown"} {
		if got := fmt.Sprint(class); got != want {
			t.Errorf("class %d is called %s", int(class), got)
		}
	}
}

func TestErrors(t *testing.T) {
	tests := map[error]string{
		&NobodyError{Model: "m"}:                                               "no account that the caller may use",
		&NobodyError{Model: "m", Disabled: 1}:                                  "disabled",
		&NobodyError{Model: "m", Members: 2, RateLimited: true, RetryAfter: 1}: "each of the 2 accounts",
		&NobodyError{Model: "m", Members: 3, Excluded: 1, RetryAfter: 1}:       "comes back",
		&NobodyError{Model: "m", Members: 2, Excluded: 2}:                      "was tried",
		&FullError{Model: "m", Waiting: 100}:                                   "100 requests wait",
		&TimeoutError{Model: "m", Waited: 30 * time.Second}:                    "within 30s",
	}
	for err, want := range tests {
		if text := err.Error(); !strings.Contains(text, want) || !strings.Contains(text, `"m"`) {
			t.Errorf("error %q does not say %q and the model", text, want)
		}
	}
}
