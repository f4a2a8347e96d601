package session

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// steady is text with its dates, times, UUIDs and Claude Code's content hash
// replaced by #, which are different in every request or every day.
func steady(text []byte) []byte {
	out, _ := steadyStart(text)
	return out
}

// steadyStart is steady, and how much of the text it has read: less than all of
// it when that makes a whole component. What it returns lies where the text
// begins. All that passes has a hyphen, a colon or an equals sign near its
// beginning and none before that, so that it looks for these, eight bytes at
// once, and then back.
func steadyStart(text []byte) (out []byte, read int) {
	out = text[:0]
	from := 0 // of what stays and is not copied yet
	for at := 0; ; at++ {
		end := min(len(text), from+maxComponent-len(out)) // of what makes a component, if all of it stays
		at += mark(text[at:])
		if at >= len(text) {
			return append(out, text[from:end]...), end
		}
		i := at - before(text[from:at], text[at])
		if i >= end {
			return append(out, text[from:end]...), end
		}
		if i == at || i > 0 && isWord(text[i-1]) {
			continue
		}
		n := passing(text[i:])
		if n == 0 {
			continue
		}
		out = append(append(out, text[from:i]...), '#')
		from, at = i+n, i+n-1
	}
}

// mark is the offset of the first hyphen, colon or equals sign, or the length of
// the text.
func mark(text []byte) int {
	i := 0
	for ; i+8 <= len(text); i += 8 {
		x := binary.LittleEndian.Uint64(text[i:])
		if m := (zeros(x^'-'*ones) | zeros(x^':'*ones) | zeros(x^'='*ones)) & highs; m != 0 {
			return i + bits.TrailingZeros64(m)/8
		}
	}
	for ; i < len(text); i++ {
		if c := text[i]; c == '-' || c == ':' || c == '=' {
			return i
		}
	}
	return i
}

const (
	ones  = 0x0101010101010101
	highs = 0x80 * ones
)

// zeros has the highest bit of the first byte that is zero set, and none before.
func zeros(x uint64) uint64 { return (x - ones) &^ x }

// The shape of a UUID, and the length of what stands before its first hyphen.
const (
	uuidShape = "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh"
	uuidHead  = 8
)

// before is how long before a mark that may begin which has the mark; 0 if
// nothing can.
func before(text []byte, mark byte) int {
	n := 0
	for n < uuidHead && n < len(text) && hexDigit(text[len(text)-1-n]) {
		n++
	}
	switch {
	case mark == ':' && n >= 2: // a time
		return 2
	case mark == '=' && bytes.HasSuffix(text, contentMark[:len(contentMark)-1]):
		return len(contentMark) - 1
	case mark == '-' && n == uuidHead:
		return n
	case mark == '-' && n >= 4: // a date
		return 4
	}
	return 0
}

// passing is the length of what will not stay at the start of s, or 0.
func passing(s []byte) int {
	c := s[0]
	if hexDigit(c) && shaped(s, uuidShape) {
		return bounded(s, len(uuidShape))
	}
	switch {
	case '0' <= c && c <= '9':
		return dateOrTime(s)
	case c == 'c' && bytes.HasPrefix(s, contentMark):
		return len(contentMark) + length(s[len(contentMark):], isWord)
	}
	return 0
}

var contentMark = []byte("cch=")

// dateOrTime is the length of an ISO 8601 date, time, or both.
func dateOrTime(s []byte) int {
	const date = "dddd-dd-dd"
	if !shaped(s, date) {
		return bounded(s, clock(s))
	}
	n := len(date)
	if len(s) > n && (s[n] == 'T' || s[n] == ' ') {
		if t := clock(s[n+1:]); t > 0 {
			n += 1 + t
		}
	}
	return bounded(s, n)
}

// clock is the length of a time of day, with its fraction and its zone.
func clock(s []byte) int {
	n := 0
	switch {
	case shaped(s, "dd:dd:dd"):
		n = len("dd:dd:dd")
	case shaped(s, "dd:dd"):
		n = len("dd:dd")
	default:
		return 0
	}
	if len(s) > n+1 && s[n] == '.' {
		if f := length(s[n+1:], isDigit); f > 0 {
			n += 1 + f
		}
	}
	switch zone := s[n:]; {
	case len(zone) > 0 && zone[0] == 'Z':
		n++
	case shaped(zone, "+dd:dd"), shaped(zone, "-dd:dd"):
		n += len("+dd:dd")
	case shaped(zone, "+dddd"), shaped(zone, "-dddd"):
		n += len("+dddd")
	}
	return n
}

// bounded is n unless a word goes on there.
func bounded(s []byte, n int) int {
	if n < len(s) && isWord(s[n]) {
		return 0
	}
	return n
}

// shaped reports whether s begins with the shape: d is a digit, h a hex digit,
// all else itself.
func shaped(s []byte, shape string) bool {
	if len(s) < len(shape) {
		return false
	}
	for i := range len(shape) {
		ok := s[i] == shape[i]
		switch shape[i] {
		case 'd':
			ok = isDigit(s[i])
		case 'h':
			ok = hexDigit(s[i])
		}
		if !ok {
			return false
		}
	}
	return true
}

// length is how many bytes at the start of s are of a kind.
func length(s []byte, kind func(byte) bool) int {
	n := 0
	for n < len(s) && kind(s[n]) {
		n++
	}
	return n
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isWord(c byte) bool {
	return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'z' || c == '_' || c >= 0x80
}
