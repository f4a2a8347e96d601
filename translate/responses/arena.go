package responses

import "github.com/caddy-ai-gateway/ai-gateway/translate/ir"

// arena hands out the pieces of a conversation from a few large blocks, so
// that a long history costs few allocations. A block lives as long as any of
// its pieces: as long as the request.
type arena struct {
	calls   []ir.ToolCall
	results []ir.ToolResult
	thinks  []ir.Thinking
	texts   []ir.Part // single parts of tool results
	fields  []ir.Field
}

const block = 24

// next extends the list by one zero element, in a new block when the current
// one is full, and returns the element's place.
func next[T any](list *[]T) int {
	if len(*list) == cap(*list) {
		*list = make([]T, 0, block)
	}
	*list = (*list)[:len(*list)+1]
	return len(*list) - 1
}

func (a *arena) call() *ir.ToolCall { return &a.calls[next(&a.calls)] }

func (a *arena) result() *ir.ToolResult { return &a.results[next(&a.results)] }

func (a *arena) think() *ir.Thinking { return &a.thinks[next(&a.thinks)] }

// one returns a list that holds p alone.
func (a *arena) one(p ir.Part) []ir.Part {
	i := next(&a.texts)
	a.texts[i] = p
	return a.texts[i : i+1 : i+1]
}

// field returns a list with one more field. Lists grow in place while they are
// the last of their block.
func (a *arena) field(list []ir.Field, name string, raw []byte) []ir.Field {
	n, used := len(list), len(a.fields)
	last := n > 0 && n <= used && &list[0] == &a.fields[used-n]
	if n > 0 && (!last || used == cap(a.fields)) {
		return append(list, ir.Field{Name: name, Raw: raw})
	}
	i := next(&a.fields)
	a.fields[i] = ir.Field{Name: name, Raw: raw}
	return a.fields[i-n : i+1 : i+1]
}

// join returns the fields of both lists.
func (a *arena) join(first, second []ir.Field) []ir.Field {
	if len(first) == 0 {
		return second
	}
	if len(second) == 0 {
		return first
	}
	var list []ir.Field
	for _, l := range [...][]ir.Field{first, second} {
		for _, f := range l {
			list = a.field(list, f.Name, f.Raw)
		}
	}
	return list
}
