package responses

import "github.com/caddy-ai-gateway/ai-gateway/translate/ir"

// itemSize is about how long an item is besides what is said in it.
const itemSize = 256

// outputSize is about how long the items of an answer are.
func outputSize(resp *ir.Response) (n int) {
	for i := range resp.Candidates {
		for j := range resp.Candidates[i].Parts {
			p := &resp.Candidates[i].Parts[j]
			n += itemSize + len(p.Text)
			if p.Call != nil {
				n += len(p.Call.Args.Text) + len(p.Call.Args.JSON)
			}
		}
	}
	return n
}

// reserve makes room for items of n bytes, and for what they are made of.
func (e *encoder) reserve(n int) {
	room := make([]byte, 3*n+itemSize)
	piece := func(size int) []byte {
		p := room[:0:size]
		room = room[size:]
		return p
	}
	e.output, e.open.content, e.open.text, e.open.front = piece(n), piece(n), piece(n), piece(itemSize)
}

// AppendResponse appends a whole answer. The items are made by the encoder of
// streams, so that both ways give the same.
func (Codec) AppendResponse(dst []byte, resp *ir.Response, trip *ir.Trip) []byte {
	e := newEncoder(trip)
	e.quiet = true
	e.reserve(outputSize(resp))
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
