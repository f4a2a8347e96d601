package responses

import (
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// turns folds items into turns: what one speaker says in a row is one turn,
// its parts in the order of the items.
type turns struct {
	mem     *ir.Arena
	list    []ir.Turn
	parts   []ir.Part // of the open turn
	open    bool
	pending *ir.Sig // waits for the part that it signs
}

// speak opens a turn of the role unless one is open.
func (t *turns) speak(role ir.Role, at int) {
	if t.open && t.list[len(t.list)-1].Role == role && role != ir.RoleSystem {
		return
	}
	t.close()
	t.list = t.mem.AddTurn(t.list, &ir.Turn{Role: role, At: at})
	t.open = true
}

// close gives the open turn its parts.
func (t *turns) close() {
	if !t.open {
		return
	}
	t.list[len(t.list)-1].Parts = t.parts
	t.parts, t.open, t.pending = nil, false, nil
}

// add puts a part into the open turn. A signature that the gateway handed out
// in a reasoning item of its own goes to the part that it was made for.
func (t *turns) add(p ir.Part) {
	if s := t.pending; s != nil && p.Sig == nil {
		if p.Kind == ir.PartToolCall && s.Target == ir.SignsCall || p.Kind == ir.PartText && s.Target == ir.SignsText {
			p.Sig, t.pending = s, nil
		}
	}
	t.parts = t.mem.AddPart(t.parts, &p)
}

// place puts an item where it belongs.
func (d *decoder) place(it *item) {
	t, known := rowOf(it)
	switch {
	case it.typ == "" && it.role == "":
		d.refuse("type", "the item has neither type nor role")
		return
	case it.typ == "":
		t = itemTypes["message"]
	case !known && strings.HasSuffix(it.typ, "_output"):
		t.side = user
	}
	switch t.kind {
	case kindMessage:
		d.message(it)
	case kindReasoning:
		d.reasoning(it)
	case kindCall:
		d.turns.speak(ir.RoleAssistant, d.items.msg)
		p := d.items.callPart(it, t)
		d.check.call(d.mem, p.Call.ID)
		d.turns.add(p)
	case kindOutput:
		if it.isUnasked(t) {
			d.unasked(it)
			return
		}
		d.output(it, t)
	case kindReference:
		d.check.reference(it.id, d.items.msg)
	case kindTools:
		d.additionalTools(it)
	case kindCompaction:
		d.turns.speak(ir.RoleAssistant, d.items.msg)
		d.turns.add(d.items.opaquePart(it, ir.PartCompaction))
	default:
		d.turns.speak(t.side.role(), d.items.msg)
		if it.typ == "tool_search_output" { // of a search that OpenAI has run
			d.findTools(it)
		}
		if t.kind == kindOpaque {
			d.turns.add(d.items.opaquePart(it, ir.PartOpaque))
			return
		}
		d.turns.add(d.items.serverPart(it, t))
	}
}

func (s side) role() ir.Role {
	if s == user {
		return ir.RoleUser
	}
	return ir.RoleAssistant
}

// message adds a message's parts to a turn, or to the system's words when it
// comes before everybody else's.
func (d *decoder) message(it *item) {
	d.items.lateContent(&d.r, it)
	parts := d.items.parts
	var role ir.Role
	switch it.role {
	case "user", "assistant":
		role = ir.Role(it.role)
	case "system", "developer":
		role = ir.RoleSystem
	default:
		d.refuse("role", "expected user, assistant, system or developer, found "+it.role)
		return
	}
	if it.phase != "" {
		it.ext = d.mem.AddField(it.ext, "@phase", ir.AppendQuoted(nil, it.phase))
	}
	for i := range parts {
		parts[i].ItemID = it.id
		if role == ir.RoleSystem {
			parts[i].Role = ir.Role(it.role)
		}
	}
	if len(parts) > 0 && it.ext != nil {
		parts[0].Ext = joined(d.mem, it.ext, parts[0].Ext)
	}
	if role == ir.RoleSystem && len(d.turns.list) == 0 {
		d.system(parts)
		return
	}
	d.turns.speak(role, d.items.msg)
	turn := &d.turns.list[len(d.turns.list)-1]
	if turn.ItemID == "" {
		turn.ItemID = it.id
	}
	if it.phase != "" {
		turn.Phase = it.phase
	}
	for i := range parts {
		d.turns.add(parts[i])
	}
}

// system adds the texts of a leading system or developer message.
func (d *decoder) system(parts []ir.Part) {
	for i := range parts {
		if parts[i].Kind == ir.PartText {
			d.req.System = d.mem.AddPart(d.req.System, &parts[i])
		}
	}
}

// reasoning adds an earlier answer's reasoning. A signature of another
// vendor's call or text travels in an item of its own.
func (d *decoder) reasoning(it *item) {
	d.turns.speak(ir.RoleAssistant, d.items.msg)
	text, summary := d.items.reasoningText(&d.r, it)
	sig := ir.ParseSig(it.encrypted, ir.SignsThink, "")
	if sig != nil && (sig.Target == ir.SignsCall || sig.Target == ir.SignsText) {
		d.turns.pending = sig
		if text == "" {
			return
		}
		sig = nil
	}
	think := d.mem.Think()
	think.Summary, think.Sig, think.ItemID = summary, sig, it.id
	if it.content != nil {
		it.ext = d.mem.AddField(it.ext, "@content", it.content)
	}
	if several(&d.r, it.summary) {
		it.ext = d.mem.AddField(it.ext, "@summary", it.summary)
	}
	d.turns.add(ir.Part{Kind: ir.PartThinking, Text: text, Think: think, ItemID: it.id, At: d.items.whole(), Ext: it.ext})
}

// several reports whether a summary has more than one part.
func several(r *jsonx.Reader, summary []byte) bool {
	if len(summary) == 0 {
		return false
	}
	sub, n := r.Sub(summary), 0
	for open := sub.Kind() == jsonx.Array && sub.Array(); open && sub.Element(); n++ {
	}
	return n > 1
}

// output adds what a tool answered.
func (d *decoder) output(it *item, t itemType) {
	d.turns.speak(ir.RoleUser, d.items.msg)
	res := d.mem.Result()
	res.CallID, res.Name, res.Type = ir.CleanID(it.callID), it.name, t.tool
	p := ir.Part{Kind: ir.PartToolResult, Result: res, ItemID: it.id, At: d.items.whole(), Ext: it.ext}
	switch t.tool {
	case ir.TypeFunction, ir.TypeCustom:
		d.plainOutput(it, res)
	default:
		if res.CallID == "" {
			res.CallID = ir.CleanID(it.id)
		}
		d.typedOutput(it, res)
		p.Ext = d.mem.AddField(nil, "@raw", it.raw)
	}
	d.check.output(res.CallID)
	d.turns.add(p)
}

// plainOutput reads a string or a list of parts.
func (d *decoder) plainOutput(it *item, res *ir.ToolResult) {
	switch {
	case it.output == nil:
		if it.outputStr != "" {
			res.Parts = d.one(ir.Part{Kind: ir.PartText, Text: it.outputStr, At: d.items.whole()})
		}
	case it.output[0] == '[':
		d.items.parts, d.items.member = d.items.parts[:0], "output"
		sub := d.r.Sub(it.output)
		d.items.content(&sub)
		d.items.adopt(&d.r, &sub)
		res.Parts = d.mem.Keep(d.items.parts)
	default:
		res.Parts = d.one(ir.Part{Kind: ir.PartText, Text: ir.Plain(string(it.output)), At: d.items.whole()})
	}
}

// one returns a list that holds p alone.
func (d *decoder) one(p ir.Part) []ir.Part {
	d.items.parts = append(d.items.parts[:0], p)
	return d.mem.Keep(d.items.parts)
}

// joined returns the fields of both lists.
func joined(mem *ir.Arena, first, second []ir.Field) []ir.Field {
	for i := range second {
		first = mem.AddField(first, second[i].Name, second[i].Raw)
	}
	return first
}

// typedOutput reads the output of a tool that OpenAI defines.
func (d *decoder) typedOutput(it *item, res *ir.ToolResult) {
	text := it.outputStr
	if res.Type == ir.TypeToolSearch {
		text = d.findTools(it)
	}
	if text == "" && len(it.output) > 0 {
		if it.output[0] == '[' {
			text = shellOutput(&d.items, &d.r, it.output)
		} else {
			text = ir.Plain(string(it.output))
		}
	}
	if res.Type == ir.TypeApplyPatch {
		status := it.member("@status")
		res.IsError = status == `"failed"`
		if text == "" && len(status) > 2 {
			text = ir.Text(status[1 : len(status)-1])
		}
	}
	if text != "" {
		res.Parts = d.one(ir.Part{Kind: ir.PartText, Text: text, At: d.items.whole()})
	}
}

// member returns one of the members kept in ext, as a string.
func (it *item) member(name string) string {
	for _, f := range it.ext {
		if f.Name == name {
			return string(f.Raw)
		}
	}
	return ""
}
