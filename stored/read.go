package stored

import (
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/internal/fair"
	"github.com/caddy-ai-gateway/ai-gateway/internal/guard"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// find returns what is there and has not run out, nil otherwise.
func (m *Memory) find(at ref) *entry {
	e := m.entries[at]
	if e == nil || time.Since(e.at.Used) >= m.ttl(e) {
		return nil
	}
	return e
}

func (m *Memory) ttl(e *entry) time.Duration {
	if e.node == nil {
		return m.limits.AccountTTL
	}
	return m.limits.TTL
}

// Get implements Store.
func (m *Memory) Get(owner, id string) (Response, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.find(ref{owner, id})
	if e == nil {
		return Response{}, false
	}
	m.touch(e)
	return e.response, true
}

// History implements Store.
func (m *Memory) History(owner, id string) ([]ir.Item, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.find(ref{owner, id})
	if e == nil || e.node == nil {
		return nil, false
	}
	m.touch(e)
	n := 0
	for at := e.node; at != nil; at = at.parent {
		n += len(at.places)
	}
	items := make([]ir.Item, n)
	for at := e.node; at != nil; at = at.parent {
		n -= len(at.places)
		for i := range at.places {
			items[n+i] = at.item(i)
		}
	}
	return items, true
}

// Item implements Store.
func (m *Memory) Item(owner, id string) (ir.Item, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := m.items[m.itemKey(owner, id)]
	if n == nil || id == "" || n.owner != owner {
		return ir.Item{}, false
	}
	for i := len(n.places) - 1; i >= 0; i-- {
		if it := n.item(i); it.ID == id || it.CallID == id {
			return it, true
		}
	}
	return ir.Item{}, false
}

// Delete implements Store.
func (m *Memory) Delete(owner, id string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.find(ref{owner, id})
	if e == nil {
		return false
	}
	m.drop(e)
	return true
}

// arm sets the timer that drops what has run out, so that nothing outlives its
// time in an idle process either. The two kinds have times of their own, so that
// what is put last may be what runs out first.
func (m *Memory) arm() {
	if m.closed {
		return
	}
	var next time.Time
	for _, shelf := range [...]*fair.Room[*entry]{&m.kept, &m.pinned} {
		if oldest := shelf.Oldest(); oldest != nil {
			if end := oldest.Used.Add(m.ttl(oldest.Value)); next.IsZero() || end.Before(next) {
				next = end
			}
		}
	}
	switch {
	case next.IsZero():
	case m.timer == nil:
		m.timer, m.rings = time.AfterFunc(time.Until(next), m.sweep), next
	case next.Before(m.rings):
		m.timer.Reset(time.Until(next))
		m.rings = next
	}
}

func (m *Memory) sweep() {
	defer guard.Catch("forgetting responses")
	m.mu.Lock()
	defer m.mu.Unlock()
	m.timer = nil
	for _, shelf := range [...]*fair.Room[*entry]{&m.kept, &m.pinned} {
		for oldest := shelf.Oldest(); oldest != nil && time.Since(oldest.Used) >= m.ttl(oldest.Value); oldest = shelf.Oldest() {
			m.drop(oldest.Value)
		}
	}
	m.arm()
}

// Close forgets everything. What is put later is not kept.
func (m *Memory) Close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	if m.timer != nil {
		m.timer.Stop()
	}
	m.entries, m.items = nil, nil
	m.kept, m.pinned = fair.Room[*entry]{}, fair.Room[*entry]{}
}

// Interface guard
var _ Store = (*Memory)(nil)
