package translate

import (
	"slices"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// reminded returns the request as the target is to see it: with the signatures
// that the client has not sent back, but that this very model has given. What the client has sent stays as it is, and so does req.
func (c *Call) reminded(req *ir.Request, t *ir.Target) *ir.Request {
	if c.memory == nil || c.bare || isClaude(t) && !thinks(&req.Reasoning) {
		return req
	}
	var turns []ir.Turn
	for i := range req.Turns {
		if req.Turns[i].Role != ir.RoleAssistant {
			continue
		}
		var parts []ir.Part
		if signsThinking(t) {
			parts = c.rethink(req.Turns[i].Parts, t)
		} else {
			parts = c.resign(req.Turns[i].Parts, t)
		}
		if parts == nil {
			continue
		}
		if turns == nil {
			turns = slices.Clone(req.Turns)
		}
		turns[i].Parts = parts
	}
	if turns == nil {
		return req
	}
	out := *req
	out.Turns = turns
	return &out
}

// thinks reports whether the client asks for reasoning. Claude takes thinking
// back without it as well, but has no use for it.
func thinks(r *ir.Reasoning) bool {
	return r.Mode != ir.ReasoningUnset && r.Mode != ir.ReasoningOff && r.Effort != "none"
}

// families are whose signatures the upstreams of a dialect want.
var families = map[ir.Dialect]ir.SigFamily{
	ir.Anthropic: ir.SigAnthropic, ir.Responses: ir.SigOpenAI, ir.Gemini: ir.SigGemini, ir.Chat: ir.SigGemini,
}

// proves reports whether the target will take a remembered signature: of the
// same model, and of the account where the vendor binds it to that.
func proves(t *ir.Target, s *ir.Sig) bool {
	want := families[t.Dialect]
	if isClaude(t) {
		want = ir.SigAnthropic
	}
	return s != nil && s.Model == t.Model && t.Accepts(s, want, want)
}

// resign returns the parts with the signatures of calls that lack theirs, nil
// when there are none.
func (c *Call) resign(parts []ir.Part, t *ir.Target) []ir.Part {
	var out []ir.Part
	for i := range parts {
		p := &parts[i]
		if p.Kind != ir.PartToolCall || p.Sig != nil || p.Call.ID == "" {
			continue
		}
		found := c.memory.Find(c.owner, byCall(p.Call.ID))
		if found == nil || !proves(t, found.Call) {
			continue
		}
		if out == nil {
			out = slices.Clone(parts)
		}
		out[i].Sig = found.Call
	}
	return out
}

// rethink returns the parts with the signed thinking that led to them, in the
// place of what the client has sent of it, nil when none is known. Turns that
// hold signed thinking are whole.
func (c *Call) rethink(parts []ir.Part, t *ir.Target) []ir.Part {
	for i := range parts {
		if p := &parts[i]; p.Kind == ir.PartThinking && p.Think != nil && p.Think.Sig != nil {
			return nil
		}
	}
	if out := c.rethinkCalls(parts, t); out != nil {
		return out
	}
	return c.rethinkText(parts, t)
}

func (c *Call) rethinkCalls(parts []ir.Part, t *ir.Target) []ir.Part {
	var first, rest []ir.Part // thinking that opens the turn, and the other parts
	known := false
	for i := range parts {
		p := &parts[i]
		if p.Kind == ir.PartToolCall && p.Call.ID != "" {
			for _, thought := range c.thoughts(byCall(p.Call.ID), t) {
				known = true
				if len(rest) == 0 || !thought.Behind {
					first = append(first, thought.Part)
				} else {
					rest = append(rest, thought.Part)
				}
			}
		}
		if p.Kind != ir.PartThinking {
			rest = append(rest, *p)
		}
	}
	if !known {
		return nil
	}
	return append(first, rest...)
}

func (c *Call) rethinkText(parts []ir.Part, t *ir.Target) []ir.Part {
	var out []ir.Part
	for i := range parts {
		p := &parts[i]
		if p.Kind != ir.PartThinking || p.Text == "" {
			if out != nil {
				out = append(out, *p)
			}
			continue
		}
		thoughts := c.thoughts(byText(p.Text), t)
		if thoughts != nil && out == nil {
			out = slices.Clone(parts[:i])
		}
		for _, thought := range thoughts {
			out = append(out, thought.Part)
		}
		if thoughts == nil && out != nil {
			out = append(out, *p)
		}
	}
	return out
}

// thoughts returns what is remembered under an id if the target will take all
// of it.
func (c *Call) thoughts(id string, t *ir.Target) []ir.Thought {
	found := c.memory.Find(c.owner, id)
	if found == nil {
		return nil
	}
	for i := range found.Thoughts {
		if !proves(t, found.Thoughts[i].Part.Think.Sig) {
			return nil
		}
	}
	return found.Thoughts
}
