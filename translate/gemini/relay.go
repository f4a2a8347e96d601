package gemini

import (
	"bytes"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// relay is the straight pipe between a client and an upstream that both speak
// the dialect. Google tells the usage in every chunk and the reason of the end
// in the last one, so each frame is only searched for the few names that
// matter.
type relay struct {
	env     *ir.Envelope
	model   []byte // the client's name of the model as JSON; nil when it was not renamed
	seen    ir.Seen
	chunk   chunk
	reader  jsonx.Reader
	called  bool
	stopped bool // a candidate has said why it ended
	began   bool
	ended   bool
}

// NewRelay pipes the answer of an upstream of the same dialect.
func (Codec) NewRelay(env *ir.Envelope, model string, renamed bool) ir.Relay {
	p := &relay{env: env, seen: ir.Seen{Usage: ir.NoUsage()}}
	if renamed {
		p.model = ir.AppendQuoted(nil, model)
	}
	return p
}

// Seen implements ir.Relay.
func (p *relay) Seen() *ir.Seen { return &p.seen }

// Frame implements ir.Relay. Frames without data are comments, which Gemini
// CLI's stream parser fails on; they are left out.
func (p *relay) Frame(dst []byte, _ string, data, raw []byte) []byte {
	if p.ended || len(data) == 0 {
		return dst
	}
	from, to := p.watch(data)
	switch {
	case p.env.Array:
		if p.began {
			dst = append(dst, ",\r\n"...)
		} else {
			dst = append(dst, '[')
		}
		dst = p.renamed(dst, data, from, to)
	case len(raw) == len(data): // an element of a streamed array
		start := len(dst)
		dst = p.renamed(append(dst, "data: "...), data, from, to)
		if bytes.ContainsAny(dst[start:], "\r\n") {
			dst = appendLine(append(dst[:start], "data: "...), bytes.Clone(dst[start+len("data: "):]))
		}
		dst = append(dst, lineEnd...)
	case from == to:
		dst = append(dst, raw...)
	default:
		dst = p.renamed(append(dst, "data: "...), data, from, to)
		dst = append(dst, lineEnd...)
	}
	p.began = true
	return dst
}

// renamed appends data with the client's name of the model between from and to.
func (p *relay) renamed(dst, data []byte, from, to int) []byte {
	if from == to {
		return append(dst, data...)
	}
	dst = append(dst, data[:from]...)
	dst = append(dst, p.model...)
	return append(dst, data[to:]...)
}

// span reads the top level of a chunk: what has been used, if usage asks for
// it, and where the value of modelVersion stands that must be restored; an
// empty range when there is none.
func (p *relay) span(data []byte, usage bool) (from, to int) {
	if !usage && p.model == nil {
		return 0, 0
	}
	r := &p.reader
	r.Reset(data)
	if r.Kind() != jsonx.Object {
		return 0, 0
	}
	for r.Object(); r.Member(); {
		switch r.Key() {
		case "usageMetadata":
			if !usage {
				continue
			}
			if u, _, ok := readUsage(r); ok {
				p.seen.Usage.Merge(&u)
			}
		case "modelVersion":
			if p.model != nil && r.Kind() == jsonx.String {
				from = r.Offset()
				r.Skip()
				to = r.Offset()
			}
		}
	}
	switch {
	case r.End() == nil:
		return from, to
	case usage: // counts that cannot be read must not hide the model
		return p.span(data, false)
	}
	return 0, 0
}

var (
	errorName  = []byte(`"error"`)
	callName   = []byte(`"functionCall"`)
	finishName = []byte(`"finishReason"`)
	blockName  = []byte(`"blockReason"`)
)

// watch reads from a chunk what Seen holds, and where the model's name stands.
// Most chunks are pieces of text, of which only the top level is read.
func (p *relay) watch(data []byte) (from, to int) {
	p.called = p.called || bytes.Contains(data, callName)
	if p.seen.Content && !bytes.Contains(data, finishName) && !bytes.Contains(data, blockName) && !bytes.Contains(data, errorName) {
		return p.span(data, true)
	}
	p.look(data)
	return p.span(data, false)
}

// look reads the whole chunk.
func (p *relay) look(data []byte) {
	_ = eachChunk(data, &p.chunk, p.take) // what cannot be read is the client's to judge
}

func (p *relay) take() {
	c := &p.chunk
	if c.failure != nil {
		p.seen.Err, p.seen.Done = streamError(c.failure), true
		return
	}
	if c.hasUsage {
		p.seen.Usage.Merge(&c.usage)
	}
	p.seen.Content = p.seen.Content || c.hasContent()
	for i := range c.cands {
		w := &c.cands[i]
		for j := range w.parts {
			p.called = p.called || w.parts[j].call
		}
		if w.finished() {
			p.stop(ir.Stop{Reason: stopReason(w.finish, p.called), Raw: strings.Clone(w.finish)})
		}
	}
	if c.block != "" && !p.stopped {
		p.stop(ir.Stop{Reason: ir.StopContentFilter, Raw: strings.Clone(c.block)})
	}
}

// stop notes why the first candidate ended. The stream may go on: with other
// candidates, or with what was used.
func (p *relay) stop(s ir.Stop) {
	if !p.stopped {
		p.stopped, p.seen.Stop, p.seen.Done = true, s, true
	}
}

// Close implements ir.Relay.
func (p *relay) Close(dst []byte) []byte {
	if p.ended {
		return dst
	}
	if p.seen.Err == nil && !p.stopped {
		return p.Fail(dst, truncated())
	}
	p.ended = true
	if p.env.Array && p.began {
		dst = append(dst, ']')
	}
	return dst
}

// Fail implements ir.Relay.
func (p *relay) Fail(dst []byte, e *ir.Error) []byte {
	if p.ended {
		return dst
	}
	p.ended, p.seen.Err, p.seen.Done = true, e, true
	if p.env.Array && p.began {
		dst = append(dst, ",\r\n"...)
	} else if p.env.Array {
		dst = append(dst, '[')
	}
	return appendFailure(dst, e, p.env.Array)
}

// Body implements ir.Relay.
func (p *relay) Body(dst, body []byte) []byte {
	if p.env.Op != ir.Generate {
		p.seen.Content, p.seen.Done = true, true
		return append(dst, body...)
	}
	p.look(body)
	if p.seen.Err == nil {
		p.seen.Done = true
	}
	from, to := p.span(body, false)
	return p.renamed(dst, body, from, to)
}
