package jsonx

import "fmt"

// Fail makes the Reader fail with a message of the decoder's own, at the next
// value or, when it has been read, behind it. An earlier error stays.
func (r *Reader) Fail(format string, args ...any) {
	r.fail(fmt.Sprintf(format, args...))
}

func (r *Reader) fail(msg string) { r.failAt(r.pos, msg) }

func (r *Reader) failAt(pos int, msg string) {
	if r.err == nil {
		r.err = &SyntaxError{Offset: r.base + pos, Msg: msg}
	}
	r.ready = false
}

func (r *Reader) failDepth() {
	r.fail(fmt.Sprintf("nesting deeper than %d levels", MaxDepth))
}

// failByte fails because of the byte at the current offset.
func (r *Reader) failByte(expected string) { r.failByteAt(r.pos, expected) }

func (r *Reader) failByteAt(pos int, expected string) {
	if pos >= len(r.data) {
		r.failAt(len(r.data), endOfBody)
		return
	}
	found := describe(r.data[pos:])
	if expected == "" {
		r.failAt(pos, "unexpected "+found)
		return
	}
	r.failAt(pos, expected+", found "+found)
}

// failKind fails because the next value is not of the kind that is wanted.
func (r *Reader) failKind(want Kind) {
	if r.err != nil {
		return
	}
	k := r.Kind()
	switch {
	case !r.ready:
		r.fail("expected " + want.String() + ", but the value is already read")
	case k == Invalid:
		r.failByte("expected " + want.String())
	default:
		r.fail("expected " + want.String() + ", found " + k.String())
	}
}

// describe names what stands at the start of b. It never shows more than one
// character, since bodies hold prompts and secrets.
func describe(b []byte) string {
	if len(b) >= 3 && b[0] == 0xEF && b[1] == 0xBB && b[2] == 0xBF {
		return "a byte order mark"
	}
	if b[0] <= ' ' || b[0] >= 0x7F {
		return fmt.Sprintf("byte 0x%02x", b[0])
	}
	return fmt.Sprintf("%q", b[0])
}
