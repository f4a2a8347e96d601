package stored

import (
	"context"
	"sync"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/internal/fair"
	"github.com/caddy-ai-gateway/ai-gateway/internal/guard"
)

// Runs are the responses that are being made while nobody listens. The zero
// value is ready to use; it is safe for concurrent use.
type Runs struct {
	mu      sync.Mutex
	cancels map[ref]context.CancelFunc
	counts  map[string]int // of cancels, by the owner's party
	tapes   map[ref]*recorded
	room    fair.Room[*recorded] // which the tapes take
	closed  bool
}

// recorded is the tape of a response that is streamed, or was not long ago.
type recorded struct {
	ref
	tape  *Tape
	size  int  // as far as it has been told
	ended bool // it is kept for clients whose connection broke shortly before
	at    *fair.Entry[*recorded]
}

// tapeTime is how long the tape of a stream is kept that has ended.
const tapeTime = 5 * time.Minute

// allTapes is how many bytes all tapes may take together, of streams that run
// and of those that have ended. Beyond it, who has the most loses the tape that
// has not changed for the longest time, or half of it while it is recorded.
const allTapes = 64 << 20

// The responses that are being made at the same time are bounded: those of all
// owners, and of each.
const (
	maxRuns = 1000
	maxOwn  = maxRuns / 4
)

// Begin enters a response that is going to be made, with the tape of its
// stream, nil if it is not streamed. It reports false when too many are.
func (r *Runs) Begin(owner, id string, cancel context.CancelFunc, tape *Tape) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	party := fair.Party(owner)
	if r.closed || len(r.cancels) >= maxRuns || r.counts[party] >= maxOwn {
		return false
	}
	if r.cancels == nil {
		r.cancels, r.counts, r.tapes = map[ref]context.CancelFunc{}, map[string]int{}, map[ref]*recorded{}
	}
	at := ref{owner, id}
	r.cancels[at] = cancel
	r.counts[party]++
	if tape != nil {
		rec := &recorded{ref: at, tape: tape}
		rec.at = r.room.Add(owner, rec)
		r.tapes[at] = rec
		tape.tell(func(by int) { r.grew(rec, by) })
	}
	return true
}

// End removes a response from those that are being made. Only the caller that
// is told true may say how it ended.
func (r *Runs) End(owner, id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	at := ref{owner, id}
	running := r.leave(at) != nil
	if rec := r.tapes[at]; running && rec != nil {
		r.keep(rec)
	}
	return running
}

// leave takes a response out of those that are being made, and returns what
// stops it; nil if it was none of them.
func (r *Runs) leave(at ref) context.CancelFunc {
	cancel := r.cancels[at]
	if cancel == nil {
		return nil
	}
	delete(r.cancels, at)
	party := fair.Party(at.owner)
	if r.counts[party]--; r.counts[party] == 0 {
		delete(r.counts, party)
	}
	return cancel
}

// keep leaves the tape of a response that has ended for a while.
func (r *Runs) keep(rec *recorded) {
	rec.ended = true
	time.AfterFunc(tapeTime, func() {
		defer guard.Catch("forgetting a stream")
		r.mu.Lock()
		defer r.mu.Unlock()
		r.forget(rec)
	})
}

// grew notes that a tape has become longer, and makes room for it. Whoever made
// the tape longer does not hold its lock.
func (r *Runs) grew(rec *recorded, by int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.tapes[rec.ref] != rec {
		return
	}
	r.resize(rec, by)
	r.room.Touch(rec.at)
	for r.room.Bytes() > allTapes {
		old := r.room.OfLargest().Value
		if old.ended {
			r.forget(old)
			continue
		}
		r.resize(old, -old.tape.shorten())
		r.room.Touch(old.at)
	}
}

func (r *Runs) resize(rec *recorded, by int) {
	rec.size += by
	r.room.Grow(rec.owner, int64(by))
}

// forget drops a tape. Who watches it goes on.
func (r *Runs) forget(rec *recorded) {
	if rec == nil || r.tapes[rec.ref] != rec {
		return
	}
	delete(r.tapes, rec.ref)
	r.resize(rec, -rec.size)
	r.room.Remove(rec.at)
}

// Tape returns the tape of a response that is streamed, or was not long ago;
// nil if there is none.
func (r *Runs) Tape(owner, id string) *Tape {
	r.mu.Lock()
	defer r.mu.Unlock()
	if rec := r.tapes[ref{owner, id}]; rec != nil {
		return rec.tape
	}
	return nil
}

// Cancel is End for a response that is to be given up: it stops the work on it,
// and forgets its tape.
func (r *Runs) Cancel(owner, id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	at := ref{owner, id}
	r.forget(r.tapes[at])
	cancel := r.leave(at)
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
	r.cancels, r.counts, r.tapes, r.room = nil, nil, nil, fair.Room[*recorded]{}
}
