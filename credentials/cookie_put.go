package credentials

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"
)

// CookieStatus is how an account's cookies stand. It tells nothing of their values.
type CookieStatus struct {
	HasSession   bool // the long-lived cookie
	HasStamp     bool // the short-lived one
	Updated      time.Time
	Rotated      time.Time // the last exchange; zero for none
	Result       string    // what it came to; empty for none
	AutoRefresh  bool
	Account      string // what the upstream says of the account; empty if it was not asked
	AtRisk       bool   // exchanges bring no new cookie
	Healthy      bool
	Unsaved      bool
	Problem      string
	NextRotation time.Time
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

// Put stores cookies that a person gives, and has them used at once. A new session forgets the other cookies of the old
// one. An empty stamp leaves the stored one if the session is the same.
func (c *Cookies) Put(ctx context.Context, session, stamp string) error {
	for _, value := range []string{session, stamp} {
		if !isCookieValue(value) {
			return fmt.Errorf("account %q: a value is none that a cookie can have; copy it without quotes, spaces and line breaks", c.Account)
		}
	}
	if session == "" {
		return fmt.Errorf("account %q: %s is missing", c.Account, cookieSession)
	}
	unlock, err := c.Store.Lock(ctx)
	if err != nil {
		return fmt.Errorf("account %q: locking the %s: %w; see that it is writable", c.Account, c.Store.Where(), err)
	}
	defer unlock()
	now := time.Now()
	var f cookieFile
	raw, err := c.Store.Load(ctx)
	if err == nil {
		var problem error
		f, problem = readCookies(raw, now)
		if problem != nil && f.array == nil && len(f.object.members) == 0 {
			return fmt.Errorf("account %q: reading the %s: %w; repair or remove it", c.Account, c.Store.Where(), problem)
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("account %q: reading the %s: %w", c.Account, c.Store.Where(), err)
	}
	if f.jar.get(cookieSession) != session {
		f.forget()
	}
	f.jar.put(cookie{name: cookieSession, value: session, domain: cookieHome, path: "/"}, false)
	if stamp != "" {
		f.jar.put(cookie{name: cookieStamp, value: stamp, domain: cookieHome, path: "/"}, false)
	}
	f.updated, f.rotated = now, time.Time{}
	out := f.bytes()
	if err := c.Store.Save(ctx, out); err != nil {
		return fmt.Errorf("account %q: writing the %s: %w", c.Account, c.Store.Where(), err)
	}
	s := c.state
	s.mu.Lock()
	defer s.mu.Unlock()
	s.jar, s.updated, s.rotated, s.unsaved, s.loaded = f.jar.clone(), now, time.Time{}, false, true
	s.stored, s.looked, s.dead, s.problem = Fingerprint(string(out)), now, "", nil
	s.fresh()
	s.nudge()
	return nil
}

// forget drops the cookies of another session.
func (f *cookieFile) forget() {
	f.jar = nil
	keep := f.object.members[:0]
	for _, m := range f.object.members {
		if m.name != memberRotated && !isSessionCookie(m.name) {
			keep = append(keep, m)
		}
	}
	f.object.members = keep
	if f.array == nil {
		return
	}
	entries := f.array[:0]
	for i := range f.array {
		if name, _ := f.array[i].text("name"); !isSessionCookie(name) {
			entries = append(entries, f.array[i])
		}
	}
	f.array = entries
}

func isSessionCookie(name string) bool {
	for _, known := range sessionCookies {
		if name == known {
			return true
		}
	}
	return false
}
