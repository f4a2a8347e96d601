package anthropic

import (
	"bytes"
	"slices"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// foreignHints are what a body holds when some of its thinking was signed by
// nobody or by another vendor: the API refuses such a request.
var foreignHints = [][]byte{
	[]byte(`"gws1.`), []byte(`"signature":""`), []byte(`"signature": ""`),
	[]byte(`"` + ir.Sentinel + `"`), []byte(`"c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3`), []byte(`"context_engineering_is_the_way_to_go"`),
	[]byte(`"gAAAA`),
}

// mayBeForeign reports whether a body has to be read more closely before it
// is relayed. It is wrong in one direction only.
func mayBeForeign(body []byte) bool {
	for _, h := range foreignHints {
		if bytes.Contains(body, h) {
			return true
		}
	}
	return false
}

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
func foreignCuts(body []byte, t *ir.Target) []ir.Span {
	if !mayBeForeign(body) {
		return nil
	}
	c := cleaner{body: body}
	c.r.Reset(body)
	for in := c.r.Object(); in && c.r.Member(); {
		start := c.r.Offset()
		switch c.r.Key() {
		case "messages":
			c.messages()
		case "thinking":
			c.manual = hasType(c.r.Raw(), "enabled")
			c.thinkingAt = c.member("thinking", start)
		case "context_management":
			c.r.Skip()
			c.contextAt = c.member("context_management", start)
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
	return c.joined()
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

// member returns where a member of the body stands. Its value, from start on,
// has just been read.
func (c *cleaner) member(name string, start int) ir.Span {
	at := ir.Span{Start: bytes.LastIndex(c.body[:start], []byte(`"`+name+`"`)), End: c.r.Offset()}
	if at.Start < 0 || len(bytes.Trim(c.body[at.Start+len(name)+2:start], ": \t\r\n")) > 0 {
		return ir.Span{}
	}
	return at
}

const space = " \t\r\n"

// joined returns the cuts in order, neighbours as one, each with one of the
// commas beside it.
func (c *cleaner) joined() []ir.Span {
	slices.SortFunc(c.cuts, func(a, b ir.Span) int { return a.Start - b.Start })
	out := c.cuts[:0]
	for _, s := range c.cuts {
		if n := len(out); n > 0 && (s.Start <= out[n-1].End || len(bytes.Trim(c.body[out[n-1].End:s.Start], ","+space)) == 0) {
			out[n-1].End = max(out[n-1].End, s.End)
			continue
		}
		out = append(out, s)
	}
	for i := range out {
		cut := &out[i]
		rest := bytes.TrimLeft(c.body[cut.End:], space)
		before := bytes.TrimRight(c.body[:cut.Start], space)
		switch {
		case len(rest) > 0 && rest[0] == ',':
			cut.End = len(c.body) - len(rest) + 1
		case len(before) > 0 && before[len(before)-1] == ',':
			cut.Start = len(before) - 1
		}
	}
	return out
}
