package anthropic

import (
	"strconv"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// plan is what a request says about thinking, and the answer's limit, which
// thinking shares.
type plan struct {
	kind    string // thinking.type; empty means no thinking member
	budget  int    // of kind enabled
	effort  string // output_config.effort
	display string
	max     int // max_tokens
}

// on reports whether the model will think.
func (p *plan) on() bool { return p.kind != "" && p.kind != "disabled" }

const (
	minBudget     = 1024 // the API's least
	autoBudget    = 8192 // where the model shall decide but cannot
	maxBudget     = 1 << 30
	answerReserve = 8192 // beside the budget, when the client set no limit
)

// planThinking fits what the client asked for to the model, to the answer's
// limit, to a forced tool, and to a history that lost its signatures.
func (e *encoder) planThinking() {
	limit, given := e.answerLimit()
	e.plan.max = limit
	r, caps := &e.req.Reasoning, &e.t.Caps
	off := r.Mode == ir.ReasoningOff || r.Mode == ir.ReasoningEffort && r.Effort == "none" || r.Mode == ir.ReasoningBudget && r.Budget == 0
	switch {
	case r.Mode == ir.ReasoningUnset:
		return
	case off:
		e.planOff()
		return
	case caps.Thinking == ir.ThinkingNone:
		e.drop(ir.FieldReasoning)
		return
	}
	e.plan.effort = e.effort()
	if e.native && r.Mode == ir.ReasoningEffort && caps.Thinking != ir.ThinkingBudget {
		return // effort without thinking, as the client wrote it
	}
	if e.choice.Forced() || e.asJSON {
		e.lose(ir.Semantic, "reasoning.dropped_forced_tool", e.req.Path(ir.FieldReasoning), "")
		return
	}
	if caps.Thinking == ir.ThinkingBudget || caps.Thinking == ir.ThinkingHybrid && r.Mode == ir.ReasoningBudget && r.Budget > 0 {
		e.planBudget(given)
	} else {
		e.planAdaptive()
	}
}

// planOff writes nothing for models that think only when they are told to.
func (e *encoder) planOff() {
	caps := &e.t.Caps
	switch caps.Thinking {
	case ir.ThinkingNone:
		return
	case ir.ThinkingBudget:
		if e.native {
			e.plan.kind = "disabled"
		}
		return
	}
	if !caps.CanDisable {
		e.lose(ir.Semantic, "reasoning.cannot_disable", e.req.Path(ir.FieldReasoning), "")
		e.plan.kind, e.plan.effort = "adaptive", e.clampEffort("low")
		return
	}
	e.plan.kind = "disabled"
	if effort := e.req.Reasoning.Effort; e.native && effort != "" && effort != "none" {
		if ir.LevelRank(effort) > ir.LevelRank("high") {
			effort = "high" // the newest refuse more than that without thinking
		}
		e.plan.effort = e.clampEffort(effort)
	}
}

// effort returns output_config.effort for models that take one.
func (e *encoder) effort() string {
	r, caps := &e.req.Reasoning, &e.t.Caps
	if !caps.Effort && caps.Thinking == ir.ThinkingBudget || caps.Thinking == ir.ThinkingBudget && !e.native {
		return ""
	}
	if r.Mode == ir.ReasoningBudget && r.Effort == "" {
		if caps.Thinking == ir.ThinkingHybrid || caps.Thinking == ir.ThinkingBudget || r.Budget < 0 {
			return ""
		}
		return ir.ClampLevel(ir.BudgetEffort(r.Budget), e.levels())
	}
	if r.Effort == "" {
		return ""
	}
	effort := e.clampEffort(r.Effort)
	if effort != r.Effort {
		e.lose(ir.Semantic, ir.CodeClamp, e.req.Path(ir.FieldEffort), effort)
	}
	return effort
}

func (e *encoder) clampEffort(effort string) string { return ir.ClampLevel(effort, e.levels()) }

var plainLevels = []string{"low", "medium", "high", "max"}

func (e *encoder) levels() []string {
	if len(e.t.Caps.Levels) > 0 {
		return e.t.Caps.Levels
	}
	return plainLevels
}

// planAdaptive lets the model decide how much it thinks.
func (e *encoder) planAdaptive() {
	r := &e.req.Reasoning
	e.plan.kind = "adaptive"
	if r.Mode == ir.ReasoningBetweenTools {
		e.plan.kind = "between_tools"
	}
	e.planDisplay()
}

// planDisplay asks for summaries where the client is shown reasoning: the
// newest models send none unless told to.
func (e *encoder) planDisplay() {
	r := &e.req.Reasoning
	switch {
	case r.Summary == "none":
		e.plan.display = "omitted"
	case r.Summary != "", e.req.Dialect == ir.Chat:
		e.plan.display = "summarized"
	}
}

// planBudget turns manual thinking on. The budget is part of max_tokens and
// must leave room for the answer.
func (e *encoder) planBudget(given bool) {
	caps, path := &e.t.Caps, e.req.Path(ir.FieldReasoning)
	budget := e.wantedBudget()
	if !given {
		e.plan.max = budget + answerReserve
		if caps.MaxOutput > 0 {
			e.plan.max = min(e.plan.max, caps.MaxOutput)
		}
	}
	if e.unsignedLoop() {
		e.t.Repair("reasoning.disabled_unsigned_history", path, "")
		return
	}
	exact := e.native && e.req.Reasoning.Mode == ir.ReasoningBudget
	if !exact || budget >= e.plan.max {
		room := int(float64(e.plan.max) * 0.8)
		if room < minBudget {
			e.drop(ir.FieldReasoning)
			return
		}
		if budget > room {
			budget = room
			e.lose(ir.Semantic, ir.CodeClamp, path, strconv.Itoa(budget))
		}
	}
	e.plan.kind, e.plan.budget = "enabled", budget
	if e.native {
		switch e.req.Reasoning.Summary {
		case "none":
			e.plan.display = "omitted"
		case "auto":
			e.plan.display = "summarized"
		}
	}
}

// wantedBudget returns the budget before it is fitted to the answer's limit.
func (e *encoder) wantedBudget() int {
	r, caps := &e.req.Reasoning, &e.t.Caps
	budget, _ := r.AsBudget()
	if budget < 0 {
		budget = autoBudget
		if e.native && r.Mode == ir.ReasoningAuto {
			budget = ir.EffortBudget("high") // what adaptive thinking without an effort means
		}
	}
	budget = max(budget, minBudget, caps.BudgetMin)
	if caps.BudgetMax > 0 {
		budget = min(budget, caps.BudgetMax)
	}
	return min(budget, maxBudget)
}

// unsignedLoop reports whether the conversation is in the middle of a tool
// loop whose assistant message does not begin with thinking that the API will
// accept, which it refuses while manual thinking is on.
func (e *encoder) unsignedLoop() bool {
	turns := e.req.Turns
	last := len(turns) - 1
	for last >= 0 && turns[last].Role != ir.RoleAssistant {
		last--
	}
	first := last
	for first > 0 && turns[first-1].Role == ir.RoleAssistant {
		first--
	}
	if last < 0 {
		return false
	}
	calls, begun, signed := false, false, false
	for i := first; i <= last; i++ {
		for j := range turns[i].Parts {
			p := &turns[i].Parts[j]
			calls = calls || p.Kind == ir.PartToolCall
			if begun || p.Kind == ir.PartThinking && !e.signed(p) || p.Kind == ir.PartText && p.Text.Blank() {
				continue
			}
			begun, signed = true, p.Kind == ir.PartThinking
		}
	}
	return calls && !signed
}

// signed reports whether the API will take this thinking back.
func (e *encoder) signed(p *ir.Part) bool {
	return p.Think != nil && e.t.Accepts(p.Think.Sig, ir.SigAnthropic, ir.NativeFamily(e.req.Dialect))
}

// thinking writes thinking and output_config.
func (e *encoder) thinking() {
	p := &e.plan
	if p.kind != "" {
		e.dst = append(append(append(e.dst, `,"thinking":{"type":"`...), p.kind...), '"')
		if p.kind == "enabled" {
			e.dst = append(e.dst, `,"budget_tokens":`...)
			e.dst = strconv.AppendInt(e.dst, int64(p.budget), 10)
		}
		if p.display != "" {
			e.dst = append(append(append(e.dst, `,"display":"`...), p.display...), '"')
		}
		e.held("thinking.")
		e.dst = append(e.dst, '}')
	}
	e.object("output_config", e.outputConfig)
}
