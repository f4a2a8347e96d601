package sse

import (
	"io"
	"unsafe"
)

// Reader reads server-sent events. Lines may end in LF, CRLF or CR. A blank
// line ends an event, also one that holds nothing but comments or nothing at
// all: its Data is empty, so that a relay keeps it and a translator skips it.
// The Raws of all events together are the stream. A last event that no blank
// line ends counts when the stream ends cleanly, and is dropped when reading
// fails.
type Reader struct {
	buffer
	event  Event
	joined []byte // Data of the event when it has several lines

	// What is known of the event that begins at start.
	ready bool   // it ends at pos
	begun bool   // the first line of the stream is behind pos
	bare  bool   // the line before pos ended in a CR alone
	lines int    // data lines
	data  span   // the first of them
	name  span   // the value of the event field
	next  []byte // the data lines joined, when there are several

	head  head // of the last event that was not usual
	alike bool // the event that is ready is
}

// span is a range of bytes, as offsets from where the event starts.
type span struct{ from, to int }

// NewReader is a Reader of src.
func NewReader(src io.Reader) *Reader {
	r := &Reader{}
	r.Reset(src)
	return r
}

// Reset makes r read src from its start. It keeps the buffer unless that has
// grown large, so Readers can be pooled; Reset(nil) lets go of the source.
func (r *Reader) Reset(src io.Reader) {
	r.buffer.reset(src)
	*r = Reader{buffer: r.buffer, joined: reuse(r.joined), next: reuse(r.next), head: head{bytes: r.head.bytes[:0]}}
}

// Scrub gives f every buffer that events may lie in, for tests that write over
// them before they are used again.
func (r *Reader) Scrub(f func([]byte)) {
	for _, b := range [][]byte{r.buf, r.joined, r.next, r.head.bytes} {
		f(b[:cap(b)])
	}
}

func reuse(b []byte) []byte {
	if cap(b) > keepSize {
		return nil
	}
	return b[:0]
}

// Next implements Source.
func (r *Reader) Next() bool {
	for !r.scan() {
		if r.fill() {
			continue
		}
		if r.err == nil && r.cause != io.EOF {
			r.err = r.cause
		}
		r.event = Event{}
		return false
	}
	r.take()
	return true
}

// More implements Source.
func (r *Reader) More() bool {
	if !r.scan() {
		return false
	}
	r.take()
	return true
}

// Event implements Source.
func (r *Reader) Event() Event { return r.event }

// Buffered implements Source.
func (r *Reader) Buffered() bool { return r.scan() }

// Err implements Source.
func (r *Reader) Err() error { return r.err }

// scan looks for the end of the event that begins at start, from where it
// stopped the last time.
func (r *Reader) scan() bool {
	if r.ready || r.err == nil && r.usual() {
		return true
	}
	for !r.ready && r.err == nil {
		from := r.pos
		to, ok := r.line()
		if !ok {
			break
		}
		if !r.begun {
			r.begun = true
			from += bom(r.buf[from:to])
		}
		if from == to {
			r.ready = true
		} else {
			r.field(from, to)
		}
		if r.pos-r.start > r.limit {
			r.ready = false
			r.err = ErrTooLong
		}
	}
	if r.ready || r.err != nil {
		return r.ready
	}
	// The end of the stream ends the last event.
	r.ready = r.cause == io.EOF && r.pos == r.end && r.start < r.end
	return r.ready
}

// bom is the length of the byte order mark at the start of b.
func bom(b []byte) int {
	if len(b) >= 3 && b[0] == 0xEF && b[1] == 0xBB && b[2] == 0xBF {
		return 3
	}
	return 0
}

// line moves pos behind the next line and returns where the line's content
// ends. It is false when the line is not complete.
func (r *Reader) line() (to int, ok bool) {
	r.lf = r.seek('\n', r.lf)
	r.cr = r.seek('\r', r.cr)
	to = min(r.lf, r.cr)
	if to == r.end {
		if r.cause != io.EOF || r.pos == r.end {
			return 0, false
		}
		r.pos = r.end
		return to, true
	}
	after, bare := to+1, r.buf[to] == '\r'
	// A CR at the end of the buffer may be half of a CRLF. But a blank line
	// after a line that ended in CR alone ends in CR alone too: waiting for
	// the next byte would hold the event back until the next one arrives.
	if bare && !(r.bare && to == r.pos) {
		if after == r.end && r.cause == nil {
			return 0, false
		}
		if after < r.end && r.buf[after] == '\n' {
			after++
			bare = false
		}
	}
	r.pos = after
	r.bare = bare
	return to, true
}

// field takes note of the line between from and to if it matters.
func (r *Reader) field(from, to int) {
	line := r.buf[from:to]
	if n, ok := value(line, "data"); ok {
		r.addData(from+n, to)
	} else if n, ok := value(line, "event"); ok {
		r.name = span{from + n - r.start, to - r.start}
	}
}

// value is where the value begins on a line of the given field.
func value(line []byte, field string) (int, bool) {
	n := len(field)
	if len(line) < n || string(line[:n]) != field {
		return 0, false
	}
	if len(line) == n {
		return n, true
	}
	if line[n] != ':' {
		return 0, false
	}
	if n++; n < len(line) && line[n] == ' ' {
		n++
	}
	return n, true
}

func (r *Reader) addData(from, to int) {
	r.lines++
	switch r.lines {
	case 1:
		r.data = span{from - r.start, to - r.start}
		return
	case 2:
		r.next = append(r.next[:0], r.buf[r.start+r.data.from:r.start+r.data.to]...)
	}
	r.next = append(r.next, '\n')
	r.next = append(r.next, r.buf[from:to]...)
}

// take makes what lies between start and pos the event and begins the next one.
func (r *Reader) take() {
	raw := r.buf[r.start:r.pos:r.pos]
	e := &r.event
	e.Name, e.Raw = alias(raw[r.name.from:r.name.to]), raw
	switch r.lines {
	case 0:
		e.Data = nil
	case 1:
		e.Data = raw[r.data.from:r.data.to:r.data.to]
		if !r.alike {
			r.head.learn(raw, r.data, r.name)
		}
	default:
		r.joined, r.next = r.next, r.joined
		e.Data = r.joined
	}
	r.start = r.pos
	r.ready, r.alike = false, false
	r.lines = 0
	r.name = span{}
}

// alias is b as a string without a copy.
func alias(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// Interface guard
var _ Source = (*Reader)(nil)
