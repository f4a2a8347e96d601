package schema

import (
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// refRules says what a target makes of references.
type refRules struct {
	definitions bool     // references to the root's definitions may stay
	self        bool     // references to the root may stay
	rename      bool     // definitions are called $defs
	siblings    siblings // what becomes of the other keywords beside a reference that stays
	cutRequired bool     // a cycle that no optional property breaks is cut
	mergeAllOf  bool     // allOf and conditionals are going to be merged
	mergeRoot   bool     // the root's unions are going to be merged
}

type siblings byte

const (
	keepSiblings   siblings = iota
	dropSiblings            // the reference stands alone
	inlineSiblings          // the target is copied and the siblings are merged into it
)

// resolver builds a copy of a schema in which references stand only as its
// rules allow. All others are replaced by what they point to.
type resolver struct {
	pointers
	rules  refRules
	active map[*node]bool // targets that are being copied, and the root
	cut    map[edge]bool
	needed []definition // those that references still point to
	known  map[*node]bool
	copies int // targets being copied
	budget int
	err    error
}

// edge is a reference inside of a target to another one.
type edge struct{ from, to *node }

// definition is a schema among the definitions of the root.
type definition struct {
	ref       string // what points to it from now on
	container string
	name      string
	target    *node
	body      *node // its copy
}

// place is where a copied schema stands.
type place struct {
	depth    int
	owner    *node // the root or the target whose part it is
	optional bool  // below a property that is not required
	merged   bool  // it is going to be merged, so it must not be a reference
	root     bool
}

// resolve returns a copy of the tree without the references that the rules
// do not allow, and with only those definitions that are still needed.
func resolve(root *node, rules refRules) (*node, error) {
	x := &resolver{
		pointers: pointers{root: root}, rules: rules, budget: maxExpanded,
		active: map[*node]bool{root: true}, known: make(map[*node]bool),
	}
	if rules.cutRequired {
		x.cut = requiredCycles(&x.pointers)
	}
	out := x.expand(root, place{owner: root, root: true, merged: true})
	for i := 0; i < len(x.needed); i++ {
		target := x.needed[i].target
		was := x.active[target]
		x.active[target] = true
		x.needed[i].body = x.expand(target, place{depth: 1, owner: target})
		x.active[target] = was
	}
	x.addDefinitions(out)
	return out, x.err
}

func (x *resolver) fail(err error) {
	if x.err == nil {
		x.err = err
	}
}

// expand copies a schema that stands at the given place.
func (x *resolver) expand(n *node, at place) *node {
	if x.copies > 0 {
		x.budget--
	}
	switch {
	case x.budget < 0:
		x.fail(errExpanded)
	case at.depth > maxDepth:
		x.fail(errDepth)
	}
	if x.err != nil {
		return &node{}
	}
	ref, ok := n.text("$ref")
	if !ok {
		return x.copy(n, at)
	}
	name := ref.String()
	target := x.lookup(name)
	switch {
	case target == nil:
		return x.placeholder(n, at, "$ref: "+ref)
	case x.cut[edge{at.owner, target}] && !at.optional:
		return x.placeholder(n, at, seeAlso(name))
	}
	if out := x.stay(n, name, target, at); out != nil {
		return out
	}
	if x.active[target] {
		return x.placeholder(n, at, seeAlso(name))
	}
	return x.inline(n, target, at)
}

// seeAlso is the hint that stands for a reference that was cut.
func seeAlso(ref string) ir.Text {
	path, _ := segments(ref)
	if len(path) == 0 {
		return "See: root"
	}
	return "See: " + ir.Plain(path[len(path)-1])
}

// placeholder is what stands for a reference that cannot be followed.
func (x *resolver) placeholder(n *node, at place, hint ir.Text) *node {
	out := x.copy(n, at)
	if !out.has("type") {
		out.putFirst("type", `"object"`)
	}
	out.hint(hint)
	return out
}

// inline copies the target, with the siblings of the reference over it.
func (x *resolver) inline(n, target *node, at place) *node {
	x.active[target] = true
	x.copies++
	inside := at
	inside.owner, inside.optional = target, false
	out := x.expand(target, inside)
	x.copies--
	delete(x.active, target)
	own := x.copy(n, at)
	if out.literal != object {
		out = &node{literal: out.literal}
	}
	out.merge(own, laterWins)
	return out
}

// stay returns the reference when it may stay, else nil.
func (x *resolver) stay(n *node, name string, target *node, at place) *node {
	d, ok := x.definition(name, target)
	self := target == x.root && x.rules.self
	if at.merged || !ok && !self {
		return nil
	}
	alone := true
	for _, m := range n.members {
		alone = alone && strings.HasPrefix(m.key, "$")
	}
	if !alone && x.rules.siblings == inlineSiblings && !x.active[target] {
		return nil
	}
	if ok {
		x.need(d)
		name = d.ref
	}
	out := &node{}
	out.putText("$ref", name)
	switch {
	case x.rules.siblings == dropSiblings:
	case alone || x.rules.siblings == keepSiblings:
		own := x.copy(n, at)
		out.members = append(out.members, own.members...)
	default: // the cycle goes on, so the target cannot be copied
		own := x.copy(n, at)
		own.put(member{key: "anyOf", form: list, subs: []sub{{node: out}}})
		out = own
	}
	return out
}

// definition tells whether the reference points right to a definition of the
// root, and by which reference it is known from now on.
func (x *resolver) definition(ref string, target *node) (definition, bool) {
	path, _ := segments(ref)
	if !x.rules.definitions || len(path) != 2 || path[0] != "$defs" && path[0] != "definitions" {
		return definition{}, false
	}
	d := definition{ref: ref, container: path[0], name: path[1], target: target}
	if x.rules.rename && d.container == "definitions" {
		for _, s := range x.root.schemas("$defs") {
			if s.name == d.name {
				return definition{}, false
			}
		}
		d.container = "$defs"
		d.ref = "#/$defs" + ref[strings.LastIndexByte(ref, '/'):]
	}
	return d, true
}

func (x *resolver) need(d definition) {
	if !x.known[d.target] {
		x.known[d.target] = true
		x.needed = append(x.needed, d)
	}
}

// addDefinitions adds those definitions that references point to, in the
// order in which they stood.
func (x *resolver) addDefinitions(out *node) {
	if len(x.needed) == 0 {
		return
	}
	bodies := make(map[*node]definition, len(x.needed))
	for _, d := range x.needed {
		bodies[d.target] = d
	}
	for _, container := range []string{"$defs", "definitions"} {
		for _, s := range x.root.schemas(container) {
			d, ok := bodies[s.node]
			if !ok {
				continue
			}
			if !out.has(d.container) {
				out.put(member{key: d.container, form: named})
			}
			m := out.get(d.container)
			m.subs = append(m.subs, sub{d.name, d.body})
		}
	}
}

// copy copies a schema without its reference and definitions.
func (x *resolver) copy(n *node, at place) *node {
	out := &node{literal: n.literal, hints: append([]ir.Text(nil), n.hints...), members: make([]member, 0, len(n.members))}
	var required keySet
	if m := n.get("required"); m != nil {
		required = setOf(m.strings()...)
	}
	for _, m := range n.members {
		if m.key == "$ref" || m.key == "$defs" || m.key == "definitions" {
			continue
		}
		subs := m.subs
		m.subs = make([]sub, 0, len(subs))
		inside := place{depth: at.depth + 1, owner: at.owner, optional: at.optional, merged: x.merged(m.key, at)}
		inside.root = at.root && inside.merged // its unions become the root's
		for _, s := range subs {
			deeper := inside
			deeper.optional = inside.optional || m.key == "properties" && !required[s.name]
			m.subs = append(m.subs, sub{s.name, x.expand(s.node, deeper)})
		}
		out.members = append(out.members, m)
	}
	return out
}

// merged reports whether the schemas of that keyword are going to be merged
// into the one around them.
func (x *resolver) merged(key string, at place) bool {
	switch key {
	case "allOf":
		return x.rules.mergeAllOf || at.root && x.rules.mergeRoot
	case "then", "else":
		return x.rules.mergeAllOf
	case "anyOf", "oneOf":
		return at.root && x.rules.mergeRoot
	}
	return false
}
