package ir

import (
	"bytes"
	"strings"
)

// clonePart returns a copy that owns its text and raw JSON, so that it outlives
// the frame it was decoded from.
func clonePart(p *Part) Part {
	c := *p
	c.Text = p.Text.Clone()
	c.ItemID = strings.Clone(p.ItemID)
	if p.Call != nil {
		call := *p.Call
		call.Args = cloneArgs(call.Args)
		call.ID, call.Name, call.Namespace = strings.Clone(call.ID), strings.Clone(call.Name), strings.Clone(call.Namespace)
		call.Raw = bytes.Clone(call.Raw)
		c.Call = &call
	}
	if p.Media != nil {
		m := *p.Media
		m.Data, m.Transcript = m.Data.Clone(), m.Transcript.Clone()
		m.URL, m.MIME, m.ID = strings.Clone(m.URL), strings.Clone(m.MIME), strings.Clone(m.ID)
		c.Media = &m
	}
	if p.Think != nil {
		think := *p.Think
		think.ItemID = strings.Clone(think.ItemID)
		if think.Sig != nil {
			sig := *think.Sig
			sig.Value = strings.Clone(sig.Value)
			think.Sig = &sig
		}
		c.Think = &think
	}
	if p.Sig != nil {
		sig := *p.Sig
		sig.Value = strings.Clone(sig.Value)
		c.Sig = &sig
	}
	if p.Server != nil {
		s := *p.Server
		s.Args, s.Raw = cloneArgs(s.Args), bytes.Clone(s.Raw)
		s.ID, s.CallID, s.Tool = strings.Clone(s.ID), strings.Clone(s.CallID), strings.Clone(s.Tool)
		s.Label, s.Status = strings.Clone(s.Label), strings.Clone(s.Status)
		s.Parts = nil
		for i := range p.Server.Parts {
			s.Parts = append(s.Parts, clonePart(&p.Server.Parts[i]))
		}
		c.Server = &s
	}
	if p.Opaque != nil {
		o := *p.Opaque
		o.Type, o.Raw = strings.Clone(o.Type), bytes.Clone(o.Raw)
		c.Opaque = &o
	}
	c.Citations = nil
	for i := range p.Citations {
		c.Citations = append(c.Citations, cloneCitation(&p.Citations[i]))
	}
	c.Logprobs = cloneLogprobs(p.Logprobs)
	return c
}

func cloneArgs(a Args) Args { return Args{JSON: bytes.Clone(a.JSON), Text: a.Text.Clone()} }

func cloneCitation(c *Citation) Citation {
	own := *c
	own.CitedText, own.Title, own.URL, own.Raw = c.CitedText.Clone(), c.Title.Clone(), c.URL.Clone(), bytes.Clone(c.Raw)
	own.FileID = strings.Clone(c.FileID)
	return own
}

func cloneLogprobs(list []TokenLogprob) []TokenLogprob {
	if list == nil {
		return nil
	}
	own := make([]TokenLogprob, len(list))
	for i, l := range list {
		own[i] = l
		own[i].Token, own[i].Bytes, own[i].Top = l.Token.Clone(), bytes.Clone(l.Bytes), cloneLogprobs(l.Top)
	}
	return own
}
