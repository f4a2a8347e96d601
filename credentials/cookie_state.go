package credentials

import (
	"context"
	"errors"
	"io/fs"
	"sync"
	"time"

	"go.uber.org/zap"
)

// cookieState is one account's cookies in this process.
type cookieState struct {
	mu      sync.Mutex
	jar     jar
	updated time.Time // when they changed last
	rotated time.Time // when an exchange was tried last, by anybody
	due     time.Time // when the next one is; zero if that is not decided

	loaded  bool
	looked  time.Time // when the store was read last
	stored  string    // fingerprint of what it held
	unsaved bool      // the jar is newer
	saveTry time.Time // no sooner is storing tried again
	dead    string    // mark of cookies that were refused for good
	problem *Error    // of the cookies or of the store

	result   string // of the last exchange
	answered time.Time
	silent   int // exchanges in a row that were answered without a cookie
	failures int // in a row

	account string // what the upstream says of it
	epoch   int
	busy    int
	kept    any

	flight *flight
	views[*Cookies]
}

func newCookieState() *cookieState { return &cookieState{views: newViews[*Cookies]()} }

// Destruct implements caddy.Destructor.
func (s *cookieState) Destruct() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.end()
	return nil
}

func (s *cookieState) mark() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.jar.mark()
}

func (s *cookieState) work(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.busy += n
}

// lookPause is how often at most the store is read for the sake of a request that finds no good cookies.
const lookPause = 2 * time.Second

// usable says whether there are cookies to send. It reads the store when it must.
func (s *cookieState) usable(ctx context.Context, c *Cookies) error {
	s.mu.Lock()
	again := !s.loaded || s.refused() && time.Since(s.looked) > lookPause
	s.mu.Unlock()
	if again {
		s.look(ctx, c)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.jar) == 0 || s.refused() {
		if s.problem != nil {
			return s.problem
		}
		return c.needsCookies("it has no cookies yet")
	}
	return nil
}

// refused says whether the cookies are known to be of no use. The caller holds the lock.
func (s *cookieState) refused() bool {
	return len(s.jar) == 0 || s.dead != "" && s.dead == s.jar.mark()
}

// look reads the store and takes over what somebody else has put there.
func (s *cookieState) look(ctx context.Context, c *Cookies) {
	raw, err := c.Store.Load(ctx)
	var f cookieFile
	if err == nil {
		f, err = readCookies(raw, time.Now())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.looked = time.Now()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = c.needsCookies("it has no cookies yet: there is nothing in the " + c.Store.Where())
	case err != nil:
		err = c.needsCookies("reading the " + c.Store.Where() + ": " + err.Error())
	}
	if err != nil {
		s.unreadable(c, err.(*Error))
		return
	}
	if s.problem != nil && s.problem.reading {
		s.problem = nil
	}
	s.adopt(&f, Fingerprint(string(raw)))
}

// unreadable notes what is wrong with the store. Cookies that the process has stay in use. The caller holds the lock.
func (s *cookieState) unreadable(c *Cookies, problem *Error) {
	problem.reading = true
	told := s.problem != nil && s.problem.Error() == problem.Error()
	if s.problem == nil || s.problem.reading {
		s.problem = problem
	}
	if !told {
		c.Logger.Error("reading the account's cookies failed", zap.String("account", c.Account), zap.Error(problem))
	}
}

// adopt takes over what is stored unless this process knows better. The caller holds the lock.
func (s *cookieState) adopt(f *cookieFile, raw string) {
	first := !s.loaded
	s.loaded = true
	if f.rotated.After(s.rotated) && f.rotated.Before(time.Now().Add(leastPause)) { // else a clock was wrong
		s.rotated, s.due = f.rotated, time.Time{}
	}
	if raw == s.stored {
		return
	}
	s.stored = raw
	if f.jar.mark() == s.jar.mark() && !first {
		return
	}
	if s.unsaved && f.jar.get(cookieSession) == s.jar.get(cookieSession) && !f.updated.After(s.updated) {
		return // what the process has is newer, and will be stored
	}
	s.jar, s.updated, s.unsaved = f.jar.clone(), f.updated, false
	s.fresh()
}

// fresh forgets what was true of other cookies. The caller holds the lock.
func (s *cookieState) fresh() {
	s.epoch++
	s.due, s.silent, s.failures, s.account = time.Time{}, 0, 0, ""
	if s.problem != nil && s.dead != s.jar.mark() {
		s.problem = nil
	}
}

// The times of the background.
const (
	lookEvery  = 30 * time.Second // another process, or a person, may have stored something
	busyPause  = 10 * time.Second // an exchange waits for answers that are under way
	busyLimit  = 2 * time.Minute  // but not for ever
	saveFirst  = time.Second
	savePause  = lookEvery
	leastPause = time.Minute // between two exchanges, whoever does them
)

// background looks at the store and exchanges the short-lived cookie, whether or not anybody uses the account.
func (s *cookieState) background(ctx context.Context) { s.watch(ctx, s.wait, s.tick) }

// wait is the time until something is due.
func (s *cookieState) wait() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.loaded && s.looked.IsZero() {
		return 0
	}
	now := time.Now()
	next := s.looked.Add(lookEvery)
	if due := s.decide(); !due.IsZero() && due.Before(next) {
		next = due
		if s.busy > 0 && now.Before(due.Add(busyLimit)) {
			next = later(due, now.Add(busyPause))
		}
	}
	if s.unsaved && s.saveTry.Before(next) {
		next = s.saveTry
	}
	return max(next.Sub(now), 0)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// decide returns when the short-lived cookie is to be exchanged next; zero for never. The caller holds the lock.
func (s *cookieState) decide() time.Time {
	c, ok := s.newest()
	if !ok || !s.loaded || s.refused() || c.Interval <= 0 {
		return time.Time{}
	}
	if !s.due.IsZero() {
		return s.due
	}
	now := time.Now()
	from := later(s.rotated, s.updated)
	if from.IsZero() || from.After(now) {
		from = now
	}
	every := c.Interval - time.Duration(c.Random()*float64(c.Interval)/10)
	s.due = from.Add(max(every, leastPause))
	if s.jar.get(cookieStamp) == "" { // an exchange may bring one
		s.due = from
	}
	s.due = later(s.due, s.rotated.Add(leastPause))
	return s.due
}

// tick does what is due and waits for it.
func (s *cookieState) tick(ctx context.Context) {
	s.mu.Lock()
	c, ok := s.newest()
	now := time.Now()
	due := s.decide()
	rotate := !due.IsZero() && !now.Before(due) && (s.busy == 0 || !now.Before(due.Add(busyLimit)))
	save := s.unsaved && !now.Before(s.saveTry)
	s.mu.Unlock()
	if !ok {
		return
	}
	s.look(ctx, c)
	if save {
		s.saveAgain(ctx, c)
	}
	if rotate {
		_ = s.rotate(ctx, c) // which tells the log
	}
}
