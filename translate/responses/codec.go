// Package responses is the dialect of OpenAI's Responses API, the one that
// Codex speaks.
//
// A conversation is a flat list of items: messages, reasoning, tool calls and
// their outputs. Decoding folds what one speaker says in a row into a turn;
// encoding unfolds turns into items. An answer is such a list too, and its
// stream announces, fills and completes each item before the next.
//
// Sources: OpenAI's API reference for /v1/responses and its event types, and
// the types of github.com/openai/openai-go (package responses).
package responses

import (
	"net/http"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// Codec is the dialect in both directions. It has no state.
type Codec struct{}

const (
	maxName   = 64 // longest tool name
	maxCallID = 64 // longest call_id
	minOutput = 16 // least max_output_tokens that OpenAI takes

	maxBreakpoints = 4  // most prompt_cache_breakpoints in a request
	maxLabels      = 16 // most pairs of metadata
)

// NameRule returns what OpenAI accepts as a function's name:
// ^[a-zA-Z0-9_-]{1,64}$.
func (Codec) NameRule() ir.NameRule { return ir.NameRule{Max: maxName} }

// Header returns nil: the dialect needs no headers besides the credentials.
func (Codec) Header(*ir.Request, *ir.Target) http.Header { return nil }
