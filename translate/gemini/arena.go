package gemini

import "github.com/caddy-ai-gateway/ai-gateway/translate/ir"

// arena hands out the pieces of a conversation from a few large blocks, so
// that a long history costs few allocations. A block lives as long as any of
// its pieces: as long as the request.
type arena struct {
	parts   []ir.Part
	calls   []ir.ToolCall
	results []ir.ToolResult

	first int // parts in the first block; 0 for partsBlock
}

const (
	partsBlock = 48
	callsBlock = 16
)

// newArena is an arena for a body of n bytes: a short one has few parts.
func newArena(n int) arena { return arena{first: min(4+n/2048, partsBlock)} }

// keep returns a copy of parts that nothing overwrites.
func (a *arena) keep(parts []ir.Part) []ir.Part {
	if len(parts) == 0 {
		return nil
	}
	if len(a.parts)+len(parts) > cap(a.parts) {
		size := partsBlock
		if a.parts == nil && a.first > 0 {
			size = a.first
		}
		a.parts = make([]ir.Part, 0, max(size, len(parts)))
	}
	from := len(a.parts)
	a.parts = append(a.parts, parts...)
	return a.parts[from:len(a.parts):len(a.parts)]
}

func (a *arena) call() *ir.ToolCall {
	if len(a.calls) == cap(a.calls) {
		a.calls = make([]ir.ToolCall, 0, callsBlock)
	}
	a.calls = a.calls[:len(a.calls)+1]
	return &a.calls[len(a.calls)-1]
}

func (a *arena) result() *ir.ToolResult {
	if len(a.results) == cap(a.results) {
		a.results = make([]ir.ToolResult, 0, callsBlock)
	}
	a.results = a.results[:len(a.results)+1]
	return &a.results[len(a.results)-1]
}
