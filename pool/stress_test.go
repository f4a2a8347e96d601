package pool

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// crowd is requests that come and go in every way, on accounts with limits.
type crowd struct {
	*testing.T
	pool   *Pool
	limits map[*Account]int32
	inUse  map[*Account]*atomic.Int32

	sticky [len(stickyNames)]atomic.Int32

	leased, timedOut, cancelled, full, nobody, panicked atomic.Int32
}

func newCrowd(t *testing.T, limits ...int) *crowd {
	c := &crowd{T: t, limits: make(map[*Account]int32), inUse: make(map[*Account]*atomic.Int32)}
	var accounts []*Account
	for i, limit := range limits {
		a := account(t, fmt.Sprint("a-", i), limit)
		accounts = append(accounts, a)
		c.limits[a], c.inUse[a] = int32(limit), new(atomic.Int32)
	}
	o := options()
	o.WaitFor, o.Waiting = 200*time.Microsecond, 30
	o.StickyWaitFor = 100 * time.Microsecond
	for class := range o.Cooldown {
		o.Cooldown[class] = Span{300 * time.Microsecond, 2 * time.Millisecond}
	}
	c.pool = newPool(t, o, accounts...)
	return c
}

// request is one of many, different for every number.
func (c *crowd) request(i int) {
	defer func() {
		if recover() != nil {
			c.panicked.Add(1)
		}
	}()
	time.Sleep(time.Duration(i%97) * time.Microsecond * 4)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if i%3 == 0 {
		timer := time.AfterFunc(time.Duration(i%700)*time.Microsecond, cancel)
		defer timer.Stop()
	}
	want := Want{Model: "m", Client: "c"}
	if i%2 == 0 {
		want.Session = Session{Key: fmt.Sprint("s-", i%23), Strong: i%4 == 0, Continues: i%8 == 2, OneShot: i%16 == 6}
	}
	if i%5 == 0 {
		want.Pin = fmt.Sprint("a-", i%len(c.limits))
	}
	if i%11 == 0 {
		want.OnWait = func() { panic("the client is gone") }
	}
	lease, err := c.pool.Acquire(ctx, want)
	if err != nil {
		c.count(err)
		return
	}
	c.leased.Add(1)
	c.sticky[lease.Sticky].Add(1)
	defer lease.Release(Outcome{})
	inUse := c.inUse[lease.Account]
	if n := inUse.Add(1); n > c.limits[lease.Account] {
		c.Errorf("%d requests on an account for %d", n, c.limits[lease.Account])
	}
	counted := true
	defer func() {
		if counted {
			inUse.Add(-1)
		}
	}()
	time.Sleep(time.Duration(1+i%100) * time.Microsecond)
	switch i % 7 {
	case 0:
		panic("in the middle")
	case 1, 2:
		lease.Answering()
	case 3, 4:
		counted = false
		inUse.Add(-1)
		lease.Release(Outcome{Kind: Kind(i / 7 % 7), Scope: Scope(i / 49 % 3)})
	}
}

func (c *crowd) count(err error) {
	_, timedOut := errors.AsType[*TimeoutError](err)
	_, full := errors.AsType[*FullError](err)
	_, nobody := errors.AsType[*NobodyError](err)
	switch {
	case timedOut:
		c.timedOut.Add(1)
	case full:
		c.full.Add(1)
	case nobody:
		c.nobody.Add(1)
	case errors.Is(err, context.Canceled):
		c.cancelled.Add(1)
	default:
		c.Errorf("unexpected error: %v", err)
	}
}

// TestNothingLeaks checks that limits hold and that no slot and no place in the queue is lost, however requests end.
func TestNothingLeaks(t *testing.T) {
	calmly(t, "10,000 requests", func(t *testing.T) {
		c := newCrowd(t, 1, 2, 5)
		var done sync.WaitGroup
		next := make(chan int)
		for range 80 {
			done.Go(func() {
				for i := range next {
					c.request(i)
				}
			})
		}
		for i := range 10_000 {
			next <- i
		}
		close(next)
		done.Wait()
		t.Logf("%d served, %d timed out, %d cancelled, %d found the queue full, %d found nobody, %d panicked", c.leased.Load(),
			c.timedOut.Load(), c.cancelled.Load(), c.full.Load(), c.nobody.Load(), c.panicked.Load())
		for what, n := range map[string]*atomic.Int32{
			"was served": &c.leased, "timed out": &c.timedOut, "was cancelled": &c.cancelled,
			"found the queue full": &c.full, "found nobody": &c.nobody, "panicked": &c.panicked,
		} {
			if n.Load() == 0 {
				t.Errorf("no request %s, so this test proves less than it says", what)
			}
		}
		for part := range c.sticky {
			if c.sticky[part].Load() == 0 {
				t.Errorf("no session ended as %v, so this test proves less than it says", Sticky(part))
			}
		}
		idle(t, c.pool)
	})
}

// TestReloadsUnderLoad checks that generations come and go without losing a request or a slot.
func TestReloadsUnderLoad(t *testing.T) {
	calmly(t, "100 reloads under 50 streams", func(t *testing.T) {
		generation := func(limit int) *Pool {
			p := newPool(t, options(), account(t, "a", limit), account(t, "b", limit))
			p.Publish()
			return p
		}
		var current atomic.Pointer[Pool]
		current.Store(generation(10))
		stop := make(chan struct{})
		var streams sync.WaitGroup
		for i := range 50 {
			streams.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
					}
					p := current.Load()
					lease, err := p.Acquire(context.Background(), Want{Model: "m"})
					if err != nil {
						t.Errorf("lost a request: %v", err)
						return
					}
					time.Sleep(time.Duration(i+1) * time.Millisecond)
					lease.Release(Outcome{Kind: Succeeded})
				}
			})
		}
		for i := range 100 {
			time.Sleep(7 * time.Millisecond)
			old := current.Swap(generation(10 + i%40))
			old.Close()
		}
		close(stop)
		streams.Wait()
		idle(t, current.Load())
	})
}

// TestNobodyIsForgotten has requests take turns on one slot as fast as they can. A slot that is freed while a request is
// about to wait must reach it: the clock of the bubble would otherwise run to the end of the wait.
func TestNobodyIsForgotten(t *testing.T) {
	calmly(t, "one slot", func(t *testing.T) {
		p := newPool(t, options(), account(t, "a", 1))
		var done sync.WaitGroup
		for range 4 {
			done.Go(func() {
				for range 5000 {
					lease, err := p.Acquire(context.Background(), Want{Model: "m"})
					if err != nil {
						t.Errorf("forgotten: %v", err)
						return
					}
					lease.Release(Outcome{})
				}
			})
		}
		done.Wait()
		idle(t, p)
	})
}

// TestTake takes slots without looking first, as requests do that chose the same account at the same moment.
func TestTake(t *testing.T) {
	s := State{gauges: new(gauges)}
	s.limit.Store(3)
	for i := range 5 {
		if s.take() != (i < 3) {
			t.Errorf("slot %d of 3: taken %v", i+1, i >= 3)
		}
	}
	var done sync.WaitGroup
	for range 3 {
		done.Go(func() {
			s.free()
			for range 5000 {
				if !s.take() {
					t.Error("no slot for one of three")
					return
				}
				s.free()
			}
		})
	}
	done.Wait()
	if n := s.inUse.Load(); n != 0 {
		t.Errorf("%d slots are still taken", n)
	}
}
