package pool

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// inCircle returns the want with a circle in place of its functions.
func inCircle(p *Pool, w Want) Want {
	if w.Model == "" {
		w.Model = "m"
	}
	w.Circle = p.Circle(w.Model, w.Allowed, w.Rank)
	w.Allowed = func(*Account) bool { panic("it was found before") }
	w.Rank = func(*Account) int { panic("it was found before") }
	return w
}

// motley returns accounts of all kinds, some of them in trouble.
func motley(t *testing.T, random *rand.Rand) *Pool {
	t.Helper()
	models := [][]string{{"m"}, {"m", "n"}, {"*"}, {"m*"}, {"n"}, {"m=other"}}
	var accounts []*Account
	for i := range 12 {
		a := account(t, fmt.Sprintf("%d-%d", random.Uint32(), i), random.IntN(3), models[random.IntN(len(models))]...)
		a.Priority, a.Tie, a.Disabled = random.IntN(2), random.IntN(2), random.IntN(6) == 0
		accounts = append(accounts, a)
	}
	o := options()
	o.Panic = random.IntN(101)
	p := newPool(t, o, accounts...)
	for _, a := range accounts {
		switch random.IntN(6) {
		case 0:
			a.State.Switch(false)
		case 1:
			p.Learn(a, Outcome{Kind: Failed, Scope: ScopeAccount})
		case 2:
			p.Learn(a, Outcome{Kind: RateLimited, Scope: ScopeModel})
		case 3:
			a.State.inUse.Add(1)
			t.Cleanup(func() { a.State.inUse.Add(-1) })
		}
	}
	return p
}

// TestCircleChoosesTheSame compares what is chosen, and why nothing is, with and without a circle.
func TestCircleChoosesTheSame(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		p := motley(t, random)
		some := p.accounts[random.IntN(8):]
		want := Want{
			Model:   []string{"m", "n", "x"}[random.IntN(3)],
			Allowed: func(a *Account) bool { return slices.Contains(some, a) },
			Rank:    func(a *Account) int { return len(a.Name) % 2 },
		}
		switch out := p.accounts[random.IntN(len(p.accounts))]; random.IntN(3) {
		case 0:
			want.Exclude = func(a *Account) bool { return a == out }
		case 1:
			want.Pin = out.Name
		}
		plain, counted := p.look(&want, p.policy)
		quick := inCircle(p, want)
		circled, recounted := p.look(&quick, p.policy)
		if plain != circled {
			t.Fatalf("chosen %+v, with a circle %+v", plain, circled)
		}
		// Less than a hair's breadth apart are the times.
		for _, t := range []*time.Duration{&counted.soonest, &counted.wake, &recounted.soonest, &recounted.wake} {
			*t = t.Round(time.Second)
		}
		if counted != recounted && plain.seat == nil {
			t.Fatalf("counted %+v, with a circle %+v", counted, recounted)
		}
		if a, b := p.disabled(&want), p.disabled(&quick); a != b {
			t.Fatalf("%d disabled, with a circle %d", a, b)
		}
		if a, b := p.named(&want), p.named(&quick); a != b {
			t.Fatalf("named %v, with a circle %v", a, b)
		}
	}
}

func TestCircleSeesChanges(t *testing.T) {
	a, b := account(t, "a", 0), account(t, "b", 0, "*")
	p := newPool(t, options(), a, b)
	want := inCircle(p, Want{})
	if got := end(t, p, want, Outcome{Kind: Failed, Scope: ScopeAccount}); got != "a" {
		t.Fatalf("got %s", got)
	}
	if got := refused(t, p, inCircle(p, Want{Exclude: only("a")})); got.Members != 1 {
		t.Errorf("an account in cooldown must still name its model: %+v", got)
	}
	a.State.Switch(false)
	if got := end(t, p, want, Outcome{}); got != "b" {
		t.Errorf("got %s while a is out of use", got)
	}
	a.State.Switch(true)
	a.State.Unfreeze()
	if got := end(t, p, want, Outcome{}); got != "a" {
		t.Errorf("got %s once a is back", got)
	}
}

func TestCircleKeepsSessionsAmongItsAccounts(t *testing.T) {
	p := newPool(t, options(), account(t, "a", 0), account(t, "b", 0))
	session := Session{Key: "s", Strong: true}
	first := end(t, p, Want{Session: session}, Outcome{Kind: Succeeded})
	other := map[string]string{"a": "b", "b": "a"}[first]
	if got := end(t, p, inCircle(p, Want{Session: session, Allowed: only(other)}), Outcome{}); got != other {
		t.Errorf("got %s, which is not in the circle", got)
	}
}
