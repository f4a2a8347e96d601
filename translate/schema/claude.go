package schema

import (
	"slices"
	"strings"
)

// claudeKeys are what Antigravity and the validator behind it both take of a
// schema for Claude. What else a schema asks for is said in words.
var claudeKeys = setOf("type", "description", "enum", "items", "properties", "required")

// forClaude brings a schema that is in Gemini's form into the one that
// Antigravity hands on to Claude: types in lower case, one type for each
// value, and no object without a property, which its validation of calls
// refuses at any depth.
func (o *openAPI) forClaude(n *node, parameters bool) {
	nullable := n.is("nullable", "true")
	for n.has("anyOf") {
		strongest(n)
		nullable = nullable || n.is("nullable", "true")
	}
	if nullable && parameters {
		n.hint("may be null")
	}
	n.keep(claudeKeys)
	if nullable && !parameters {
		n.putRaw("nullable", []byte("true"))
	}
	if t, ok := n.text("type"); ok {
		n.putText("type", strings.ToLower(t.String()))
	}
	for _, m := range n.members {
		for _, s := range m.subs {
			o.forClaude(s.node, parameters)
		}
	}
	if parameters && n.isType("object") && len(n.schemas("properties")) == 0 {
		n.put(placeholderProperty("string"))
		n.putRaw("required", []byte(`["`+Placeholder+`"]`))
	}
	n.sayHints()
}

// strength orders the types of a union: the more a type can say the stronger.
var strength = []string{`"OBJECT"`, `"ARRAY"`}

// strongest puts the branch that can say most in the place of a union.
func strongest(n *node) {
	branches := n.schemas("anyOf")
	best := branches[0].node
	for _, t := range slices.Backward(strength) {
		for _, s := range slices.Backward(branches) {
			if s.node.is("type", t) {
				best = s.node
			}
		}
	}
	if description, ok := n.text("description"); ok && !best.has("description") {
		best.putText("description", description.String())
	}
	if n.is("nullable", "true") {
		best.putRaw("nullable", []byte("true"))
	}
	hints := append(n.hints, best.hints...)
	*n = node{members: best.members, hints: hints}
	if len(branches) > 1 {
		n.hint("one of several forms")
	}
}
