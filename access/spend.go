package access

import "time"

// spend is what was spent in the running day and the running month, both of them always, so that a budget's period can
// be changed. Its zero value is nothing. It is guarded by its owner's lock.
type spend struct {
	day, month           time.Time // when they began
	dayNanos, monthNanos int64
}

// turn begins a new day or month when the old one is over.
func (s *spend) turn(now time.Time) {
	if day := Day.start(now); day.After(s.day) {
		s.day, s.dayNanos = day, 0
	}
	if month := Month.start(now); month.After(s.month) {
		s.month, s.monthNanos = month, 0
	}
}

// add counts money that was spent at a time, which may lie in the past.
func (s *spend) add(at time.Time, nanos int64) {
	s.turn(at)
	if !at.Before(s.day) {
		s.dayNanos += nanos
	}
	if !at.Before(s.month) {
		s.monthNanos += nanos
	}
}

// in returns what was spent in the running period.
func (s *spend) in(p Period, now time.Time) int64 {
	s.turn(now)
	if p == Month {
		return s.monthNanos
	}
	return s.dayNanos
}
