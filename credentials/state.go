package credentials

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/caddy-ai-gateway/ai-gateway/internal/guard"
)

// state is one account's token in this process.
type state struct {
	mu    sync.Mutex
	token Token
	due   time.Time // when the token is to be refreshed, ahead of its end; zero for never

	loaded  bool   // the store has been read
	stored  string // mark of what the store held when it was last read or written
	unsaved bool   // token is newer than what is stored
	dead    string // fingerprint of a refresh token that was refused for good

	problem   *Error
	failures  int       // in a row
	next      time.Time // nothing is tried sooner after a failure
	refreshed time.Time

	flight *flight
	views[*OAuth]
}

// flight is a refresh that is under way. err is set when done is closed.
type flight struct {
	done chan struct{}
	err  *Error
}

func newState() *state { return &state{views: newViews[*OAuth]()} }

// Destruct implements caddy.Destructor. Whoever still holds the state can go on using it.
func (s *state) Destruct() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.end()
	return nil
}

// usable returns the token if it can be sent now and is not the failed one.
func (s *state) usable(failed string) (Token, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.token, s.token.valid(time.Now()) && s.token.Access != failed
}

// fresh is how long after an exchange a refused token is not exchanged again.
const fresh = 10 * time.Second

func (s *state) justRefreshed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.refreshed.IsZero() && time.Since(s.refreshed) < fresh
}

// obtain returns a token other than the failed one, and waits for it as long as the caller does. The refresh itself
// goes on when the caller leaves: an answer that nobody takes would be a token lost.
func (s *state) obtain(ctx context.Context, o *OAuth, failed string) (Credential, error) {
	for range 2 { // a flight that was under way may have been about another token
		f, err := s.join(o, want{failed: failed})
		if err != nil {
			return Credential{}, err
		}
		select {
		case <-f.done:
		case <-ctx.Done():
			return Credential{}, context.Cause(ctx)
		}
		if t, ok := s.usable(failed); ok {
			return t.credential(), nil
		}
		if f.err != nil {
			return Credential{}, f.err
		}
	}
	return Credential{}, o.fault(Failing, "the authorisation server gives tokens that are of no use", nil)
}

// flightTime bounds one refresh with all its waiting for locks.
const flightTime = 3 * time.Minute

// join takes part in the refresh that is under way or begins one. Soon after a failure it returns that instead.
func (s *state) join(o *OAuth, w want) (*flight, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.flight != nil {
		return s.flight, nil
	}
	if s.problem != nil && !s.problem.unsaved && time.Now().Before(s.next) {
		return nil, s.problem
	}
	if newest, ok := s.newest(); ok {
		o = newest
	}
	f := &flight{done: make(chan struct{})}
	s.flight = f
	guard.Go("refreshing a token", func() {
		ctx, cancel := context.WithTimeout(context.Background(), flightTime)
		defer cancel()
		var result string
		var err *Error
		broken := guard.Try("refreshing a token", func() error {
			result, err = s.renew(ctx, o, w)
			return nil
		}, zap.String("account", o.Account))
		if broken != nil {
			result, err = ResultFailed, o.fault(Failing, "there is no new token", broken)
		}
		s.land(o, f, result, err)
	})
	return f, nil
}

// land ends a flight and keeps what it came to.
func (s *state) land(o *OAuth, f *flight, result string, err *Error) {
	s.mu.Lock()
	now := time.Now()
	s.flight = nil
	told := s.problem != nil && err != nil && s.problem.State == NeedsLogin && s.problem.message == err.message
	if err == nil {
		s.failures, s.problem, s.next = 0, nil, time.Time{}
	} else {
		s.failures++
		s.next = now.Add(pause(s.failures, err.State, o.Random()))
		if err.State == Failing {
			err.Next = s.next
		}
		s.problem = err
	}
	f.err = err
	next := s.next
	s.nudge()
	s.mu.Unlock()
	close(f.done)

	if result != "" {
		o.Refreshed(result)
	}
	if err != nil && !told {
		o.Logger.Error("refreshing the account's token failed", zap.String("account", o.Account), zap.String("state", string(err.State)),
			zap.Error(err), zap.Time("next_attempt", next))
	} else if err == nil && result == ResultOK {
		o.Logger.Debug("account's token refreshed", zap.String("account", o.Account))
	}
}

// The times between attempts. An account that needs a login only looks whether there has been one.
const (
	firstPause = time.Second
	lastPause  = 5 * time.Minute
	loginPause = 5 * time.Second
	loginWatch = 10 * time.Second
)

func pause(failures int, state State, random float64) time.Duration {
	if state == NeedsLogin {
		return loginPause
	}
	d := lastPause
	if failures < 10 {
		d = min(firstPause<<(failures-1), lastPause)
	}
	return d - time.Duration(random*float64(d)/4)
}

// background refreshes the token ahead of its end, whether or not anybody asks for it, so that an account comes back from a
// cooldown alive.
func (s *state) background(ctx context.Context) { s.watch(ctx, s.wait, s.tick) }

// tick does what is due and waits for it.
func (s *state) tick(ctx context.Context) {
	s.mu.Lock()
	o, ok := s.newest()
	s.mu.Unlock()
	if !ok {
		return
	}
	f, err := s.join(o, want{early: true})
	if err != nil {
		return // soon after a failure
	}
	select {
	case <-f.done:
	case <-ctx.Done():
	}
}

// forever is how long the background sleeps when there is nothing to do.
const forever = 24 * time.Hour

// wait is the time until something is due.
func (s *state) wait() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.flight != nil:
		return forever // its end wakes the background
	case s.problem != nil && s.problem.State == NeedsLogin:
		return loginWatch
	case s.problem != nil:
		return max(time.Until(s.next), 0)
	case !s.loaded:
		return 0
	case s.due.IsZero():
		return forever
	}
	return max(time.Until(s.due), 0)
}

// install makes a token the current one. The caller holds the lock.
func (s *state) install(t Token, random float64) {
	if t.Access != s.token.Access || !t.Expiry.Equal(s.token.Expiry) {
		s.due = dueTime(time.Now(), t.Expiry, random)
	}
	s.token = t
}

// earliest is how long before its end a token is refreshed at the earliest.
const earliest = 10 * time.Minute

// dueTime is when a token is refreshed ahead of its end: a quarter of its life and at most ten minutes before, and up to
// half of that later, so that many accounts, or many gateways with the same one, do not refresh at the same moment.
func dueTime(now, expiry time.Time, random float64) time.Time {
	if expiry.IsZero() {
		return time.Time{}
	}
	ahead := min(earliest, max(expiry.Sub(now), 0)/4)
	due := expiry.Add(-ahead + time.Duration(random*float64(ahead)/2))
	if soonest := now.Add(time.Second); due.Before(soonest) && expiry.After(now) {
		return soonest
	}
	return due
}

func (s *state) status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := Status{
		Kind: KindOAuth, State: Unknown, Expiry: s.token.Expiry, Refreshed: s.refreshed, Next: s.due, Unsaved: s.unsaved,
		Project: s.token.Project, Tier: s.token.Tier, Scope: s.token.Scope,
	}
	if s.loaded {
		st.State = Ready
	}
	if s.problem != nil {
		st.State, st.Problem, st.Next = s.problem.State, s.problem.Error(), s.problem.Next
	}
	return st
}

// asError turns an error of the store into one of the account.
func (o *OAuth) asError(message string, err error) *Error {
	var known *Error
	if errors.As(err, &known) {
		return known
	}
	return o.fault(Failing, message, err)
}
