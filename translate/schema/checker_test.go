package schema

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// The checker judges converted schemas by rules of its own, written down from
// the vendors' documentation and not from this package's tables.

// dialect is what a vendor takes.
type dialect struct {
	keys     string // separated by spaces
	required bool   // required names must be properties everywhere
	node     func(s map[string]any) string
	root     func(s map[string]any) string
}

const jsonSchemaKeys = "$schema $id $ref $anchor $comment $defs definitions type enum const title description default examples " +
	"deprecated readOnly writeOnly format pattern minLength maxLength contentEncoding contentMediaType contentSchema minimum maximum " +
	"multipleOf exclusiveMinimum exclusiveMaximum properties required additionalProperties patternProperties propertyNames " +
	"unevaluatedProperties minProperties maxProperties dependentRequired dependentSchemas items prefixItems unevaluatedItems contains " +
	"minContains maxContains minItems maxItems uniqueItems allOf anyOf oneOf not if then else"

var dialects = map[string]dialect{
	"gemini_openapi": {
		keys: "type format description nullable enum items maxItems minItems properties required minLength maxLength minimum maximum " +
			"pattern anyOf propertyOrdering",
		required: true, node: openAPIProblem, root: objectRoot("OBJECT"),
	},
	"gemini_json": {
		keys: "$id $defs $ref $anchor type format title description enum items prefixItems minItems maxItems minimum maximum anyOf oneOf " +
			"properties additionalProperties required propertyOrdering",
		required: true, node: geminiJSONProblem, root: objectRoot("object"),
	},
	"anthropic": {keys: jsonSchemaKeys, node: draft2020Problem, root: anthropicRoot},
	"anthropic_strict": {
		keys:     "$schema $id $ref $defs definitions type enum const title description default format properties required additionalProperties items anyOf",
		required: true, node: strictProblem, root: anthropicRoot,
	},
	"openai":       {keys: strings.TrimPrefix(jsonSchemaKeys, "$schema "), node: openAIProblem, root: openAIRootProblem},
	"from_openapi": {keys: jsonSchemaKeys, node: draft2020Problem, root: func(map[string]any) string { return "" }},
}

// problem tells what is wrong with a converted schema, or "".
func (d dialect) problem(root any) string {
	s, ok := root.(map[string]any)
	if !ok {
		return "the root is no object"
	}
	if p := d.root(s); p != "" {
		return "root: " + p
	}
	return d.walk(s, "")
}

func (d dialect) walk(v any, path string) string {
	if _, ok := v.(bool); ok {
		return ""
	}
	s, ok := v.(map[string]any)
	if !ok {
		return fmt.Sprintf("%s: %v is no schema", path, v)
	}
	for k := range s {
		if !slices.Contains(strings.Fields(d.keys), k) {
			return fmt.Sprintf("%s: the keyword %q", path, k)
		}
	}
	if p := d.node(s); p != "" {
		return path + ": " + p
	}
	if p := namesProblem(s); d.required && p != "" {
		return path + ": " + p
	}
	for place, sub := range subschemas(s) {
		if p := d.walk(sub, path+"/"+place); p != "" {
			return p
		}
	}
	return ""
}

// subschemas are the schemas right inside of a schema, by place.
func subschemas(s map[string]any) map[string]any {
	all := make(map[string]any)
	for _, k := range strings.Fields("properties patternProperties $defs definitions dependentSchemas") {
		group, _ := s[k].(map[string]any)
		for name, v := range group {
			all[k+"/"+name] = v
		}
	}
	for _, k := range strings.Fields("anyOf oneOf allOf prefixItems") {
		group, _ := s[k].([]any)
		for i, v := range group {
			all[fmt.Sprintf("%s/%d", k, i)] = v
		}
	}
	for _, k := range strings.Fields("items additionalProperties not contains propertyNames if then else unevaluatedItems unevaluatedProperties contentSchema") {
		if v, ok := s[k]; ok {
			all[k] = v
		}
	}
	return all
}

func namesProblem(s map[string]any) string {
	properties, _ := s["properties"].(map[string]any)
	names, _ := s["required"].([]any)
	seen := map[any]bool{}
	for _, name := range names {
		text, ok := name.(string)
		if _, known := properties[text]; !ok || !known || seen[name] {
			return fmt.Sprintf("required %v", name)
		}
		seen[name] = true
	}
	return ""
}

func objectRoot(typ string) func(map[string]any) string {
	return func(s map[string]any) string {
		if s["type"] != typ || s["anyOf"] != nil || s["oneOf"] != nil {
			return "no plain object"
		}
		return ""
	}
}

