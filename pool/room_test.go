package pool

import (
	"errors"
	"testing"
	"time"
)

// TestLateWaiters begin to wait between a release's look at the waiting room, which was empty, and its end. They get the
// slot that it leaves, or learn that nothing is left to wait for.
func TestLateWaiters(t *testing.T) {
	calmly(t, "for the slot", func(t *testing.T) {
		p := newPool(t, options(), account(t, "a", 1))
		lease := acquire(t, p, Want{})
		late := queued(t.Context(), p, Want{})
		lease.released.Store(true)
		p.room.pass(lease.Account.State, false)
		got(t, late).Release(Outcome{})
		idle(t, p)
	})
	calmly(t, "in vain", func(t *testing.T) {
		p := newPool(t, options(), account(t, "a", 1), account(t, "b", 1))
		other := acquire(t, p, Want{Pin: "b"})
		lease := acquire(t, p, Want{})
		late := queued(t.Context(), p, Want{})
		other.released.Store(true)
		o := Outcome{Kind: RateLimited, Scope: ScopeAccount}
		other.Account.State.settle(other, o, p.room.stamp(time.Now()), time.Now())
		p.room.pass(other.Account.State, false)
		stillWaits(t, late) // for a
		lease.released.Store(true)
		lease.Account.State.settle(lease, o, p.room.stamp(time.Now()), time.Now())
		p.room.pass(lease.Account.State, false)
		if a := <-late; !isNobody(a.err) {
			t.Errorf("got %+v, %v", a.lease, a.err)
		}
		idle(t, p)
	})
}

func isNobody(err error) bool {
	_, ok := errors.AsType[*NobodyError](err)
	return ok
}

// TestNobodyJumpsTheQueue has a slot go from a request to the first who waits without being free in between, when anybody
// could take it.
func TestNobodyJumpsTheQueue(t *testing.T) {
	calmly(t, "a slot in between", func(t *testing.T) {
		p := newPool(t, options(), account(t, "a", 1))
		lease := acquire(t, p, Want{})
		passing, jumped := false, false
		first := queued(t.Context(), p, Want{Allowed: func(a *Account) bool {
			if passing && a.State.take() {
				jumped = true
				a.State.free()
			}
			return true
		}})
		passing = true
		lease.Release(Outcome{})
		if jumped {
			t.Error("the slot was free while it was passed on")
		}
		got(t, first).Release(Outcome{})
		idle(t, p)
	})
}
