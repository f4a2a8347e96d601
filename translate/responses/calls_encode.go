package responses

import (
	"slices"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// call writes a tool call. Tools that OpenAI defines are written as the client
// wrote them, or as functions when another vendor's client did.
func (w *writer) call(p *ir.Part) {
	c := p.Call
	id := ir.WireID(c.ID, maxCallID)
	if w.own && len(c.Raw) > 0 {
		w.verbatim(c.Raw)
		return
	}
	custom := c.Type == ir.TypeCustom && w.customTools()
	if custom {
		w.custom = append(w.custom, c.ID)
		w.begin("custom_tool_call")
	} else {
		w.begin("function_call")
	}
	w.itemID(p)
	w.quoted("call_id", id)
	if w.own {
		w.quoted("name", c.Name)
		if c.Namespace != "" {
			w.quoted("namespace", c.Namespace)
		}
	} else {
		w.quoted("name", w.t.Names.Wire(c.Namespace, c.Name))
	}
	switch {
	case !custom:
		w.raw(`,"arguments":"`)
		w.dst = c.AppendString(w.dst)
	case len(c.Args.JSON) > 0:
		w.raw(`,"input":"`)
		w.dst = ir.AppendEscaped(w.dst, c.Args.JSON)
	default:
		w.raw(`,"input":"`)
		w.dst = append(w.dst, c.Args.Text...)
	}
	w.raw(`"`)
	w.itemExt(p)
	w.raw(`}`)
}

// customTools reports whether free-text tools are offered as such.
func (w *writer) customTools() bool { return w.own || w.t.Caps.CustomTools }

// result writes what a tool answered, in the form that fits its call.
func (w *writer) result(p *ir.Part) {
	res := p.Result
	if w.own {
		for _, f := range p.Ext {
			if f.Name == "@raw" {
				w.verbatim(f.Raw)
				return
			}
		}
	}
	typ := "function_call_output"
	if slices.Contains(w.custom, res.CallID) {
		typ = "custom_tool_call_output"
	}
	w.begin(typ)
	w.itemID(p)
	w.quoted("call_id", ir.WireID(res.CallID, maxCallID))
	w.raw(`,"output":`)
	w.output(res)
	w.itemExt(p)
	w.raw(`}`)
	w.lostHint(p)
}

// output writes a result's text as a string, anything richer as a list of
// parts.
func (w *writer) output(res *ir.ToolResult) {
	prefix := ir.Text("")
	if res.IsError && !(len(res.Parts) > 0 && res.Parts[0].Text.HasPrefix("Error: ")) {
		prefix = "Error: "
	}
	if len(res.Parts) == 0 || len(res.Parts) == 1 && res.Parts[0].Kind == ir.PartText {
		w.dst = append(w.dst, '"')
		w.dst = append(w.dst, prefix...)
		if len(res.Parts) == 1 {
			w.dst = append(w.dst, res.Parts[0].Text...)
		}
		w.dst = append(w.dst, '"')
		return
	}
	w.dst = append(w.dst, '[')
	start := len(w.dst)
	if prefix != "" && res.Parts[0].Kind != ir.PartText {
		w.raw(`{"type":"input_text","text":"Error: "}`)
		prefix = ""
	}
	for i := range res.Parts {
		mark := len(w.dst)
		if mark > start {
			w.raw(`,`)
		}
		comma := len(w.dst)
		w.outputPart(&res.Parts[i], prefix)
		prefix = ""
		if len(w.dst) == comma {
			w.dst = w.dst[:mark]
		}
	}
	w.dst = append(w.dst, ']')
}

func (w *writer) outputPart(p *ir.Part, prefix ir.Text) {
	switch {
	case p.Kind == ir.PartText:
		w.raw(`{"type":"input_text","text":"`)
		w.dst = append(w.dst, prefix...)
		w.dst = append(w.dst, p.Text...)
		w.raw(`"`)
		w.partExt(p)
		w.raw(`}`)
	case p.Kind.IsMedia():
		w.media(p)
	case p.Kind == ir.PartOpaque && w.own:
		w.dst = append(w.dst, p.Opaque.Raw...)
	default:
		w.lose(ir.Semantic, ir.CodeDrop, w.req.PathOf(p.At), p.Kind.String())
	}
}
