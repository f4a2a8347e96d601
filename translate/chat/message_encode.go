package chat

import (
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

const (
	reminderStart = `<system-reminder>\n`
	reminderEnd   = `\n</system-reminder>`

	// billingHeader begins the block by which Claude Code attributes each
	// request. It differs from request to request, which would keep other
	// vendors from ever finding the prompt in their caches.
	billingHeader = "x-anthropic-billing-header:"
)

// messages writes the conversation.
func (e *encoder) messages(dst []byte) []byte {
	dst = append(appendKey(dst, "messages"), '[')
	dst = e.systemMessage(dst)
	for i := range e.req.Turns {
		turn := &e.req.Turns[i]
		switch turn.Role {
		case ir.RoleAssistant:
			dst = e.assistant(dst, turn, i > e.lastUser)
		case ir.RoleUser:
			dst = e.toolMessages(dst, turn)
			dst = e.user(dst, turn)
		default:
			dst = e.lateSystem(dst, turn)
		}
	}
	return append(e.goOn(dst), ']')
}

// goOn has the user ask a model to continue that does not do so by itself when
// the last word is its own.
func (e *encoder) goOn(dst []byte) []byte {
	n := len(e.req.Turns)
	if n == 0 || e.caps.Prefill || e.req.Dialect == ir.Chat || e.req.Turns[n-1].Role != ir.RoleAssistant {
		return dst
	}
	e.lose(ir.Semantic, "prefill.emulated", e.req.PathOf(ir.Loc{Msg: e.req.Turns[n-1].At, Part: -1}), "")
	return append(appendString(e.message(dst, "user"), "content", "(continue)"), '}')
}

// message begins a message.
func (e *encoder) message(dst []byte, role string) []byte {
	if dst[len(dst)-1] != '[' {
		dst = append(dst, ',')
	}
	return appendString(append(dst, '{'), "role", role)
}

func (e *encoder) systemRole() string {
	if e.caps.DeveloperRole {
		return "developer"
	}
	return "system"
}

// systemMessage writes all system parts as one message: a string, or a list of
// parts where one of them carries a cache hint that the target takes.
func (e *encoder) systemMessage(dst []byte) []byte {
	list := false
	n := 0
	for i := range e.req.System {
		p := &e.req.System[i]
		if e.skipSystem(p) {
			continue
		}
		n++
		list = list || p.Cache != nil && e.caps.CacheBreakpoints
		for j := range p.Ext {
			e.lose(ir.Hint, ir.CodeDrop, e.req.PathOf(p.At)+"."+p.Ext[j].Name, "")
		}
	}
	if n == 0 && e.system == "" {
		return dst
	}
	dst = appendKey(e.message(dst, e.systemRole()), "content")
	if list {
		return append(e.systemList(append(dst, '[')), "]}"...)
	}
	dst = append(dst, '"')
	start := len(dst)
	add := func(text ir.Text) {
		if len(dst) > start {
			dst = append(dst, `\n\n`...)
		}
		dst = append(dst, text...)
	}
	for i := range e.req.System {
		if p := &e.req.System[i]; !e.skipSystem(p) {
			add(p.Text)
		}
	}
	if e.system != "" {
		add(e.system)
	}
	return append(dst, `"}`...)
}

func (e *encoder) skipSystem(p *ir.Part) bool {
	return p.Kind != ir.PartText || p.Text == "" || e.req.Dialect == ir.Anthropic && p.Text.HasPrefix(billingHeader)
}

func (e *encoder) systemList(dst []byte) []byte {
	for i := range e.req.System {
		if p := &e.req.System[i]; !e.skipSystem(p) {
			dst = e.textPart(dst, p.Text, p.Cache)
		}
	}
	if e.system != "" {
		dst = e.textPart(dst, e.system, nil)
	}
	return dst
}

// lateSystem writes a system message in the middle of the conversation, or a
// user message that says it for servers that take none there.
func (e *encoder) lateSystem(dst []byte, turn *ir.Turn) []byte {
	role, before, after := e.systemRole(), "", ""
	if e.caps.SystemFirstOnly || !e.caps.MidSystem {
		role, before, after = "user", reminderStart, reminderEnd
		e.lose(ir.Hint, ir.CodeApprox, e.req.PathOf(ir.Loc{Msg: turn.At, Part: -1}), "as a user's message")
	}
	start := len(dst)
	dst = appendKey(e.message(dst, role), "content")
	dst = append(append(dst, '"'), before...)
	first := true
	for i := range turn.Parts {
		p := &turn.Parts[i]
		if p.Kind != ir.PartText {
			e.lose(ir.Semantic, ir.CodeDrop, e.req.PathOf(p.At), "")
			continue
		}
		if !first {
			dst = append(dst, `\n\n`...)
		}
		dst, first = append(dst, p.Text...), false
	}
	if first {
		return dst[:start]
	}
	return append(append(append(dst, after...), '"'), '}')
}

// user writes what the user says besides tool results, behind the media that
// the results held and that tool messages cannot hold.
func (e *encoder) user(dst []byte, turn *ir.Turn) []byte {
	only, rest := (*ir.Part)(nil), 0
	moved := false
	for i := range turn.Parts {
		p := &turn.Parts[i]
		if p.Kind != ir.PartToolResult {
			only, rest = p, rest+1
			continue
		}
		moved = moved || e.movesMedia(p.Result)
	}
	if rest == 0 && !moved {
		return dst
	}
	start := len(dst)
	dst = e.message(dst, "user")
	dst = e.named(dst, turn)
	dst = appendKey(dst, "content")
	if rest == 1 && !moved && only.Kind == ir.PartText && !e.cached(only.Cache) && (len(only.Ext) == 0 || !e.same) {
		return append(only.Text.AppendJSON(dst), '}')
	}
	dst = append(dst, '[')
	for i := range turn.Parts {
		if p := &turn.Parts[i]; p.Kind == ir.PartToolResult && e.movesMedia(p.Result) {
			dst = e.movedMedia(dst, p.Result)
		}
	}
	for i := range turn.Parts {
		if p := &turn.Parts[i]; p.Kind != ir.PartToolResult {
			dst = e.part(dst, p)
		}
	}
	if dst[len(dst)-1] == '[' {
		return dst[:start]
	}
	return append(dst, "]}"...)
}

// named writes the speaker's name and what else the client said beside the
// content.
func (e *encoder) named(dst []byte, turn *ir.Turn) []byte {
	if turn.Name != "" && e.same {
		dst = appendString(dst, "name", turn.Name)
	} else if turn.Name != "" {
		e.lose(ir.Hint, ir.CodeDrop, e.req.PathOf(ir.Loc{Msg: turn.At, Part: -1})+".name", "")
	}
	if e.same {
		return appendFields(dst, turn.Ext)
	}
	for i := range turn.Ext {
		e.lose(ir.Hint, ir.CodeDrop, e.req.PathOf(ir.Loc{Msg: turn.At, Part: -1})+"."+turn.Ext[i].Name, "")
	}
	return dst
}
