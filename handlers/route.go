package handlers

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// routeKind is what a path asks for.
type routeKind uint8

const (
	routeUnknown      routeKind = iota // ours, but nothing is there
	routeGenerate                      //
	routeCount                         // count tokens
	routeEmbed                         // embed texts
	routeModels                        // the list of models
	routeModel                         // one model
	routeStored                        // a stored response
	routeAnswer                        // the gateway's own answer
	routeConversation                  // a conversation of the Responses API
	routeCompact                       // a shorter form of a conversation
	routeUnavailable                   // known to the vendor, not offered here
	routeHealth
)

// route is what method, path and headers tell of a request.
type route struct {
	kind     routeKind
	dialect  ir.Dialect
	provider string // the only provider whose accounts may answer; empty for any
	model    string // from the path
	id       string // a stored response's
	action   string // what is asked about it; empty for itself
	stream   bool   // from the path (Gemini)
	wrapped  bool   // Code Assist: bodies and answers are in its envelope
	single   bool   // Gemini's embedContent, which embeds one text
	array    bool   // Gemini without alt=sse: the stream is one JSON array
	methods  string // the methods that the path takes
	problem  string // why a Gemini path is none
}

// dialectPrefixes fix the client's dialect and nothing else.
var dialectPrefixes = []struct {
	prefix  string
	dialect ir.Dialect
}{{"/openai", ir.Chat}, {"/anthropic", ir.Anthropic}, {"/gemini", ir.Gemini}}

const antigravityPrefix = "/antigravity"

// parseRoute reads a request's route. It reports false for requests that are
// not the gateway's.
func parseRoute(r *http.Request) (route, bool) {
	if name, ok := strings.CutPrefix(r.URL.Path, "/v1/"); ok && r.URL.RawPath == "" {
		if rt, ok := fixedRoutes[name]; ok {
			return rt, true // as for most requests
		}
	}
	path := r.URL.EscapedPath()
	if path == "/health" {
		return route{kind: routeHealth, dialect: ir.Chat, methods: "GET, HEAD"}, true
	}
	var forced ir.Dialect
	var provider string
	switch rest, d := cutDialect(path); {
	case d != "":
		path, forced = rest, d
	case strings.HasPrefix(path, antigravityPrefix+"/"):
		path, provider = path[len(antigravityPrefix):], "antigravity"
	case !ours(path):
		return route{}, false
	}
	rt := matchPath(path, r, forced)
	rt.provider = provider
	return rt, true
}

func cutDialect(path string) (rest string, d ir.Dialect) {
	for _, p := range dialectPrefixes {
		if rest, ok := strings.CutPrefix(path, p.prefix); ok && strings.HasPrefix(rest, "/") {
			return rest, p.dialect
		}
	}
	return path, ""
}

func ours(path string) bool {
	for _, p := range [...]string{"/v1/", "/v1beta/", "/v1alpha/", "/responses/"} {
		if strings.HasPrefix(path, p) {
			return true
		}
	}
	return path == "/responses" || strings.HasPrefix(path, "/v1internal")
}

// matchPath finds what stands at a path without prefix.
func matchPath(path string, r *http.Request, forced ir.Dialect) route {
	version, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	switch {
	case version == "responses":
		rest = strings.TrimPrefix(path, "/")
	case strings.HasPrefix(version, "v1internal"):
		return codeAssistRoute(strings.TrimPrefix(path, "/v1internal"))
	case version == "v1beta" || version == "v1alpha" || version == "v1" && forced == ir.Gemini:
		return geminiRoute(rest, r)
	case version != "v1":
		return route{kind: routeUnknown, dialect: guessDialect(r, rest, forced)}
	case strings.HasPrefix(rest, "models/") && forced == "" && geminiAction(rest):
		return geminiRoute(rest, r)
	}
	if rt, ok := fixedRoutes[rest]; ok && speaks(forced, rt.dialect) {
		return rt
	}
	switch head, tail, _ := strings.Cut(rest, "/"); {
	case rest == "models" || rest == "claude/models":
		d := listDialect(r, forced)
		if rest == "claude/models" {
			d = ir.Anthropic
		}
		return route{kind: routeModels, dialect: d, methods: "GET"}
	case head == "models" && tail != "":
		return route{kind: routeModel, dialect: listDialect(r, forced), model: unescape(tail), methods: "GET"}
	case head == "responses" && speaks(forced, ir.Responses):
		return storedRoute(tail)
	case head == "conversations" && tail != "" && speaks(forced, ir.Responses):
		return conversationRoute(tail)
	}
	return route{kind: routeUnknown, dialect: guessDialect(r, rest, forced)}
}

