package pool

import "time"

// Check is what a look at an account found out that no request has caused.
type Check struct {
	At      time.Time
	Took    time.Duration
	Problem string // empty if the account is well
}

// BeginCheck reports whether the account has yet to be looked at, and makes the caller the one who does. The process
// looks once at an account, however often its configuration is loaded.
func (s *State) BeginCheck() bool { return s.checking.CompareAndSwap(false, true) }

// Checked notes what was found.
func (s *State) Checked(c Check) { s.check.Store(&c) }

// Learn tells the pool of an account's fault that a look at it has shown. No request has failed for it.
func (p *Pool) Learn(a *Account, o Outcome) {
	now := time.Now()
	l := &Lease{Account: a, pool: p, stamp: p.room.stamp(now)}
	c := a.State.settle(l, o, p.room.stamp(now), now)
	p.room.changed(a.State)
	p.report(a, c, now)
}
