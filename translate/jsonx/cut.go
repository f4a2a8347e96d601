package jsonx

import (
	"bytes"
	"slices"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// MemberSpan is where a member of the body's object stands, its name included,
// given where its value does. It is empty when the name is not written as
// given.
func MemberSpan(body []byte, name string, value ir.Span) ir.Span {
	start := bytes.LastIndex(body[:value.Start], []byte(`"`+name+`"`))
	if start < 0 || len(bytes.Trim(body[start+len(name)+2:value.Start], ":"+blank)) > 0 {
		return ir.Span{}
	}
	return ir.Span{Start: start, End: value.End}
}

const blank = " \t\r\n"

// Cuts makes elements and members into pieces that can be left out of the
// body: in order, neighbours as one, each with one of the commas beside it. It
// uses the memory of the list.
func Cuts(body []byte, list []ir.Span) []ir.Span {
	slices.SortFunc(list, func(a, b ir.Span) int { return a.Start - b.Start })
	out := list[:0]
	for _, s := range list {
		if n := len(out); n > 0 && (s.Start <= out[n-1].End || len(bytes.Trim(body[out[n-1].End:s.Start], ","+blank)) == 0) {
			out[n-1].End = max(out[n-1].End, s.End)
			continue
		}
		out = append(out, s)
	}
	for i := range out {
		cut := &out[i]
		rest := bytes.TrimLeft(body[cut.End:], blank)
		before := bytes.TrimRight(body[:cut.Start], blank)
		switch {
		case len(rest) > 0 && rest[0] == ',':
			cut.End = len(body) - len(rest) + 1
		case len(before) > 0 && before[len(before)-1] == ',':
			cut.Start = len(before) - 1
		}
	}
	return out
}
