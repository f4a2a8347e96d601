package schema

import (
	"slices"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// load parses a schema and repairs it. aliases are other names of keywords.
func load(raw []byte, aliases map[string]string) (*node, error) {
	n, err := parse(raw, aliases)
	if err != nil {
		return nil, err
	}
	nodes := 0
	return n, repair(n, 0, &nodes)
}

// repair mends what people and MCP servers write beside the rules, all over a
// tree: property maps without the schema around them, a boolean required,
// numbers in strings, types in upper case or of other languages, and values
// that a keyword cannot have. The tree then holds only well-formed keywords,
// and unknown ones. nodes counts the schemas of the tree.
func repair(n *node, depth int, nodes *int) error {
	if depth > maxDepth {
		return errDepth
	}
	if *nodes++; *nodes > maxNodes {
		return errNodes
	}
	if err := n.wrapProperties(); err != nil {
		return err
	}
	for _, m := range n.members {
		for _, s := range m.subs {
			if m.form == named && m.key == "properties" {
				n.liftRequired(s)
			}
			if err := repair(s.node, depth+1, nodes); err != nil {
				return err
			}
		}
	}
	kept := n.members[:0]
	for _, m := range n.members {
		if n.mend(&m) {
			kept = append(kept, m)
		}
	}
	n.members = kept
	return nil
}

// wrapProperties finds properties that stand right in the schema, without
// "properties" around them, and puts them there. Some MCP servers send such
// property maps.
func (n *node) wrapProperties() error {
	if t := typeNames(n.get("type")); len(t) > 0 && !slices.Contains(t, "object") {
		return nil
	}
	var bare []sub
	kept := n.members[:0]
	for _, m := range n.members {
		s, ok, err := bareProperty(&m)
		if err != nil {
			return err
		}
		if !ok {
			kept = append(kept, m)
			continue
		}
		bare = append(bare, s)
	}
	n.members = kept
	if len(bare) == 0 {
		return nil
	}
	if !n.has("type") {
		n.putText("type", "object")
	}
	if m := n.get("properties"); m != nil && m.form == named {
		m.subs = lastWins(append(m.subs, bare...), func(s *sub) string { return s.name })
		return nil
	}
	n.put(member{key: "properties", form: named, subs: bare})
	return nil
}

// bareProperty reads a member as a property when it is one: an object where
// the keyword, if it is one at all, cannot have an object, and which looks
// like a schema.
func bareProperty(m *member) (sub, bool, error) {
	if m.form != data || kindOf(m.raw) != jsonx.Object || strings.HasPrefix(m.key, "x-") {
		return sub{}, false, nil
	}
	if sh := keywords[m.key]; sh == shapeData || sh == shapeExtension {
		return sub{}, false, nil
	}
	n, err := parse(m.raw, nil)
	if err != nil {
		return sub{}, false, err
	}
	known := func(m member) bool { return keywords[m.key] != shapeUnknown }
	return sub{m.key, n}, slices.ContainsFunc(n.members, known), nil
}

// liftRequired moves a property's boolean required to the parent's list.
func (n *node) liftRequired(s sub) {
	m := s.node.get("required")
	if m == nil || kindOf(m.raw) != jsonx.Bool {
		return
	}
	required := string(m.raw) == "true"
	s.node.drop("required")
	if !required {
		return
	}
	var all []string
	if own := n.get("required"); own != nil {
		all = own.strings()
	}
	if !slices.Contains(all, s.name) {
		n.putStrings("required", append(all, s.name))
	}
}

// mend corrects a member's value and is false for one that must go.
func (n *node) mend(m *member) bool {
	kind := kindOf(m.raw)
	switch keywords[m.key] {
	case shapeText:
		return m.form == data && kind == jsonx.String
	case shapeFlag:
		return m.form == data && kind == jsonx.Bool
	case shapeBound:
		return kind == jsonx.Bool || mendNumber(m)
	case shapeNumber:
		return mendNumber(m)
	case shapeCount:
		raw, ok := whole(m.raw)
		m.raw = raw
		return ok
	case shapeValues:
		return kind == jsonx.Array && len(elements(m.raw)) > 0
	case shapeNames:
		return mendNames(m)
	case shapeTypes:
		return n.mendTypes(m)
	case shapeSchema:
		return m.form == one
	case shapeSchemas:
		return m.form == list && len(m.subs) > 0
	case shapeItems:
		return m.form == one || len(m.subs) > 0
	case shapeNamed:
		return m.form == named
	}
	return true
}

func mendNumber(m *member) bool {
	var r jsonx.Reader
	r.Reset(m.raw)
	if k := r.Kind(); k != jsonx.Number && k != jsonx.String {
		return false
	}
	m.raw = r.Number()
	return r.End() == nil
}

// mendNames leaves the strings of an array, each once.
func mendNames(m *member) bool {
	if kindOf(m.raw) != jsonx.Array {
		return false
	}
	all := m.strings()
	unique := distinct(all)
	if len(unique) != len(elements(m.raw)) {
		var n node
		n.putStrings(m.key, unique)
		if len(n.members) == 0 {
			return false
		}
		m.raw = n.members[0].raw
	}
	return true
}

// distinct drops repeated strings.
func distinct(all []string) []string {
	return lastWins(slices.Clone(all), func(s *string) string { return *s })
}

// asObject makes the root a schema of objects, whatever it was. Arguments are
// always an object.
func (n *node) asObject() {
	n.literal = object
	if t := n.types(); len(t) != 1 || t[0] != "object" {
		n.putFirst("type", `"object"`)
	}
	if !n.has("properties") {
		n.put(member{key: "properties", form: named})
	}
}

// putFirst sets a member, in the place of one of that name or as the first.
func (n *node) putFirst(key, raw string) {
	if n.has(key) {
		n.putRaw(key, []byte(raw))
		return
	}
	n.members = slices.Insert(n.members, 0, member{key: key, raw: []byte(raw)})
}

// filterRequired leaves the names that are properties.
func (n *node) filterRequired() {
	n.filterNames("required")
}

// filterNames leaves the names in an array that are properties.
func (n *node) filterNames(key string) {
	m := n.get(key)
	if m == nil {
		return
	}
	properties := make(keySet)
	for _, s := range n.schemas("properties") {
		properties[s.name] = true
	}
	all := m.strings()
	kept := slices.DeleteFunc(distinct(all), func(name string) bool { return !properties[name] })
	if len(kept) == 0 || len(kept) != len(elements(m.raw)) {
		n.putStrings(key, kept)
	}
}
