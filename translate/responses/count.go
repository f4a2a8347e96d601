package responses

import (
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// DecodeCount reads the answer of /v1/responses/input_tokens.
func (Codec) DecodeCount(body []byte) (int64, error) {
	var r jsonx.Reader
	r.Reset(body)
	tokens := int64(-1)
	for open := r.Object(); open && r.Member(); {
		if r.Key() == "input_tokens" {
			tokens = r.Int()
		}
	}
	if err := r.End(); err != nil {
		return 0, badAnswer("reading token count: " + err.Error())
	}
	if tokens < 0 {
		return 0, badAnswer("the upstream's answer holds no token count")
	}
	return tokens, nil
}

// AppendCount appends the answer of /v1/responses/input_tokens.
func (Codec) AppendCount(dst []byte, tokens int64) []byte {
	dst = append(dst, `{"object":"response.input_tokens","input_tokens":`...)
	return append(appendInt(dst, tokens), '}')
}

// badAnswer is the error for an upstream's body that is no answer.
func badAnswer(message string) *ir.Error {
	return &ir.Error{Kind: ir.ErrUpstream, Status: 502, Message: message, Upstream: ir.Responses}
}
