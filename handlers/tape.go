package handlers

import (
	"net/http"
	"sync"
)

// tape is what an answer is written to that is made in the background. Whoever
// watches reads from it; when nobody does, nothing is kept.
type tape struct {
	header http.Header

	mu      sync.Mutex
	frames  []byte
	ended   bool
	ignored bool
	changed chan struct{} // closed when there is something new
}

func newTape() *tape { return &tape{header: http.Header{}, changed: make(chan struct{})} }

// Header implements http.ResponseWriter.
func (t *tape) Header() http.Header { return t.header }

// WriteHeader implements http.ResponseWriter.
func (t *tape) WriteHeader(int) {}

// Write implements http.ResponseWriter. It never fails.
func (t *tape) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.ignored {
		t.frames = append(t.frames, b...)
		t.wake()
	}
	return len(b), nil
}

func (t *tape) wake() {
	close(t.changed)
	t.changed = make(chan struct{})
}

// end tells that nothing more will come.
func (t *tape) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ended = true
	t.wake()
}

// ignore tells that nobody watches.
func (t *tape) ignore() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ignored, t.frames = true, nil
}

// from returns what came behind the first n bytes, whether that is all, and a
// channel that is closed when there is more.
func (t *tape) from(n int) (frames []byte, ended bool, changed <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.frames[n:len(t.frames):len(t.frames)], t.ended, t.changed
}
