package providers

import (
	"maps"
	"slices"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// Adjuster is implemented by a kind whose servers differ from what the table of models says.
type Adjuster interface {
	// Adjust corrects what one of the account's models can do. The operator's own `caps` come after it.
	Adjust(c *ir.Caps)
}

// preset is what is known of a server that copies OpenAI's API.
type preset struct {
	base   string   // as OpenAI's SDKs take it
	open   bool     // needs no credential
	models []string // that it serves where the configuration names none; nil for unknown

	concurrency int // of requests that do not disturb each other; 0 is any number
	adjust      func(*ir.Caps)
}

// presets are the servers that need no base_url, and in what each differs from OpenAI.
var presets = map[string]preset{
	"openrouter": {base: "https://openrouter.ai/api/v1", adjust: func(c *ir.Caps) {
		c.ExtSampling = true
	}},
	// api-docs.deepseek.com, "Create Chat Completion": response_format knows text and json_object; up to 16 stops. Since
	// V3.2 reasoning_content belongs into the history of a tool loop.
	"deepseek": {base: "https://api.deepseek.com/v1", adjust: func(c *ir.Caps) {
		c.StructuredOutput, c.StrictTools, c.DeveloperRole, c.CompletionLimit, c.URLImages = false, false, false, false, false
		c.ReasoningContent, c.NMax, c.StopMax = true, 1, 16
	}},
	// docs.mistral.ai, "Chat Completion": members that it does not know are refused with 422, stream_options among them
	// (avante-corp/avante.nvim#2347); the usage is in the last chunk anyway. A trailing assistant message needs `prefix`.
	"mistral": {base: "https://api.mistral.ai/v1", adjust: func(c *ir.Caps) {
		c.StreamUsage, c.CompletionLimit, c.DeveloperRole, c.Logprobs, c.Prefill = false, false, false, false, false
	}},
	// console.groq.com/docs/openai, "Currently Unsupported OpenAI Features".
	"groq": {base: "https://api.groq.com/openai/v1", adjust: func(c *ir.Caps) {
		c.Logprobs, c.NMax = false, 1
	}},
	// Many models' chat templates fail on a system message that is not the first (vllm-project/vllm#44505).
	"vllm": {base: "http://127.0.0.1:8000/v1", open: true, adjust: func(c *ir.Caps) {
		c.SystemFirstOnly, c.MidSystem, c.DeveloperRole, c.ExtSampling = true, false, false, true
	}},
	// github.com/xtekky/gpt4free at v8: see g4f.go.
	g4fName: {base: "http://127.0.0.1:1337/v1", open: true, models: []string{"deepseek-*", "qwen-*", "grok-*"}, concurrency: 4, adjust: func(c *ir.Caps) {
		localModel(c)
		c.Rewrite, c.ThinkTags = true, true
		c.StructuredOutput, c.StreamUsage, c.Logprobs, c.URLImages, c.ExtSampling = false, false, false, false, false
	}},
	"ollama":   {base: "http://127.0.0.1:11434/v1", open: true, adjust: localModel},
	"lmstudio": {base: "http://127.0.0.1:1234/v1", open: true, adjust: localModel},
}

// localModel is what servers of models in llama.cpp's format have in common: they make one answer, and their templates
// heed the first system message at most. They read images as data alone
// (docs.ollama.com/api/openai-compatibility).
func localModel(c *ir.Caps) {
	c.SystemFirstOnly, c.MidSystem, c.DeveloperRole, c.CompletionLimit = true, false, false, false
	c.ParallelFlag, c.StrictTools, c.URLImages, c.NMax = false, false, false, 1
}

var presetNames = slices.Sorted(maps.Keys(presets))
