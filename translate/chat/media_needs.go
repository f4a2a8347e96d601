package chat

import "github.com/caddy-ai-gateway/ai-gateway/translate/ir"

// NeedsData implements translate.Codec. Images and videos have a form with a
// URL, which not all servers fetch; sounds and files have none.
func (Codec) NeedsData(p *ir.Part, _ *ir.Request, t *ir.Target) bool {
	switch p.Kind {
	case ir.PartImage:
		return !t.Caps.URLImages
	case ir.PartAudio, ir.PartFile:
		return true
	default:
		return false
	}
}
