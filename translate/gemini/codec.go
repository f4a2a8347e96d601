// Package gemini is the dialect of Google's Gemini API, as AI Studio and Vertex
// speak it.
//
// Protobuf's JSON accepts every field in lowerCamelCase and in snake_case,
// enum values in any case, 64-bit integers as strings and bytes in either
// base64 alphabet, so the decoder does too; the encoder writes what Google's
// documentation shows. The model and the stream flag stand in the path, not in
// the body.
//
// Code Assist wraps the same bodies in an envelope of its own: what unwraps and
// wraps them can use the Codec for what is inside.
package gemini

import (
	"net/http"
	"strconv"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// Codec is the dialect in both directions. It has no state.
type Codec struct{}

// Limits of all of Google's back ends.
const (
	maxName    = 64 // of a function's name; the newest models take 128
	maxID      = 64 // of a call's id, in characters that every dialect takes
	maxStops   = 5
	maxTopLogs = 20 // alternatives per token
)

// NameRule returns what Gemini accepts as a function's name:
// ^[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}$.
func (Codec) NameRule() ir.NameRule {
	return ir.NameRule{Max: maxName, LetterFirst: true, DotColon: true}
}

// Header returns nil: the dialect needs no headers besides the credentials.
func (Codec) Header(*ir.Request, *ir.Target) http.Header { return nil }

// DecodeCount reads the answer of countTokens.
func (Codec) DecodeCount(body []byte) (int64, error) {
	var r jsonx.Reader
	r.Reset(body)
	var total int64
	object(&r)
	for r.Member() {
		if camel(r.Key()) == "totalTokens" {
			total = r.Int()
		}
	}
	if r.End() != nil || total <= 0 { // no request has none
		return 0, badAnswer("the answer to countTokens cannot be read")
	}
	return total, nil
}

// AppendCount appends the answer of countTokens.
func (Codec) AppendCount(dst []byte, tokens int64) []byte {
	dst = append(dst, `{"totalTokens":`...)
	return append(strconv.AppendInt(dst, tokens, 10), '}')
}

// badAnswer is the error for an upstream's body that is no answer.
func badAnswer(message string) *ir.Error {
	return &ir.Error{Kind: ir.ErrUpstream, Status: http.StatusBadGateway, Message: message, Upstream: ir.Gemini}
}
