package geminiweb

import (
	"unicode/utf8"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// estimate guesses tokens, since the app counts none: four ASCII characters are one, and any other character is one.
type estimate struct{ ascii, other int64 }

func (e *estimate) add(s string) {
	for _, r := range s {
		if r < utf8.RuneSelf {
			e.ascii++
		} else {
			e.other++
		}
	}
}

func (e *estimate) tokens() int64 { return (e.ascii+3)/4 + e.other }

// tokensFile stands for a file, whatever is in it.
const tokensFile = 258

func (e *estimate) parts(parts []ir.Part) (files int64) {
	for i := range parts {
		p := &parts[i]
		switch {
		case p.Media != nil && p.Media.Source != ir.SourceText:
			files++
		case p.Media != nil:
			e.add(p.Media.Data.String())
		case p.Result != nil:
			files += e.parts(p.Result.Parts)
		case p.Kind == ir.PartThinking:
		default:
			e.add(p.Text.String())
		}
	}
	return files
}

func (d *decoder) usage() ir.Usage {
	u := ir.NoUsage()
	u.OutputTotal = d.sizes.tokens()
	if d.trip.Request == nil {
		return u
	}
	var in estimate
	files := in.parts(d.trip.Request.System)
	for i := range d.trip.Request.Turns {
		files += in.parts(d.trip.Request.Turns[i].Parts)
	}
	u.InputTotal = in.tokens() + files*tokensFile
	return u
}
