package schema

import (
	"bytes"
	"slices"

	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// plainRules tell which schemas a target takes as they are.
type plainRules struct {
	keys     keySet
	required bool // required names must be properties, not only at the root
	unions   bool // anyOf and its like may stand below the root
	scalars  bool // enums hold only strings and numbers
	items    bool // arrays must say what they hold
	rootKeys bool // the root's keys must be such as Anthropic takes
}

// without is a copy of the set that lacks some keys.
func (s keySet) without(keys ...string) keySet {
	set := make(keySet, len(s))
	for k := range s {
		if !slices.Contains(keys, k) {
			set[k] = true
		}
	}
	return set
}

var (
	geminiPlain    = &plainRules{keys: geminiJSONKeys.without("$ref", "$defs", "propertyOrdering"), required: true, scalars: true}
	anthropicPlain = &plainRules{keys: draft2020Keys.without("$ref", "$defs", "definitions"), unions: true, rootKeys: true}
	openAIPlain    = &plainRules{keys: draft2020Keys.without("$ref", "$defs", "definitions", "$schema"), unions: true, items: true}
)

// plain reports whether a schema is one of an object that its target takes as
// it is. It looks at the bytes only once and builds no tree, and says no
// whenever it is not sure. strict reports whether OpenAI's strict mode takes it.
func plain(raw []byte, rules *plainRules) (same, strict bool) {
	w := plainWalk{rules: rules, strict: true}
	w.r.Reset(raw)
	same = w.node(0) && w.r.End() == nil
	return same, same && w.strict && w.properties <= maxStrictProperties
}

// plainWalk is one look at a schema.
type plainWalk struct {
	r          jsonx.Reader
	rules      *plainRules
	nodes      int
	properties int
	strict     bool
}

// plainNode is what the walk knows of the schema that it is in.
type plainNode struct {
	depth      int
	seen       []string
	typ        string
	format     string
	items      bool
	union      bool
	closed     bool
	properties []string
	required   []string
}

// node looks at the schema that is next.
func (w *plainWalk) node(depth int) bool {
	if w.nodes++; w.nodes > maxNodes || depth > maxDepth || w.r.Kind() != jsonx.Object {
		return false
	}
	var seen [16]string
	n := plainNode{depth: depth, seen: seen[:0]}
	w.r.Object()
	for w.r.Member() {
		key := w.r.Key()
		if !w.rules.keys[key] || slices.Contains(n.seen, key) {
			return false
		}
		n.seen = append(n.seen, key)
		if !w.member(&n, key) {
			return false
		}
		w.strict = w.strict && strictKeys[key]
	}
	return w.r.Err() == nil && w.fits(&n)
}

// fits judges the schema as a whole.
func (w *plainWalk) fits(n *plainNode) bool {
	if n.depth == 0 && (n.typ != "object" || len(n.properties) == 0) {
		return false
	}
	if n.depth == 0 || w.rules.required {
		for _, name := range n.required {
			if !slices.Contains(n.properties, name) {
				return false
			}
		}
	}
	if n.depth == 0 && w.rules.rootKeys && slices.ContainsFunc(n.properties, func(key string) bool { return !validKey(key) }) {
		return false
	}
	if w.rules.items && n.typ == "array" && !n.items {
		return false
	}
	isObject := n.typ == "object" || len(n.properties) > 0
	all := len(n.required) == len(n.properties) && !slices.ContainsFunc(n.properties, func(name string) bool {
		return !slices.Contains(n.required, name)
	})
	w.properties += len(n.properties)
	w.strict = w.strict && n.depth <= maxStrictDepth && (n.typ != "" || n.union) && (!isObject || n.closed && all) &&
		(n.format == "" || n.typ != "string" || openAIFormats[n.format])
	return true
}

// member looks at a keyword's value.
func (w *plainWalk) member(n *plainNode, key string) bool {
	r := &w.r
	kind := r.Kind()
	switch keywords[key] {
	case shapeText:
		if key == "format" && kind == jsonx.String {
			n.format = r.String()
		}
		return kind == jsonx.String
	case shapeTypes:
		n.typ = ""
		if kind == jsonx.String {
			n.typ = r.String()
		}
		return typeSet[n.typ]
	case shapeNumber, shapeBound:
		return kind == jsonx.Number
	case shapeCount:
		return kind == jsonx.Number && !bytes.ContainsAny(r.Number(), ".eE-")
	case shapeFlag:
		return kind == jsonx.Bool
	case shapeData:
		return n.depth > 0 && jsonx.Valid(r.Raw())
	case shapeValues:
		return n.depth > 0 && kind == jsonx.Array && w.values()
	case shapeNames:
		return kind == jsonx.Array && w.names(n)
	case shapeSchema:
		return w.one(n, key, kind)
	case shapeItems:
		n.items = true
		return n.depth > 0 && w.node(n.depth+1)
	case shapeSchemas:
		n.union = n.union || key == "anyOf"
		return n.depth > 0 && kind == jsonx.Array && w.many(n, key)
	case shapeNamed:
		return kind == jsonx.Object && w.named(n, key)
	}
	return false
}

// values looks at the scalars of an array that must not be empty.
func (w *plainWalk) values() bool {
	some := false
	for in := w.r.Array(); in && w.r.Element(); some = true {
		switch w.r.Kind() {
		case jsonx.String, jsonx.Number:
		case jsonx.Bool, jsonx.Null:
			if w.rules.scalars {
				return false
			}
		default:
			return false
		}
	}
	return some
}

func (w *plainWalk) names(n *plainNode) bool {
	for in := w.r.Array(); in && w.r.Element(); {
		if w.r.Kind() != jsonx.String || len(n.required) == 64 {
			return false
		}
		name := w.r.String()
		if slices.Contains(n.required, name) {
			return false
		}
		n.required = append(n.required, name)
	}
	return len(n.required) > 0
}

func (w *plainWalk) one(n *plainNode, key string, kind jsonx.Kind) bool {
	if key != "additionalProperties" {
		return n.depth > 0 && w.node(n.depth+1)
	}
	if kind == jsonx.Bool {
		n.closed = !w.r.Bool()
		return true
	}
	return w.node(n.depth + 1)
}

func (w *plainWalk) many(n *plainNode, key string) bool {
	if !w.rules.unions && key != "prefixItems" {
		return false
	}
	some := false
	for in := w.r.Array(); in && w.r.Element(); some = true {
		if !w.node(n.depth + 1) {
			return false
		}
	}
	return some
}

func (w *plainWalk) named(n *plainNode, key string) bool {
	for in := w.r.Object(); in && w.r.Member(); {
		name := w.r.Key()
		if key == "properties" {
			if len(n.properties) == 64 || slices.Contains(n.properties, name) {
				return false
			}
			n.properties = append(n.properties, name)
		}
		if !w.node(n.depth + 1) {
			return false
		}
	}
	return true
}
