package access

import "time"

// Exceeded is a key's budget that is used up.
type Exceeded struct {
	Key    string
	Budget Budget
	Spent  int64     // nanodollars in the running period
	Until  time.Time // when the next period begins
}

// told is the budget and the period that were told of last.
type told struct {
	budget Budget
	since  time.Time
}

// OnExceeded has f called when a key's budget is used up: once for a key and a period, unless the budget changes
// meanwhile. It must be set before the first request. f is called by the goroutine of the request and must be quick.
func (k *Keys) OnExceeded(f func(Exceeded)) {
	k.all(func(key *Key) { key.exceeded = f })
}

// tellExceeded calls the function of OnExceeded if there is something to tell.
func (k *Key) tellExceeded(l *Limits, now time.Time) {
	if k.exceeded == nil || l.Budget.Nanos == 0 {
		return
	}
	if e, news := k.state.exceeded(l, now); news {
		k.exceeded(e)
	}
}

// exceeded reports whether the budget is used up and nobody has been told of it yet.
func (s *State) exceeded(l *Limits, now time.Time) (e Exceeded, news bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := l.Budget
	spent, this := s.spend.in(b.Per, now), told{b, b.Per.start(now)}
	if spent < b.Nanos || s.told == this {
		return e, false
	}
	s.told = this
	return Exceeded{Key: s.name, Budget: b, Spent: spent, Until: b.Per.next(now)}, true
}
