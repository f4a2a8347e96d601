package responses

import (
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// Instruct returns the body with the text as its instructions, and whether it
// had none: null and blank ones are none.
func Instruct(body []byte, env *ir.Envelope, text string) ([]byte, bool) {
	value := ir.AppendQuoted(nil, text)
	var r jsonx.Reader
	r.Reset(body)
	r.Recall(&env.Outline)
	for in := r.Object(); in && r.Member(); {
		start := r.Offset()
		if r.Key() != "instructions" {
			continue
		}
		switch r.Kind() {
		case jsonx.Null:
			r.Skip()
		case jsonx.String:
			if r.Text().TrimSpace() != "" {
				return body, false
			}
		default:
			return body, false // the decoder says what is wrong
		}
		return apply(nil, body, []edit{{ir.Span{Start: start, End: r.Offset()}, value}}), true
	}
	member := append([]byte(`"instructions":`), value...)
	if !env.Empty {
		member = append(member, ',')
	}
	return apply(nil, body, []edit{{ir.Span{Start: env.Open, End: env.Open}, member}}), true
}
