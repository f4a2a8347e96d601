package session

import (
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// source is one way in which clients name a conversation.
type source struct {
	name     string // of the header, or what the key was found in
	dialects []ir.Dialect
	key      func(env *ir.Envelope, body []byte) string
}

var (
	openAI  = []ir.Dialect{ir.Chat, ir.Responses}
	google  = []ir.Dialect{ir.Gemini, ir.CodeAssist}
	respond = []ir.Dialect{ir.Responses}
)

// sources are tried in order; without dialects they are for all. The headers
// of X-Client-Request-Id's kind are none: most clients make them anew for each
// request.
var sources = []source{
	{"X-Ai-Gateway-Session", nil, func(env *ir.Envelope, _ []byte) string {
		if v := header(env, "X-Ai-Gateway-Session"); v != "" {
			return sum(v)[:32]
		}
		return ""
	}},
	{"X-Claude-Code-Session-Id", nil, func(env *ir.Envelope, _ []byte) string {
		return claudeKey(header(env, "X-Claude-Code-Session-Id"))
	}},
	{"metadata.user_id", nil, func(env *ir.Envelope, _ []byte) string {
		return claudeKey(claudeSession(env.Hints.UserID))
	}},
	{"gemini-cli", google, geminiCLI},
	// Codex, with underscores in its older versions.
	{"session_id", openAI, hashedHeader("codex:", "Session_id")},
	{"session-id", openAI, hashedHeader("codex:", "Session-Id")},
	{"conversation_id", openAI, hashedHeader("codex:", "Conversation_id")},
	{"thread-id", openAI, hashedHeader("codex:", "Thread-Id")},
	{"body.session_id", nil, func(env *ir.Envelope, _ []byte) string { return hashed("body:", env.Hints.Session.String()) }},
	{"previous_response_id", respond, func(env *ir.Envelope, _ []byte) string { return env.Hints.Known }},
	{"conversation", respond, func(env *ir.Envelope, _ []byte) string { return hashed("conv:", env.Hints.Conversation.String()) }},
	{"prompt_cache_key", openAI, func(env *ir.Envelope, _ []byte) string { return hashed("pck:", env.Hints.CacheKey.String()) }},
	{"X-Session-Id", nil, hashedHeader("hdr:", "X-Session-Id")},
	{"X-Session-Affinity", nil, hashedHeader("hdr:", "X-Session-Affinity")},
}

// named returns the session as the client itself names it.
func named(env *ir.Envelope, body []byte) Session {
	for i := range sources {
		from := &sources[i]
		if !from.serves(env.Dialect) {
			continue
		}
		key := from.key(env, body)
		if key == "" {
			continue
		}
		s := Session{Key: key, Source: from.name, Strong: true}
		if strings.HasPrefix(key, "codex:") {
			// Codex sends the same id as prompt_cache_key, in some requests alone.
			s.Alias = hashed("pck:", env.Hints.CacheKey.String())
		}
		return s
	}
	return Session{}
}

func (s *source) serves(d ir.Dialect) bool {
	for _, own := range s.dialects {
		if own == d {
			return true
		}
	}
	return s.dialects == nil
}

// header returns a header's value; the name must be canonical.
func header(env *ir.Envelope, name string) string {
	if values := env.Header[name]; len(values) > 0 {
		return strings.TrimSpace(values[0])
	}
	return ""
}

func hashedHeader(prefix, name string) func(*ir.Envelope, []byte) string {
	return func(env *ir.Envelope, _ []byte) string { return hashed(prefix, header(env, name)) }
}

// hashed is the prefix and the hash of a value, or "" if that is blank.
func hashed(prefix, value string) string {
	if value = strings.TrimSpace(value); value == "" {
		return ""
	}
	return prefix + sum(value)
}
