package responses

import (
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// whole is the place of the item that is being read.
func (d *itemReader) whole() ir.Loc { return ir.Loc{Msg: d.msg, Part: -1} }

// callPart returns the call that an item stands for.
func (d *itemReader) callPart(it *item, t itemType) ir.Part {
	call := d.mem.Call()
	call.ID, call.Name, call.Namespace, call.Type = ir.CleanID(it.callID), it.name, it.namespace, t.tool
	call.Args = callArgs(t.tool, it)
	if t.name != "" {
		call.Name, call.Raw = t.name, it.raw
		if call.ID == "" {
			call.ID = ir.CleanID(it.id)
		}
	}
	return ir.Part{Kind: ir.PartToolCall, Call: call, ItemID: it.id, At: d.whole(), Ext: it.ext}
}

// serverPart returns a call that the upstream ran itself. The item holds the
// result as well.
func (d *itemReader) serverPart(it *item, t itemType) ir.Part {
	s := &ir.ServerItem{ID: it.id, CallID: it.callID, Tool: t.name, Label: it.label, Dialect: ir.Responses, Raw: it.raw}
	switch t.name {
	case "web_search":
		s.Args.JSON = it.action
	case "code_execution":
		if len(it.code) > 0 {
			s.Args.JSON = append(append([]byte(`{"code":`), it.code...), '}')
		}
	default:
		s.Args = it.args
	}
	kind := ir.PartServerCall
	if t.kind == kindServerBack {
		kind = ir.PartServerResult
	}
	return ir.Part{Kind: kind, Server: s, ItemID: it.id, At: d.whole()}
}

// opaquePart returns an item that only this dialect understands.
func (d *itemReader) opaquePart(it *item, kind ir.PartKind) ir.Part {
	return ir.Part{
		Kind: kind, ItemID: it.id, At: d.whole(),
		Opaque: &ir.Opaque{Dialect: ir.Responses, Type: it.typ, Raw: it.raw},
	}
}

// reasoningText returns what a reasoning item lets see: its summary or, when
// there is none, the thoughts themselves. Paragraphs are put together with a
// blank line between them.
func (d *itemReader) reasoningText(r *jsonx.Reader, it *item) (text ir.Text, summary bool) {
	if text = d.joined(r, it.summary); text != "" {
		return text, true
	}
	text = d.joined(r, it.content)
	return text, text == ""
}

func (d *itemReader) joined(r *jsonx.Reader, raw []byte) (text ir.Text) {
	if len(raw) == 0 || raw[0] == 'n' {
		return ""
	}
	sub := r.Sub(raw)
	if sub.Kind() == jsonx.String {
		return sub.Text()
	}
	for open := sub.Array(); open && sub.Element(); {
		if t := textOf(&sub); t != "" {
			if text != "" {
				text += `\n\n`
			}
			text += t
		}
	}
	d.adopt(r, &sub)
	return text
}

// textOf returns the text of one part of a summary.
func textOf(r *jsonx.Reader) (text ir.Text) {
	if r.Kind() == jsonx.String {
		return r.Text()
	}
	for open := r.Object(); open && r.Member(); {
		if r.Key() == "text" {
			text = r.Text()
		}
	}
	return text
}
