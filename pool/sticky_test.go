package pool

import (
	"testing"
	"time"
)

// talk is what a request of a strong session wants.
func talk(session string) Want {
	return Want{Client: "alice", Session: Session{Key: session, Strong: true}}
}

// part leases and releases at once and returns the account and the session's part in it, as "a hit".
func part(t testing.TB, p *Pool, want Want, o Outcome) string {
	t.Helper()
	lease := acquire(t, p, want)
	lease.Release(o)
	return lease.Account.Name + " " + lease.Sticky.String()
}

// expect leases and releases once for each of the results.
func expect(t testing.TB, p *Pool, want Want, results ...string) {
	t.Helper()
	for i, result := range results {
		if got := part(t, p, want, Outcome{Kind: Succeeded}); got != result {
			t.Errorf("request %d: %s, want %s", i+1, got, result)
		}
	}
}

// trio returns a pool of a, b and c, each with a limit. Requests without a session take turns on them.
func trio(t testing.TB, limit int, change func(*Options)) *Pool {
	t.Helper()
	o := options()
	if change != nil {
		change(&o)
	}
	return newPool(t, o, account(t, "a", limit), account(t, "b", limit), account(t, "c", limit))
}

func TestSessionStays(t *testing.T) {
	p := trio(t, 0, nil)
	expect(t, p, talk("one"), "a miss", "a hit", "a hit")
	expect(t, p, talk("two"), "b miss", "b hit")
	expect(t, p, Want{}, "c none", "a none", "b none")
	other := talk("one")
	other.Client = "bob"
	expect(t, p, other, "c miss", "c hit")
	expect(t, p, talk("one"), "a hit")
	pinned := talk("one")
	pinned.Pin = "b"
	expect(t, p, pinned, "b none")
	if lease := acquire(t, p, talk("one")); lease.Bound != lease.Account {
		t.Errorf("on a hit the session was on %v", lease.Bound)
	}
	if lease := acquire(t, p, talk("new")); lease.Bound != nil {
		t.Errorf("a new session was on %v", lease.Bound)
	}
}

func TestSessionsOfGatewaysAreApart(t *testing.T) {
	shared := NewMemorySessions(10)
	pool := func(gateway string) *Pool {
		return trio(t, 0, func(o *Options) { o.Gateway, o.Sessions = gateway, shared })
	}
	one, other := pool("one"), pool("other")
	expect(t, one, talk("s"), "a miss")
	expect(t, other, talk("s"), "b miss")
	expect(t, pool("one"), talk("s"), "a hit") // a later generation
	expect(t, other, talk("s"), "b hit")
}

func TestWeakSession(t *testing.T) {
	p := trio(t, 0, nil)
	first := Want{Client: "alice", Session: Session{Key: "s"}}
	next := first
	next.Session.Continues = true
	expect(t, p, first, "a miss", "b miss") // the same opening words, not the same conversation
	expect(t, p, next, "b hit", "b hit")
	expect(t, p, first, "c miss")
	expect(t, p, next, "c hit")
}

func TestOneShotBindsNothing(t *testing.T) {
	p := trio(t, 0, nil)
	once := talk("s")
	once.Session.OneShot = true
	expect(t, p, once, "a none", "b none")
	expect(t, p, talk("s"), "c miss")
	expect(t, p, once, "c hit")
	end(t, p, Want{Pin: "c"}, Outcome{Kind: Failed, Scope: ScopeAccount})
	expect(t, p, once, "a spill", "b spill")
	expect(t, p, talk("s"), "a moved", "a hit")
}

func TestSessionOff(t *testing.T) {
	p := trio(t, 0, func(o *Options) { o.SessionTTL, o.Sessions = 0, nil })
	expect(t, p, talk("s"), "a none", "b none")
	if _, bound := p.FindSession("alice", "s"); bound || p.ForgetSession("alice", "s") || p.CountSessions() != -1 {
		t.Error("a pool without sessions has one")
	}
}

func TestSessionEnds(t *testing.T) {
	calmly(t, "an hour after its last request", func(t *testing.T) {
		p := trio(t, 0, nil)
		expect(t, p, talk("s"), "a miss")
		for range 3 {
			time.Sleep(59 * time.Minute)
			expect(t, p, talk("s"), "a hit")
		}
		time.Sleep(time.Hour)
		expect(t, p, talk("s"), "b miss")
	})
	t.Run("when it is forgotten", func(t *testing.T) {
		p := trio(t, 0, nil)
		expect(t, p, talk("s"), "a miss")
		if a, bound := p.FindSession("alice", "s"); !bound || a.Name != "a" || p.CountSessions() != 1 {
			t.Errorf("the session is on %v, %v; %d sessions", a, bound, p.CountSessions())
		}
		if p.ForgetSession("bob", "s") || !p.ForgetSession("alice", "s") || p.ForgetSession("alice", "s") {
			t.Error("forgot another session than it was told")
		}
		expect(t, p, talk("s"), "b miss")
	})
}

