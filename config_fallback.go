package aigateway

import (
	"cmp"

	"go.uber.org/zap"

	"github.com/caddy-ai-gateway/ai-gateway/glob"
	"github.com/caddy-ai-gateway/ai-gateway/pool"
)

// warnOfStrayFallbacks tells of fallbacks that no account serves, so that they never answer.
func (h *Handler) warnOfStrayFallbacks() {
	for _, model := range h.Models {
		for _, name := range model.Fallback {
			if !h.servesModel(name) {
				h.logger.Warn("no account serves a fallback, so that it never answers; correct its name, or add it to the models of an account",
					zap.String("gateway", h.Name), zap.String("in", "model "+model.Pattern), zap.String("fallback", name))
			}
		}
	}
}

// servesModel reports whether an account, be it disabled, has the model that a client calls so.
func (h *Handler) servesModel(name string) bool {
	block := h.blockOf(name)
	if block == nil {
		block = &Model{}
	}
	names, err := glob.CompileList(block.Accounts)
	if err != nil {
		return true // the next step refuses it
	}
	for i := range h.accounts {
		a := &h.accounts[i]
		if models, err := a.pool(); err == nil && (len(block.Accounts) == 0 || names.Match(a.Name)) {
			if _, how := models.Match(cmp.Or(block.As, name)); how != pool.None {
				return true
			}
		}
	}
	return false
}

// blockOf returns the block that speaks of a model: of its name, else the first whose pattern fits; nil if none does.
func (h *Handler) blockOf(name string) *Model {
	var found *Model
	for _, m := range h.Models {
		if m.Pattern == name {
			return m
		}
		if g, err := glob.Compile(m.Pattern); found == nil && isGlob(m.Pattern) && err == nil && g.Match(name) {
			found = m
		}
	}
	return found
}
