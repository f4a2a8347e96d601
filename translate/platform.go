package translate

import (
	"bytes"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// surprises are words in a body that a platform which speaks the client's dialect may not take as the vendor itself
// does. Reading the body, where one is found, finds out whether it matters.
var surprises = map[string]map[ir.Dialect]ir.Words{
	"vertex":      {ir.Anthropic: ir.WordVertex, ir.Gemini: ir.WordCloud},
	"code_assist": {ir.Gemini: ir.WordCloud},
}

// filesHost is in the addresses of files that are uploaded to Gemini's API.
var filesHost = []byte("generativelanguage.googleapis.com")

// relays reports whether the body can be handed on as it is.
func (c *Call) relays(t *ir.Target) bool {
	if t.Dialect != c.env.Dialect {
		return false
	}
	if c.env.Op == ir.Compact {
		return true
	}
	if t.Provider == "code_assist" && c.env.Op == ir.CountTokens && c.env.Outline.Has(c.body, ir.WordThought) {
		return false // whose countTokens refuses thoughts
	}
	if t.Provider == "antigravity" || t.Caps.Rewrite {
		return false // which takes less than Google's other platforms, and has Claude speak the dialect
	}
	return !c.expanded && !readAlways(t) && !c.surprises(t) && !c.namesImages(t)
}

// readAlways reports whether nothing is relayed to the account, whatever the body holds.
func readAlways(t *ir.Target) bool { return t.Caps.Repair || t.Caps.Codex && t.Dialect == ir.Responses }

func (c *Call) surprises(t *ir.Target) bool {
	words := surprises[t.Provider][t.Dialect]
	if c.env.Unwrapped && words == 0 {
		words = ir.WordCodeAssist // which only Google Cloud's platforms take
	}
	return c.env.Outline.Has(c.body, words) || words&ir.WordCloud != 0 && bytes.Contains(c.body, filesHost)
}
