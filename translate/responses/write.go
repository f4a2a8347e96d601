package responses

import (
	"bytes"
	"math"
	"strconv"
	"unsafe"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

func appendInt(dst []byte, n int64) []byte { return strconv.AppendInt(dst, n, 10) }

// appendFloat writes the shortest number that reads back as f. JSON knows no
// infinities, which the decoders do not yield.
func appendFloat(dst []byte, f float64) []byte {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		return append(dst, '0')
	}
	return strconv.AppendFloat(dst, f, 'g', -1, 64)
}

// appendMember writes ,"name":raw.
func appendMember(dst []byte, name string, raw []byte) []byte {
	dst = append(ir.AppendQuoted(append(dst, ','), name), ':')
	return append(dst, raw...)
}

// appendOrNull writes a string, null when it is empty.
func appendOrNull(dst []byte, s string) []byte {
	if s == "" {
		return append(dst, "null"...)
	}
	return ir.AppendQuoted(dst, s)
}

var nul = []byte(`\u0000`)

// firstNUL is where an escaped NUL character may stand first, or -1. It looks for
// zeros, which are rarer than backslashes, a run of them at once: ids have long
// ones.
func firstNUL(b []byte) int {
	for from := 0; ; {
		i := bytes.IndexByte(b[from:], '0')
		if i < 0 {
			return -1
		}
		run := from + i
		for from = run + 1; from < len(b) && b[from] == '0'; {
			from++
		}
		if start := run - len(`\u`); from-run >= len(`0000`) && start >= 0 && bytes.HasPrefix(b[start:], nul) {
			return start
		}
	}
}

// dropNUL removes escaped NUL characters from the JSON that begins at from:
// OpenAI refuses requests that hold one.
func dropNUL(dst []byte, from int) []byte {
	i := firstNUL(dst[from:])
	if i < 0 {
		return dst
	}
	out := dst[:from+i]
	for rest := dst[from+i:]; len(rest) > 0; {
		switch {
		case bytes.HasPrefix(rest, nul) && !escapedEnd(out[from:]):
			rest = rest[len(nul):]
		default:
			out, rest = append(out, rest[0]), rest[1:]
		}
	}
	return out
}

// escapedEnd reports whether b ends in a backslash that escapes what follows.
func escapedEnd(b []byte) bool {
	n := 0
	for n < len(b) && b[len(b)-1-n] == '\\' {
		n++
	}
	return n%2 == 1
}

// alias is b as a string without a copy.
func alias(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
