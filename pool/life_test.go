package pool

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func holders(a *Account) int {
	n, _ := shared.References(stateKey(a.Identity))
	return n
}

func TestGenerationsShareState(t *testing.T) {
	calmly(t, "slots and cooldowns", func(t *testing.T) {
		old, a := newPool(t, options(), account(t, "a", 1)), account(t, "a", 1)
		lease := acquire(t, old, Want{})
		fresh := newPool(t, options(), a)
		waits := queued(t.Context(), fresh, Want{})
		stillWaits(t, waits)
		old.Close()
		lease.Release(Outcome{})
		got(t, waits).Release(Outcome{Kind: RateLimited, Scope: ScopeAccount})
		refused(t, old, Want{})
		if holders(a) != 1 {
			t.Errorf("%d hold the state", holders(a))
		}
		fresh.Close()
		fresh.Close()
		if holders(a) != 0 {
			t.Errorf("%d hold the state of an account that is gone", holders(a))
		}
	})
	calmly(t, "two gateways", func(t *testing.T) {
		one, other := newPool(t, options(), account(t, "a", 1)), newPool(t, options(), account(t, "a", 1))
		lease := acquire(t, one, Want{})
		first, second := queued(t.Context(), other, Want{}), queued(t.Context(), one, Want{})
		lease.Release(Outcome{})
		lease = got(t, first)
		stillWaits(t, second)
		lease.Release(Outcome{})
		got(t, second).Release(Outcome{})
	})
}

func TestPublish(t *testing.T) {
	limit := func(p *Pool) int { return p.accounts[0].State.Snapshot().Limit }
	calmly(t, "the last published holds", func(t *testing.T) {
		first := newPool(t, options(), account(t, "a", 1))
		if limit(first) != 1 {
			t.Error("before the first publication an account's own limit must hold")
		}
		first.Publish()
		second := newPool(t, options(), account(t, "a", 5))
		if limit(first) != 1 {
			t.Error("building a pool changed what holds")
		}
		second.Publish()
		second.Publish()
		if limit(first) != 5 {
			t.Error("publishing did not change what holds")
		}
		second.Close()
		if limit(first) != 1 {
			t.Error("a generation that failed after its start changed what holds")
		}
		third := newPool(t, options(), account(t, "a", 7))
		third.Publish()
		first.Close()
		if limit(third) != 7 {
			t.Error("the end of the older generation changed what holds")
		}
		third.Close()
		third.Publish()
		if limit(third) != 7 || holders(third.accounts[0]) != 0 {
			t.Error("a closed pool published")
		}
	})
	calmly(t, "a raised limit serves who waits", func(t *testing.T) {
		old := newPool(t, options(), account(t, "a", 1))
		old.Publish()
		lease := acquire(t, old, Want{})
		first, second, third := queued(t.Context(), old, Want{}), queued(t.Context(), old, Want{}), queued(t.Context(), old, Want{})
		newPool(t, options(), account(t, "a", 3)).Publish()
		got(t, first).Release(Outcome{})
		got(t, third).Release(Outcome{})
		got(t, second).Release(Outcome{})
		lease.Release(Outcome{})
		idle(t, old)
	})
	calmly(t, "a withdrawn limit serves who waits", func(t *testing.T) {
		old, failing := newPool(t, options(), account(t, "a", 2)), newPool(t, options(), account(t, "a", 1))
		old.Publish()
		failing.Publish()
		lease := acquire(t, old, Want{})
		waits := queued(t.Context(), old, Want{})
		stillWaits(t, waits)
		failing.Close()
		got(t, waits).Release(Outcome{})
		lease.Release(Outcome{})
	})
	calmly(t, "a lowered limit lets requests finish", func(t *testing.T) {
		old := newPool(t, options(), account(t, "a", 3))
		old.Publish()
		leases := []*Lease{acquire(t, old, Want{}), acquire(t, old, Want{}), acquire(t, old, Want{})}
		newPool(t, options(), account(t, "a", 1)).Publish()
		waits := queued(t.Context(), old, Want{})
		leases[0].Release(Outcome{})
		stillWaits(t, waits)
		leases[1].Release(Outcome{})
		stillWaits(t, waits)
		leases[2].Release(Outcome{})
		got(t, waits).Release(Outcome{})
		idle(t, old)
	})
}

