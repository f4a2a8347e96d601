package pool

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"time"
)

// waiter is a request that waits for a slot.
type waiter struct {
	pool    *Pool
	want    *Want
	session *session      // waits for its own account alone; nil waits for any
	place   *list.Element // in the room's queue; nil once it has left
	named   bool          // accounts with a bare star do not count
	wake    time.Time     // when a cooldown or probe that keeps it waiting ends
	only    *State        // the only account that it waits for, if there is only one
	arrived chan arrival  // holds one, so that whoever serves the waiter need not wait for it
}

// arrival is what ends a waiter's wait.
type arrival struct {
	lease *Lease
	err   error
}

// errElsewhere ends the wait for a session's own account: the request should look for another.
var errElsewhere = errors.New("the session's own account is not to be had")

// wait queues the request until an account has a slot for it; with a session, the session's own account for as long as
// a session may wait for that. Neither a lease nor an error means that the request should look elsewhere.
func (p *Pool) wait(ctx context.Context, want *Want, own *session) (*Lease, error) {
	// Others read what a waiter has, so that it lies on the heap. Hardly anybody waits, and all others need not.
	w := &waiter{pool: p, arrived: make(chan arrival, 1), want: new(Want)}
	*w.want = *want
	if own != nil {
		w.session = new(session)
		*w.session = *own
	}
	lease, err := p.waitIn(ctx, w)
	want.OnWait = w.want.OnWait
	if own != nil {
		*own = *w.session
	}
	if errors.Is(err, errElsewhere) {
		return nil, nil
	}
	return lease, err
}

func (p *Pool) waitIn(ctx context.Context, w *waiter) (*Lease, error) {
	begin := w.want.OnWait
	w.want.OnWait = nil // a request that waits twice has begun once; others read the want from here on
	lease, err := p.room.enter(w)
	if lease != nil || err != nil {
		w.want.OnWait = begin
		return lease, err
	}
	defer p.room.abandon(w)
	length := w.longest()
	timeout := time.NewTimer(length)
	defer timeout.Stop()
	if begin != nil {
		begin()
	}
	select {
	case a := <-w.arrived:
		return a.lease, a.err
	case <-timeout.C:
		err = &TimeoutError{Model: w.want.Model, Waited: length}
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting for an account: %w", ctx.Err())
	}
	if a, ok := p.room.leave(w); ok {
		return a.lease, a.err // it came at the last moment
	}
	if w.session != nil {
		return nil, errElsewhere
	}
	return nil, err
}

// abandon takes the waiter out of the queue however its wait ended, and gives back a slot that it did not take.
func (r *room) abandon(w *waiter) {
	if a, ok := r.leave(w); ok && a.lease != nil {
		a.lease.Release(Outcome{})
	}
}

// longest returns how long the waiter may wait.
func (w *waiter) longest() time.Duration {
	if w.session != nil {
		return w.pool.options.StickyWaitFor
	}
	return w.pool.options.WaitFor
}

// refused returns the error for a waiter that finds no place to wait, or nil. The caller holds the room's lock.
func (w *waiter) refused() error {
	p := w.pool
	if w.session != nil {
		if int(w.session.seat.state.waiting.Load()) >= p.options.StickyWaiting {
			return errElsewhere
		}
		return nil
	}
	if p.options.WaitFor == 0 || p.waiting >= p.options.Waiting {
		return &FullError{Model: w.want.Model, Waiting: p.waiting}
	}
	return nil
}

// attempt looks for a slot. Without a lease or an error it is worth waiting for one.
func (w *waiter) attempt() (*Lease, error) {
	p := w.pool
	if s := w.session; s != nil {
		lease := p.leaseOwn(w.want, s)
		if lease == nil && !s.busy {
			return nil, errElsewhere
		}
		w.wake = time.Time{}
		if standing := s.seat.state.standing(s.upstream, time.Now()); standing.probing {
			w.wake = standing.until
		}
		return lease, nil
	}
	lease, tally := p.try(w.want)
	if lease != nil {
		return lease, nil
	}
	if err := p.nobody(w.want, &tally); err != nil {
		return nil, err
	}
	w.note(tally)
	return nil, nil
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
	if w.session != nil {
		if w.session.seat.state != s {
			return nil, ""
		}
		return w.session.seat, w.session.upstream
	}
	for _, st := range w.pool.seats[s] {
		upstream, how := st.models.Match(w.want.Model)
		if how == None || how == Bare && w.named || st.isOff() {
			continue
		}
		if w.want.mayUse(st) && !w.want.excludes(st.Account) {
			return st, upstream
		}
	}
	return nil, ""
}
