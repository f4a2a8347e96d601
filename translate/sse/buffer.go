package sse

import (
	"bytes"
	"io"
)

const (
	startSize = 2 << 10   // of the buffer: a stream that waits for its next event has no more
	busySize  = 16 << 10  // of the buffer once a read has filled it
	keepSize  = 256 << 10 // the largest buffer that survives a reset
	minRead   = 2 << 10   // the least space that a read is given
)

// buffer holds the part of a stream that is read and not yet consumed:
// buf[start:end]. pos is how far it has been scanned.
type buffer struct {
	src   io.Reader
	buf   []byte
	start int
	pos   int
	end   int
	cr    int   // no CR lies between pos and here
	lf    int   // no LF lies between pos and here
	full  bool  // the last read filled the buffer
	limit int   // the greatest length of an event
	cause error // what the source ended with, io.EOF included
	err   error // what Err says
}

func (b *buffer) reset(src io.Reader) {
	buf := b.buf
	if len(buf) > keepSize {
		buf = nil
	}
	*b = buffer{src: src, buf: buf, limit: MaxEvent}
}

// fill reads once from the source. It is false when the source has ended
// before, or when what is held is too long for an event. It moves what is
// held, so an offset into buf that must outlive it is taken relative to start.
func (b *buffer) fill() bool {
	if b.err != nil || b.cause != nil {
		return false
	}
	if b.end-b.start > b.limit {
		b.err = ErrTooLong
		return false
	}
	b.makeSpace()
	for range 100 {
		n, err := b.src.Read(b.buf[b.end:])
		b.end += n
		b.full = b.end == len(b.buf)
		b.cause = err
		if n > 0 || err != nil {
			return true
		}
	}
	b.cause = io.ErrNoProgress
	return true
}

// Ended implements Source.
func (b *buffer) Ended() bool { return b.cause != nil }

// makeSpace leaves at least minRead bytes behind end.
func (b *buffer) makeSpace() {
	if b.buf == nil {
		b.buf = make([]byte, startSize)
	}
	switch {
	case b.full && len(b.buf) < busySize:
		b.shift(make([]byte, busySize))
	case b.start == b.end:
		b.shift(b.buf)
	case len(b.buf)-b.end >= minRead:
	case b.start >= len(b.buf)/2:
		b.shift(b.buf)
	default:
		b.shift(make([]byte, 2*len(b.buf)))
	}
}

// shift moves what is held to the front of dst, which becomes the buffer.
func (b *buffer) shift(dst []byte) {
	copy(dst, b.buf[b.start:b.end])
	b.pos -= b.start
	b.end -= b.start
	b.cr -= b.start
	b.lf -= b.start
	b.start = 0
	b.buf = dst
}

// seek is the offset of the first c at or after pos, or end. None lies between
// pos and from, which makes looking again after a read cheap.
func (b *buffer) seek(c byte, from int) int {
	from = max(from, b.pos)
	if i := bytes.IndexByte(b.buf[from:b.end], c); i >= 0 {
		return from + i
	}
	return b.end
}
