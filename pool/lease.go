package pool

import (
	"sync/atomic"
	"time"
)

// Lease is the right to send one request to an account. It occupies one of the account's slots until Release, which
// whoever acquired it defers at once.
type Lease struct {
	// Account is the chosen account, with the settings of the generation that the request began in.
	Account *Account

	// Upstream is the name under which the account's upstream knows the model.
	Upstream string

	// Sticky is the part that the request's session had in the choice.
	Sticky Sticky

	// Bound is the account that the session was on before this choice, whose signatures its history may hold: the same
	// as Account on a hit, and where the model has no binding of its own yet, the one that the session is on with
	// another model. It is nil if that is not known: the session was on no account, or on one that the configuration no
	// longer has.
	Bound *Account

	pool     *Pool
	stamp    int64
	probe    bool
	released atomic.Bool
	moves    move
	moved    atomic.Bool
}

// Answering says that the upstream has begun to send content. It ends the account's cooldowns and moves the session as
// a success does, which for a long stream comes minutes later. It changes nothing after Release.
func (l *Lease) Answering() {
	if l.released.Load() {
		return
	}
	l.follow()
	s := l.Account.State
	if s.cooling.Load() == nil {
		return
	}
	s.mu.Lock()
	c := change{before: s.cooling.Load()}
	s.heal(l)
	c.after = s.cooling.Load()
	s.mu.Unlock()
	l.pool.room.opened(s)
	l.pool.report(l.Account, c, time.Now())
}

// Release gives the slot back and records what became of the request. Only the first call counts, so that a deferred
// Release with the zero Outcome makes up for every path that forgot its own.
func (l *Lease) Release(o Outcome) {
	if !l.released.CompareAndSwap(false, true) {
		return
	}
	if o.Kind == Succeeded {
		l.follow()
	}
	now := time.Now()
	room := l.pool.room
	c := l.Account.State.settle(l, o, room.stamp(now), now)
	room.vacated(l.Account.State)
	l.pool.report(l.Account, c, now)
}
