package translate

import (
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/session"
)

// Session returns the conversation that the call belongs to. With weak, one
// that the client does not name is told by how it began; that may decode the
// body, of which no more is read than needed. scratch is memory to work in, to
// which nothing refers afterwards; it may be nil.
func (c *Call) Session(who session.Caller, weak bool, scratch []byte) session.Session {
	if !weak {
		return session.Of(c.env, c.body, who, nil)
	}
	return session.Of(c.env, c.body, who, &session.Weak{Decoded: c.req, Scratch: scratch, Open: func(omit []ir.Span) (*ir.Request, error) {
		if len(omit) == 0 {
			return c.request()
		}
		env := *c.env
		env.Outline.Omit = omit
		return c.client.DecodeRequest(c.body, &env)
	}})
}
