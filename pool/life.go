package pool

import (
	"fmt"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-ai-gateway/ai-gateway/lifetime"
)

// shared holds, for the whole process, the State of every account by its identity, and the waiting room. The pools of
// all generations and gateways hold what they use in it, so that a reload finds everything as it was.
var shared = caddy.NewUsagePool()

// stateKey is the key of a State in shared.
type stateKey string

// attach returns the State of the account, new or shared with other pools; every attach needs a life.Drop. The room is
// kept with a State that requests hold, so that who waits there hears when a stream ends.
func attach(a *Account, room *room, board *board) (*State, error) {
	value, _, err := shared.LoadOrNew(stateKey(a.Identity), func() (caddy.Destructor, error) {
		s := &State{gauges: board.gauges(), room: room}
		s.limit.Store(slots(a.Concurrency))
		s.life.Begin(lifetime.Place{
			Pool: shared, Key: stateKey(a.Identity), State: s,
			Busy:  func() bool { return s.inUse.Load() > 0 },
			Kept:  func() { shared.LoadOrStore(roomKey{}, room) },
			Freed: func() { _, _ = shared.Delete(roomKey{}) },
		})
		return s, nil
	})
	if err != nil {
		return nil, err
	}
	s := value.(*State)
	s.life.Held()
	return s, nil
}

// Destruct is called when nobody holds the State in the shared pool any more. Requests that run on it then hold it.
func (s *State) Destruct() error {
	s.life.Ended()
	return nil
}

// Abandoned returns how many requests run on accounts that no pool of the process has any more, besides those that have
// been counted.
func Abandoned(counted map[*State]bool) int {
	n := 0
	shared.Range(func(_, value any) bool {
		if s, ok := value.(*State); ok && s.life.Gone() && !counted[s] {
			n += int(s.inUse.Load())
		}
		return true
	})
	return n
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
