package handlers

import (
	"io"
	"math/bits"
	"sync"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/sse"
)

const (
	smallestBuffer = 2 << 10
	bufferClasses  = 10 // up to 1 MiB; for larger ones see largeBuffers
	maxGrown       = 2  // classes that a buffer may grow beyond its own
)

// buffer is a piece of memory that one request has at a time. Its holder may
// put another slice into b, as append does.
type buffer struct {
	b    []byte
	from int // the class that it came from
}

// buffers lends memory to the requests of a gateway. What is lent is empty and
// belongs to its borrower alone until it is returned; what is never returned is
// garbage like any other. It is safe for concurrent use, and its zero value is
// ready.
type buffers struct {
	classes [bufferClasses]sync.Pool // *buffer, of at least smallestBuffer<<i bytes
	large   largeBuffers
	readers sync.Pool // *sse.Reader
	arenas  sync.Pool // *ir.Arena

	returned func([]byte) // is told of every buffer that comes back; for tests
}

// get lends a buffer with room for n bytes.
func (p *buffers) get(n int) *buffer {
	class := bits.Len(uint(max(n-1, 0) / smallestBuffer))
	if class >= bufferClasses {
		return p.large.get(n)
	}
	if b, ok := p.classes[class].Get().(*buffer); ok {
		return b
	}
	return &buffer{b: make([]byte, 0, smallestBuffer<<class), from: class}
}

// put takes a buffer back. Nothing may read or write it any more.
func (p *buffers) put(b *buffer) {
	class := bits.Len(uint(cap(b.b)/smallestBuffer)) - 1
	if class < 0 {
		return
	}
	if p.returned != nil {
		p.returned(b.b[:cap(b.b)])
	}
	// One that has grown goes to where it came from, so that the next holder
	// need not let it grow again.
	large := b.from == bufferClasses && cap(b.b) > smallestBuffer<<(bufferClasses-1)
	if !large && (b.from > class || b.from < class-maxGrown) {
		b.from = min(class, bufferClasses)
	}
	b.b = b.b[:0]
	if b.from == bufferClasses {
		p.large.put(b)
		return
	}
	p.classes[b.from].Put(b)
}

// reader lends a reader of the stream.
func (p *buffers) reader(src io.Reader) *sse.Reader {
	r, ok := p.readers.Get().(*sse.Reader)
	if !ok {
		return sse.NewReader(src)
	}
	r.Reset(src)
	return r
}

// putReader takes a reader back. Its events may not be used any more.
func (p *buffers) putReader(r *sse.Reader) {
	if p.returned != nil {
		r.Scrub(p.returned)
	}
	r.Reset(nil)
	p.readers.Put(r)
}

// arena lends memory for what a body of n bytes is decoded to.
func (p *buffers) arena(n int) *ir.Arena {
	a, ok := p.arenas.Get().(*ir.Arena)
	if !ok {
		return ir.NewArena(n)
	}
	if p.returned != nil {
		a.Reset()
	}
	return a
}

// putArena takes an arena back. Nothing that was decoded may be used any more.
func (p *buffers) putArena(a *ir.Arena) {
	if p.returned != nil {
		a.Scrub(p.returned)
	} else {
		a.Reset()
	}
	p.arenas.Put(a)
}

// borrowed is what a request has to return when it has ended. Errors and the
// access log's record may refer to it until then.
type borrowed struct {
	buffers []*buffer
	readers []*sse.Reader
	arena   *ir.Arena // nil before the body is read
}

// borrow lends the call a buffer until its end.
func (c *call) borrow(n int) *buffer {
	b := c.g.buffers.get(n)
	c.borrowed.buffers = append(c.borrowed.buffers, b)
	return b
}

// borrowReader lends the call a reader until its end.
func (c *call) borrowReader(src io.Reader) *sse.Reader {
	r := c.g.buffers.reader(src)
	c.borrowed.readers = append(c.borrowed.readers, r)
	return r
}

// borrowArena lends the call memory for a body of n bytes until its end.
func (c *call) borrowArena(n int) *ir.Arena {
	c.borrowed.arena = c.g.buffers.arena(n)
	return c.borrowed.arena
}

// giveBack returns everything that the call has borrowed: what is stored is a
// copy. Of what was written to a client that failed nothing goes back: on HTTP/2
// it may still be read.
func (c *call) giveBack() {
	b, incoming := c.borrowed, c.incoming
	c.borrowed, c.incoming = borrowed{}, nil
	if incoming != nil {
		incoming.leave()
	}
	for i := 0; i < len(b.buffers) && !c.sink.failed(); i++ {
		c.g.buffers.put(b.buffers[i])
	}
	for _, r := range b.readers {
		c.g.buffers.putReader(r)
	}
	if b.arena != nil {
		c.g.buffers.putArena(b.arena)
	}
}

// readUpTo appends what src has, and at most limit bytes of it.
func readUpTo(dst []byte, src io.Reader, limit int) ([]byte, error) {
	begin := len(dst)
	for {
		if len(dst) == cap(dst) {
			dst = append(dst, 0)[:len(dst)]
		}
		room := dst[len(dst):min(cap(dst), begin+limit)]
		if len(room) == 0 {
			return dst, nil
		}
		n, err := src.Read(room)
		dst = dst[:len(dst)+n]
		if err == io.EOF {
			return dst, nil
		}
		if err != nil {
			return dst, err
		}
	}
}
