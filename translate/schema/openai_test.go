package schema

import (
	"strconv"
	"strings"
	"testing"
)

func TestOpenAI(t *testing.T) {
	check(t, toOpenAI, []example{
		{"no schema", ``, `{"type":"object","properties":{}}`},
		{"no properties", `{"type":"object"}`, `{"type":"object","properties":{}}`},
		{"$schema", `{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","properties":{"$schema":{"type":"string"}}}`,
			`{"type":"object","properties":{"$schema":{"type":"string"}}}`},
		{"items", `{"type":"object","properties":{"a":{"type":"array"},"b":{"type":["array","null"]}}}`,
			`{"type":"object","properties":{"a":{"type":"array","items":{}},"b":{"type":["array","null"],"items":{}}}}`},
		{"tuple", `{"type":"object","properties":{"a":{"type":"array","items":[{"type":"string"}]}}}`,
			`{"type":"object","properties":{"a":{"type":"array","prefixItems":[{"type":"string"}],"items":{}}}}`},
		{"root union", `{"oneOf":[{"type":"object","properties":{"a":{"type":"string"}}},{"type":"object","properties":{"b":{"type":"string"}}}]}`,
			`{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}}}`},
		{"a text format of another type", `{"type":"string","enum":["a"]}`, `{"type":"string","enum":["a"]}`},
		{"a text format that is a union", `{"anyOf":[{"type":"string"},{"type":"number"}]}`, `{"anyOf":[{"type":"string"},{"type":"number"}]}`},
	})
}

func TestStrict(t *testing.T) {
	object := func(properties, more string) string {
		return `{"type":"object","properties":{` + properties + `},"additionalProperties":false` + more + `}`
	}
	deep := `{"type":"string"}`
	for range 10 {
		deep = object(`"a":`+deep, `,"required":["a"]`)
	}
	many := make([]string, maxStrictProperties+1)
	for i := range many {
		many[i] = `"p` + strconv.Itoa(i) + `"`
	}
	long := object(strings.Join(many, `:{"type":"string"},`)+`:{"type":"string"}`, `,"required":[`+strings.Join(many, ",")+`]`)
	p := func(s string) string { return object(`"p":`+s, `,"required":["p"]`) }
	for _, e := range []struct {
		name, in string
		want     bool
	}{
		{"closed", p(`{"type":"string"}`), true},
		{"no properties", object(``, ``), true},
		{"open", `{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}`, false},
		{"not required", object(`"a":{"type":"string"}`, ``), false},
		{"required twice", object(`"a":{"type":"string"},"b":{"type":"string"}`, `,"required":["a","a"]`), false},
		{"open inside", p(`{"type":"object","properties":{}}`), false},
		{"closed inside", p(object(``, ``)), true},
		{"default", p(`{"type":"string","default":"a"}`), false},
		{"oneOf", p(`{"oneOf":[{"type":"string"}]}`), false},
		{"anyOf", p(`{"anyOf":[{"type":"string"},{"type":"null"}]}`), true},
		{"allOf", p(`{"allOf":[{"type":"string"}]}`), false},
		{"not", p(`{"type":"string","not":{"const":"a"}}`), false},
		{"if", p(`{"type":"string","if":{"type":"string"}}`), false},
		{"patternProperties", p(object(``, `,"patternProperties":{"a":{"type":"string"}}`)), false},
		{"minProperties", p(object(``, `,"minProperties":1`)), false},
		{"constraints", p(`{"type":"array","items":{"type":"number","minimum":1},"minItems":1}`), true},
		{"no type", p(`{}`), false},
		{"type array", p(`{"type":["string","null"]}`), true},
		{"format", p(`{"type":"string","format":"date-time"}`), true},
		{"other format", p(`{"type":"string","format":"uri"}`), false},
		{"reference", object(`"p":{"$ref":"#/$defs/A"}`, `,"required":["p"],"$defs":{"A":{"type":"string"}}`), true},
		{"reference with siblings", object(`"p":{"$ref":"#/$defs/A","description":"D"}`, `,"required":["p"],"$defs":{"A":{"type":"string"}}`), false},
		{"10 levels", deep, true},
		{"11 levels", p(deep), false},
		{"too many properties", long, false},
		{"mended array", p(`{"type":"array"}`), false},
		{"another root", `{"type":"string"}`, false},
	} {
		t.Run(e.name, func(t *testing.T) {
			out, strict, err := OpenAI([]byte(e.in))
			if err != nil || strict != e.want {
				t.Errorf("strict is %v, %v, want %v for %.300s", strict, err, e.want, out)
			}
		})
	}
}
