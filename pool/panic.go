package pool

import "slices"

// panicked is what a survey needs to restore accounts.
type panicked struct {
	failures  []int64 // stamps of the failures that keep the restorable accounts out
	upTo      int64   // accounts that failed up to this stamp are restored
	restoring bool    // failures are complete and upTo is known
	healthy   bool    // there are candidates without a panic
}

// restore brings accounts back into the choice when cooldowns would take more of the pool than they may, or its only
// account: of those that only errors and overload keep out, the ones that failed longest ago. The rest of the pool would
// otherwise break down under the load of all. Accounts of a better priority than the best healthy one stay out: falling
// back to a worse priority is what the operator has asked for.
func (s *survey) restore() {
	excess := s.down - s.mayBeDown()
	if excess <= 0 || s.restorable == 0 {
		return
	}
	s.panic = &panicked{healthy: s.found, failures: make([]int64, 0, s.restorable)}
	s.walk()
	if len(s.panic.failures) == 0 {
		return // they have recovered since they were counted
	}
	slices.Sort(s.panic.failures)
	s.panic.upTo = s.panic.failures[min(excess, len(s.panic.failures))-1]
	s.panic.restoring = true
	s.walk()
}

// mayBeDown returns how many members cooldowns may take.
func (s *survey) mayBeDown() int {
	if s.members <= 1 {
		return 0
	}
	return s.members * s.pool.options.Panic / 100
}

// reconsider looks at a member again if only cooldowns that a panic may ignore keep it out.
func (s *survey) reconsider(m *member, upstream string) {
	st := m.seat
	if st.state.cooling.Load() == nil || s.want.excludes(st.Account) {
		return
	}
	standing := st.state.standing(upstream, s.now)
	if !standing.blocked() || !standing.ignorable {
		return
	}
	if !s.panic.restoring {
		s.panic.failures = append(s.panic.failures, standing.failed)
		return
	}
	if standing.failed <= s.panic.upTo && (!s.panic.healthy || st.priority == s.priority) {
		s.propose(m, upstream, true)
	}
}
