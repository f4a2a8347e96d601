package pool

import (
	"math"
	"slices"
	"time"
)

// publication is the limit that one pool wants for an account.
type publication struct {
	by    *Pool
	limit int
}

// claim is a wish for one slot of an account.
type claim struct {
	model  string // as the upstream calls it
	stamp  int64
	now    time.Time
	ignore bool // do not mind cooldowns that may be ignored
	held   bool // the slot is handed over by the request that had it
}

// claim takes a slot, or fails if the account is full or a cooldown keeps the request away. probe reports that the
// request is the one that finds out whether a cooldown's trouble is over.
func (s *State) claim(c claim) (probe, ok bool) {
	if s.cooling.Load() == nil {
		return false, c.held || s.take()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	standing := s.standing(c.model, c.now)
	if standing.blocked() && !(c.ignore && standing.ignorable) {
		return false, false
	}
	if !c.held && !s.take() {
		return false, false
	}
	if standing.blocked() || !standing.ripe {
		return false, true
	}
	s.setCooldowns(s.cooldowns().probed(c.model, c.stamp, c.now))
	return true, true
}

// take occupies a slot if one is free.
func (s *State) take() bool {
	for {
		n := s.inUse.Load()
		if full(n, s.limit.Load()) {
			return false
		}
		if s.inUse.CompareAndSwap(n, n+1) {
			s.life.Keep()
			return true
		}
	}
}

// free gives a slot back.
func (s *State) free() {
	if s.inUse.Add(-1) == 0 {
		s.life.LetGo()
	}
}

func (s *State) full() bool {
	return full(s.inUse.Load(), s.limit.Load())
}

// overfull reports whether more slots are in use than the limit, which may have been lowered, allows.
func (s *State) overfull() bool {
	limit := s.limit.Load()
	return limit > 0 && s.inUse.Load() > limit
}

func full(inUse, limit int32) bool {
	return limit > 0 && inUse >= limit
}

// publish makes limit the one that holds. Requests above a lowered limit run on; no new one begins until they are done.
func (s *State) publish(by *Pool, limit int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.published = append(s.published, publication{by, limit})
	s.limit.Store(slots(limit))
}

// unpublish withdraws what the pool has published: the limit published last by another pool holds again. When there is
// none the limit stays, for the requests that are still on their way.
func (s *State) unpublish(by *Pool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.published = slices.DeleteFunc(s.published, func(p publication) bool { return p.by == by })
	if last := len(s.published) - 1; last >= 0 {
		s.limit.Store(slots(s.published[last].limit))
	}
}

func slots(limit int) int32 {
	return int32(min(limit, math.MaxInt32))
}
