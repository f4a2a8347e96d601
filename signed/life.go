package signed

import (
	"fmt"
	"sync"

	"github.com/caddyserver/caddy/v2"
)

// shared holds what the process remembers, so that it survives a reload of the configuration.
var shared = caddy.NewUsagePool()

const sharedKey = "signed"

// Shared is one configuration's use of what the process remembers.
type Shared struct {
	*Memory

	close sync.Once
}

// Destruct implements caddy.Destructor: the last configuration is gone.
func (m *Memory) Destruct() error {
	m.Close()
	return nil
}

// Open returns what the process remembers. Whoever opens it closes it.
func Open() (*Shared, error) {
	value, _, err := shared.LoadOrNew(sharedKey, func() (caddy.Destructor, error) {
		return NewMemory(DefaultLimits()), nil
	})
	if err != nil {
		return nil, fmt.Errorf("opening the memory of signatures: %w", err)
	}
	return &Shared{Memory: value.(*Memory)}, nil
}

// Close ends the use. What is remembered goes with the last one. Later calls do nothing.
func (s *Shared) Close() {
	s.close.Do(func() { _, _ = shared.Delete(sharedKey) })
}
