package stored

import (
	"bytes"
	"sync"
)

// Tape holds the stream of an answer that is made in the background, so that
// any number of clients can watch it, from any point on. Of a stream that is
// long it holds the end: who watches from the beginning has read the rest by
// then. The zero value holds nothing; see NewTape. It is safe for concurrent
// use.
type Tape struct {
	mu      sync.Mutex
	frames  []byte
	start   int // how much of the stream is not there any more
	ended   bool
	changed chan struct{} // closed when there is something new
	grown   func(by int)  // is told of every change of the size; not under mu
}

// TapeBytes is how much of one stream is kept at most.
const TapeBytes = 16 << 20

// NewTape returns an empty tape.
func NewTape() *Tape { return &Tape{changed: make(chan struct{})} }

// Write implements io.Writer. What is written ends with a frame. It never fails.
func (t *Tape) Write(b []byte) (int, error) {
	t.mu.Lock()
	t.frames = append(t.frames, b...)
	by := len(b)
	if len(t.frames) > TapeBytes {
		by -= t.cut()
	}
	t.wake()
	grown := t.grown
	t.mu.Unlock()
	if grown != nil {
		grown(by)
	}
	return len(b), nil
}

var frameEnd = []byte("\n\n")

// cut forgets the older half, or a little more so that what is left begins with
// a frame, and returns how much that is. The caller holds mu.
func (t *Tape) cut() int {
	n := len(t.frames) / 2
	if i := bytes.Index(t.frames[n:], frameEnd); i >= 0 {
		n += i + len(frameEnd)
	} else {
		n = len(t.frames)
	}
	t.frames = append([]byte(nil), t.frames[n:]...) // who watches has parts of the old ones
	t.start += n
	return n
}

func (t *Tape) shorten() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.cut()
}

// tell has a function told of every change of the size from now on.
func (t *Tape) tell(grown func(by int)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.grown = grown
}

func (t *Tape) wake() {
	close(t.changed)
	t.changed = make(chan struct{})
}

// End tells that nothing more will come.
func (t *Tape) End() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ended = true
	t.wake()
}

// Start returns how much of the stream's beginning is not there any more.
func (t *Tape) Start() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.start
}

// From returns what came behind the first n bytes, whether that is all, and a
// channel that is closed when there is more; nil for all of it when not all
// that came behind them is still there.
func (t *Tape) From(n int) (frames []byte, ended bool, changed <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if n < t.start {
		return nil, false, nil
	}
	return t.frames[n-t.start : len(t.frames) : len(t.frames)], t.ended, t.changed
}
