package session

import (
	"bytes"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// opening is how a conversation begins: all up to the first answer.
type opening struct {
	continues bool // there is an answer
	end       int  // offset behind the last message before it
	messages  int  // how many come before it
}

// lookAt finds the opening. It reads no more of a conversation than that.
func lookAt(env *ir.Envelope, body []byte) opening {
	o := opening{continues: env.Hints.Previous != "", end: env.TurnsAt.End}
	if env.TurnsAt.Len() == 0 || body[env.TurnsAt.Start] != '[' {
		return o // a single text or message
	}
	var whole jsonx.Reader
	whole.Reset(body)
	whole.Recall(&env.Outline)
	r := whole.Sub(body[env.TurnsAt.Start:env.TurnsAt.End])
	r.Array()
	o.end = r.Offset()
	for r.Element() {
		if isAnswer(&r) {
			o.continues = true
			return o
		}
		o.end, o.messages = r.Offset(), o.messages+1
	}
	return o
}

// isAnswer reports whether a message, content or item was not said by the user
// or the system. It does not read an answer to its end.
func isAnswer(r *jsonx.Reader) bool {
	if r.Kind() != jsonx.Object {
		r.Skip() // Gemini and Responses allow plain text
		return false
	}
	var role, typ string
	r.Object()
	for r.Member() {
		switch r.Key() {
		case "role":
			role = r.TextIfAny().String()
			if role == "assistant" || role == "model" {
				return true
			}
		case "type":
			typ = r.TextIfAny().String()
		}
	}
	switch {
	case role != "":
		return role == "tool" || role == "function"
	default: // an item of the Responses dialect: calls, their outputs, reasoning
		return typ != "" && typ != "message"
	}
}

// omit are the pieces of the body that say nothing of the opening: what follows
// it, and the tools.
func (o *opening) omit(env *ir.Envelope, body []byte) (list []ir.Span) {
	if o.continues && o.end < env.TurnsAt.End {
		list = append(list, ir.Span{Start: o.end, End: env.TurnsAt.End - len("]")})
	}
	if at := env.ToolsAt; at.Len() > len("[]") && body[at.Start] == '[' {
		list = append(list, ir.Span{Start: at.Start + len("["), End: at.End - len("]")})
	}
	return list
}

// relies reports whether the request goes on with what only an account has.
// Decoders refuse it.
func (o *opening) relies(env *ir.Envelope) bool {
	return env.Stored.Background || env.Hints.Previous != "" || env.Hints.Conversation != "" || env.Stored.Conversation != ""
}

// maxOneShot is the longest answer, in tokens, that is taken for a title or a
// probe.
const maxOneShot = 64

// oneShot reports whether the request is likely to stand alone: short, without
// tools, and not worth a cache.
func (o *opening) oneShot(env *ir.Envelope, body []byte) bool {
	if o.continues || !env.MaxOutput.Set || env.MaxOutput.V > maxOneShot || env.ToolsAt.Len() > len("[]") {
		return false
	}
	for _, hint := range cacheHints {
		if bytes.Contains(body, hint) {
			return false
		}
	}
	return true
}

// cacheHints are the members by which clients ask for a prompt cache.
var cacheHints = [][]byte{[]byte(`"cache_control"`), []byte(`"prompt_cache_breakpoint"`), []byte(`"cachedContent"`)}
