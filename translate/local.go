package translate

import (
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// Probe is by what a client's probe is told from a real request.
type Probe struct {
	System    string // the system texts, one to a line
	Last      string // the text of the last turn, without space around it; empty if it is not the user's
	Turns     int
	Tools     int
	MaxOutput int // 0 is the model's own limit
}

// Probe reads the request for what tells a probe.
func (c *Call) Probe() (Probe, error) {
	req, err := c.request()
	if err != nil {
		return Probe{}, err
	}
	p := Probe{Turns: len(req.Turns), Tools: len(req.Tools), MaxOutput: req.Sampling.MaxOutput.V}
	p.System = textOf(req.System)
	if last := len(req.Turns) - 1; last >= 0 && req.Turns[last].Role == ir.RoleUser {
		p.Last = strings.TrimSpace(textOf(req.Turns[last].Parts))
	}
	return p, nil
}

func textOf(parts []ir.Part) string {
	var b strings.Builder
	for i := range parts {
		if parts[i].Kind == ir.PartText {
			b.WriteString(parts[i].Text.String())
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// Say returns a whole answer in the client's dialect, as the body or the stream that it asked for, that no upstream has
// given and that used no tokens. created dates it in unix seconds.
func (c *Call) Say(text string, stop ir.StopReason, created int64) ([]byte, error) {
	trip, err := c.trip(&ir.Target{Dialect: c.env.Dialect, Model: c.env.Model, Notes: &ir.Notes{}}, c.env.Model, created)
	if err != nil {
		return nil, err
	}
	trip.Target.Names = ir.NewNames(trip.Request.Tools, c.client.NameRule())
	resp := &ir.Response{
		ID: NewID(""), Model: c.env.Model, Created: created,
		Candidates: []ir.Candidate{{Parts: []ir.Part{{Kind: ir.PartText, Text: ir.Plain(text)}}, Stop: ir.Stop{Reason: stop}}},
	}
	if !c.env.Stream {
		return c.client.AppendResponse(nil, resp, trip), nil
	}
	enc := c.client.NewEncoder(trip)
	var out []byte
	ir.Replay(resp, func(e *ir.Event) { out = enc.Append(out, e) })
	return out, nil
}
