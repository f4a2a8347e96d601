package anthropic

import (
	"bytes"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// appendLine appends raw JSON without line breaks.
func appendLine(dst, raw []byte) []byte { return jsonx.AppendLine(dst, raw) }

// cloneNative copies what Anthropic wrote itself beyond its frame.
func cloneNative(p *ir.Part) ir.Part {
	out := ir.Part{Kind: p.Kind}
	if p.Server != nil {
		s := *p.Server
		s.Raw = bytes.Clone(s.Raw)
		s.Args = ir.Args{}
		out.Server = &s
	}
	if p.Opaque != nil {
		o := *p.Opaque
		o.Raw = bytes.Clone(o.Raw)
		out.Opaque = &o
	}
	return out
}

// delta takes a piece of a part: it is written at once when the part is the
// live one and its block can be open by now.
func (e *streamEncoder) delta(p *openPart, ev *ir.Event, live bool) {
	if ev.Text == "" && len(ev.JSON) == 0 || !growing(p) {
		return
	}
	p.fed = true
	// A call whose arguments come as an object is signed, if at all, after
	// them; its block waits, since the signature stands in front of it.
	p.whole = p.whole || ev.JSON != nil
	if !live || !e.begin(p) {
		p.buf = ev.AppendDelta(p.buf)
		return
	}
	e.flush(p)
	e.dst = append(e.dst, e.prefix...)
	e.dst = ev.AppendDelta(e.dst)
	e.dst = append(e.dst, deltaEnd...)
}

// growing reports whether the part's block takes deltas. Blocks that Anthropic
// wrote itself come whole, but for two kinds, and parts without a form are
// not kept at all.
func growing(p *openPart) bool {
	switch p.kind {
	case ir.PartText, ir.PartThinking, ir.PartToolCall:
		return true
	}
	return p.native.Kind == ir.PartServerCall || p.native.Kind == ir.PartCompaction
}

// begin opens the block of the live part, if it may be opened before the part
// is complete, and reports whether it is open.
func (e *streamEncoder) begin(p *openPart) bool {
	if p.begun {
		return true
	}
	switch p.kind {
	case ir.PartText:
		e.carry(p.sig)
		p.sig = ""
		e.openText()
	case ir.PartThinking:
		if e.texted || p.typ == redactedType {
			return false // late: only worth a block when it is signed
		}
		e.openThinking()
	case ir.PartToolCall:
		if p.whole && !p.stopped {
			return false
		}
		e.carry(p.sig)
		e.openTool(p)
	default:
		if p.native.Kind == 0 {
			return false
		}
		e.openNative(&p.native)
	}
	p.begun = true
	return true
}

// flush writes what has waited for the part's block to open.
func (e *streamEncoder) flush(p *openPart) {
	if len(p.buf) > 0 {
		e.piece(p.buf)
		p.buf = p.buf[:0]
	}
	if len(p.cites) > 0 && p.begun {
		for line := range bytes.Lines(p.cites) {
			e.deltaRaw(bytes.TrimSuffix(line, []byte("\n")))
		}
		p.cites = p.cites[:0]
	}
}

// advance writes the live part as far as it has come and, when it is
// complete, goes on with the next.
func (e *streamEncoder) advance() {
	for len(e.parts) > 0 {
		p := e.parts[0]
		if (len(p.buf) > 0 || p.kind > ir.PartThinking && p.native.Kind != 0) && e.begin(p) {
			e.flush(p)
		}
		if !p.stopped {
			return
		}
		e.finish(p)
		e.spare = append(e.spare, p)
		e.parts = append(e.parts[:0], e.parts[1:]...)
	}
}

// finish writes what a complete part still lacks.
func (e *streamEncoder) finish(p *openPart) {
	switch p.kind {
	case ir.PartText:
		e.flush(p)
		e.tail = p.sig // known too late to stand in front of the text
	case ir.PartThinking:
		e.finishThinking(p)
	case ir.PartToolCall:
		e.begin(p)
		if !p.fed {
			p.buf = append(p.buf, "{}"...)
		}
		e.flush(p)
		e.closeBlock()
	default:
		if e.begin(p) {
			e.closeBlock()
		}
	}
}

func (e *streamEncoder) finishThinking(p *openPart) {
	switch {
	case p.begun:
		e.sign(p.sig)
	case p.sig == "":
		e.late = append(e.late, p.buf...)
	case p.typ == redactedType && len(p.buf) == 0:
		e.openRedacted(p.sig)
		e.closeBlock()
	default:
		e.openThinking()
		e.flush(p)
		e.sign(p.sig)
	}
}
