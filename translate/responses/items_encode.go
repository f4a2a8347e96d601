package responses

import (
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// turn writes a turn's items: a message for each run of texts and media, and
// an item for each call, result and piece of reasoning.
func (w *writer) turn(turn *ir.Turn) {
	role := turn.Role
	if role == ir.RoleSystem || role == ir.RoleDeveloper {
		if len(turn.Parts) > 0 && turn.Parts[0].Role != "" {
			role = turn.Parts[0].Role
		}
		role = w.systemRole(role)
	}
	if !w.own {
		w.lostOfTurn(turn)
	}
	w.thoughts, w.reasoning = 0, -1
	for i := 0; i < len(turn.Parts); {
		i += w.part(turn.Parts[i:], role)
	}
	if w.reasoning >= 0 { // reasoning without the item that it led to is refused
		w.dst = w.dst[:w.reasoning]
		w.items -= w.thoughts
	}
}

// lostOfTurn notes the members of another dialect's message that have no place
// in an item.
func (w *writer) lostOfTurn(turn *ir.Turn) {
	if turn.Name != "" {
		w.lose(ir.Hint, ir.CodeDrop, w.req.PathOf(ir.Loc{Msg: turn.At, Part: -1})+".name", "")
	}
	for _, f := range turn.Ext {
		w.lose(ir.Hint, ir.CodeDrop, w.req.PathOf(ir.Loc{Msg: turn.At, Part: -1})+"."+f.Name, "")
	}
}

// part writes the first of parts, or the message that it begins, and returns
// how many it took.
func (w *writer) part(parts []ir.Part, role ir.Role) int {
	p := &parts[0]
	switch p.Kind {
	case ir.PartThinking:
		w.think(p)
	case ir.PartToolCall:
		w.call(p)
	case ir.PartToolResult:
		w.result(p)
	case ir.PartServerCall, ir.PartServerResult:
		w.server(p)
	case ir.PartCompaction:
		w.opaque(p, ir.Required)
	case ir.PartOpaque:
		if w.own && p.At.Part >= 0 {
			return w.message(parts, role)
		}
		w.opaque(p, ir.Semantic)
	default:
		return w.message(parts, role)
	}
	return 1
}

// begin starts an input item of the type.
func (w *writer) begin(typ string) {
	if w.items > 0 {
		w.raw(`,`)
	}
	w.items++
	w.reasoning, w.thoughts = -1, 0
	w.raw(`{"type":"` + typ + `"`)
}

// verbatim writes an item as the client wrote it.
func (w *writer) verbatim(raw []byte) {
	if w.items > 0 {
		w.raw(`,`)
	}
	w.items++
	w.reasoning, w.thoughts = -1, 0
	w.dst = append(w.dst, raw...)
}

// itemID writes an item's id where it means something: to an upstream of the
// client's own dialect that stores items.
func (w *writer) itemID(p *ir.Part) {
	if w.own && p.ItemID != "" && !w.gpt {
		w.quoted("id", p.ItemID)
	}
}

// itemExt writes the members that only the client's own dialect knows.
func (w *writer) itemExt(p *ir.Part) {
	if !w.own {
		return
	}
	for _, f := range p.Ext {
		if name, ok := strings.CutPrefix(f.Name, itemMark); ok {
			w.dst = appendMember(w.dst, name, f.Raw)
		}
	}
}

// inMessage reports whether a part can stand in the message that first began.
func (w *writer) inMessage(p, first *ir.Part) bool {
	if p.At.Msg != first.At.Msg {
		return false
	}
	switch p.Kind {
	case ir.PartText, ir.PartRefusal:
		return true
	case ir.PartOpaque:
		return w.own && p.At.Part >= 0
	default:
		return p.Kind.IsMedia()
	}
}

// message writes the run of texts and media at the start of parts and returns
// how many they are.
func (w *writer) message(parts []ir.Part, role ir.Role) int {
	first := &parts[0]
	dst, items, reasoning, thoughts := len(w.dst), w.items, w.reasoning, w.thoughts
	w.begin("message")
	w.itemID(first)
	w.quoted("role", string(role))
	w.itemExt(first)
	w.raw(`,"content":[`)
	start, n := len(w.dst), 0
	for n < len(parts) && w.inMessage(&parts[n], first) {
		mark := len(w.dst)
		if mark > start {
			w.raw(`,`)
		}
		comma := len(w.dst)
		w.content(&parts[n], role)
		if len(w.dst) == comma {
			w.dst = w.dst[:mark]
		}
		n++
	}
	if len(w.dst) == start { // nothing of it could be said
		w.dst, w.items, w.reasoning, w.thoughts = w.dst[:dst], items, reasoning, thoughts
		return n
	}
	w.raw(`]}`)
	return n
}

// content writes one part of a message.
func (w *writer) content(p *ir.Part, role ir.Role) {
	switch {
	case p.Kind == ir.PartOpaque:
		w.dst = append(w.dst, p.Opaque.Raw...)
	case p.Kind == ir.PartRefusal && role == ir.RoleAssistant:
		w.raw(`{"type":"refusal","refusal":"`)
		w.dst = append(w.dst, p.Text...)
		w.raw(`"}`)
	case p.Kind == ir.PartText || p.Kind == ir.PartRefusal:
		w.text(p, role)
	case role == ir.RoleAssistant:
		w.lose(p.Class(), ir.CodeDrop, w.req.PathOf(p.At), "an assistant's message holds text only")
	default:
		w.media(p)
	}
}

func (w *writer) text(p *ir.Part, role ir.Role) {
	if role != ir.RoleAssistant {
		w.raw(`{"type":"input_text","text":"`)
		w.dst = append(w.dst, p.Text...)
		w.raw(`"`)
		w.hint(p)
		w.partExt(p)
		w.raw(`}`)
		return
	}
	w.raw(`{"type":"output_text","text":"`)
	w.dst = append(w.dst, p.Text...)
	if !w.own {
		w.raw(`","annotations":[]}`)
		w.lostHint(p)
		return
	}
	w.raw(`"`)
	w.partExt(p)
	w.raw(`}`)
}

// partExt writes the members of a part that only the client's own dialect
// knows.
func (w *writer) partExt(p *ir.Part) {
	if !w.own {
		return
	}
	for _, f := range p.Ext {
		if !strings.HasPrefix(f.Name, itemMark) {
			w.dst = appendMember(w.dst, f.Name, f.Raw)
		}
	}
}

// think writes reasoning that this very account has made. Other reasoning is
// left out: it cannot be verified, and as text it would be imitated.
func (w *writer) think(p *ir.Part) {
	sig := p.Think.Sig
	accepted := w.t.Accepts(sig, ir.SigOpenAI, ir.NativeFamily(w.req.Dialect))
	if !accepted && (!w.own || sig != nil) {
		if !w.unthought {
			w.lose(ir.Hint, ir.CodeDrop, w.req.PathOf(p.At), "reasoning of another vendor or account")
		}
		w.unthought = true
		return
	}
	before, thoughts := w.reasoning, w.thoughts
	mark := len(w.dst)
	w.begin("reasoning")
	if before >= 0 {
		mark = before
	}
	w.reasoning, w.thoughts = mark, thoughts+1
	w.itemID(p)
	if !w.own || !hasField(p.Ext, "@summary") {
		w.raw(`,"summary":[`)
		if p.Text != "" && p.Think.Summary {
			w.raw(`{"type":"summary_text","text":"`)
			w.dst = append(w.dst, p.Text...)
			w.raw(`"}`)
		}
		w.raw(`]`)
	}
	if sig != nil {
		w.quoted("encrypted_content", sig.Value)
	}
	w.itemExt(p)
	w.raw(`}`)
}

func hasField(list []ir.Field, name string) bool {
	for i := range list {
		if list[i].Name == name {
			return true
		}
	}
	return false
}

// server writes what an upstream ran itself: as it was for the client's own
// dialect, in words for others.
func (w *writer) server(p *ir.Part) {
	s := p.Server
	if w.own && s.Dialect == ir.Responses && len(s.Raw) > 0 {
		w.verbatim(s.Raw)
		return
	}
	w.lose(ir.Semantic, "server_tool.flattened", w.req.PathOf(p.At), "")
	text := serverText(p)
	if text == "" {
		return
	}
	w.begin("message")
	w.raw(`,"role":"assistant","content":[{"type":"output_text","text":"`)
	w.dst = append(w.dst, text...)
	w.raw(`","annotations":[]}]}`)
}

// serverText tells in words what a server tool was asked or has found.
func serverText(p *ir.Part) (text ir.Text) {
	if p.Kind == ir.PartServerCall {
		text = "[" + ir.Plain(p.Server.Tool)
		args := p.Server.Args.Bytes()
		for _, name := range [...]string{"query", "url", "code"} {
			if v := member(args, name); len(v) > 2 && v[0] == '"' {
				return text + ": " + ir.Text(v[1:len(v)-1]) + "]"
			}
		}
		return text + "]"
	}
	for i := range p.Server.Parts {
		if q := &p.Server.Parts[i]; q.Kind == ir.PartText && q.Text != "" {
			if text != "" {
				text += `\n`
			}
			text += q.Text
		}
	}
	return text
}

func (w *writer) opaque(p *ir.Part, class ir.Class) {
	if w.own && p.Opaque.Dialect == ir.Responses {
		w.verbatim(p.Opaque.Raw)
		return
	}
	w.lose(class, ir.CodeDrop, w.req.PathOf(p.At), p.Opaque.Type)
}
