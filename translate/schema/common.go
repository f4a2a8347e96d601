package schema

import (
	"slices"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// load parses a schema and repairs it. aliases are other names of keywords.
func load(raw []byte, aliases map[string]string) (*node, error) {
	n, err := parse(raw, aliases)
	if err != nil {
		return nil, err
	}
	return n, repair(n, 0)
}

// repair mends what people and MCP servers write beside the rules, all over a
// tree: property maps without the schema around them, a boolean required,
// numbers in strings, types in upper case or of other languages, and values
// that a keyword cannot have. The tree then holds only well-formed keywords,
// and unknown ones.
func repair(n *node, depth int) error {
	if depth > maxDepth {
		return errDepth
	}
	if err := n.wrapProperties(); err != nil {
		return err
	}
	for _, m := range n.members {
		for _, s := range m.subs {
			if m.form == named && m.key == "properties" {
				n.liftRequired(s)
			}
			if err := repair(s.node, depth+1); err != nil {
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

// typeAliases are names of types in other languages.
var typeAliases = map[string]string{
	"str": "string", "int": "integer", "float": "number", "double": "number", "bool": "boolean",
	"dict": "object", "list": "array", "none": "null",
}

var typeSet = setOf("object", "array", "string", "number", "integer", "boolean", "null")

// typeNames returns the types that JSON Schema knows, in lower case.
func typeNames(m *member) []string {
	if m == nil || m.form != data {
		return nil
	}
	all := m.strings()
	if kindOf(m.raw) == jsonx.String {
		all = []string{stringText(m.raw).String()}
	}
	known := all[:0]
	for _, t := range all {
		t = strings.ToLower(t)
		if alias, ok := typeAliases[t]; ok {
			t = alias
		}
		if typeSet[t] {
			known = append(known, t)
		}
	}
	return distinct(known)
}

// mendTypes leaves the types that JSON Schema knows. A single unknown one
// becomes a hint, since it may tell something to the model.
func (n *node) mendTypes(m *member) bool {
	known := typeNames(m)
	if len(known) == 0 {
		if kindOf(m.raw) == jsonx.String {
			if t := stringText(m.raw); !t.Blank() && t != "any" && t != "TYPE_UNSPECIFIED" {
				n.hint("type: " + t)
			}
		}
		return false
	}
	m.raw = typesRaw(known)
	return true
}

// typesRaw writes one type as a string and several as an array.
func typesRaw(names []string) []byte {
	var n node
	if len(names) == 1 {
		return ir.AppendQuoted(nil, names[0])
	}
	n.putStrings("type", names)
	return n.members[0].raw
}

func (n *node) types() []string { return typeNames(n.get("type")) }

func (n *node) isType(t string) bool { return slices.Contains(n.types(), t) }

// objectLike reports whether the schema is one of objects, or says nothing
// about the type.
func (n *node) objectLike() bool {
	if n.literal != object || n.has("enum") || n.has("const") || n.has("items") || n.has("prefixItems") {
		return false
	}
	t := n.types()
	return len(t) == 0 || slices.Contains(t, "object")
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

// allowNull lets null be a value as well.
func (n *node) allowNull() {
	if t := n.types(); len(t) > 0 {
		if !slices.Contains(t, "null") {
			n.putRaw("type", typesRaw(append(t, "null")))
		}
	}
	null := sub{node: &node{members: []member{{key: "type", raw: []byte(`"null"`)}}}}
	for _, union := range []string{"anyOf", "oneOf"} {
		if m := n.get(union); m != nil {
			if !slices.ContainsFunc(m.subs, func(s sub) bool { return s.node.onlyNull() }) {
				m.subs = append(m.subs, null)
			}
		}
	}
	if n.has("$ref") {
		ref, _ := n.take("$ref")
		branch := sub{node: &node{members: []member{ref}}}
		n.put(member{key: "anyOf", form: list, subs: []sub{branch, null}})
	}
}

// onlyNull reports whether null is the only value.
func (n *node) onlyNull() bool {
	if n.literal != object {
		return false
	}
	if t := n.types(); len(t) > 0 {
		return len(t) == 1 && t[0] == "null"
	}
	if n.is("const", "null") {
		return true
	}
	m := n.get("enum")
	if m == nil {
		return false
	}
	all := elements(m.raw)
	return len(all) == 1 && string(all[0]) == "null"
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
