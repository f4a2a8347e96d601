package pool

import (
	"sync"
	"time"
)

// Sessions remembers which account each session is on. A binding is a hint and never a promise: it may be forgotten at
// any time, and the account that it names may be gone, down or full. All methods are safe for concurrent use and quick.
//
// An implementation may also have Len() int, the number of bindings, for people.
type Sessions interface {
	// Get returns the account that the session is bound to, or "".
	Get(session string) (account string)

	// Bind binds the session to the account `to` for ttl, unless it is meanwhile bound to another than `from`, which is
	// "" for none. It returns the account that the session is bound to now, so that requests of one session that race
	// agree. Binding a session to the account that it is on renews the ttl.
	Bind(session, from, to string, ttl time.Duration) (account string)

	// Forget ends the binding, if there is one.
	Forget(session string)
}

// NewMemorySessions returns Sessions that are exact and hold at most size bindings; beyond that an arbitrary one is
// forgotten for each new one. They lock as a whole, which suits tests and small gateways.
func NewMemorySessions(size int) Sessions {
	return &memorySessions{size: size, bindings: make(map[string]binding)}
}

type memorySessions struct {
	mu       sync.Mutex
	size     int
	bindings map[string]binding
}

type binding struct {
	account string
	until   time.Time
}

func (m *memorySessions) Get(session string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.get(session)
}

// get returns the account of a binding that still holds. The caller holds mu.
func (m *memorySessions) get(session string) string {
	b, ok := m.bindings[session]
	if !ok {
		return ""
	}
	if !time.Now().Before(b.until) {
		delete(m.bindings, session)
		return ""
	}
	return b.account
}

func (m *memorySessions) Bind(session, from, to string, ttl time.Duration) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.get(session)
	if now != "" && now != from && now != to {
		return now
	}
	if now == "" && len(m.bindings) >= m.size {
		m.makeRoom()
	}
	m.bindings[session] = binding{to, time.Now().Add(ttl)}
	return to
}

// makeRoom forgets one binding. The caller holds mu.
func (m *memorySessions) makeRoom() {
	for session := range m.bindings {
		delete(m.bindings, session)
		return
	}
}

func (m *memorySessions) Forget(session string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.bindings, session)
}

// Len returns the number of bindings, some of which may have expired.
func (m *memorySessions) Len() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.bindings)
}
