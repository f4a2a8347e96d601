package schema

import "slices"

// union converts a node with anyOf or oneOf. Vertex takes nothing beside
// anyOf, so what stands there moves into the branches.
// https://github.com/BerriAI/litellm/issues/11164
func (o *openAPI) union(n *node, nullable bool) {
	if n.has("properties") && n.mergeable() {
		if slices.ContainsFunc(n.branches(), func(s sub) bool { return s.node.onlyNull() }) {
			nullable = true
		}
		n.mergeUnions()
		o.convert(n)
		if nullable && o.err == nil {
			n.putRaw("nullable", []byte("true"))
		}
		return
	}
	branches := n.branches()
	n.drop("anyOf", "oneOf")
	var kept []sub
	for _, s := range branches {
		switch {
		case s.node.literal == nothing:
		case s.node.onlyNull():
			nullable = true
		default:
			kept = append(kept, s)
		}
	}
	if len(kept) == 0 {
		o.noBranch(n, nullable)
		return
	}
	for _, s := range kept {
		if s.node.literal != object {
			s.node.literal, s.node.members = object, nil
		}
		n.pushDown(s.node, &o.pushed)
		o.convert(s.node)
	}
	o.unite(n, kept, nullable)
}

// branches are those of all unions of the node.
func (n *node) branches() []sub {
	return append(slices.Clone(n.schemas("anyOf")), n.schemas("oneOf")...)
}

// noBranch converts what is left of a union without branches.
func (o *openAPI) noBranch(n *node, nullable bool) {
	if nullable && !n.has("type") {
		n.putFirst("type", `"string"`)
	}
	o.convert(n)
	if nullable && o.err == nil {
		n.putRaw("nullable", []byte("true"))
	}
}

// unite makes the node the union of converted branches, or the branch itself
// when there is only one.
func (o *openAPI) unite(n *node, branches []sub, nullable bool) {
	var kept []sub
	seen := make(keySet)
	for _, s := range spliceUnions(branches, &nullable) {
		text := string(s.node.append(nil))
		if !seen[text] {
			seen[text] = true
			kept = append(kept, s)
		}
	}
	n.hints = nil
	if len(kept) == 1 {
		n.members = kept[0].node.members
	} else {
		n.members = []member{{key: "anyOf", form: list, subs: kept}}
	}
	if nullable {
		n.putRaw("nullable", []byte("true"))
	}
}

// spliceUnions puts the branches of branches that are unions themselves in
// their place.
func spliceUnions(branches []sub, nullable *bool) []sub {
	var all []sub
	for _, s := range branches {
		m := s.node.get("anyOf")
		if m == nil {
			all = append(all, s)
			continue
		}
		*nullable = *nullable || s.node.has("nullable")
		all = append(all, m.subs...)
	}
	return all
}

// splitTypes makes a union of the types of a node, each with the keywords that
// are its own.
func (o *openAPI) splitTypes(n *node, types []string, nullable bool) {
	var branches []sub
	for _, t := range types {
		branch := o.ofType(n, t)
		if m := branch.get("enum"); m != nil {
			kept := valuesOfType(m.raw, t)
			if len(kept) == 0 {
				continue // the enum has no value of this type
			}
			m.raw = join(kept)
		}
		o.convert(branch)
		branches = append(branches, sub{node: branch})
	}
	if len(branches) == 0 { // the enum contradicts the types
		n.putText("type", types[0])
		o.plain(n, types[:1])
		return
	}
	o.unite(n, branches, nullable)
}

// ofType is a copy of the node with one type and the keywords that it has.
func (o *openAPI) ofType(n *node, t string) *node {
	o.pushed++
	branch := &node{hints: slices.Clone(n.hints)}
	for _, m := range n.members {
		if !foreign(m.key, t) {
			branch.members = append(branch.members, m.clone(&o.pushed))
		}
	}
	branch.putText("type", t)
	return branch
}
