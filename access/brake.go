package access

import (
	"context"
	"strings"
	"sync"
	"time"
)

// Brake slows a client down that asks for the same model again and again although it is not there, as clients do that
// repeat without a pause and without an end. Whoever asks a few times is answered at once. The zero value is ready; it
// remembers a bounded number of clients and is safe for concurrent use.
type Brake struct {
	mu      sync.Mutex
	known   map[miss]misses
	delayed int // requests that are being slowed down
}

// miss is who asked for what.
type miss struct{ key, model string }

type misses struct {
	times int
	last  time.Time
}

const (
	freeMisses   = 3 // are answered at once: clients may try another name, and come back
	firstBrake   = 100 * time.Millisecond
	maxBrake     = 2 * time.Second
	brakeMemory  = 10 * time.Second // without a miss, after which a client is new; more than maxBrake
	maxMisses    = 1024             // keys and models that are remembered
	maxBraked    = 64               // requests that are slowed down at a time, since each holds its body
	doublesUntil = 8                // no need to double any more
)

// Missed counts that the key's owner asked for a model that is not there, and waits before it returns when that was often
// within seconds: at most two seconds, and no longer than ctx. It returns how often it was, this time included. It keeps
// no reference to its arguments.
func (b *Brake) Missed(ctx context.Context, key, model string) (times int) {
	times, delay := b.count(miss{key, model}, time.Now())
	if delay == 0 {
		return times
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.delayed--
	return times
}

// count returns how often it was, and how long to wait. With a delay, delayed is already counted up.
func (b *Brake) count(m miss, now time.Time) (times int, delay time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	found, ok := b.known[m]
	if !ok {
		m = miss{strings.Clone(m.key), strings.Clone(m.model)}
		b.makeRoom(now)
	}
	if now.Sub(found.last) > brakeMemory {
		found.times = 0
	}
	found = misses{found.times + 1, now}
	b.known[m] = found
	if found.times <= freeMisses || b.delayed >= maxBraked {
		return found.times, 0
	}
	b.delayed++
	return found.times, min(firstBrake<<min(found.times-freeMisses-1, doublesUntil), maxBrake)
}

// makeRoom forgets who is new again, or everybody when that is nobody: the next few misses are then free again. The
// caller holds mu.
func (b *Brake) makeRoom(now time.Time) {
	if b.known == nil {
		b.known = make(map[miss]misses)
	}
	if len(b.known) < maxMisses {
		return
	}
	for m, found := range b.known {
		if now.Sub(found.last) > brakeMemory {
			delete(b.known, m)
		}
	}
	if len(b.known) >= maxMisses {
		clear(b.known)
	}
}
