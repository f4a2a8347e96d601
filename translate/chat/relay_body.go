package chat

import (
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// Body hands a whole answer on.
func (p *relay) Body(dst, body []byte) []byte {
	model, err := p.whole(body)
	if err != nil {
		p.fail(err)
		return dst
	}
	p.seen.Done = true
	if p.model != nil && model.Len() > 0 {
		return jsonx.Splice(dst, body, model.Start, model.End, p.model)
	}
	return append(dst, body...)
}

// whole reads from an answer what Seen holds, and where its model stands. It
// refuses what DecodeResponse refuses, but builds nothing.
func (p *relay) whole(body []byte) (model ir.Span, err *ir.Error) {
	var r jsonx.Reader
	r.Reset(body)
	if !inObject(&r) && !p.embed {
		return model, unreadable(body)
	}
	answered, failed := false, false
	for r.Member() {
		start := r.Offset()
		switch r.Key() {
		case "model":
			named := r.Kind() == jsonx.String && model.Len() == 0
			if r.Skip(); named {
				model = ir.Span{Start: start, End: r.Offset()}
			}
		case "usage":
			if u, ok := readUsage(&r); ok {
				p.seen.Usage.Merge(&u)
			}
		case "choices":
			answered = !p.embed && p.choices(&r)
		case "error":
			failed = r.Kind() != jsonx.Null
		}
	}
	if p.embed {
		p.seen.Content = true
		return model, nil
	}
	switch {
	case failed && !answered:
		return model, decodeStreamError(body)
	case r.End() != nil || !answered:
		return model, unreadable(body)
	}
	return model, nil
}

// choices reads whether the candidates hold anything, and why the first of
// them ended. It reports whether there is one.
func (p *relay) choices(r *jsonx.Reader) bool {
	if !inArray(r) {
		return false
	}
	var c choice
	first := maxCandidates
	for r.Element() {
		c.read(r)
		if r.Err() != nil {
			return false
		}
		if c.hasUsage {
			p.seen.Usage.Merge(&c.usage)
		}
		called := c.called()
		p.seen.Content = p.seen.Content || called || c.says()
		if c.index < first { // servers that number all of them 0 mean the order
			first, p.seen.Stop = c.index, stopOf(c.finish, called, c.refusal != "")
		}
	}
	return first < maxCandidates
}

// called reports whether the choice has a call.
func (c *choice) called() bool {
	for i := range c.calls {
		if p := &c.calls[i]; p.id != "" || p.name != "" || !p.args.Empty() {
			return true
		}
	}
	return false
}

// says reports whether the choice has anything beside calls.
func (c *choice) says() bool {
	for i := range c.pieces {
		if c.pieces[i].text != "" {
			return true
		}
	}
	return c.reasoning != "" || c.refusal != "" || c.hasAudio || len(c.images) > 0
}
