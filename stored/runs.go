package stored

import (
	"context"
	"slices"
	"sync"
	"time"
)

// Runs are the responses that are being made while nobody listens. The zero
// value is ready to use; it is safe for concurrent use.
type Runs struct {
	mu      sync.Mutex
	cancels map[ref]context.CancelFunc
	tapes   map[ref]*Tape // of those that are streamed, and of some that were
	ended   []ref         // whose tapes are kept although they have ended, the oldest first
	closed  bool
}

// What is kept of streams that have ended, for clients whose connection broke
// shortly before.
const (
	tapeTime  = 5 * time.Minute
	tapeBytes = 32 << 20
)

// maxRuns bounds the responses that are being made at the same time.
const maxRuns = 1000

// Begin enters a response that is going to be made, with the tape of its
// stream, nil if it is not streamed. It reports false when too many are.
func (r *Runs) Begin(owner, id string, cancel context.CancelFunc, tape *Tape) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed || len(r.cancels) >= maxRuns {
		return false
	}
	if r.cancels == nil {
		r.cancels, r.tapes = map[ref]context.CancelFunc{}, map[ref]*Tape{}
	}
	r.cancels[ref{owner, id}] = cancel
	if tape != nil {
		r.tapes[ref{owner, id}] = tape
	}
	return true
}

// End removes a response from those that are being made. Only the caller that
// is told true may say how it ended.
func (r *Runs) End(owner, id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, running := r.cancels[ref{owner, id}]
	delete(r.cancels, ref{owner, id})
	if running && r.tapes[ref{owner, id}] != nil {
		r.keep(ref{owner, id})
	}
	return running
}

// keep leaves the tape of a response that has ended for a while.
func (r *Runs) keep(at ref) {
	r.ended = append(r.ended, at)
	size := 0
	for _, other := range r.ended {
		if tape := r.tapes[other]; tape != nil {
			size += tape.size()
		}
	}
	for size > tapeBytes && len(r.ended) > 1 {
		if tape := r.tapes[r.ended[0]]; tape != nil {
			size -= tape.size()
		}
		r.forget(r.ended[0])
	}
	time.AfterFunc(tapeTime, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.forget(at)
	})
}

// forget drops a tape. Who watches it goes on.
func (r *Runs) forget(at ref) {
	delete(r.tapes, at)
	r.ended = slices.DeleteFunc(r.ended, func(other ref) bool { return other == at })
}

// Tape returns the tape of a response that is streamed, or was not long ago;
// nil if there is none.
func (r *Runs) Tape(owner, id string) *Tape {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.tapes[ref{owner, id}]
}

// Cancel is End for a response that is to be given up: it stops the work on it,
// and forgets its tape.
func (r *Runs) Cancel(owner, id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	cancel := r.cancels[ref{owner, id}]
	delete(r.cancels, ref{owner, id})
	r.forget(ref{owner, id})
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
	r.cancels, r.tapes, r.ended = nil, nil, nil
}
