package anthropic

import (
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// NeedsData implements translate.Codec. Claude takes images and documents, and
// on platforms that fetch them itself, by https.
func (Codec) NeedsData(p *ir.Part, _ *ir.Request, t *ir.Target) bool {
	switch p.Kind {
	case ir.PartImage:
		return !fetches(p.Media, t.Caps.URLImages)
	case ir.PartFile:
		return !fetches(p.Media, t.Caps.URLFiles)
	default:
		return false
	}
}

func fetches(m *ir.Media, urls bool) bool { return urls && strings.HasPrefix(m.URL, "https://") }
