package gemini

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// appendStrings reads a list of strings, or one string in the place of a list.
func appendStrings(list []string, r *jsonx.Reader) []string {
	if r.Kind() == jsonx.String {
		return append(list, r.String())
	}
	for in := r.Array(); in && r.Element(); {
		list = append(list, r.String())
	}
	return list
}

// object enters the object that is next and refuses null, which Object takes
// for an empty one.
func object(r *jsonx.Reader) bool {
	if r.Kind() == jsonx.Null {
		r.Fail("expected object, found null")
		return false
	}
	return r.Object()
}

// The writers. All append to dst.

// appendKey appends a comma, unless the object has just been opened, and a
// member's name with its colon. The name needs no escaping.
func appendKey(dst []byte, key string) []byte {
	if n := len(dst); n > 0 && dst[n-1] != '{' {
		dst = append(dst, ',')
	}
	dst = append(dst, '"')
	dst = append(dst, key...)
	return append(dst, '"', ':')
}

// appendComma appends the comma between two elements of an array.
func appendComma(dst []byte) []byte {
	if n := len(dst); n > 0 && dst[n-1] != '[' {
		dst = append(dst, ',')
	}
	return dst
}

func appendString(dst []byte, key, value string) []byte {
	return ir.AppendQuoted(appendKey(dst, key), value)
}

func appendText(dst []byte, key string, value ir.Text) []byte {
	return value.AppendJSON(appendKey(dst, key))
}

func appendRaw(dst []byte, key string, raw []byte) []byte {
	return append(appendKey(dst, key), raw...)
}

func appendBool(dst []byte, key string, v bool) []byte {
	return strconv.AppendBool(appendKey(dst, key), v)
}

func appendInt(dst []byte, key string, n int64) []byte {
	return strconv.AppendInt(appendKey(dst, key), n, 10)
}

// appendFloat appends a number in the shortest form that JSON has for it.
func appendFloat(dst []byte, key string, f float64) []byte {
	format := byte('f')
	if f != 0 && (f < 1e-6 && f > -1e-6 || f >= 1e21 || f <= -1e21) {
		format = 'e'
	}
	return strconv.AppendFloat(appendKey(dst, key), f, format, -1, 64)
}

// appendFields appends members that are kept as they stood.
func appendFields(dst []byte, fields []ir.Field) []byte {
	for i := range fields {
		if n := len(dst); n > 0 && dst[n-1] != '{' {
			dst = append(dst, ',')
		}
		dst = append(ir.AppendQuoted(dst, fields[i].Name), ':')
		dst = append(dst, fields[i].Raw...)
	}
	return dst
}

// appendLine appends raw JSON so that it fits on one line of an event stream:
// without white space between its tokens, and with the line separators that
// some clients take for line ends escaped.
func appendLine(dst, raw []byte) []byte {
	start := len(dst)
	dst = jsonx.AppendCompact(dst, raw)
	if at := separator(dst[start:]); at >= 0 {
		return appendEscaped(dst[:start], string(dst[start:]))
	}
	return dst
}

// appendEscaped appends JSON text with U+2028 and U+2029 escaped. They can
// stand inside of strings only.
func appendEscaped(dst []byte, s string) []byte {
	for s != "" {
		at := strings.Index(s, "\xe2\x80") // how both begin in UTF-8
		if at < 0 {
			break
		}
		r, size := utf8.DecodeRuneInString(s[at:])
		dst = append(dst, s[:at]...)
		switch r {
		case '\u2028':
			dst = append(dst, `\u2028`...)
		case '\u2029':
			dst = append(dst, `\u2029`...)
		default:
			dst = append(dst, s[at:at+size]...)
		}
		s = s[at+size:]
	}
	return append(dst, s...)
}

// separator is the offset of the first U+2028 or U+2029, or -1.
func separator(b []byte) int {
	if i := bytes.Index(b, []byte("\u2028")); i >= 0 {
		return i
	}
	return bytes.Index(b, []byte("\u2029"))
}
