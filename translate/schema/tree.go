package schema

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

const (
	maxDepth    = 100   // how deep schemas may be nested, references included
	maxNodes    = 20000 // how many schemas one schema may hold
	maxExpanded = 20000 // how many schemas may be copied where they are referred to
)

var (
	errDepth    = fmt.Errorf("the schema is nested deeper than %d levels", maxDepth)
	errNodes    = fmt.Errorf("the schema holds more than %d schemas", maxNodes)
	errExpanded = fmt.Errorf("the references of the schema stand for more than %d schemas", maxExpanded)
	errInvalid  = errors.New("the schema is not valid JSON")
)

// node is one schema: true, false, or an object of keywords in their order.
type node struct {
	literal literal
	members []member
	hints   []ir.Text // what is yet to be said in the description
}

type literal byte

const (
	object literal = iota
	anything
	nothing
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

// parser builds the tree of one schema.
type parser struct {
	r       jsonx.Reader
	aliases map[string]string
	nodes   int
	err     error
}

// parse reads a schema. What is no schema, such as null or nothing at all,
// becomes the empty schema. The tree aliases raw.
func parse(raw []byte, aliases map[string]string) (*node, error) {
	if len(bytes.TrimSpace(raw)) == 0 {
		return &node{}, nil
	}
	p := parser{aliases: aliases}
	p.r.Reset(raw)
	if !jsonx.Valid(raw) {
		if p.r.Skip(); p.r.End() != nil {
			return nil, fmt.Errorf("reading the schema: %w", p.r.Err())
		}
		return nil, errInvalid
	}
	n := p.schema(0)
	if p.err != nil {
		return nil, p.err
	}
	if err := p.r.End(); err != nil {
		return nil, fmt.Errorf("reading the schema: %w", err)
	}
	return n, nil
}

func (p *parser) fail(err error) {
	if p.err == nil {
		p.err = err
		p.r.Fail("%s", err.Error()) // ends every loop
	}
}

// schema reads the schema that is next.
func (p *parser) schema(depth int) *node {
	n := &node{}
	if p.nodes++; p.nodes > maxNodes {
		p.fail(errNodes)
	}
	if depth > maxDepth {
		p.fail(errDepth)
	}
	switch p.r.Kind() {
	case jsonx.Bool:
		n.literal = nothing
		if p.r.Bool() {
			n.literal = anything
		}
	case jsonx.Object:
		p.r.Object()
		for p.r.Member() {
			n.members = append(n.members, p.member(depth))
		}
		n.members = lastWins(n.members, func(m *member) string { return m.key })
	default:
		p.r.Skip()
	}
	return n
}

// member reads a keyword's value in the form that the keyword has. A value of
// another kind is kept as data.
func (p *parser) member(depth int) member {
	m := member{key: strings.Clone(p.r.Key())}
	if alias, ok := p.aliases[m.key]; ok {
		m.key = alias
	}
	kind := p.r.Kind()
	switch sh := keywords[m.key]; {
	case (sh == shapeSchema || sh == shapeItems) && (kind == jsonx.Object || kind == jsonx.Bool):
		m.form = one
		m.subs = []sub{{node: p.schema(depth + 1)}}
	case (sh == shapeSchemas || sh == shapeItems) && kind == jsonx.Array:
		m.form = list
		p.r.Array()
		for p.r.Element() {
			if k := p.r.Kind(); k == jsonx.Object || k == jsonx.Bool {
				m.subs = append(m.subs, sub{node: p.schema(depth + 1)})
			}
		}
	case sh == shapeNamed && kind == jsonx.Object:
		m.form = named
		p.r.Object()
		for p.r.Member() {
			name := strings.Clone(p.r.Key())
			m.subs = append(m.subs, sub{name: name, node: p.schema(depth + 1)})
		}
		m.subs = lastWins(m.subs, func(s *sub) string { return s.name })
	default:
		m.raw = p.r.Raw()
	}
	return m
}

// lastWins drops all but the last of those with the same name, in the place of
// the first, as JSON.parse does.
func lastWins[T any](all []T, name func(*T) string) []T {
	if len(all) < 2 {
		return all
	}
	at := make(map[string]int, len(all))
	kept := all[:0]
	for i := range all {
		v := all[i]
		if j, ok := at[name(&v)]; ok {
			kept[j] = v
			continue
		}
		at[name(&v)] = len(kept)
		kept = append(kept, v)
	}
	return kept
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

// kindOf is the kind of a raw value.
func kindOf(raw []byte) jsonx.Kind {
	var r jsonx.Reader
	r.Reset(raw)
	return r.Kind()
}

// stringText is the repaired content of a raw string.
func stringText(raw []byte) ir.Text {
	var r jsonx.Reader
	r.Reset(raw)
	return r.Text()
}

// elements returns the values of a raw array.
func elements(raw []byte) [][]byte {
	var r jsonx.Reader
	r.Reset(raw)
	if r.Kind() != jsonx.Array {
		return nil
	}
	var all [][]byte
	r.Array()
	for r.Element() {
		all = append(all, r.Raw())
	}
	return all
}

// join is the raw array of raw values.
func join(values [][]byte) []byte {
	return append(append([]byte{'['}, bytes.Join(values, []byte{','})...), ']')
}

// strings returns the strings among the values of an array, decoded.
func (m *member) strings() []string {
	var all []string
	for _, raw := range elements(m.raw) {
		if kindOf(raw) == jsonx.String {
			all = append(all, stringText(raw).String())
		}
	}
	return all
}

// putStrings sets an array of strings, or removes it when it is empty.
func (n *node) putStrings(key string, all []string) {
	if len(all) == 0 {
		n.drop(key)
		return
	}
	raw := []byte{'['}
	for i, s := range all {
		if i > 0 {
			raw = append(raw, ',')
		}
		raw = ir.AppendQuoted(raw, s)
	}
	n.putRaw(key, append(raw, ']'))
}

// whole is a number, also one in a string, as a whole number without a
// fraction or exponent, or false.
func whole(raw []byte) ([]byte, bool) {
	var r jsonx.Reader
	r.Reset(raw)
	if k := r.Kind(); k != jsonx.Number && k != jsonx.String {
		return nil, false
	}
	i := r.Int()
	if r.End() != nil || i < 0 {
		return nil, false
	}
	return strconv.AppendInt(nil, i, 10), true
}
