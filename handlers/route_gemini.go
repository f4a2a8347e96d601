package handlers

import (
	"net/http"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// geminiActions are the methods of Gemini's models, and what they ask for.
var geminiActions = map[string]route{
	"generateContent":       {kind: routeGenerate},
	"streamGenerateContent": {kind: routeGenerate, stream: true},
	"countTokens":           {kind: routeCount},
	"embedContent":          {kind: routeEmbed, single: true},
	"batchEmbedContents":    {kind: routeEmbed},
}

// geminiRoute reads a path behind the version: models, models/{model} and
// models/{model}:{action}.
func geminiRoute(rest string, r *http.Request) route {
	if rest == "models" {
		return route{kind: routeModels, dialect: ir.Gemini, methods: "GET"}
	}
	name, ok := strings.CutPrefix(rest, "models/")
	if !ok {
		return route{kind: routeUnknown, dialect: ir.Gemini}
	}
	name = unescape(name)
	model, action, ok := splitAction(name)
	rt, known := geminiActions[action]
	switch {
	case known:
	case r.Method != http.MethodPost:
		return route{kind: routeModel, dialect: ir.Gemini, model: cleanModel(name), methods: "GET"}
	case !ok:
		return route{kind: routeUnknown, dialect: ir.Gemini, problem: "invalid model action path"}
	}
	rt.dialect, rt.methods, rt.model = ir.Gemini, "POST", cleanModel(model)
	if !known {
		rt.problem = "unknown action " + action
	}
	rt.array = rt.stream && r.URL.Query().Get("alt") != "sse"
	return rt
}

// geminiAction reports whether a path that OpenAI's clients use for models ends
// in one of Gemini's actions.
func geminiAction(rest string) bool {
	i := strings.LastIndexByte(rest, ':')
	_, known := geminiActions[rest[i+1:]]
	return i >= 0 && known
}

// splitAction parts {model}:{action}: at the last colon when a known action
// follows, since model names may hold colons, else at the first, else at the
// first slash.
func splitAction(name string) (model, action string, ok bool) {
	if i := strings.LastIndexByte(name, ':'); i >= 0 {
		if _, known := geminiActions[name[i+1:]]; known {
			return name[:i], name[i+1:], true
		}
		return strings.Cut(name, ":")
	}
	return strings.Cut(name, "/")
}

// cleanModel strips the collections that Google's names may carry.
func cleanModel(model string) string {
	for _, p := range [...]string{"publishers/google/models/", "models/", "tunedModels/"} {
		model = strings.TrimPrefix(model, p)
	}
	return model
}
