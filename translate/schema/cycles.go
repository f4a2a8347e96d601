package schema

// requiredCycles returns the references that close a cycle on which every step
// must be there. Such a schema has no finite value, and Gemini refuses it: it
// unrolls cycles, and stops only at a property that is not required.
// https://ai.google.dev/api/generate-content#GenerationConfig
func requiredCycles(p *pointers) map[edge]bool {
	c := cycles{pointers: p, state: make(map[*node]visit), cut: make(map[edge]bool)}
	c.visit(p.root)
	for _, container := range []string{"$defs", "definitions"} {
		for _, s := range p.root.schemas(container) {
			c.visit(s.node)
		}
	}
	return c.cut
}

type visit byte

const (
	unseen visit = iota
	entered
	left
)

// cycles walks the graph of references that are not optional.
type cycles struct {
	*pointers
	state map[*node]visit
	cut   map[edge]bool
}

func (c *cycles) visit(target *node) {
	if c.state[target] != unseen {
		return
	}
	c.state[target] = entered
	c.follow(target, target)
	c.state[target] = left
}

// follow looks for references in a part of owner.
func (c *cycles) follow(owner, n *node) {
	if ref, ok := n.text("$ref"); ok {
		if target := c.lookup(ref.String()); target != nil {
			if c.state[target] == entered {
				c.cut[edge{owner, target}] = true
			}
			c.visit(target)
		}
	}
	var required keySet
	if m := n.get("required"); m != nil {
		required = setOf(m.strings()...)
	}
	for _, m := range n.members {
		if m.key == "$defs" || m.key == "definitions" {
			continue
		}
		for _, s := range m.subs {
			if m.key != "properties" || required[s.name] {
				c.follow(owner, s.node)
			}
		}
	}
}
