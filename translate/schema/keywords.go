package schema

// shape is the kind of value that a keyword has.
type shape byte

const (
	unknown      shape = iota // no keyword of JSON Schema or OpenAPI
	anyData                   // any value, never a schema
	text                      // a string
	number                    // a number
	bound                     // a number, in draft 4 a boolean
	count                     // a whole number from zero
	flag                      // a boolean
	values                    // an array of values
	types                     // the name of a type or an array of such
	names                     // an array of property names, wrongly also a boolean
	oneSchema                 // a schema or boolean
	manySchemas               // an array of schemas
	itemsSchema               // a schema, up to draft 2019-09 also an array
	namedSchemas              // an object whose values are schemas
	extension                 // an object that other tools know
)

// keywords are those of all drafts of JSON Schema and of OpenAPI.
var keywords = map[string]shape{
	"$schema": text, "$id": text, "$ref": text, "$anchor": text, "$comment": text,
	"$defs": namedSchemas, "definitions": namedSchemas,

	"type": types, "enum": values, "const": anyData, "nullable": flag,
	"title": text, "description": text, "default": anyData, "example": anyData, "examples": values,
	"deprecated": flag, "readOnly": flag, "writeOnly": flag,

	"format": text, "pattern": text, "minLength": count, "maxLength": count,
	"contentEncoding": text, "contentMediaType": text, "contentSchema": oneSchema,
	"minimum": number, "maximum": number, "multipleOf": number, "exclusiveMinimum": bound, "exclusiveMaximum": bound,

	"properties": namedSchemas, "required": names, "additionalProperties": oneSchema, "patternProperties": namedSchemas,
	"propertyNames": oneSchema, "unevaluatedProperties": oneSchema, "minProperties": count, "maxProperties": count,
	"dependentRequired": extension, "dependentSchemas": namedSchemas, "dependencies": extension, "propertyOrdering": values,

	"items": itemsSchema, "prefixItems": manySchemas, "additionalItems": oneSchema, "unevaluatedItems": oneSchema,
	"contains": oneSchema, "minContains": count, "maxContains": count,
	"minItems": count, "maxItems": count, "uniqueItems": flag,

	"allOf": manySchemas, "anyOf": manySchemas, "oneOf": manySchemas, "not": oneSchema,
	"if": oneSchema, "then": oneSchema, "else": oneSchema,

	"discriminator": extension, "xml": extension, "externalDocs": extension,
	"enumDescriptions": extension, "enumTitles": extension,
}

type keySet map[string]bool

func setOf(keys ...string) keySet {
	set := make(keySet, len(keys))
	for _, k := range keys {
		set[k] = true
	}
	return set
}

// The keywords that each target takes. Whatever else a schema has is removed.
var (
	// openAPIKeys are those of Gemini's Schema that AI Studio and Vertex both
	// take.
	// https://ai.google.dev/api/caching#Schema
	openAPIKeys = setOf("type", "format", "description", "nullable", "enum", "items", "maxItems", "minItems", "properties",
		"required", "minLength", "maxLength", "minimum", "maximum", "pattern", "anyOf", "propertyOrdering")

	// geminiJSONKeys are those that Gemini documents for responseJsonSchema.
	// https://ai.google.dev/api/generate-content#GenerationConfig
	geminiJSONKeys = setOf("$id", "$defs", "$ref", "$anchor", "type", "format", "title", "description", "enum", "items",
		"prefixItems", "minItems", "maxItems", "minimum", "maximum", "anyOf", "oneOf", "properties", "additionalProperties",
		"required", "propertyOrdering")

	// draft2020Keys are those of JSON Schema 2020-12, with the definitions of
	// the drafts before it, which references may point to.
	draft2020Keys = setOf("$schema", "$id", "$ref", "$anchor", "$comment", "$defs", "definitions",
		"type", "enum", "const", "title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly",
		"format", "pattern", "minLength", "maxLength", "contentEncoding", "contentMediaType", "contentSchema",
		"minimum", "maximum", "multipleOf", "exclusiveMinimum", "exclusiveMaximum",
		"properties", "required", "additionalProperties", "patternProperties", "propertyNames", "unevaluatedProperties",
		"minProperties", "maxProperties", "dependentRequired", "dependentSchemas",
		"items", "prefixItems", "unevaluatedItems", "contains", "minContains", "maxContains", "minItems", "maxItems", "uniqueItems",
		"allOf", "anyOf", "oneOf", "not", "if", "then", "else")

	// anthropicStrictKeys are those that Anthropic compiles into a grammar.
	// https://docs.claude.com/en/docs/build-with-claude/structured-outputs
	anthropicStrictKeys = setOf("$schema", "$id", "$ref", "$defs", "definitions", "type", "enum", "const", "title",
		"description", "default", "format", "properties", "required", "additionalProperties", "items", "anyOf")
)

// keep drops the members that are not in the set. What can be said in words
// is noted as a hint.
func (n *node) keep(set keySet) {
	kept := n.members[:0]
	for _, m := range n.members {
		if set[m.key] {
			kept = append(kept, m)
			continue
		}
		n.lose(&m)
	}
	n.members = kept
}
