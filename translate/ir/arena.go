package ir

import (
	"cmp"
	"unsafe"
)

// Arena is where a decoder puts the pieces of a request: in a few large blocks,
// so that a long history costs few allocations. The blocks are used again after
// Reset, by which everything that the arena has handed out becomes invalid. It
// belongs to one goroutine, and its zero value is ready.
type Arena struct {
	requests slab[Request]
	turns    slab[Turn]
	parts    slab[Part] // of lists that grow
	kept     slab[Part] // of those that do not
	tools    slab[Tool]
	calls    slab[ToolCall]
	results  slab[ToolResult]
	thinks   slab[Thinking]
	fields   slab[Field]
	words    slab[string]
	text     slab[byte]

	// Lists that a decoder gathers parts in before it knows where they belong.
	// They are empty after Reset.
	Scratch [3][]Part
}

// maxKept is the largest block that is used again, in bytes: large enough for
// the pieces of a request of some megabytes.
const maxKept = 1 << 20

// How many elements the first block of an arena has that knows the size of its
// request's body; a short one has few parts.
const (
	bytesPerPart = 2 << 10
	bytesPerTurn = 4 << 10
	partsBlock   = 48
	toolsBlock   = 32
	fewTools     = 8
)

// NewArena returns an arena for a body of n bytes.
func NewArena(n int) *Arena {
	a := &Arena{}
	a.requests.first = 1 // it is large, and there is seldom another
	a.kept.first = min(4+n/bytesPerPart, partsBlock)
	a.parts.first = 4
	a.turns.first = min(4+n/bytesPerTurn, partsBlock)
	a.calls.first = min(4+n/bytesPerTurn, partsBlock/2)
	a.results.first, a.fields.first, a.text.first = a.calls.first, a.calls.first, 1<<10
	if a.tools.first = toolsBlock; n < toolsBlock<<10 {
		a.tools.first = fewTools
	}
	return a
}

// Memory is where a decoder puts what it reads of the body.
func (e *Envelope) Memory(body []byte) *Arena {
	if e != nil && e.Arena != nil {
		return e.Arena
	}
	return NewArena(e.Size(body))
}

// Request returns an empty request.
func (a *Arena) Request() *Request {
	r := a.requests.one()
	r.arena = a
	return r
}

// Call returns a new call.
func (a *Arena) Call() *ToolCall { return a.calls.one() }

// Result returns a new result.
func (a *Arena) Result() *ToolResult { return a.results.one() }

// Think returns new thinking.
func (a *Arena) Think() *Thinking { return a.thinks.one() }

// Keep returns a copy of parts that is not overwritten.
func (a *Arena) Keep(parts []Part) []Part {
	if len(parts) == 0 {
		return nil
	}
	return a.kept.keep(parts)
}

// String returns what is in b as a string.
func (a *Arena) String(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	own := a.text.keep(b)
	return unsafe.String(&own[0], len(own))
}

// AddPart, AddTurn, AddTool, AddField and AddString return the list with one element more.
// A list that the arena has made grows in place as long as none of another list
// has been added since; none is ever written over.
func (a *Arena) AddPart(list []Part, p *Part) []Part { return a.parts.add(list, p) }

// AddTurn is explained at AddPart.
func (a *Arena) AddTurn(list []Turn, t *Turn) []Turn { return a.turns.add(list, t) }

// AddTool is explained at AddPart.
func (a *Arena) AddTool(list []Tool, t *Tool) []Tool { return a.tools.add(list, t) }

// AddField is explained at AddPart.
func (a *Arena) AddField(list []Field, name string, raw []byte) []Field {
	return a.fields.add(list, &Field{Name: name, Raw: raw})
}

// AddString is explained at AddPart.
func (a *Arena) AddString(list []string, s string) []string { return a.words.add(list, &s) }

// Reset takes back everything that was handed out. Nothing may use it any more.
func (a *Arena) Reset() {
	a.requests.reset()
	a.turns.reset()
	a.parts.reset()
	a.kept.reset()
	a.tools.reset()
	a.calls.reset()
	a.results.reset()
	a.thinks.reset()
	a.fields.reset()
	a.words.reset()
	a.text.reset()
	for i, list := range a.Scratch {
		s := slab[Part]{block: list[:cap(list)]}
		s.reset()
		a.Scratch[i] = s.block
	}
}

// Scrub has poison write over everything that was handed out, so that who still
// uses it after its time finds nonsense. Reset must follow. It is for tests.
func (a *Arena) Scrub(poison func([]byte)) {
	nonsense := []byte("given back")
	poison(nonsense)
	word := string(nonsense)
	part := Part{Kind: PartOpaque, Role: Role(word), Text: Text(word), ItemID: word}
	a.requests.fill(Request{Op: Op(word), Dialect: Dialect(word), Model: word})
	a.turns.fill(Turn{Role: Role(word), Name: word, Parts: []Part{part}})
	a.parts.fill(part)
	a.kept.fill(part)
	a.tools.fill(Tool{Name: word, Namespace: word, Description: Text(word), Schema: []byte(word), Type: word})
	a.calls.fill(ToolCall{ID: word, Name: word, Args: Args{Text: Text(word)}})
	a.results.fill(ToolResult{CallID: word, Name: word, Parts: []Part{part}})
	a.thinks.fill(Thinking{ItemID: word})
	a.fields.fill(Field{Name: word, Raw: []byte(word)})
	a.words.fill(word)
	poison(a.text.block)
	for _, list := range a.Scratch {
		s := slab[Part]{block: list[:cap(list)]}
		s.fill(part)
	}
}

// slab hands out elements of one type from a block.
type slab[T any] struct {
	block []T // what is handed out; behind it up to its capacity all is zero
	first int // size of the first block, if there is none yet
}

// reserve makes room for n elements, in a block of its own if there is none in
// the last one, which stays where it is as long as somebody uses it.
func (s *slab[T]) reserve(n int) {
	if len(s.block)+n > cap(s.block) {
		s.begin(n)
	}
}

// begin begins a block with room for n elements.
func (s *slab[T]) begin(n int) { s.block = make([]T, 0, max(n, 2*cap(s.block), cmp.Or(s.first, 4))) }

// one hands out a zero element.
func (s *slab[T]) one() *T {
	s.reserve(1)
	n := len(s.block)
	s.block = s.block[:n+1]
	return &s.block[n]
}

// keep hands out a copy of the list.
func (s *slab[T]) keep(list []T) []T {
	s.reserve(len(list))
	n := len(s.block)
	s.block = append(s.block, list...)
	return s.block[n:len(s.block):len(s.block)]
}

// add hands out the list with one element more.
func (s *slab[T]) add(list []T, v *T) []T {
	n, used := len(list), len(s.block)
	if n > 0 && (n > used || used == cap(s.block) || &list[0] != &s.block[used-n]) {
		s.reserve(2 * (n + 1)) // the block it is copied to is likely to have room for what follows
		used = len(s.block)
		s.block = append(s.block, list...)
		used += n
	} else {
		s.reserve(1)
		used = len(s.block)
	}
	s.block = append(s.block, *v)
	return s.block[used-n : used+1 : used+1]
}

func (s *slab[T]) reset() {
	var one T
	if uintptr(cap(s.block))*unsafe.Sizeof(one) > maxKept {
		s.block = nil
		return
	}
	clear(s.block)
	s.block = s.block[:0]
}

func (s *slab[T]) fill(v T) {
	for i := range s.block {
		s.block[i] = v
	}
}
