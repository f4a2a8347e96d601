package chat

import (
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// DecodeResponse reads a whole answer. An error object in the place of an
// answer, whatever its status was, is returned as the error that it is.
func (Codec) DecodeResponse(body []byte, trip *ir.Trip) (*ir.Response, error) {
	resp := &ir.Response{Usage: ir.NoUsage()}
	var r jsonx.Reader
	r.Reset(body)
	if !inObject(&r) {
		return nil, unreadable(body)
	}
	answered, failed := false, false
	for r.Member() {
		switch r.Key() {
		case "id":
			resp.ID = softText(&r).String()
		case "model":
			resp.Model = softText(&r).String()
		case "created":
			resp.Created = softInt(&r, 0)
		case "service_tier":
			resp.Tier = softText(&r).String()
		case "usage":
			if u, ok := readUsage(&r); ok {
				resp.Usage.Merge(&u)
			}
		case "choices":
			answered = readChoices(&r, resp, trip)
		case "error":
			failed = r.Kind() != jsonx.Null
		}
	}
	switch {
	case failed && !answered:
		return nil, decodeStreamError(body)
	case r.End() != nil || !answered:
		return nil, unreadable(body)
	}
	return resp, nil
}

func unreadable(body []byte) *ir.Error {
	return streamError(body[:min(len(body), 4096)], "the upstream's answer cannot be read")
}

// readChoices reads all candidates and reports whether there is one.
func readChoices(r *jsonx.Reader, resp *ir.Response, trip *ir.Trip) bool {
	if !inArray(r) {
		return false
	}
	n := 0
	for r.Element() {
		var c choice
		c.read(r)
		if r.Err() != nil {
			return false
		}
		if c.hasUsage {
			resp.Usage.Merge(&c.usage)
		}
		index := c.index
		if index < len(resp.Candidates) && resp.Candidates[index].Stop.Reason != "" {
			index = len(resp.Candidates) // some servers number all of them 0
		}
		for len(resp.Candidates) <= index {
			resp.Candidates = append(resp.Candidates, ir.Candidate{Index: len(resp.Candidates)})
		}
		wholeChoice(&resp.Candidates[index], &c, trip)
		n++
	}
	return n > 0
}

// wholeChoice fills a candidate from its choice, in the order in which its
// stream would have brought it.
func wholeChoice(cand *ir.Candidate, c *choice, trip *ir.Trip) {
	var parts []ir.Part
	text := func(kind ir.PartKind, t ir.Text) {
		if t == "" {
			return
		}
		if n := len(parts); n > 0 && parts[n-1].Kind == kind {
			parts[n-1].Text += t
			return
		}
		p := ir.Part{Kind: kind, Text: t}
		if kind == ir.PartThinking {
			p.Think = &ir.Thinking{}
		}
		parts = append(parts, p)
	}
	text(ir.PartThinking, c.reasoning)
	tags := trip.Target != nil && trip.Target.Caps.ThinkTags
	var splitter tagSplitter
	for _, p := range c.pieces {
		switch {
		case p.thought:
			text(ir.PartThinking, p.text)
		case tags:
			thought, visible := splitter.split(p.text)
			text(ir.PartThinking, thought)
			text(ir.PartText, visible)
		default:
			text(ir.PartText, p.text)
		}
	}
	thought, visible := splitter.rest()
	text(ir.PartThinking, thought)
	text(ir.PartText, visible)
	if n := len(parts); n > 0 && parts[n-1].Kind == ir.PartText {
		parts[n-1].Citations = c.citations
		parts[n-1].Logprobs = c.logprobs
	}
	text(ir.PartRefusal, c.refusal)
	cand.Parts = append(cand.Parts, wholeMedia(parts, c, trip)...)
	called := false
	for i := range c.calls {
		if p := &c.calls[i]; p.id != "" || p.name != "" || !p.args.Empty() {
			cand.Parts, called = append(cand.Parts, wholeCall(p, trip)), true
		}
	}
	cand.Stop = stopOf(c.finish, called, c.refusal != "")
}

func wholeMedia(parts []ir.Part, c *choice, trip *ir.Trip) []ir.Part {
	if c.hasAudio {
		m := c.audio
		m.Source, m.MIME = ir.SourceBase64, answerMIME(trip)
		parts = append(parts, ir.Part{Kind: ir.PartAudio, Media: &m})
	}
	for _, u := range c.images {
		p, data := imagePart(u)
		p.Media.Data = data
		parts = append(parts, *p)
	}
	return parts
}

func wholeCall(p *callPiece, trip *ir.Trip) ir.Part {
	call := &ir.ToolCall{ID: p.id, Name: orElse(p.name, "tool"), Args: p.args, Type: ir.TypeFunction}
	if call.ID == "" {
		call.ID = trip.NewID("call_")
	}
	if p.custom {
		call.Type = ir.TypeCustom
	}
	part := ir.Part{Kind: ir.PartToolCall, Call: call}
	if p.sigValue != "" {
		part.Sig = signatureOf(trip, p.sigValue)
	}
	return part
}
