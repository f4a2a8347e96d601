package chat

import (
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// reasoning gathers the three ways in which clients ask for reasoning. OpenAI's
// reasoning_effort wins over OpenRouter's reasoning, which wins over the
// thinking object of Anthropic's form.
type reasoning struct {
	effort string // reasoning_effort

	routerEffort  string
	routerBudget  ir.Opt[int]
	routerEnabled ir.Opt[bool]
	exclude       bool

	blockType   string
	blockBudget ir.Opt[int]
}

// router reads OpenRouter's reasoning object.
func (g *reasoning) router(r *jsonx.Reader) {
	for in := r.Object(); in && r.Member(); {
		switch r.Key() {
		case "effort":
			g.routerEffort = r.String()
		case "max_tokens":
			g.routerBudget = r.OptInt()
		case "enabled":
			g.routerEnabled = r.OptBool()
		case "exclude":
			g.exclude = r.Bool()
		}
	}
}

// block reads a thinking object as Anthropic's requests have it.
func (g *reasoning) block(r *jsonx.Reader) {
	if r.Kind() != jsonx.Object {
		r.Skip()
		return
	}
	for in := r.Object(); in && r.Member(); {
		switch r.Key() {
		case "type":
			g.blockType = r.String()
		case "budget_tokens":
			g.blockBudget = r.OptInt()
		}
	}
}

func (g *reasoning) settle() ir.Reasoning {
	out := g.mode()
	if g.exclude {
		out.Summary = "none"
	}
	return out
}

func (g *reasoning) mode() ir.Reasoning {
	effort := g.effort
	if effort == "" {
		effort = g.routerEffort
	}
	switch {
	case effort == "none":
		return ir.Reasoning{Mode: ir.ReasoningOff}
	case effort != "":
		return ir.Reasoning{Mode: ir.ReasoningEffort, Effort: effort}
	case g.routerBudget.Set:
		return ir.Reasoning{Mode: ir.ReasoningBudget, Budget: g.routerBudget.V}
	case g.routerEnabled.Set && !g.routerEnabled.V, g.blockType == "disabled":
		return ir.Reasoning{Mode: ir.ReasoningOff}
	case g.routerEnabled.Set, g.blockType == "adaptive", g.blockType == "enabled" && g.blockBudget.V < 0:
		return ir.Reasoning{Mode: ir.ReasoningAuto}
	case g.blockType == "between_tools":
		return ir.Reasoning{Mode: ir.ReasoningBetweenTools}
	case g.blockType == "enabled":
		return ir.Reasoning{Mode: ir.ReasoningBudget, Budget: g.blockBudget.V}
	default:
		return ir.Reasoning{}
	}
}