func anthropicRoot(s map[string]any) string {
	if s["type"] != "object" || s["anyOf"] != nil || s["oneOf"] != nil || s["allOf"] != nil || s["$ref"] != nil {
		return "no plain object"
	}
	properties, _ := s["properties"].(map[string]any)
	for name := range properties {
		if !regexp.MustCompile(`^[a-zA-Z0-9_.-]{1,64}$`).MatchString(name) {
			return "the key " + name
		}
	}
	return namesProblem(s)
}

func openAIRootProblem(s map[string]any) string {
	if s["type"] != "object" {
		return "" // a text format
	}
	if s["anyOf"] != nil || s["oneOf"] != nil || s["allOf"] != nil || s["not"] != nil || s["enum"] != nil {
		return "an object with more than properties"
	}
	return namesProblem(s)
}

func openAPIProblem(s map[string]any) string {
	typ, _ := s["type"].(string)
	if s["anyOf"] != nil {
		for k := range s {
			if k != "anyOf" && k != "nullable" {
				return k + " beside anyOf"
			}
		}
		return ""
	}
	formats := map[string]string{"STRING": "date-time enum", "NUMBER": "float double", "INTEGER": "int32 int64"}
	if f, ok := s["format"].(string); ok && !slices.Contains(strings.Fields(formats[typ]), f) {
		return "the format " + f
	}
	enum, _ := s["enum"].([]any)
	for _, v := range enum {
		if text, ok := v.(string); !ok || text == "" || typ != "STRING" {
			return fmt.Sprintf("the value %v of %s", v, typ)
		}
	}
	_, items := s["items"].(map[string]any)
	switch {
	case !slices.Contains(strings.Fields("STRING NUMBER INTEGER BOOLEAN ARRAY OBJECT"), typ):
		return "the type " + typ
	case s["nullable"] != nil && s["nullable"] != true:
		return "nullable"
	case items != (typ == "ARRAY"):
		return "items of " + typ
	case s["properties"] != nil && typ != "OBJECT":
		return "properties of " + typ
	}
	for k, v := range subschemas(s) {
		if _, ok := v.(bool); ok {
			return "a boolean at " + k
		}
	}
	return ""
}

func geminiJSONProblem(s map[string]any) string {
	if _, ok := s["$ref"]; ok {
		for k := range s {
			if k[0] != '$' {
				return k + " beside $ref"
			}
		}
	}
	enum, _ := s["enum"].([]any)
	for _, v := range enum {
		switch v.(type) {
		case string, float64:
		default:
			return fmt.Sprintf("the value %v", v)
		}
	}
	return draft2020Problem(s)
}

func strictProblem(s map[string]any) string {
	if s["$ref"] != nil && len(s) > 1 {
		return "keywords beside $ref"
	}
	if (hasType(s, "object") || s["properties"] != nil) && s["additionalProperties"] != false {
		return "an open object"
	}
	return draft2020Problem(s)
}

func openAIProblem(s map[string]any) string {
	if hasType(s, "array") && s["items"] == nil {
		return "an array without items"
	}
	return draft2020Problem(s)
}

func hasType(s map[string]any, typ string) bool {
	all, _ := s["type"].([]any)
	return s["type"] == typ || slices.Contains(all, any(typ))
}

// draft2020Problem tells what the meta-schema of draft 2020-12 does not allow.
func draft2020Problem(s map[string]any) string {
	types, ok := s["type"].([]any)
	if one, is := s["type"].(string); is {
		types, ok = []any{one}, true
	}
	if s["type"] != nil && (!ok || len(types) == 0) {
		return "the type"
	}
	for _, t := range types {
		if !slices.Contains([]any{"object", "array", "string", "number", "integer", "boolean", "null"}, t) {
			return fmt.Sprintf("the type %v", t)
		}
	}
	kinds := map[string]string{
		"string": "title description format pattern $ref $id $anchor $schema $comment", "[]interface {}": "enum required anyOf oneOf allOf prefixItems examples",
		"float64": "minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength minItems maxItems minProperties maxProperties",
		"bool":    "uniqueItems readOnly writeOnly deprecated", "map[string]interface {}": "properties $defs definitions patternProperties",
	}
	for kind, keys := range kinds {
		for _, k := range strings.Fields(keys) {
			if v, ok := s[k]; ok && fmt.Sprintf("%T", v) != kind {
				return fmt.Sprintf("%s is a %T", k, v)
			}
		}
	}
	return ""
}
