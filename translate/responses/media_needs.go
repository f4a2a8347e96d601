package responses

import "github.com/caddy-ai-gateway/ai-gateway/translate/ir"

// NeedsData implements translate.Codec. OpenAI fetches images and files itself;
// sounds have no form with a URL.
func (Codec) NeedsData(p *ir.Part, _ *ir.Request, _ *ir.Target) bool { return p.Kind == ir.PartAudio }
