package jsonx

import (
	"encoding/binary"
	"math/bits"
)

const (
	ones  = 0x0101010101010101
	highs = 0x80 * ones
)

const (
	endOfBody        = "unexpected end of body"
	badEscape        = "bad escape in string"
	controlCharacter = "control character in string"
)

// flags tells what a string holds that Text may have to repair.
type flags byte

const (
	escaped  flags = 1 << iota // a backslash
	nonASCII                   // bytes from 0x80 up
	lone                       // the escape of half a surrogate pair
)

// kinds is the kind of value that a byte begins.
var kinds = [256]Kind{
	'{': Object, '[': Array, '"': String, 't': Bool, 'f': Bool, 'n': Null, '-': Number,
	'0': Number, '1': Number, '2': Number, '3': Number, '4': Number,
	'5': Number, '6': Number, '7': Number, '8': Number, '9': Number,
}

// simpleEscapes are the characters that make an escape of two characters.
var simpleEscapes = [256]bool{
	'"': true, '\\': true, '/': true, 'b': true, 'f': true, 'n': true, 'r': true, 't': true,
}

// scanString reads the string at the current offset and returns what stands
// between its quotes.
func (r *Reader) scanString() (text []byte, fl flags, ok bool) {
	var end int
	var msg string
	start := r.pos + 1
	if r.outline == nil {
		end, fl, msg = stringEnd(r.data, start)
	} else {
		end, fl, msg = r.endOf(start)
	}
	if msg != "" {
		r.failAt(end, msg)
		return nil, 0, false
	}
	r.pos = end + 1
	return r.data[start:end], fl, true
}

// longString is from how many bytes on blocks are faster than words.
const longString = 128

// stringEnd is the offset of the quote that ends the string whose first
// character is at i, or where it goes wrong and how.
func stringEnd(b []byte, i int) (end int, fl flags, msg string) {
	return stringWords(b, i, i+longString, 0)
}

// stringWords is stringEnd. It looks at eight bytes at once and steps over the
// escapes among them without looking again. Behind the limit it leaves the
// string to blocks. fl is what was in the string before i.
func stringWords(b []byte, i, limit int, fl flags) (end int, _ flags, msg string) {
	var seen uint64 // all bytes of the string, or'ed
	last := len(b) - 8
	byBlocks := vectors && limit+2*blockSize <= len(b)
	if byBlocks {
		last = limit
	}
words:
	for i <= last {
		x := binary.LittleEndian.Uint64(b[i:])
		next := i + 8
		for m := special(x); m != 0; {
			n := bits.TrailingZeros64(m) &^ 7
			at := i + n/8
			switch c := byte(x >> n); {
			case c == '\\':
				fl |= escaped
				if at+1 == len(b) || !simpleEscapes[b[at+1]] && !simpleUnicode(b[at:]) {
					size, f, msg := escape(b[at:])
					if msg != "" {
						return at, 0, msg
					}
					fl |= f
					seen |= x & (1<<n - 1)
					i = at + size
					continue words
				}
				m &^= 0xFFFF << n
				next = max(next, at+2)
			case c == '"':
				seen |= x & (1<<n - 1)
				return at, fl | highFlag(seen), ""
			case c < ' ':
				return at, 0, controlCharacter
			default: // marked because of the byte below
				m &= m - 1
			}
		}
		seen |= x
		i = next
	}
	if byBlocks {
		return stringBlocks(b, i, fl|highFlag(seen))
	}
	return stringTail(b, i, fl|highFlag(seen))
}

// stringTail is stringEnd for the last bytes of the body.
func stringTail(b []byte, i int, fl flags) (int, flags, string) {
	for i < len(b) {
		switch c := b[i]; {
		case c == '"':
			return i, fl, ""
		case c == '\\':
			size, f, msg := escape(b[i:])
			if msg != "" {
				return i, 0, msg
			}
			fl |= f
			i += size
		case c < ' ':
			return i, 0, controlCharacter
		default:
			fl |= highFlag(uint64(c))
			i++
		}
	}
	return len(b), 0, endOfBody
}

// highFlag is nonASCII when a byte of x is not ASCII.
func highFlag(x uint64) flags {
	if x&highs != 0 {
		return nonASCII
	}
	return 0
}

// special marks the bytes of x that are quotes, backslashes or control
// characters: the lowest mark is right, and those above it may be too many.
func special(x uint64) uint64 {
	slash := x ^ '\\'*ones
	// x^2 moves the quote next to the control characters, and the space and
	// '!' away from them.
	return (((x^2*ones)-0x21*ones)&^x | (slash-ones)&^slash) & highs
}

// escape is the length of the escape at the start of b.
func escape(b []byte) (n int, fl flags, msg string) {
	if len(b) < 2 {
		return 0, 0, endOfBody
	}
	switch {
	case simpleEscapes[b[1]]:
		return 2, escaped, ""
	case b[1] == 'u':
		return unicodeEscape(b)
	}
	return 0, 0, badEscape
}

// simpleUnicode reports whether b begins with an escape of four digits (\u00e9) that is no surrogate.
func simpleUnicode(b []byte) bool {
	return len(b) >= 6 && b[1] == 'u' && hexDigits[b[2]]|hexDigits[b[3]]|hexDigits[b[4]]|hexDigits[b[5]] >= 0 &&
		(hexDigits[b[2]] != 0xD || hexDigits[b[3]] < 8)
}

// unicodeEscape is escape for one of four digits, or for two of them that are a pair.
func unicodeEscape(b []byte) (n int, fl flags, msg string) {
	if len(b) < 6 {
		for _, c := range b[2:] {
			if hexDigits[c] < 0 {
				return 0, 0, badEscape
			}
		}
		return 0, 0, endOfBody
	}
	u := hex4(b[2:6])
	switch {
	case u < 0:
		return 0, 0, badEscape
	case u&0xF800 != 0xD800:
		return 6, escaped, ""
	case u < 0xDC00 && len(b) >= 12 && b[6] == '\\' && b[7] == 'u' && hex4(b[8:12])&^0x3FF == 0xDC00:
		return 12, escaped, ""
	}
	return 6, escaped | lone, ""
}

// hex4 is the value of four hexadecimal digits, or less than 0.
func hex4(b []byte) int {
	_ = b[3]
	return int(hexDigits[b[0]])<<12 | int(hexDigits[b[1]])<<8 | int(hexDigits[b[2]])<<4 | int(hexDigits[b[3]])
}

// hexDigits is the value of each hexadecimal digit and -1 for other bytes.
var hexDigits = func() (table [256]int8) {
	for c := range table {
		table[c] = -1
	}
	for i, c := range []byte("0123456789abcdef") {
		table[c] = int8(i)
	}
	for i, c := range []byte("ABCDEF") {
		table[c] = int8(10 + i)
	}
	return table
}()
