package schema

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

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
