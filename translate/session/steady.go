package session

import "bytes"

// steady is text with its dates, times, UUIDs and Claude Code's content hash
// replaced by #, which are different in every request or every day.
func steady(text []byte) []byte {
	out, _ := steadyStart(text)
	return out
}

// steadyStart is steady, and how much of the text it has read: less than all of
// it when that makes a whole component.
func steadyStart(text []byte) (out []byte, read int) {
	out = make([]byte, 0, min(len(text), maxComponent)+len("#"))
	from := 0 // of what stays and is not copied yet
	word := false
	i := 0
	for i < len(text) && len(out)+i-from < maxComponent {
		class := bytesOf[text[i]]
		n := 0
		if class&beginsPassing != 0 && !word {
			n = passing(text[i:])
		}
		if n == 0 {
			word = class&inWord != 0
			i++
			continue
		}
		out = append(append(out, text[from:i]...), '#')
		i += n
		from, word = i, isWord(text[i-1])
	}
	return append(out, text[from:min(len(text), from+maxComponent-len(out))]...), i
}

// What a byte can be in a text.
const (
	inWord        = 1 << iota // part of a word
	beginsPassing             // the first byte of what will not stay
)

// bytesOf tells what each byte can be.
var bytesOf = func() (table [256]uint8) {
	for c := range table {
		if isWord(byte(c)) {
			table[c] |= inWord
		}
		if hexDigit(byte(c)) {
			table[c] |= beginsPassing // as does the c of cch=
		}
	}
	return table
}()

// passing is the length of what will not stay at the start of s, or 0.
func passing(s []byte) int {
	c := s[0]
	if hexDigit(c) {
		if shaped(s, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx") {
			return bounded(s, len("xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"))
		}
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

// shaped reports whether s begins with the shape: d is a digit, x a hex digit,
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
		case 'x':
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
