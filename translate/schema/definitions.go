package schema

import "slices"

// pruneDefinitions removes the definitions to which nothing points any more,
// because what did was removed.
func (n *node) pruneDefinitions() {
	needed := make(map[*node]bool)
	p := pointers{root: n}
	n.markDefinitions(&p, needed)
	for _, container := range []string{"$defs", "definitions"} {
		m := n.get(container)
		if m == nil {
			continue
		}
		m.subs = slices.DeleteFunc(m.subs, func(s sub) bool { return !needed[s.node] })
		if len(m.subs) == 0 {
			n.drop(container)
		}
	}
}

// markDefinitions marks the definitions that a schema needs.
func (n *node) markDefinitions(p *pointers, needed map[*node]bool) {
	if ref, ok := n.text("$ref"); ok {
		target := p.lookup(ref.String())
		if target != nil && target != p.root && !needed[target] {
			needed[target] = true
			target.markDefinitions(p, needed)
		}
	}
	for _, m := range n.members {
		if m.key == "$defs" || m.key == "definitions" {
			continue
		}
		for _, s := range m.subs {
			s.node.markDefinitions(p, needed)
		}
	}
}
