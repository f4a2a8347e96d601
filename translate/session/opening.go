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
}

// lookAt finds the opening. It reads no more of a conversation than that.
func lookAt(env *ir.Envelope, body []byte) opening {
	o := opening{continues: env.Hints.Previous != "", end: env.TurnsAt.End}
	if env.TurnsAt.Len() == 0 || body[env.TurnsAt.Start] != '[' {
		return o // a single text or message
	}
	var r jsonx.Reader
	r.Reset(body[env.TurnsAt.Start:env.TurnsAt.End])
	r.Array()
	o.end = env.TurnsAt.Start + r.Offset()
	for r.Element() {
		if isAnswer(&r) {
			o.continues = true
			return o
		}
		o.end = env.TurnsAt.Start + r.Offset()
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

// maxOpening is the longest opening that is copied to be decoded apart. A
// longer one is likely to hold media.
const maxOpening = 64 << 10

// body returns the request without what follows the opening and without its
// tools, or the whole body where that would be much to copy.
func (o *opening) body(env *ir.Envelope, body []byte) []byte {
	var cuts [2]cut
	if o.continues && o.end < env.TurnsAt.End {
		cuts[0] = cut{ir.Span{Start: o.end, End: env.TurnsAt.End}, "]"}
	}
	if env.ToolsAt.Len() > 0 {
		cuts[1] = cut{env.ToolsAt, "[]"}
	}
	if cuts[1].at.Start < cuts[0].at.Start {
		cuts[0], cuts[1] = cuts[1], cuts[0]
	}
	size := len(body) - cuts[0].at.Len() - cuts[1].at.Len()
	if size > maxOpening {
		return body
	}
	out := make([]byte, 0, size+len("][]"))
	from := 0
	for _, c := range cuts {
		out = append(append(out, body[from:c.at.Start]...), c.with...)
		from = c.at.End
	}
	return append(out, body[from:]...)
}

// cut is a piece of a body that something shorter takes the place of.
type cut struct {
	at   ir.Span
	with string
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
