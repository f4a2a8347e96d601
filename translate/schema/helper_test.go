package schema

import (
	"encoding/json"
	"reflect"
	"testing"
)

// conversion is one of the package's functions with its options.
type conversion func(raw []byte) ([]byte, error)

func geminiWith(o GeminiOptions) conversion {
	return func(raw []byte) ([]byte, error) {
		out, ok, err := Gemini(raw, o)
		if !ok && err == nil {
			return []byte(`"omitted"`), nil
		}
		return out, err
	}
}

func anthropicWith(o AnthropicOptions) conversion {
	return func(raw []byte) ([]byte, error) { return Anthropic(raw, o) }
}

var (
	toOpenAPI        = geminiWith(GeminiOptions{Parameters: true})
	toOpenAPIAnswer  = geminiWith(GeminiOptions{})
	toGeminiJSON     = geminiWith(GeminiOptions{JSON: true, Parameters: true})
	toGeminiAnswer   = geminiWith(GeminiOptions{JSON: true})
	toAnthropic      = anthropicWith(AnthropicOptions{})
	toVertexClaude   = anthropicWith(AnthropicOptions{Vertex: true})
	toStrict         = anthropicWith(AnthropicOptions{Strict: true})
	toStrictAnswer   = anthropicWith(AnthropicOptions{Strict: true, Format: true})
	conversionByName = map[string]conversion{
		"gemini_openapi": toOpenAPI, "gemini_json": toGeminiJSON, "anthropic": toAnthropic, "anthropic_strict": toStrict,
		"anthropic_vertex": toVertexClaude, "openai": toOpenAI, "from_openapi": FromOpenAPI,
		"gemini_openapi_nonempty": geminiWith(GeminiOptions{Parameters: true, NonemptyObjects: true}),
		"gemini_openapi_answer":   toOpenAPIAnswer, "gemini_json_answer": toGeminiAnswer,
		"gemini_json_nonempty": geminiWith(GeminiOptions{JSON: true, Parameters: true, NonemptyObjects: true}),
		"anthropic_format":     toStrictAnswer,
	}
)

func toOpenAI(raw []byte) ([]byte, error) {
	out, _, err := OpenAI(raw)
	return out, err
}

// example is a schema and what becomes of it.
type example struct{ name, in, want string }

func check(t *testing.T, f conversion, examples []example) {
	t.Helper()
	for _, e := range examples {
		t.Run(e.name, func(t *testing.T) {
			got, err := f([]byte(e.in))
			if err != nil {
				t.Fatal(err)
			}
			if !sameJSON(t, got, []byte(e.want)) {
				t.Errorf("%s\ngot  %s\nwant %s", e.in, got, e.want)
			}
		})
	}
}

// checkProperty is check for schemas of one property p.
func checkProperty(t *testing.T, f conversion, examples []example) {
	t.Helper()
	for i := range examples {
		examples[i].in = `{"type":"object","properties":{"q":{"type":"string"},"p":` + examples[i].in + `}}`
	}
	check(t, func(raw []byte) ([]byte, error) {
		out, err := f(raw)
		if err != nil {
			return nil, err
		}
		var root struct{ Properties map[string]json.RawMessage }
		if err := json.Unmarshal(out, &root); err != nil {
			return nil, err
		}
		if p, ok := root.Properties["p"]; ok {
			return p, nil
		}
		return []byte(`"omitted"`), nil
	}, examples)
}

func parseJSON(t *testing.T, raw []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatalf("%v: %q", err, raw)
	}
	return v
}

func sameJSON(t *testing.T, a, b []byte) bool {
	t.Helper()
	return reflect.DeepEqual(parseJSON(t, a), parseJSON(t, b))
}
