package handlers

// What is listed for an upstream that never gave a list, for lack of scope or of
// a network, or that has none. Names of models live for months: an upstream's own
// list always goes before.

// described is a model as Google's lists show it. Limits of 0 are not known.
type described struct {
	name, display string
	input, output int // tokens
}

// ofGemini are the models of AI Studio as of August 2026.
var ofGemini = []described{
	{"gemini-2.5-pro", "Gemini 2.5 Pro", 1048576, 65536},
	{"gemini-2.5-flash", "Gemini 2.5 Flash", 1048576, 65536},
	{"gemini-2.5-flash-lite", "Gemini 2.5 Flash Lite", 1048576, 65536},
	{"gemini-3-pro-preview", "Gemini 3 Pro Preview", 1048576, 65536},
	{"gemini-3.1-pro-preview", "Gemini 3.1 Pro Preview", 1048576, 65536},
	{"gemini-3-flash-preview", "Gemini 3 Flash Preview", 1048576, 65536},
	{"gemini-3.1-flash-lite-preview", "Gemini 3.1 Flash Lite Preview", 1048576, 65536},
	{"gemini-pro-latest", "Gemini Pro Latest", 1048576, 65536},
	{"gemini-flash-latest", "Gemini Flash Latest", 1048576, 65536},
	{"gemini-flash-lite-latest", "Gemini Flash-Lite Latest", 1048576, 65536},
	{"gemini-2.5-flash-image", "Gemini 2.5 Flash Image", 1048576, 8192},
	{"gemini-3.5-flash", "Gemini 3.5 Flash", 1048576, 65536},
	{"gemini-3.5-flash-lite", "Gemini 3.5 Flash Lite", 1048576, 65536},
	{"gemini-3.6-flash", "Gemini 3.6 Flash", 1048576, 65536},
	{"gemini-3.7-flash", "Gemini 3.7 Flash", 1048576, 65536},
	{"gemini-3.1-flash-image-preview", "Gemini 3.1 Flash Image Preview", 1048576, 65536},
	{"gemini-3-pro-image-preview", "Gemini 3 Pro Image Preview", 1048576, 65536},
	{"gemini-3.1-flash-image", "Gemini 3.1 Flash Image", 1048576, 65536},
}

// ofAntigravity are the models of Antigravity as of August 2026.
var ofAntigravity = []described{
	{"claude-opus-4-6-thinking", "Claude Opus 4.6 (Thinking)", 200000, 64000},
	{"claude-sonnet-4-6", "Claude Sonnet 4.6 (Thinking)", 200000, 64000},
	{"gemini-3.6-flash-high", "Gemini 3.6 Flash", 1048576, 65536},
	{"gemini-3.7-flash-high", "Gemini 3.7 Flash", 1048576, 65536},
	{"gemini-3-flash", "Gemini 3 Flash", 1048576, 65536},
	{"gemini-3-flash-agent", "Gemini 3.5 Flash (High)", 1048576, 65536},
	{"gemini-3.1-flash-image", "Gemini 3.1 Flash Image", 0, 0},
	{"gemini-pro-agent", "Gemini 3.1 Pro (High)", 1048576, 65535},
	{"gemini-3.1-pro-low", "Gemini 3.1 Pro (Low)", 1048576, 65535},
	{"gpt-oss-120b-medium", "GPT-OSS 120B (Medium)", 114000, 32768},
	{"gemini-3.1-flash-lite", "Gemini 3.1 Flash Lite", 1048576, 65535},
	{"gemini-3.5-flash-low", "Gemini 3.5 Flash (Medium)", 1048576, 65535},
	{"gemini-3.5-flash-extra-low", "Gemini 3.5 Flash (Low)", 1048576, 65535},
}

// builtInModels are those lists by the kind of account, and others that the
// vendors' pages show.
var builtInModels = map[string][]string{
	"openai": {"gpt-5.2", "gpt-5.1", "gpt-5", "gpt-5-mini", "gpt-4.1", "gpt-4.1-mini", "o3", "o4-mini"},
	"anthropic": {
		"claude-opus-4-8", "claude-opus-4-6", "claude-sonnet-4-6", "claude-sonnet-4-5", "claude-haiku-4-5",
	},
	"gemini":      namesOfModels(ofGemini),
	"antigravity": namesOfModels(ofAntigravity),
	"code_assist": {"gemini-3-pro-preview", "gemini-3-flash-preview", "gemini-2.5-pro", "gemini-2.5-flash", "gemini-2.5-flash-lite"},
	"vertex": {
		"gemini-3.1-pro-preview", "gemini-3-pro-preview", "gemini-3-flash-preview", "gemini-2.5-pro", "gemini-2.5-flash", "gemini-2.5-flash-lite",
		"gemini-embedding-001", "claude-opus-4-6", "claude-sonnet-4-6", "claude-sonnet-4-5@20250929", "claude-haiku-4-5@20251001",
	},
}

func namesOfModels(list []described) []string {
	names := make([]string, len(list))
	for i, m := range list {
		names[i] = m.name
	}
	return names
}

// describe returns what is known of a model of Google's.
func describe(name string) (described, bool) {
	for _, list := range [][]described{ofGemini, ofAntigravity} {
		for _, m := range list {
			if m.name == name {
				return m, true
			}
		}
	}
	return described{}, false
}
