package pool

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestFreeze(t *testing.T) {
	calmly(t, "until its end", func(t *testing.T) {
		a := account(t, "a", 0)
		p := newPool(t, options(), a)
		running := acquire(t, p, Want{})
		a.State.Freeze(time.Minute, "by hand")
		if nobody := refused(t, p, Want{}); nobody.RetryAfter != time.Minute || nobody.RateLimited {
			t.Errorf("%+v", *nobody)
		}
		running.Answering()
		running.Release(Outcome{Kind: Succeeded})
		refused(t, p, Want{})
		time.Sleep(time.Minute)
		first, second := acquire(t, p, Want{}), acquire(t, p, Want{})
		first.Release(Outcome{Kind: Succeeded})
		second.Release(Outcome{Kind: Succeeded})
		if s := a.State.Snapshot(); len(s.Cooldowns) != 0 {
			t.Errorf("after its end: %+v", s.Cooldowns)
		}
	})
	calmly(t, "again", func(t *testing.T) {
		a := account(t, "a", 0)
		newPool(t, options(), a)
		a.State.Freeze(time.Hour, "one")
		a.State.Freeze(time.Minute, "two")
		s := a.State.Snapshot()
		if len(s.Cooldowns) != 1 || s.Cooldowns[0].Reason != "two" || s.Cooldowns[0].Class.String() != "frozen" || left(a, HandClass) != time.Minute {
			t.Errorf("%+v", s.Cooldowns)
		}
	})
}

func TestUnfreeze(t *testing.T) {
	calmly(t, "all cooldowns", func(t *testing.T) {
		a := account(t, "a", 0)
		p := newPool(t, options(), a)
		end(t, p, Want{}, Outcome{Kind: Unauthorized, Scope: ScopeAccount})
		a.State.Freeze(time.Hour, "by hand")
		refused(t, p, Want{})
		if !a.State.Unfreeze() {
			t.Error("there were no cooldowns")
		}
		end(t, p, Want{}, Outcome{Kind: Succeeded})
		if a.State.Unfreeze() {
			t.Error("there were cooldowns")
		}
	})
}

func TestSwitch(t *testing.T) {
	calmly(t, "off and on", func(t *testing.T) {
		a, b := account(t, "a", 1), account(t, "b", 1)
		p := newPool(t, options(), a, b)
		busy := acquire(t, p, Want{Pin: "b"})
		a.State.Switch(false)
		if !a.State.Off() {
			t.Error("it is on")
		}
		if e := p.Explain(Want{Model: "m"}); e.Accounts[0].Because != IsDisabled {
			t.Errorf("explained as %v", e.Accounts[0].Because)
		}
		result := queued(t.Context(), p, Want{Model: "m"})
		synctest.Wait()
		a.State.Switch(true)
		lease := got(t, result)
		if lease.Account != a {
			t.Errorf("the one who waited got %s", lease.Account.Name)
		}
		lease.Release(Outcome{Kind: Succeeded})
		busy.Release(Outcome{Kind: Succeeded})
	})
	calmly(t, "those who wait hear that nobody is left", func(t *testing.T) {
		a := account(t, "a", 1)
		p := newPool(t, options(), a)
		acquire(t, p, Want{})
		result := queued(t.Context(), p, Want{Model: "m"})
		synctest.Wait()
		a.State.Switch(false)
		if arrived := <-result; arrived.err == nil {
			t.Error("it got an account")
		}
	})
}

func TestClosed(t *testing.T) {
	calmly(t, "out of use until somebody switches it on", func(t *testing.T) {
		a := account(t, "a", 0)
		p := newPool(t, options(), a)
		early := acquire(t, p, Want{})
		end(t, p, Want{}, Outcome{Kind: Unauthorized, Scope: ScopeAccount, Final: true, Reason: "closed"})
		early.Release(Outcome{Kind: Succeeded})
		time.Sleep(100 * time.Hour)
		refused(t, p, Want{})
		if s := a.State.Snapshot(); s.Closed != "closed" || !a.State.Off() {
			t.Errorf("closed %q, off %t", s.Closed, a.State.Off())
		}
		a.State.Unfreeze()
		refused(t, p, Want{})
		a.State.Switch(true)
		if s := a.State.Snapshot(); s.Closed != "" {
			t.Errorf("closed %q", s.Closed)
		}
		end(t, p, Want{}, Outcome{Kind: Succeeded})
	})
	calmly(t, "switching it on forgives", func(t *testing.T) {
		a := account(t, "a", 0)
		p := newPool(t, options(), a)
		end(t, p, Want{}, Outcome{Kind: Unauthorized, Scope: ScopeAccount, Final: true})
		a.State.Switch(true)
		end(t, p, Want{}, Outcome{Kind: Succeeded})
	})
}

func TestChanges(t *testing.T) {
	calmly(t, "down and back", func(t *testing.T) {
		var changes []string
		o := options()
		o.Changed = func(c Change) {
			changes = append(changes, fmt.Sprintf("%s %t %v %s %s", c.Account.Name, c.Down, c.Class, c.Model, c.Reason))
		}
		a := account(t, "a", 0)
		p := newPool(t, o, a, account(t, "b", 0))
		bad := Outcome{Kind: Failed, Scope: ScopeModel, Reason: "broken"}
		early := acquire(t, p, Want{Pin: "a"})
		end(t, p, Want{Pin: "a"}, bad)
		early.Release(bad) // it was on its way when the cooldown began
		time.Sleep(left(a, ErrorClass))
		end(t, p, Want{Pin: "a"}, bad) // the probe fails: still down
		time.Sleep(left(a, ErrorClass))
		probe := acquire(t, p, Want{Pin: "a"})
		probe.Answering()
		probe.Release(Outcome{Kind: Succeeded})
		end(t, p, Want{Pin: "a"}, Outcome{Kind: Succeeded})
		end(t, p, Want{Pin: "a"}, Outcome{Kind: ClientFault})
		end(t, p, Want{Pin: "b"}, Outcome{Kind: Unauthorized, Scope: ScopeAccount})
		want := []string{"a true error m broken", "a false error m broken", "b true auth  "}
		if !slices.Equal(changes, want) {
			t.Errorf("got %q, want %q", changes, want)
		}
	})
}
