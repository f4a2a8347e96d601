package access

import (
	"container/list"
	"context"
	"fmt"
	"sync"
	"time"
)

// slots are the requests of one key that run, and in the order in which they came those that wait. The limits may
// change at any time. The zero value is unlimited.
type slots struct {
	mu      sync.Mutex
	limit   int // 0 is unlimited
	inUse   int
	waiting list.List // of chan struct{}, which is closed when the slot is the waiter's
}

// acquire takes a slot, or waits for one if the queue has a place for it.
func (s *slots) acquire(ctx context.Context, name string, l *Limits) error {
	s.mu.Lock()
	if s.free() && s.waiting.Len() == 0 {
		s.inUse++
		s.mu.Unlock()
		return nil
	}
	if s.waiting.Len() >= l.Queue {
		defer s.mu.Unlock()
		return &FullError{Key: name, Running: s.inUse, Waiting: s.waiting.Len()}
	}
	turn := make(chan struct{})
	place := s.waiting.PushBack(turn)
	s.mu.Unlock()
	return s.wait(ctx, name, l, place)
}

// wait ends when the slot has come, or takes the place out of the queue.
func (s *slots) wait(ctx context.Context, name string, l *Limits, place *list.Element) error {
	length := l.Wait
	if length == 0 {
		length = DefaultWait
	}
	timeout := time.NewTimer(length)
	defer timeout.Stop()
	turn := place.Value.(chan struct{})
	var err error
	select {
	case <-turn:
		return nil
	case <-timeout.C:
		err = &TimeoutError{Key: name, Waited: length}
	case <-ctx.Done():
		err = fmt.Errorf("waiting for a slot of key %s: %w", name, ctx.Err())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-turn:
		if ctx.Err() == nil {
			return nil // it came at the last moment
		}
		s.inUse--
		s.serve()
	default:
		s.waiting.Remove(place)
	}
	return err
}

// release gives a slot back and returns how many are still in use.
func (s *slots) release() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inUse--
	s.serve()
	return s.inUse
}

// resize sets the limit. Requests above a lowered one run on; a raised one is used at once.
func (s *slots) resize(limit int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limit = limit
	s.serve()
}

// serve hands free slots to the first who wait. The caller holds mu.
func (s *slots) serve() {
	for s.waiting.Len() > 0 && s.free() {
		s.inUse++
		close(s.waiting.Remove(s.waiting.Front()).(chan struct{}))
	}
}

func (s *slots) free() bool { return s.limit <= 0 || s.inUse < s.limit }

func (s *slots) gauges() (inUse, waiting int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.inUse, s.waiting.Len()
}
