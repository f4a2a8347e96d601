package ir

// Replay turns a whole answer into the events of a stream, for clients that
// asked for one when the upstream answered at once. It is the inverse of
// Collector but for the boundaries of deltas. Events point into resp, and each
// is written over by the next one.
func Replay(resp *Response, emit func(*Event)) {
	var now Event
	send := func(e Event) {
		now = e
		emit(&now)
	}
	send(Event{Kind: EventStart, ID: resp.ID, Model: resp.Model, Created: resp.Created, Usage: &resp.Usage, Tier: resp.Tier})
	for i := range resp.Candidates {
		c := &resp.Candidates[i]
		for j := range c.Parts {
			replayPart(&c.Parts[j], c.Index, j, send)
		}
	}
	send(Event{Kind: EventUsage, Usage: &resp.Usage, Tier: resp.Tier})
	for i := range resp.Candidates {
		send(Event{Kind: EventStop, Cand: resp.Candidates[i].Index, Stop: resp.Candidates[i].Stop})
	}
	send(Event{Kind: EventEnd})
}

func replayPart(p *Part, cand, index int, send func(Event)) {
	header := *p
	header.Citations, header.Logprobs, header.Sig = nil, nil, nil
	delta := Event{Kind: EventDelta, Cand: cand, Index: index}
	switch {
	case p.Call != nil:
		call := *p.Call
		delta.Text, delta.JSON, call.Args = call.Args.Text, call.Args.JSON, Args{}
		header.Call = &call
	case p.Media != nil:
		media := *p.Media
		delta.Text, media.Data = media.Data, ""
		header.Media = &media
	case p.Server != nil:
	default:
		delta.Text, header.Text = p.Text, ""
	}
	sig := p.Sig
	if p.Think != nil {
		think := *p.Think
		if !think.Redacted {
			sig, think.Sig = think.Sig, nil
		}
		header.Think = &think
	}
	send(Event{Kind: EventPartStart, Cand: cand, Index: index, Part: &header})
	if delta.Text != "" || delta.JSON != nil {
		send(delta)
	}
	for i := range p.Citations {
		send(Event{Kind: EventCitation, Cand: cand, Index: index, Citation: &p.Citations[i]})
	}
	if len(p.Logprobs) > 0 {
		send(Event{Kind: EventLogprobs, Cand: cand, Index: index, Logprobs: p.Logprobs})
	}
	if sig != nil {
		send(Event{Kind: EventSignature, Cand: cand, Index: index, Sig: sig})
	}
	send(Event{Kind: EventPartStop, Cand: cand, Index: index})
}
