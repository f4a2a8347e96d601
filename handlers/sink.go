package handlers

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/translate"
	"github.com/caddy-ai-gateway/ai-gateway/translate/sse"
)

// sink is the client's side of one request. Its watchdog shares it with the
// handler: it keeps a silent stream alive, sends out what was held too long,
// and gives up an upstream that shows no life.
type sink struct {
	w  http.ResponseWriter
	rc http.ResponseController

	mu      sync.Mutex
	limits  Stream
	ping    []byte   // the dialect's keep-alive; nil where clients take none
	stream  bool     // the client reads a stream, so that silence matters
	content string   // the stream's content type
	open    bool     // status and headers have been sent
	fixed   bool     // content has been sent, or the hold has run out: no other account may answer
	held    []byte   // frames that wait for content
	buffers *buffers // lends what held lies in; nil for nobody
	lent    *buffer  // has been lent
	events  int      // number of frames in held
	err     error    // why nothing more can be written
	closed  bool

	timer     *time.Timer
	wrote     time.Time // of the last byte to the client
	slow      bool      // the client has let the gateway wait with a write
	heldSince time.Time // zero when nothing is held
	upstream  lifeline
}

// lifeline is how long the running attempt may stay silent.
type lifeline struct {
	cancel func(error) // nil when no attempt runs
	until  time.Time
	begun  bool      // the upstream has sent something
	read   time.Time // when it did so last
}

func newSink(w http.ResponseWriter, limits Stream) *sink {
	return &sink{w: w, rc: *http.NewResponseController(w), limits: limits, wrote: time.Now()}
}

// describe lets set change the headers of the answer, unless they have been
// sent already.
func (s *sink) describe(set func(http.Header)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.open {
		set(s.w.Header())
	}
}

// begin tells that the client reads a stream of the given content type.
func (s *sink) begin(contentType string, ping []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stream, s.content, s.ping = true, contentType, ping
	s.arm()
}

// whole sends a JSON answer that is complete.
func (s *sink) whole(status int, body []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sendWhole(status, body)
}

func (s *sink) sendWhole(status int, body []byte) error {
	s.open, s.fixed, s.stream = true, true, false
	h := s.w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	s.w.WriteHeader(status)
	_, s.err = s.w.Write(body)
	return s.err
}

// fail tells the client an error: as a whole answer, or by the stream's own
// frames when a keep-alive has opened the stream.
func (s *sink) fail(status int, set func(http.Header), body []byte, frames func() []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop()
	if s.open {
		_ = s.send(frames())
		return
	}
	set(s.w.Header())
	_ = s.sendWhole(status, body)
}

// write sends bytes of the stream at once.
func (s *sink) write(b []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.send(b)
}

// frame adds what the client gets for one frame of the upstream. Before
// content it is held back; when content has come, or the hold is full, what was
// held goes out and the account is fixed. more tells that another frame is at
// hand, so that the write can wait for it.
func (s *sink) frame(a translate.Answer, ev sse.Event, more bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.borrow()
	s.held = a.Frame(s.held, ev)
	s.events++
	if !s.fixed {
		seen := a.Seen()
		switch {
		case seen.Err != nil:
			s.drop()
			return nil
		case seen.Content || seen.Done || s.events >= s.limits.HoldEvents || len(s.held) >= s.limits.HoldSize:
			s.fixed = true
		case s.heldSince.IsZero():
			s.heldSince = time.Now()
			s.arm()
			s.rest(more)
			return nil
		default:
			s.rest(more)
			return nil
		}
	}
	if more {
		return s.err
	}
	return s.flush(s.upstream.read)
}

// frames is frame for the event of src and all others that are at hand, once
// content has come. For all of them there is one lock, one write and one flush,
// which is most of what an event would cost. What ends the answer is left to
// finish.
func (s *sink) frames(a translate.Answer, src sse.Source, w *weight) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.borrow()
	seen := a.Seen()
	for more := true; more; more = src.More() {
		ev := src.Event()
		w.frame(len(ev.Data))
		s.held = a.Frame(s.held, ev)
		if seen.Err != nil || seen.Done {
			return s.err
		}
	}
	return s.flush(s.upstream.read)
}

