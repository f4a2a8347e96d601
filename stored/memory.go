package stored

import (
	"bytes"
	"container/list"
	"strings"
	"sync"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// Limits bound what a Memory holds. What was used longest ago goes first.
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
	items   map[ref]*node // the segment that holds the item of that id
	bytes   int64
	kept    list.List // of *entry, the last used first
	pinned  list.List // the same for those that accounts have
	timer   *time.Timer
	closed  bool
}

// ref names what one owner has stored.
type ref struct{ owner, id string }

// entry is a response or conversation.
type entry struct {
	ref
	response Response // without its items
	node     *node    // nil for one that an account has
	used     time.Time
	at       *list.Element
}

// node holds the items of one response. It goes on with its parent, and lives
// as long as an entry or another node refers to it, so that conversations share
// what they have in common and a response may go while the next ones stay.
type node struct {
	owner  string
	parent *node
	items  []ir.Item
	refs   int
	size   int64
}

// NewMemory returns an empty store.
func NewMemory(limits Limits) *Memory {
	return &Memory{limits: limits, entries: map[ref]*entry{}, items: map[ref]*node{}}
}

// Put implements Store. Everything is copied: bytes and strings may lie in a
// request's body.
func (m *Memory) Put(owner string, r Response, history []ir.Item) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.put(ref{owner, r.ID}, r, history)
}

// Replace implements Store.
func (m *Memory) Replace(owner string, r Response, history []ir.Item) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := ref{owner, r.ID}
	e := m.find(at)
	if e == nil {
		return false
	}
	if r.Items == nil && e.node != nil {
		m.rewrite(e, r)
		return true
	}
	m.put(at, r, history)
	return true
}

// rewrite changes what clients get of a response, and leaves its items.
func (m *Memory) rewrite(e *entry, r Response) {
	m.bytes -= sizeOf(&e.response)
	e.response = own(r)
	m.bytes += sizeOf(&e.response)
	m.touch(e)
	m.trim()
}

func (m *Memory) put(at ref, r Response, history []ir.Item) {
	if m.closed {
		return
	}
	e := &entry{ref: ref{strings.Clone(at.owner), strings.Clone(at.id)}, response: own(r), used: time.Now()}
	if r.Account == "" {
		parent := m.find(ref{at.owner, r.Parent})
		e.node = m.grow(e.owner, parent, r.Items, history)
		if parent != nil && !r.Pending && parent.response.Conversation {
			m.advance(parent, e.node)
		}
		m.bytes += sizeOf(&e.response)
	}
	if old := m.entries[at]; old != nil {
		m.drop(old)
	}
	m.entries[e.ref] = e
	e.at = m.shelf(e).PushFront(e)
	m.trim()
	m.arm()
}

// own copies a response without its items.
func own(r Response) Response {
	r.ID, r.Parent, r.Account, r.Model = strings.Clone(r.ID), strings.Clone(r.Parent), strings.Clone(r.Account), strings.Clone(r.Model)
	r.Session = strings.Clone(r.Session)
	r.Body, r.Items = bytes.Clone(r.Body), nil
	return r
}

// grow makes a node of a response's items. Without the parent it holds the
// parent's items itself.
func (m *Memory) grow(owner string, parent *entry, items, history []ir.Item) *node {
	n := &node{owner: owner, refs: 1}
	if parent != nil && parent.node != nil {
		n.parent = parent.node
		n.parent.refs++
		history = nil
	}
	for _, list := range [...][]ir.Item{history, items} {
		for _, it := range list {
			it = ir.Item{ID: strings.Clone(it.ID), CallID: strings.Clone(it.CallID), Raw: bytes.Clone(it.Raw)}
			n.items = append(n.items, it)
			n.size += itemSize(&it)
			m.index(n, &it)
		}
	}
	m.bytes += n.size
	return n
}

func (m *Memory) index(n *node, it *ir.Item) {
	for _, id := range [...]string{it.ID, it.CallID} {
		if id != "" {
			m.items[ref{n.owner, id}] = n
		}
	}
}

// advance makes a conversation end in a node.
func (m *Memory) advance(conversation *entry, n *node) {
	n.refs++
	m.release(conversation.node)
	conversation.node = n
	m.touch(conversation)
}

// What one item and one response take besides their bytes, roughly.
const (
	itemOverhead     = 160
	responseOverhead = 512
)

func itemSize(it *ir.Item) int64 {
	return int64(len(it.Raw)+2*len(it.ID)+2*len(it.CallID)) + itemOverhead
}

func sizeOf(r *Response) int64 { return int64(len(r.Body)) + responseOverhead }

// release takes back one reference to a node, and with the last one the node
// and its reference to its parent.
func (m *Memory) release(n *node) {
	for ; n != nil; n = n.parent {
		n.refs--
		if n.refs > 0 {
			return
		}
		m.bytes -= n.size
		for i := range n.items {
			for _, id := range [...]string{n.items[i].ID, n.items[i].CallID} {
				if at := (ref{n.owner, id}); m.items[at] == n {
					delete(m.items, at)
				}
			}
		}
	}
}

func (m *Memory) shelf(e *entry) *list.List {
	if e.node == nil {
		return &m.pinned
	}
	return &m.kept
}

func (m *Memory) drop(e *entry) {
	m.shelf(e).Remove(e.at)
	delete(m.entries, e.ref)
	if e.node != nil {
		m.bytes -= sizeOf(&e.response)
		m.release(e.node)
	}
}

// touch makes an entry the last one that will go.
func (m *Memory) touch(e *entry) {
	e.used = time.Now()
	m.shelf(e).MoveToFront(e.at)
}

// trim drops what is over the limits.
func (m *Memory) trim() {
	for m.kept.Len() > m.limits.Responses || m.bytes > m.limits.Bytes && m.kept.Len() > 0 {
		m.drop(m.kept.Back().Value.(*entry))
	}
	for m.pinned.Len() > m.limits.Accounts {
		m.drop(m.pinned.Back().Value.(*entry))
	}
}
