package handlers

import (
	"sync"
	"weak"
)

// largeStep is what the size of a large buffer is a multiple of, so that one
// fits the next body, too, which is seldom shorter.
const largeStep = 256 << 10

// largeBuffers lends buffers of more than the classes have. A sync.Pool would
// keep one for each processor, and none for the next request on another: bodies
// of 10 MB, one after another, took 3.3 times their size. What nobody uses goes
// with the next garbage collection. Its zero value is ready, and it is safe for
// concurrent use.
type largeBuffers struct {
	mu   sync.Mutex
	free []weak.Pointer[buffer]
}

// get lends the smallest buffer that has room for n bytes, and not for twice as
// many.
func (p *largeBuffers) get(n int) *buffer {
	p.mu.Lock()
	defer p.mu.Unlock()
	var best *buffer
	at := 0
	for i := 0; i < len(p.free); {
		b := p.free[i].Value()
		if b == nil {
			p.remove(i)
			continue
		}
		if room := cap(b.b); room >= n && room/2 <= n && (best == nil || room < cap(best.b)) {
			best, at = b, i
		}
		i++
	}
	if best == nil {
		return &buffer{b: make([]byte, 0, (n+largeStep-1)/largeStep*largeStep), from: bufferClasses}
	}
	p.remove(at)
	return best
}

// put takes a buffer back.
func (p *largeBuffers) put(b *buffer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free = append(p.free, weak.Make(b))
}

func (p *largeBuffers) remove(i int) {
	last := len(p.free) - 1
	p.free[i] = p.free[last]
	p.free[last] = weak.Pointer[buffer]{}
	p.free = p.free[:last]
}
