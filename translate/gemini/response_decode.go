package gemini

import (
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// usualEvents is how many events an answer of one text makes.
const usualEvents = 8

// DecodeResponse reads a whole answer. The answer is one chunk, or several in
// an array, so it goes the way of a stream; nothing of it is copied.
func (Codec) DecodeResponse(body []byte, trip *ir.Trip) (*ir.Response, error) {
	d := streamDecoder{trip: trip, usage: ir.NoUsage()}
	events := d.Decode(make([]ir.Event, 0, usualEvents), "", body)
	if !d.started && !d.ended {
		return nil, badAnswer("the upstream's answer holds no candidates")
	}
	events = d.Close(events)
	resp := &ir.Response{Usage: ir.NoUsage()}
	for i := range events {
		if err := fold(resp, &events[i]); err != nil {
			return nil, err
		}
	}
	return resp, nil
}

// fold adds an event to the answer. Unlike ir.Collector it keeps what aliases
// the body, which outlives the answer.
func fold(resp *ir.Response, e *ir.Event) error {
	switch e.Kind {
	case ir.EventStart:
		resp.ID, resp.Model, resp.Created, resp.Tier = e.ID, e.Model, e.Created, e.Tier
	case ir.EventUsage:
		resp.Usage, resp.Tier = *e.Usage, e.Tier
	case ir.EventPartStart:
		for len(resp.Candidates) <= e.Cand {
			resp.Candidates = append(resp.Candidates, ir.Candidate{Index: len(resp.Candidates)})
		}
		c := &resp.Candidates[e.Cand]
		c.Parts = append(c.Parts, *e.Part)
	case ir.EventStop:
		for len(resp.Candidates) <= e.Cand {
			resp.Candidates = append(resp.Candidates, ir.Candidate{Index: len(resp.Candidates)})
		}
		resp.Candidates[e.Cand].Stop = e.Stop
	case ir.EventDelta, ir.EventSignature, ir.EventCitation, ir.EventLogprobs:
		foldPart(&resp.Candidates[e.Cand].Parts[e.Index], e)
	case ir.EventError:
		return e.Err
	}
	return nil
}

// foldPart adds an event to the part that it is about.
func foldPart(p *ir.Part, e *ir.Event) {
	switch {
	case e.Kind == ir.EventCitation:
		p.Citations = append(p.Citations, *e.Citation)
	case e.Kind == ir.EventLogprobs:
		p.Logprobs = append(p.Logprobs, e.Logprobs...)
	case e.Kind == ir.EventSignature && p.Kind == ir.PartThinking:
		p.Think.Sig = e.Sig
	case e.Kind == ir.EventSignature:
		p.Sig = e.Sig
	case p.Call != nil:
		p.Call.Args.JSON = e.JSON
	case p.Media != nil:
		p.Media.Data += e.Text
	default:
		p.Text += e.Text
	}
}
