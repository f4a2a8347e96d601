package ir

import (
	"encoding/binary"
	"math/bits"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
	"unsafe"
)

// Text is a string as JSON writes it: the characters between the quotes, still
// escaped. It lets a conversation move from one JSON body to the next without
// being decoded. Two Texts may be concatenated. A Text usually aliases the
// request or the stream buffer that it was read from, so what outlives that
// buffer must be cloned.
//
// Text(s) is right only for a literal without quotes, backslashes and control
// characters; any other Go string must go through Plain.
type Text string

// Plain is the Text of a Go string. It allocates only when something in s must
// be escaped.
func Plain(s string) Text {
	if dirty(s) == len(s) {
		return Text(s)
	}
	dst := appendEscaped(make([]byte, 0, len(s)+len(s)/8+16), s)
	return Text(unsafe.String(unsafe.SliceData(dst), len(dst)))
}

// String is the decoded text. It allocates only when t holds an escape. Halves
// of surrogate pairs that stand alone become U+FFFD.
func (t Text) String() string {
	if strings.IndexByte(string(t), '\\') < 0 {
		return string(t)
	}
	dst := t.AppendDecoded(make([]byte, 0, len(t)))
	return unsafe.String(unsafe.SliceData(dst), len(dst))
}

// AppendDecoded appends what String returns.
func (t Text) AppendDecoded(dst []byte) []byte {
	s := string(t)
	for {
		i := slash(s)
		dst = append(dst, s[:i]...)
		if s = s[i:]; s == "" {
			return dst
		}
		if len(s) > 1 && simpleEscapes[s[1]] != 0 {
			dst, s = append(dst, simpleEscapes[s[1]]), s[2:]
			continue
		}
		r, n := unescape(s)
		dst, s = utf8.AppendRune(dst, r), s[n:]
	}
}

// slash is the offset of the first backslash of s, or its length. Where there is
// one the next is often near: in JSON inside of JSON.
func slash(s string) int {
	const near = 16
	for i := range min(len(s), near) {
		if s[i] == '\\' {
			return i
		}
	}
	if len(s) <= near {
		return len(s)
	}
	if i := strings.IndexByte(s[near:], '\\'); i >= 0 {
		return near + i
	}
	return len(s)
}

// simpleEscapes are the characters that escapes of two characters stand for.
var simpleEscapes = [256]byte{'"': '"', '\\': '\\', '/': '/', 'n': '\n', 't': '\t', 'r': '\r', 'b': '\b', 'f': '\f'}

// AppendStart appends the first n bytes of what String returns, and at most one
// character more.
func (t Text) AppendStart(dst []byte, n int) []byte {
	s, end := string(t), len(dst)+n
	for s != "" && len(dst) < end {
		plain := s[:min(len(s), end-len(dst))]
		i := strings.IndexByte(plain, '\\')
		if i < 0 {
			dst, s = append(dst, plain...), s[len(plain):]
			continue
		}
		dst = append(dst, s[:i]...)
		r, n := unescape(s[i:])
		dst = utf8.AppendRune(dst, r)
		s = s[i+n:]
	}
	return dst
}

// AppendJSON appends t as a JSON string, with its quotes.
func (t Text) AppendJSON(dst []byte) []byte {
	dst = append(dst, '"')
	dst = append(dst, t...)
	return append(dst, '"')
}

// Clone is a copy of t that shares no memory with it.
func (t Text) Clone() Text { return Text(strings.Clone(string(t))) }

// Blank reports whether the decoded text is empty or only Unicode white space.
func (t Text) Blank() bool { return t.trimLeft() == "" }

// TrimSpace is t without the white space, escaped or not, at both ends.
func (t Text) TrimSpace() Text { return t.trimLeft().TrimRight() }

// TrimRight is t without the white space, escaped or not, at its end.
func (t Text) TrimRight() Text {
	s := string(t)
	for s != "" {
		n := lastSpace(s)
		if n == 0 {
			break
		}
		s = s[:len(s)-n]
	}
	return Text(s)
}

func (t Text) trimLeft() Text {
	s := string(t)
	for s != "" {
		r, n := first(s)
		if !unicode.IsSpace(r) {
			break
		}
		s = s[n:]
	}
	return Text(s)
}

// HasPrefix reports whether the decoded text begins with plain. It decodes no
// more than it compares.
func (t Text) HasPrefix(plain string) bool {
	s := string(t)
	for plain != "" {
		if s == "" {
			return false
		}
		if s[0] != '\\' {
			if s[0] != plain[0] {
				return false
			}
			s, plain = s[1:], plain[1:]
			continue
		}
		r, n := unescape(s)
		var buf [utf8.UTFMax]byte
		size := utf8.EncodeRune(buf[:], r)
		if !strings.HasPrefix(plain, string(buf[:size])) {
			return false
		}
		s, plain = s[n:], plain[size:]
	}
	return true
}

