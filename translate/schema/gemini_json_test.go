package schema

import "testing"

func TestJSONForm(t *testing.T) {
	check(t, toGeminiJSON, []example{
		{"draft-07", `{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","properties":{"city":{"type":"string","minLength":2},"unit":{"const":"C"}},"required":["city"],"additionalProperties":false}`,
			`{"type":"object","properties":{"city":{"type":"string","description":"minLength: 2"},"unit":{"enum":["C"]}},"required":["city"],"additionalProperties":false}`},
		{"root union", `{"type":"object","properties":{"limit":{"type":"integer"}},"required":["limit"],"anyOf":[
			{"properties":{"id":{"type":"string"},"kind":{"type":"string"}},"required":["id","kind"]},
			{"properties":{"name":{"type":"string"},"kind":{"type":"integer"}},"required":["name","kind"]}]}`,
			`{"type":"object","properties":{"limit":{"type":"integer"},"id":{"type":"string"},"kind":{"type":"string"},"name":{"type":"string"}},"required":["limit","kind"]}`},
		{"no parameters", `{"type":"object","properties":{},"additionalProperties":false}`, `"omitted"`},
		{"no schema", ``, `"omitted"`},
		{"any parameters", `{"type":"object","additionalProperties":{"type":"string"}}`, `{"type":"object","additionalProperties":{"type":"string"},"properties":{}}`},
		{"root type", `{"type":["object","null"],"properties":{"a":{"type":"string"}}}`, `{"type":"object","properties":{"a":{"type":"string"}}}`},
	})
	check(t, toGeminiAnswer, []example{
		{"boolean enum", `{"type":"object","properties":{"x":{"type":"boolean","enum":[true]}},"required":["x"]}`,
			`{"type":"object","properties":{"x":{"type":"boolean","description":"Allowed: true"}},"required":["x"]}`},
		{"a list", `{"type":"array","items":{"type":"string"}}`, `{"type":"array","items":{"type":"string"}}`},
		{"an enum", `{"type":"string","enum":["a","b"]}`, `{"type":"string","enum":["a","b"]}`},
		{"anything", `true`, `{"type":"object","properties":{}}`},
	})
	check(t, conversionByName["gemini_json_nonempty"], []example{
		{"placeholder", `{"type":"object","properties":{"o":{"type":"object"}}}`,
			`{"type":"object","properties":{"o":{"type":"object","properties":{"_":{"type":"string"}}}}}`},
		{"placeholder at the root", `null`, `{"type":"object","properties":{"_":{"type":"string"}}}`},
	})
	checkProperty(t, toGeminiJSON, []example{
		{"kept", `{"type":"string","format":"email","title":"T","description":"D"}`, `{"type":"string","format":"email","title":"T","description":"D"}`},
		{"kept type array", `{"type":["string","null"]}`, `{"type":["string","null"]}`},
		{"kept oneOf", `{"oneOf":[{"type":"string"},{"type":"integer"}]}`, `{"oneOf":[{"type":"string"},{"type":"integer"}]}`},
		{"kept map", `{"type":"object","additionalProperties":{"type":"integer","exclusiveMinimum":0}}`,
			`{"type":"object","additionalProperties":{"type":"integer","description":"exclusiveMinimum: 0"}}`},
		{"removed", `{"type":"object","patternProperties":{"^a":{}},"not":{},"default":{},"examples":[1],"$comment":"c","x-y":1,"unevaluatedProperties":false}`, `{"type":"object"}`},
		{"numbers stay in enums", `{"enum":[1,2.5,"a"]}`, `{"enum":[1,2.5,"a"]}`},
		{"null in enum", `{"type":"string","enum":["a",null]}`, `{"type":["string","null"],"enum":["a"]}`},
		{"null in enum without type", `{"enum":["a",null]}`, `{"type":["string","null"],"enum":["a"]}`},
		{"only null", `{"enum":[null]}`, `{"type":"null"}`},
		{"objects in enum", `{"enum":[{"a": 1},[2]],"description":"D"}`, `{"type":["object","array"],"description":"D (Allowed: {\"a\":1}, [2])"}`},
		{"boolean const", `{"const":false}`, `{"type":"boolean","description":"Allowed: false"}`},
		{"nullable", `{"type":"string","nullable":true}`, `{"type":["string","null"]}`},
		{"nullable union", `{"anyOf":[{"type":"string"}],"nullable":true}`, `{"anyOf":[{"type":"string"},{"type":"null"}]}`},
		{"draft-07 tuple", `{"type":"array","items":[{"type":"string"},{"type":"number"}],"additionalItems":{"type":"boolean"}}`,
			`{"type":"array","prefixItems":[{"type":"string"},{"type":"number"}],"items":{"type":"boolean"}}`},
		{"allOf", `{"allOf":[{"properties":{"a":{"type":"string"}}},{"required":["a"]}]}`, `{"properties":{"a":{"type":"string"}},"required":["a"]}`},
		{"exclusive", `{"type":"number","minimum":1,"exclusiveMinimum":true,"exclusiveMaximum":9}`, `{"type":"number","minimum":1,"description":"exclusiveMaximum: 9"}`},
		{"branches that only require", `{"type":"object","properties":{"a":{"type":"string"}},"anyOf":[{"required":["a"]},{"required":["b"]}]}`,
			`{"type":"object","properties":{"a":{"type":"string"}}}`},
		{"required", `{"type":"object","properties":{"a":{"type":"string"}},"required":["b"]}`, `{"type":"object","properties":{"a":{"type":"string"}}}`},
		{"true", `true`, `{}`},
		{"false", `false`, `"omitted"`},
	})
}
