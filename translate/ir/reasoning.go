package ir

// ReasoningMode is how a client asked for reasoning.
type ReasoningMode uint8

// The modes of reasoning.
const (
	ReasoningUnset        ReasoningMode = iota
	ReasoningOff                        // explicitly none
	ReasoningAuto                       // on, the model decides how much (adaptive, budget -1)
	ReasoningEffort                     // Effort
	ReasoningBudget                     // Budget
	ReasoningBetweenTools               // only between tool calls (Anthropic)
)

// Reasoning is how much a client wants the model to think and how much of it
// to see. Values are the client's, unclamped; encoders fit them to the model.
type Reasoning struct {
	Mode    ReasoningMode
	Effort  string // none, minimal, low, medium, high, xhigh, max; may stand beside ReasoningAuto
	Budget  int    // tokens
	Summary string // how much to show: "" unset, none, auto, concise, detailed

	IncludeEncrypted bool   // the client keeps encrypted reasoning itself (Responses)
	Context          string // Responses: auto, current_turn, all_turns
}

// On reports whether the client asked for reasoning.
func (r *Reasoning) On() bool {
	return r.Mode != ReasoningUnset && r.Mode != ReasoningOff
}

// Efforts and the budgets that stand for them. The numbers follow other
// gateways' practice, so that a client which changes gateways keeps its
// answers' depth.
var effortBudgets = [...]struct {
	effort string
	budget int
}{
	{"none", 0}, {"minimal", 512}, {"low", 1024}, {"medium", 8192}, {"high", 24576}, {"xhigh", 32768}, {"max", 128000},
}

// EffortBudget returns the thinking budget in tokens that stands for an effort;
// -1 (the model decides) for an unknown one.
func EffortBudget(effort string) int {
	for _, e := range effortBudgets {
		if e.effort == effort {
			return e.budget
		}
	}
	return -1
}

// BudgetEffort returns the effort that stands for a thinking budget. A
// negative budget (the model decides) gives "".
func BudgetEffort(budget int) string {
	switch {
	case budget < 0:
		return ""
	case budget == 0:
		return "none"
	case budget <= 512:
		return "minimal"
	case budget <= 1024:
		return "low"
	case budget <= 8192:
		return "medium"
	case budget <= 24576:
		return "high"
	default:
		return "xhigh"
	}
}

// AsEffort returns the client's wish as an effort name: "none" when reasoning
// is off, "" when the client left it open or the model shall decide.
func (r *Reasoning) AsEffort() string {
	switch r.Mode {
	case ReasoningOff:
		return "none"
	case ReasoningEffort:
		return r.Effort
	case ReasoningBudget:
		return BudgetEffort(r.Budget)
	case ReasoningBetweenTools:
		return "low"
	case ReasoningAuto:
		return r.Effort
	default:
		return ""
	}
}

// AsBudget returns the client's wish as a budget in tokens: 0 when reasoning is
// off, -1 when the model shall decide. The second result is false when the
// client said nothing.
func (r *Reasoning) AsBudget() (int, bool) {
	switch r.Mode {
	case ReasoningOff:
		return 0, true
	case ReasoningEffort:
		return EffortBudget(r.Effort), true
	case ReasoningBudget:
		return r.Budget, true
	case ReasoningBetweenTools:
		return EffortBudget("low"), true
	case ReasoningAuto:
		if r.Effort != "" {
			return EffortBudget(r.Effort), true
		}
		return -1, true
	default:
		return 0, false
	}
}
