package schema

import (
	"slices"
	"strings"
)

// openAPI converts schemas to the subset of OpenAPI that Gemini's Schema is.
type openAPI struct {
	nonempty bool
	pushed   int // schemas copied into the branches of unions
	err      error
}

// openAPIRefs: there are no references in Gemini's Schema.
var openAPIRefs = refRules{mergeAllOf: true, mergeRoot: true}

// openAPIFormats are the formats that each type takes.
var openAPIFormats = map[string][]string{
	"string": {"date-time", "enum"}, "number": {"float", "double"}, "integer": {"int32", "int64"},
}

// convert converts one node with all below it. The node's references must be
// resolved.
func (o *openAPI) convert(n *node) {
	if o.pushed > maxExpanded {
		o.err = errExpanded
	}
	if o.err != nil {
		return
	}
	if n.literal != object {
		n.literal, n.members = object, nil
	}
	n.flatten(laterWins)
	n.constToEnum()
	nullable := o.nullability(n)
	o.tupleItems(n)
	types := o.settleType(n)
	switch {
	case n.has("anyOf") || n.has("oneOf"):
		o.union(n, nullable)
		return
	case len(types) > 1:
		o.splitTypes(n, types, nullable)
		return
	}
	o.plain(n, types)
	if nullable {
		n.putRaw("nullable", []byte("true"))
	}
}

// nullability removes every way of saying that null is allowed, except for
// branches of unions, and reports whether it was said.
func (o *openAPI) nullability(n *node) bool {
	nullable := n.is("nullable", "true")
	n.drop("nullable")
	if t := n.types(); slices.Contains(t, "null") {
		nullable = true
		if t = slices.DeleteFunc(t, func(name string) bool { return name == "null" }); len(t) == 0 {
			t = []string{"string"}
		}
		n.putRaw("type", typesRaw(t))
	}
	return n.takeNull() || nullable
}

// tupleItems makes one schema of the schemas of a tuple.
func (o *openAPI) tupleItems(n *node) {
	var tuple []sub
	if m, ok := n.take("prefixItems"); ok {
		tuple = m.subs
	}
	m := n.get("items")
	switch {
	case m == nil && tuple == nil:
		return
	case m != nil && m.form == list:
		tuple = append(tuple, m.subs...)
	case m != nil:
		tuple = append(tuple, m.subs...)
		if len(tuple) == 1 {
			return
		}
	}
	if rest := n.child("additionalItems"); rest != nil && rest.literal == object {
		tuple = append(tuple, sub{node: rest})
	}
	tuple = slices.DeleteFunc(tuple, func(s sub) bool { return s.node.literal != object })
	items := &node{members: []member{{key: "anyOf", form: list, subs: tuple}}}
	if len(tuple) == 0 {
		items = &node{literal: anything}
	}
	n.put(member{key: "items", form: one, subs: []sub{{node: items}}})
}

// settleType returns the types of a node, also one that does not name them.
// It is empty for a node that says nothing about types, and for a union.
func (o *openAPI) settleType(n *node) []string {
	if t := n.types(); len(t) > 0 {
		return t
	}
	if n.has("anyOf") || n.has("oneOf") {
		return nil
	}
	var t []string
	if m := n.get("enum"); m != nil {
		t = typesOfEnum(m.raw)
	} else if inferred := inferType(n); inferred != "" {
		t = []string{inferred}
	}
	if len(t) > 0 {
		n.putFirst("type", string(typesRaw(t)))
	}
	return t
}

