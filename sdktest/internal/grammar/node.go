package grammar

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// node is a JSON value with its place, which reports what it lacks.
type node struct {
	r     *Report
	where string
	v     any
}

func (n node) fail(format string, args ...any) {
	n.r.fail("%s: %s", n.where, fmt.Sprintf(format, args...))
}

// get is a member, absent as nil.
func (n node) get(key string) (node, bool) {
	m, _ := n.v.(map[string]any)
	v, ok := m[key]
	return node{n.r, n.where + "." + key, v}, ok
}

func (n node) has(key string) bool {
	_, ok := n.get(key)
	return ok
}

// null tells whether a member is there and null.
func (n node) null(key string) bool {
	m, ok := n.get(key)
	return ok && m.v == nil
}

// keys reports every member that is missing; it may be null.
func (n node) keys(names ...string) {
	for _, name := range names {
		if !n.has(name) {
			n.fail("required key %q is missing", name)
		}
	}
}

// only reports members that are not of the list.
func (n node) only(names ...string) {
	m, _ := n.v.(map[string]any)
	for name := range m {
		if !slices.Contains(names, name) {
			n.fail("unexpected key %q", name)
		}
	}
}

func want[T any](n node, key, kind string) T {
	m, ok := n.get(key)
	v, is := m.v.(T)
	switch {
	case !ok:
		n.fail("required key %q is missing", key)
	case !is:
		n.fail("%q should be a %s, is %T (%v)", key, kind, m.v, m.v)
	}
	return v
}

// text is a required string.
func (n node) text(key string) string { return want[string](n, key, "string") }

// id is a required string that is not empty.
func (n node) id(key string) string {
	s := n.text(key)
	if s == "" && n.has(key) {
		n.fail("%q is empty", key)
	}
	return s
}

// is requires a string of the list.
func (n node) is(key string, values ...string) string {
	s := n.text(key)
	if !slices.Contains(values, s) {
		n.fail("%q is %q, should be one of %s", key, s, strings.Join(values, ", "))
	}
	return s
}

// number is a required whole number of at least 0.
func (n node) number(key string) int {
	v, err := want[json.Number](n, key, "number").Int64()
	if err != nil || v < 0 {
		n.fail("%q should be a whole number", key)
	}
	return int(v)
}

// optional is a whole number that may be missing, but not null.
func (n node) optional(key string) int {
	if !n.has(key) {
		return 0
	}
	return n.number(key)
}

// object is a required object.
func (n node) object(key string) node {
	want[map[string]any](n, key, "object")
	m, _ := n.get(key)
	return m
}

// list is a required array.
func (n node) list(key string) []node {
	values := want[[]any](n, key, "array")
	out := make([]node, len(values))
	for i, v := range values {
		out[i] = node{n.r, fmt.Sprintf("%s.%s[%d]", n.where, key, i), v}
	}
	return out
}

// maybe is an array that may be missing or null.
func (n node) maybe(key string) []node {
	if !n.has(key) || n.null(key) {
		return nil
	}
	return n.list(key)
}

// orNull requires a string or null.
func (n node) orNull(key string) string {
	if n.null(key) {
		return ""
	}
	return n.text(key)
}

// isObjectText reports a text that is not a JSON object.
func (n node) isObjectText(what, text string) {
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		n.fail("%s are not JSON: %v: %.200q", what, err, text)
		return
	}
	if _, ok := v.(map[string]any); !ok {
		n.fail("%s are not an object: %.200s", what, text)
	}
}

// same reports two values that should be equal and are not.
func same[T comparable](n node, what string, got, want T) {
	if got != want {
		n.fail("%s is %v, should be %v", what, got, want)
	}
}

// equalJSON tells whether two values are the same JSON.
func equalJSON(a, b any) bool {
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return string(x) == string(y)
}
