package gemini

import (
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// The roles of contents.
const (
	user  = "user"
	model = "model"
)

// filler is what the user says where the conversation needs a word of theirs:
// in front of a model that speaks first, and behind one that spoke last.
const filler = "(continue)"

// billing begins a system block that Claude Code changes with every request.
// It tells nobody but Anthropic anything and spoils caches of prefixes.
const billing = "x-anthropic-billing-header:"

// conversation writes systemInstruction and contents.
func (e *encoder) conversation() {
	system := e.system()
	// Contents must not be empty: without a turn the last instruction is one.
	var promoted ir.Text
	if len(e.req.Turns) == 0 && len(system) > 0 {
		promoted = system[len(system)-1]
		system = system[:len(system)-1]
	}
	if e.jsonLine != "" {
		system = append(system, e.jsonLine)
	}
	if len(system) > 0 {
		e.dst = append(appendKey(e.dst, "systemInstruction"), `{"parts":[`...)
		for _, text := range system {
			e.dst = append(appendComma(e.dst), `{"text":`...)
			e.dst = append(text.AppendJSON(e.dst), '}')
		}
		e.dst = append(e.dst, `]}`...)
	}
	e.dst = append(appendKey(e.dst, "contents"), '[')
	if promoted != "" {
		e.text(user, promoted, nil)
	}
	for i := range e.req.Turns {
		e.turn(&e.req.Turns[i])
	}
	e.end()
	e.dst = append(e.dst, ']')
}

// system returns the instructions that are worth sending.
func (e *encoder) system() []ir.Text {
	list := make([]ir.Text, 0, len(e.req.System)+1)
	for i := range e.req.System {
		text := e.req.System[i].Text
		if text != "" && !text.HasPrefix(billing) {
			list = append(list, text)
		}
	}
	return list
}

func (e *encoder) turn(turn *ir.Turn) {
	switch turn.Role {
	case ir.RoleAssistant:
		e.modelTurn(turn)
	case ir.RoleUser:
		e.userTurn(turn)
	default: // system and developer turns in the middle of the conversation
		for i := range turn.Parts {
			if p := &turn.Parts[i]; p.Kind == ir.PartText && p.Text != "" {
				e.begin(user, false)
				e.dst = append(e.dst, `{"text":"<system-reminder>\n`...)
				e.dst = append(e.dst, p.Text...)
				e.dst = append(e.dst, `\n</system-reminder>"}`...)
			}
		}
	}
}

// begin makes ready for a part of the given role. Contents of function
// responses hold nothing else: models from gemini-3.6 on refuse the mixture
// (github.com/deepnoodle-ai/dive issue 287).
func (e *encoder) begin(role string, results bool) {
	results = results && !e.t.Caps.JoinFunctionResponse
	if e.role == role && e.results == results {
		e.dst = append(e.dst, ',')
		return
	}
	if e.role != "" {
		e.dst = append(e.dst, "]},"...)
	} else if role == model && !e.count {
		e.dst = append(e.dst, `{"role":"user","parts":[{"text":"`+filler+`"}]},`...)
	}
	e.dst = append(e.dst, `{"role":"`...)
	e.dst = append(e.dst, role...)
	e.dst = append(e.dst, `","parts":[`...)
	e.role, e.results, e.called = role, results, false
}

// end closes the last content. The models do not continue what they have begun
// to say: when theirs is the last word, the user asks them to go on.
func (e *encoder) end() {
	switch {
	case e.role == "" && e.count:
	case e.role == "":
		e.text(user, filler, nil)
	case e.role == model && !e.count && !e.t.Caps.Prefill:
		e.lose(ir.Semantic, "prefill.emulated", e.req.PathOf(ir.Loc{Msg: e.last.At, Part: -1}), "")
		e.text(user, filler, nil)
	}
	if e.role != "" {
		e.dst = append(e.dst, "]}"...)
	}
}

// text writes a text part with a signature that is known to be acceptable.
func (e *encoder) text(role string, text ir.Text, sig *ir.Sig) {
	e.begin(role, false)
	e.dst = append(e.dst, `{"text":"`...)
	e.dst = append(e.dst, text...)
	e.dst = append(e.dst, '"')
	e.signature(sig)
	e.dst = append(e.dst, '}')
}

// signature writes the member of a part that is being written.
func (e *encoder) signature(sig *ir.Sig) {
	if sig != nil {
		e.dst = ir.AppendQuoted(append(e.dst, `,"thoughtSignature":`...), sig.Value)
	}
}

// accepted returns the signature if the target will take it.
func (e *encoder) accepted(sig *ir.Sig) *ir.Sig {
	if !isClaude(e.t) && e.t.Accepts(sig, ir.SigGemini, ir.NativeFamily(e.req.Dialect)) {
		return sig
	}
	return nil
}

func (e *encoder) modelTurn(turn *ir.Turn) {
	if e.role != model {
		e.calls, e.lastCall = e.calls[:0], 0
	}
	e.last = turn
	if isClaude(e.t) {
		e.claudeTurn(turn)
		return
	}
	calls := false
	for i := range turn.Parts {
		calls = calls || turn.Parts[i].Kind == ir.PartToolCall
	}
	for i := range turn.Parts {
		p := &turn.Parts[i]
		switch p.Kind {
		case ir.PartText, ir.PartRefusal:
			sig := e.accepted(p.Sig)
			// White space beside calls is what is left of a turn's rendering.
			if sig == nil && (p.Text == "" || calls && p.Text.Blank()) {
				continue
			}
			e.text(model, p.Text, sig)
			e.extend(p)
		case ir.PartThinking:
			e.thinking(p)
		case ir.PartToolCall:
			e.call(p)
		default:
			e.other(model, p)
		}
	}
}

// thinking sends a thought back only with a signature that proves it: without
// one it wastes tokens and invites imitation.
func (e *encoder) thinking(p *ir.Part) {
	var sig *ir.Sig
	if p.Think != nil && !p.Think.Redacted && !e.countsWithout() {
		sig = e.accepted(p.Think.Sig)
	}
	if sig == nil {
		e.lose(ir.Hint, ir.CodeDrop, e.req.PathOf(p.At), "thinking without a signature of this account")
		return
	}
	e.begin(model, false)
	e.dst = append(e.dst, `{"text":"`...)
	e.dst = append(e.dst, p.Text...)
	e.dst = append(e.dst, `","thought":true`...)
	e.signature(sig)
	e.dst = append(e.dst, '}')
	e.extend(p)
}

// countsWithout reports whether only tokens are counted, at a platform whose
// countTokens refuses thoughts.
func (e *encoder) countsWithout() bool {
	return e.count && (e.antigravity() || e.t.Provider == "code_assist")
}

// sentinel tells Gemini 3 that the signature of a call is missing on purpose,
// as Google documents it for histories of other models.
var sentinel = &ir.Sig{Value: ir.Sentinel, Family: ir.SigSentinel}

// call writes a functionCall. Gemini 3 wants the first of a turn signed, and
// only that one.
func (e *encoder) call(p *ir.Part) {
	e.begin(model, false)
	call := p.Call
	e.dst = append(e.dst, `{"functionCall":{`...)
	if id, ok := e.callID(call); ok {
		e.dst = appendString(e.dst, "id", id)
	}
	e.dst = appendString(e.dst, "name", e.names.Wire(call.Namespace, call.Name))
	e.dst = call.AppendObject(appendKey(e.dst, "args"))
	e.extendIn(p, "functionCall.")
	e.dst = append(e.dst, '}')
	sig := e.accepted(p.Sig)
	if sig == nil && e.t.Caps.Validated && !e.called {
		sig = sentinel
	}
	e.signature(sig)
	e.dst = append(e.dst, '}')
	e.extend(p)
	e.called = true
	e.calls = append(e.calls, call)
}

// callID returns the id that the target is to see, if it takes one at all.
func (e *encoder) callID(call *ir.ToolCall) (string, bool) {
	if call.Native {
		return call.ID, true
	}
	return ir.WireID(call.ID, maxID), e.t.Caps.FunctionCallID && call.ID != ""
}
