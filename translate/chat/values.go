package chat

import (
	"strconv"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// stringList reads a list of strings, or one string in the place of a list.
func stringList(r *jsonx.Reader) []string {
	if r.Kind() == jsonx.String {
		return []string{r.String()}
	}
	var list []string
	if r.Array() {
		for r.Element() {
			list = append(list, r.String())
		}
	}
	return list
}

func appendInt(dst []byte, n int64) []byte { return strconv.AppendInt(dst, n, 10) }

// appendFloat appends a number in the shortest form that JSON has for it.
func appendFloat(dst []byte, f float64) []byte {
	format := byte('f')
	if f != 0 && (f < 1e-6 && f > -1e-6 || f >= 1e21 || f <= -1e21) {
		format = 'e'
	}
	return strconv.AppendFloat(dst, f, format, -1, 64)
}

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