// speaks reports whether a forced prefix leaves room for a dialect: OpenAI has
// two.
func speaks(forced, d ir.Dialect) bool {
	return forced == "" || forced == d || forced == ir.Chat && d == ir.Responses
}

// fixedRoutes are the paths that hold no name.
var fixedRoutes = map[string]route{
	"chat/completions":       {kind: routeGenerate, dialect: ir.Chat, methods: "POST"},
	"embeddings":             {kind: routeEmbed, dialect: ir.Chat, methods: "POST"},
	"responses":              {kind: routeGenerate, dialect: ir.Responses, methods: "POST"},
	"responses/input_tokens": {kind: routeCount, dialect: ir.Responses, methods: "POST"},
	"responses/compact":      {kind: routeCompact, dialect: ir.Responses, methods: "POST"},
	"conversations":          {kind: routeConversation, dialect: ir.Responses, methods: "POST"},
	"messages":               {kind: routeGenerate, dialect: ir.Anthropic, methods: "POST"},
	"messages/count_tokens":  {kind: routeCount, dialect: ir.Anthropic, methods: "POST"},
}

// storedRoute reads what follows responses/.
func storedRoute(tail string) route {
	id, action, _ := strings.Cut(tail, "/")
	rt := route{kind: routeStored, dialect: ir.Responses, id: unescape(id)}
	switch rt.action = action; action {
	case "":
		rt.methods = "GET, DELETE"
	case "cancel":
		rt.methods = "POST"
	case "input_items":
		rt.methods = "GET"
	default:
		rt.kind = routeUnknown
	}
	return rt
}

// conversationRoute reads what follows conversations/.
func conversationRoute(tail string) route {
	id, action, _ := strings.Cut(tail, "/")
	rt := route{kind: routeConversation, dialect: ir.Responses, id: unescape(id), action: action}
	switch action {
	case "":
		rt.methods = "GET, DELETE"
	case "items":
		rt.methods = "GET"
	default:
		rt.kind = routeUnknown
	}
	return rt
}

// listDialect is the shape in which a list of models is answered: a forced
// prefix decides, else the header that only one vendor's clients send.
func listDialect(r *http.Request, forced ir.Dialect) ir.Dialect {
	switch {
	case forced != "":
		return forced
	case r.Header.Get("Anthropic-Version") != "":
		return ir.Anthropic
	case r.Header.Get("X-Goog-Api-Key") != "" || r.URL.Query().Has("key"):
		return ir.Gemini
	default:
		return ir.Chat
	}
}

// guessDialect is the dialect of an error on a path that nothing is at.
func guessDialect(r *http.Request, rest string, forced ir.Dialect) ir.Dialect {
	switch {
	case strings.HasPrefix(rest, "messages"), strings.HasPrefix(rest, "complete"):
		return ir.Anthropic
	case strings.HasPrefix(rest, "responses"), strings.HasPrefix(rest, "conversations"):
		return ir.Responses
	default:
		return listDialect(r, forced)
	}
}

func unescape(s string) string {
	if out, err := url.PathUnescape(s); err == nil {
		return out
	}
	return s
}
