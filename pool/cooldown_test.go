package pool

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// calmly runs the test in a bubble whose clock moves only when everything waits.
func calmly(t *testing.T, name string, test func(t *testing.T)) {
	t.Run(name, func(t *testing.T) { synctest.Test(t, test) })
}

// left returns how long the account's cooldown of the class still runs.
func left(a *Account, class Class) time.Duration {
	for _, c := range a.State.Snapshot().Cooldowns {
		if c.Class == class {
			return time.Until(c.Until)
		}
	}
	return 0
}

func TestCooldownGrows(t *testing.T) {
	tests := []struct {
		kind  Kind
		class Class
		want  []time.Duration // before chance lengthens them by up to a fifth, never beyond the last
	}{
		{Failed, ErrorClass, []time.Duration{5e9, 10e9, 20e9, 40e9, 80e9, 160e9, 300e9, 300e9}},
		{RateLimited, RateLimitClass, []time.Duration{5e9, 10e9, 20e9, 40e9, 80e9, 160e9, 320e9, 640e9, 1280e9, 1800e9, 1800e9}},
		{Overloaded, OverloadClass, []time.Duration{2e9, 4e9, 8e9, 16e9, 32e9, 60e9, 60e9}},
		{Unauthorized, AuthClass, []time.Duration{600e9, 600e9}},
	}
	for _, test := range tests {
		calmly(t, test.kind.String(), func(t *testing.T) {
			a := account(t, "a", 0)
			p := newPool(t, options(), a, account(t, "b", 0))
			lengthened := false
			for i, want := range test.want {
				end(t, p, Want{Pin: "a"}, Outcome{Kind: test.kind, Scope: ScopeAccount})
				got := left(a, test.class)
				if got < want || got > want+want/5 || got > test.want[len(test.want)-1] {
					t.Errorf("cooldown %d lasts %v, want %v and at most a fifth more", i+1, got, want)
				}
				lengthened = lengthened || got > want
				time.Sleep(got)
			}
			if !lengthened && test.class != AuthClass {
				t.Error("no cooldown was lengthened by chance")
			}
			end(t, p, Want{Pin: "a"}, Outcome{Kind: Succeeded})
			if s := a.State.Snapshot(); len(s.Cooldowns) != 0 {
				t.Errorf("after a success: %+v", s.Cooldowns)
			}
			end(t, p, Want{Pin: "a"}, Outcome{Kind: test.kind, Scope: ScopeAccount})
			if got, want := left(a, test.class), test.want[0]; got > want+want/5 {
				t.Errorf("after a success the next cooldown lasts %v, want %v again", got, want)
			}
		})
	}
}

func TestCooldownHonoursHints(t *testing.T) {
	for hint, want := range map[time.Duration]time.Duration{
		time.Second:      time.Second,
		90 * time.Second: 90 * time.Second,
		100 * time.Hour:  30 * time.Minute,
	} {
		calmly(t, hint.String(), func(t *testing.T) {
			a := account(t, "a", 0)
			p := newPool(t, options(), a)
			end(t, p, Want{}, Outcome{Kind: RateLimited, Scope: ScopeAccount, RetryAfter: hint})
			if got := left(a, RateLimitClass); got != want {
				t.Errorf("cooldown lasts %v, want %v", got, want)
			}
			if nobody := refused(t, p, Want{}); nobody.RetryAfter != want || !nobody.RateLimited {
				t.Errorf("%+v", *nobody)
			}
			time.Sleep(want)
			end(t, p, Want{}, Outcome{Kind: Succeeded})
		})
	}
}

