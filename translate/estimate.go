package translate

import (
	"unicode/utf8"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// Estimate guesses how many tokens the request has, for upstreams that cannot
// count. It counts what the client wrote and nothing that the gateway adds.
func (c *Call) Estimate() (int64, error) {
	req, err := c.request()
	if err != nil {
		return 0, err
	}
	e := estimate{}
	for i := range req.System {
		e.part(&req.System[i])
	}
	for i := range req.Turns {
		e.fixed += tokensPerTurn
		for j := range req.Turns[i].Parts {
			e.part(&req.Turns[i].Parts[j])
		}
	}
	for i := range req.Tools {
		t := &req.Tools[i]
		e.fixed += tokensPerTool
		e.text(t.Name)
		e.text(string(t.Description))
		e.text(string(t.Schema))
	}
	return e.tokens() + tokensBase, nil
}

// What a request costs beside its text.
const (
	tokensBase    = 16
	tokensPerTurn = 4
	tokensPerTool = 8
	tokensImage   = 1100 // an image of unknown size
	tokensPDFPage = 1500
	bytesPDFPage  = 50000
	tokensSecond  = 32 // of audio
	bytesSecond   = 16000
)

// estimate counts characters by what tokenizers do to them: four ASCII bytes
// to a token, and somewhat more than one token to any other character.
type estimate struct {
	ascii, other, fixed int64
}

func (e *estimate) tokens() int64 {
	return (e.ascii+3)/4 + (e.other*11+9)/10 + e.fixed
}

func (e *estimate) text(s string) {
	for i := 0; i < len(s); {
		if s[i] < utf8.RuneSelf {
			e.ascii++
			i++
			continue
		}
		_, n := utf8.DecodeRuneInString(s[i:])
		e.other++
		i += n
	}
}

func (e *estimate) part(p *ir.Part) {
	switch {
	case p.Media != nil:
		e.media(p)
	case p.Call != nil:
		e.text(p.Call.Name)
		e.text(string(p.Call.Args.Bytes()))
	case p.Result != nil:
		for i := range p.Result.Parts {
			e.part(&p.Result.Parts[i])
		}
	default:
		e.text(p.Text.String())
	}
}

func (e *estimate) media(p *ir.Part) {
	size := int64(len(p.Media.Data)) * 3 / 4
	switch {
	case p.Media.Source == ir.SourceText:
		e.text(p.Media.Data.String())
	case p.Kind == ir.PartFile:
		e.fixed += tokensPDFPage * max(1, (size+bytesPDFPage-1)/bytesPDFPage)
	case p.Kind == ir.PartAudio:
		e.fixed += tokensSecond * max(1, size/bytesSecond)
	default:
		e.fixed += imageTokens(p.Media)
	}
}
