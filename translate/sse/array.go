package sse

import (
	"bytes"
	"fmt"
	"io"
)

// ArrayReader reads a JSON array that is streamed element by element, as
// Gemini answers without alt=sse. Each element is an event whose Data and Raw
// are the element's bytes. A top-level object in place of the array is one
// element. The elements are framed, not checked: whether one is valid JSON is
// for its decoder to find.
type ArrayReader struct {
	buffer
	event Event

	state arrayState
	ready bool // an element lies between start and pos
	depth int  // of open brackets in the element
	quote int  // where the open string begins, from start; 0 is none
	whole bool // the element is the whole document
}

// arrayState is what may come next, besides white space.
type arrayState byte

const (
	beforeArray arrayState = iota // the array or an object
	beforeFirst                   // the first element or the array's end
	beforeElem                    // an element, after a comma
	insideElem                    // the rest of the element
	afterElem                     // a comma or the array's end
	afterArray                    // nothing
)

// NewArrayReader is an ArrayReader of src.
func NewArrayReader(src io.Reader) *ArrayReader {
	r := &ArrayReader{}
	r.Reset(src)
	return r
}

// Reset makes r read src from its start; see Reader.Reset.
func (r *ArrayReader) Reset(src io.Reader) {
	r.buffer.reset(src)
	*r = ArrayReader{buffer: r.buffer}
}

// Next implements Source. A stream that ends before the array does makes it
// fail with io.ErrUnexpectedEOF.
func (r *ArrayReader) Next() bool {
	r.event = Event{}
	for !r.scan() {
		if r.fill() {
			continue
		}
		r.finish()
		return false
	}
	r.event = r.take()
	return true
}

// More implements Source.
func (r *ArrayReader) More() bool {
	if !r.scan() {
		return false
	}
	r.event = r.take()
	return true
}

// Event implements Source.
func (r *ArrayReader) Event() Event { return r.event }

// Buffered implements Source.
func (r *ArrayReader) Buffered() bool { return r.scan() }

// Err implements Source.
func (r *ArrayReader) Err() error { return r.err }

// finish says why no element follows. What breaks off behind the array's end
// harms nobody.
func (r *ArrayReader) finish() {
	if r.err != nil || r.state == afterArray {
		return
	}
	r.err = r.cause
	if r.cause == io.EOF {
		r.err = fmt.Errorf("reading a streamed array: %w", io.ErrUnexpectedEOF)
	}
}

// scan looks for the end of the next element, from where it stopped the last
// time.
func (r *ArrayReader) scan() bool {
	for !r.ready && r.err == nil && r.pos < r.end {
		if r.state == insideElem {
			r.element()
		} else if !r.between() {
			break
		}
	}
	return r.ready
}

// between reads one byte outside of the elements. It is false when more must
// be read to understand it.
func (r *ArrayReader) between() bool {
	c := r.buf[r.pos]
	r.start = r.pos
	switch {
	case isSpace(c):
	case c == 0xEF && r.state == beforeArray:
		if r.end-r.pos < 3 && r.cause == nil {
			return false
		}
		n := bom(r.buf[r.pos:r.end])
		if n == 0 {
			r.unexpected(c)
			return true
		}
		r.pos += n - 1
	case c == '[' && r.state == beforeArray:
		r.state = beforeFirst
	case c == '{' && r.state == beforeArray:
		r.whole = true
		r.state = insideElem
		return true
	case c == ']' && (r.state == beforeFirst || r.state == afterElem):
		r.state = afterArray
	case c == ',' && r.state == afterElem:
		r.state = beforeElem
	case !isClosing(c) && (r.state == beforeFirst || r.state == beforeElem):
		r.state = insideElem
		return true
	default:
		r.unexpected(c)
		return true
	}
	r.pos++
	r.start = r.pos
	return true
}

func (r *ArrayReader) unexpected(c byte) {
	r.err = fmt.Errorf("reading a streamed array: unexpected byte %q", c)
}

// element scans the element up to its end or the end of the buffer.
func (r *ArrayReader) element() {
	for r.pos < r.end && !r.ready {
		if r.quote > 0 {
			r.inString()
			continue
		}
		switch c := r.buf[r.pos]; {
		case c == '"':
			r.quote = r.pos - r.start + 1
		case c == '{' || c == '[':
			r.depth++
		case r.depth == 0:
			if isClosing(c) || isSpace(c) {
				r.ready = true // the end of a number or literal
				r.tooLong()
				return
			}
		case c == '}' || c == ']':
			r.depth--
			r.ready = r.depth == 0
		}
		r.pos++
	}
	r.tooLong()
}

// inString moves behind the quote that ends the open string.
func (r *ArrayReader) inString() {
	i := bytes.IndexByte(r.buf[r.pos:r.end], '"')
	if i < 0 {
		r.pos = r.end
		return
	}
	r.pos += i + 1
	content := r.buf[r.start+r.quote : r.pos-1]
	slashes := 0
	for slashes < len(content) && content[len(content)-1-slashes] == '\\' {
		slashes++
	}
	if slashes%2 == 0 {
		r.quote = 0
		r.ready = r.depth == 0
	}
}

// tooLong refuses the element when it exceeds the limit.
func (r *ArrayReader) tooLong() {
	if r.pos-r.start > r.limit {
		r.ready = false
		r.err = ErrTooLong
	}
}

// take hands out the element between start and pos.
func (r *ArrayReader) take() Event {
	raw := r.buf[r.start:r.pos:r.pos]
	r.start = r.pos
	r.ready = false
	r.state = afterElem
	if r.whole {
		r.state = afterArray
	}
	return Event{Data: raw, Raw: raw}
}

func isClosing(c byte) bool { return c == ',' || c == ']' || c == '}' }

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }

// Interface guard
var _ Source = (*ArrayReader)(nil)
