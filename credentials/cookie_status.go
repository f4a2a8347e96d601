package credentials

import (
	"context"
	"time"
)

// CookieStatus is how an account's cookies stand. It tells nothing of their values.
type CookieStatus struct {
	HasSession   bool      // the long-lived cookie
	HasStamp     bool      // the short-lived one
	Updated      time.Time // when one of them changed last; zero if nobody knows
	Rotated      time.Time // the last exchange of the short-lived one; zero for none
	Result       string    // what it came to; empty for none
	AutoRefresh  bool      // it is exchanged in the background
	NextRotation time.Time // zero for never
	Account      string    // what the upstream says of the account; empty if it was not asked
	AtRisk       bool      // exchanges bring no new cookie
	Healthy      bool      // they are good, as far as anybody knows
	Unsaved      bool      // the newest could not be stored; a restart would lose it
	Problem      string    // what is wrong and what to do; empty if nothing is
}

// CookieStatus tells how the cookies stand.
func (c *Cookies) CookieStatus(ctx context.Context) CookieStatus {
	_ = c.state.usable(ctx, c) // reads them if nobody has
	s := c.state
	s.mu.Lock()
	defer s.mu.Unlock()
	st := CookieStatus{
		HasSession: s.jar.get(cookieSession) != "", HasStamp: s.jar.get(cookieStamp) != "",
		Updated: s.updated, Rotated: s.answered, Result: s.result, AutoRefresh: c.Interval > 0, Account: s.account,
		AtRisk: s.silent >= silentLimit, Unsaved: s.unsaved, NextRotation: s.decide(),
	}
	if s.problem != nil {
		st.Problem = s.problem.Error()
	}
	st.Healthy = st.HasSession && !s.refused() && !st.AtRisk && (s.account == "" || s.account == "ok")
	return st
}

// status is the same as for accounts of every other kind.
func (s *cookieState) status(c *Cookies) Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := Status{Kind: KindCookie, State: Unknown, Refreshed: s.answered, Next: s.decide(), Unsaved: s.unsaved, Tier: s.account}
	if s.loaded {
		st.State = Ready
	}
	if s.problem != nil {
		st.Problem, st.State = s.problem.Error(), s.problem.State
		if !s.refused() && s.loaded {
			st.State = Failing // it works as long as the cookies do
		}
	}
	return st
}
