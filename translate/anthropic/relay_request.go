package anthropic

import (
	"bytes"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// onlyMessages are the members that /v1/messages takes and
// /v1/messages/count_tokens refuses.
var onlyMessages = map[string]bool{
	"max_tokens": true, "stream": true, "temperature": true, "top_p": true, "top_k": true, "stop_sequences": true,
	"metadata": true, "service_tier": true, "inference_geo": true, "container": true,
}

// RelayRequest appends the body with the upstream's model in it, and without
// thinking that Anthropic has not signed; all other bytes stay. A body for the
// counting endpoint loses the members that are legal for messages only.
func (Codec) RelayRequest(dst, body []byte, env *ir.Envelope, t *ir.Target) ([]byte, error) {
	if env.Op == ir.CountTokens {
		return relayCount(dst, body, t)
	}
	model, at := ir.AppendQuoted(nil, t.Model), env.ModelAt
	if at.Len() == 0 {
		at = ir.Span{Start: env.Open, End: env.Open}
		model = append([]byte(`"model":`), model...)
		if !env.Empty {
			model = append(model, ',')
		}
	}
	cuts := foreignCuts(body, env, t)
	if len(cuts) == 0 {
		if len(dst) == 0 && bytes.Equal(body[at.Start:at.End], model) {
			return body, nil
		}
		return jsonx.Splice(dst, body, at.Start, at.End, model), nil
	}
	pos, named := 0, false
	for _, cut := range append(cuts, ir.Span{Start: len(body), End: len(body)}) {
		if !named && at.Start < cut.Start {
			dst = append(append(dst, body[pos:at.Start]...), model...)
			pos, named = at.End, true
		}
		dst = append(dst, body[pos:cut.Start]...)
		pos = cut.End
	}
	return dst, nil
}

func relayCount(dst, body []byte, t *ir.Target) ([]byte, error) {
	var r jsonx.Reader
	r.Reset(body)
	dst = append(dst, `{"model":`...)
	dst = ir.AppendQuoted(dst, t.Model)
	for in := r.Object(); in && r.Member(); {
		key := r.Key()
		if key == "model" || onlyMessages[key] {
			continue
		}
		dst = append(ir.AppendQuoted(append(dst, ','), key), ':')
		dst = append(dst, r.Raw()...)
	}
	if err := r.End(); err != nil {
		return dst, unparsable(err)
	}
	return append(dst, '}'), nil
}
