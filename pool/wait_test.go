package pool

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// queued starts an Acquire that is expected to wait and returns a channel with its result.
func queued(ctx context.Context, p *Pool, want Want) chan arrival {
	result := make(chan arrival, 1)
	if want.Model == "" {
		want.Model = "m"
	}
	go func() {
		lease, err := p.Acquire(ctx, want)
		result <- arrival{lease, err}
	}()
	synctest.Wait()
	return result
}

// got returns the lease that a waiting request must have by now.
func got(t *testing.T, result chan arrival) *Lease {
	t.Helper()
	synctest.Wait()
	select {
	case a := <-result:
		if a.err != nil {
			t.Fatalf("waiting ended with: %v", a.err)
		}
		return a.lease
	default:
		t.Fatal("still waiting")
		return nil
	}
}

func stillWaits(t *testing.T, result chan arrival) {
	t.Helper()
	synctest.Wait()
	select {
	case a := <-result:
		t.Fatalf("waiting ended with %+v, %v", a.lease, a.err)
	default:
	}
}

func TestWaitsInOrder(t *testing.T) {
	calmly(t, "first come, first served", func(t *testing.T) {
		p := newPool(t, options(), account(t, "a", 1), account(t, "b", 1))
		held := []*Lease{acquire(t, p, Want{}), acquire(t, p, Want{})}
		var order []int
		var done sync.WaitGroup
		for i := range 20 {
			done.Go(func() {
				lease := acquire(t, p, Want{})
				order = append(order, i) // one at a time: the next gets the slot by this one's release
				time.Sleep(time.Second)
				lease.Release(Outcome{})
			})
			synctest.Wait()
		}
		if n := p.Waiting(); n != 20 {
			t.Errorf("%d wait", n)
		}
		held[0].Release(Outcome{})
		done.Wait()
		if !slices.IsSorted(order) || len(order) != 20 {
			t.Errorf("served in the order %v", order)
		}
		held[1].Release(Outcome{})
		idle(t, p)
	})
}

func TestWaitSkipsThoseWhoMayNot(t *testing.T) {
	calmly(t, "each gets an account that it may use", func(t *testing.T) {
		p := newPool(t, options(), account(t, "a", 1, "m"), account(t, "b", 1, "m", "n"))
		a, b := acquire(t, p, Want{Pin: "a"}), acquire(t, p, Want{Pin: "b"})
		onlyA := queued(t.Context(), p, Want{Allowed: only("a")})
		notB := queued(t.Context(), p, Want{Exclude: only("b")})
		other := queued(t.Context(), p, Want{Model: "n"})
		pinned := queued(t.Context(), p, Want{Pin: "b"})
		b.Release(Outcome{})
		lease := got(t, other)
		stillWaits(t, onlyA)
		lease.Release(Outcome{})
		got(t, pinned).Release(Outcome{})
		a.Release(Outcome{})
		got(t, onlyA).Release(Outcome{})
		got(t, notB).Release(Outcome{})
		idle(t, p)
	})
	calmly(t, "a bare star", func(t *testing.T) {
		named, wild := account(t, "named", 1, "m"), account(t, "wild", 1, "*")
		p := newPool(t, options(), named, wild)
		a, b := acquire(t, p, Want{}), acquire(t, p, Want{Model: "x"})
		waits := queued(t.Context(), p, Want{})
		b.Release(Outcome{})
		stillWaits(t, waits)
		a.Release(Outcome{})
		got(t, waits).Release(Outcome{})
	})
}

func TestWaitEnds(t *testing.T) {
	calmly(t, "in time", func(t *testing.T) {
		p := newPool(t, options(), account(t, "a", 1))
		held := acquire(t, p, Want{})
		begun, calls := time.Now(), 0
		result := queued(t.Context(), p, Want{OnWait: func() { calls++ }})
		if s := held.Account.State.Snapshot(); s.Waiting != 0 || p.Waiting() != 1 {
			t.Errorf("%d wait for the account alone, %d in the pool", s.Waiting, p.Waiting())
		}
		err := (<-result).err
		timeout, ok := errors.AsType[*TimeoutError](err)
		if !ok || timeout.Waited != 30*time.Second || time.Since(begun) != 30*time.Second {
			t.Errorf("after %v: %v", time.Since(begun), err)
		}
		if calls != 1 {
			t.Errorf("OnWait was called %d times", calls)
		}
		held.Release(Outcome{})
		end(t, p, Want{OnWait: func() { t.Error("OnWait was called without a wait") }}, Outcome{})
		idle(t, p)
	})
	calmly(t, "by the caller", func(t *testing.T) {
		p := newPool(t, options(), account(t, "a", 1))
		held := acquire(t, p, Want{})
		ctx, cancel := context.WithCancel(t.Context())
		result := queued(ctx, p, Want{Pin: "a"})
		if s := held.Account.State.Snapshot(); s.Waiting != 1 {
			t.Errorf("%d wait for the account alone", s.Waiting)
		}
		cancel()
		if err := (<-result).err; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		if lease, err := p.Acquire(ctx, Want{Model: "m"}); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, %v with a cancelled context", lease, err)
		}
		held.Release(Outcome{})
		idle(t, p)
	})
	calmly(t, "by a panic", func(t *testing.T) {
		p := newPool(t, options(), account(t, "a", 1))
		held := acquire(t, p, Want{})
		func() {
			defer func() { _ = recover() }()
			_, _ = p.Acquire(t.Context(), Want{Model: "m", OnWait: func() {
				held.Release(Outcome{}) // the slot arrives before the panic
				panic("client gone")
			}})
		}()
		idle(t, p)
	})
}

