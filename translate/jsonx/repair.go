package jsonx

import (
	"strings"
	"unicode/utf8"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// repair is the Text of a scanned string with the given flags. It copies only
// what must be changed.
func repair(s string, fl flags) ir.Text {
	if fl&lone == 0 && (fl&nonASCII == 0 || clean(s)) {
		return ir.Text(s)
	}
	dst := make([]byte, 0, len(s)+len(s)/8+16)
	for s != "" {
		n := strings.IndexByte(s, '\\')
		if n < 0 {
			n = len(s)
		}
		dst = ir.AppendEscaped(dst, []byte(s[:n]))
		if s = s[n:]; s == "" {
			break
		}
		n, fl, _ := escape([]byte(s[:min(len(s), 12)]))
		if fl&lone != 0 {
			dst = append(dst, `\ufffd`...)
		} else {
			dst = append(dst, s[:n]...)
		}
		s = s[n:]
	}
	return ir.Text(alias(dst))
}

// clean reports whether s is valid UTF-8 without U+2028 and U+2029.
func clean(s string) bool {
	return utf8.ValidString(s) && !strings.Contains(s, "\u2028") && !strings.Contains(s, "\u2029")
}

// decodeKey is a member's name as a Go string.
func decodeKey(key []byte, fl flags) string {
	s := alias(key)
	if fl == 0 {
		return s
	}
	if fl == nonASCII && utf8.ValidString(s) {
		return s
	}
	return repair(s, fl).String()
}
