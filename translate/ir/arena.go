package ir

// Arena hands out the pieces of a conversation from a few large blocks, so
// that a long history costs few allocations. A block lives as long as any of
// its pieces: as long as the request. It belongs to one decoder.
type Arena struct {
	parts   []Part
	calls   []ToolCall
	results []ToolResult

	first int // parts in the first block; 0 for partsBlock
}

const (
	partsBlock = 48
	callsBlock = 16
)

// NewArena returns an arena for a body of n bytes: a short one has few parts.
func NewArena(n int) Arena { return Arena{first: min(4+n/2048, partsBlock)} }

// Keep returns a copy of parts that is not overwritten.
func (a *Arena) Keep(parts []Part) []Part {
	if len(parts) == 0 {
		return nil
	}
	if len(a.parts)+len(parts) > cap(a.parts) {
		size := partsBlock
		if a.parts == nil && a.first > 0 {
			size = a.first
		}
		a.parts = make([]Part, 0, max(size, len(parts)))
	}
	from := len(a.parts)
	a.parts = append(a.parts, parts...)
	return a.parts[from:len(a.parts):len(a.parts)]
}

// Call returns a new call.
func (a *Arena) Call() *ToolCall {
	if len(a.calls) == cap(a.calls) {
		a.calls = make([]ToolCall, 0, callsBlock)
	}
	a.calls = a.calls[:len(a.calls)+1]
	return &a.calls[len(a.calls)-1]
}

// Result returns a new result.
func (a *Arena) Result() *ToolResult {
	if len(a.results) == cap(a.results) {
		a.results = make([]ToolResult, 0, callsBlock)
	}
	a.results = a.results[:len(a.results)+1]
	return &a.results[len(a.results)-1]
}
