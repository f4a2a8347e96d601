package jsonx

import (
	"bytes"
	"slices"
)

// AppendCompact appends a raw value without the white space between its
// tokens, so that it fits on one line of an event stream.
func AppendCompact(dst, raw []byte) []byte {
	from := 0
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case c == '"':
			end, _, msg := stringEnd(raw, i+1)
			if msg != "" {
				return append(dst, raw[from:]...)
			}
			i = end
		case isSpace(c):
			dst = append(dst, raw[from:i]...)
			from = i + 1
		}
	}
	return append(dst, raw[from:]...)
}

// AppendLine appends a raw value so that it fits on one line of an event stream:
// as it is, unless there are line breaks between its tokens.
func AppendLine(dst, raw []byte) []byte {
	if bytes.IndexByte(raw, '\n') < 0 && bytes.IndexByte(raw, '\r') < 0 {
		return append(dst, raw...)
	}
	return AppendCompact(dst, raw)
}

// Valid reports whether data is one JSON value, nested no deeper than MaxDepth.
func Valid(data []byte) bool {
	var r Reader
	r.Reset(data)
	r.check()
	return r.End() == nil
}

// IsObject reports whether raw is a valid JSON object.
func IsObject(raw []byte) bool {
	var r Reader
	r.Reset(raw)
	return r.Kind() == Object && Valid(raw)
}

// Splice appends body with the bytes from start to end replaced by repl. It
// must not write into body: dst is another buffer, or nil.
func Splice(dst, body []byte, start, end int, repl []byte) []byte {
	dst = slices.Grow(dst, len(body)-(end-start)+len(repl))
	dst = append(dst, body[:start]...)
	dst = append(dst, repl...)
	return append(dst, body[end:]...)
}

// check reads the next value to its last token, without recursion.
func (r *Reader) check() {
	floor := r.depth
	for r.err == nil {
		switch r.Kind() {
		case Object:
			r.Object()
		case Array:
			r.Array()
		default:
			r.Skip()
		}
		for !r.advance(floor) {
			if r.err != nil || r.depth == floor {
				return
			}
		}
	}
}

// advance moves to the next member or element of the innermost object or
// array, or leaves it and is false.
func (r *Reader) advance(floor int) bool {
	switch {
	case r.depth == floor:
		return false
	case r.inObject():
		return r.Member()
	}
	return r.Element()
}