// telling are the keywords that only one type has.
var telling = []struct {
	typ  string
	keys []string
}{
	{"object", []string{"properties", "additionalProperties", "patternProperties", "required", "propertyNames", "minProperties", "maxProperties"}},
	{"array", []string{"items", "minItems", "maxItems", "uniqueItems", "contains"}},
	{"string", []string{"minLength", "maxLength", "pattern", "format", "contentEncoding", "contentMediaType"}},
	{"number", []string{"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}},
}

// inferType tells the type from the other keywords, or "".
func inferType(n *node) string {
	for _, t := range telling {
		if slices.ContainsFunc(t.keys, n.has) {
			return t.typ
		}
	}
	return ""
}

// foreign reports whether a keyword tells nothing about values of the type.
func foreign(key, typ string) bool {
	if typ == "integer" {
		typ = "number"
	}
	for _, t := range telling {
		if t.typ != typ && slices.Contains(t.keys, key) {
			return key != "format" || typ != "number"
		}
	}
	return false
}

// plain converts a node of at most one type, without unions.
func (o *openAPI) plain(n *node, types []string) {
	if len(types) == 0 {
		types = []string{"string"}
		n.putFirst("type", `"string"`)
		n.hint("any JSON value")
	}
	t := types[0]
	n.members = slices.DeleteFunc(n.members, func(m member) bool { return m.key != "format" && foreign(m.key, t) })
	o.enum(n, t)
	if format, ok := n.text("format"); ok && !slices.Contains(openAPIFormats[t], format.String()) {
		m, _ := n.take("format")
		n.lose(&m)
	}
	o.object(n)
	if t == "array" {
		o.items(n)
	}
	dropBooleanBounds(n)
	n.keep(openAPIKeys)
	n.filterNames("propertyOrdering")
	n.filterRequired()
	if t == "object" {
		o.placeholder(n)
	}
	n.putText("type", strings.ToUpper(t))
	n.sayHints()
}

// enum leaves the strings of a string's enum. Of other types it makes a hint,
// since Gemini knows only enums of strings, and another type would change the
// arguments.
func (o *openAPI) enum(n *node, t string) {
	m := n.get("enum")
	if m == nil {
		return
	}
	kept := slices.DeleteFunc(valuesOfType(m.raw, "string"), func(raw []byte) bool { return string(raw) == `""` })
	switch {
	case t != "string":
		n.spellOutEnum()
	case len(kept) > 0:
		n.putRaw("enum", join(kept))
	case len(valuesOfType(m.raw, "string")) > 0:
		n.drop("enum")
	default:
		n.spellOutEnum()
	}
}

// object converts the properties and says what else is allowed.
func (o *openAPI) object(n *node) {
	if m, ok := n.take("additionalProperties"); ok && m.subs[0].node.literal != nothing {
		n.hint("Arbitrary keys allowed")
	}
	m := n.get("properties")
	if m == nil {
		return
	}
	m.subs = slices.DeleteFunc(m.subs, func(s sub) bool { return s.node.literal == nothing })
	for _, s := range m.subs {
		o.convert(s.node)
	}
	if len(m.subs) == 0 {
		n.drop("properties")
	}
}

// items converts what an array holds. It must be said.
func (o *openAPI) items(n *node) {
	items := n.child("items")
	if items == nil || items.literal != object {
		items = &node{members: []member{{key: "type", raw: []byte(`"STRING"`)}}}
		n.put(member{key: "items", form: one, subs: []sub{{node: items}}})
		return
	}
	o.convert(items)
}

// placeholder adds an optional property to an object that has none.
func (o *openAPI) placeholder(n *node) {
	if o.nonempty && !n.has("properties") {
		n.put(placeholderProperty("STRING"))
	}
}

// placeholderProperty is a property that stands where models take no object
// without properties.
func placeholderProperty(typ string) member {
	s := &node{}
	s.putText("type", typ)
	return member{key: "properties", form: named, subs: []sub{{Placeholder, s}}}
}

// dropBooleanBounds removes draft 4's exclusiveMinimum: true, which cannot be
// said without its minimum.
func dropBooleanBounds(n *node) {
	for _, key := range []string{"exclusiveMinimum", "exclusiveMaximum"} {
		if n.is(key, "true") || n.is(key, "false") {
			n.drop(key)
		}
	}
}