func TestLeaseOutlivesGeneration(t *testing.T) {
	a := account(t, "a", 1)
	old := newPool(t, options(), a)
	stream := acquire(t, old, Want{})
	old.Close()
	if holders(a) != 1 {
		t.Fatalf("%d hold the state of a running stream", holders(a))
	}
	again := newPool(t, options(), account(t, "a", 1))
	if again.accounts[0].State != a.State {
		t.Fatal("an account that came back forgot the stream that still runs on it")
	}
	again.Close()
	stream.Release(Outcome{Kind: Succeeded})
	if holders(a) != 0 {
		t.Errorf("%d hold the state after the last request", holders(a))
	}
}

func TestRoomOutlivesGenerations(t *testing.T) {
	calmly(t, "who waits hears of a stream from before", func(t *testing.T) {
		old := newPool(t, options(), account(t, "a", 1))
		stream := acquire(t, old, Want{})
		old.Close()
		fresh := newPool(t, options(), account(t, "a", 1))
		waits := queued(t.Context(), fresh, Want{})
		stillWaits(t, waits)
		stream.Release(Outcome{})
		got(t, waits).Release(Outcome{})
		fresh.Close()
		if n, ok := shared.References(roomKey{}); ok {
			t.Errorf("%d hold the room after the last pool and request", n)
		}
	})
}

func TestLateRequestOfClosedPool(t *testing.T) {
	a := account(t, "a", 2)
	old := newPool(t, options(), a)
	old.Close()
	first := acquire(t, old, Want{})
	second := acquire(t, old, Want{})
	if holders(a) != 1 {
		t.Errorf("%d hold the state of a late request", holders(a))
	}
	first.Release(Outcome{})
	fresh := newPool(t, options(), account(t, "a", 2))
	if fresh.accounts[0].State != a.State || holders(a) != 2 {
		t.Errorf("the new generation does not share the late request's state; %d hold it", holders(a))
	}
	second.Release(Outcome{})
	third := acquire(t, old, Want{})
	if holders(a) != 1 {
		t.Errorf("%d hold the state; only the new generation should", holders(a))
	}
	third.Release(Outcome{})
	fresh.Close()

	other := newPool(t, options(), account(t, "a", 2))
	late := acquire(t, old, Want{})
	if other.accounts[0].State == a.State || holders(a) != 1 {
		t.Errorf("a state that is gone must not take the place of its successor; %d hold that", holders(a))
	}
	late.Release(Outcome{})
	if holders(a) != 1 {
		t.Errorf("%d hold the successor", holders(a))
	}
}

func TestSameIdentityTwice(t *testing.T) {
	a, b := account(t, "a", 1), account(t, "b", 1)
	b.Identity = a.Identity
	o := options()
	o.Waiting = 0
	p := newPool(t, o, a, b)
	if a.State != b.State {
		t.Fatal("two names for one upstream account do not share its state")
	}
	lease := acquire(t, p, Want{Pin: "a"})
	if other, err := p.Acquire(t.Context(), Want{Model: "m", Pin: "b"}); err == nil {
		t.Errorf("%s has a slot of its own", other.Account.Name)
	}
	lease.Release(Outcome{})
	p.Close()
	if holders(a) != 0 {
		t.Errorf("%d hold the state", holders(a))
	}
}

func TestSnapshot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := account(t, "a", 4)
		p := newPool(t, options(), a)
		lease := acquire(t, p, Want{})
		end(t, p, Want{}, Outcome{Kind: Succeeded, FirstByte: 100 * time.Millisecond})
		time.Sleep(time.Second)
		end(t, p, Want{}, Outcome{Kind: Overloaded, Scope: ScopeModel, FirstByte: 600 * time.Millisecond})
		s := a.State.Snapshot()
		if s.InUse != 1 || s.Limit != 4 || s.Succeeded != 1 || s.Failed != 1 || s.LastFailure != Overloaded {
			t.Errorf("%+v", s)
		}
		if s.FirstByte != 200*time.Millisecond || !s.FailedAt.Equal(time.Now()) || time.Since(s.UsedAt) > time.Microsecond {
			t.Errorf("times in %+v", s)
		}
		if c := s.Cooldowns; len(c) != 1 || c[0].Class != OverloadClass || c[0].Model != "m" || c[0].Failures != 1 || c[0].Probing {
			t.Errorf("%+v", c)
		}
		text, err := json.Marshal(s)
		if err != nil || !strings.Contains(string(text), `"last_failure":"overloaded"`) || !strings.Contains(string(text), `"class":"overload"`) {
			t.Errorf("as JSON: %s, %v", text, err)
		}
		lease.Release(Outcome{})
	})
}
