package pool

import (
	"container/list"
	"sync"
	"sync/atomic"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/internal/guard"
)

// room is where the requests of all pools of the process wait, in the order in which they came: accounts are shared by
// gateways and generations, so a slot that one pool frees may be what another's request waits for. Nobody takes its
// lock unless somebody waits. Locks are taken in the order room, State.
type room struct {
	waiting atomic.Int32
	clock   atomic.Int64

	mu    sync.Mutex
	queue list.List   // of *waiter
	alarm *time.Timer // sweeps when the first cooldown or probe that keeps somebody waiting ends
	rings time.Time
}

// roomKey is the key of the room in shared.
type roomKey struct{}

// Destruct has nothing to end: requests that wait still hold the room.
func (r *room) Destruct() error { return nil }

// stamp returns a number that is greater than all before it, near the time in nanoseconds.
func (r *room) stamp(now time.Time) int64 {
	for {
		last := r.clock.Load()
		stamp := max(now.UnixNano(), last+1)
		if r.clock.CompareAndSwap(last, stamp) {
			return stamp
		}
	}
}

// enter queues the waiter, unless there is a slot for it after all or no place to wait.
func (r *room) enter(w *waiter) (*Lease, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	// Counted before the last look, so that a slot is either seen here or offered by whoever frees it.
	r.waiting.Add(1)
	seated := false
	defer func() {
		if !seated {
			r.waiting.Add(-1)
		}
	}()
	if lease, err := w.attempt(); lease != nil || err != nil {
		return lease, err
	}
	if err := w.refused(); err != nil {
		return nil, err
	}
	if w.session != nil {
		w.only = w.session.seat.state
	} else if st := w.pool.names[w.want.Pin]; st != nil {
		w.only = st.state
	}
	if w.only != nil {
		w.only.waiting.Add(1)
	}
	w.place = r.queue.PushBack(w)
	if w.session == nil {
		w.pool.waiting++
	}
	seated = true
	r.setAlarm()
	return nil, nil
}

// leave takes the waiter out of the queue. If it was served already, it returns with what, unless that was taken.
func (r *room) leave(w *waiter) (a arrival, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.remove(w)
	select {
	case a = <-w.arrived:
		return a, true
	default:
		return arrival{}, false
	}
}

// remove takes the waiter out of the queue if it is still there. The caller holds mu.
func (r *room) remove(w *waiter) {
	if w.place == nil {
		return
	}
	r.queue.Remove(w.place)
	w.place = nil
	if w.session == nil {
		w.pool.waiting--
	}
	r.waiting.Add(-1)
	if w.only != nil {
		w.only.waiting.Add(-1)
	}
}

// serve ends the waiter's wait. The caller holds mu.
func (r *room) serve(w *waiter, a arrival) {
	r.remove(w)
	w.arrived <- a
}

// vacated passes the slot that a request leaves to the first who waits for it, or frees it.
func (r *room) vacated(s *State) { r.pass(s, r.waiting.Load() > 0) }

// pass is vacated, once it is known whether anybody waits. Who has begun to wait since is not forgotten.
func (r *room) pass(s *State, waited bool) {
	if !waited {
		s.free()
		r.opened(s)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.offer(s, true)
	if s.cooling.Load() != nil {
		// Others may have to learn that nothing is left to wait for, or may use the account in a panic.
		r.sweep()
	}
}

// opened offers what the account has free: its limit was raised or a cooldown ended.
func (r *room) opened(s *State) {
	if r.waiting.Load() == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.offer(s, false)
	if s.cooling.Load() != nil {
		r.sweep()
	}
}

// offer gives the account's free slots to those who wait for them, first come, first served. With held it has one slot
// more, which is freed if nobody takes it. The caller holds mu.
func (r *room) offer(s *State, held bool) {
	if held && s.overfull() {
		s.free()
		held = false
	}
	now := time.Now()
	for e := r.queue.Front(); e != nil && (held || !s.full()); {
		w := e.Value.(*waiter)
		e = e.Next()
		st, upstream := w.fits(s)
		if st == nil {
			continue
		}
		lease := w.pool.lease(st, claim{model: upstream, now: now, held: held})
		if lease == nil {
			continue
		}
		held = false
		r.serve(w, arrival{lease: lease})
	}
	if held {
		s.free()
	}
}

// sweep lets everybody who waits choose anew, in order. The caller holds mu.
func (r *room) sweep() {
	for e := r.queue.Front(); e != nil; {
		w := e.Value.(*waiter)
		e = e.Next()
		if lease, err := w.attempt(); lease != nil || err != nil {
			r.serve(w, arrival{lease, err})
		}
	}
	r.setAlarm()
}

// setAlarm sets the alarm to the first time at which a waiter's wait may end. The caller holds mu.
func (r *room) setAlarm() {
	var first time.Time
	for e := r.queue.Front(); e != nil; e = e.Next() {
		if wake := e.Value.(*waiter).wake; first.IsZero() || !wake.IsZero() && wake.Before(first) {
			first = wake
		}
	}
	if first.Equal(r.rings) {
		return
	}
	if r.alarm != nil {
		r.alarm.Stop()
		r.alarm = nil
	}
	r.rings = first
	if !first.IsZero() {
		r.alarm = time.AfterFunc(time.Until(first), r.ring)
	}
}

func (r *room) ring() {
	defer guard.Catch("waking those who wait")
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rings = time.Time{}
	r.sweep()
}