func TestWaitIsBounded(t *testing.T) {
	calmly(t, "full", func(t *testing.T) {
		p := newPool(t, options(), account(t, "a", 1))
		held := acquire(t, p, Want{})
		ctx, cancel := context.WithCancel(t.Context())
		var waiting []chan arrival
		for range 100 {
			waiting = append(waiting, queued(ctx, p, Want{}))
		}
		_, err := p.Acquire(ctx, Want{Model: "m"})
		if full, ok := errors.AsType[*FullError](err); !ok || full.Waiting != 100 {
			t.Errorf("got %v", err)
		}
		cancel()
		for _, result := range waiting {
			<-result
		}
		held.Release(Outcome{})
		idle(t, p)
	})
	for name, change := range map[string]func(*Options){
		"nobody may wait": func(o *Options) { o.Waiting = 0 },
		"no time to wait": func(o *Options) { o.WaitFor = 0 },
	} {
		calmly(t, name, func(t *testing.T) {
			o := options()
			change(&o)
			p := newPool(t, o, account(t, "a", 1))
			held := acquire(t, p, Want{})
			_, err := p.Acquire(t.Context(), Want{Model: "m", OnWait: func() { t.Error("OnWait was called") }})
			if _, ok := errors.AsType[*FullError](err); !ok {
				t.Errorf("got %v", err)
			}
			held.Release(Outcome{})
			idle(t, p)
		})
	}
}

func TestWaitSeesCooldowns(t *testing.T) {
	limited := Outcome{Kind: RateLimited, Scope: ScopeAccount, RetryAfter: 10 * time.Second}
	calmly(t, "the end of another's", func(t *testing.T) {
		p := newPool(t, options(), account(t, "a", 1), account(t, "b", 1))
		held := acquire(t, p, Want{Pin: "a"})
		end(t, p, Want{Pin: "b"}, limited)
		begun := time.Now()
		lease := (<-queued(t.Context(), p, Want{})).lease
		if lease == nil || lease.Account.Name != "b" || time.Since(begun) != 10*time.Second {
			t.Fatalf("got %+v after %v", lease, time.Since(begun))
		}
		lease.Release(Outcome{})
		held.Release(Outcome{})
	})
	calmly(t, "nothing is left to wait for", func(t *testing.T) {
		p := newPool(t, options(), account(t, "a", 1), account(t, "b", 1))
		a, b := acquire(t, p, Want{}), acquire(t, p, Want{})
		result := queued(t.Context(), p, Want{})
		a.Release(limited)
		stillWaits(t, result)
		b.Release(limited)
		synctest.Wait()
		nobody, ok := errors.AsType[*NobodyError]((<-result).err)
		if !ok || !nobody.RateLimited || nobody.RetryAfter != 10*time.Second {
			t.Errorf("got %+v", nobody)
		}
		idle(t, p)
	})
	calmly(t, "the probe's answer", func(t *testing.T) {
		p := newPool(t, options(), account(t, "a", 0))
		end(t, p, Want{}, limited)
		time.Sleep(10 * time.Second)
		probe := acquire(t, p, Want{})
		first, second := queued(t.Context(), p, Want{}), queued(t.Context(), p, Want{})
		probe.Answering()
		got(t, first).Release(Outcome{})
		got(t, second).Release(Outcome{})
		probe.Release(Outcome{Kind: Succeeded})
		idle(t, p)
	})
	calmly(t, "a probe that hangs", func(t *testing.T) {
		o := options()
		o.WaitFor = time.Hour
		p := newPool(t, o, account(t, "a", 0))
		end(t, p, Want{}, limited)
		time.Sleep(10 * time.Second)
		probe := acquire(t, p, Want{})
		begun := time.Now()
		next := (<-queued(t.Context(), p, Want{})).lease
		if time.Since(begun) != probeTime {
			t.Errorf("waited %v", time.Since(begun))
		}
		next.Release(Outcome{Kind: Succeeded})
		probe.Release(Outcome{})
	})
	calmly(t, "the only account in a panic", func(t *testing.T) {
		p := newPool(t, options(), account(t, "a", 2))
		first, second := acquire(t, p, Want{}), acquire(t, p, Want{})
		one, two := queued(t.Context(), p, Want{}), queued(t.Context(), p, Want{})
		first.Release(Outcome{Kind: Failed, Scope: ScopeAccount})
		lease := got(t, one)
		stillWaits(t, two)
		second.Release(Outcome{})
		got(t, two).Release(Outcome{})
		lease.Release(Outcome{})
		idle(t, p)
	})
}
