package translate

import (
	"bytes"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// surprises are pieces of a body that a platform which speaks the client's dialect may not take as the vendor itself
// does. Searching for them is cheap; reading the body, where one is found, finds out whether it matters.
var surprises = map[string]map[ir.Dialect][][]byte{
	"vertex":      {ir.Anthropic: onVertex, ir.Gemini: onCloud},
	"code_assist": {ir.Gemini: onCloud},
}

var onVertex = words(
	`"url"`, `"file_id"`, `"service_tier"`, `"speed"`, `"inference_geo"`, `"container"`, `"mcp_servers"`, `"betas"`,
)

var onCloud = words(
	`"generateContentRequest"`, `"generate_content_request"`, `"store"`, `"fileSearch"`, `"mcpServers"`,
	`"includeServerSideToolInvocations"`, `"mediaProcessing"`, `generativelanguage.googleapis.com`,
)

// ofCodeAssist are members that Code Assist's clients send, and that only Google Cloud's platforms take.
var ofCodeAssist = words(`"session_id"`, `"sessionId"`, `"labels"`)

func words(list ...string) [][]byte {
	out := make([][]byte, len(list))
	for i, w := range list {
		out[i] = []byte(w)
	}
	return out
}

// relays reports whether the body can be handed on as it is.
func (c *Call) relays(t *ir.Target) bool {
	if t.Dialect != c.env.Dialect {
		return false
	}
	if c.env.Op == ir.Compact {
		return true
	}
	return !c.expanded && !c.surprises(t)
}

func (c *Call) surprises(t *ir.Target) bool {
	list := surprises[t.Provider][t.Dialect]
	if c.env.Unwrapped && list == nil {
		list = ofCodeAssist
	}
	for _, w := range list {
		if bytes.Contains(c.body, w) {
			return true
		}
	}
	return false
}
