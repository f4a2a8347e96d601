package stored

import (
	"context"
	"sync"
)

// Runs are the responses that are being made while nobody listens. The zero
// value is ready to use; it is safe for concurrent use.
type Runs struct {
	mu      sync.Mutex
	cancels map[ref]context.CancelFunc
	closed  bool
}

// maxRuns bounds the responses that are being made at the same time.
const maxRuns = 1000

// Begin enters a response that is going to be made. It reports false when too
// many are.
func (r *Runs) Begin(owner, id string, cancel context.CancelFunc) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed || len(r.cancels) >= maxRuns {
		return false
	}
	if r.cancels == nil {
		r.cancels = map[ref]context.CancelFunc{}
	}
	r.cancels[ref{owner, id}] = cancel
	return true
}

// End removes a response from those that are being made. Only the caller that
// is told true may say how it ended.
func (r *Runs) End(owner, id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, running := r.cancels[ref{owner, id}]
	delete(r.cancels, ref{owner, id})
	return running
}

// Cancel is End for a response that is to be given up: it stops the work on it.
func (r *Runs) Cancel(owner, id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	cancel := r.cancels[ref{owner, id}]
	delete(r.cancels, ref{owner, id})
	if cancel == nil {
		return false
	}
	cancel()
	return true
}

// Close gives up all of them.
func (r *Runs) Close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	for _, cancel := range r.cancels {
		cancel()
	}
	r.cancels = nil
}
