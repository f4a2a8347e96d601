package anthropic

import "github.com/caddy-ai-gateway/ai-gateway/translate/ir"

// maxMarks is how many cache breakpoints a request may hold, in tools, system
// and messages together.
const maxMarks = 4

// marks are the cache breakpoints of a request: how many of each place must
// be left out, the earliest first, and whether a short one has been written,
// after which no long one may follow.
type marks struct {
	tools, system, messages int
	short                   bool
}

// countMarks decides which breakpoints are too many: the earliest of the
// messages go first, those of tools and system last.
func (e *encoder) countMarks() {
	req := e.req
	var tools, system, messages int
	for _, t := range e.sent {
		tools += one(t.Cache != nil)
	}
	for i := range req.System {
		system += one(markable(&req.System[i]))
	}
	for i := range req.Turns {
		messages += countParts(req.Turns[i].Parts)
	}
	excess := tools + system + messages + one(req.Cache.AutoLast != nil) - maxMarks
	if excess <= 0 {
		return
	}
	m := &e.marks
	m.messages = min(excess, messages)
	m.system = min(excess-m.messages, system)
	m.tools = excess - m.messages - m.system
	e.lose(ir.Hint, ir.CodeTruncate, "cache_control", "at most 4 breakpoints")
}

func countParts(parts []ir.Part) (n int) {
	for i := range parts {
		p := &parts[i]
		n += one(markable(p))
		if p.Result != nil {
			n += countParts(p.Result.Parts)
		}
	}
	return n
}

// markable reports whether the part will be written with a breakpoint.
func markable(p *ir.Part) bool {
	return p.Cache != nil && p.Kind != ir.PartThinking && (p.Kind != ir.PartText || !p.Text.Blank())
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

// mark writes a breakpoint unless it is one of those to skip.
func (e *encoder) mark(h *ir.CacheHint, skip *int) {
	if h == nil {
		return
	}
	if *skip > 0 {
		*skip--
		return
	}
	long := (h.TTL == "1h" || h.TTL == "12h") && !e.marks.short
	switch {
	case long:
		e.dst = append(e.dst, `,"cache_control":{"type":"ephemeral","ttl":"1h"}`...)
		return
	case h.TTL == "":
		e.dst = append(e.dst, `,"cache_control":{"type":"ephemeral"}`...)
	default:
		e.dst = append(e.dst, `,"cache_control":{"type":"ephemeral","ttl":"5m"}`...)
	}
	e.marks.short = true
}

// passed takes note of a breakpoint that is written with a tool's own bytes.
func (m *marks) passed(h *ir.CacheHint) {
	if h != nil && h.TTL != "1h" {
		m.short = true
	}
}
