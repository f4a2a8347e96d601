package handlers

import (
	"slices"

	"github.com/caddy-ai-gateway/ai-gateway/pool"
)

// compact has a conversation made shorter by an account that offers it. What
// comes out is encrypted, so that nobody else can make it.
func (c *call) compact() error {
	if !c.key.MayUse(c.env.Model) {
		return c.unknownModel(c.env.Model)
	}
	block := c.g.Models.find(c.env.Model)
	model := block.upstreamName(c.env.Model)
	if !slices.ContainsFunc(c.serving(model, block), func(a *pool.Account) bool { return c.offers(a, model) }) {
		return notFound(c.r.URL.Path + " is not offered by any account that serves " + short(c.env.Model))
	}
	pass, err := c.admit()
	if err != nil {
		return err
	}
	defer c.leave(pass)
	return c.answer(block)
}
