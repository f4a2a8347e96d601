package schema

import (
	"maps"
	"strings"
	"testing"
)

func TestAnthropic(t *testing.T) {
	check(t, toAnthropic, []example{
		{"no schema", ``, `{"type":"object","properties":{}}`},
		{"null", `null`, `{"type":"object","properties":{}}`},
		{"type missing", `{"properties":{"a":{"type":"string"}}}`, `{"type":"object","properties":{"a":{"type":"string"}}}`},
		{"root anyOf", `{"description":"D","properties":{"a":{"type":"string"}},"required":["a"],"anyOf":[
			{"properties":{"a":{"type":"integer"},"b":{"type":"string"}},"required":["b"]},{"type":"object","properties":{"c":{"type":"string"},"b":{"type":"number"}},"required":["c","b"]},{"type":"null"}]}`,
			`{"type":"object","description":"D","properties":{"a":{"type":"string"},"b":{"type":"string"},"c":{"type":"string"}},"required":["a","b"]}`},
		{"the property that tells the branches apart", `{"properties":{"own":{"const":"o"}},"oneOf":[{"properties":{"op":{"const":"a"},"own":{"const":"x"}},"required":["op"]},
			{"properties":{"op":{"enum":["b","a"]}},"required":["op"]},{"properties":{"op":{"type":"string"}},"required":["op"]}]}`,
			`{"type":"object","properties":{"own":{"const":"o"},"op":{"enum":["a","b"]}},"required":["op"]}`},
		{"root allOf", `{"allOf":[{"properties":{"a":{"type":"string"}},"required":["a"]},{"properties":{"a":{"type":"integer"},"b":{"type":"string"}},"required":["b"]}]}`,
			`{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}},"required":["a","b"]}`},
		{"root conditionals stay", `{"type":"object","properties":{"a":{"type":"string"}},"if":{"required":["a"]},"then":{"required":["b"]}}`,
			`{"type":"object","properties":{"a":{"type":"string"}},"if":{"required":["a"]},"then":{"required":["b"]}}`},
		{"all that draft 2020-12 has stays", `{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{
			"a":{"type":"string","minLength":1,"pattern":"^x","default":"x","examples":["x"],"format":"phone"},
			"b":{"anyOf":[{"required":["c"]},{"type":"null"}]},"c":{"const":true},"d":true,"e":{"enum":[1,null,{"a":[]}]},"f":{"not":{"type":"string"}},
			"g":{"type":"array","prefixItems":[{"type":"string"}],"items":false,"contains":{"type":"string"}}},"patternProperties":{"^z":{"type":"string"}},"additionalProperties":{"type":"string"}}`,
			`{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{
			"a":{"type":"string","minLength":1,"pattern":"^x","default":"x","examples":["x"],"format":"phone"},
			"b":{"anyOf":[{"required":["c"]},{"type":"null"}]},"c":{"const":true},"d":true,"e":{"enum":[1,null,{"a":[]}]},"f":{"not":{"type":"string"}},
			"g":{"type":"array","prefixItems":[{"type":"string"}],"items":false,"contains":{"type":"string"}}},"patternProperties":{"^z":{"type":"string"}},"additionalProperties":{"type":"string"}}`},
	})
	checkProperty(t, toAnthropic, []example{
		{"draft-4 bounds", `{"type":"number","minimum":1,"exclusiveMinimum":true,"maximum":9,"exclusiveMaximum":false}`, `{"type":"number","exclusiveMinimum":1,"maximum":9}`},
		{"nullable", `{"type":"string","nullable":true,"enum":["a"]}`, `{"type":["string","null"],"enum":["a",null]}`},
		{"nullable reference", `{"$ref":"#","nullable":true}`, `{"anyOf":[{"$ref":"#"},{"type":"null"}]}`},
		{"tuple", `{"type":"array","items":[{"type":"string"}],"additionalItems":false}`, `{"type":"array","prefixItems":[{"type":"string"}],"items":false}`},
		{"unknown keywords", `{"type":"string","x-order":1,"markdownDescription":"*"}`, `{"type":"string"}`},
	})
	checkProperty(t, toVertexClaude, []example{
		{"items", `{"type":"array","items":{"type":"string"},"minItems":1,"maxItems":2,"description":"D"}`,
			`{"type":"array","items":{"type":"string"},"description":"D (minItems: 1; maxItems: 2)"}`},
		{"open objects", `{"type":"object","additionalProperties":{"type":"string"}}`, `{"type":"object","additionalProperties":false}`},
		{"open objects of any value", `{"type":"object","additionalProperties":true}`, `{"type":"object","additionalProperties":true}`},
	})
}