// Contains reports whether the decoded text holds plain. It does not allocate.
func (t Text) Contains(plain string) bool {
	s := string(t)
	for {
		escape := strings.IndexByte(s, '\\')
		if escape < 0 {
			return strings.Contains(s, plain)
		}
		if strings.Contains(s[:escape], plain) {
			return true
		}
		// What is left are matches that reach the escape.
		for i := max(0, escape-len(plain)+1); i <= escape; i++ {
			if Text(s[i:]).HasPrefix(plain) {
				return true
			}
		}
		_, n := unescape(s[escape:])
		s = s[escape+n:]
	}
}

// AppendQuoted appends a Go string as a JSON string, with its quotes.
func AppendQuoted(dst []byte, s string) []byte {
	dst = append(dst, '"')
	dst = appendEscaped(dst, s)
	return append(dst, '"')
}

// AppendEscaped appends s escaped as between the quotes of a JSON string:
// quotes, backslashes, control characters, and U+2028 and U+2029, which some
// stream parsers take for line ends. Invalid UTF-8 becomes \ufffd. The
// characters of HTML stay as they are.
func AppendEscaped(dst []byte, s []byte) []byte {
	return appendEscaped(dst, unsafe.String(unsafe.SliceData(s), len(s)))
}

func appendEscaped(dst []byte, s string) []byte {
	for {
		n := dirty(s)
		dst = append(dst, s[:n]...)
		if n == len(s) {
			return dst
		}
		c := s[n]
		if c < utf8.RuneSelf {
			dst = appendEscape(dst, c)
			s = s[n+1:]
			continue
		}
		r, size := utf8.DecodeRuneInString(s[n:])
		switch r {
		case '\u2028':
			dst = append(dst, `\u2028`...)
		case '\u2029':
			dst = append(dst, `\u2029`...)
		default:
			dst = append(dst, `\ufffd`...)
		}
		s = s[n+size:]
	}
}

const hexDigits = "0123456789abcdef"

// appendEscape appends the escape of an ASCII character that needs one.
func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	case '\b':
		return append(dst, '\\', 'b')
	case '\f':
		return append(dst, '\\', 'f')
	}
	return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
}

const (
	ones  = 0x0101010101010101
	highs = 0x80 * ones
)

// dirty is the offset of the first byte of s that AppendEscaped must change,
// or len(s). It looks at eight bytes at once.
func dirty(s string) int {
	b := unsafe.Slice(unsafe.StringData(s), len(s))
	i := 0
	for i < len(b) {
		for i+8 <= len(b) {
			x := binary.LittleEndian.Uint64(b[i:])
			slash := x ^ '\\'*ones
			// x^2 moves the quote next to the control characters, and the
			// space and '!' away from them.
			m := ((x^2*ones)-0x21*ones)&^x | (slash-ones)&^slash | x
			if m &= highs; m != 0 {
				i += bits.TrailingZeros64(m) / 8
				break
			}
			i += 8
		}
		if i == len(b) {
			break
		}
		c := b[i]
		if c < utf8.RuneSelf {
			if c < ' ' || c == '"' || c == '\\' {
				return i
			}
			i++
			continue
		}
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 || r == '\u2028' || r == '\u2029' {
			return i
		}
		i += n
	}
	return i
}

// first decodes the first character of escaped text and tells its length there.
func first(s string) (rune, int) {
	if s[0] == '\\' {
		return unescape(s)
	}
	if s[0] < utf8.RuneSelf {
		return rune(s[0]), 1
	}
	return utf8.DecodeRuneInString(s)
}

// unescape decodes the escape at the start of s and tells its length. A
// backslash that begins no escape stands for itself.
func unescape(s string) (rune, int) {
	if len(s) < 2 {
		return '\\', 1
	}
	switch s[1] {
	case '"', '\\', '/':
		return rune(s[1]), 2
	case 'n':
		return '\n', 2
	case 't':
		return '\t', 2
	case 'r':
		return '\r', 2
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'u':
		return unescapeUnicode(s)
	}
	return '\\', 1
}

func unescapeUnicode(s string) (rune, int) {
	r := hex4(s)
	if r < 0 {
		return '\\', 1
	}
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	if pair := utf16.DecodeRune(r, hex4(s[6:])); pair != utf8.RuneError {
		return pair, 12
	}
	return utf8.RuneError, 6
}

// hex4 is the value of the escape of four digits (\u00e9) at the start of s, or -1.
func hex4(s string) rune {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return -1
	}
	var r rune
	for _, c := range []byte(s[2:6]) {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return -1
		}
		r = r<<4 | rune(c)
	}
	return r
}

// lastSpace is the length of the white space character, escaped or not, that
// ends s, or 0.
func lastSpace(s string) int {
	r, n := utf8.DecodeLastRuneInString(s)
	if unicode.IsSpace(r) {
		return n
	}
	for _, n := range [...]int{2, 6} { // \n and \u0020
		i := len(s) - n
		if i < 0 || s[i] != '\\' {
			continue
		}
		if slashes(s[:i+1])%2 == 0 {
			return 0 // the character follows an escaped backslash
		}
		if r, size := unescape(s[i:]); size == n && unicode.IsSpace(r) {
			return n
		}
	}
	return 0
}

// slashes counts the backslashes that end s.
func slashes(s string) int {
	n := 0
	for n < len(s) && s[len(s)-1-n] == '\\' {
		n++
	}
	return n
}
