package gemini

import "github.com/caddy-ai-gateway/ai-gateway/translate/ir"

// joinChunks puts neighbouring model contents together. Google's SDKs keep a
// streamed answer in their history chunk by chunk: what was one thought, or one
// text, is then many parts, of which only the last carries the signature of all.
func joinChunks(before, next []ir.Part) []ir.Part {
	out := make([]ir.Part, 0, len(before)+len(next))
	out = append(out, before...)
	for _, p := range next {
		if n := len(out); n > 0 && continues(&out[n-1], &p) {
			join(&out[n-1], &p)
			continue
		}
		out = append(out, p)
	}
	return out
}

// continues reports whether a part goes on with what the one before says.
func continues(before, p *ir.Part) bool {
	if before.Kind != p.Kind || len(before.Ext) > 0 || len(p.Ext) > 0 {
		return false
	}
	switch p.Kind {
	case ir.PartText:
		return before.Sig == nil
	case ir.PartThinking:
		return before.Think == nil || before.Think.Sig == nil
	}
	return false
}

// join adds a part to the one that it continues. The part before belongs to the
// request, so that it may change.
func join(before, p *ir.Part) {
	before.Text += p.Text
	before.Sig = p.Sig
	if p.Think != nil {
		before.Think = p.Think
	}
}
