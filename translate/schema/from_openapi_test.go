package schema

import "testing"

func TestFromOpenAPI(t *testing.T) {
	check(t, FromOpenAPI, []example{
		{"types", `{"type":"OBJECT","properties":{"city":{"type":"STRING","nullable":true},"days":{"type":"INTEGER","format":"int32"}},"required":["city"]}`,
			`{"type":"object","properties":{"city":{"type":["string","null"]},"days":{"type":"integer","format":"int32"}},"required":["city"]}`},
		{"dropped", `{"type":"OBJECT","properties":{"a":{"type":"STRING","enum":["x","y"],"format":"enum","example":"x"}},"propertyOrdering":["a"]}`,
			`{"type":"object","properties":{"a":{"type":"string","enum":["x","y"]}}}`},
		{"numbers in strings", `{"type":"ARRAY","minItems":"1","maxItems":"9007199254740993","items":{"type":"STRING","minLength":"0"}}`,
			`{"type":"array","minItems":1,"maxItems":9007199254740993,"items":{"type":"string","minLength":0}}`},
		{"spelling of protocol buffers", `{"any_of":[{"type":"ARRAY","min_items":"1","items":{"type":"NUMBER"}}],"nullable":true}`,
			`{"anyOf":[{"type":"array","minItems":1,"items":{"type":"number"}},{"type":"null"}]}`},
		{"nullable enum", `{"type":"STRING","enum":["a"],"nullable":true}`, `{"type":["string","null"],"enum":["a",null]}`},
		{"nullable false", `{"type":"STRING","nullable":false}`, `{"type":"string"}`},
		{"a property named example", `{"type":"OBJECT","properties":{"example":{"type":"BOOLEAN"},"nullable":{"type":"STRING"}}}`,
			`{"type":"object","properties":{"example":{"type":"boolean"},"nullable":{"type":"string"}}}`},
		{"unspecified type", `{"type":"TYPE_UNSPECIFIED","description":"D"}`, `{"description":"D"}`},
		{"JSON Schema already", `{"type":"object","properties":{"a":{"$ref":"#/$defs/A"}},"$defs":{"A":{"type":"string"}},"additionalProperties":false}`,
			`{"type":"object","properties":{"a":{"$ref":"#/$defs/A"}},"$defs":{"A":{"type":"string"}},"additionalProperties":false}`},
		{"nothing", `null`, `{}`},
		{"anything", `true`, `{}`},
	})
}
