package translate

import "github.com/caddy-ai-gateway/ai-gateway/translate/ir"

// unsaid notes the part of an answer that the client's dialect has no form for,
// by where it stood: answer.web_search, answer.image. What an upstream has
// looked up or run for itself is no more than a hint, since what it made of it
// stands in its text; what it has drawn or said is.
func (a *answer) unsaid(p *ir.Part) {
	to, t := a.trip.Request.Dialect, a.trip.Target
	if to == t.Dialect || t.Notes == nil || has(to, p) {
		return
	}
	n := ir.Note{Code: ir.CodeDrop, Path: "answer." + p.Kind.String(), Level: ir.Info}
	switch {
	case p.Kind.IsMedia():
		n.Level = ir.Warn
	case p.Server != nil && p.Server.Tool != "":
		if n.Path = "answer." + p.Server.Tool; p.Kind == ir.PartServerResult {
			n.Detail = "result"
		}
	case p.Opaque != nil && p.Opaque.Type != "":
		n.Path = "answer." + p.Opaque.Type
	}
	t.Notes.Add(n)
}

// uncited notes a source that the client's dialect has no form for: Anthropic's
// clients know what Anthropic has cited and can prove, those of others know
// addresses, and OpenAI's files.
func (a *answer) uncited(c *ir.Citation) {
	to, t := a.trip.Request.Dialect, a.trip.Target
	known := c.URL != "" || c.FileID != "" && to == ir.Responses
	if to == ir.Anthropic {
		known = c.Dialect == ir.Anthropic
	}
	if !known && to != t.Dialect && t.Notes != nil {
		t.Notes.Add(ir.Note{Code: ir.CodeDrop, Path: "answer.citations", Level: ir.Warn})
	}
}

// has reports whether answers in a dialect have a form for the part.
func has(d ir.Dialect, p *ir.Part) bool {
	switch p.Kind {
	case ir.PartImage:
		return d != ir.Anthropic
	case ir.PartAudio:
		return d == ir.Chat || d == ir.Gemini || d == ir.CodeAssist
	case ir.PartVideo, ir.PartFile:
		return d == ir.Gemini || d == ir.CodeAssist
	case ir.PartServerCall:
		switch d {
		case ir.Responses:
			return p.Server.Tool == "web_search" || p.Server.Tool == "code_execution"
		case ir.Gemini, ir.CodeAssist:
			return p.Server.Tool == "code_execution"
		}
		return false
	case ir.PartServerResult:
		return (d == ir.Gemini || d == ir.CodeAssist) && p.Server.Tool == "code_execution"
	case ir.PartOpaque, ir.PartCompaction:
		return false
	default:
		return true
	}
}
