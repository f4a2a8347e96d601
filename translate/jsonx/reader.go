// Package jsonx reads JSON bodies by one forward scan over their own bytes.
//
// A conversation is walked member by member; what is only moved, such as text,
// schemas and arguments, is taken out as the bytes it arrived in. Nothing is
// read twice, nothing recurses, and in the common case nothing is allocated:
// everything that a Reader yields aliases the body.
package jsonx

import (
	"fmt"
	"unsafe"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// MaxDepth is how deep objects and arrays may be nested, as in a body that a
// Reader walks so in a subtree that it only moves.
const MaxDepth = 512

// Kind is the kind of a JSON value.
type Kind byte

// The kinds of values. Invalid stands for the end of the body, for bytes that
// begin no value, and for a place where no value is expected.
const (
	Invalid Kind = iota
	Object
	Array
	String
	Number
	Bool
	Null
)

var kindNames = [...]string{"invalid value", "object", "array", "string", "number", "boolean", "null"}

// String is the kind's name as error messages have it.
func (k Kind) String() string { return kindNames[k] }

// SyntaxError is an error in a body or in the shape that a decoder expects of it.
type SyntaxError struct {
	Offset int    // in bytes from the start of the body
	Msg    string // without the offset
}

// Error is the message with the offset.
func (e *SyntaxError) Error() string { return fmt.Sprintf("%s at offset %d", e.Msg, e.Offset) }

// Reader walks one JSON value forward:
//
//	r.Reset(body)
//	r.Object()
//	for r.Member() {
//		switch r.Key() {
//		case "model":
//			model = r.Text()
//		case "messages":
//			r.Array()
//			for r.Element() {
//				…
//			}
//		}
//	}
//	if err := r.End(); err != nil {
//
// A value that a loop's body leaves unread is skipped. A loop must run to its
// end: leaving it early would leave the Reader inside the object or array.
// The first error sticks; after it every method returns the zero value and
// every loop ends, so that one look at the end is enough. A Reader is a plain
// value, not safe for concurrent use; its zero value reads an empty body.
type Reader struct {
	data  []byte
	pos   int
	base  int  // offset of data in the whole document
	ready bool // a value stands at pos and is not yet read
	first bool // an object or array was just entered
	depth int
	stack [MaxDepth / 64]uint64 // one bit a level: 1 is an object
	key   string
	err   *SyntaxError

	outline *ir.Outline // see Note and Recall
	noted   int         // strings of it that lie behind
	noting  bool
}

// Reset makes the Reader read the value in data, which must not change as long
// as anything that the Reader yielded is in use.
func (r *Reader) Reset(data []byte) {
	r.data = data
	r.base = 0
	r.outline, r.noted = nil, 0
	r.start()
}

// Sub is a Reader over a value that r.Raw returned, whose errors give offsets
// in the body of r.
func (r *Reader) Sub(raw []byte) Reader {
	sub := Reader{data: raw}
	// Raw keeps the capacity up to the end of the body's array, so the
	// difference of the capacities is the offset.
	at := cap(r.data) - cap(raw)
	if at >= 0 && at+len(raw) <= len(r.data) && len(raw) > 0 && &r.data[at] == &raw[0] {
		sub.base = r.base + at
		if r.outline != nil && !r.noting {
			sub.inherit(r.outline)
		}
	}
	sub.start()
	return sub
}

func (r *Reader) start() {
	r.pos = 0
	r.depth = 0
	r.first = false
	r.key = ""
	r.err = nil
	r.ready = true
	r.space()
}

// Kind is the kind of the next value, which stays unread.
func (r *Reader) Kind() Kind {
	if r.err != nil || !r.ready || r.pos >= len(r.data) {
		return Invalid
	}
	return kinds[r.data[r.pos]]
}

// Offset is where the next value begins, or, when it has been read, where it
// ended; in bytes from the start of the body.
func (r *Reader) Offset() int { return r.base + r.pos }

// Object enters the object that is next. It is false without an error for
// null, which is consumed, and false with an error for any other kind.
func (r *Reader) Object() bool { return r.enter(Object) }

// Array enters the array that is next. It is false without an error for null,
// which is consumed, and false with an error for any other kind.
func (r *Reader) Array() bool { return r.enter(Array) }

func (r *Reader) enter(want Kind) bool {
	k := r.Kind()
	if k != want {
		r.nullOr(want)
		return false
	}
	if r.depth == MaxDepth {
		r.failDepth()
		return false
	}
	r.setLevel(r.depth, want == Object)
	r.depth++
	r.pos++
	r.ready = false
	r.first = true
	return true
}

// Member moves to the next member of the object, whose value can then be read.
// It is false at the end of the object, which is consumed, and on an error.
func (r *Reader) Member() bool {
	if !r.next(true, '}') {
		return false
	}
	if r.data[r.pos] != '"' {
		r.failByte("expected a member's name")
		return false
	}
	key, flags, ok := r.scanString()
	if !ok {
		return false
	}
	if r.key = alias(key); flags != 0 {
		r.key = decodeKey(key, flags)
	}
	r.space()
	if r.pos >= len(r.data) || r.data[r.pos] != ':' {
		r.failByte("expected a colon")
		return false
	}
	r.pos++
	r.space()
	r.ready = true
	return true
}

// Key is the name of the current member. It aliases the body unless it holds
// escapes or invalid UTF-8, and is valid until the next call of Member.
func (r *Reader) Key() string { return r.key }

// Element moves to the next element of the array, which can then be read. It
// is false at the end of the array, which is consumed, and on an error.
func (r *Reader) Element() bool {
	if !r.next(false, ']') {
		return false
	}
	r.ready = true
	return true
}

// next moves to the next member or element of the innermost object or array,
// or consumes its closing bracket and is false.
func (r *Reader) next(object bool, closing byte) bool {
	if r.ready {
		r.Skip()
	}
	if r.err != nil {
		return false
	}
	if r.depth == 0 || r.inObject() != object {
		r.fail("reading outside of the object or array being walked")
		return false
	}
	if !object && r.outline != nil && len(r.outline.Omit) > 0 {
		r.leap()
	}
	r.space()
	if r.pos < len(r.data) && r.data[r.pos] == closing {
		r.pos++
		r.depth--
		r.first = false
		return false
	}
	if !r.first {
		if r.pos >= len(r.data) || r.data[r.pos] != ',' {
			r.failByte(expectedAfterValue(object))
			return false
		}
		r.pos++
		r.space()
	}
	r.first = false
	if r.pos >= len(r.data) {
		r.failByte("")
		return false
	}
	return true
}

func expectedAfterValue(object bool) string {
	if object {
		return "expected ',' or '}'"
	}
	return "expected ',' or ']'"
}

func (r *Reader) inObject() bool { return r.isObject(r.depth - 1) }

// isObject is whether a level, counted from 0, is an object, and no array.
func (r *Reader) isObject(level int) bool {
	return r.stack[uint(level)/64]>>(uint(level)%64)&1 == 1
}

func (r *Reader) setLevel(level int, object bool) {
	word, bit := uint(level)/64, uint64(1)<<(uint(level)%64)
	r.stack[word] &^= bit
	if object {
		r.stack[word] |= bit
	}
}

// Err is the first error, a *SyntaxError, or nil.
func (r *Reader) Err() error {
	if r.err == nil {
		return nil
	}
	return r.err
}

// End is Err, or an error when anything but white space follows the value. A
// value that was not read at all is skipped.
func (r *Reader) End() error {
	if r.ready {
		r.Skip()
	}
	if r.err == nil && r.depth > 0 {
		r.fail("reading ended inside an object or array")
	}
	r.space()
	if r.err == nil && r.pos < len(r.data) {
		r.failByte("expected the end of the body")
	}
	return r.Err()
}

// space moves over white space. Mostly there is none, as the first comparison tells.
func (r *Reader) space() {
	for r.pos < len(r.data) && r.data[r.pos] <= ' ' && isSpace(r.data[r.pos]) {
		r.pos++
	}
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }

// alias is b as a string without a copy.
func alias(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