func TestCooldownScopes(t *testing.T) {
	limited := func(scope Scope) Outcome { return Outcome{Kind: RateLimited, Scope: scope} }
	calmly(t, "model", func(t *testing.T) {
		p := newPool(t, options(), account(t, "a", 0, "x", "y", "alias=x"))
		end(t, p, Want{Model: "x"}, limited(ScopeModel))
		refused(t, p, Want{Model: "x"})
		refused(t, p, Want{Model: "alias"})
		end(t, p, Want{Model: "y"}, Outcome{Kind: Succeeded})
		refused(t, p, Want{Model: "x"})
	})
	calmly(t, "account", func(t *testing.T) {
		p := newPool(t, options(), account(t, "a", 0, "x", "y"))
		end(t, p, Want{Model: "x"}, limited(ScopeAccount))
		refused(t, p, Want{Model: "x"})
		refused(t, p, Want{Model: "y"})
	})
	calmly(t, "none", func(t *testing.T) {
		a := account(t, "a", 0)
		p := newPool(t, options(), a)
		for _, o := range []Outcome{limited(ScopeNone), {Kind: ClientFault, Scope: ScopeAccount}, {Scope: ScopeAccount}} {
			end(t, p, Want{}, o)
		}
		if s := a.State.Snapshot(); len(s.Cooldowns) != 0 || s.Failed != 1 || s.LastFailure != RateLimited {
			t.Errorf("%+v", s)
		}
	})
}

func TestCooldownOfConcurrentFailures(t *testing.T) {
	calmly(t, "grows once", func(t *testing.T) {
		a := account(t, "a", 0)
		p := newPool(t, options(), a, account(t, "b", 0))
		var leases []*Lease
		for range 20 {
			leases = append(leases, acquire(t, p, Want{Pin: "a"}))
		}
		leases[0].Release(Outcome{Kind: RateLimited, Scope: ScopeAccount})
		until := time.Now().Add(left(a, RateLimitClass))
		time.Sleep(time.Second)
		for _, lease := range leases[1:] {
			lease.Release(Outcome{Kind: RateLimited, Scope: ScopeAccount})
		}
		if c := a.State.Snapshot().Cooldowns; len(c) != 1 || c[0].Failures != 1 || !c[0].Until.Equal(until) {
			t.Errorf("%+v, want one failure until %v", c, until)
		}
	})
	calmly(t, "asks for more", func(t *testing.T) {
		a := account(t, "a", 0)
		p := newPool(t, options(), a, account(t, "b", 0))
		first, second := acquire(t, p, Want{Pin: "a"}), acquire(t, p, Want{Pin: "a"})
		first.Release(Outcome{Kind: RateLimited, Scope: ScopeAccount})
		second.Release(Outcome{Kind: RateLimited, Scope: ScopeAccount, RetryAfter: 5 * time.Minute})
		if got := left(a, RateLimitClass); got != 5*time.Minute {
			t.Errorf("cooldown lasts %v although the upstream asked for 5m", got)
		}
	})
	calmly(t, "old success", func(t *testing.T) {
		a := account(t, "a", 0)
		p := newPool(t, options(), a)
		stream, limited := acquire(t, p, Want{}), acquire(t, p, Want{})
		limited.Release(Outcome{Kind: RateLimited, Scope: ScopeAccount})
		stream.Answering()
		stream.Release(Outcome{Kind: Succeeded})
		refused(t, p, Want{})
	})
}

func TestCooldownIsForgotten(t *testing.T) {
	calmly(t, "after its longest time", func(t *testing.T) {
		a := account(t, "a", 0)
		p := newPool(t, options(), a, account(t, "b", 0))
		fail := Outcome{Kind: Overloaded, Scope: ScopeAccount}
		end(t, p, Want{Pin: "a"}, fail)
		time.Sleep(left(a, OverloadClass) + time.Minute - time.Nanosecond)
		end(t, p, Want{Pin: "a"}, fail)
		if got := left(a, OverloadClass); got < 4*time.Second {
			t.Errorf("lasts %v: forgotten too early", got)
		}
		time.Sleep(left(a, OverloadClass) + time.Minute)
		if c := a.State.Snapshot().Cooldowns; len(c) != 0 {
			t.Errorf("still there: %+v", c)
		}
		end(t, p, Want{Pin: "a"}, fail)
		if got := left(a, OverloadClass); got >= 4*time.Second {
			t.Errorf("lasts %v: not forgotten", got)
		}
	})
}

