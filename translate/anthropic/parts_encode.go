package anthropic

import (
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// part writes one part as a block of a message of the role, or nothing.
func (e *encoder) part(p *ir.Part, role ir.Role) {
	switch p.Kind {
	case ir.PartText:
		e.textPart(p, role)
	case ir.PartRefusal:
		if !p.Text.Blank() {
			e.begin(role)
			e.textBlock(p.Text, p)
		}
	case ir.PartThinking:
		switch {
		case role == ir.RoleAssistant && e.signed(p):
			e.begin(role)
			e.thinkingBlock(p)
		case p.Text != "" || p.Think != nil && p.Think.Redacted:
			e.lose(ir.Hint, ir.CodeDrop, e.req.PathOf(p.At), "thinking without a signature of this vendor")
		}
	case ir.PartToolCall:
		e.begin(role)
		e.call(p)
	case ir.PartToolResult:
		if role == ir.RoleUser {
			e.begin(role)
			e.result(p)
		}
	case ir.PartImage, ir.PartFile, ir.PartAudio, ir.PartVideo:
		e.mediaPart(p, role)
	case ir.PartServerCall, ir.PartServerResult:
		e.serverItem(p, role)
	default:
		e.opaque(p, role)
	}
}

func (e *encoder) textPart(p *ir.Part, role ir.Role) {
	text := p.Text
	if text.Blank() {
		return
	}
	e.begin(role)
	if e.native && p.Opaque != nil {
		e.raw(p.Opaque.Raw) // a search result
		e.marks.passed(p.Cache)
		return
	}
	if p == e.prefill {
		text = text.TrimRight() // the API refuses trailing space here
	}
	e.textBlock(text, p)
}

// textBlock writes a text block with what p says besides its text.
func (e *encoder) textBlock(text ir.Text, p *ir.Part) {
	e.dst = append(e.dst, `{"type":"text","text":`...)
	e.text(text)
	e.dst, _ = appendCitations(e.dst, p.Citations)
	e.end(p)
}

// end closes a block with its breakpoint and its unknown members.
func (e *encoder) end(p *ir.Part) {
	e.mark(p.Cache, &e.marks.messages)
	switch {
	case len(p.Ext) == 0:
	case e.native:
		e.fields(p.Ext)
	default:
		e.dropFields(p.Ext, func() string { return e.req.PathOf(p.At) })
	}
	e.dst = append(e.dst, '}')
}

// thinkingBlock writes thinking byte for byte as it was signed.
func (e *encoder) thinkingBlock(p *ir.Part) {
	if sig := p.Think.Sig; p.Think.Redacted || sig.Target == signsRedacted {
		e.dst = append(e.dst, `{"type":"redacted_thinking","data":`...)
		e.dst = append(ir.AppendQuoted(e.dst, sig.Value), '}')
		return
	}
	e.dst = append(e.dst, `{"type":"thinking","thinking":`...)
	e.text(p.Text)
	e.name("signature")
	e.dst = append(ir.AppendQuoted(e.dst, p.Think.Sig.Value), '}')
}

func (e *encoder) call(p *ir.Part) {
	c := p.Call
	e.dst = append(e.dst, `{"type":"tool_use","id":`...)
	e.dst = ir.AppendQuoted(e.dst, wireID(c.ID))
	e.name("name")
	e.dst = ir.AppendQuoted(e.dst, e.t.Names.Wire(c.Namespace, c.Name))
	e.name("input")
	if keys := e.renames(c); keys != nil {
		e.dst = appendRenamed(e.dst, c.AppendObject(nil), keys)
	} else if len(c.Args.JSON) > 0 && c.Args.JSON[0] == '{' && c.Type != ir.TypeCustom {
		e.raw(c.Args.JSON)
	} else {
		e.dst = c.AppendObject(e.dst)
	}
	e.end(p)
}

// wireID returns an id as the API takes it; it must not be empty.
func wireID(id string) string {
	if id == "" {
		return "call_0"
	}
	return ir.WireID(id, maxID)
}

// appendRenamed appends an object with its top-level keys renamed.
func appendRenamed(dst, raw []byte, keys map[string]string) []byte {
	var r jsonx.Reader
	r.Reset(raw)
	start := len(dst)
	dst = append(dst, '{')
	r.Object()
	for n := 0; r.Member(); n++ {
		if n > 0 {
			dst = append(dst, ',')
		}
		key := r.Key()
		if wire, ok := keys[key]; ok {
			key = wire
		}
		dst = append(ir.AppendQuoted(dst, key), ':')
		dst = append(dst, r.Raw()...)
	}
	if r.End() != nil {
		return append(dst[:start], raw...)
	}
	return append(dst, '}')
}

// result writes a tool_result: a string when it is one text, no content when
// it is empty, else blocks.
func (e *encoder) result(p *ir.Part) {
	res := p.Result
	e.dst = append(e.dst, `{"type":"tool_result","tool_use_id":`...)
	e.dst = ir.AppendQuoted(e.dst, wireID(res.CallID))
	if t := onlyText(res.Parts); t != nil {
		e.name("content")
		e.text(t.Text)
	} else {
		e.resultBlocks(res.Parts)
	}
	if res.IsError {
		e.dst = append(e.dst, `,"is_error":true`...)
	}
	e.end(p)
}

// onlyText returns the part of a result that is nothing but one plain text.
func onlyText(parts []ir.Part) *ir.Part {
	if len(parts) != 1 {
		return nil
	}
	p := &parts[0]
	if p.Kind != ir.PartText || p.Text.Blank() || p.Cache != nil || p.Opaque != nil || len(p.Citations) > 0 || len(p.Ext) > 0 {
		return nil
	}
	return p
}

func (e *encoder) resultBlocks(parts []ir.Part) {
	n := 0
	for i := range parts {
		p := &parts[i]
		if p.Kind == ir.PartText && p.Text.Blank() {
			continue
		}
		start := len(e.dst)
		if n == 0 {
			e.name("content")
			e.dst = append(e.dst, '[')
		} else {
			e.dst = append(e.dst, ',')
		}
		if !e.resultBlock(p) {
			e.dst = e.dst[:start]
			continue
		}
		n++
	}
	if n > 0 {
		e.dst = append(e.dst, ']')
	}
}

func (e *encoder) resultBlock(p *ir.Part) bool {
	switch {
	case p.Kind == ir.PartText && e.native && p.Opaque != nil:
		e.raw(p.Opaque.Raw)
	case p.Kind == ir.PartText || p.Kind == ir.PartRefusal:
		e.textBlock(p.Text, p)
	case p.Kind.IsMedia() && p.Media != nil:
		return e.media(p)
	case p.Opaque != nil && p.Opaque.Dialect == ir.Anthropic:
		e.raw(p.Opaque.Raw)
	default:
		e.lose(ir.Semantic, ir.CodeDrop, e.req.PathOf(p.At), "")
		return false
	}
	return true
}

// serverItem writes a server tool's call or result as it stood, or tells in
// words what another vendor's tool did.
func (e *encoder) serverItem(p *ir.Part, role ir.Role) {
	s := p.Server
	if s == nil {
		return
	}
	if s.Dialect == ir.Anthropic && len(s.Raw) > 0 {
		e.begin(role)
		e.raw(s.Raw)
		return
	}
	e.lose(ir.Semantic, "server_tool.flattened", e.req.PathOf(p.At), "")
	var text ir.Text
	if p.Kind == ir.PartServerCall {
		text = "[" + ir.Plain(s.Tool)
		if query := queryOf(&s.Args); query != "" {
			text += ": " + query
		}
		text += "]"
	}
	for i := range s.Parts {
		if t := s.Parts[i].Text; t != "" {
			if text != "" {
				text += `\n`
			}
			text += t
		}
	}
	if !text.Blank() {
		e.begin(role)
		e.textBlock(text, &ir.Part{})
	}
}

// queryOf returns what a server tool was asked for.
func queryOf(a *ir.Args) (query ir.Text) {
	var r jsonx.Reader
	r.Reset(a.Bytes())
	if r.Kind() != jsonx.Object {
		return ""
	}
	for in := r.Object(); in && r.Member(); {
		switch key := r.Key(); {
		case r.Kind() != jsonx.String:
		case key == "query" || key == "url" || key == "code" || key == "command":
			query = r.Text()
		}
	}
	return query
}

// opaque writes what only Anthropic understands back to Anthropic.
func (e *encoder) opaque(p *ir.Part, role ir.Role) {
	o := p.Opaque
	switch {
	case o == nil:
	case o.Dialect == ir.Anthropic && len(o.Raw) > 0:
		e.begin(role)
		e.raw(o.Raw)
	case p.Kind == ir.PartCompaction:
		e.lose(ir.Required, ir.CodeDrop, e.req.PathOf(p.At), "")
	default:
		e.lose(ir.Semantic, ir.CodeDrop, e.req.PathOf(p.At), "")
	}
}
