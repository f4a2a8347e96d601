package anthropic

import "github.com/caddy-ai-gateway/ai-gateway/translate/ir"

// system writes the system prompt: a string, or blocks when a part of it is to
// be cached.
func (e *encoder) system() {
	list := e.req.System
	blocks, n := false, 0
	for i := range list {
		if !list[i].Text.Blank() {
			n++
			blocks = blocks || list[i].Cache != nil || e.native && len(list[i].Ext) > 0
		}
	}
	if n == 0 && e.jsonText == "" {
		return
	}
	e.name("system")
	if blocks {
		e.systemBlocks()
		return
	}
	e.dst = append(e.dst, '"')
	first := true
	add := func(text ir.Text) {
		if text.Blank() {
			return
		}
		if !first {
			e.dst = append(e.dst, `\n\n`...)
		}
		first = false
		e.dst = append(e.dst, text...)
	}
	for i := range list {
		add(list[i].Text)
	}
	add(e.jsonText)
	e.dst = append(e.dst, '"')
}

func (e *encoder) systemBlocks() {
	sep := byte('[')
	for i := range e.req.System {
		p := &e.req.System[i]
		if p.Text.Blank() {
			continue
		}
		e.dst = append(e.dst, sep)
		sep = ','
		e.dst = append(e.dst, `{"type":"text","text":`...)
		e.text(p.Text)
		e.mark(p.Cache, &e.marks.system)
		if e.native {
			e.fields(p.Ext)
		}
		e.dst = append(e.dst, '}')
	}
	if e.jsonText != "" {
		e.dst = append(e.dst, `,{"type":"text","text":`...)
		e.text(e.jsonText)
		e.dst = append(e.dst, '}')
	}
	e.dst = append(e.dst, ']')
}

// messages writes the conversation. A message begins with its first block, so
// that turns of which nothing is left vanish and their neighbours merge.
func (e *encoder) messages() {
	e.name("messages")
	e.dst = append(e.dst, '[')
	e.role = ""
	last := e.lastTurn()
	for i := range e.req.Turns {
		turn := &e.req.Turns[i]
		role := turn.Role
		if role == ir.RoleSystem || role == ir.RoleDeveloper {
			e.midSystem(turn)
			continue
		}
		for j := range turn.Parts {
			e.part(&turn.Parts[j], role)
		}
	}
	e.endMessages(last)
	e.dst = append(e.dst, `]}]`...)
}

// begin opens a message of the role unless it is open, and puts the separator
// in front of the next block. A conversation must begin with the user.
func (e *encoder) begin(role ir.Role) {
	if e.role == role {
		e.dst = append(e.dst, ',')
		return
	}
	if e.role == "" && role != ir.RoleUser {
		e.begin(ir.RoleUser)
		e.dst = append(e.dst, `{"type":"text","text":"`+filler+`"}`...)
	}
	if e.role != "" {
		e.dst = append(e.dst, `]},`...)
	}
	e.dst = append(append(append(e.dst, `{"role":"`...), role...), `","content":[`...)
	e.role = role
}

// midSystem writes a system message in the middle of the conversation, or the
// reminder that stands for it.
func (e *encoder) midSystem(turn *ir.Turn) {
	native := e.t.Caps.MidSystem && e.role != ""
	for i := range turn.Parts {
		p := &turn.Parts[i]
		switch {
		case p.Kind != ir.PartText || p.Text.Blank():
		case native:
			e.begin(ir.RoleSystem)
			e.textBlock(p.Text, p)
		default:
			e.begin(ir.RoleUser)
			e.dst = append(e.dst, `{"type":"text","text":"<system-reminder>\n`...)
			e.dst = append(e.dst, p.Text...)
			e.dst = append(e.dst, `\n</system-reminder>"`...)
			e.mark(p.Cache, &e.marks.messages)
			e.dst = append(e.dst, '}')
		}
	}
}

// lastTurn returns the last turn that may end the conversation with the
// assistant's words, and chooses the text that the model shall continue.
func (e *encoder) lastTurn() *ir.Turn {
	turns := e.req.Turns
	if len(turns) == 0 || turns[len(turns)-1].Role != ir.RoleAssistant {
		return nil
	}
	last := &turns[len(turns)-1]
	if !e.t.Caps.Prefill || e.plan.on() {
		return last
	}
	for i := len(last.Parts) - 1; i >= 0; i-- {
		if p := &last.Parts[i]; p.Kind == ir.PartText && !p.Text.Blank() {
			e.prefill = p
			break
		} else if p.Kind != ir.PartText {
			break
		}
	}
	return last
}

// endMessages closes the conversation with a user's message where the model
// would not continue the assistant's.
func (e *encoder) endMessages(last *ir.Turn) {
	switch {
	case e.role == "":
		e.begin(ir.RoleUser)
	case e.role != ir.RoleAssistant || e.prefill != nil || e.paused():
		return
	default:
		at := -1
		if last != nil {
			at = last.At
		}
		e.lose(ir.Semantic, "prefill.emulated", e.req.PathOf(ir.Loc{Msg: at, Part: -1}), filler)
		e.begin(ir.RoleUser)
	}
	e.dst = append(e.dst, `{"type":"text","text":"`+filler+`"}`...)
}

// paused reports whether the conversation ends with a tool that Anthropic's
// own servers are to go on with.
func (e *encoder) paused() bool {
	if !e.native || len(e.req.Turns) == 0 {
		return false
	}
	parts := e.req.Turns[len(e.req.Turns)-1].Parts
	if len(parts) == 0 {
		return false
	}
	kind := parts[len(parts)-1].Kind
	return kind == ir.PartServerCall || kind == ir.PartServerResult
}
