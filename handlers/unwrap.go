package handlers

import (
	"github.com/caddy-ai-gateway/ai-gateway/providers"
	"github.com/caddy-ai-gateway/ai-gateway/translate/sse"
)

// plainSource takes the events of an upstream out of their envelope, if its
// kind has one.
func plainSource(src sse.Source, p providers.Provider) sse.Source {
	if e, ok := p.(providers.Enveloped); ok {
		return &opened{Source: src, envelope: e}
	}
	return src
}

// opened is a stream of events without their envelope.
type opened struct {
	sse.Source
	envelope providers.Enveloped
	data     []byte
}

// Event implements sse.Source. An event whose bytes are its data alone is
// framed anew by whoever hands it on.
func (o *opened) Event() sse.Event {
	ev := o.Source.Event()
	if len(ev.Data) == 0 {
		return ev
	}
	o.data = o.envelope.Unwrap(o.data[:0], ev.Data)
	return sse.Event{Name: ev.Name, Data: o.data, Raw: o.data}
}

// plainAnswer takes a whole answer out of its envelope, if the upstream's kind
// has one.
func plainAnswer(body []byte, p providers.Provider) []byte {
	if e, ok := p.(providers.Enveloped); ok {
		return e.Unwrap(nil, body)
	}
	return body
}
