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
	first := maxCandidates
	for r.Element() {
		var c glance
		c.read(r)
		if r.Err() != nil {
			return false
		}
		if c.hasUsage {
			p.seen.Usage.Merge(&c.usage)
		}
		p.seen.Content = p.seen.Content || c.called || c.says || c.refused
		if c.index < first { // servers that number all of them 0 mean the order
			first, p.seen.Stop = c.index, stopOf(c.finish, c.called, c.refused)
		}
	}
	return first < maxCandidates
}

// glance is what a relay wants to know of a choice, which is read as choice
// reads it, but not kept: that takes half of the time, and no memory.
type glance struct {
	index    int
	finish   ir.Text
	called   bool // there is a call
	says     bool // there is something beside calls
	refused  bool
	usage    ir.Usage
	hasUsage bool
}

func (c *glance) read(r *jsonx.Reader) {
	for in := inObject(r); in && r.Member(); {
		switch r.Key() {
		case "index":
			c.index = choiceIndex(r)
		case "delta", "message":
			c.message(r)
		case "finish_reason":
			c.finish = softText(r)
		case "usage":
			if u, ok := readUsage(r); ok {
				c.usage, c.hasUsage = u, true
			}
		}
	}
}

func (c *glance) message(r *jsonx.Reader) {
	for in := inObject(r); in && r.Member(); {
		switch r.Key() {
		case "content":
			c.says = someContent(r) || c.says
		case "reasoning_content", "reasoning", "thinking":
			c.says = someText(r) || c.says
		case "tool_calls":
			for in := inArray(r); in && r.Element(); {
				c.called = someCall(r) || c.called
			}
		case "function_call":
			c.called = someCall(r) || c.called
		case "refusal":
			c.refused = someText(r)
		case "audio":
			c.says = r.Kind() == jsonx.Object || c.says
			r.Skip()
		case "images":
			for in := inArray(r); in && r.Element(); {
				c.says = someImage(r) || c.says
			}
		}
	}
}

// someText reads a string and reports whether it holds anything.
func someText(r *jsonx.Reader) bool {
	is := r.Kind() == jsonx.String
	return len(r.Raw()) > len(`""`) && is
}

// someContent reads a content, a string or Mistral's list of parts, and reports
// whether it holds anything.
func someContent(r *jsonx.Reader) bool {
	if r.Kind() != jsonx.Array {
		return someText(r)
	}
	says := false
	r.Array()
	for r.Element() {
		if r.Kind() != jsonx.Object {
			says = someText(r) || says
			continue
		}
		r.Object()
		for r.Member() {
			if key := r.Key(); key == "text" || key == "thinking" {
				says = someContent(r) || says
			}
		}
	}
	return says
}

// someCall reads a call and reports whether it has anything that a call needs.
func someCall(r *jsonx.Reader) bool {
	is := false
	for in := inObject(r); in && r.Member(); {
		switch r.Key() {
		case "id", "name":
			is = someText(r) || is
		case "arguments", "input":
			is = r.Kind() == jsonx.Object || r.Kind() == jsonx.Array || someText(r) || is
		case "function", "custom":
			is = someCall(r) || is
		}
	}
	return is
}

// someImage reads an image and reports whether it is one.
func someImage(r *jsonx.Reader) bool {
	is := false
	for in := inObject(r); in && r.Member(); {
		if r.Key() != "image_url" {
			continue
		}
		for in := inObject(r); in && r.Member(); {
			is = r.Key() == "url" && someText(r) || is
		}
	}
	return is
}
