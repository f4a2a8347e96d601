package simulator

import (
	"container/list"
	"sync"
)

// memory is a map of bounded size that forgets what was used longest ago. It is safe for concurrent use.
type memory[K comparable, V any] struct {
	mu    sync.Mutex
	max   int
	order *list.List // of entry[K, V], the one used last in front
	items map[K]*list.Element
}

type entry[K comparable, V any] struct {
	key   K
	value V
}

func newMemory[K comparable, V any](max int) *memory[K, V] {
	return &memory[K, V]{max: max, order: list.New(), items: map[K]*list.Element{}}
}

func (m *memory[K, V]) get(k K) (V, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e, ok := m.items[k]
	if !ok {
		var none V
		return none, false
	}
	m.order.MoveToFront(e)
	return e.Value.(entry[K, V]).value, true
}

func (m *memory[K, V]) put(k K, v V) {
	m.change(k, func(V, bool) (V, bool) { return v, true })
}

func (m *memory[K, V]) remove(k K) {
	m.change(k, func(v V, _ bool) (V, bool) { return v, false })
}

// change replaces a value in one step; it is removed if f does not want to keep it.
func (m *memory[K, V]) change(k K, f func(old V, known bool) (v V, keep bool)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var old V
	e, known := m.items[k]
	if known {
		old = e.Value.(entry[K, V]).value
	}
	v, keep := f(old, known)
	switch {
	case known && keep:
		e.Value = entry[K, V]{k, v}
		m.order.MoveToFront(e)
	case known:
		m.order.Remove(e)
		delete(m.items, k)
	case keep:
		m.items[k] = m.order.PushFront(entry[K, V]{k, v})
	}
	for m.order.Len() > m.max {
		oldest := m.order.Back()
		m.order.Remove(oldest)
		delete(m.items, oldest.Value.(entry[K, V]).key)
	}
}
