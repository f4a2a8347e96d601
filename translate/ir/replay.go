package ir

// Replay turns a whole answer into the events of a stream, for clients that
// asked for one when the upstream answered at once. It is the inverse of
// Collector but for the boundaries of deltas. Events point into resp, and each
// is written over by the next one.
func Replay(resp *Response, emit func(*Event)) {
	e := new(Event) // an Event is large: it is made where it is read
	*e = Event{Kind: EventStart, ID: resp.ID, Model: resp.Model, Created: resp.Created, Usage: &resp.Usage, Tier: resp.Tier}
	emit(e)
	for i := range resp.Candidates {
		c := &resp.Candidates[i]
		for j := range c.Parts {
			replayPart(&c.Parts[j], c.Index, j, e, emit)
		}
	}
	*e = Event{Kind: EventUsage, Usage: &resp.Usage, Tier: resp.Tier}
	emit(e)
	for i := range resp.Candidates {
		*e = Event{Kind: EventStop, Cand: resp.Candidates[i].Index, Stop: resp.Candidates[i].Stop}
		emit(e)
	}
	*e = Event{Kind: EventEnd}
	emit(e)
}

func replayPart(p *Part, cand, index int, e *Event, emit func(*Event)) {
	header := *p
	header.Citations, header.Logprobs, header.Sig = nil, nil, nil
	var text Text
	var json []byte
	switch {
	case p.Call != nil:
		call := *p.Call
		text, json, call.Args = call.Args.Text, call.Args.JSON, Args{}
		header.Call = &call
	case p.Media != nil:
		media := *p.Media
		text, media.Data = media.Data, ""
		header.Media = &media
	case p.Server != nil:
	default:
		text, header.Text = p.Text, ""
	}
	sig := p.Sig
	if p.Think != nil {
		think := *p.Think
		if !think.Redacted {
			sig, think.Sig = think.Sig, nil
		}
		header.Think = &think
	}
	*e = Event{Kind: EventPartStart, Cand: cand, Index: index, Part: &header}
	emit(e)
	if text != "" || json != nil {
		*e = Event{Kind: EventDelta, Cand: cand, Index: index, Text: text, JSON: json}
		emit(e)
	}
	for i := range p.Citations {
		*e = Event{Kind: EventCitation, Cand: cand, Index: index, Citation: &p.Citations[i]}
		emit(e)
	}
	if len(p.Logprobs) > 0 {
		*e = Event{Kind: EventLogprobs, Cand: cand, Index: index, Logprobs: p.Logprobs}
		emit(e)
	}
	if sig != nil {
		*e = Event{Kind: EventSignature, Cand: cand, Index: index, Sig: sig}
		emit(e)
	}
	*e = Event{Kind: EventPartStop, Cand: cand, Index: index}
	emit(e)
}
