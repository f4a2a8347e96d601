package simulator

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"
)

// The rules that both OpenAI APIs have.

// family is a model's name without the prefix of the simulator's own models, so that sim-gpt-5 behaves as gpt-5.
func family(model string) string { return strings.TrimPrefix(model, "sim-") }

var (
	reasoningModel = regexp.MustCompile(`^(o[134]|gpt-[5-9])`)
	chatVariant    = regexp.MustCompile(`^gpt-[0-9.]+-chat`)
	gpt5Minor      = regexp.MustCompile(`^gpt-5\.([1-9])|^gpt-[6-9]`)
	openAIModel    = regexp.MustCompile(`^(o[134]|gpt-|chatgpt-|codex-)`)
)

// isReasoning tells whether a model is one of OpenAI's that think.
func isReasoning(model string) bool {
	return reasoningModel.MatchString(family(model)) && !chatVariant.MatchString(family(model))
}

// unsupportedWhileReasoning are the members that OpenAI's reasoning models refuse.
var unsupportedWhileReasoning = []string{
	"temperature", "top_p", "presence_penalty", "frequency_penalty", "logprobs", "top_logprobs", "logit_bias",
}

// checkReasoningModel refuses what a reasoning model does not take. The newer ones take sampling values when they do
// not think.
func checkReasoningModel(b gjson.Result, effort string) *apiError {
	model := b.Get("model").String()
	if !isReasoning(model) || gpt5Minor.MatchString(family(model)) && effort == "none" {
		return nil
	}
	for _, name := range unsupportedWhileReasoning {
		v := b.Get(name)
		if v.Type == gjson.Null || v.Type == gjson.False || (name == "temperature" || name == "top_p") && v.Num == 1 ||
			strings.HasSuffix(name, "penalty") && v.Num == 0 {
			continue
		}
		return invalid("Unsupported parameter: '%s' is not supported with this model.", name).
			withParam(name).withCode("unsupported_parameter")
	}
	return nil
}

// checkMetadata holds the limits of metadata: 16 pairs, 64 and 512 characters.
func checkMetadata(b gjson.Result) *apiError {
	var err *apiError
	n := 0
	if b.Get("metadata").Type == gjson.Null {
		return nil
	}
	b.Get("metadata").ForEach(func(k, v gjson.Result) bool {
		n++
		say, place := openAI{}, at("metadata", k.String())
		switch {
		case n > 16:
			err = invalid("Invalid 'metadata': too many properties. Expected an object with at most 16 properties.").
				withParam("metadata").withCode("object_above_max_properties")
		case len([]rune(k.String())) > 64:
			err = say.badLength(place, &shape{maxLen: 64}, len([]rune(k.String())))
		default:
			err = str().upTo(512).check(say, place, v)
		}
		return err == nil
	})
	return err
}

// checkNames refuses two tools of the same name.
func checkNames(names []string) *apiError {
	known := map[string]bool{}
	for _, name := range names {
		if known[name] {
			return invalid("Tool names must be unique. Found a duplicate: '%s'.", name).withParam("tools").withCode("invalid_value")
		}
		known[name] = true
	}
	return nil
}

// checkFunctionSchema checks the parameters of a function.
func checkFunctionSchema(name string, schema gjson.Result, strict bool, param string) *apiError {
	refuse := func(format string, args ...any) *apiError {
		return invalid("Invalid schema for function '%s': %s", name, fmt.Sprintf(format, args...)).
			withParam(param).withCode("invalid_function_parameters")
	}
	if !schema.Exists() {
		return nil
	}
	for _, forbidden := range []string{"oneOf", "anyOf", "allOf", "enum", "not"} {
		if schema.Get(forbidden).Exists() {
			return refuse("schema must have type 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top level.")
		}
	}
	if t := schema.Get("type"); t.String() != "object" && len(schema.Map()) > 0 {
		kind := t.String()
		if !t.Exists() {
			kind = "None"
		}
		return refuse(`schema must be a JSON Schema of 'type: "object"', got 'type: "%s"'.`, kind)
	}
	if problem := openAISchemaProblem(schema, nil, strict, 0); problem != "" {
		return refuse("%s", problem)
	}
	return nil
}

// checkFormatSchema checks the schema of a structured answer.
func checkFormatSchema(format gjson.Result, param string) *apiError {
	schema := format.Get("schema")
	if !schema.Exists() {
		return nil
	}
	problem := openAISchemaProblem(schema, nil, format.Get("strict").Bool(), 0)
	if problem == "" {
		return nil
	}
	return invalid("Invalid schema for response_format '%s': %s", format.Get("name").String(), problem).
		withParam(param).withCode("invalid_json_schema")
}

