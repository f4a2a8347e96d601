package simulator

import (
	"regexp"
	"strings"

	"github.com/tidwall/gjson"
)

// checkGemini tells why the Gemini API would refuse a request, nil if it would not.
func (s *Simulator) checkGemini(model string, b gjson.Result) *apiError {
	if err := geminiRequest.check(gemini{}, nil, b); err != nil {
		return err
	}
	return s.checkGeminiRules(model, b)
}

var geminiVersionName = regexp.MustCompile(`^gemini-(\d)(?:\.(\d))?`)

// geminiVersion is the version of a Gemini model, major times 100 and minor; 0 if the name tells none.
func geminiVersion(model string) int {
	m := geminiVersionName.FindStringSubmatch(family(model))
	if m == nil {
		return 0
	}
	return count(m[1])*100 + count("0"+m[2])
}

// thinkingBudgets are the ranges of the models that have a budget.
var thinkingBudgets = []struct {
	prefix    string
	low, high int64
	off       bool
}{
	{"gemini-2.5-pro", 128, 32768, false},
	{"gemini-2.5-flash-lite", 512, 24576, true},
	{"gemini-2.5-flash", 0, 24576, true},
}

func checkGeminiConfig(model string, b gjson.Result) *apiError {
	say := gemini{}
	c := say.of(b, "generationConfig")
	thinking := say.of(c, "thinkingConfig")
	budget, level := say.of(thinking, "thinkingBudget"), say.of(thinking, "thinkingLevel")
	mime := say.of(c, "responseMimeType").String()
	schema := say.of(c, "responseSchema")
	jsonSchema := say.of(c, "responseJsonSchema")
	if !jsonSchema.Exists() {
		jsonSchema = say.of(c, "_responseJsonSchema")
	}
	version := geminiVersion(model)
	switch {
	case budget.Exists() && level.Exists():
		return invalid("You can only set only one of thinking budget and thinking level.")
	case level.Exists() && version > 0 && version < 300:
		return invalid("Thinking level is not supported for this model.")
	case thinking.Exists() && version > 0 && version < 205:
		return invalid("Thinking is not enabled for %s", model)
	case schema.Exists() && jsonSchema.Exists():
		return invalid("Only one of response_schema and response_json_schema may be set.")
	case (schema.Exists() || jsonSchema.Exists()) && mime != "application/json" && mime != "text/x.enum":
		return say.wrong(at("generationConfig", "responseSchema"), "only allowed when `response_mime_type` is `application/json` or `text/x.enum`.")
	case mime == "application/json" && len(geminiDeclarations(b)) > 0 && version > 0 && version < 300:
		return invalid("Function calling with a response mime type: 'application/json' is unsupported")
	case say.of(c, "logprobs").Exists() && !say.of(c, "responseLogprobs").Bool():
		return invalid("Logprobs can only be set when response_logprobs is true.")
	}
	for _, r := range thinkingBudgets {
		if budget.Exists() && strings.HasPrefix(family(model), r.prefix) {
			n := budget.Int()
			if n == -1 || n == 0 && r.off || n >= r.low && n <= r.high {
				break
			}
			return invalid("The thinking budget %d is invalid. Please choose a value between %d and %d.", n, r.low, r.high)
		}
	}
	if schema.Exists() {
		return checkOpenAPISchema(schema, at("generationConfig", "responseSchema"), 0)
	}
	if jsonSchema.Exists() {
		return checkGeminiJSONSchema(jsonSchema, at("generationConfig", "responseJsonSchema"), 0)
	}
	return nil
}

// geminiName is the pattern of the names of functions.
var geminiName = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}$`)

// declaration is a function with its place.
type declaration struct {
	gjson.Result
	at *path
}

func geminiDeclarations(b gjson.Result) []declaration {
	say := gemini{}
	var all []declaration
	for i, t := range say.of(b, "tools").Array() {
		for j, f := range say.of(t, "functionDeclarations").Array() {
			all = append(all, declaration{f, at("tools", i, "functionDeclarations", j)})
		}
	}
	return all
}

func checkGeminiTools(model string, b gjson.Result) *apiError {
	say := gemini{}
	known := map[string]bool{}
	for _, f := range geminiDeclarations(b) {
		name := f.Get("name").String()
		if !geminiName.MatchString(name) {
			return say.wrong(f.at.field("name"), "Invalid function name. Must start with a letter or an underscore. Must be alphameric "+
				"(a-z, A-Z, 0-9), underscores (_), dots (.), colons (:) or dashes (-), with a maximum length of 64.")
		}
		if known[name] {
			return invalid("Duplicate function declaration found: %s", name)
		}
		known[name] = true
		if err := checkDeclaration(f); err != nil {
			return err
		}
	}
	server := 0
	for _, t := range say.of(b, "tools").Array() {
		t.ForEach(func(k, _ gjson.Result) bool {
			if say.alias(k.String()) != "functionDeclarations" {
				server++
			}
			return true
		})
	}
	mixed := say.of(b, "toolConfig", "includeServerSideToolInvocations").Bool()
	switch version := geminiVersion(model); {
	case server == 0 || len(known) == 0:
	case version > 0 && version < 300:
		return invalid("Tool use with function calling is unsupported by the model.")
	case version >= 300 && !mixed:
		return invalid("Please enable tool_config.include_server_side_tool_invocations to use built-in tools with function calling.")
	}
	return checkCallingConfig(say.of(b, "toolConfig", "functionCallingConfig"), known)
}

func checkDeclaration(f declaration) *apiError {
	say := gemini{}
	parameters, jsonSchema := say.of(f.Result, "parameters"), say.of(f.Result, "parametersJsonSchema")
	switch {
	case parameters.Exists() && jsonSchema.Exists():
		return say.wrong(f.at, "only one of parameters and parameters_json_schema may be set.")
	case parameters.Exists():
		place := f.at.field("parameters")
		if typeOf(parameters) != "object" {
			return say.wrong(place, "schema should be of type OBJECT")
		}
		if len(parameters.Get("properties").Map()) == 0 {
			return say.wrong(place.field("properties"), "should be non-empty for OBJECT type")
		}
		return checkOpenAPISchema(parameters, place, 0)
	case jsonSchema.Exists():
		place := f.at.field("parametersJsonSchema")
		if len(jsonSchema.Map()) > 0 && typeOf(jsonSchema) != "object" {
			return say.wrong(place, "schema should be of type OBJECT")
		}
		return checkGeminiJSONSchema(jsonSchema, place, 0)
	}
	return nil
}

func checkCallingConfig(c gjson.Result, known map[string]bool) *apiError {
	say := gemini{}
	if !c.Exists() {
		return nil
	}
	if len(known) == 0 {
		return invalid("Function calling config is set without function_declarations.")
	}
	mode := strings.ToUpper(say.of(c, "mode").String())
	names := say.of(c, "allowedFunctionNames").Array()
	if len(names) > 0 && mode != "ANY" && mode != "VALIDATED" {
		return invalid("Please ensure that allowed_function_names is only set when the function calling mode is ANY or VALIDATED.")
	}
	for _, n := range names {
		if !known[n.String()] {
			return invalid("allowed_function_names contains '%s', which is not in function_declarations.", n.String())
		}
	}
	return nil
}
