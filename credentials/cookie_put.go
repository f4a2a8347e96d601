package credentials

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"
)

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
