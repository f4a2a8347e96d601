package schema

import (
	"encoding/json"
	"reflect"
	"testing"
)

func compact(raw string) string {
	var v any
	if err := json.Unmarshal([]byte(raw), &v); err != nil {
		return "no JSON: " + raw
	}
	out, _ := json.Marshal(v)
	return string(out)
}

func sameJSON(a, b string) bool {
	var x, y any
	return json.Unmarshal([]byte(a), &x) == nil && json.Unmarshal([]byte(b), &y) == nil && reflect.DeepEqual(x, y)
}

func TestX(t *testing.T) {
	type c struct{ in, out string; f func([]byte) ([]byte, error) }
	gj := func(r []byte) ([]byte, error) { b, _, err := Gemini(r, GeminiOptions{JSON: true, Parameters: true}); return b, err }
	gr := func(r []byte) ([]byte, error) { b, _, err := Gemini(r, GeminiOptions{JSON: true}); return b, err }
	g := func(r []byte) ([]byte, error) { b, _, err := Gemini(r, GeminiOptions{Parameters: true}); return b, err }
	a := func(r []byte) ([]byte, error) { return Anthropic(r, AnthropicOptions{}) }
	as := func(r []byte) ([]byte, error) { return Anthropic(r, AnthropicOptions{Strict: true}) }
	oa := func(r []byte) ([]byte, error) { b, _, err := OpenAI(r); return b, err }
	for _, tc := range []c{
		{`{"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Book", "type": "object", "$defs": {"Addr": {"type": "object", "properties": {"street": {"type": "string"}, "next": {"$ref": "#/$defs/Addr"}}, "additionalProperties": false}}, "properties": {"addr": {"$ref": "#/$defs/Addr", "description": "Where"}, "note": {"type": ["string", "null"]}, "kind": {"const": "hotel"}, "stars": {"type": "integer", "enum": [3, 4, 5]}, "mail": {"anyOf": [{"type": "string", "format": "email"}, {"type": "null"}]}, "when": {"type": "string", "format": "date-time"}, "pair": {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}]}, "tags": {"type": "array", "uniqueItems": true}, "extra": {"type": "object", "additionalProperties": {"type": "string"}}, "any": {}, "price": {"type": "number", "exclusiveMinimum": 0, "default": 1}}, "required": ["addr", "missing"]}`,
			`{"type": "OBJECT", "properties": {"addr": {"type": "OBJECT", "properties": {"street": {"type": "STRING"}, "next": {"type": "OBJECT", "description": "See: Addr"}}, "description": "Where"}, "note": {"type": "STRING", "nullable": true}, "kind": {"type": "STRING", "enum": ["hotel"]}, "stars": {"type": "INTEGER", "description": "Allowed: 3, 4, 5"}, "mail": {"type": "STRING", "nullable": true, "description": "format: email"}, "when": {"type": "STRING", "format": "date-time"}, "pair": {"type": "ARRAY", "items": {"anyOf": [{"type": "STRING"}, {"type": "INTEGER"}]}}, "tags": {"type": "ARRAY", "items": {"type": "STRING"}, "description": "uniqueItems: true"}, "extra": {"type": "OBJECT", "description": "Arbitrary keys allowed"}, "any": {"type": "STRING", "description": "any JSON value"}, "price": {"type": "NUMBER", "description": "exclusiveMinimum: 0"}}, "required": ["addr"]}`, g},
		{`{"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "properties": {"city": {"type": "string", "minLength": 2}, "unit": {"const": "C"}}, "required": ["city"], "additionalProperties": false}`,
			`{"type": "object", "properties": {"city": {"type": "string", "description": "minLength: 2"}, "unit": {"enum": ["C"]}}, "required": ["city"], "additionalProperties": false}`, gj},
		{`{"type": "object", "properties": {"x": {"type": "boolean", "enum": [true]}}, "required": ["x"]}`, `{"type": "object", "properties": {"x": {"type": "boolean", "description": "Allowed: true"}}, "required": ["x"]}`, gr},
		{`{"type": "object", "properties": {"limit": {"type": "integer"}}, "required": ["limit"], "anyOf": [{"properties": {"id": {"type": "string"}, "kind": {"type": "string"}}, "required": ["id", "kind"]}, {"properties": {"name": {"type": "string"}, "kind": {"type": "integer"}}, "required": ["name", "kind"]}]}`,
			`{"type": "object", "properties": {"limit": {"type": "integer"}, "id": {"type": "string"}, "kind": {"type": "string"}, "name": {"type": "string"}}, "required": ["limit", "kind"]}`, gj},
		{`{"type": "object", "properties": {"user[name]": {"type": "string"}, "ok": {"type": "object", "properties": {"in ner": {"type": "string"}}}, "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk": {"type": "string"}}, "required": ["user[name]", "ok"]}`,
			`{"type": "object", "properties": {"user_name_": {"type": "string"}, "ok": {"type": "object", "properties": {"in ner": {"type": "string"}}}, "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk_5c6ced41": {"type": "string"}}, "required": ["user_name_", "ok"]}`, a},
		{`{"type": "object", "properties": {"name": {"type": "string", "minLength": 1, "description": "Full name"}, "age": {"oneOf": [{"type": "integer", "minimum": 0}, {"type": "null"}]}, "mail": {"type": "string", "format": "email"}, "tel": {"type": "string", "format": "phone"}}, "required": ["name"]}`,
			`{"type": "object", "properties": {"name": {"type": "string", "description": "Full name\nmin length: 1."}, "age": {"anyOf": [{"type": "integer", "description": "minimum: 0."}, {"type": "null"}]}, "mail": {"type": "string", "format": "email"}, "tel": {"type": "string", "description": "format: phone."}}, "required": ["name"], "additionalProperties": false}`, as},
		{`{"type": "object", "properties": {"a": {"type": "number"}}}`, `{"type": "object", "properties": {"a": {"type": "number"}}, "additionalProperties": false}`, as},
		{`{"type": "object"}`, `{"type": "object", "properties": {}}`, oa},
		{`{"type": "OBJECT", "properties": {"city": {"type": "STRING", "nullable": true}, "days": {"type": "INTEGER", "format": "int32"}}, "required": ["city"]}`, `{"type": "object", "properties": {"city": {"type": ["string", "null"]}, "days": {"type": "integer", "format": "int32"}}, "required": ["city"]}`, FromOpenAPI},
		{`{"type": "OBJECT", "properties": {"a": {"type": "STRING", "enum": ["x", "y"], "format": "enum"}}, "propertyOrdering": ["a"]}`, `{"type": "object", "properties": {"a": {"type": "string", "enum": ["x", "y"]}}}`, FromOpenAPI},
	} {
		b, err := tc.f([]byte(tc.in))
		if err != nil || !sameJSON(string(b), tc.out) {
			t.Errorf("%v\nin   %s\ngot  %s\nwant %s", err, compact(tc.in), b, compact(tc.out))
		}
	}
}