func TestFailureMovesSession(t *testing.T) {
	failed := Outcome{Kind: Failed, Scope: ScopeAccount}
	calmly(t, "inside a request", func(t *testing.T) {
		p := trio(t, 0, nil)
		expect(t, p, talk("s"), "a miss")
		if got := part(t, p, talk("s"), failed); got != "a hit" {
			t.Fatal(got)
		}
		retry := talk("s")
		retry.Exclude = only("a")
		lease := acquire(t, p, retry)
		if lease.Account.Name != "b" || lease.Sticky != StickyMoved || lease.Bound.Name != "a" {
			t.Fatalf("%s %v, was on %v", lease.Account.Name, lease.Sticky, lease.Bound)
		}
		if a, _ := p.FindSession("alice", "s"); a.Name != "a" {
			t.Error("the session moved before it was answered")
		}
		lease.Answering()
		if a, _ := p.FindSession("alice", "s"); a.Name != "b" {
			t.Error("the session did not move with the first content")
		}
		lease.Release(Outcome{Kind: Succeeded})
		time.Sleep(time.Hour - 1)
		expect(t, p, talk("s"), "b hit")
	})
	calmly(t, "and no answer leaves it", func(t *testing.T) {
		p := trio(t, 0, nil)
		expect(t, p, talk("s"), "a miss")
		end(t, p, Want{Pin: "a"}, failed)
		for range 2 {
			if got := part(t, p, talk("s"), Outcome{}); got != "b moved" && got != "c moved" {
				t.Error(got)
			}
		}
		time.Sleep(10 * time.Second)
		expect(t, p, talk("s"), "a hit")
	})
	calmly(t, "what is not the account's fault does not", func(t *testing.T) {
		p := trio(t, 0, nil)
		expect(t, p, talk("s"), "a miss")
		end(t, p, Want{Pin: "a"}, Outcome{Kind: Failed})
		other := talk("s")
		other.Exclude = only("a")
		expect(t, p, other, "b spill")
		expect(t, p, talk("s"), "a hit")
	})
	calmly(t, "the only account in a panic", func(t *testing.T) {
		p := newPool(t, options(), account(t, "a", 0))
		expect(t, p, talk("s"), "a miss")
		end(t, p, talk("s"), failed)
		expect(t, p, talk("s"), "a hit")
	})
}

func TestSessionOfAnAccountThatIsGone(t *testing.T) {
	sessions := NewMemorySessions(10)
	pool := func(accounts ...*Account) *Pool {
		o := options()
		o.Sessions = sessions
		return newPool(t, o, accounts...)
	}
	expect(t, pool(account(t, "a", 0), account(t, "b", 0)), talk("s"), "a miss")
	p := pool(account(t, "b", 0), account(t, "c", 0))
	lease := acquire(t, p, talk("s"))
	if lease.Sticky != StickyMoved || lease.Bound != nil {
		t.Errorf("%v, was on %v", lease.Sticky, lease.Bound)
	}
	if a, bound := p.FindSession("alice", "s"); a != nil || !bound {
		t.Errorf("found on %v, %v", a, bound)
	}
	lease.Release(Outcome{Kind: Succeeded})
	expect(t, p, talk("s"), lease.Account.Name+" hit")

	off := account(t, lease.Account.Name, 0)
	off.Disabled = true
	expect(t, pool(off, account(t, "z", 0)), talk("s"), "z moved", "z hit")
}

func TestSessionOfSeveralModels(t *testing.T) {
	p := newPool(t, options(), account(t, "a", 0, "opus"), account(t, "b", 0, "haiku", "opus"), account(t, "c", 0, "haiku"), account(t, "d", 0, "*"))
	opus, haiku, other := talk("s"), talk("s"), talk("s")
	opus.Model, haiku.Model, other.Model = "opus", "haiku", "unnamed"
	expect(t, p, opus, "a miss")
	expect(t, p, haiku, "b miss", "b hit")
	expect(t, p, other, "d miss", "d hit")
	expect(t, p, opus, "a hit")
	expect(t, p, haiku, "b hit")
	forbidden := talk("s")
	forbidden.Model, forbidden.Allowed = "haiku", only("c")
	expect(t, p, forbidden, "c moved", "c hit")
	expect(t, p, opus, "a hit")
}

func TestSessionLeavesBareStar(t *testing.T) {
	wild, named := account(t, "wild", 0, "*"), account(t, "named", 0, "m")
	p := newPool(t, options(), wild, named)
	without := talk("s")
	without.Allowed = only("wild")
	expect(t, p, without, "wild miss", "wild hit")
	expect(t, p, talk("s"), "named miss", "named hit") // it has a binding of its own for this model
	expect(t, p, without, "wild hit")
}

// interposed lets something happen before the next Bind.
type interposed struct {
	Sessions
	before func()
}

func (i *interposed) Bind(session, from, to string, ttl time.Duration) string {
	if before := i.before; before != nil {
		i.before = nil
		before()
	}
	return i.Sessions.Bind(session, from, to, ttl)
}

func TestRacingFirstRequestsAgree(t *testing.T) {
	for limit, want := range map[int]string{0: "b hit", 1: "a spill"} {
		t.Run(want, func(t *testing.T) {
			sessions := &interposed{Sessions: NewMemorySessions(10)}
			p := trio(t, limit, func(o *Options) { o.Sessions = sessions })
			var faster *Lease
			sessions.before = func() { faster = acquire(t, p, talk("s")) }
			slower := acquire(t, p, talk("s"))
			if faster.Sticky != StickyMiss || faster.Account.Name != "b" {
				t.Errorf("the faster one: %s %v", faster.Account.Name, faster.Sticky)
			}
			if got := slower.Account.Name + " " + slower.Sticky.String(); got != want || slower.Bound.Name != "b" {
				t.Errorf("the slower one: %s, want %s", got, want)
			}
			faster.Release(Outcome{})
			slower.Release(Outcome{Kind: Succeeded})
			idle(t, p)
			expect(t, p, talk("s"), "b hit")
		})
	}
}

func TestRacingMovesAgree(t *testing.T) {
	p := trio(t, 0, nil)
	expect(t, p, talk("s"), "a miss")
	end(t, p, Want{Pin: "a"}, Outcome{Kind: RateLimited, Scope: ScopeAccount})
	one, other := acquire(t, p, talk("s")), acquire(t, p, talk("s"))
	other.Release(Outcome{Kind: Succeeded})
	one.Release(Outcome{Kind: Succeeded})
	expect(t, p, talk("s"), other.Account.Name+" hit")
}
