package pool

import (
	"math"
	"sync/atomic"
)

// recordDecay is what remains of an account's record with each of its requests, so that about the last 200 count.
// recordFloor is what each count begins with and never falls below, so that no account is ever certain.
const (
	recordDecay = 0.995
	recordFloor = 1
)

// record is an account's successes and failures of late, which a choice reads without a lock.
type record struct {
	packed atomic.Uint64 // two float32: successes, failures; 0 is none yet
}

func (r *record) get() (successes, failures float64) {
	packed := r.packed.Load()
	if packed == 0 {
		return recordFloor, recordFloor
	}
	return float64(math.Float32frombits(uint32(packed >> 32))), float64(math.Float32frombits(uint32(packed)))
}

// add counts one request. Calls must not run at the same time.
func (r *record) add(success bool) {
	successes, failures := r.get()
	successes = max(successes*recordDecay, recordFloor)
	failures = max(failures*recordDecay, recordFloor)
	if success {
		successes++
	} else {
		failures++
	}
	r.packed.Store(uint64(math.Float32bits(float32(successes)))<<32 | uint64(math.Float32bits(float32(failures))))
}

// rate returns the share of successes, or -1 if nothing has been counted.
func (r *record) rate() float64 {
	successes, failures := r.get()
	successes, failures = successes-recordFloor, failures-recordFloor
	if successes+failures <= 0 {
		return -1
	}
	return successes / (successes + failures)
}
