package handlers

import (
	"io"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/internal/guard"
)

// watch begins an attempt: cancel is called with errFirstByte or errIdle when
// the upstream shows no life in time.
func (s *sink) watch(cancel func(error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.upstream = lifeline{cancel: cancel, until: time.Now().Add(s.limits.FirstByte)}
	s.arm()
}

// unwatch ends an attempt.
func (s *sink) unwatch() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.upstream = lifeline{}
	s.drop()
}

// alive tells that the upstream has sent something. From then on the end of
// its patience only moves away, and the timer is not touched: when it fires too
// early it is set again.
func (s *sink) alive() {
	s.mu.Lock()
	defer s.mu.Unlock()
	first := !s.upstream.begun
	s.upstream.begun, s.upstream.read = true, time.Now()
	s.upstream.until = s.upstream.read.Add(s.limits.Idle)
	if first {
		s.arm()
	}
}

// linger gives an upstream that has said everything that much time to end its
// body.
func (s *sink) linger(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.upstream.until = time.Now().Add(d)
	s.arm()
}

// alert is an upstream's body that tells the watchdog of every byte.
type alert struct {
	io.Reader
	sink *sink
}

func (a alert) Read(p []byte) (int, error) {
	n, err := a.Reader.Read(p)
	if n > 0 {
		a.sink.alive()
	}
	return n, err
}

// tick does what is due.
func (s *sink) tick() {
	defer guard.Catch("watching a stream")
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	now := time.Now()
	if l := &s.upstream; l.cancel != nil && !now.Before(l.until) {
		cause := errFirstByte
		if l.begun {
			cause = errIdle
		}
		l.cancel(cause)
		l.cancel = nil
	}
	if s.holding() && now.Sub(s.heldSince) >= s.limits.HoldDuration {
		s.fixed = true
		_ = s.flush(now)
	}
	if s.pinging() && now.Sub(s.wrote) >= s.limits.Ping {
		_ = s.send(s.ping)
	}
	s.arm()
}

func (s *sink) holding() bool { return !s.fixed && !s.heldSince.IsZero() }

func (s *sink) pinging() bool { return s.stream && s.limits.Ping > 0 && s.err == nil }

// arm sets the timer to whatever is due next.
func (s *sink) arm() {
	var due time.Time
	if s.upstream.cancel != nil {
		due = s.upstream.until
	}
	if s.holding() {
		due = earlier(due, s.heldSince.Add(s.limits.HoldDuration))
	}
	if s.pinging() {
		due = earlier(due, s.wrote.Add(s.limits.Ping))
	}
	if due.IsZero() || s.closed {
		return
	}
	wait := max(time.Until(due), time.Millisecond)
	if s.timer == nil {
		s.timer = time.AfterFunc(wait, s.tick)
		return
	}
	s.timer.Reset(wait)
}

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

// close ends the watchdog. On HTTP/1.1 a last flush before the handler returns
// arms the idle deadline again, under which the end of the answer is sent.
func (s *sink) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if s.timer != nil {
		s.timer.Stop()
	}
	if s.open && s.stream {
		_ = s.rc.Flush()
	}
	s.giveBack()
}
