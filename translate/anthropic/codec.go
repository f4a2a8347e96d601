// Package anthropic is the dialect of Anthropic Messages, as Anthropic, Claude
// on Vertex and the servers that imitate them speak it.
//
// Requests are read liberally and written strictly: neighbouring turns are
// merged, results stand first, thinking is sent only where its signature is
// good, and every rule that the API answers with a 400 is kept beforehand.
package anthropic

import "github.com/caddy-ai-gateway/ai-gateway/translate/ir"

// Codec is the dialect in both directions. It has no state.
type Codec struct{}

// maxName and maxID are the longest tool name and call id that every Claude
// model takes.
const (
	maxName = 64
	maxID   = 64
)

// filler is what the user says where the API demands a user's message and the
// conversation has none.
const filler = "(continue)"

// jsonTool is the tool that a model without structured output is forced to
// call with its answer. The decoder turns the call back into text.
const jsonTool = "json_response"

// NameRule returns what Anthropic accepts as a tool's name:
// ^[a-zA-Z0-9_-]{1,64}$.
func (Codec) NameRule() ir.NameRule { return ir.NameRule{Max: maxName} }
