// Package signed remembers with what the vendors have signed their answers,
// for clients that do not send signatures back: those of OpenAI Chat
// Completions have no place for most of them.
//
// It keeps what it is given by the owner and an id, and never tells one owner
// what belongs to another.
package signed

import (
	"strings"
	"sync"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/internal/fair"
	"github.com/caddy-ai-gateway/ai-gateway/internal/guard"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// Limits bound what a Memory holds for all owners together. When it is full,
// the owner who has the most loses what he used longest ago. Owners whose names
// are the same up to a NUL share their part.
type Limits struct {
	Entries int
	Bytes   int64         // of all of them together
	Entry   int           // bytes of one; a larger one is not kept
	TTL     time.Duration // since the last use
}

// DefaultLimits are an hour, 10,000 entries and 32 MiB.
func DefaultLimits() Limits {
	return Limits{Entries: 10_000, Bytes: 32 << 20, Entry: 1 << 20, TTL: time.Hour}
}

// Memory lives as long as the process. It is safe for concurrent use.
type Memory struct {
	limits Limits

	mu      sync.Mutex
	entries map[ref]*fair.Entry[entry]
	kept    fair.Room[entry]
	timer   *time.Timer // drops what has run out, nil when there is nothing
	closed  bool
}

type ref struct{ owner, id string }

type entry struct {
	ref
	signed *ir.Signed
	size   int64
}

// NewMemory returns an empty memory.
func NewMemory(limits Limits) *Memory {
	return &Memory{limits: limits, entries: map[ref]*fair.Entry[entry]{}}
}

// Keep remembers what is signed under an id, in the place of what it knew
// before. It takes s over: nobody may change it afterwards.
func (m *Memory) Keep(owner, id string, s *ir.Signed) {
	size := s.Size() + len(owner) + len(id)
	if size > m.limits.Entry {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return
	}
	at := ref{strings.Clone(owner), strings.Clone(id)}
	if old := m.entries[at]; old != nil {
		m.drop(old)
	}
	m.entries[at] = m.kept.Add(at.owner, entry{ref: at, signed: s, size: int64(size)})
	m.kept.Grow(at.owner, int64(size))
	for m.kept.Len() > m.limits.Entries {
		m.drop(m.kept.OfMost())
	}
	for m.kept.Bytes() > m.limits.Bytes {
		m.drop(m.kept.OfLargest())
	}
	m.arm()
}

// Find returns what was kept, nil for nothing. It must not be changed.
func (m *Memory) Find(owner, id string) *ir.Signed {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := m.entries[ref{owner, id}]
	if at == nil {
		return nil
	}
	m.kept.Touch(at)
	return at.Value.signed
}

func (m *Memory) drop(at *fair.Entry[entry]) {
	delete(m.entries, at.Value.ref)
	m.kept.Grow(at.Value.owner, -at.Value.size)
	m.kept.Remove(at)
}

// arm sets the timer, so that nothing outlives its time in an idle process
// either.
func (m *Memory) arm() {
	if oldest := m.kept.Oldest(); oldest != nil && m.timer == nil && !m.closed {
		m.timer = time.AfterFunc(time.Until(oldest.Used.Add(m.limits.TTL)), m.sweep)
	}
}

func (m *Memory) sweep() {
	defer guard.Catch("forgetting signatures")
	m.mu.Lock()
	defer m.mu.Unlock()
	m.timer = nil
	for oldest := m.kept.Oldest(); oldest != nil && time.Since(oldest.Used) >= m.limits.TTL; oldest = m.kept.Oldest() {
		m.drop(oldest)
	}
	m.arm()
}

// Close forgets everything. What is kept later is not remembered.
func (m *Memory) Close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	if m.timer != nil {
		m.timer.Stop()
		m.timer = nil
	}
	clear(m.entries)
	m.kept = fair.Room[entry]{}
}