// borrow takes a buffer for what will be held.
func (s *sink) borrow() {
	if s.lent == nil && s.buffers != nil {
		s.lent = s.buffers.get(heldSize)
		s.held = append(s.lent.b, s.held...)
	}
}

// rest keeps what is held in as little memory as it takes while nothing more is
// at hand: the first content may be a minute away.
func (s *sink) rest(more bool) {
	if more || s.lent == nil || len(s.held) > smallestBuffer || cap(s.held) <= smallestBuffer {
		return
	}
	small := s.buffers.get(len(s.held))
	small.b = append(small.b, s.held...)
	s.lent.b = s.held
	s.buffers.put(s.lent)
	s.lent, s.held = small, small.b
}

// heldSize is what a large read from an upstream becomes. The buffer is lent
// for the time of a read only, so that an idle stream has none.
const heldSize = 32 << 10

// slowClient is how long a write must take to make an upstream lose patience
// that is read from no faster.
const slowClient = 5 * time.Second

// isSlow reports whether the client has not read as fast as it was written to.
func (s *sink) isSlow() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.slow
}

// failed reports whether something could not be written.
func (s *sink) failed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err != nil
}

// giveBack returns the buffer, unless a write has failed: the server may then
// still be sending from it.
func (s *sink) giveBack() {
	if s.lent == nil {
		return
	}
	if s.err == nil {
		s.lent.b = s.held[:0]
		s.buffers.put(s.lent)
	}
	s.lent, s.held = nil, nil
}

// finish sends what is left at the end of the upstream's stream, unless the
// answer failed before anything was sent.
func (s *sink) finish(a translate.Answer) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = a.Close(s.held)
	if !s.fixed && a.Seen().Err != nil {
		s.drop()
		return nil
	}
	s.fixed = true
	return s.flush(s.upstream.read)
}

// fix sends the frames of an answer that came at once.
func (s *sink) fix(frames []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fixed = true
	return s.send(frames)
}

// abandon forgets what an attempt has brought, so that another account may
// answer. It reports false when the account is fixed.
func (s *sink) abandon() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fixed {
		return false
	}
	s.drop()
	return true
}

// flush sends what is held. It is told what time it is, or a little less.
func (s *sink) flush(now time.Time) error {
	if len(s.held) == 0 {
		return s.err
	}
	err := s.send(s.held)
	if err == nil && !now.IsZero() { // a slow client is no silence of the upstream's
		waited := s.wrote.Sub(now)
		s.upstream.until = s.upstream.until.Add(waited)
		s.slow = s.slow || waited >= slowClient
	}
	s.drop()
	s.giveBack()
	return err
}

// drop forgets what is held.
func (s *sink) drop() {
	s.held, s.events, s.heldSince = s.held[:0], 0, time.Time{}
}

// send writes and flushes under the lock, with the headers before the first
// bytes.
func (s *sink) send(b []byte) error {
	if s.err != nil || s.closed {
		return s.err
	}
	if !s.open {
		s.openStream()
	}
	if len(b) > 0 {
		if _, s.err = s.w.Write(b); s.err != nil {
			return s.err
		}
	}
	// Flush arms the server's idle deadline again; where it is not supported
	// there is nothing to flush.
	_ = s.rc.Flush()
	s.wrote = time.Now()
	return nil
}

func (s *sink) openStream() {
	s.open = true
	h := s.w.Header()
	h.Set("Content-Type", s.content)
	h.Set("Cache-Control", "no-cache, no-transform")
	h.Set("X-Accel-Buffering", "no")
	h.Del("Content-Length")
	_ = s.rc.SetWriteDeadline(time.Time{})
	s.w.WriteHeader(http.StatusOK)
}
