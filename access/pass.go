package access

import (
	"context"
	"sync/atomic"
	"time"
)

// Pass lets one request of a key run. It holds one of the key's slots until Leave.
type Pass struct {
	key    *Key
	state  *State
	limits *Limits
	left   atomic.Bool
	paid   atomic.Bool // a request of the rate was taken for it
}

// Enter takes a slot of the key, or waits for one. Its error is a [FullError], a [TimeoutError], or wraps ctx's. Whoever
// gets a Pass calls its Leave.
func (k *Key) Enter(ctx context.Context) (*Pass, error) {
	l := k.state.effective(&k.Limits)
	if err := k.state.slots.acquire(ctx, k.Name, l); err != nil {
		return nil, err
	}
	k.state.life.Keep()
	return &Pass{key: k, state: k.state, limits: l}, nil
}

// Leave gives the slot back. Only the first call does.
func (p *Pass) Leave() {
	if p.left.CompareAndSwap(false, true) && p.state.slots.release() == 0 {
		p.state.life.LetGo()
	}
}

// Admit lets the request go on if the key's rate, tokens and budget are not used up, and takes one request of the rate.
// Its error is a [LimitError]; then nothing was taken. Requests that were admitted may go over tokens and budget
// together, by what those that run at the same time use.
func (p *Pass) Admit(now time.Time) error {
	if err := p.state.admit(p.limits, now); err != nil {
		p.key.tellExceeded(p.limits, now) // perhaps the budget was lowered
		return err
	}
	p.paid.Store(true)
	return nil
}

// Refund gives the request that Admit took back to the rate, for a request that no upstream was asked for after all.
// Only the first call does.
func (p *Pass) Refund(now time.Time) {
	if p.paid.CompareAndSwap(true, false) {
		p.state.refund(p.limits, now)
	}
}

// Afford reports by a [LimitError] that the key's budget is used up. It takes nothing.
func (k *Key) Afford(now time.Time) error {
	k.state.mu.Lock()
	defer k.state.mu.Unlock()
	return k.state.afford(k.state.effective(&k.Limits), now)
}

// Book counts what one answer has used against the key's limits: input and output tokens, and money in nanodollars.
func (k *Key) Book(now time.Time, tokens, nanos int64) {
	l := k.state.effective(&k.Limits)
	k.state.book(l, now, tokens, nanos)
	if nanos > 0 {
		k.tellExceeded(l, now)
	}
}

// Standing is what is left of one of a key's limits.
type Standing struct {
	Limit     int64 // 0 when there is no such limit
	Remaining int64
	Reset     time.Duration // until nothing counts any more that counts now
}

// Standing returns what is left of the key's rate and tokens.
func (k *Key) Standing(now time.Time) (requests, tokens Standing) {
	s, l := k.state, k.state.effective(&k.Limits)
	if l.Rate.N == 0 && l.Tokens.N == 0 {
		return requests, tokens
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if l.Rate.N > 0 {
		s.bucket.fill(l.Rate, now)
		requests = Standing{l.Rate.N, max(int64(s.bucket.level), 0), l.Rate.fills(float64(l.Rate.N) - s.bucket.level)}
	}
	if l.Tokens.N > 0 {
		s.window.slide(l.Tokens.Per, now)
		tokens = Standing{l.Tokens.N, max(l.Tokens.N-s.window.total, 0), s.window.below(1, now)}
	}
	return requests, tokens
}

// Snapshot is how a key stands at one moment.
type Snapshot struct {
	Name           string
	Running        int
	Waiting        int
	Limits         Limits
	Requests       Standing
	Tokens         Standing
	SpentToday     int64 // nanodollars
	SpentThisMonth int64
}

// Snapshot returns how the key stands now.
func (k *Key) Snapshot(now time.Time) Snapshot {
	shot := Snapshot{Name: k.Name, Limits: *k.state.effective(&k.Limits)}
	shot.Running, shot.Waiting = k.state.slots.gauges()
	shot.Requests, shot.Tokens = k.Standing(now)
	k.state.mu.Lock()
	defer k.state.mu.Unlock()
	shot.SpentToday = k.state.spend.in(Day, now)
	shot.SpentThisMonth = k.state.spend.in(Month, now)
	return shot
}
