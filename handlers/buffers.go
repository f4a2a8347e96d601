package handlers

import (
	"io"
	"math/bits"
	"sync"

	"github.com/caddy-ai-gateway/ai-gateway/translate/sse"
)

const (
	smallestBuffer = 4 << 10
	bufferClasses  = 15 // up to 64 MiB; larger ones are left to the garbage collector
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
	readers sync.Pool                // *sse.Reader

	returned func([]byte) // is told of every buffer that comes back; for tests
}

// get lends a buffer with room for n bytes.
func (p *buffers) get(n int) *buffer {
	class := bits.Len(uint(max(n-1, 0) / smallestBuffer))
	if class >= bufferClasses {
		return &buffer{b: make([]byte, 0, n), from: bufferClasses}
	}
	if b, ok := p.classes[class].Get().(*buffer); ok {
		return b
	}
	return &buffer{b: make([]byte, 0, smallestBuffer<<class), from: class}
}

// put takes a buffer back. Nothing may read or write it any more.
func (p *buffers) put(b *buffer) {
	class := bits.Len(uint(cap(b.b)/smallestBuffer)) - 1
	if class < 0 || class >= bufferClasses {
		return
	}
	if p.returned != nil {
		p.returned(b.b[:cap(b.b)])
	}
	// One that has grown goes to where it came from, so that the next holder
	// need not let it grow again.
	if b.from > class || b.from < class-maxGrown {
		b.from = class
	}
	b.b = b.b[:0]
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

// borrowed is what a request has to return when it has ended. Errors and the
// access log's record may refer to it until then.
type borrowed struct {
	buffers []*buffer
	readers []*sse.Reader
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
