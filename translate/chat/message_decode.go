package chat

import (
	"strconv"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// message is what one element of messages says; its content stands in
// decoder.scratch.
type message struct {
	role      ir.Text
	name      string
	callID    string
	refusal   ir.Text
	audio     string // id of an earlier answer's audio
	isError   bool
	reasoning ir.Text
	thoughts  []ir.Part // of thinking_blocks or reasoning_details
	calls     []ir.Part
	ext       []ir.Field
}

// messages reads the conversation into system parts and turns.
func (d *decoder) messages() {
	r := &d.r
	d.msg = -1
	if !r.Array() {
		return
	}
	for r.Element() {
		d.msg++
		d.member, d.part = "", -1
		d.message()
	}
	if r.Err() == nil {
		d.member, d.part = "", -1
	}
}

func (d *decoder) message() {
	r := &d.r
	m := message{calls: d.made[:0]}
	d.scratch = d.scratch[:0]
	if !r.Object() {
		if r.Err() == nil {
			d.refuse("expected object, found null")
		}
		return
	}
	for r.Member() {
		d.member, d.part = r.Key(), -1
		switch r.Key() {
		case "role":
			m.role = r.Text()
		case "content":
			d.content()
		case "tool_calls":
			d.toolCalls(&m)
		case "tool_call_id":
			m.callID = r.String()
		default:
			d.rareMember(&m)
		}
	}
	if r.Err() != nil {
		return
	}
	d.member, d.part = "", -1
	d.place(&m)
	d.made = m.calls
}

// rareMember reads the members that most messages lack.
func (d *decoder) rareMember(m *message) {
	r := &d.r
	switch key := r.Key(); key {
	case "name":
		m.name = r.String()
	case "refusal":
		m.refusal = r.Text()
	case "reasoning_content", "reasoning", "thinking":
		if text, ok := d.textOf(); ok && m.reasoning == "" {
			m.reasoning = text
		}
	case "reasoning_details":
		d.reasoningDetails(m)
	case "thinking_blocks":
		d.thinkingBlocks(m)
	case "function_call":
		d.legacyCall(m)
	case "audio":
		for in := r.Object(); in && r.Member(); {
			if r.Key() == "id" {
				m.audio = r.String()
			}
		}
	case "is_error":
		m.isError = r.Bool()
	default:
		if !r.Null() {
			m.ext = d.mem.AddField(m.ext, key, r.Raw())
		}
	}
}

// textOf reads a string, and skips anything else.
func (d *decoder) textOf() (ir.Text, bool) {
	if d.r.Kind() != jsonx.String {
		d.r.Skip()
		return "", false
	}
	return d.r.Text(), true
}

// place puts a message where it belongs: system parts, a turn, or a result.
func (d *decoder) place(m *message) {
	switch m.role {
	case "tool", "function":
		d.result(m)
		return
	case "user", "assistant", "system", "developer":
	case "":
		d.member = "role"
		d.refuse("the role is missing")
		return
	default:
		d.member = "role"
		d.refuse("unknown role %q", m.role.String())
		return
	}
	d.flushResults()
	if m.role == "system" || m.role == "developer" {
		d.system(m)
		return
	}
	d.started = true
	turn := ir.Turn{Role: ir.RoleUser, Name: m.name, At: d.msg, Ext: m.ext}
	if m.role == "assistant" {
		turn.Role = ir.RoleAssistant
		d.assistant(m)
	}
	turn.Parts = d.mem.Keep(d.scratch)
	d.req.Turns = d.mem.AddTurn(d.req.Turns, &turn)
}

func (d *decoder) system(m *message) {
	if d.started {
		d.req.Turns = d.mem.AddTurn(d.req.Turns, &ir.Turn{
			Role: ir.RoleSystem, Parts: d.mem.Keep(d.scratch), Name: m.name, At: d.msg, Ext: m.ext,
		})
		return
	}
	role := ir.RoleSystem
	if m.role == "developer" {
		role = ir.RoleDeveloper
	}
	if len(d.scratch) > 0 && m.name != "" {
		m.ext = append(m.ext, ir.Field{Name: "name", Raw: ir.AppendQuoted(nil, m.name)})
	}
	for i := range d.scratch {
		d.scratch[i].Role = role
		if i == 0 {
			d.scratch[i].Ext = append(m.ext, d.scratch[i].Ext...)
		}
		d.req.System = d.mem.AddPart(d.req.System, &d.scratch[i])
	}
}

// assistant completes the content of an assistant message in the order in
// which models speak: thinking, text, refusal, calls.
func (d *decoder) assistant(m *message) {
	if m.reasoning != "" && len(m.thoughts) == 0 {
		m.thoughts = []ir.Part{{Kind: ir.PartThinking, Text: m.reasoning, Think: d.mem.Think(), At: d.whole()}}
	}
	if len(m.thoughts) > 0 {
		d.scratch = append(d.scratch, m.thoughts...)
		copy(d.scratch[len(m.thoughts):], d.scratch)
		copy(d.scratch, m.thoughts)
	}
	if m.refusal != "" {
		d.scratch = append(d.scratch, ir.Part{Kind: ir.PartRefusal, Text: m.refusal, At: d.whole()})
	}
	if m.audio != "" {
		d.scratch = append(d.scratch, ir.Part{Kind: ir.PartAudio, At: d.whole(), Media: &ir.Media{
			Source: ir.SourceFileID, FileID: m.audio, FileFamily: ir.Chat, ID: m.audio,
		}})
	}
	d.scratch = append(d.scratch, m.calls...)
	d.scratch = spreadCarriers(d.scratch)
	d.noteCalls()
}

// noteCalls remembers the calls of the message for results without an id.
func (d *decoder) noteCalls() {
	first := true
	for i := range d.scratch {
		if d.scratch[i].Kind != ir.PartToolCall {
			continue
		}
		if first {
			d.calls, first = d.calls[:0], false
		}
		d.calls = append(d.calls, callRef{id: d.scratch[i].Call.ID, name: d.scratch[i].Call.Name})
	}
}

// result adds a tool message to the results that the next user turn opens with.
func (d *decoder) result(m *message) {
	d.started = true
	res := d.mem.Result()
	*res = ir.ToolResult{
		CallID: ir.CleanID(m.callID), Name: m.name, Parts: d.mem.Keep(d.scratch), IsError: m.isError, Type: ir.TypeFunction,
	}
	if m.callID == "" {
		res.CallID = d.answeredCall(m.name)
	} else {
		d.markAnswered(res.CallID)
	}
	if len(d.results) == 0 {
		d.resultAt = d.msg
	}
	d.results = append(d.results, ir.Part{Kind: ir.PartToolResult, Result: res, At: d.whole(), Ext: m.ext})
}

// answeredCall returns the id of the call that a result without one belongs
// to: the latest of its name, or the first that is not answered.
func (d *decoder) answeredCall(name string) string {
	for i := range d.calls {
		if c := &d.calls[i]; !c.answered && (name == "" || c.name == name) {
			c.answered = true
			return c.id
		}
	}
	return "call_" + name + "_" + strconv.Itoa(d.msg)
}

func (d *decoder) markAnswered(id string) {
	for i := range d.calls {
		if d.calls[i].id == id {
			d.calls[i].answered = true
		}
	}
}

func (d *decoder) flushResults() {
	if len(d.results) == 0 {
		return
	}
	d.req.Turns = d.mem.AddTurn(d.req.Turns, &ir.Turn{Role: ir.RoleUser, Parts: d.mem.Keep(d.results), At: d.resultAt})
	d.results = d.results[:0]
}

// whole is the place of the message as a whole.
func (d *decoder) whole() ir.Loc { return ir.Loc{Msg: d.msg, Part: -1} }

// spreadCarriers moves signatures that the gateway handed out inside thinking,
// but that sign a call or a text, to the next such part. Thinking that held
// nothing else goes away.
func spreadCarriers(parts []ir.Part) []ir.Part {
	out := parts[:0]
	var pending *ir.Sig
	for i := range parts {
		p := parts[i]
		switch {
		case p.Kind == ir.PartThinking && p.Think.Sig != nil && (p.Think.Sig.Target == ir.SignsCall || p.Think.Sig.Target == ir.SignsText):
			pending = p.Think.Sig
			if p.Text == "" {
				continue
			}
			think := *p.Think
			think.Sig = nil
			p.Think = &think
		case pending == nil || p.Sig != nil:
		case p.Kind == ir.PartToolCall && pending.Target == ir.SignsCall, p.Kind == ir.PartText && pending.Target == ir.SignsText:
			p.Sig, pending = pending, nil
		}
		out = append(out, p)
	}
	return out
}

// cleanCallID splits what LiteLLM appends to a call's id.
func cleanCallID(id string) (string, *ir.Sig) {
	clean := ir.CleanID(id)
	if clean == id {
		return id, nil
	}
	_, value, _ := strings.Cut(id[len(clean):], "thought__")
	return clean, geminiSig(value)
}

// geminiSig reads a signature from a place that only Gemini's are put in.
func geminiSig(value string) *ir.Sig {
	s := ir.ParseSig(value, ir.SignsCall, "")
	if s != nil && s.Family == ir.SigUnknown {
		s.Family = ir.SigGemini
	}
	return s
}
