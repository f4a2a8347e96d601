package translate

import (
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// shaped reports whether the texts of the answer must be changed to what the
// client asked for: one of several values comes without white space around it,
// and what matches a regular expression without the quotes in which Gemini, who
// knows patterns for JSON alone, puts it.
func shaped(trip *ir.Trip) bool {
	switch trip.Request.Format.Kind {
	case ir.FormatEnum:
		return true
	case ir.FormatRegex:
		return trip.Target.Dialect == ir.Gemini
	default:
		return false
	}
}

// shape returns a whole text as the client asked for it.
func shape(text ir.Text, trip *ir.Trip) ir.Text {
	plain := text.String()
	if trip.Request.Format.Kind == ir.FormatEnum {
		return ir.Plain(strings.TrimSpace(plain))
	}
	var r jsonx.Reader
	r.Reset([]byte(plain))
	if r.Kind() != jsonx.String {
		return text
	}
	if inner := r.Text(); r.End() == nil {
		return inner
	}
	return text
}
