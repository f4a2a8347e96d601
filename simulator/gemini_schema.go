package simulator

import (
	"strconv"
	"strings"

	"github.com/tidwall/gjson"
)

// openAPIKeys are the keywords of Google's subset of OpenAPI schemas.
var openAPIKeys = []string{
	"type", "title", "description", "nullable", "enum", "items", "maxItems", "minItems", "properties", "required",
	"minProperties", "maxProperties", "minLength", "maxLength", "minimum", "maximum", "pattern", "anyOf",
	"propertyOrdering", "example", "default", "format",
}

// openAPITypes are the types of that subset, also taken in lower case.
var openAPITypes = []string{"STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL"}

// openAPIFormats are the formats that each type takes.
var openAPIFormats = map[string][]string{
	"string": {"enum", "date-time"}, "number": {"float", "double"}, "integer": {"int32", "int64"},
}

// checkOpenAPISchema checks a schema in Google's subset.
func checkOpenAPISchema(s gjson.Result, place *path, depth int) *apiError {
	say := gemini{}
	if !s.IsObject() || depth > 100 {
		return invalid("Invalid value at '%s' (TYPE_MESSAGE), %s", say.name(place), shorten(s.Raw))
	}
	var err *apiError
	s.ForEach(func(k, _ gjson.Result) bool {
		if !contains(openAPIKeys, say.alias(k.String())) {
			err = say.unknown(place, k.String())
		}
		return err == nil
	})
	if err != nil {
		return err
	}
	kind := say.of(s, "type")
	if kind.Exists() && (kind.Type != gjson.String || !contains(openAPITypes, strings.ToUpper(kind.String()))) {
		return invalid("Invalid value at '%s' (type.googleapis.com/google.ai.generativelanguage.v1beta.Type), %s", say.name(place.field("type")), shorten(kind.Raw))
	}
	if err := checkOpenAPIKeywords(s, strings.ToLower(kind.String()), place); err != nil {
		return err
	}
	say.of(s, "properties").ForEach(func(k, v gjson.Result) bool {
		err = checkOpenAPISchema(v, place.field("properties").field(k.String()), depth+1)
		return err == nil
	})
	if err != nil {
		return err
	}
	for i, v := range say.of(s, "anyOf").Array() {
		if err := checkOpenAPISchema(v, place.field("anyOf").index(i), depth+1); err != nil {
			return err
		}
	}
	if items := say.of(s, "items"); items.Exists() {
		return checkOpenAPISchema(items, place.field("items"), depth+1)
	}
	return nil
}

// checkOpenAPIKeywords checks what the keywords of one node are to its type.
func checkOpenAPIKeywords(s gjson.Result, kind string, place *path) *apiError {
	say := gemini{}
	enum, format := say.of(s, "enum"), say.of(s, "format")
	switch {
	case kind == "" && !say.of(s, "anyOf").Exists():
		return say.wrong(place.field("type"), "missing field.")
	case kind == "array" && !say.of(s, "items").Exists():
		return say.wrong(place.field("items"), "missing field.")
	case enum.Exists() && kind != "string":
		return say.wrong(place.field("enum"), "only allowed for STRING type")
	case format.Exists() && !contains(openAPIFormats[kind], format.String()):
		return say.wrong(place.field("format"), "only %s are supported for %s type", quotedList(openAPIFormats[kind], "and"), strings.ToUpper(kind))
	case say.of(s, "properties").Exists() && kind != "object":
		return say.wrong(place.field("properties"), "only allowed for OBJECT type")
	}
	for i, v := range enum.Array() {
		if v.Type != gjson.String {
			return invalid("Invalid value at '%s' (TYPE_STRING), %s", say.name(place.field("enum").index(i)), v.Raw)
		}
		if v.String() == "" {
			return say.wrong(place.field("enum").index(i), "cannot be empty")
		}
	}
	properties := say.of(s, "properties").Map()
	for i, r := range say.of(s, "required").Array() {
		if _, ok := properties[r.String()]; !ok {
			return say.wrong(place.field("required").index(i), "property is not defined")
		}
	}
	for _, n := range []string{"minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties"} {
		if v := say.of(s, n); v.Exists() {
			if _, err := strconv.ParseInt(v.String(), 10, 64); err != nil {
				return invalid("Invalid value at '%s' (TYPE_INT64), %s", say.name(place.field(n)), v.Raw)
			}
		}
	}
	return nil
}

// jsonSchemaKeys are the keywords that parametersJsonSchema and responseJsonSchema may have. $schema is not documented,
// but Gemini CLI sends it.
var jsonSchemaKeys = []string{
	"$schema", "$id", "$defs", "$ref", "$anchor", "type", "format", "title", "description", "enum", "items", "prefixItems", "minItems",
	"maxItems", "minimum", "maximum", "anyOf", "oneOf", "properties", "additionalProperties", "required", "propertyOrdering",
}

// checkGeminiJSONSchema checks a JSON Schema with the keywords that the API documents.
func checkGeminiJSONSchema(s gjson.Result, place *path, depth int) *apiError {
	say := gemini{}
	if s.IsBool() {
		return nil
	}
	if !s.IsObject() || depth > 100 || typeProblem(s.Get("type")) != "" {
		return say.wrong(place, "the schema is not a valid JSON Schema.")
	}
	var err *apiError
	hasRef := s.Get("$ref").Exists()
	s.ForEach(func(k, v gjson.Result) bool {
		key := k.String()
		switch {
		case !contains(jsonSchemaKeys, key):
			err = say.wrong(place, "the keyword \"%s\" is not supported.", key)
		case hasRef && !strings.HasPrefix(key, "$"):
			err = say.wrong(place, "a schema with $ref must not have other keywords, but has \"%s\".", key)
		case key == "enum":
			for _, e := range v.Array() {
				if e.Type != gjson.String && e.Type != gjson.Number {
					err = say.wrong(place.field("enum"), "only strings and numbers are supported.")
				}
			}
		}
		return err == nil
	})
	if err != nil {
		return err
	}
	for _, v := range subschemas(s) {
		if err := checkGeminiJSONSchema(v, place, depth+1); err != nil {
			return err
		}
	}
	return nil
}
