package simulator

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"
)

// maxSchemaDepth ends the instances of schemas that refer to themselves.
const maxSchemaDepth = 24

// instance writes a JSON value that satisfies a schema: in JSON Schema, or in Google's subset with its upper-case
// types. With all, objects hold their optional members too. The same schema always gives the same value.
func instance(schema gjson.Result, all bool) string {
	g := &instancer{root: schema, all: all, left: maxInstanceNodes}
	var b bytes.Buffer
	g.value(&b, schema, "value", 0)
	return b.String()
}

// maxInstanceNodes ends the instances of schemas that multiply.
const maxInstanceNodes = 10_000

type instancer struct {
	root gjson.Result
	all  bool
	left int // how many nodes may still be visited
}

func (g *instancer) value(b *bytes.Buffer, s gjson.Result, name string, depth int) {
	s = g.resolve(s, depth)
	for _, fixed := range []gjson.Result{s.Get("const"), s.Get("enum.0"), s.Get("default"), s.Get("example"), s.Get("examples.0")} {
		if fixed.Exists() {
			b.WriteString(fixed.Raw)
			return
		}
	}
	if branch, ok := firstBranch(s); ok {
		g.value(b, branch, name, depth+1)
		return
	}
	switch typeOf(s) {
	case "object":
		g.object(b, s, depth)
	case "array":
		g.array(b, s, name, depth)
	case "integer", "number":
		b.WriteString(numberFor(s))
	case "boolean":
		b.WriteString("true")
	case "null":
		b.WriteString("null")
	default:
		writeJSON(b, stringFor(s, name))
	}
}

// resolve follows local references and merges allOf.
func (g *instancer) resolve(s gjson.Result, depth int) gjson.Result {
	for range maxSchemaDepth {
		ref := s.Get(`$ref`).String()
		if ref == "" {
			break
		}
		s = pointer(g.root, ref)
	}
	g.left--
	if depth > maxSchemaDepth || g.left < 0 {
		return gjson.Parse(`{"type":"null"}`)
	}
	if allOf := s.Get("allOf").Array(); len(allOf) > 0 {
		return g.merge(s, allOf, depth)
	}
	return s
}

func (g *instancer) merge(s gjson.Result, parts []gjson.Result, depth int) gjson.Result {
	properties, required, rest := map[string]json.RawMessage{}, []string{}, map[string]json.RawMessage{}
	take := func(part gjson.Result) {
		part.ForEach(func(k, v gjson.Result) bool {
			switch k.String() {
			case "allOf":
			case "properties":
				v.ForEach(func(k, v gjson.Result) bool {
					properties[k.String()] = json.RawMessage(v.Raw)
					return true
				})
			case "required":
				for _, r := range v.Array() {
					required = append(required, r.String())
				}
			default:
				rest[k.String()] = json.RawMessage(v.Raw)
			}
			return true
		})
	}
	take(s)
	for _, p := range parts {
		take(g.resolve(p, depth+1))
	}
	if len(properties) > 0 {
		rest["properties"], _ = json.Marshal(properties)
		rest["required"], _ = json.Marshal(required)
	}
	merged, err := json.Marshal(rest)
	if err != nil {
		return s
	}
	return gjson.ParseBytes(merged)
}

func (g *instancer) object(b *bytes.Buffer, s gjson.Result, depth int) {
	required := map[string]bool{}
	for _, r := range s.Get("required").Array() {
		required[r.String()] = true
	}
	b.WriteByte('{')
	first := true
	s.Get("properties").ForEach(func(key, property gjson.Result) bool {
		if !required[key.String()] && (!g.all || depth > maxSchemaDepth/2) {
			return true
		}
		if !first {
			b.WriteByte(',')
		}
		first = false
		writeJSON(b, key.String())
		b.WriteByte(':')
		g.value(b, property, key.String(), depth+1)
		return true
	})
	b.WriteByte('}')
}

func (g *instancer) array(b *bytes.Buffer, s gjson.Result, name string, depth int) {
	prefix := s.Get("prefixItems").Array()
	if items := s.Get("items"); items.IsArray() {
		prefix = items.Array()
	}
	n := max(int(intOf(s.Get("minItems"), 1)), len(prefix))
	if most := s.Get("maxItems"); most.Exists() {
		n = min(n, int(intOf(most, 1)))
	}
	if depth > maxSchemaDepth/2 {
		n = int(intOf(s.Get("minItems"), 0))
	}
	b.WriteByte('[')
	for i := range min(n, 100) {
		if i > 0 {
			b.WriteByte(',')
		}
		item := s.Get("items")
		if i < len(prefix) {
			item = prefix[i]
		}
		g.value(b, item, strings.TrimSuffix(name, "s"), depth+1)
	}
	b.WriteByte(']')
}

// firstBranch is the first branch of a union that is not null.
func firstBranch(s gjson.Result) (gjson.Result, bool) {
	for _, union := range []string{"anyOf", "oneOf"} {
		for _, branch := range s.Get(union).Array() {
			if typeOf(branch) != "null" {
				return branch, true
			}
		}
	}
	return gjson.Result{}, false
}

// typeOf is the type of a schema in lower case, the first that is not null; guessed from its keywords if missing.
func typeOf(s gjson.Result) string {
	t := s.Get("type")
	if t.IsArray() {
		for _, one := range t.Array() {
			if one.String() != "null" {
				return strings.ToLower(one.String())
			}
		}
		return "null"
	}
	switch {
	case t.Exists():
		return strings.ToLower(t.String())
	case s.Get("properties").Exists():
		return "object"
	case s.Get("items").Exists(), s.Get("prefixItems").Exists():
		return "array"
	}
	return "string"
}

// intOf reads a whole number that may be written as a string, as Google does.
func intOf(v gjson.Result, otherwise int64) int64 {
	if !v.Exists() {
		return otherwise
	}
	return v.Int()
}

func numberFor(s gjson.Result) string {
	low, high := math.Inf(-1), math.Inf(1)
	if v := s.Get("minimum"); v.Exists() {
		low = v.Float()
	}
	if v := s.Get("exclusiveMinimum"); v.Type == gjson.Number {
		low = max(low, math.Floor(v.Float())+1)
	}
	if v := s.Get("maximum"); v.Exists() {
		high = v.Float()
	}
	if v := s.Get("exclusiveMaximum"); v.Type == gjson.Number {
		high = min(high, math.Ceil(v.Float())-1)
	}
	n := min(max(1, low), high)
	if step := s.Get("multipleOf").Float(); step > 0 {
		n = math.Ceil(n/step) * step
		if n > high {
			n = math.Floor(high/step) * step
		}
	}
	if typeOf(s) == "integer" {
		n = math.Ceil(n)
	}
	return strconv.FormatFloat(n, 'f', -1, 64)
}

// pointer looks up a local reference such as #/$defs/x.
func pointer(root gjson.Result, ref string) gjson.Result {
	if !strings.HasPrefix(ref, "#") {
		return gjson.Parse(`{"type":"string"}`)
	}
	v := root
	for _, step := range strings.Split(strings.TrimPrefix(ref, "#"), "/") {
		if step == "" {
			continue
		}
		step = strings.NewReplacer("~1", "/", "~0", "~").Replace(step)
		var next gjson.Result
		v.ForEach(func(k, child gjson.Result) bool {
			if k.String() == step {
				next = child
			}
			return !next.Exists()
		})
		v = next
	}
	return v
}
