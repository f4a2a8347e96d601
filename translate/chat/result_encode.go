package chat

import (
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// codeIsError is noted when a result's failure is told in words, since the
// dialect has no field for it.
const codeIsError = "tool_result.is_error"

const errorPrefix = "Error: "

// toolMessages writes one tool message for each result of the turn, in the
// order of the calls.
func (e *encoder) toolMessages(dst []byte, turn *ir.Turn) []byte {
	for i := range turn.Parts {
		p := &turn.Parts[i]
		if p.Kind != ir.PartToolResult {
			continue
		}
		dst = e.message(dst, "tool")
		dst = appendString(dst, "tool_call_id", ir.WireID(p.Result.CallID, maxID))
		dst = appendKey(dst, "content")
		if e.caps.ToolResultMedia && hasMedia(p.Result) {
			dst = e.resultParts(append(dst, '['), p)
			dst = append(dst, ']')
		} else {
			dst = append(e.resultText(append(dst, '"'), p), '"')
		}
		if e.same {
			dst = appendFields(dst, p.Ext)
		}
		dst = append(dst, '}')
	}
	return dst
}

// resultText writes a result's texts, one a line. Media that must stand
// elsewhere are only mentioned.
func (e *encoder) resultText(dst []byte, p *ir.Part) []byte {
	r := p.Result
	start := len(dst)
	if r.IsError {
		e.lose(ir.Hint, codeIsError, e.req.PathOf(p.At), "")
		if first := firstText(r); !first.HasPrefix(errorPrefix) {
			dst = append(dst, errorPrefix...)
		}
	}
	lines := 0
	for i := range r.Parts {
		q := &r.Parts[i]
		if !isText(q) {
			if !q.Kind.IsMedia() {
				e.lose(ir.Semantic, ir.CodeDrop, e.req.PathOf(q.At), "")
			}
			continue
		}
		if lines > 0 {
			dst = append(dst, `\n`...)
		}
		dst = appendAsText(dst, q)
		lines++
	}
	if len(dst) == start && hasMedia(r) {
		dst = append(dst, "(see attached content)"...)
	}
	return dst
}

func firstText(r *ir.ToolResult) ir.Text {
	for i := range r.Parts {
		if r.Parts[i].Kind == ir.PartText {
			return r.Parts[i].Text
		}
	}
	return ""
}

// resultParts writes a result as a list, for servers that take media there.
func (e *encoder) resultParts(dst []byte, p *ir.Part) []byte {
	if p.Result.IsError {
		dst = e.textPart(dst, "Error:", nil)
	}
	for i := range p.Result.Parts {
		dst = e.part(dst, &p.Result.Parts[i])
	}
	return dst
}

// isText reports whether the part is a text or a document that is one.
func isText(p *ir.Part) bool {
	return p.Kind == ir.PartText || p.Kind == ir.PartFile && p.Media.Source == ir.SourceText
}

func hasMedia(r *ir.ToolResult) bool {
	for i := range r.Parts {
		if p := &r.Parts[i]; p.Kind.IsMedia() && !isText(p) {
			return true
		}
	}
	return false
}

// movesMedia reports whether the result holds media that tool messages of the
// target cannot hold, so that the user's message takes them.
func (e *encoder) movesMedia(r *ir.ToolResult) bool { return !e.caps.ToolResultMedia && hasMedia(r) }

func (e *encoder) movedMedia(dst []byte, r *ir.ToolResult) []byte {
	dst = e.textPart(dst, ir.Plain("Tool result "+ir.WireID(r.CallID, maxID)+":"), nil)
	for i := range r.Parts {
		if p := &r.Parts[i]; p.Kind.IsMedia() && !isText(p) {
			dst = e.part(dst, p)
		}
	}
	return dst
}
