package stored

import "sync"

// Tape holds the stream of an answer that is made in the background, so that
// any number of clients can watch it, from any point on. The zero value holds
// nothing; see NewTape. It is safe for concurrent use.
type Tape struct {
	mu      sync.Mutex
	frames  []byte
	ended   bool
	changed chan struct{} // closed when there is something new
}

// NewTape returns an empty tape.
func NewTape() *Tape { return &Tape{changed: make(chan struct{})} }

// Write implements io.Writer. It never fails.
func (t *Tape) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.frames = append(t.frames, b...)
	t.wake()
	return len(b), nil
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

// From returns what came behind the first n bytes, whether that is all, and a
// channel that is closed when there is more.
func (t *Tape) From(n int) (frames []byte, ended bool, changed <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.frames[n:len(t.frames):len(t.frames)], t.ended, t.changed
}

func (t *Tape) size() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.frames)
}
