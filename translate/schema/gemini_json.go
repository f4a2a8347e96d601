package schema

import (
	"slices"
	"strings"
)

// geminiJSON converts schemas to the part of JSON Schema that Gemini takes as
// parametersJsonSchema and responseJsonSchema.
type geminiJSON struct {
	nonempty bool
}

// geminiJSONRefs: a reference stands alone, points to $defs, and recursion is
// legal only below optional properties.
var geminiJSONRefs = refRules{
	definitions: true, rename: true, siblings: inlineSiblings, cutRequired: true, mergeAllOf: true, mergeRoot: true,
}

// convert converts one node with all below it.
func (g *geminiJSON) convert(n *node) {
	if n.literal != object {
		n.literal, n.members = object, nil
	}
	n.flatten(laterWins)
	n.isolateRef()
	n.constToEnum()
	nullableToType(n)
	g.enum(n)
	tupleToPrefix(n)
	g.unions(n)
	dropBooleanBounds(n)
	n.keep(geminiJSONKeys)
	g.children(n)
	n.filterNames("propertyOrdering")
	n.filterRequired()
	if g.nonempty && len(n.schemas("properties")) == 0 && n.isType("object") {
		n.put(placeholderProperty("string"))
	}
	n.sayHints()
}

// isolateRef moves a reference away from other keywords, which merging can
// bring together.
func (n *node) isolateRef() {
	alone := !slices.ContainsFunc(n.members, func(m member) bool { return !strings.HasPrefix(m.key, "$") })
	if !n.has("$ref") || alone {
		return
	}
	ref, _ := n.take("$ref")
	if n.has("anyOf") {
		n.lose(&ref)
		return
	}
	n.put(member{key: "anyOf", form: list, subs: []sub{{node: &node{members: []member{ref}}}}})
}

// enum leaves the strings and numbers. Null moves into the type, and an enum
// with anything else becomes a hint.
func (g *geminiJSON) enum(n *node) {
	null := n.takeNull()
	m := n.get("enum")
	if m == nil {
		if null && !n.has("type") {
			n.putText("type", "null")
		}
		return
	}
	t := typesOfEnum(m.raw)
	if !n.has("type") && (null || !onlyScalars(t)) {
		n.putFirst("type", string(typesRaw(t)))
	}
	if null {
		n.allowNull()
	}
	if !onlyScalars(t) {
		n.spellOutEnum()
	}
}

// onlyScalars reports whether all types are such as Gemini's enums have.
func onlyScalars(types []string) bool {
	return !slices.ContainsFunc(types, func(t string) bool { return t != "string" && t != "number" && t != "integer" })
}

// unions drops branches that allow nothing, and unions that allow everything.
func (g *geminiJSON) unions(n *node) {
	for _, key := range []string{"anyOf", "oneOf"} {
		m := n.get(key)
		if m == nil {
			continue
		}
		m.subs = slices.DeleteFunc(m.subs, func(s sub) bool { return s.node.literal == nothing })
		all := false
		for _, s := range m.subs {
			g.convert(s.node)
			all = all || s.node.empty()
		}
		if all || len(m.subs) == 0 {
			n.drop(key)
		}
	}
}

func (g *geminiJSON) children(n *node) {
	if m := n.get("properties"); m != nil {
		m.subs = slices.DeleteFunc(m.subs, func(s sub) bool { return s.node.literal == nothing })
	}
	for _, m := range n.members {
		for _, s := range m.subs {
			switch {
			case m.key == "anyOf" || m.key == "oneOf":
			case m.key == "additionalProperties" && s.node.literal != object:
			default:
				g.convert(s.node)
			}
		}
	}
}

// nullableToType says nullable by the type.
func nullableToType(n *node) {
	if n.is("nullable", "true") {
		n.allowNull()
		n.allowNullInEnum()
	}
	n.drop("nullable")
}

// allowNullInEnum adds null to the enum.
func (n *node) allowNullInEnum() {
	if m := n.get("enum"); m != nil {
		all := elements(m.raw)
		if !slices.ContainsFunc(all, func(raw []byte) bool { return string(raw) == "null" }) {
			m.raw = join(append(all, []byte("null")))
		}
	}
}

// tupleToPrefix writes tuples as JSON Schema 2020-12 does.
func tupleToPrefix(n *node) {
	rest, hasRest := n.take("additionalItems")
	m := n.get("items")
	if m == nil || m.form != list {
		return
	}
	if n.has("prefixItems") || len(m.subs) == 0 {
		n.drop("items")
	} else {
		m.key = "prefixItems"
	}
	if hasRest {
		n.put(member{key: "items", form: one, subs: rest.subs})
	}
}