func TestAnthropicStrict(t *testing.T) {
	check(t, toStrict, []example{
		{"answer", `{"type":"object","properties":{"name":{"type":"string","minLength":1,"description":"Full name"},
			"age":{"oneOf":[{"type":"integer","minimum":0},{"type":"null"}]},"mail":{"type":"string","format":"email"},"tel":{"type":"string","format":"phone"}},"required":["name"]}`,
			`{"type":"object","properties":{"name":{"type":"string","description":"Full name\nmin length: 1."},
			"age":{"anyOf":[{"type":"integer","description":"minimum: 0."},{"type":"null"}]},"mail":{"type":"string","format":"email"},
			"tel":{"type":"string","description":"format: phone."}},"required":["name"],"additionalProperties":false}`},
		{"no parameters", `{}`, `{"type":"object","properties":{},"additionalProperties":false}`},
	})
	check(t, toStrictAnswer, []example{
		{"a root of another type", `{"type":"array","items":{"properties":{"a b":{"type":"string"}}}}`,
			`{"type":"array","items":{"properties":{"a b":{"type":"string"}},"additionalProperties":false}}`},
		{"keys stay", `{"type":"object","properties":{"a b":{"type":"string"}}}`, `{"type":"object","properties":{"a b":{"type":"string"}},"additionalProperties":false}`},
		{"a root that is a union", `{"anyOf":[{"type":"object","properties":{}},{"type":"string"}]}`,
			`{"anyOf":[{"type":"object","properties":{},"additionalProperties":false},{"type":"string"}]}`},
	})
	checkProperty(t, toStrict, []example{
		{"all constraints", `{"type":["string","number","array","object"],"minimum":1,"maximum":2,"exclusiveMinimum":3,"exclusiveMaximum":4,"multipleOf":5,"minLength":6,
			"maxLength":7,"pattern":"^\\d","minItems":8,"maxItems":9,"uniqueItems":true,"minProperties":10,"maxProperties":11,"not":{"type":"null"}}`,
			`{"type":["string","number","array","object"],"description":"minimum: 1; maximum: 2; exclusive minimum: 3; exclusive maximum: 4; multiple of: 5; min length: 6; max length: 7; pattern: ^\\d; min items: 8; max items: 9; unique items: true; min properties: 10; max properties: 11; not: {\"type\":\"null\"}.","additionalProperties":false}`},
		{"open objects", `{"type":"object","properties":{"a":{"type":"string"}},"required":["a","b"],"additionalProperties":{"type":"string"}}`,
			`{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}`},
		{"allOf", `{"allOf":[{"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false},{"type":"object","properties":{"b":{"type":"string"}},"additionalProperties":false}]}`,
			`{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}},"additionalProperties":false}`},
		{"a reference stands alone", `{"$ref":"#","description":"D"}`, `{"$ref":"#"}`},
		{"kept", `{"type":"string","title":"T","default":"a","const":"a"}`, `{"type":"string","title":"T","default":"a","const":"a"}`},
		{"dropped", `{"type":"object","properties":{},"patternProperties":{"a":{}},"x-y":1,"propertyNames":{},"examples":[{}]}`,
			`{"type":"object","properties":{},"additionalProperties":false}`},
	})
}

func TestRenamedKeys(t *testing.T) {
	long := strings.Repeat("k", 70)
	for _, e := range []struct {
		name, in, want string
		renamed        map[string]string
	}{
		{"none", `{"type":"object","properties":{"a.b-c_D9":{"type":"string"}}}`, `{"type":"object","properties":{"a.b-c_D9":{"type":"string"}}}`, nil},
		{"illegal and long",
			`{"type":"object","properties":{"user[name]":{"type":"string"},"ok":{"type":"object","properties":{"in ner":{"type":"string"}}},"` + long + `":{"type":"string"}},"required":["user[name]","ok"]}`,
			`{"type":"object","properties":{"user_name_":{"type":"string"},"ok":{"type":"object","properties":{"in ner":{"type":"string"}}},"` + long[:55] + `_5c6ced41":{"type":"string"}},"required":["user_name_","ok"]}`,
			map[string]string{"user[name]": "user_name_", long: long[:55] + "_5c6ced41"}},
		{"empty and colliding", `{"type":"object","properties":{"":{"type":"string"},"a b":{"type":"string"},"a_b":{"type":"string"},"a/b":{"type":"string"},"ы":{"type":"string"}}}`,
			`{"type":"object","properties":{"_e3b0c442":{"type":"string"},"a_b_c8687a08":{"type":"string"},"a_b":{"type":"string"},"a_b_c14cddc0":{"type":"string"},"_":{"type":"string"}}}`,
			map[string]string{"": "_e3b0c442", "a b": "a_b_c8687a08", "a/b": "a_b_c14cddc0", "ы": "_"}},
		{"in branches", `{"anyOf":[{"properties":{"a b":{"type":"string"}},"required":["a b"]}]}`,
			`{"type":"object","properties":{"a_b":{"type":"string"}},"required":["a_b"]}`, map[string]string{"a b": "a_b"}},
	} {
		t.Run(e.name, func(t *testing.T) {
			got, err := Anthropic([]byte(e.in), AnthropicOptions{})
			if err != nil || !sameJSON(t, got, []byte(e.want)) {
				t.Errorf("%v\ngot  %s\nwant %s", err, got, e.want)
			}
			if renamed := RenamedKeys([]byte(e.in)); !maps.Equal(renamed, e.renamed) || (renamed == nil) != (e.renamed == nil) {
				t.Errorf("renamed %v, want %v", renamed, e.renamed)
			}
		})
	}
	if RenamedKeys([]byte(`{`)) != nil {
		t.Error("invalid JSON has renamed keys")
	}
}
