package access

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/lifetime"
)

// State is what happens to one key while the process runs: its slots and what it has used of its limits. The
// generations of a configuration share it (see lifetime), and a request holds it for as long as it runs. All methods are
// safe for concurrent use.
type State struct {
	name  string
	born  time.Time // what was used before this is known to the store alone
	slots slots
	life  lifetime.Lifetime

	limits atomic.Pointer[Limits] // of the last published generation; nil before the first

	mu        sync.Mutex
	bucket    bucket
	window    window
	spend     spend
	told      told
	published []publication

	knowsSpend, knowsTokens bool // what was used before born has been restored
}

// publication is what one generation wants the limits to be.
type publication struct {
	by     *Keys
	limits *Limits
}

func newState(name string, l *Limits) *State {
	s := &State{name: name, born: time.Now()}
	s.slots.limit = l.Concurrency
	return s
}

// effective returns the limits that hold: those that were published last, before that the key's own.
func (s *State) effective(own *Limits) *Limits {
	if l := s.limits.Load(); l != nil {
		return l
	}
	return own
}

func (s *State) publish(by *Keys, l *Limits) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.published = append(s.published, publication{by, l})
	s.limits.Store(l)
	s.slots.resize(l.Concurrency)
}

// unpublish withdraws what by has published: what was published last by another holds again. When there is none the
// limits stay, for the requests that are still on their way.
func (s *State) unpublish(by *Keys) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.published = slices.DeleteFunc(s.published, func(p publication) bool { return p.by == by })
	if last := len(s.published) - 1; last >= 0 {
		s.limits.Store(s.published[last].limits)
		s.slots.resize(s.published[last].limits.Concurrency)
	}
}

// admit checks what the key has used, and takes one request of its rate only if nothing else is used up, so that a
// refused request costs nothing.
func (s *State) admit(l *Limits, now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l.Rate.N > 0 {
		if wait := s.bucket.lacks(l.Rate, now); wait > 0 {
			return &LimitError{s.name, Requests, l.Rate.String(), wait}
		}
	}
	if l.Tokens.N > 0 {
		s.window.slide(l.Tokens.Per, now)
		if wait := s.window.below(l.Tokens.N, now); wait > 0 {
			return &LimitError{s.name, Tokens, l.Tokens.String(), wait}
		}
	}
	if err := s.afford(l, now); err != nil {
		return err
	}
	if l.Rate.N > 0 {
		s.bucket.give()
	}
	return nil
}

// afford checks the budget. The caller holds mu.
func (s *State) afford(l *Limits, now time.Time) error {
	if b := l.Budget; b.Nanos > 0 && s.spend.in(b.Per, now) >= b.Nanos {
		return &LimitError{s.name, Money, b.String(), b.Per.next(now).Sub(now)}
	}
	return nil
}

// book counts what an answer has used.
func (s *State) book(l *Limits, now time.Time, tokens, nanos int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.spend.add(now, nanos)
	if l.Tokens.N > 0 {
		s.window.add(l.Tokens.Per, now, tokens)
	}
}

// refund takes back the request that admit took of the rate.
func (s *State) refund(l *Limits, now time.Time) {
	if l.Rate.N == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bucket.back(l.Rate, now)
}