func TestHalfOpen(t *testing.T) {
	fail := Outcome{Kind: RateLimited, Scope: ScopeAccount}
	o := options()
	o.Waiting = 0 // whoever would have to wait for a probe is turned away
	turnedAway := func(t *testing.T, p *Pool) {
		t.Helper()
		if lease, err := p.Acquire(t.Context(), Want{Model: "m"}); err == nil {
			t.Errorf("a request got %s beside the probe", lease.Account.Name)
		}
	}
	calmly(t, "one probe", func(t *testing.T) {
		a := account(t, "a", 0)
		p := newPool(t, o, a)
		end(t, p, Want{}, fail)
		time.Sleep(left(a, RateLimitClass))
		probe := acquire(t, p, Want{})
		turnedAway(t, p)
		refused(t, p, Want{Exclude: only("a")}) // an excluded account's probe is nothing to wait for
		if c := a.State.Snapshot().Cooldowns; len(c) != 1 || !c[0].Probing {
			t.Errorf("%+v does not show the probe", c)
		}
		probe.Release(fail)
		if nobody := refused(t, p, Want{}); nobody.RetryAfter < 10*time.Second {
			t.Errorf("comes back after %v; a failed probe must double the cooldown", nobody.RetryAfter)
		}
	})
	calmly(t, "answering ends it", func(t *testing.T) {
		a := account(t, "a", 0)
		p := newPool(t, o, a)
		end(t, p, Want{}, fail)
		time.Sleep(left(a, RateLimitClass))
		probe := acquire(t, p, Want{})
		probe.Answering()
		other := acquire(t, p, Want{})
		probe.Release(Outcome{Kind: Succeeded})
		other.Release(Outcome{Kind: Succeeded})
	})
	calmly(t, "unjudged", func(t *testing.T) {
		a := account(t, "a", 0)
		p := newPool(t, o, a)
		end(t, p, Want{}, fail)
		time.Sleep(left(a, RateLimitClass))
		end(t, p, Want{}, Outcome{})
		probe := acquire(t, p, Want{}) // the next one probes
		turnedAway(t, p)
		probe.Release(Outcome{Kind: Succeeded})
		end(t, p, Want{}, Outcome{})
	})
	calmly(t, "hanging", func(t *testing.T) {
		a := account(t, "a", 0)
		p := newPool(t, o, a)
		end(t, p, Want{}, fail)
		time.Sleep(left(a, RateLimitClass))
		hanging := acquire(t, p, Want{})
		time.Sleep(probeTime)
		probe := acquire(t, p, Want{})
		hanging.Release(Outcome{})
		turnedAway(t, p) // the end of the first does not end the second
		probe.Release(Outcome{Kind: Succeeded})
		idle(t, p)
	})
}

func TestCooldownsAreBounded(t *testing.T) {
	calmly(t, "many models", func(t *testing.T) {
		a := account(t, "a", 0, "*")
		p := newPool(t, options(), a)
		end(t, p, Want{Model: "m"}, Outcome{Kind: Overloaded, Scope: ScopeAccount})
		for i := range 10 * maxCooldowns {
			o := Outcome{Kind: RateLimited, Scope: ScopeModel, RetryAfter: time.Duration(i+1) * time.Second}
			end(t, p, Want{Model: fmt.Sprint("m-", i)}, o)
		}
		list := a.State.Snapshot().Cooldowns
		if len(list) > maxCooldowns {
			t.Errorf("%d cooldowns", len(list))
		}
		if list[0].Model != "" {
			t.Error("the account's own cooldown was pushed out by those for models")
		}
		refused(t, p, Want{Model: fmt.Sprint("m-", 10*maxCooldowns-1)})
	})
}
