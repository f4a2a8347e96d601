package ir

// Collector folds the events of a stream into the whole answer. The zero value
// is ready to use. It copies what it keeps.
type Collector struct {
	resp Response
	open []*building
	err  *Error
	done bool
}

// building is a part that grows by deltas.
type building struct {
	cand, index int
	part        Part
	text        []byte
	raw         []byte // arguments that arrive as a raw object
}

// Add takes one event. It reports false when the stream has ended.
func (c *Collector) Add(e *Event) bool {
	if c.done {
		return false
	}
	switch e.Kind {
	case EventStart:
		c.resp.ID, c.resp.Model, c.resp.Created, c.resp.Tier = e.ID, e.Model, e.Created, e.Tier
		c.resp.Usage = NoUsage()
		c.usage(e)
	case EventPartStart:
		c.candidate(e.Cand)
		c.open = append(c.open, &building{cand: e.Cand, index: e.Index, part: clonePart(e.Part)})
	case EventDelta:
		if b := c.find(e); b != nil {
			b.add(e)
		}
	case EventCitation:
		if b := c.find(e); b != nil {
			b.part.Citations = append(b.part.Citations, cloneCitation(e.Citation))
		} else if parts := c.candidate(e.Cand).Parts; e.Index < len(parts) && parts[e.Index].Kind == PartText {
			parts[e.Index].Citations = append(parts[e.Index].Citations, cloneCitation(e.Citation))
		}
	case EventSignature:
		if b := c.find(e); b != nil {
			b.sign(e.Sig)
		}
	case EventLogprobs:
		if b := c.find(e); b != nil {
			b.part.Logprobs = append(b.part.Logprobs, cloneLogprobs(e.Logprobs)...)
		}
	case EventPartStop:
		c.close(e)
	case EventUsage:
		c.usage(e)
	case EventStop:
		cand := c.candidate(e.Cand)
		cand.Stop = e.Stop
		cand.Stop.Sequence, cand.Stop.Detail = e.Stop.Sequence.Clone(), e.Stop.Detail.Clone()
	case EventError:
		c.err, c.done = e.Err, true
	case EventEnd:
		c.done = true
	}
	return !c.done
}

// Response returns the answer, or the error that ended the stream. A stream
// that ended without EventEnd is an error of kind ErrTruncated.
func (c *Collector) Response() (*Response, *Error) {
	if c.err != nil {
		return nil, c.err
	}
	if !c.done {
		return nil, &Error{Kind: ErrTruncated, Status: 502, Message: "the upstream's answer ended before it was complete"}
	}
	return &c.resp, nil
}

func (c *Collector) usage(e *Event) {
	if e.Usage != nil {
		c.resp.Usage.Merge(e.Usage)
	}
	if e.Tier != "" {
		c.resp.Tier = e.Tier
	}
}

func (c *Collector) candidate(i int) *Candidate {
	for len(c.resp.Candidates) <= i {
		c.resp.Candidates = append(c.resp.Candidates, Candidate{Index: len(c.resp.Candidates)})
	}
	return &c.resp.Candidates[i]
}

func (c *Collector) find(e *Event) *building {
	for _, b := range c.open {
		if b.cand == e.Cand && b.index == e.Index {
			return b
		}
	}
	return nil
}

// close moves a finished part to its candidate, at the place of its index,
// since parallel parts may end out of order.
func (c *Collector) close(e *Event) {
	for i, b := range c.open {
		if b.cand != e.Cand || b.index != e.Index {
			continue
		}
		c.open = append(c.open[:i], c.open[i+1:]...)
		cand := c.candidate(b.cand)
		for len(cand.Parts) <= b.index {
			cand.Parts = append(cand.Parts, Part{})
		}
		cand.Parts[b.index] = b.finish(e.Part)
		return
	}
}

func (b *building) add(e *Event) {
	if e.JSON != nil {
		b.raw = append(b.raw, e.JSON...)
		return
	}
	b.text = append(b.text, e.Text...)
}

func (b *building) sign(s *Sig) {
	own := *s
	if b.part.Kind == PartThinking {
		if b.part.Think == nil {
			b.part.Think = &Thinking{}
		}
		b.part.Think.Sig = &own
		return
	}
	b.part.Sig = &own
}

// finish returns the part with what its deltas added; final is the upstream's
// own complete version and wins where the deltas brought nothing.
func (b *building) finish(final *Part) Part {
	p := b.part
	if len(b.text) == 0 && len(b.raw) == 0 && final != nil {
		own := clonePart(final)
		own.Citations, own.Logprobs = append(p.Citations, own.Citations...), append(p.Logprobs, own.Logprobs...)
		if own.Sig == nil {
			own.Sig = p.Sig
		}
		return own
	}
	text := Text(b.text)
	switch {
	case p.Call != nil:
		p.Call.Args.Text += text
		p.Call.Args.JSON = append(p.Call.Args.JSON, b.raw...)
	case p.Server != nil:
		p.Server.Args.Text += text
		p.Server.Args.JSON = append(p.Server.Args.JSON, b.raw...)
	case p.Media != nil:
		p.Media.Data += text
	default:
		p.Text += text
	}
	return p
}
