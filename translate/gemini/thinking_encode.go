package gemini

import (
	"slices"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// quickAnswer is the number of tokens below which a model that thinks unasked
// has none left for the answer: maxOutputTokens counts thoughts.
const quickAnswer = 2048

// thinkingConfig writes how much the model is to think: a budget for Gemini
// 2.5, a level for Gemini 3, never both, which is a 400.
func (e *encoder) thinkingConfig() {
	if isClaude(e.t) {
		e.claudeThinking()
		return
	}
	caps := &e.t.Caps
	start := len(e.dst)
	e.dst = append(appendKey(e.dst, "thinkingConfig"), '{')
	empty := len(e.dst)
	switch caps.Thinking {
	case ir.ThinkingBudget:
		e.budget()
	case ir.ThinkingLevel:
		e.level()
	default:
		e.dst = e.dst[:start]
		if e.req.Reasoning.On() {
			e.lose(ir.Hint, ir.CodeDrop, e.reasoningPath(), "the model's thinking cannot be controlled")
		}
		return
	}
	asked := len(e.dst) > empty
	if show, ok := e.showThoughts(); ok && (asked || show || e.native) {
		e.dst = appendBool(e.dst, "includeThoughts", show)
	}
	if e.native {
		e.nested(configPrefix + "thinkingConfig.")
	}
	if len(e.dst) == empty {
		e.dst = e.dst[:start]
		return
	}
	e.dst = append(e.dst, '}')
}

// reasoningPath is where the client said how much to think.
func (e *encoder) reasoningPath() string {
	r := &e.req.Reasoning
	if e.req.Dialect == ir.Responses || r.Mode == ir.ReasoningEffort || r.Effort != "" {
		return e.req.Path(ir.FieldEffort)
	}
	return e.req.Path(ir.FieldReasoning)
}

func (e *encoder) cannotDisable() {
	e.lose(ir.Semantic, "reasoning.cannot_disable", e.reasoningPath(), "the least that the model can do")
}

// budget writes a thinkingBudget in the model's range.
func (e *encoder) budget() {
	caps := &e.t.Caps
	budget, ok := e.req.Reasoning.AsBudget()
	if !ok {
		limit := e.req.Sampling.MaxOutput
		quick := limit.Set && limit.V < quickAnswer && (e.req.Dialect == ir.Chat || e.req.Dialect == ir.Anthropic)
		if quick && caps.CanDisable {
			e.dst = appendInt(e.dst, "thinkingBudget", 0)
		}
		return
	}
	switch {
	case budget < 0 && !caps.AutoBudget:
		return // the model's own choice is what leaving it out means
	case budget < 0:
		budget = -1
	case budget == 0 && !caps.CanDisable:
		budget = max(caps.BudgetMin, 1)
		e.cannotDisable()
	case budget == 0:
	case budget < caps.BudgetMin:
		budget = caps.BudgetMin
		e.clampedBudget()
	case caps.BudgetMax > 0 && budget > caps.BudgetMax:
		budget = caps.BudgetMax
		e.clampedBudget()
	}
	e.dst = appendInt(e.dst, "thinkingBudget", int64(budget))
}

func (e *encoder) clampedBudget() {
	e.lose(ir.Semantic, ir.CodeClamp, e.reasoningPath(), "the model's range")
}

// leastLevels are what a model takes of which nothing is known.
var leastLevels = []string{"low", "high"}

// level writes the thinkingLevel nearest to the client's wish.
func (e *encoder) level() {
	r := &e.req.Reasoning
	effort := r.AsEffort()
	if effort == "" && r.Mode == ir.ReasoningAuto && e.req.Dialect == ir.Anthropic {
		effort = "high" // adaptive thinking
	}
	if effort == "" {
		return
	}
	levels := e.t.Caps.Levels
	if len(levels) == 0 {
		levels = leastLevels
	}
	level := effort
	switch {
	case effort == "none":
		if level = levels[0]; level != "none" {
			e.cannotDisable()
		}
	case slices.Contains(levels, effort):
	default:
		if level = ir.ClampLevel(effort, levels); effort == "medium" && slices.Contains(levels, "high") {
			level = "high" // the vendor's own mapping for Gemini 3 Pro
		}
		if r.Mode != ir.ReasoningBudget {
			e.lose(ir.Semantic, ir.CodeClamp, e.reasoningPath(), level)
		}
	}
	e.dst = appendString(e.dst, "thinkingLevel", strings.ToUpper(level))
}

// showThoughts tells whether summaries of the thoughts shall be in the answer.
// ok is false when that is left to the model's default.
func (e *encoder) showThoughts() (show, ok bool) {
	r := &e.req.Reasoning
	switch {
	case r.Summary == "none":
		return false, true
	case r.Summary != "":
		return true, true
	case e.native:
		return false, false
	case e.req.Dialect == ir.Responses:
		return false, true
	}
	return r.On() && r.AsEffort() != "none", true
}
