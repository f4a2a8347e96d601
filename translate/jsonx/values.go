package jsonx

import (
	"math"
	"strconv"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// Null consumes null if it is next and reports whether it was.
func (r *Reader) Null() bool {
	if r.Kind() != Null {
		return false
	}
	return r.literal("null")
}

// Text is the string that is next, still escaped and aliasing the body. Null
// is empty; any other kind is an error. Invalid UTF-8, halves of surrogate
// pairs, and raw U+2028 and U+2029 are repaired in a copy.
func (r *Reader) Text() ir.Text {
	if r.Kind() != String {
		r.nullOr(String)
		return ""
	}
	s, fl, ok := r.scanString()
	if !ok {
		return ""
	}
	r.ready = false
	if fl&^escaped != 0 {
		return repair(alias(s), fl)
	}
	return ir.Text(alias(s))
}

// Rough is Text without its repairs, for a text that may be cut before it is
// looked at. It is false when Text would have had to look for what to repair.
func (r *Reader) Rough() (t ir.Text, clean bool) {
	if r.Kind() != String {
		r.nullOr(String)
		return "", true
	}
	s, fl, ok := r.scanString()
	if !ok {
		return "", true
	}
	r.ready = false
	return ir.Text(alias(s)), fl&^escaped == 0
}

// String is the string that is next, decoded. It aliases the body when it
// holds no escapes. Null is empty; any other kind is an error.
func (r *Reader) String() string { return r.Text().String() }

// Bool is the boolean that is next. Null is false; any other kind is an error.
func (r *Reader) Bool() bool {
	if r.Kind() != Bool {
		r.nullOr(Bool)
		return false
	}
	if r.data[r.pos] == 't' {
		return r.literal("true")
	}
	r.literal("false")
	return false
}

// Int is the whole number that is next, be it written as 1, 1.0, 1e3 or, as
// protobuf's JSON writes 64-bit integers, "1". Null is zero; a fraction, a
// number that int64 cannot hold and any other kind are errors.
func (r *Reader) Int() int64 {
	at := r.pos
	num := r.Number()
	if r.err != nil || num == nil {
		return 0
	}
	n, ok := parseInt(alias(num))
	if !ok {
		r.failAt(at, "expected an integer of 64 bits")
		return 0
	}
	return n
}

// Float is the number that is next. Null is zero; a number beyond float64 and
// any other kind are errors.
func (r *Reader) Float() float64 {
	if r.Kind() != Number {
		r.nullOr(Number)
		return 0
	}
	at := r.pos
	num := r.Number()
	if r.err != nil {
		return 0
	}
	if n, ok := parseDigits(alias(num)); ok {
		return float64(n) // to the nearest, as ParseFloat does
	}
	f, err := strconv.ParseFloat(alias(num), 64)
	if err != nil {
		r.failAt(at, "number out of range")
		return 0
	}
	return f
}

// Number is the text of the number that is next, or of the number in the
// string that is next. Null is nil; any other kind is an error.
func (r *Reader) Number() []byte {
	switch r.Kind() {
	case Number:
		start := r.pos
		end, ok := scanNumber(r.data, start)
		if !ok {
			r.failByteAt(end, "expected a digit")
			return nil
		}
		r.pos = end
		r.ready = false
		return r.data[start:end]
	case String:
		start := r.pos
		s, _, ok := r.scanString()
		if !ok {
			return nil
		}
		r.ready = false
		if end, ok := scanNumber(s, 0); !ok || end != len(s) {
			r.failAt(start, "expected number, found string")
			return nil
		}
		return s
	}
	r.nullOr(Number)
	return nil
}

// nullOr consumes null, or fails because want is expected.
func (r *Reader) nullOr(want Kind) {
	if !r.Null() {
		r.failKind(want)
	}
}

// literal consumes the literal lit, whose first byte is next.
func (r *Reader) literal(lit string) bool {
	rest := r.data[r.pos:]
	if len(rest) < len(lit) || string(rest[:len(lit)]) != lit {
		i := 0
		for i < len(rest) && rest[i] == lit[i] {
			i++
		}
		r.failByteAt(r.pos+i, "expected "+lit)
		return false
	}
	r.pos += len(lit)
	r.ready = false
	return true
}

// scanNumber is the end of the number at start, or where it goes wrong.
func scanNumber(b []byte, start int) (end int, ok bool) {
	i := start
	if i < len(b) && b[i] == '-' {
		i++
	}
	if i < len(b) && b[i] == '0' {
		i++
	} else if i, ok = digits(b, i); !ok {
		return i, false
	}
	if i < len(b) && b[i] == '.' {
		if i, ok = digits(b, i+1); !ok {
			return i, false
		}
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		if i, ok = digits(b, i); !ok {
			return i, false
		}
	}
	return i, true
}

// digits is the end of the digits at i; there must be one.
func digits(b []byte, i int) (end int, ok bool) {
	start := i
	for i < len(b) && '0' <= b[i] && b[i] <= '9' {
		i++
	}
	return i, i > start
}

// parseDigits is the value of a few digits, as most numbers are.
func parseDigits(s string) (n int64, ok bool) {
	if s == "" || len(s) > maxDigits {
		return 0, false
	}
	for i := range len(s) {
		c := s[i] - '0'
		if c > 9 {
			return 0, false
		}
		n = n*10 + int64(c)
	}
	return n, true
}

// maxDigits is how many digits fit into 64 bits, whatever they are.
const maxDigits = 18

// parseInt is the value of a JSON number that is whole, whatever its notation.
func parseInt(s string) (int64, bool) {
	if n, ok := parseDigits(s); ok {
		return n, true
	}
	whole, rest := s, ""
	if i := strings.IndexAny(s, ".eE"); i >= 0 {
		whole, rest = s[:i], s[i:]
	}
	if strings.Trim(rest, ".0") == "" {
		n, err := strconv.ParseInt(whole, 10, 64)
		return n, err == nil
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f != math.Trunc(f) || f < -1<<63 || f >= 1<<63 {
		return 0, false
	}
	return int64(f), true
}
