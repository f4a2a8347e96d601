package schema

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

// generator makes a schema of a series of choices, so that fuzzing varies
// schemas and not only bytes.
type generator struct {
	choices []byte
	b       strings.Builder
}

func (g *generator) choose(n int) int {
	if len(g.choices) == 0 {
		return 0
	}
	c := int(g.choices[0])
	g.choices = g.choices[1:]
	return c % n
}

func (g *generator) oneOf(all ...string) { g.b.WriteString(all[g.choose(len(all))]) }

// generated is the schema that the choices stand for.
func generated(choices []byte) []byte {
	g := generator{choices: choices}
	g.schema(0)
	return []byte(g.b.String())
}

func (g *generator) schema(depth int) {
	if depth > 5 || len(g.choices) == 0 {
		g.oneOf(`{"type":"string"}`, `{}`, `true`, `false`, `null`, `{"type":"null"}`, `{"$ref":"#/$defs/a"}`)
		return
	}
	g.b.WriteByte('{')
	for i := range 1 + g.choose(6) {
		if i > 0 {
			g.b.WriteByte(',')
		}
		g.keyword(depth)
	}
	g.b.WriteByte('}')
}

func (g *generator) keyword(depth int) {
	switch g.choose(12) {
	case 0, 1:
		g.b.WriteString(`"type":`)
		g.oneOf(`"object"`, `"string"`, `"integer"`, `"array"`, `["string","null"]`, `["object","array","number"]`, `"ARRAY"`, `["null"]`, `"dict"`, `"x"`, `null`)
	case 2, 3:
		g.oneOf(`"properties":`, `"properties":`, `"$defs":`, `"definitions":`, `"patternProperties":`)
		g.named(depth)
	case 4:
		g.oneOf(`"required":`, `"propertyOrdering":`)
		g.oneOf(`["a"]`, `["a","b","a"]`, `["x y"]`, `true`, `[]`, `["b",null]`)
	case 5, 6:
		g.oneOf(`"anyOf":`, `"oneOf":`, `"allOf":`, `"prefixItems":`, `"items":`)
		g.list(depth)
	case 7:
		g.oneOf(`"items":`, `"additionalProperties":`, `"then":`, `"else":`, `"if":`, `"not":`, `"additionalItems":`, `"contains":`, `"propertyNames":`)
		g.schema(depth + 1)
	case 8:
		g.b.WriteString(`"$ref":`)
		g.oneOf(`"#/$defs/a"`, `"#/$defs/b"`, `"#/definitions/a"`, `"#"`, `"#/properties/a"`, `"#/$defs/zz"`, `"http://x"`, `"#/properties/b/items"`, `"#/anyOf/0"`)
	case 9:
		g.oneOf(`"enum":`, `"enum":`, `"examples":`)
		g.oneOf(`["a","b"]`, `[1,2]`, `["a",null]`, `[true]`, `[null]`, `[1,"a",{"b":[]}]`, `[]`, `[""]`, `[1.5,1]`)
	case 10:
		g.oneOf(`"const":1`, `"const":"a"`, `"const":null`, `"const":{"a":1}`, `"nullable":true`, `"exclusiveMinimum":true`, `"exclusiveMinimum":2`, `"minimum":1`,
			`"minimum":"1"`, `"minItems":"2"`, `"maxItems":1.0`, `"minLength":-1`, `"uniqueItems":true`, `"multipleOf":0.1`, `"readOnly":true`, `"minProperties":1`)
	default:
		g.oneOf(`"description":"D"`, `"description":""`, `"title":"T"`, `"format":"date-time"`, `"format":"email"`, `"pattern":"^\\d\"$"`, `"default":{"a": 1}`,
			`"x-y":{"type":"string"}`, `"zz":{"type":"string","required":true}`, `"$schema":"s"`, `"description":1`, `"$id":"i"`, `"nullable":false`, `"properties":null`)
	}
}

func (g *generator) named(depth int) {
	g.b.WriteByte('{')
	for i := range g.choose(4) {
		if i > 0 {
			g.b.WriteByte(',')
		}
		g.oneOf(`"a":`, `"b":`, `"x y":`, `"type":`, `"$ref":`, `"`+strconv.Itoa(i)+`":`)
		g.schema(depth + 1)
	}
	g.b.WriteByte('}')
}

func (g *generator) list(depth int) {
	g.b.WriteByte('[')
	for i := range g.choose(4) {
		if i > 0 {
			g.b.WriteByte(',')
		}
		g.schema(depth + 1)
	}
	g.b.WriteByte(']')
}

// TestGenerated checks what fuzzing checks for schemas of random choices.
func TestGenerated(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 1500 {
		choices := make([]byte, 20+rng.IntN(200))
		for i := range choices {
			choices[i] = byte(rng.Uint32())
		}
		raw := generated(choices)
		for _, f := range []func(*testing.T, []byte){checkGemini, checkAnthropic, checkOpenAI, checkFromOpenAPI} {
			f(t, raw)
		}
	}
}