// strictForbidden are the keywords that OpenAI's strict schemas do not have.
var strictForbidden = []string{
	"allOf", "oneOf", "not", "if", "then", "else", "patternProperties", "minProperties", "maxProperties", "default",
	"dependentRequired", "dependentSchemas", "unevaluatedProperties", "propertyNames", "uniqueItems",
}

// openAISchemaProblem finds what OpenAI refuses in a schema, empty if nothing. Without strict that is only what no
// draft of JSON Schema allows, and arrays without items.
func openAISchemaProblem(s gjson.Result, where []string, strict bool, depth int) string {
	say := func(format string, args ...any) string {
		return fmt.Sprintf("In context=(%s), %s", pythonTuple(where), fmt.Sprintf(format, args...))
	}
	if !s.IsObject() {
		if s.IsBool() && !strict {
			return ""
		}
		return say("%s is not of type 'object', 'boolean'.", s.Raw)
	}
	if strict && depth > 10 {
		return say("the schema is nested deeper than 10 levels.")
	}
	if t := typeProblem(s.Get("type")); t != "" {
		return say("%s is not valid under any of the given schemas.", t)
	}
	if hasType(s, "array") && !s.Get("items").Exists() && !s.Get("prefixItems").Exists() {
		return say("array schema missing items.")
	}
	if r := s.Get("required"); r.Exists() && !r.IsArray() {
		return say("%s is not of type 'array'.", r.Raw)
	}
	if strict {
		if p := strictProblem(s); p != "" {
			return say("%s", p)
		}
	}
	return openAISubschemas(s, where, strict, depth)
}

func openAISubschemas(s gjson.Result, where []string, strict bool, depth int) string {
	problem := ""
	visit := func(v gjson.Result, steps ...string) bool {
		problem = openAISchemaProblem(v, append(append([]string{}, where...), steps...), strict, depth+1)
		return problem == ""
	}
	for _, group := range []string{"properties", "$defs", "definitions"} {
		s.Get(strings.ReplaceAll(group, "$", `\$`)).ForEach(func(k, v gjson.Result) bool { return visit(v, group, k.String()) })
		if problem != "" {
			return problem
		}
	}
	for _, group := range []string{"anyOf", "oneOf", "allOf", "prefixItems"} {
		for i, v := range s.Get(group).Array() {
			if !visit(v, group, strconv.Itoa(i)) {
				return problem
			}
		}
	}
	if items := s.Get("items"); items.IsObject() {
		visit(items, "items")
	}
	return problem
}

func strictProblem(s gjson.Result) string {
	for _, keyword := range strictForbidden {
		if s.Get(keyword).Exists() {
			return fmt.Sprintf("'%s' is not permitted.", keyword)
		}
	}
	if !hasType(s, "object") && !s.Get("properties").Exists() {
		return ""
	}
	if a := s.Get("additionalProperties"); a.Type != gjson.False {
		return "'additionalProperties' is required to be supplied and to be false."
	}
	required := map[string]bool{}
	for _, r := range s.Get("required").Array() {
		required[r.String()] = true
	}
	problem := ""
	s.Get("properties").ForEach(func(k, _ gjson.Result) bool {
		if !required[k.String()] {
			problem = fmt.Sprintf("'required' is required to be supplied and to be an array including every key in properties. Missing '%s'.", k.String())
		}
		return problem == ""
	})
	return problem
}

// schemaTypes are the types of JSON Schema.
var schemaTypes = []string{"object", "array", "string", "number", "integer", "boolean", "null"}

// typeProblem is the raw type that JSON Schema does not have, empty if all is well.
func typeProblem(t gjson.Result) string {
	if !t.Exists() {
		return ""
	}
	for _, one := range t.Array() {
		if one.Type != gjson.String || !contains(schemaTypes, one.String()) {
			return one.Raw
		}
	}
	return ""
}

func hasType(s gjson.Result, name string) bool {
	for _, t := range s.Get("type").Array() {
		if t.String() == name {
			return true
		}
	}
	return false
}

// pythonTuple writes ('properties', 'a').
func pythonTuple(steps []string) string {
	quoted := make([]string, len(steps))
	for i, s := range steps {
		quoted[i] = "'" + s + "'"
	}
	return strings.Join(quoted, ", ")
}
