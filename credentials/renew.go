package credentials

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"go.uber.org/zap"
)

// What an attempt to refresh or to store came to.
const (
	ResultOK      = "ok"
	ResultAdopted = "adopted" // somebody else had done it
	ResultFailed  = "failed"
	ResultUnsaved = "unsaved" // there is a new token, which could not be stored
	ResultSaved   = "saved"   // it has been stored at last
	ResultLogin   = "needs login"
)

// want is why a token is to be refreshed.
type want struct {
	failed string // the upstream has refused this one
	early  bool   // its end is near
}

// unmet says whether the token that is found under the lock still has to be exchanged; as a rule somebody else has done
// it if not.
func (s *state) unmet(w want, t Token) bool {
	if !t.valid(time.Now()) || w.failed != "" && t.Access == w.failed {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return w.early && !s.due.IsZero() && !time.Now().Before(s.due)
}

// renew is the whole protocol of a refresh: lock, read again, exchange, store, use.
func (s *state) renew(ctx context.Context, o *OAuth, w want) (string, *Error) {
	unlock, err := o.Store.Lock(ctx)
	if err != nil {
		// Without the lock the refresh token might be used twice; without a place to write, it would be lost.
		return ResultFailed, o.asError("locking the "+o.Store.Where()+", without which no token can be refreshed; see that it is writable", err)
	}
	defer unlock()
	ctx, cancel := context.WithTimeout(ctx, holdTime)
	defer cancel()
	before := s.current()
	if err := s.reread(ctx, o); err != nil {
		return ResultFailed, err
	}
	result := ""
	saving := s.saveAgain(ctx, o, &result)
	t := s.current()
	switch {
	case saving != nil && !s.unmet(want{failed: w.failed}, t):
		return ResultUnsaved, saving // no early refresh while the last one is not stored
	case !s.unmet(w, t):
		if result == "" && t.Access != before.Access && (before.Access != "" || s.troubled()) {
			result = ResultAdopted
		}
		return result, nil
	}
	return s.exchange(ctx, o, t, w)
}

// exchange asks the authorisation server, once more if somebody has stored another refresh token meanwhile.
func (s *state) exchange(ctx context.Context, o *OAuth, t Token, w want) (string, *Error) {
	for range 2 {
		switch {
		case t.Refresh == "" && t.Access != "":
			return ResultLogin, o.needsLogin("the " + o.Store.Where() + " holds no refresh_token, and the access_token is no longer good")
		case t.Refresh == "":
			return ResultLogin, o.needsLogin("nobody has logged in to it yet")
		case s.isDead(t):
			return ResultLogin, o.needsLogin("its refresh token is no longer good (invalid_grant)")
		}
		next, err := o.ask(ctx, t)
		if err == nil {
			return s.take(ctx, o, next)
		}
		if !isDead(err) {
			return ResultFailed, o.explain(err)
		}
		// A login does not have to wait for our lock, and a store may have lost it: only a token that is still the stored
		// one is lost.
		sent := t.Refresh
		if err := s.reread(ctx, o); err != nil {
			return ResultFailed, err
		}
		if t = s.current(); t.Refresh == sent {
			s.bury(t)
			continue
		}
		if !s.unmet(w, t) {
			return ResultAdopted, nil
		}
	}
	return ResultLogin, o.needsLogin("its refresh token is no longer good (invalid_grant)")
}

// take stores a new token and then makes it the current one. If it cannot be stored it is used all the same: the old
// one may be good no longer.
func (s *state) take(ctx context.Context, o *OAuth, t Token) (string, *Error) {
	err := write(context.WithoutCancel(ctx), o.Store, t)
	s.mu.Lock()
	s.install(t, o.Random())
	s.refreshed, s.dead = time.Now(), ""
	s.unsaved = err != nil
	if err == nil {
		s.stored = t.mark()
	}
	s.mu.Unlock()
	if err != nil {
		return ResultUnsaved, o.unsavable(err)
	}
	return ResultOK, nil
}

func (o *OAuth) unsavable(err error) *Error {
	e := o.fault(Failing, "its new token is in use but could not be stored, so that a restart would lose it; make the place writable", err)
	e.unsaved = true
	return e
}

// saveAgain stores a token that could not be stored before.
func (s *state) saveAgain(ctx context.Context, o *OAuth, result *string) *Error {
	s.mu.Lock()
	t, unsaved := s.token, s.unsaved
	s.mu.Unlock()
	if !unsaved {
		return nil
	}
	if err := write(ctx, o.Store, t); err != nil {
		return o.unsavable(err)
	}
	s.mu.Lock()
	s.unsaved, s.stored = false, t.mark()
	s.mu.Unlock()
	o.Logger.Info("account's token stored at last", zap.String("account", o.Account))
	*result = ResultSaved
	return nil
}

// reread takes over what is stored, unless this process knows better: the configuration's refresh token is a new one,
// or the newest token could not be stored.
func (s *state) reread(ctx context.Context, o *OAuth) *Error {
	raw, err := o.Store.Load(ctx)
	var t Token
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return o.asError("reading the "+o.Store.Where(), err)
	default:
		if t, err = readToken(raw); err != nil {
			return o.fault(Failing, "reading the "+o.Store.Where()+"; repair it, or remove it and log in again", err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	seed := Fingerprint(o.Seed)
	if seed != "" && t.Seed != seed {
		t = Token{Refresh: o.Seed, Seed: seed, Project: t.Project, Tier: t.Tier}
		if s.token.Seed == seed {
			t = s.token
		}
	}
	mark := t.mark()
	known := mark == s.stored && s.loaded
	if s.unsaved && known {
		return nil
	}
	if s.unsaved && t.Refresh == "" {
		return nil // the store has lost even the old one
	}
	if !s.loaded || mark != s.token.mark() {
		s.install(t, o.Random())
		s.unsaved = false
	}
	s.loaded, s.stored = true, mark
	return nil
}

// troubled says whether the last attempt has failed, as it does before anybody has logged in.
func (s *state) troubled() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.problem != nil
}

func (s *state) current() Token {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.token
}

// bury remembers that a refresh token is no longer good, so that it is not sent again.
func (s *state) bury(t Token) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dead = Fingerprint(t.Refresh)
}

func (s *state) isDead(t Token) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dead != "" && s.dead == Fingerprint(t.Refresh)
}
