package simulator

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/tidwall/gjson"
)

var anthropicProperty = regexp.MustCompile(`^[a-zA-Z0-9_.-]{1,64}$`)

// typedTool is the pattern of the types of tools whose schema Anthropic knows.
var typedTool = regexp.MustCompile(`^(bash|text_editor|computer|memory|web_search|web_fetch|code_execution|tool_search_tool_bm25|` +
	`tool_search_tool_regex|mcp_toolset|advisor|computer_toolset|browser_toolset)(_\d{8})?$`)

// checkAnthropicTools checks the tools and the choice among them.
func checkAnthropicTools(b gjson.Result) *apiError {
	known := map[string]bool{}
	for i, t := range b.Get("tools").Array() {
		kind := t.Get("type").String()
		place := at("tools", i)
		switch {
		case !t.IsObject():
			return anthropic{}.wrongKind(place, anyObject(), t)
		case kind != "" && kind != "custom":
			if !typedTool.MatchString(kind) {
				return anthropic{}.badTag(place, "type", kind, []string{"bash_20250124", "custom", "text_editor_20250728", "web_search_20250305"})
			}
		default:
			place = place.variant("custom")
			if err := customTool.check(anthropic{}, place, t); err != nil {
				return err
			}
			if err := checkInputSchema(t, place.field("input_schema")); err != nil {
				return err
			}
		}
		name := t.Get("name").String()
		if name != "" && known[name] {
			return invalid("tools: Tool names must be unique.")
		}
		known[name] = true
	}
	choice := b.Get("tool_choice")
	switch {
	case choice.Exists() && len(known) == 0:
		return invalid("tool_choice: tool_choice may only be specified while providing tools.")
	case choice.Get("name").Exists() && !known[choice.Get("name").String()]:
		return invalid("tool_choice.tool: Tool '%s' not found in provided tools", choice.Get("name").String())
	}
	return nil
}

func checkInputSchema(t gjson.Result, place *path) *apiError {
	schema := t.Get("input_schema")
	switch kind := schema.Get("type"); {
	case !kind.Exists():
		return anthropic{}.missing(place.field("type"))
	case kind.String() != "object":
		return invalid("%s: Input should be 'object'", place.field("type").dots())
	}
	for _, union := range []string{"oneOf", "allOf", "anyOf"} {
		if schema.Get(union).Exists() {
			return invalid("%s: input_schema does not support oneOf, allOf, or anyOf at the top level", place.dots())
		}
	}
	var err *apiError
	schema.Get("properties").ForEach(func(k, _ gjson.Result) bool {
		if !anthropicProperty.MatchString(k.String()) {
			err = invalid("%s: Property keys should match pattern '%s'", place.field("properties").dots(), anthropicProperty)
		}
		return err == nil
	})
	if err != nil {
		return err
	}
	if draft2020Problem(schema, 0) {
		return invalid("%s: JSON schema is invalid. It must match JSON Schema draft 2020-12 (https://json-schema.org/draft/2020-12). "+
			"Learn more about tool use at https://docs.claude.com/en/docs/tool-use.", place.dots())
	}
	if problem := strictSchemaProblem(schema, 0); t.Get("strict").Bool() && problem != "" {
		return invalid("%s: %s", place.parent.dots(), problem)
	}
	return nil
}

// wholeNumbers are the keywords whose value is a number of something.
var wholeNumbers = []string{"minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties"}

// draft2020Problem tells whether a schema breaks the meta-schema of draft 2020-12 in one of the ways that schemas of
// other drafts and dialects do.
func draft2020Problem(s gjson.Result, depth int) bool {
	if s.IsBool() {
		return false
	}
	if !s.IsObject() || depth > 100 || typeProblem(s.Get("type")) != "" {
		return true
	}
	if items := s.Get("items"); items.Exists() && !items.IsObject() && !items.IsBool() {
		return true
	}
	for _, array := range []string{"required", "enum", "anyOf", "oneOf", "allOf", "prefixItems", "examples"} {
		if v := s.Get(array); v.Exists() && !v.IsArray() {
			return true
		}
	}
	for _, r := range s.Get("required").Array() {
		if r.Type != gjson.String {
			return true
		}
	}
	for _, n := range append([]string{"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}, wholeNumbers...) {
		v := s.Get(n)
		if v.Exists() && v.Type != gjson.Number || v.Num < 0 && slices.Contains(wholeNumbers, n) {
			return true
		}
	}
	for _, text := range []string{"description", "title", "format", "pattern"} {
		if v := s.Get(text); v.Exists() && v.Type != gjson.String {
			return true
		}
	}
	return slices.ContainsFunc(subschemas(s), func(v gjson.Result) bool { return draft2020Problem(v, depth+1) })
}

// subschemas are the schemas right inside of a schema.
func subschemas(s gjson.Result) []gjson.Result {
	var all []gjson.Result
	for _, group := range []string{"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"} {
		s.Get(group).ForEach(func(_, v gjson.Result) bool {
			all = append(all, v)
			return true
		})
	}
	for _, group := range []string{"anyOf", "oneOf", "allOf", "prefixItems"} {
		all = append(all, s.Get(group).Array()...)
	}
	for _, one := range []string{"items", "additionalProperties", "not", "contains", "propertyNames", "if", "then", "else"} {
		if v := s.Get(one); v.Exists() {
			all = append(all, v)
		}
	}
	return all
}

// strictUnsupported are the constraints that Anthropic's strict schemas do not have.
var strictUnsupported = []string{
	"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "maxItems",
	"uniqueItems", "minProperties", "maxProperties", "not", "oneOf", "patternProperties", "if", "contains", "propertyNames",
}

// strictFormats are the string formats of Anthropic's strict schemas.
var strictFormats = []string{"date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"}

// strictSchemaProblem finds what Anthropic refuses in the schema of a strict tool or of a structured answer, empty if
// nothing.
func strictSchemaProblem(s gjson.Result, depth int) string {
	if s.IsBool() || depth > 100 {
		return ""
	}
	kind := typeOf(s)
	for _, keyword := range strictUnsupported {
		if s.Get(keyword).Exists() {
			return fmt.Sprintf("For '%s' type, property '%s' is not supported", kind, keyword)
		}
	}
	if f := s.Get("format"); f.Exists() && kind == "string" && !contains(strictFormats, f.String()) {
		return fmt.Sprintf("For 'string' type, format '%s' is not supported", f.String())
	}
	if n := s.Get("minItems"); n.Num > 1 {
		return "For 'array' type, 'minItems' values other than 0 or 1 are not supported"
	}
	if (hasType(s, "object") || s.Get("properties").Exists()) && s.Get("additionalProperties").Type != gjson.False {
		return "For 'object' type, 'additionalProperties' must be explicitly set to false"
	}
	for _, v := range subschemas(s) {
		if problem := strictSchemaProblem(v, depth+1); problem != "" {
			return problem
		}
	}
	return ""
}
