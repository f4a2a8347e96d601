package translate

import (
	"bytes"
	"encoding/base64"
	"image"
	_ "image/gif"
	_ "image/jpeg"
	_ "image/png"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// maxImageHeader is how much of an image is looked at for its dimensions.
const maxImageHeader = 64 << 10

// imageTokens estimates an image by its dimensions, when its first bytes tell
// them.
func imageTokens(m *ir.Media) int64 {
	if m.Source != ir.SourceBase64 {
		return tokensImage
	}
	data := m.Data.String()
	if len(data) > maxImageHeader {
		data = data[:maxImageHeader]
	}
	raw := make([]byte, base64.StdEncoding.DecodedLen(len(data)))
	n, _ := base64.StdEncoding.Decode(raw, []byte(data)) // cut data ends in an error that does not matter
	cfg, _, err := image.DecodeConfig(bytes.NewReader(raw[:n]))
	if err != nil {
		return tokensImage
	}
	area := (int64(cfg.Width)*int64(cfg.Height) + 749) / 750
	return min(1600, max(258, area))
}
