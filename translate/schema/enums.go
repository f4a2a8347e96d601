package schema

import (
	"bytes"
	"slices"

	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// constToEnum turns const into an enum of one value.
func (n *node) constToEnum() {
	m, ok := n.take("const")
	if !ok {
		return
	}
	if string(m.raw) == "null" && !n.has("type") {
		n.putText("type", "null")
		return
	}
	n.putRaw("enum", join([][]byte{m.raw}))
}

// takeNull removes null from the enum and reports whether it was there.
func (n *node) takeNull() bool {
	m := n.get("enum")
	if m == nil {
		return false
	}
	all := elements(m.raw)
	kept := slices.DeleteFunc(all, func(raw []byte) bool { return string(raw) == "null" })
	if len(kept) == len(elements(m.raw)) {
		return false
	}
	if len(kept) == 0 {
		n.drop("enum")
		return true
	}
	n.putRaw("enum", join(kept))
	return true
}

// typeOfValue is the JSON Schema type of a raw value.
func typeOfValue(raw []byte) string {
	switch kindOf(raw) {
	case jsonx.String:
		return "string"
	case jsonx.Number:
		if bytes.ContainsAny(raw, ".eE") {
			return "number"
		}
		return "integer"
	case jsonx.Bool:
		return "boolean"
	case jsonx.Array:
		return "array"
	case jsonx.Object:
		return "object"
	}
	return "null"
}

// typesOfEnum are the types of the values of an enum.
func typesOfEnum(raw []byte) []string {
	var all []string
	for _, v := range elements(raw) {
		all = append(all, typeOfValue(v))
	}
	all = distinct(all)
	if slices.Contains(all, "number") {
		all = slices.DeleteFunc(all, func(t string) bool { return t == "integer" })
	}
	return all
}

// valuesOfType are the values of an enum that a type has.
func valuesOfType(raw []byte, t string) [][]byte {
	return slices.DeleteFunc(elements(raw), func(v []byte) bool {
		have := typeOfValue(v)
		return have != t && !(t == "number" && have == "integer")
	})
}

// spellOutEnum replaces an enum by a hint.
func (n *node) spellOutEnum() {
	m, ok := n.take("enum")
	if ok {
		n.hint(allowedValues(elements(m.raw)))
	}
}
