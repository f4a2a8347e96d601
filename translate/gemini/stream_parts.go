package gemini

import (
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// part turns one part of a chunk into events. Pieces of text follow each other
// in parts of their own; a part of another kind ends the text before it.
func (d *streamDecoder) part(cand int, st *candidate, p *wirePart) {
	switch {
	case p.call:
		d.call(cand, st, p)
	case p.media != nil:
		if !p.thought { // pictures that the model draws while it thinks are no answer
			d.mediaPart(cand, st, p)
		}
	case p.server != nil:
		kind, item := serverPart(p.serverKey, p.server)
		item.ID, item.CallID = strings.Clone(item.ID), strings.Clone(item.CallID)
		item.Tool, item.Status = strings.Clone(item.Tool), strings.Clone(item.Status)
		for i := range item.Parts {
			item.Parts[i].Text = item.Parts[i].Text.Clone()
		}
		d.single(cand, st, &ir.Part{Kind: kind, Server: item}, ir.Event{}, d.sig(p, ir.SignsCall))
	case p.thought:
		d.text(cand, st, p, ir.PartThinking, ir.SignsThink)
	default:
		d.text(cand, st, p, ir.PartText, ir.SignsText)
	}
}

// sig is the signature of a part, with its provenance.
func (d *streamDecoder) sig(p *wirePart, target ir.SigTarget) *ir.Sig {
	if p.sig == "" {
		return nil
	}
	if isClaude(d.trip.Target) {
		return &ir.Sig{
			Value: anthropicSignature(strings.Clone(p.sig)), Family: ir.SigAnthropic, Model: d.trip.Target.Model,
			Scope: d.trip.Target.Scope, Target: ir.SignsThink,
		}
	}
	return &ir.Sig{
		Value: strings.Clone(p.sig), Family: ir.SigGemini, Model: d.trip.Target.Model, Scope: d.trip.Target.Scope, Target: target,
	}
}

func (d *streamDecoder) text(cand int, st *candidate, p *wirePart, kind ir.PartKind, target ir.SigTarget) {
	if p.text == "" && p.sig == "" {
		return
	}
	if isClaude(d.trip.Target) && kind == ir.PartText && p.sig != "" {
		d.claudeSigned(cand, st, p)
		return
	}
	if st.open != kind || st.signed {
		header := &ir.Part{Kind: kind}
		if kind == ir.PartThinking {
			header.Think = &ir.Thinking{Summary: true}
		}
		d.openPart(cand, st, header)
		if st.open = kind; kind == ir.PartText {
			st.text, st.cited, st.texted = st.text[:0], st.cited[:0], st.next-1
		}
	}
	if p.text != "" {
		d.out = ir.AppendText(d.out, cand, st.next-1, p.text)
		if kind == ir.PartText {
			st.text = append(st.text, p.text...)
		}
	}
	if sig := d.sig(p, target); sig != nil {
		d.emit(ir.Event{Kind: ir.EventSignature, Cand: cand, Index: st.next - 1, Sig: sig})
		st.signed = true
	}
}

// openPart ends what is open and begins another part.
func (d *streamDecoder) openPart(cand int, st *candidate, header *ir.Part) {
	d.closePart(cand, st)
	d.emit(ir.Event{Kind: ir.EventPartStart, Cand: cand, Index: st.next, Part: header})
	st.next++
}

// closePart ends the part that is open, if there is one.
func (d *streamDecoder) closePart(cand int, st *candidate) {
	if st.partial != nil {
		d.closePartial(cand, st)
		return
	}
	if st.open == 0 {
		return
	}
	d.emit(ir.Event{Kind: ir.EventPartStop, Cand: cand, Index: st.next - 1})
	st.open, st.signed = 0, false
}

// single emits a part that is complete at once. Its signature comes before its
// delta, since some clients must be given it with the part's beginning.
func (d *streamDecoder) single(cand int, st *candidate, header *ir.Part, delta ir.Event, sig *ir.Sig) {
	d.openPart(cand, st, header)
	at := st.next - 1
	if sig != nil {
		d.emit(ir.Event{Kind: ir.EventSignature, Cand: cand, Index: at, Sig: sig})
	}
	if delta.Text != "" || delta.JSON != nil {
		delta.Kind, delta.Cand, delta.Index = ir.EventDelta, cand, at
		d.emit(delta)
	}
	d.emit(ir.Event{Kind: ir.EventPartStop, Cand: cand, Index: at})
}

func (d *streamDecoder) mediaPart(cand int, st *candidate, p *wirePart) {
	m := *p.media
	m.MIME, m.URL, m.FileID, m.Name = strings.Clone(m.MIME), strings.Clone(m.URL), strings.Clone(m.FileID), strings.Clone(m.Name)
	data := m.Data
	m.Data, m.Ext = "", nil
	d.single(cand, st, &ir.Part{Kind: mediaKind(&m), Media: &m}, ir.Event{Text: data}, d.sig(p, ir.SignsText))
}

// call reads a functionCall: each is a new call, also when the name repeats,
// but for those without a name, which go on with arguments in pieces.
func (d *streamDecoder) call(cand int, st *candidate, p *wirePart) {
	if p.name == "" && st.partial == nil {
		return // the empty end of a call that is closed already
	}
	if p.name == "" {
		d.pieces(cand, st, p)
		return
	}
	st.called = true
	header := &ir.Part{Kind: ir.PartToolCall, Call: &ir.ToolCall{
		ID: strings.Clone(p.id), Name: strings.Clone(p.name), Type: ir.TypeFunction, Native: p.id != "",
	}}
	if p.id == "" {
		header.Call.ID = d.trip.NewID(callPrefix)
	}
	sig := d.sig(p, ir.SignsCall)
	if p.willContinue || p.partial != nil {
		d.openPart(cand, st, header)
		if sig != nil {
			d.emit(ir.Event{Kind: ir.EventSignature, Cand: cand, Index: st.next - 1, Sig: sig})
		}
		st.partial = &partialCall{}
		d.pieces(cand, st, p)
		return
	}
	args := p.args
	if args == nil {
		args = noArgs
	}
	if target := d.trip.Target; target.Provider == "antigravity" {
		args = withoutPlaceholder(args, p.name, d.trip.Request.Tools, target.Names)
	}
	d.single(cand, st, header, ir.Event{JSON: args}, sig)
}

// claudeSigned takes a signature that stands behind the thought it belongs to,
// on a text that is empty as a rule.
func (d *streamDecoder) claudeSigned(cand int, st *candidate, p *wirePart) {
	if st.open == ir.PartThinking && !st.signed {
		d.emit(ir.Event{Kind: ir.EventSignature, Cand: cand, Index: st.next - 1, Sig: d.sig(p, ir.SignsThink)})
		st.signed = true
	}
	p.sig = ""
	d.text(cand, st, p, ir.PartText, ir.SignsText)
}

// noArgs are the arguments of a call without any.
var noArgs = []byte("{}")

// pieces takes the arguments of one chunk of an open call.
func (d *streamDecoder) pieces(cand int, st *candidate, p *wirePart) {
	if p.args != nil {
		st.partial.whole = append(st.partial.whole[:0], p.args...)
	}
	st.partial.add(p.partial)
	if !p.willContinue {
		d.closePartial(cand, st)
	}
}

// closePartial emits the arguments that have been put together.
func (d *streamDecoder) closePartial(cand int, st *candidate) {
	args := st.partial.bytes()
	st.partial = nil
	d.emit(ir.Event{Kind: ir.EventDelta, Cand: cand, Index: st.next - 1, JSON: args})
	d.emit(ir.Event{Kind: ir.EventPartStop, Cand: cand, Index: st.next - 1})
}
