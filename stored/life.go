package stored

import (
	"fmt"
	"sync"

	"github.com/caddyserver/caddy/v2"
)

// shared holds what the process has stored, so that it survives a reload of the configuration.
var shared = caddy.NewUsagePool()

const sharedKey = "stored"

// Shared is one configuration's use of what the process has stored.
type Shared struct {
	Store Store
	Runs  *Runs

	close sync.Once
}

// process is what all configurations of the process share.
type process struct {
	memory *Memory
	runs   Runs
}

// Destruct implements caddy.Destructor: the last configuration is gone.
func (p *process) Destruct() error {
	p.runs.Close()
	p.memory.Close()
	return nil
}

// Open returns what the process has stored. Whoever opens it closes it.
func Open() (*Shared, error) {
	value, _, err := shared.LoadOrNew(sharedKey, func() (caddy.Destructor, error) {
		return &process{memory: NewMemory(DefaultLimits())}, nil
	})
	if err != nil {
		return nil, fmt.Errorf("opening the store of responses: %w", err)
	}
	p := value.(*process)
	return &Shared{Store: p.memory, Runs: &p.runs}, nil
}

// Close ends the use. What is stored goes with the last one. Later calls do nothing.
func (s *Shared) Close() {
	s.close.Do(func() { _, _ = shared.Delete(sharedKey) })
}
