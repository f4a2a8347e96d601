package gemini

import (
	"bytes"
	"encoding/base64"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
	"github.com/caddy-ai-gateway/ai-gateway/translate/schema"
)

// Antigravity serves Claude in Gemini's dialect. What Claude itself is strict
// about stays so behind it: signatures stand on thinking alone, calls have ids,
// texts are not empty, and a budget is less than the answer's limit.

// isClaude reports whether the target is Claude in Gemini's dialect.
func isClaude(t *ir.Target) bool { return t.Provider == "antigravity" && t.Caps.Family == "claude" }

// Claude's limits.
const (
	claudeMinBudget = 1024
	claudeOutput    = 64000 // what an answer may have when the client sets no limit and Claude thinks
)

// claudePlan is how much Claude thinks, and the answer's limit, which thinking
// shares.
type claudePlan struct {
	budget int // 0 is none
	max    int // 0 leaves it to the model
}

// planClaude fits what the client asked for to the answer's limit and to a
// history that lost its signatures.
func (e *encoder) planClaude() {
	r := &e.req.Reasoning
	if limit := e.req.Sampling.MaxOutput; limit.Set {
		e.claude.max = min(limit.V, claudeOutput)
	}
	budget, asked := r.AsBudget()
	if !asked && r.On() || budget < 0 {
		budget, asked = ir.EffortBudget("high"), true // what the model would decide
	}
	if !asked || budget == 0 {
		return
	}
	path := e.reasoningPath()
	switch {
	case e.unsignedLoop():
		e.t.Repair("reasoning.disabled_unsigned_history", path, "")
		return
	case e.req.ToolChoice.Forced():
		e.lose(ir.Semantic, "reasoning.dropped_forced_tool", path, "")
		return
	case e.claude.max == 0:
		e.claude.max = claudeOutput
	}
	fitted := min(max(budget, claudeMinBudget), e.t.Caps.BudgetMax, e.claude.max-1)
	if fitted < claudeMinBudget {
		e.lose(ir.Semantic, ir.CodeDrop, path, "the answer's limit leaves no room for thinking")
		return
	}
	if fitted != budget && r.Mode == ir.ReasoningBudget {
		e.clampedBudget()
	}
	e.claude.budget = fitted
}

// unsignedLoop reports whether the conversation is in the middle of a tool
// loop whose model turn does not begin with thinking that Claude will accept,
// which it refuses while it thinks.
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
	calls, signed := false, false
	for i := first; i <= last; i++ {
		for j := range turns[i].Parts {
			p := &turns[i].Parts[j]
			calls = calls || p.Kind == ir.PartToolCall
			signed = signed || p.Kind == ir.PartThinking && e.claudeSignature(p) != ""
		}
	}
	return calls && !signed
}

// claudeThinking writes how much Claude thinks. Left out, it does not.
func (e *encoder) claudeThinking() {
	if e.claude.budget == 0 {
		return
	}
	e.dst = append(appendKey(e.dst, "thinkingConfig"), '{')
	e.dst = appendInt(e.dst, "thinkingBudget", int64(e.claude.budget))
	e.dst = append(appendBool(e.dst, "includeThoughts", true), '}')
}

// claudeTurn writes what Claude said: thinking first, calls last.
func (e *encoder) claudeTurn(turn *ir.Turn) {
	for _, wanted := range [...]func(ir.PartKind) bool{
		func(k ir.PartKind) bool { return k == ir.PartThinking },
		func(k ir.PartKind) bool { return k != ir.PartThinking && k != ir.PartToolCall },
		func(k ir.PartKind) bool { return k == ir.PartToolCall },
	} {
		for i := range turn.Parts {
			if p := &turn.Parts[i]; wanted(p.Kind) {
				e.claudePart(p)
			}
		}
	}
}

func (e *encoder) claudePart(p *ir.Part) {
	switch p.Kind {
	case ir.PartThinking:
		sig := e.claudeSignature(p)
		if sig == "" {
			e.lose(ir.Hint, ir.CodeDrop, e.req.PathOf(p.At), "thinking without a signature of Claude's")
			return
		}
		e.begin(model, false)
		e.dst = append(append(e.dst, `{"text":"`...), p.Text...)
		e.dst = ir.AppendQuoted(append(e.dst, `","thought":true,"thoughtSignature":`...), sig)
		e.dst = append(e.dst, '}')
	case ir.PartToolCall:
		e.call(p)
	case ir.PartText, ir.PartRefusal:
		if !p.Text.Blank() {
			e.text(model, p.Text, nil)
		}
	default:
		e.other(model, p)
	}
}

// claudeSignature returns the signature of a thought as Antigravity wants it:
// Anthropic's in base64 once more. It is empty for a thought that cannot be
// sent back.
func (e *encoder) claudeSignature(p *ir.Part) string {
	t := p.Think
	if t == nil || t.Redacted || e.count || p.Text.Blank() || !e.t.Accepts(t.Sig, ir.SigAnthropic, ir.NativeFamily(e.req.Dialect)) {
		return ""
	}
	if strings.HasPrefix(t.Sig.Value, "R") {
		return t.Sig.Value
	}
	return base64.StdEncoding.EncodeToString([]byte(t.Sig.Value))
}

// anthropicSignature is a signature of Antigravity's Claude as Anthropic's own
// clients know it.
func anthropicSignature(value string) string {
	inner, err := base64.StdEncoding.DecodeString(value)
	if err != nil || !bytes.HasPrefix(inner, []byte("E")) {
		return value
	}
	return string(inner)
}

// withoutPlaceholder returns a call's arguments without the properties that
// were made up for objects that have none. tools are those of the request.
func withoutPlaceholder(args []byte, name string, tools []ir.Tool, names *ir.Names) []byte {
	quoted := []byte(`"` + schema.Placeholder + `"`)
	if !bytes.Contains(args, quoted) {
		return args
	}
	for i := range tools {
		_, parameters, _ := tools[i].Declared()
		if names.Wire(tools[i].Namespace, tools[i].Name) == name && bytes.Contains(parameters, quoted) {
			return args // the tool has such a property itself
		}
	}
	var r jsonx.Reader
	r.Reset(args)
	out := cutPlaceholder(make([]byte, 0, len(args)), &r, 0)
	if r.End() != nil {
		return args
	}
	return out
}

// cutPlaceholder copies the value that is next.
func cutPlaceholder(dst []byte, r *jsonx.Reader, depth int) []byte {
	switch kind := r.Kind(); {
	case depth == 100:
		return append(dst, r.Raw()...)
	case kind == jsonx.Object:
		dst = append(dst, '{')
		for in := r.Object(); in && r.Member(); {
			if key := r.Key(); key == schema.Placeholder {
				r.Skip()
			} else {
				if dst[len(dst)-1] != '{' {
					dst = append(dst, ',')
				}
				dst = cutPlaceholder(append(ir.AppendQuoted(dst, key), ':'), r, depth+1)
			}
		}
		return append(dst, '}')
	case kind == jsonx.Array:
		dst = append(dst, '[')
		for in := r.Array(); in && r.Element(); {
			dst = cutPlaceholder(appendComma(dst), r, depth+1)
		}
		return append(dst, ']')
	}
	return append(dst, r.Raw()...)
}
