package access

import (
	"math"
	"time"
)

// bucket is a token bucket. Its zero value is full. It is guarded by its owner's lock.
type bucket struct {
	level float64
	at    time.Time // when level was right; zero before the first use
}

// fill brings the level up to now.
func (b *bucket) fill(r Rate, now time.Time) {
	size := float64(r.N)
	if b.at.IsZero() {
		b.level = size
	} else if now.After(b.at) {
		b.level += size * float64(now.Sub(b.at)) / float64(r.Per)
	}
	b.level = min(b.level, size) // the size may have been lowered
	if now.After(b.at) {
		b.at = now
	}
}

// lacks returns how long it takes until the bucket has one to give, 0 if it has.
func (b *bucket) lacks(r Rate, now time.Time) time.Duration {
	b.fill(r, now)
	return r.fills(1 - b.level)
}

// give takes one out.
func (b *bucket) give() { b.level-- }

// back puts one in again that has not been used after all.
func (b *bucket) back(r Rate, now time.Time) {
	b.fill(r, now)
	b.level = min(b.level+1, float64(r.N))
}

// fills returns how long n take to come, rounded up so that they are there after it.
func (r Rate) fills(n float64) time.Duration {
	if n <= 1e-9 { // what is left over from rounding
		return 0
	}
	return time.Duration(math.Ceil(n * float64(r.Per) / float64(r.N)))
}
