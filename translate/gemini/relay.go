package gemini

import (
	"bytes"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// relay is the straight pipe between a client and an upstream that both speak
// the dialect. Google tells the usage and the model in every chunk, so each is
// read once, as a decoder does, and passed on as it is.
type relay struct {
	env     *ir.Envelope
	model   []byte // the client's name of the model as JSON; nil when it was not renamed
	seen    ir.Seen
	chunk   chunk
	onChunk func() // take, bound once
	called  bool
	stopped bool // a candidate has said why it ended
	began   bool
	ended   bool
}

// NewRelay pipes the answer of an upstream of the same dialect.
func (Codec) NewRelay(env *ir.Envelope, model string, renamed bool) ir.Relay {
	p := &relay{env: env, seen: ir.Seen{Usage: ir.NoUsage()}}
	p.onChunk = p.take
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
	from, to := p.look(data)
	switch {
	case p.seen.Err != nil:
		return dst
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

// look reads from a chunk, or from a whole answer, what Seen holds, and tells
// where the name of the model stands that must be restored. What cannot be read
// is the client's to judge.
func (p *relay) look(data []byte) (from, to int) {
	if eachChunk(data, &p.chunk, p.onChunk) != nil || p.model == nil {
		return 0, 0
	}
	return p.chunk.modelAt.Start, p.chunk.modelAt.End
}

func (p *relay) take() {
	c := &p.chunk
	if c.failure != nil {
		p.seen.Err = streamError(c.failure)
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
		p.stopped, p.seen.Stop = true, s
	}
}

// Close implements ir.Relay.
func (p *relay) Close(dst []byte) []byte {
	if p.ended {
		return dst
	}
	if p.seen.Err != nil {
		return p.Fail(dst, p.seen.Err)
	}
	if !p.stopped {
		return p.Fail(dst, truncated())
	}
	p.ended, p.seen.Done = true, true
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
	from, to := p.look(body)
	p.seen.Done = true
	if c := &p.chunk; p.seen.Err == nil && !p.stopped && len(c.cands) == 0 && !c.hasUsage || !jsonx.Valid(body) {
		p.seen.Err = badAnswer("the upstream's answer cannot be read")
	}
	if p.seen.Err != nil {
		return dst
	}
	return p.renamed(dst, body, from, to)
}
