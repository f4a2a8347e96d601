// Package fair bounds what many owners keep in one place, so that none of them pushes out what is the others'. When
// there is no room, who has the most gives up what he used longest ago.
package fair

import (
	"container/heap"
	"container/list"
	"strings"
	"time"
)

// Room holds entries by owner. Its zero value is empty and ready. Every method takes a time that grows with the logarithm
// of the number of owners at most. It is not safe for concurrent use.
type Room[T any] struct {
	owners map[string]*owner
	all    list.List // of *Entry[T], the last used first
	ranks  [kinds]ranking
	bytes  int64
}

// Entry is one thing that is kept. It belongs to its Room.
type Entry[T any] struct {
	Value T
	Used  time.Time

	owner   *owner
	all, at *list.Element // among all, and among its owner's
}

// owner is who keeps something. One without entries and bytes is forgotten.
type owner struct {
	name    string
	size    [kinds]int64
	rank    [kinds]int // its place in the rankings
	entries list.List  // the last used first
	oldest  time.Time  // when the last of them was used
}

// What an owner may have the most of.
const (
	entries = iota
	bytes
	kinds
)

// Party is whose room an owner takes: what stands before the first NUL of the name, which is the whole of most names.
// Owners who cost nothing to become, such as addresses, are one party, or else there could be any number of them with a
// little each.
func Party(name string) string {
	party, _, _ := strings.Cut(name, "\x00")
	return party
}

// Add puts a new entry in front. It takes no bytes; see Grow.
func (r *Room[T]) Add(name string, value T) *Entry[T] {
	e := &Entry[T]{Value: value, Used: time.Now(), owner: r.owner(name)}
	e.all, e.at = r.all.PushFront(e), e.owner.entries.PushFront(e)
	r.change(e.owner, entries, 1)
	return e
}

// Touch makes an entry the one that was used last.
func (r *Room[T]) Touch(e *Entry[T]) {
	e.Used = time.Now()
	r.all.MoveToFront(e.all)
	e.owner.entries.MoveToFront(e.at)
	r.change(e.owner, entries, 0)
}

// Remove takes an entry out, but no bytes.
func (r *Room[T]) Remove(e *Entry[T]) {
	r.all.Remove(e.all)
	e.owner.entries.Remove(e.at)
	r.change(e.owner, entries, -1)
}

// Grow notes that what an owner has takes more bytes than before, or less.
func (r *Room[T]) Grow(name string, by int64) {
	r.bytes += by
	r.change(r.owner(name), bytes, by)
}

// Len returns how many entries there are.
func (r *Room[T]) Len() int { return r.all.Len() }

// Bytes returns how many bytes they take.
func (r *Room[T]) Bytes() int64 { return r.bytes }

// Has returns how many entries an owner's party has.
func (r *Room[T]) Has(name string) int {
	if o := r.owners[Party(name)]; o != nil {
		return o.entries.Len()
	}
	return 0
}

// Oldest returns the entry that was used longest ago, nil if there is none.
func (r *Room[T]) Oldest() *Entry[T] {
	if back := r.all.Back(); back != nil {
		return back.Value.(*Entry[T])
	}
	return nil
}

// OfMost returns the oldest entry of whoever has the most entries, nil if there is none.
func (r *Room[T]) OfMost() *Entry[T] { return r.top(entries) }

// OfLargest returns the oldest entry of whoever takes the most bytes, nil if he has none.
func (r *Room[T]) OfLargest() *Entry[T] { return r.top(bytes) }

func (r *Room[T]) top(kind int) *Entry[T] {
	if len(r.ranks[kind].of) == 0 {
		return nil
	}
	if back := r.ranks[kind].of[0].entries.Back(); back != nil {
		return back.Value.(*Entry[T])
	}
	return nil
}

// owner returns an owner's party, who is new if he has nothing yet.
func (r *Room[T]) owner(name string) *owner {
	party := Party(name)
	if o := r.owners[party]; o != nil {
		return o
	}
	if r.owners == nil {
		r.owners = map[string]*owner{}
	}
	o := &owner{name: strings.Clone(party)}
	r.owners[o.name] = o
	for kind := range r.ranks {
		r.ranks[kind].by = kind
		heap.Push(&r.ranks[kind], o)
	}
	return o
}

// change notes that an owner has more or less of one kind, or has used something.
func (r *Room[T]) change(o *owner, kind int, by int64) {
	o.size[kind] += by
	if o.entries.Len() == 0 && o.size[bytes] == 0 {
		for kind := range r.ranks {
			heap.Remove(&r.ranks[kind], o.rank[kind])
		}
		delete(r.owners, o.name)
		return
	}
	if back := o.entries.Back(); back != nil {
		o.oldest = back.Value.(*Entry[T]).Used
	}
	for kind := range r.ranks {
		heap.Fix(&r.ranks[kind], o.rank[kind])
	}
}

// ranking is a heap of owners with who has the most of one kind on top; of several, who has not used something for the
// longest time.
type ranking struct {
	of []*owner
	by int
}

// Len implements sort.Interface.
func (r *ranking) Len() int { return len(r.of) }

// Less implements sort.Interface.
func (r *ranking) Less(i, j int) bool {
	a, b := r.of[i], r.of[j]
	if a.size[r.by] != b.size[r.by] {
		return a.size[r.by] > b.size[r.by]
	}
	return a.oldest.Before(b.oldest)
}

// Swap implements sort.Interface.
func (r *ranking) Swap(i, j int) {
	r.of[i], r.of[j] = r.of[j], r.of[i]
	r.of[i].rank[r.by], r.of[j].rank[r.by] = i, j
}

// Push implements heap.Interface.
func (r *ranking) Push(o any) {
	o.(*owner).rank[r.by] = len(r.of)
	r.of = append(r.of, o.(*owner))
}

// Pop implements heap.Interface.
func (r *ranking) Pop() any {
	last := len(r.of) - 1
	o := r.of[last]
	r.of[last] = nil
	r.of = r.of[:last]
	return o
}
