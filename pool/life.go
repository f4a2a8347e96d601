package pool

import (
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/caddyserver/caddy/v2"
)

// shared holds, for the whole process, the State of every account by its identity, and the waiting room. The pools of
// all generations and gateways hold what they use in it, so that a reload finds everything as it was.
var shared = caddy.NewUsagePool()

// stateKey is the key of a State in shared.
type stateKey string

// life keeps a State in shared while requests run on it that no pool holds any more: a stream may outlive the generation
// that it began in, and a later generation that has the account again must find that stream's slot taken. The room is
// kept with it, so that who waits there hears when the stream ends.
type life struct {
	room *room
	mu   sync.Mutex
	gone atomic.Bool // no pool holds the State
	kept atomic.Bool // its requests hold it instead
}

// attach returns the State of the account, new or shared with other pools; every attach needs a detach.
func attach(a *Account, room *room) (*State, error) {
	value, _, err := shared.LoadOrNew(stateKey(a.Identity), func() (caddy.Destructor, error) {
		s := &State{identity: a.Identity}
		s.life.room = room
		s.limit.Store(slots(a.Concurrency))
		return s, nil
	})
	if err != nil {
		return nil, err
	}
	s := value.(*State)
	s.life.mu.Lock()
	defer s.life.mu.Unlock()
	s.life.gone.Store(false)
	return s, nil
}

func (s *State) detach() {
	_, _ = shared.Delete(stateKey(s.identity)) // its only error is Destruct's
}

// Destruct is called when nobody holds the State in the shared pool any more. Requests that run on it then hold it.
func (s *State) Destruct() error {
	s.life.mu.Lock()
	defer s.life.mu.Unlock()
	s.life.gone.Store(true)
	if s.inUse.Load() > 0 {
		s.store()
	}
	return nil
}

// keep sees to it that the State stays while the request that has just taken a slot runs. It is one atomic load unless
// every pool with the account is closed.
func (s *State) keep() {
	if !s.life.gone.Load() {
		return
	}
	s.life.mu.Lock()
	defer s.life.mu.Unlock()
	if s.life.gone.Load() {
		s.store()
	}
}

// letGo ends what keep began, after the last request.
func (s *State) letGo() {
	if !s.life.kept.Load() {
		return
	}
	s.life.mu.Lock()
	release := s.life.kept.Load() && s.inUse.Load() == 0
	if release {
		s.life.kept.Store(false)
	}
	s.life.mu.Unlock()
	if release {
		s.detach()
		_, _ = shared.Delete(roomKey{})
	}
}

// store puts the State back. The caller holds life.mu.
func (s *State) store() {
	if s.life.kept.Load() {
		return
	}
	value, _ := shared.LoadOrStore(stateKey(s.identity), s)
	if value != any(s) {
		// The account has come back with a State of its own meanwhile; this one ends with its requests.
		value.(*State).detach()
		return
	}
	shared.LoadOrStore(roomKey{}, s.life.room)
	s.life.kept.Store(true)
}

// attachSessions gives the pool the process's sessions, unless the options bring others or none.
func (p *Pool) attachSessions() error {
	p.sessions = p.options.Sessions
	if p.sessions != nil || p.options.SessionTTL <= 0 {
		return nil
	}
	value, _, err := shared.LoadOrNew(sessionsKey{}, func() (caddy.Destructor, error) { return newCacheSessions(), nil })
	if err != nil {
		return fmt.Errorf("attaching the sessions: %w", err)
	}
	cache := value.(*cacheSessions)
	cache.expect(p.options.MaxSessions)
	p.sessions, p.life.sessions = cache, true
	return nil
}

func (p *Pool) detachSessions() {
	if p.life.sessions {
		p.life.sessions = false
		_, _ = shared.Delete(sessionsKey{}) // Destruct has no error
	}
}
