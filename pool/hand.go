package pool

import "time"

// What people do to an account while the process runs. It holds for all gateways and generations of the configuration
// that have the account, until it is undone or the process ends.

// Freeze puts the account into cooldown for a time, whatever the model. Requests that run on it go on.
func (s *State) Freeze(length time.Duration, reason string) {
	now := time.Now()
	until := now.Add(length)
	s.mu.Lock()
	list := s.cooldowns().without(HandClass)
	s.setCooldowns(append(list, cooldown{
		class: HandClass, failures: 1, stamp: s.room.stamp(now), until: until,
		forgotten: until, // nobody needs to find out whether its trouble is over
		reason:    reason,
	}))
	s.mu.Unlock()
	s.room.changed(s)
}

// Unfreeze ends all cooldowns of the account and reports whether there was any.
func (s *State) Unfreeze() bool {
	s.mu.Lock()
	cooling := s.cooling.Load() != nil
	s.setCooldowns(nil)
	s.mu.Unlock()
	s.room.changed(s)
	return cooling
}

// Forgive ends the cooldowns of a class, whose cause is gone, and reports whether there was any.
func (s *State) Forgive(class Class) bool {
	s.mu.Lock()
	list := s.cooldowns()
	kept := list.without(class)
	forgiven := len(kept) < len(list)
	if forgiven {
		s.setCooldowns(kept)
	}
	s.mu.Unlock()
	if forgiven {
		s.room.changed(s)
	}
	return forgiven
}

// Switch takes the account out of use, or back in, also after a failure that was final, which is then forgiven. Requests
// that run on it go on. What the configuration disables stays so.
func (s *State) Switch(on bool) {
	s.mu.Lock()
	s.closed = ""
	s.off.Store(!on)
	if on {
		s.setCooldowns(s.cooldowns().without(AuthClass))
	}
	s.mu.Unlock()
	s.room.changed(s)
}

// Off reports whether the account was taken out of use, by hand or by a failure that was final.
func (s *State) Off() bool { return s.off.Load() }

// isOff reports whether the account is disabled by the configuration, or out of use.
func (st *seat) isOff() bool { return st.disabled || st.state.off.Load() }

// without returns the list without the cooldowns of a class.
func (list cooldowns) without(class Class) cooldowns {
	kept := make(cooldowns, 0, len(list)+1)
	for _, c := range list {
		if c.class != class {
			kept = append(kept, c)
		}
	}
	return kept
}

// changed lets those who wait look at the account anew.
func (r *room) changed(s *State) {
	if r.waiting.Load() == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.offer(s, false)
	r.sweep()
}
