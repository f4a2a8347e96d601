package handlers

import (
	"errors"
	"net/http"

	"github.com/caddy-ai-gateway/ai-gateway/pool"
	"github.com/caddy-ai-gateway/ai-gateway/providers"
	"github.com/caddy-ai-gateway/ai-gateway/translate"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// generate gets an answer from some account: of the model that was asked for,
// else of its fallbacks.
func (c *call) generate() error {
	if c.env.Stream {
		c.sink.begin(streamType(c.env), translate.Ping(c.route.dialect))
	}
	if !c.key.MayUse(c.env.Model) {
		return c.unknownModel(c.env.Model)
	}
	pass, err := c.admit()
	if err != nil {
		return err
	}
	defer c.leave(pass)
	block := c.g.Models.find(c.env.Model)
	if done, err := c.intercept(block); done {
		return err
	}
	return c.leaveThread(c.answer(block), block)
}

// answer gets the answer of a request that may run.
func (c *call) answer(block *Model) error {
	c.findSession()
	err := c.try(c.env.Model, block)
	for _, name := range block.Fallback {
		if err == nil || !mayFallBack(err) {
			return err
		}
		// A fallback that nobody serves says less than what went wrong before.
		if next := c.try(name, c.g.Models.find(name)); next == nil || asError(next).Code != codeUnknownModel {
			err = next
		}
	}
	return err
}

func streamType(env *ir.Envelope) string {
	if env.Array {
		return "application/json"
	}
	return "text/event-stream"
}

// mayFallBack reports whether another model may answer what this one could
// not: never when the request itself is at fault.
func mayFallBack(err error) bool {
	if errors.Is(err, errDelivered) {
		return false
	}
	e := asError(err)
	return e.Status >= 500 || e.Status == http.StatusTooManyRequests || e.Status == http.StatusNotFound
}

// errDelivered says that the client has its answer, be it an error inside the
// stream.
var errDelivered = errors.New("delivered")

// want is what the request asks of the pool. What the hunt excludes plays a part
// from the start only if a proxy may be dead.
func (c *call) want(asked string, block *Model, h *hunt) pool.Want {
	model := block.upstreamName(asked)
	may := c.circle(block, model)
	w := pool.Want{Model: model, Circle: may.Circle, Pin: c.pin(), Session: c.poolSession(), Client: c.key.Name}
	if may.proxied {
		w.Exclude = h.excludes
	}
	return w
}

// offers reports whether the account has the operation at all, where not all
// have.
func (c *call) offers(a *pool.Account, model string) bool {
	switch c.env.Op {
	case ir.Embed:
		return upstreamOf(a).Provider.Dialect(c.route.dialect, ir.Embed, model) != ""
	case ir.Compact:
		return upstreamOf(a).Provider.Dialect(c.route.dialect, ir.Compact, model) == ir.Responses
	default: // a count is estimated where there is no other way
		return upstreamOf(a).Provider.Dialect(c.route.dialect, ir.Generate, model) != ""
	}
}

// allowed reports whether the key, the model's block and the route's prefix let
// the account answer.
func (c *call) allowed(a *pool.Account, block *Model) bool {
	if c.route.provider != "" && a.Provider != c.route.provider {
		return false
	}
	if block.Accounts != nil && !block.Accounts.Match(a.Name) {
		return false
	}
	if (c.strict || block.Strict) && isLax(a) {
		return false
	}
	return c.key.MayUseAccount(a.Name)
}

// isLax reports whether the account promises nothing that a strict request is
// about.
func isLax(a *pool.Account) bool {
	lax, ok := upstreamOf(a).Provider.(providers.Lax)
	return ok && lax.Lax()
}

// tooStrict is the error for a strict request for a model that only accounts
// without promises serve; nil for any other.
func (c *call) tooStrict(model string, block *Model) error {
	if !c.strict && !block.Strict {
		return nil
	}
	for _, a := range c.g.Pool.Accounts() {
		if _, _, serves := a.Serves(block.upstreamName(model)); serves && !a.Disabled && isLax(a) && c.key.MayUseAccount(a.Name) {
			return ir.Unsupported("model", "the accounts that serve model %s promise nothing of what a strict request asks for", short(model))
		}
	}
	return nil
}
