package schema

import "slices"

// winner says which of two scalars stays when schemas are merged.
type winner bool

const (
	ownWins   winner = false
	laterWins winner = true
)

// merge adds what src asks for to n: properties of the same name are merged,
// required names united, unions joined; of two scalars one wins. src must not
// be used after it.
func (n *node) merge(src *node, w winner) {
	if src.literal != object {
		return
	}
	if n.literal == anything {
		*n = *src
		return
	}
	for _, h := range src.hints {
		n.hint(h)
	}
	for _, m := range src.members {
		own := n.get(m.key)
		if own == nil {
			n.members = append(n.members, m)
			continue
		}
		n.mergeMember(own, m, w)
	}
}

func (n *node) mergeMember(own *member, m member, w winner) {
	switch {
	case m.key == "required":
		n.putStrings("required", distinct(append(own.strings(), m.strings()...)))
	case own.form == named && m.form == named:
		own.mergeNamed(m.subs, w)
	case own.form == list && m.form == list && m.key != "prefixItems" && m.key != "items":
		own.subs = append(own.subs, m.subs...)
	case own.form == one && m.form == one && own.subs[0].node.literal == object && m.subs[0].node.literal == object:
		own.subs[0].node.merge(m.subs[0].node, w)
	case w == laterWins:
		*own = m
	}
}

func (m *member) mergeNamed(subs []sub, w winner) {
	at := make(map[string]int, len(m.subs))
	for i, s := range m.subs {
		at[s.name] = i
	}
	for _, s := range subs {
		i, ok := at[s.name]
		if !ok {
			m.subs = append(m.subs, s)
			continue
		}
		m.subs[i].node.merge(s.node, w)
	}
}

// flatten merges the branches of allOf into the schema, whose own scalars win
// over those of the branches, and of these the later ones. The properties of
// then and else are added where there are none of that name.
func (n *node) flatten(w winner) {
	n.flattenConditionals(w)
	n.mergeAllOf(w)
}

// mergeAllOf is flatten but for the schema's own conditionals.
func (n *node) mergeAllOf(w winner) {
	m, ok := n.take("allOf")
	if !ok {
		return
	}
	all := &node{}
	for _, s := range m.subs {
		if s.node.literal == object {
			s.node.flatten(w)
			all.merge(s.node, w)
		}
	}
	n.merge(all, ownWins)
}

func (n *node) flattenConditionals(w winner) {
	for _, key := range []string{"then", "else"} {
		m, ok := n.take(key)
		if !ok {
			continue
		}
		branch := m.subs[0].node
		if branch.literal == object {
			branch.flatten(w)
		}
		for _, s := range branch.schemas("properties") {
			n.addProperty(s)
		}
	}
	n.drop("if")
}

// addProperty adds a property unless there is one of that name.
func (n *node) addProperty(s sub) bool {
	if n.property(s.name) != nil {
		return false
	}
	m := n.get("properties")
	if m == nil {
		n.put(member{key: "properties", form: named, subs: []sub{s}})
		return true
	}
	m.subs = append(m.subs, s)
	return true
}

// property returns the schema of a property, or nil.
func (n *node) property(name string) *node {
	for _, s := range n.schemas("properties") {
		if s.name == name {
			return s.node
		}
	}
	return nil
}

// mergeUnions merges the branches of anyOf and oneOf into the schema: the
// properties of all, of the same name the first, and those required that every
// branch requires. Branches that are no objects are left out.
func (n *node) mergeUnions() {
	own := make(keySet)
	for _, s := range n.schemas("properties") {
		own[s.name] = true
	}
	for _, key := range []string{"anyOf", "oneOf"} {
		if m, ok := n.take(key); ok {
			n.mergeBranches(m.subs, own)
		}
	}
}

func (n *node) mergeBranches(branches []sub, own keySet) {
	var common []string
	first := true
	for _, s := range branches {
		branch := s.node
		if branch.literal == object {
			branch.flatten(laterWins)
			branch.mergeUnions()
		}
		if branch.literal == nothing || branch.literal == object && !branch.objectLike() {
			continue
		}
		var required []string
		if r := branch.get("required"); r != nil {
			required = r.strings()
		}
		if first {
			common, first = required, false
		}
		common = slices.DeleteFunc(common, func(name string) bool { return !slices.Contains(required, name) })
		for _, p := range branch.schemas("properties") {
			if n.addProperty(p) || own[p.name] {
				continue
			}
			n.property(p.name).uniteValues(p.node)
		}
	}
	if r := n.get("required"); r != nil {
		common = append(r.strings(), common...)
	}
	n.putStrings("required", distinct(common))
}

// uniteValues adds the values of another enum to those of the schema when both
// have one. The first definition of the property that tells the branches of a
// union apart would otherwise leave only the first branch.
func (n *node) uniteValues(other *node) {
	for _, s := range []*node{n, other} {
		if !s.has("const") && !s.has("enum") {
			return
		}
	}
	n.constToEnum()
	other.constToEnum()
	a, b := n.get("enum"), other.get("enum")
	if a == nil || b == nil {
		return
	}
	all := append(elements(a.raw), elements(b.raw)...)
	a.raw = join(lastWins(all, func(raw *[]byte) string { return string(*raw) }))
	if t := append(n.types(), other.types()...); len(t) > 0 {
		n.putRaw("type", typesRaw(distinct(t)))
	}
}

// mergeable reports whether the unions can be merged into the schema without
// a loss of types: all their branches are objects.
func (n *node) mergeable() bool {
	if !n.objectLike() {
		return false
	}
	for _, key := range []string{"anyOf", "oneOf"} {
		for _, s := range n.schemas(key) {
			if s.node.literal == object && !s.node.objectLike() && !s.node.onlyNull() {
				return false
			}
		}
	}
	return true
}

// pushDown gives a branch of a union what its parent asks for, where it does
// not say something itself. The parent's description comes first.
func (n *node) pushDown(branch *node, count *int) {
	types := branch.types()
	for _, m := range n.members {
		if len(types) == 1 && foreign(m.key, types[0]) {
			continue
		}
		own := branch.get(m.key)
		switch {
		case own == nil:
			branch.members = append(branch.members, m.clone(count))
		case m.key == "description":
			if description, _ := branch.text("description"); string(m.raw) != string(own.raw) {
				branch.hints = slices.Insert(branch.hints, 0, description)
			}
			*own = m
		case m.key == "required" || m.form == named:
			branch.mergeMember(own, m.clone(count), ownWins)
		}
	}
	for _, h := range n.hints {
		branch.hint(h)
	}
}
