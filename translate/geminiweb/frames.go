package geminiweb

import (
	"bytes"
	"strconv"
	"unicode/utf8"

	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// Frames cuts the app's answers into frames. An answer begins with a guard and goes on with frames: a decimal length, a
// line feed, JSON, a line feed. The length counts UTF-16 code units, from the line feed behind the digits up to the one
// behind the JSON. What has no lengths is read line by line. A frame that is no JSON array is passed over.
//
// The zero value is ready to use. What Next returns is good until the next Write.
type Frames struct {
	buf    []byte
	at     int // what is before has been handed out
	begun  bool
	first  byte // of the answer, besides white space; 0 before it has come
	closed bool
	broken bool
}

// guard keeps scripts of other sites from reading an answer.
const guard = ")]}'"

// maxFrame bounds what is kept of a frame that does not end.
const maxFrame = 64 << 20

// Write adds bytes of the answer, cut wherever it may be.
func (f *Frames) Write(p []byte) {
	if f.at > 0 {
		f.buf = append(f.buf[:0], f.buf[f.at:]...)
		f.at = 0
	}
	f.buf = append(f.buf, p...)
	f.broken = f.broken || len(f.buf) > maxFrame
}

// Close says that nothing follows.
func (f *Frames) Close() { f.closed = true }

// Guarded says whether the answer is one of the app's, as far as it has come: with the guard, or an array at once.
func (f *Frames) Guarded() bool {
	return f.first == 0 || f.first == '[' || f.first == guard[0] || isDigit(f.first)
}

// TooLong says that a frame did not end within 64 MiB.
func (f *Frames) TooLong() bool { return f.broken }

// Next returns the JSON of the next frame that has come as a whole.
func (f *Frames) Next() ([]byte, bool) {
	for !f.broken {
		frame, ok := f.next()
		if !ok {
			return nil, false
		}
		if len(frame) > 0 && frame[0] == '[' && jsonx.Valid(frame) {
			f.begun = true
			return frame, true
		}
	}
	return nil, false
}

// next returns what the next frame holds, whatever it is. It is false when more must come.
func (f *Frames) next() ([]byte, bool) {
	if !f.start() {
		return nil, false
	}
	rest := f.buf[f.at:]
	if !isDigit(rest[0]) {
		return f.line(rest)
	}
	end := bytes.IndexByte(rest, '\n')
	if end < 0 {
		if f.closed {
			f.at = len(f.buf)
		}
		return nil, false
	}
	n, err := strconv.Atoi(string(bytes.TrimSpace(rest[:end])))
	if err != nil {
		return f.line(rest)
	}
	size, ok := units(rest[end:], n)
	frame := bytes.TrimSpace(rest[end:][:size])
	switch {
	case ok && (len(frame) == 0 || jsonx.Valid(frame)):
		f.at += end + size
		return frame, true
	case !ok && !f.closed:
		return nil, false
	}
	f.at += end + 1 // a wrong length, or the last frame is torn: the line tells
	return nil, true
}

// start passes over white space and the guard.
func (f *Frames) start() bool {
	for f.at < len(f.buf) && isBlank(f.buf[f.at]) {
		f.at++
	}
	rest := f.buf[f.at:]
	if f.first == 0 && len(rest) > 0 {
		f.first = rest[0]
	}
	if f.begun || len(rest) == 0 || rest[0] != guard[0] {
		return len(rest) > 0
	}
	if len(rest) < len(guard) && !f.closed {
		return false
	}
	f.begun = true
	f.at += min(len(guard), len(rest))
	return f.start()
}

// line takes a whole line.
func (f *Frames) line(rest []byte) ([]byte, bool) {
	end := bytes.IndexByte(rest, '\n')
	if end < 0 {
		if !f.closed {
			return nil, false
		}
		end = len(rest) - 1
	}
	f.at += end + 1
	return bytes.TrimSpace(rest[:end+1]), true
}

// units returns how many bytes n UTF-16 code units are; false if they have not all come.
func units(b []byte, n int) (size int, ok bool) {
	for n > 0 && size < len(b) {
		if b[size] < utf8.RuneSelf {
			size++
			n--
			continue
		}
		if !utf8.FullRune(b[size:]) {
			return size, false
		}
		r, width := utf8.DecodeRune(b[size:])
		size += width
		n--
		if r > 0xFFFF {
			n--
		}
	}
	return size, n <= 0
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isBlank(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }
