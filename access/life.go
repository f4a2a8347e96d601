package access

import (
	"fmt"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-ai-gateway/ai-gateway/lifetime"
)

// shared holds, for the whole process, the State of every key by its name, and the Guard. The keys of all generations
// and gateways hold what they use in it, so that a reload finds everything as it was.
var shared = caddy.NewUsagePool()

type (
	stateKey string   // of a State in shared
	guardKey struct{} // of the Guard
)

// attach returns the State of the key, new or shared with other generations; every attach needs a life.Drop.
func attach(key *Key) (*State, error) {
	value, _, err := shared.LoadOrNew(stateKey(key.Name), func() (caddy.Destructor, error) {
		s := newState(key.Name, &key.Limits)
		s.life.Begin(lifetime.Place{Pool: shared, Key: stateKey(key.Name), State: s, Busy: s.busy})
		return s, nil
	})
	if err != nil {
		return nil, fmt.Errorf("key %s: attaching its state: %w", key.Name, err)
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

func (s *State) busy() bool {
	inUse, _ := s.slots.gauges()
	return inUse > 0
}
