package schema

import (
	"slices"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

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
