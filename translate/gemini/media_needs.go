package gemini

import "github.com/caddy-ai-gateway/ai-gateway/translate/ir"

// NeedsData implements translate.Codec. What Gemini's own clients name by URL
// is Google's to find.
func (Codec) NeedsData(p *ir.Part, req *ir.Request, t *ir.Target) bool {
	return !native(req) && !fetches(p.Kind, t)
}
