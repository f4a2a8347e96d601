package responses

import (
	"bytes"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// partStart makes a part the live one, or lets it wait.
func (e *encoder) partStart(dst []byte, ev *ir.Event) []byte {
	if !e.part.on {
		return e.begin(dst, ev.Index, ev.Part)
	}
	q := &queued{index: ev.Index, head: *ev.Part}
	q.head = ownPart(ev.Part)
	q.text = initial(nil, ev.Part)
	e.waiting = append(e.waiting, q)
	return dst
}

// begin makes a part the live one. Its item is announced when there is
// something to say: empty parts leave no trace, and what signs a call must
// stand before it.
func (e *encoder) begin(dst []byte, index int, p *ir.Part) []byte {
	e.part = live{on: true, index: index, head: ownPart(p), sig: p.Sig, text: e.part.text[:0]}
	if p.Sig == nil && p.Think != nil {
		e.part.sig = p.Think.Sig
	}
	if p.Call != nil {
		e.part.hold = typedCall(p.Call.Type) || p.Call.Name == "" || e.signsCalls()
	}
	if text := initial(nil, p); len(text) > 0 {
		return e.fill(dst, &ir.Event{Kind: ir.EventDelta, Text: ir.Text(text)})
	}
	return dst
}

// signsCalls reports whether the upstream may sign a call behind its
// arguments, as Gemini does. Of a whole answer the signature is there anyway.
func (e *encoder) signsCalls() bool {
	t := e.trip.Target
	return e.quiet || t != nil && (t.Dialect == ir.Gemini || t.Dialect == ir.CodeAssist || t.Caps.Family == "gemini")
}

func typedCall(t ir.ToolType) bool {
	_, typed := typedItems[t]
	return typed
}

// initial appends what a part says already when it begins.
func initial(dst []byte, p *ir.Part) []byte {
	switch {
	case p.Call != nil:
		return appendArgs(dst, &p.Call.Args)
	case p.Server != nil:
		return appendArgs(dst, &p.Server.Args)
	case p.Media != nil:
		return append(dst, p.Media.Data...)
	default:
		return append(dst, p.Text...)
	}
}

// appendArgs writes arguments as the inside of a string, nothing for none.
func appendArgs(dst []byte, a *ir.Args) []byte {
	if len(a.JSON) > 0 {
		return ir.AppendEscaped(dst, a.JSON)
	}
	return append(dst, a.Text...)
}

// ownPart copies what is needed of a part beyond the event that brought it.
// Its text and arguments are kept apart.
func ownPart(p *ir.Part) ir.Part {
	own := ir.Part{Kind: p.Kind, ItemID: p.ItemID, Sig: p.Sig}
	for _, f := range p.Ext {
		if f.Name == "@phase" {
			own.Ext = []ir.Field{{Name: f.Name, Raw: bytes.Clone(f.Raw)}}
		}
	}
	switch {
	case p.Call != nil:
		own.Call = &ir.ToolCall{
			ID: p.Call.ID, Name: p.Call.Name, Namespace: p.Call.Namespace, Type: p.Call.Type, Raw: bytes.Clone(p.Call.Raw),
		}
	case p.Think != nil:
		own.Think = &ir.Thinking{Sig: p.Think.Sig, Redacted: p.Think.Redacted}
	case p.Media != nil:
		own.Media = &ir.Media{MIME: strings.Clone(p.Media.MIME), Source: p.Media.Source}
	case p.Server != nil:
		own.Server = &ir.ServerItem{Tool: p.Server.Tool, Dialect: p.Server.Dialect, Raw: bytes.Clone(p.Server.Raw)}
	case p.Opaque != nil:
		own.Opaque = &ir.Opaque{Dialect: p.Opaque.Dialect, Raw: bytes.Clone(p.Opaque.Raw)}
	}
	return own
}

// fill adds to the live part.
func (e *encoder) fill(dst []byte, ev *ir.Event) []byte {
	p := &e.part
	switch ev.Kind {
	case ir.EventSignature:
		sig := *ev.Sig
		p.sig = &sig
	case ir.EventCitation:
		if p.begun {
			return e.citation(dst, ev.Citation)
		}
	case ir.EventLogprobs:
		if p.begun && e.open.kind == openMessage {
			if len(e.open.logprobs) > 0 {
				e.open.logprobs = append(e.open.logprobs, ',')
			}
			e.open.logprobs = appendLogprobs(e.open.logprobs, ev.Logprobs, true)
		}
	case ir.EventDelta:
		return e.delta(dst, ev)
	}
	return dst
}

func (e *encoder) delta(dst []byte, ev *ir.Event) []byte {
	p := &e.part
	if ev.Text == "" && len(ev.JSON) == 0 {
		return dst
	}
	switch p.head.Kind {
	case ir.PartText, ir.PartRefusal, ir.PartThinking, ir.PartToolCall:
		if !p.hold {
			return e.write(e.openFor(dst), ev)
		}
	}
	p.text = ev.AppendDelta(p.text)
	return dst
}

// openFor announces the item, and the place in it, that the live part fills.
func (e *encoder) openFor(dst []byte) []byte {
	p := &e.part
	if p.begun {
		return dst
	}
	p.begun = true
	switch p.head.Kind {
	case ir.PartThinking:
		return e.openReasoning(dst)
	case ir.PartToolCall:
		dst = e.carrier(dst)
		return e.openCall(dst)
	default:
		dst = e.openText(dst, p.head.Kind == ir.PartRefusal)
		p.base = len(e.open.text)
		return dst
	}
}

// partStop ends a part.
func (e *encoder) partStop(dst []byte, ev *ir.Event) []byte {
	if e.part.on && e.part.index == ev.Index {
		return e.flush(e.partDone(dst, ev.Part))
	}
	for _, q := range e.waiting {
		if q.index == ev.Index {
			q.done = true
			if len(q.text) == 0 && ev.Part != nil {
				q.text = initial(q.text, ev.Part)
			}
		}
	}
	return dst
}

// partDone completes the live part. final is the upstream's own complete form,
// which counts when no delta came.
func (e *encoder) partDone(dst []byte, final *ir.Part) []byte {
	p := &e.part
	if final != nil && !p.begun && len(p.text) == 0 {
		if final.Call != nil && p.head.Call != nil && p.head.Call.Name == "" {
			p.head.Call.Name = final.Call.Name
		}
		if text := initial(nil, final); len(text) > 0 {
			dst = e.delta(dst, &ir.Event{Kind: ir.EventDelta, Text: ir.Text(text)})
		}
	}
	switch p.head.Kind {
	case ir.PartText, ir.PartRefusal: // the next part may go on with the message
	case ir.PartThinking:
		if p.begun || e.encrypted() != "" {
			dst = e.closeItem(e.openFor(dst), "completed")
		}
	case ir.PartToolCall:
		dst = e.callDone(dst)
	default:
		dst = e.other(dst)
	}
	p.on = false
	return dst
}

// callDone completes a call, whose arguments may have been held back.
func (e *encoder) callDone(dst []byte) []byte {
	p := &e.part
	if p.head.Call.Name == "" {
		p.head.Call.Name = "tool_" + string(appendInt(nil, e.seq))
	}
	if typedCall(p.head.Call.Type) {
		if raw := p.head.Call.Raw; jsonx.IsObject(raw) { // of an upstream of the same dialect
			return e.verbatim(dst, raw)
		}
		return e.typed(e.carrier(dst))
	}
	p.hold = false
	dst = e.openFor(dst)
	text := p.text
	if len(text) == 0 && len(e.open.text) == 0 && p.head.Call.Type != ir.TypeCustom {
		text = append(text, "{}"...)
	}
	if len(text) > 0 {
		dst = e.write(dst, &ir.Event{Kind: ir.EventDelta, Text: ir.Text(text)})
	}
	return e.closeItem(dst, "completed")
}

// encrypted returns what a client keeps of the live part's signature: OpenAI's
// own as it is, another vendor's with its provenance.
func (e *encoder) encrypted() string {
	switch s := e.part.sig; {
	case s == nil || s.Value == "":
		return ""
	case s.Family == ir.SigOpenAI:
		return s.Value
	default:
		return s.Carrier()
	}
}
