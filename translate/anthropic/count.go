package anthropic

import (
	"net/http"
	"strconv"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// DecodeCount reads {"input_tokens":n}.
func (Codec) DecodeCount(body []byte) (int64, error) {
	var r jsonx.Reader
	r.Reset(body)
	n := int64(-1)
	r.Object()
	for r.Member() {
		if r.Key() == "input_tokens" {
			n = r.Int()
		}
	}
	if r.End() != nil || n < 0 {
		return 0, &ir.Error{Kind: ir.ErrUpstream, Status: http.StatusBadGateway, Message: "the upstream's answer is no token count", Upstream: ir.Anthropic}
	}
	return n, nil
}

// AppendCount appends {"input_tokens":n}.
func (Codec) AppendCount(dst []byte, tokens int64) []byte {
	dst = append(dst, `{"input_tokens":`...)
	return append(strconv.AppendInt(dst, tokens, 10), '}')
}
