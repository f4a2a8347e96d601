package pool

import (
	"testing"
	"time"
)

// aliased is what a request wants that names its session twice.
func aliased(key, alias string) Want {
	w := talk(key)
	w.Session.Alias = alias
	return w
}

// TestSessionByEitherName finds a session by the one name when it was bound by both, and by both when it was bound by one.
func TestSessionByEitherName(t *testing.T) {
	p := trio(t, 0, nil)
	expect(t, p, aliased("header", "body"), "a miss", "a hit")
	expect(t, p, talk("body"), "a hit")
	expect(t, p, talk("header"), "a hit")
	expect(t, p, talk("body-2"), "b miss")
	expect(t, p, aliased("header-2", "body-2"), "b hit")
	expect(t, p, talk("header-2"), "b hit")
	expect(t, p, aliased("header", "header"), "a hit")
	other := aliased("x", "body")
	other.Client = "bob"
	expect(t, p, other, "c miss")
}

// TestSessionMovesUnderBothNames follows the request whose account has failed.
func TestSessionMovesUnderBothNames(t *testing.T) {
	calmly(t, "moved", func(t *testing.T) {
		p := trio(t, 0, nil)
		want := aliased("header", "body")
		if got := part(t, p, want, Outcome{Kind: Overloaded, Scope: ScopeAccount}); got != "a miss" {
			t.Errorf("got %s", got)
		}
		expect(t, p, want, "b moved", "b hit")
		time.Sleep(time.Hour / 2)
		expect(t, p, talk("body"), "b hit")
		expect(t, p, want, "b hit") // both names are renewed
		time.Sleep(time.Hour - time.Second)
		expect(t, p, talk("body"), "b hit")
		expect(t, p, talk("header"), "b hit")
	})
}

// joined is the account of a first request of a session that has chosen the one of that name.
func joined(t *testing.T, p *Pool, w *Want, s session, chosen string) string {
	lease := p.join(w, &s, acquire(t, p, Want{Pin: chosen}))
	t.Cleanup(func() { lease.Release(Outcome{}) })
	return lease.Account.Name
}

// TestRacingNames has two first requests of a session agree that share one of their names.
func TestRacingNames(t *testing.T) {
	p := trio(t, 0, nil)
	for _, shared := range []string{"header", "body"} {
		both, one := aliased("header", "body"), talk(shared)
		both.Model, one.Model = "m", "m"
		both.Client, one.Client = shared, shared
		s, first := p.session(&both), p.session(&one)
		if got := joined(t, p, &one, first, "b"); got != "b" {
			t.Fatalf("%s: the first went to %s", shared, got)
		}
		if got := joined(t, p, &both, s, "c"); got != "b" {
			t.Errorf("%s: the second request went to %s", shared, got)
		}
		for _, name := range []string{"header", "body"} {
			next := talk(name)
			next.Client = shared
			expect(t, p, next, "b hit")
		}
	}
}

// TestTie prefers among accounts that nobody has used the one of the lower tie, and after that the one used longest ago.
func TestTie(t *testing.T) {
	key, login := account(t, "key", 0), account(t, "login", 0)
	key.Tie = 1
	p := newPool(t, options(), key, login)
	for _, want := range []string{"login", "key", "login"} {
		if got := end(t, p, Want{}, Outcome{Kind: Succeeded}); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
