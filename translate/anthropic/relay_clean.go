package anthropic

import (
	"bytes"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// cleaner finds the pieces of a body that must not be sent: thinking that
// Anthropic has not signed and, when that leaves the running tool loop without
// thinking, the request for manual thinking. All other bytes stay.
type cleaner struct {
	r    jsonx.Reader
	body []byte
	cuts []ir.Span

	manual     bool // thinking is enabled with a budget
	unsigned   bool // the last assistant message calls tools and does not begin with thinking
	thinkingAt ir.Span
	contextAt  ir.Span
}

// foreignCuts returns the pieces to leave out of the body, in order and apart
// from each other; none when everything may be sent or the body cannot be read.
func foreignCuts(body []byte, env *ir.Envelope, t *ir.Target) []ir.Span {
	if o := &env.Outline; !o.Has(body, ir.WordThinking) || !o.Has(body, ir.WordAlien) {
		return nil
	}
	c := cleaner{body: body}
	c.r.Reset(body)
	c.r.Recall(&env.Outline)
	for in := c.r.Object(); in && c.r.Member(); {
		start := c.r.Offset()
		switch c.r.Key() {
		case "messages":
			c.messages()
		case "thinking":
			c.manual = hasType(c.r.Raw(), "enabled")
			c.thinkingAt = jsonx.MemberSpan(body, "thinking", ir.Span{Start: start, End: c.r.Offset()})
		case "context_management":
			c.r.Skip()
			c.contextAt = jsonx.MemberSpan(body, "context_management", ir.Span{Start: start, End: c.r.Offset()})
		}
	}
	if c.r.End() != nil || len(c.cuts) == 0 {
		return nil
	}
	if c.manual && c.unsigned && c.thinkingAt.Len() > 0 {
		t.Repair("reasoning.disabled_unsigned_history", "thinking", "")
		c.cuts = append(c.cuts, c.thinkingAt)
		if at := c.contextAt; bytes.Contains(body[at.Start:at.End], []byte("clear_thinking")) {
			c.cuts = append(c.cuts, at) // refused without thinking
		}
	}
	return jsonx.Cuts(body, c.cuts)
}

func hasType(raw []byte, want string) bool {
	var r jsonx.Reader
	r.Reset(raw)
	if r.Kind() != jsonx.Object {
		return false
	}
	found := false
	for in := r.Object(); in && r.Member(); {
		if r.Key() == "type" && r.Kind() == jsonx.String {
			found = r.String() == want
		}
	}
	return found
}

// messages cuts foreign thinking, and messages of which nothing else is left.
func (c *cleaner) messages() {
	if c.r.Kind() != jsonx.Array {
		return
	}
	c.r.Array()
	for c.r.Element() {
		start := c.r.Offset()
		if c.r.Kind() == jsonx.Object && c.message() {
			c.cuts = append(c.cuts, ir.Span{Start: start, End: c.r.Offset()})
		}
	}
}

// message reports whether nothing is left of the message.
func (c *cleaner) message() (empty bool) {
	var role string
	var first string
	calls, dropped, kept := false, 0, 0
	for in := c.r.Object(); in && c.r.Member(); {
		switch {
		case c.r.Key() == "role" && c.r.Kind() == jsonx.String:
			role = c.r.String()
		case c.r.Key() == "content" && c.r.Kind() == jsonx.Array:
			var b block
			c.r.Array()
			for c.r.Element() {
				start := c.r.Offset()
				b.read(&c.r, c.body)
				if foreignThinking(&b) {
					c.cuts = append(c.cuts, ir.Span{Start: start, End: c.r.Offset()})
					dropped++
					continue
				}
				if kept++; kept == 1 {
					first = b.typ
				}
				calls = calls || b.typ == "tool_use"
			}
		}
	}
	if role == "assistant" {
		c.unsigned = calls && first != "thinking" && first != "redacted_thinking"
	}
	return dropped > 0 && kept == 0
}

// foreignThinking reports whether a block is thinking that the API will not
// take back.
func foreignThinking(b *block) bool {
	value := b.signature
	switch b.typ {
	case "redacted_thinking":
		value = b.data
	case "thinking":
	default:
		return false
	}
	sig := ir.ParseSig(value, ir.SignsThink, "")
	if sig == nil {
		return true
	}
	return sig.Value != value || sig.Family != ir.SigAnthropic && sig.Family != ir.SigUnknown
}
