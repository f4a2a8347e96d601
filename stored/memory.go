package stored

import (
	"hash/maphash"
	"strings"
	"sync"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/internal/fair"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// Limits bound what a Memory holds for all owners together. When it is full,
// the owner who has the most loses what he used longest ago.
type Limits struct {
	Responses int           // responses and conversations that the gateway keeps
	Bytes     int64         // of their items and bodies, for all owners together
	TTL       time.Duration // since their last use

	Accounts   int           // responses of which it is known which account has them
	AccountTTL time.Duration // since their last use
}

// DefaultLimits are an hour and 128 MiB for what the gateway keeps, and thirty
// days, which is how long OpenAI keeps responses, for what accounts do.
func DefaultLimits() Limits {
	return Limits{
		Responses: 10_000, Bytes: 128 << 20, TTL: time.Hour,
		Accounts: 100_000, AccountTTL: 30 * 24 * time.Hour,
	}
}

// Memory is a Store that lives as long as the process.
type Memory struct {
	limits Limits

	mu      sync.Mutex
	entries map[ref]*entry
	items   map[uint64]*node // what holds the item of that id, by itemKey
	seed    maphash.Seed
	kept    fair.Room[*entry] // what the gateway keeps
	pinned  fair.Room[*entry] // what accounts have
	timer   *time.Timer
	rings   time.Time // when the timer does, if there is one
	closed  bool
}

// ref names what one owner has stored.
type ref struct{ owner, id string }

// entry is a response or conversation.
type entry struct {
	ref
	response Response // without its items
	node     *node    // nil for one that an account has
	at       *fair.Entry[*entry]
}

// NewMemory returns an empty store.
func NewMemory(limits Limits) *Memory {
	return &Memory{limits: limits, entries: map[ref]*entry{}, items: map[uint64]*node{}, seed: maphash.MakeSeed()}
}

// Put implements Store. All but the body is copied: bytes and strings may lie in
// a request's body.
func (m *Memory) Put(owner string, r Response, history []ir.Item) {
	owner = strings.Clone(owner)
	n := nodeOf(owner, &r)
	r = own(r)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.put(owner, r, n, history)
}

// Replace implements Store.
func (m *Memory) Replace(owner string, r Response, history []ir.Item) bool {
	owner = strings.Clone(owner)
	items, n := r.Items != nil, nodeOf(owner, &r)
	r = own(r)
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.find(ref{owner, r.ID})
	if e == nil {
		return false
	}
	if !items && e.node != nil {
		m.rewrite(e, r)
		return true
	}
	m.put(owner, r, n, history)
	return true
}

// rewrite changes what clients get of a response, and leaves its items.
func (m *Memory) rewrite(e *entry, r Response) {
	m.kept.Grow(e.owner, sizeOf(&r)-sizeOf(&e.response))
	e.response = r
	m.touch(e)
	m.trim()
}

// put enters a response, whose items are in n, nil for one that an account has.
func (m *Memory) put(owner string, r Response, n *node, history []ir.Item) {
	if m.closed {
		return
	}
	e := &entry{ref: ref{owner, r.ID}, response: r, node: n}
	if n != nil {
		parent := m.find(ref{owner, r.Parent})
		m.grow(n, parent, history)
		if parent != nil && !r.Pending && parent.response.Conversation {
			m.advance(parent, n)
		}
		m.kept.Grow(owner, sizeOf(&r))
	}
	if old := m.entries[e.ref]; old != nil {
		m.drop(old)
	}
	m.entries[e.ref] = e
	e.at = m.shelf(e).Add(owner, e)
	m.trim()
	m.arm()
}

// own copies a response's strings. Its items are left out.
func own(r Response) Response {
	r.ID, r.Parent, r.Account, r.Model = strings.Clone(r.ID), strings.Clone(r.Parent), strings.Clone(r.Account), strings.Clone(r.Model)
	r.Session = strings.Clone(r.Session)
	r.Items = nil
	return r
}

// grow puts a node behind what it goes on with: its parent's, or a node of the
// parent's items where that is not there any more.
func (m *Memory) grow(n *node, parent *entry, history []ir.Item) {
	switch {
	case parent != nil && parent.node != nil:
		n.parent = parent.node
		n.parent.refs++
	case len(history) > 0:
		n.parent = newNode(n.owner, history)
		m.add(n.parent)
	}
	m.add(n)
}

// add enters the items of a node.
func (m *Memory) add(n *node) {
	m.kept.Grow(n.owner, n.size())
	for i := range n.places {
		it := n.item(i)
		for _, id := range [...]string{it.ID, it.CallID} {
			if id != "" {
				m.items[m.itemKey(n.owner, id)] = n
			}
		}
	}
}

// itemKey is the key of an item in the index. The index holds no strings, which
// the garbage collector would have to visit; that two items have the same key is
// as good as impossible, and would only make one of them unknown.
func (m *Memory) itemKey(owner, id string) uint64 {
	return maphash.Comparable(m.seed, ref{owner, id})
}

// advance makes a conversation end in a node.
func (m *Memory) advance(conversation *entry, n *node) {
	n.refs++
	m.release(conversation.node)
	conversation.node = n
	m.touch(conversation)
}

// responseOverhead is what a response takes besides its bytes, roughly.
const responseOverhead = 512

func sizeOf(r *Response) int64 { return int64(len(r.Body)) + responseOverhead }

// release takes back one reference to a node, and with the last one the node
// and its reference to its parent.
func (m *Memory) release(n *node) {
	for ; n != nil; n = n.parent {
		n.refs--
		if n.refs > 0 {
			return
		}
		m.kept.Grow(n.owner, -n.size())
		for i := range n.places {
			it := n.item(i)
			for _, id := range [...]string{it.ID, it.CallID} {
				if at := m.itemKey(n.owner, id); m.items[at] == n {
					delete(m.items, at)
				}
			}
		}
	}
}

func (m *Memory) shelf(e *entry) *fair.Room[*entry] {
	if e.node == nil {
		return &m.pinned
	}
	return &m.kept
}

func (m *Memory) drop(e *entry) {
	m.shelf(e).Remove(e.at)
	delete(m.entries, e.ref)
	if e.node != nil {
		m.kept.Grow(e.owner, -sizeOf(&e.response))
		m.release(e.node)
	}
}

// touch makes an entry the last one of its owner that will go.
func (m *Memory) touch(e *entry) { m.shelf(e).Touch(e.at) }

// trim drops what is over the limits.
func (m *Memory) trim() {
	for m.kept.Len() > m.limits.Responses {
		m.drop(m.kept.OfMost().Value)
	}
	for m.kept.Bytes() > m.limits.Bytes {
		m.drop(m.kept.OfLargest().Value)
	}
	for m.pinned.Len() > m.limits.Accounts {
		m.drop(m.pinned.OfMost().Value)
	}
}
