package schema

import (
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// node is one schema: true, false, or an object of keywords in their order.
type node struct {
	literal literal
	members []member
	hints   []ir.Text // what is yet to be said in the description
}

// literal tells an object of keywords from the boolean schemas.
type literal byte

const (
	object   literal = iota
	anything         // true
	nothing          // false
)

// member is a keyword with its value: data, or the schemas that it holds.
type member struct {
	key  string
	form form
	raw  []byte // of data, as in the body
	subs []sub
}

// form says how a member holds its value.
type form byte

const (
	data  form = iota
	one        // a schema
	list       // an array of schemas
	named      // an object of schemas
)

// sub is a schema inside of another one.
type sub struct {
	name string // in an object of schemas
	node *node
}

// get returns the member of that name, or nil. It is valid until a member is
// added or removed.
func (n *node) get(key string) *member {
	for i := range n.members {
		if n.members[i].key == key {
			return &n.members[i]
		}
	}
	return nil
}

func (n *node) has(key string) bool { return n.get(key) != nil }

// take removes the member of that name and returns it.
func (n *node) take(key string) (member, bool) {
	for i := range n.members {
		if m := n.members[i]; m.key == key {
			n.members = append(n.members[:i], n.members[i+1:]...)
			return m, true
		}
	}
	return member{}, false
}

func (n *node) drop(keys ...string) {
	for _, key := range keys {
		n.take(key)
	}
}

// put sets a member, in the place of one of the same name or at the end.
func (n *node) put(m member) {
	if old := n.get(m.key); old != nil {
		*old = m
		return
	}
	n.members = append(n.members, m)
}

func (n *node) putRaw(key string, raw []byte) { n.put(member{key: key, raw: raw}) }

func (n *node) putText(key, s string) { n.putRaw(key, ir.AppendQuoted(nil, s)) }

// text returns a string's content, still escaped.
func (n *node) text(key string) (ir.Text, bool) {
	m := n.get(key)
	if m == nil || kindOf(m.raw) != jsonx.String {
		return "", false
	}
	return stringText(m.raw), true
}

// is reports whether a member is the literal raw.
func (n *node) is(key, raw string) bool {
	m := n.get(key)
	return m != nil && m.form == data && string(m.raw) == raw
}

// child returns the one schema that a keyword holds, or nil.
func (n *node) child(key string) *node {
	if m := n.get(key); m != nil && m.form == one {
		return m.subs[0].node
	}
	return nil
}

// schemas returns the schemas that a keyword holds.
func (n *node) schemas(key string) []sub {
	if m := n.get(key); m != nil {
		return m.subs
	}
	return nil
}

// empty reports whether the schema says nothing.
func (n *node) empty() bool {
	return n.literal == anything || n.literal == object && len(n.members) == 0 && len(n.hints) == 0
}

// clone returns a copy that shares nothing that is ever changed, and counts
// its schemas.
func (n *node) clone(count *int) *node {
	*count++
	c := &node{literal: n.literal, members: make([]member, len(n.members)), hints: append([]ir.Text(nil), n.hints...)}
	for i, m := range n.members {
		c.members[i] = m.clone(count)
	}
	return c
}

func (m member) clone(count *int) member {
	subs := m.subs
	m.subs = make([]sub, len(subs))
	for i, s := range subs {
		m.subs[i] = sub{s.name, s.node.clone(count)}
	}
	return m
}
