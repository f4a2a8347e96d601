// Package caps knows what models can do: the built-in table, read beside the
// vendors' model pages, under the operator's overrides.
//
// A model that the table does not know gets what the newest generation of its
// family does; a family that it does not know gets what most compatible
// servers do.
package caps

import (
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// Of returns what a model can do at an account of the given provider. The
// model is the upstream's name. Dialect is the one in which the account is
// asked.
func Of(provider string, dialect ir.Dialect, model string) ir.Caps {
	name := base(model)
	var c ir.Caps
	switch {
	case strings.Contains(name, "claude"):
		c = claude(name)
	case strings.HasPrefix(name, "gemini") || strings.HasPrefix(name, "gemma"):
		c = gemini(name)
	case isOpenAI(name):
		c = openai(name)
	default:
		c = other(dialect)
	}
	surface(&c, provider, dialect)
	if provider == "antigravity" {
		antigravity(&c)
	}
	return c
}

// base strips what providers put in front of a model's name, such as
// models/, publishers/google/models/ or anthropic/, and the simulator's sim-.
func base(model string) string {
	if i := strings.LastIndexByte(model, '/'); i >= 0 {
		model = model[i+1:]
	}
	return strings.TrimPrefix(strings.ToLower(model), "sim-")
}

// surface adds what depends on the place rather than on the model.
func surface(c *ir.Caps, provider string, dialect ir.Dialect) {
	c.StreamUsage = true
	switch dialect {
	case ir.Chat:
		c.ParallelFlag, c.StrictTools, c.Logprobs = true, true, true
		c.MidSystem = true
		c.StopMax = 4
		c.NMax = 128
		c.CustomTools = provider == "openai" && c.Family == "openai"
		c.StructuredOutput = true
		c.MaxTemperature = 2
		c.URLImages = true
		c.Prefill = true
		if provider == "openai" {
			c.CompletionLimit = true
		}
	case ir.Responses:
		c.ParallelFlag, c.StrictTools, c.CustomTools, c.Logprobs = true, true, true, true
		c.MidSystem, c.StructuredOutput = true, true
		c.MaxTemperature = 2
		c.URLImages, c.URLFiles = true, true
		c.ToolResultMedia = true
		c.Prefill = true
	case ir.Anthropic:
		c.ToolResultMedia = true
		c.MaxTemperature = 1
		c.CacheBreakpoints = true
		c.URLImages, c.URLFiles = provider != "vertex", provider != "vertex"
	case ir.Gemini:
		c.StopMax = 5
		c.NMax = 8
		c.MaxTemperature = 2
		c.StructuredOutput = true
		c.Logprobs = true
	}
}

// other is a model of no known family on a compatible server: nothing is
// assumed beyond what most of them take.
func other(dialect ir.Dialect) ir.Caps {
	c := ir.Caps{Family: "other", Thinking: ir.ThinkingEffort, CanDisable: true}
	switch dialect {
	case ir.Anthropic:
		c = claude("claude-sonnet-4-5")
		c.Family = "other"
	case ir.Gemini:
		c = gemini("gemini-2.5-flash")
		c.Family = "other"
		c.FunctionCallID = true
	case ir.Responses:
		c.Levels = []string{"none", "minimal", "low", "medium", "high", "xhigh"}
	}
	return c
}
