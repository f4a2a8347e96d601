// Package schema converts JSON Schemas into the subsets that vendors take.
//
// It walks a schema by its grammar: keys under properties are data, never
// keywords. What a vendor does not know is moved into the description when it
// can be said in words, and removed otherwise.
//
// A conversion fails only when the bytes are no JSON or when the schema is
// nested deeper than 100 levels, holds more than 20,000 schemas, or has
// references that stand for more than 20,000. All else that is odd is mended
// or dropped.
//
// Results are remembered, since an agent sends the same tools with every turn.
// They may be shared with other calls, or be the bytes that were given, so
// callers must not change them. All functions may be called concurrently.
package schema

// GeminiOptions says which of Gemini's two forms is wanted and where the
// schema stands.
type GeminiOptions struct {
	JSON            bool // parametersJsonSchema / responseJsonSchema instead of the OpenAPI form
	Parameters      bool // the root is a function's parameters and must be an object
	NonemptyObjects bool // objects without properties get an optional placeholder property
	Claude          bool // for Claude behind Antigravity, in place of the OpenAPI form; the placeholder is required
}

// Placeholder is the property of objects that have none, for models that take
// no object without a property.
const Placeholder = "_"

// Gemini converts a JSON Schema for Gemini. ok is false when nothing should be
// sent: a function without parameters, or, in the OpenAPI form, an answer that
// may be any object.
func Gemini(raw []byte, o GeminiOptions) (out []byte, ok bool, err error) {
	k := keyOf(raw, geminiTarget(o))
	e, known := shared.get(k)
	if !known {
		if e, err = convertGemini(raw, o); err != nil {
			return nil, false, err
		}
		e = shared.put(k, e, raw)
	}
	return e.bytes(raw), e.ok, nil
}

// AnthropicOptions says where the schema stands.
type AnthropicOptions struct {
	Strict bool // strict tools and output_config.format: closed objects, constraints in words
	Vertex bool // Claude on Vertex takes fewer keywords
	Format bool // output_config.format: the root keeps its type, its unions and its keys
}

// Anthropic converts a JSON Schema for a tool's input_schema or, strict, for
// output_config.format. Root property keys that Anthropic refuses are renamed;
// see RenamedKeys.
func Anthropic(raw []byte, o AnthropicOptions) ([]byte, error) {
	k := keyOf(raw, anthropicTarget(o))
	e, known := shared.get(k)
	if !known {
		var err error
		if e, err = convertAnthropic(raw, o); err != nil {
			return nil, err
		}
		e = shared.put(k, e, raw)
	}
	return e.bytes(raw), nil
}

// AnthropicTool is Anthropic for a plain tool, with what RenamedKeys returns.
func AnthropicTool(raw []byte) (out []byte, renamed map[string]string, err error) {
	e, err := anthropicTool(raw)
	return e.bytes(raw), e.renamed, err
}

func anthropicTool(raw []byte) (entry, error) {
	k := keyOf(raw, anthropicTarget(AnthropicOptions{}))
	if e, known := shared.get(k); known {
		return e, nil
	}
	e, err := convertAnthropic(raw, AnthropicOptions{})
	if err != nil {
		return entry{}, err
	}
	return shared.put(k, e, raw), nil
}

// RenamedKeys returns, for a tool's schema, which root property keys Anthropic
// knows by another name: original → renamed. It is nil when there are none.
// The map must not be changed.
func RenamedKeys(raw []byte) map[string]string {
	e, _ := anthropicTool(raw)
	return e.renamed
}

// OpenAI converts a JSON Schema for OpenAI's function parameters and text
// formats: an object at the root, items in every array. A root that is of
// another type stays so. strict reports whether the result satisfies the rules
// of strict mode as it is.
func OpenAI(raw []byte) (out []byte, strict bool, err error) {
	k := keyOf(raw, openAITarget)
	e, known := shared.get(k)
	if !known {
		if e, err = convertOpenAI(raw); err != nil {
			return nil, false, err
		}
		e = shared.put(k, e, raw)
	}
	return e.bytes(raw), e.strict, nil
}

// FromOpenAPI converts Gemini's OpenAPI form (upper-case types, nullable) to
// JSON Schema.
func FromOpenAPI(raw []byte) ([]byte, error) {
	k := keyOf(raw, fromOpenAPITarget)
	e, known := shared.get(k)
	if !known {
		var err error
		if e, err = convertFromOpenAPI(raw); err != nil {
			return nil, err
		}
		e = shared.put(k, e, raw)
	}
	return e.bytes(raw), nil
}
