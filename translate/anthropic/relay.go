package anthropic

import (
	"bytes"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// NewRelay pipes the answer of an upstream of the same dialect.
func (Codec) NewRelay(env *ir.Envelope, model string, renamed bool) ir.Relay {
	return &relay{op: env.Op, model: model, renamed: renamed, counts: noCounts(), seen: ir.Seen{Usage: ir.NoUsage()}}
}

// relay hands bytes on and reads only the few frames that matter.
type relay struct {
	op      ir.Op
	model   string
	renamed bool
	r       jsonx.Reader
	frame   frame
	counts  counts
	stop    stop
	calls   int
	seen    ir.Seen
	closed  bool // an error frame was written: nothing may follow
}

func (r *relay) Seen() *ir.Seen { return &r.seen }

var (
	deltaHead = []byte(`{"type":"content_block_delta"`)
	stopHead  = []byte(`{"type":"content_block_stop"`)
)

// Frame appends the frame as it came but for a model that was renamed.
func (r *relay) Frame(dst []byte, name string, data, raw []byte) []byte {
	if r.closed || r.seen.Done {
		return dst
	}
	switch {
	case name == "content_block_stop", name == "ping":
		return append(dst, raw...)
	case name == "content_block_delta", name == "" && bytes.HasPrefix(data, deltaHead):
		if !r.seen.Content {
			r.firstDelta(data)
		}
		return append(dst, raw...)
	case name == "" && bytes.HasPrefix(data, stopHead):
		return append(dst, raw...)
	}
	return r.read(dst, data, raw)
}

// firstDelta looks for the first content of the answer.
func (r *relay) firstDelta(data []byte) {
	if r.frame.read(&r.r, data) != nil || r.frame.delta == nil {
		return
	}
	sub := r.r.Sub(r.frame.delta)
	for in := sub.Object(); in && sub.Member(); {
		switch sub.Key() {
		case "text", "thinking", "partial_json", "content":
			if sub.Kind() == jsonx.String && sub.Text() != "" {
				r.seen.Content = true
			}
		}
	}
}

func (r *relay) read(dst, data, raw []byte) []byte {
	f := &r.frame
	if len(data) == 0 || f.read(&r.r, data) != nil {
		return append(dst, raw...)
	}
	switch f.typ {
	case "message_start":
		return r.messageStart(dst, data, raw)
	case "content_block_start":
		r.blockStart(data)
	case "message_delta":
		r.messageDelta()
	case "message_stop":
		r.finish()
	case "error":
		r.seen.Err = streamError(data)
		return dst
	}
	return append(dst, raw...)
}

// messageStart reads the usage and restores the model.
func (r *relay) messageStart(dst, data, raw []byte) []byte {
	at := ir.Span{}
	if r.frame.message != nil {
		sub := r.r.Sub(r.frame.message)
		for in := sub.Object(); in && sub.Member(); {
			start := sub.Offset()
			switch sub.Key() {
			case "model":
				sub.Skip()
				at = ir.Span{Start: start, End: sub.Offset()}
			case "usage":
				r.counts.add(&sub)
			}
		}
		r.seen.Usage = r.counts.usage()
	}
	if !r.renamed || at.Len() == 0 {
		return append(dst, raw...)
	}
	// The data stands in the frame as one line, or it was joined from several.
	if i := bytes.Index(raw, data); i >= 0 {
		dst = append(dst, raw[:i+at.Start]...)
		dst = ir.AppendQuoted(dst, r.model)
		return append(dst, raw[i+at.End:]...)
	}
	dst = append(dst, "event: message_start\ndata: "...)
	line := append(append([]byte(nil), data[:at.Start]...), ir.AppendQuoted(nil, r.model)...)
	dst = jsonx.AppendCompact(dst, append(line, data[at.End:]...))
	return append(dst, "\n\n"...)
}

func (r *relay) blockStart(data []byte) {
	if r.frame.content == nil {
		return
	}
	var b block
	sub := r.r.Sub(r.frame.content)
	b.read(&sub, data)
	switch b.typ {
	case "text", "thinking":
		r.seen.Content = r.seen.Content || b.text != ""
	case "tool_use":
		r.calls++
		r.seen.Content = r.seen.Content || b.name != ""
	default:
		r.seen.Content = true
	}
}

func (r *relay) messageDelta() {
	if r.frame.delta != nil {
		sub := r.r.Sub(r.frame.delta)
		for in := sub.Object(); in && sub.Member(); {
			r.stop.member(&sub)
		}
	}
	if r.frame.usage != nil {
		sub := r.r.Sub(r.frame.usage)
		r.counts.add(&sub)
		r.seen.Usage = r.counts.usage()
	}
}

func (r *relay) finish() {
	r.stop.settle(r.calls)
	r.seen.Stop = ir.Stop{Reason: r.stop.Reason, Category: r.stop.Category, Raw: r.stop.Raw}
	r.seen.Done = true
}

// Close ends an answer whose terminal event is missing: properly when its
// reason to stop is known, else with an error.
func (r *relay) Close(dst []byte) []byte {
	switch {
	case r.closed || r.seen.Done:
		return dst
	case r.seen.Err != nil:
		return r.Fail(dst, r.seen.Err)
	case r.stop.seen:
		r.finish()
		return append(dst, "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"...)
	default:
		return r.Fail(dst, truncated())
	}
}

// Fail ends the stream with an error event.
func (r *relay) Fail(dst []byte, e *ir.Error) []byte {
	if r.closed || r.seen.Done {
		return dst
	}
	r.closed = true
	r.seen.Err, r.seen.Done = e, true
	return appendErrorFrame(dst, e, "")
}

// Body reads a whole answer and appends it with the model restored.
func (r *relay) Body(dst, body []byte) []byte {
	if r.op == ir.CountTokens {
		r.seen.Content, r.seen.Done = true, true
		return append(dst, body...)
	}
	at, ok := r.message(body)
	if !ok {
		r.seen.Err = noMessage()
		return dst
	}
	if !r.renamed || at.Len() == 0 {
		return append(dst, body...)
	}
	return jsonx.Splice(dst, body, at.Start, at.End, ir.AppendQuoted(nil, r.model))
}

// message reads what Seen holds of a whole message, and where its model
// stands. ok is false for what is no message.
func (r *relay) message(body []byte) (model ir.Span, ok bool) {
	rd := &r.r
	rd.Reset(body)
	if rd.Kind() != jsonx.Object {
		return model, false
	}
	for in := rd.Object(); in && rd.Member(); {
		start := rd.Offset()
		switch rd.Key() {
		case "model":
			rd.Skip()
			model = ir.Span{Start: start, End: rd.Offset()}
		case "content":
			ok = rd.Kind() == jsonx.Array
			r.content(body)
		case "usage":
			r.counts.add(rd)
		default:
			r.stop.member(rd)
		}
	}
	if rd.End() != nil || !ok {
		return model, false
	}
	r.seen.Usage = r.counts.usage()
	r.finish()
	return model, true
}

func (r *relay) content(body []byte) {
	if r.r.Kind() != jsonx.Array {
		return
	}
	var b block
	r.r.Array()
	for r.r.Element() {
		b.read(&r.r, body)
		r.seen.Content = true
		if b.typ == "tool_use" {
			r.calls++
		}
	}
}
