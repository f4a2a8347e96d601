// Package chat is the dialect of OpenAI's Chat Completions, as OpenAI speaks it
// and as the many servers that imitate it do: vLLM, Ollama, Mistral, DeepSeek,
// Google's compatibility endpoint, LiteLLM, OpenRouter.
//
// Requests are read liberally and written strictly. What only some servers know
// is written only where the target's caps say so.
package chat

import (
	"net/http"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// Codec is the dialect in both directions. It has no state.
type Codec struct{}

// maxName and maxID are the longest tool name and call id that OpenAI takes.
const (
	maxName = 64
	maxID   = 40
)

// NameRule returns what OpenAI accepts as a function's name:
// ^[a-zA-Z0-9_-]{1,64}$.
func (Codec) NameRule() ir.NameRule { return ir.NameRule{Max: maxName} }

// Header returns nil: the dialect needs no headers besides the credentials.
func (Codec) Header(*ir.Request, *ir.Target) http.Header { return nil }

// DecodeCount fails: the dialect has no endpoint that counts tokens.
func (Codec) DecodeCount([]byte) (int64, error) { return 0, noCounting() }

// AppendCount appends a number of tokens in the form of OpenAI's
// /v1/responses/input_tokens, since the dialect has none of its own.
func (Codec) AppendCount(dst []byte, tokens int64) []byte {
	dst = append(dst, `{"object":"response.input_tokens","input_tokens":`...)
	return append(appendInt(dst, tokens), '}')
}

func noCounting() *ir.Error {
	return &ir.Error{
		Kind: ir.ErrUnimplemented, Status: http.StatusNotImplemented,
		Message: "Chat Completions has no endpoint that counts tokens",
	}
}
