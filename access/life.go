package access

import (
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/caddyserver/caddy/v2"
)

// shared holds, for the whole process, the State of every key by its name, and the Guard. The keys of all generations
// and gateways hold what they use in it, so that a reload finds everything as it was.
var shared = caddy.NewUsagePool()

type (
	stateKey string   // of a State in shared
	guardKey struct{} // of the Guard
)

// life keeps a State in shared while requests run on it that no generation holds any more, so that a later generation
// which has the key again finds their slots taken.
type life struct {
	mu   sync.Mutex
	gone atomic.Bool // no generation holds the State
	kept atomic.Bool // its requests hold it instead
}

func attach(key *Key) (*State, error) {
	value, _, err := shared.LoadOrNew(stateKey(key.Name), func() (caddy.Destructor, error) {
		return newState(key.Name, &key.Limits), nil
	})
	if err != nil {
		return nil, fmt.Errorf("key %s: attaching its state: %w", key.Name, err)
	}
	s := value.(*State)
	s.life.mu.Lock()
	defer s.life.mu.Unlock()
	s.life.gone.Store(false)
	return s, nil
}

func (s *State) detach() {
	_, _ = shared.Delete(stateKey(s.name)) // its only error is Destruct's
}

// Destruct is called when nobody holds the State in the shared pool any more. Requests that run on it then hold it.
func (s *State) Destruct() error {
	s.life.mu.Lock()
	defer s.life.mu.Unlock()
	s.life.gone.Store(true)
	s.store()
	return nil
}

// keep sees to it that the State stays while the request that has just taken a slot runs. It is one atomic load unless
// every generation with the key is gone.
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
	inUse, _ := s.slots.gauges()
	release := s.life.kept.Load() && inUse == 0
	if release {
		s.life.kept.Store(false)
	}
	s.life.mu.Unlock()
	if release {
		s.detach()
	}
}

// store puts the State back if requests run on it. The caller holds life.mu.
func (s *State) store() {
	if inUse, _ := s.slots.gauges(); inUse == 0 || s.life.kept.Load() {
		return
	}
	value, _ := shared.LoadOrStore(stateKey(s.name), s)
	if value != any(s) {
		// The key has come back with a State of its own meanwhile; this one ends with its requests.
		value.(*State).detach()
		return
	}
	s.life.kept.Store(true)
}
