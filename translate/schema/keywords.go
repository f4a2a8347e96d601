package schema

// shape is the kind of value that a keyword has.
type shape byte

const (
	shapeUnknown   shape = iota // no keyword of JSON Schema or OpenAPI
	shapeData                   // any value, never a schema
	shapeText                   // a string
	shapeNumber                 // a number
	shapeBound                  // a number, in draft 4 a boolean
	shapeCount                  // a whole number from zero
	shapeFlag                   // a boolean
	shapeValues                 // an array of values
	shapeTypes                  // the name of a type or an array of such
	shapeNames                  // an array of property names, wrongly also a boolean
	shapeSchema                 // a schema or boolean
	shapeSchemas                // an array of schemas
	shapeItems                  // a schema, up to draft 2019-09 also an array
	shapeNamed                  // an object whose values are schemas
	shapeExtension              // an object that other tools know
)

// keywords are those of all drafts of JSON Schema and of OpenAPI.
var keywords = map[string]shape{
	"$schema": shapeText, "$id": shapeText, "$ref": shapeText, "$anchor": shapeText, "$comment": shapeText,
	"$defs": shapeNamed, "definitions": shapeNamed,

	"type": shapeTypes, "enum": shapeValues, "const": shapeData, "nullable": shapeFlag,
	"title": shapeText, "description": shapeText, "default": shapeData, "example": shapeData, "examples": shapeValues,
	"deprecated": shapeFlag, "readOnly": shapeFlag, "writeOnly": shapeFlag,

	"format": shapeText, "pattern": shapeText, "minLength": shapeCount, "maxLength": shapeCount,
	"contentEncoding": shapeText, "contentMediaType": shapeText, "contentSchema": shapeSchema,
	"minimum": shapeNumber, "maximum": shapeNumber, "multipleOf": shapeNumber, "exclusiveMinimum": shapeBound, "exclusiveMaximum": shapeBound,

	"properties": shapeNamed, "required": shapeNames, "additionalProperties": shapeSchema, "patternProperties": shapeNamed,
	"propertyNames": shapeSchema, "unevaluatedProperties": shapeSchema, "minProperties": shapeCount, "maxProperties": shapeCount,
	"dependentRequired": shapeExtension, "dependentSchemas": shapeNamed, "dependencies": shapeExtension, "propertyOrdering": shapeValues,

	"items": shapeItems, "prefixItems": shapeSchemas, "additionalItems": shapeSchema, "unevaluatedItems": shapeSchema,
	"contains": shapeSchema, "minContains": shapeCount, "maxContains": shapeCount,
	"minItems": shapeCount, "maxItems": shapeCount, "uniqueItems": shapeFlag,

	"allOf": shapeSchemas, "anyOf": shapeSchemas, "oneOf": shapeSchemas, "not": shapeSchema,
	"if": shapeSchema, "then": shapeSchema, "else": shapeSchema,

	"discriminator": shapeExtension, "xml": shapeExtension, "externalDocs": shapeExtension,
	"enumDescriptions": shapeExtension, "enumTitles": shapeExtension,
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
