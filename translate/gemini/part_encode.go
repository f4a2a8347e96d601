package gemini

import (
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// lateMedia is what a function's response held besides text, for models that
// cannot take it there: it follows in a content of its own.
type lateMedia struct {
	part *ir.Part
	name string
}

func (e *encoder) userTurn(turn *ir.Turn) {
	for i := range turn.Parts {
		p := &turn.Parts[i]
		if p.Kind == ir.PartToolResult {
			e.result(p)
			continue
		}
		e.flushMedia()
		switch p.Kind {
		case ir.PartText, ir.PartRefusal:
			if p.Text != "" && !(isClaude(e.t) && p.Text.Blank()) {
				e.text(user, p.Text, nil)
				e.extend(p)
			}
		default:
			e.other(user, p)
		}
	}
	e.flushMedia()
}

func (e *encoder) flushMedia() {
	for _, l := range e.late {
		e.text(user, ir.Plain("Tool result "+l.part.Kind.String()+" for "+l.name), nil)
		e.other(user, l.part)
	}
	e.late = e.late[:0]
}

// result writes a functionResponse.
func (e *encoder) result(p *ir.Part) {
	e.begin(user, true)
	res := p.Result
	e.dst = append(e.dst, `{"functionResponse":{`...)
	name := res.Name
	if call := e.answered(res.CallID); call != nil {
		name = e.names.Wire(call.Namespace, call.Name)
		if id, ok := e.callID(call); ok {
			e.dst = appendString(e.dst, "id", id)
		}
	}
	e.dst = appendString(e.dst, "name", name)
	e.dst = appendKey(e.dst, "response")
	e.response(res)
	if e.t.Caps.ToolResultMedia {
		e.resultMedia(res)
	} else {
		for i := range res.Parts {
			if q := &res.Parts[i]; isMedia(q) {
				e.late = append(e.late, lateMedia{q, name})
			}
		}
	}
	e.extendIn(p, "functionResponse.")
	e.dst = append(e.dst, `}}`...)
	e.extend(p)
}

// answered returns the call of the last model turn with this id. Results come in
// the order of the calls, so that the search begins behind the last one found.
func (e *encoder) answered(id string) *ir.ToolCall {
	for n := range e.calls {
		i := (e.lastCall + n) % len(e.calls)
		if e.calls[i].ID == id {
			e.lastCall = i + 1
			return e.calls[i]
		}
	}
	return nil
}

// isMedia reports whether a part of a result is more than text.
func isMedia(p *ir.Part) bool {
	return p.Kind.IsMedia() && p.Media != nil && p.Media.Source != ir.SourceText
}

// response writes the object that a function's response must be.
func (e *encoder) response(res *ir.ToolResult) {
	if e.native && len(res.JSON) > 0 && res.JSON[0] == '{' {
		e.dst = append(e.dst, res.JSON...)
		return
	}
	start := len(e.dst)
	key := `{"output":"`
	if res.IsError {
		key = `{"error":"`
	}
	e.dst = append(e.dst, key...)
	texts := 0
	for i := range res.Parts {
		q := &res.Parts[i]
		text, ok := resultText(q)
		if !ok {
			if !isMedia(q) {
				e.lose(ir.Semantic, ir.CodeDrop, e.req.PathOf(q.At), "")
			}
			continue
		}
		if texts++; texts > 1 {
			e.dst = append(e.dst, `\n`...)
		}
		e.dst = append(e.dst, text...)
	}
	if e.t.Caps.JSONToolResult && !res.IsError && texts > 0 && mayBeObject(e.dst[start+len(key):]) {
		text := ir.Text(e.dst[start+len(key):]).String()
		if jsonx.IsObject([]byte(text)) {
			e.dst = append(e.dst[:start], text...)
			return
		}
	}
	e.dst = append(e.dst, `"}`...)
}

// mayBeObject reports whether the inside of a JSON string may be an object, as
// its first character tells that is no white space.
func mayBeObject(text []byte) bool {
	for len(text) > 1 {
		switch {
		case text[0] == ' ':
			text = text[1:]
		case text[0] == '\\' && (text[1] == 'n' || text[1] == 'r' || text[1] == 't'):
			text = text[2:]
		default:
			return text[0] == '{' || text[0] == '\\'
		}
	}
	return false
}

func resultText(p *ir.Part) (ir.Text, bool) {
	switch {
	case p.Kind == ir.PartText:
		return p.Text, true
	case p.Kind == ir.PartFile && p.Media != nil && p.Media.Source == ir.SourceText:
		return documentText(p.Media), true
	}
	return "", false
}

// resultMedia writes the media of a function's response beside it.
func (e *encoder) resultMedia(res *ir.ToolResult) {
	first := true
	for i := range res.Parts {
		p := &res.Parts[i]
		if !isMedia(p) {
			continue
		}
		if first {
			e.dst = append(appendKey(e.dst, "parts"), '[')
		} else {
			e.dst = append(e.dst, ',')
		}
		first = false
		e.dst = append(e.dst, '{')
		e.media(p)
		e.dst = append(e.dst, '}')
	}
	if !first {
		e.dst = append(e.dst, ']')
	}
}

// other writes the parts that are rare.
func (e *encoder) other(role string, p *ir.Part) {
	switch {
	case p.Kind.IsMedia() && p.Media != nil:
		e.mediaPart(role, p)
	case p.Kind == ir.PartServerCall && p.Server != nil, p.Kind == ir.PartServerResult && p.Server != nil:
		e.server(role, p)
	case p.Kind == ir.PartOpaque && p.Opaque != nil && p.Opaque.Dialect == ir.Gemini:
		e.begin(role, false)
		e.dst = append(e.dst, p.Opaque.Raw...)
	case p.Kind == ir.PartCompaction:
		e.lose(ir.Required, ir.CodeDrop, e.req.PathOf(p.At), "compacted history can only be read by the vendor that wrote it")
	default:
		e.lose(ir.Semantic, ir.CodeDrop, e.req.PathOf(p.At), "")
	}
}

// server writes a call that a vendor ran itself, or its result: Google's own as
// it stood, others' as text, so that the model knows what was found.
func (e *encoder) server(role string, p *ir.Part) {
	s := p.Server
	if s.Dialect == ir.Gemini {
		e.begin(role, false)
		e.dst = appendRaw(append(e.dst, '{'), serverKey(p.Kind, s), s.Raw)
		e.signature(e.accepted(p.Sig))
		e.dst = append(e.dst, '}')
		e.extend(p)
		return
	}
	e.lose(ir.Semantic, "server_tool.flattened", e.req.PathOf(p.At), "")
	if text := flatten(p.Kind, s); text != "" {
		e.text(role, text, nil)
	}
}

// serverKey tells which member of a part holds a server tool's item.
func serverKey(kind ir.PartKind, s *ir.ServerItem) string {
	var r jsonx.Reader
	r.Reset(s.Raw)
	typed := false
	for in := r.Object(); in && r.Member(); {
		typed = typed || camel(r.Key()) == "toolType"
	}
	switch {
	case typed && kind == ir.PartServerCall:
		return "toolCall"
	case typed:
		return "toolResponse"
	case kind == ir.PartServerCall:
		return "executableCode"
	}
	return "codeExecutionResult"
}

// flatten tells in words what a tool of another vendor was asked, or found.
func flatten(kind ir.PartKind, s *ir.ServerItem) ir.Text {
	if kind == ir.PartServerCall {
		var r jsonx.Reader
		r.Reset(s.Args.Bytes())
		query := ""
		for in := r.Object(); in && r.Member(); {
			if key := r.Key(); (key == "query" || key == "url" || key == "code") && r.Kind() == jsonx.String {
				query = r.String()
			}
		}
		if query == "" {
			return ir.Plain("[" + s.Tool + "]")
		}
		return ir.Plain("[" + s.Tool + ": " + query + "]")
	}
	var b strings.Builder
	for i := range s.Parts {
		if q := &s.Parts[i]; q.Kind == ir.PartText {
			b.WriteString(q.Text.String() + "\n")
		}
	}
	var r jsonx.Reader
	r.Reset(s.Raw)
	listSources(&r, &b, 0)
	return ir.Plain(strings.TrimSpace(b.String()))
}

// listSources writes the titles and addresses that stand anywhere in a raw
// result, one source a line.
func listSources(r *jsonx.Reader, b *strings.Builder, depth int) {
	switch k := r.Kind(); {
	case depth > 8:
		r.Skip()
	case k == jsonx.Array:
		for in := r.Array(); in && r.Element(); {
			listSources(r, b, depth+1)
		}
	case k == jsonx.Object:
		title, url := "", ""
		for in := r.Object(); in && r.Member(); {
			switch key := r.Key(); {
			case key == "title" && r.Kind() == jsonx.String:
				title = r.String()
			case key == "url" && r.Kind() == jsonx.String:
				url = r.String()
			default:
				listSources(r, b, depth+1)
			}
		}
		if url != "" {
			b.WriteString(strings.TrimSpace(title+" "+url) + "\n")
		}
	default:
		r.Skip()
	}
}

// extend adds what only Google knows to the part that was just written.
func (e *encoder) extend(p *ir.Part) {
	if !e.native {
		return
	}
	for i := range p.Ext {
		if strings.IndexByte(p.Ext[i].Name, '.') < 0 {
			e.dst = appendFields(e.dst[:len(e.dst)-1], p.Ext[i:i+1])
			e.dst = append(e.dst, '}')
		}
	}
}

// extendIn adds the members of an object inside of the part, which is still
// open.
func (e *encoder) extendIn(p *ir.Part, prefix string) {
	if !e.native {
		return
	}
	for i := range p.Ext {
		if name, ok := strings.CutPrefix(p.Ext[i].Name, prefix); ok {
			e.dst = appendFields(e.dst, []ir.Field{{Name: name, Raw: p.Ext[i].Raw}})
		}
	}
}
