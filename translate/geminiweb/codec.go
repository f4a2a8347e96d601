// Package geminiweb is what Google's web app for Gemini and its server say to each other, as far as it is known from those
// who have watched it (github.com/HanaokaYuzu/Gemini-API, github.com/xtekky/gpt4free). Nothing of it is documented, and it
// changes without notice. It is a dialect that only upstreams speak, and the one of which the gateway writes a draft: the
// provider puts it into the app's form, with what it has got from the app's page.
package geminiweb

import (
	"net/http"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// Codec is the upstream's half of the dialect. It has no state.
type Codec struct{}

// NameRule returns a rule for names of tools, which never reach the app but as text.
func (Codec) NameRule() ir.NameRule { return ir.NameRule{Max: 64} }

// Header returns nil: the provider knows the headers.
func (Codec) Header(*ir.Request, *ir.Target) http.Header { return nil }

// DecodeCount fails: the app counts no tokens.
func (Codec) DecodeCount([]byte) (int64, error) {
	return 0, bad("the web app counts no tokens", "no_count")
}

// DecodeResponse reads an answer that has come as a whole: the frames of a stream, one behind the other.
func (Codec) DecodeResponse(body []byte, trip *ir.Trip) (*ir.Response, error) {
	d := newDecoder(trip)
	var fold ir.Collector
	take := func(events []ir.Event) {
		for i := range events {
			fold.Add(&events[i])
		}
	}
	var frames Frames
	frames.Write(body)
	frames.Close()
	for {
		frame, ok := frames.Next()
		if !ok {
			break
		}
		take(d.Decode(nil, "", frame))
	}
	take(d.Close(nil))
	resp, err := fold.Response()
	if err != nil {
		return nil, err
	}
	return resp, nil
}

// NewDecoder reads an upstream's stream.
func (Codec) NewDecoder(trip *ir.Trip) ir.Decoder { return newDecoder(trip) }

// NeedsData returns true for what is named by URL: the app is only given what the gateway uploads.
func (Codec) NeedsData(p *ir.Part, _ *ir.Request, _ *ir.Target) bool {
	return p.Media != nil && p.Media.Source == ir.SourceURL
}
