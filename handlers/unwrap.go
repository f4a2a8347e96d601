package handlers

import (
	"github.com/caddy-ai-gateway/ai-gateway/providers"
	"github.com/caddy-ai-gateway/ai-gateway/translate"
	"github.com/caddy-ai-gateway/ai-gateway/translate/sse"
)

// envelopes has the answer take what it is given out of the upstream's
// envelope, and what it gives into the client's, where they have one.
func (a *attempt) envelopes(answer translate.Answer) translate.Answer {
	if e, ok := upstreamOf(a.lease.Account).Provider.(providers.Enveloped); ok {
		answer = &opened{Answer: answer, envelope: e}
	}
	if a.route.wrapped {
		answer = wrapped{answer, a.id}
	}
	return answer
}

// opened is an answer whose frames and bodies arrive in an envelope.
type opened struct {
	translate.Answer
	envelope providers.Enveloped
	data     []byte
}

// Frame implements translate.Answer. A relay frames an event anew whose bytes
// are its data alone.
func (o *opened) Frame(dst []byte, ev sse.Event) []byte {
	if len(ev.Data) > 0 {
		o.data = o.envelope.Unwrap(o.data[:0], ev.Data)
		ev.Data, ev.Raw = o.data, o.data
	}
	return o.Answer.Frame(dst, ev)
}

// Body implements translate.Answer.
func (o *opened) Body(dst, body []byte) []byte {
	return o.Answer.Body(dst, o.envelope.Unwrap(nil, body))
}
