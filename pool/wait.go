package pool

import (
	"container/list"
	"context"
	"fmt"
	"time"
)

// waiter is a request that waits for a slot.
type waiter struct {
	pool    *Pool
	want    *Want
	place   *list.Element // in the room's queue; nil once it has left
	named   bool          // accounts with a bare star do not count
	wake    time.Time     // when a cooldown or probe that keeps it waiting ends
	pinned  *State        // the only account that it waits for, if there is only one
	arrived chan arrival  // holds one, so that whoever serves the waiter need not wait for it
}

// arrival is what ends a waiter's wait.
type arrival struct {
	lease *Lease
	err   error
}

// wait queues the request until an account has a slot for it.
func (p *Pool) wait(ctx context.Context, want Want) (*Lease, error) {
	w := &waiter{pool: p, want: &want, arrived: make(chan arrival, 1)}
	lease, err := p.room.enter(w)
	if lease != nil || err != nil {
		return lease, err
	}
	defer p.room.abandon(w)
	timeout := time.NewTimer(p.options.WaitFor)
	defer timeout.Stop()
	if want.OnWait != nil {
		want.OnWait()
	}
	select {
	case a := <-w.arrived:
		return a.lease, a.err
	case <-timeout.C:
		err = &TimeoutError{Model: want.Model, Waited: p.options.WaitFor}
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting for an account: %w", ctx.Err())
	}
	if a, ok := p.room.leave(w); ok {
		return a.lease, a.err // it came at the last moment
	}
	return nil, err
}

// abandon takes the waiter out of the queue however its wait ended, and gives back a slot that it did not take.
func (r *room) abandon(w *waiter) {
	if a, ok := r.leave(w); ok && a.lease != nil {
		a.lease.Release(Outcome{})
	}
}

// note keeps what a choice in vain has found out.
func (w *waiter) note(t tally) {
	w.named = t.named
	w.wake = time.Time{}
	if t.wake > 0 {
		w.wake = time.Now().Add(t.wake)
	}
}

// fits returns the first of the waiter's accounts on the state that may answer it, and the model's name there.
func (w *waiter) fits(s *State) (*seat, string) {
	for _, st := range w.pool.seats[s] {
		upstream, how := st.models.Match(w.want.Model)
		if how == None || how == Bare && w.named || st.disabled {
			continue
		}
		if w.want.mayUse(st.account) && !w.want.excludes(st.account) {
			return st, upstream
		}
	}
	return nil, ""
}
