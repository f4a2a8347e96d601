package responses

import "github.com/caddy-ai-gateway/ai-gateway/translate/ir"

// AppendResponse appends a whole answer. The items are made by the encoder of
// streams, so that both ways give the same.
func (Codec) AppendResponse(dst []byte, resp *ir.Response, trip *ir.Trip) []byte {
	e := newEncoder(trip)
	e.quiet = true
	none := dst[len(dst):] // for what a stream would have; the answer is written over it
	ir.Replay(resp, func(ev *ir.Event) {
		if ev.Kind != ir.EventEnd {
			none = e.Append(none[:0], ev)
		}
	})
	e.closeItem(none[:0], "completed")
	o := e.object(e.end())
	start := len(dst)
	dst = o.appendTo(dst, trip)
	keep(trip, dst[start:])
	return dst
}
