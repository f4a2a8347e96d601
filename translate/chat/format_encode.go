package chat

import (
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
	"github.com/caddy-ai-gateway/ai-gateway/translate/schema"
)

// codeCannotDisable is noted when a model reasons though it was told not to.
const codeCannotDisable = "reasoning.cannot_disable"

// generalLevels are the efforts that servers take which translate them for
// models of other vendors.
var generalLevels = []string{"low", "medium", "high"}

// effort returns the reasoning_effort to send, "" for none.
func (e *encoder) effort() string {
	r, c := &e.req.Reasoning, e.caps
	effort := r.AsEffort()
	if effort == "" && r.Mode == ir.ReasoningAuto && e.req.Dialect == ir.Anthropic {
		effort = "high" // what adaptive thinking is without an effort
	}
	if effort == "" {
		return ""
	}
	path := e.req.Path(ir.FieldReasoning)
	if r.Mode == ir.ReasoningEffort {
		path = e.req.Path(ir.FieldEffort)
	}
	if c.Thinking == ir.ThinkingNone {
		if effort != "none" {
			e.lose(ir.Semantic, ir.CodeDrop, path, "the model does not reason")
		}
		return ""
	}
	levels := c.Levels
	if c.Thinking != ir.ThinkingEffort && len(levels) == 0 {
		levels = generalLevels
	}
	if effort == "none" {
		if c.CanDisable || len(levels) == 0 {
			return effort
		}
		e.lose(ir.Semantic, codeCannotDisable, path, levels[0])
		return levels[0]
	}
	if len(levels) == 0 {
		return effort
	}
	best := ir.ClampLevel(effort, levels)
	if best != effort {
		e.lose(ir.Semantic, ir.CodeClamp, path, best)
	}
	return best
}

// format writes the shape of the answer.
func (e *encoder) format(dst []byte) []byte {
	f := &e.req.Format
	switch f.Kind {
	case ir.FormatText:
		if e.same {
			dst = appendRaw(dst, "response_format", []byte(`{"type":"text"}`))
		}
	case ir.FormatJSON:
		if e.req.Dialect == ir.Gemini || e.req.Dialect == ir.CodeAssist {
			// OpenAI refuses json_object unless the prompt speaks of JSON.
			e.system = "Respond with JSON."
		}
		dst = appendRaw(dst, "response_format", []byte(`{"type":"json_object"}`))
	case ir.FormatSchema:
		dst = e.schemaFormat(dst)
	case ir.FormatEnum, ir.FormatRegex, ir.FormatGrammar:
		dst = e.constraint(dst)
	}
	return dst
}

func (e *encoder) schemaFormat(dst []byte) []byte {
	f := &e.req.Format
	raw, strict := e.schema(f.Schema, f.OpenAPI, nil)
	if !e.caps.StructuredOutput || e.t.Provider == "openai" && !schema.ForObjects(raw) { // OpenAI's answers are objects
		e.lose(ir.Semantic, ir.CodeEmulate, e.req.Path(ir.FieldFormat), "by instruction")
		e.system = `Respond only with JSON matching: ` + ir.Plain(string(jsonx.AppendCompact(nil, raw)))
		if !schema.ForObjects(raw) {
			return dst
		}
		return appendRaw(dst, "response_format", []byte(`{"type":"json_object"}`))
	}
	dst = append(appendKey(dst, "response_format"), `{"type":"json_schema","json_schema":{`...)
	dst = appendString(dst, "name", formatName(f.Name))
	if f.Description != "" {
		dst = appendText(dst, "description", f.Description)
	}
	dst = appendRaw(dst, "schema", raw)
	dst = e.strict(dst, f.Strict, strict, nil)
	return append(dst, "}}"...)
}

// formatName is a legal name for a schema: OpenAI takes what it takes as a
// tool's name.
func formatName(name string) string {
	if name == "" {
		return "response"
	}
	return ir.WireID(name, maxName)
}

// strict writes strict where the schema of a tool, or without one of the answer,
// allows it. OpenAI refuses schemas that strict mode does not know.
func (e *encoder) strict(dst []byte, asked ir.Opt[bool], possible bool, tool *ir.Tool) []byte {
	switch {
	case !asked.Set:
	case !asked.V:
		if e.same {
			dst = append(dst, `,"strict":false`...)
		}
	case !e.caps.StrictTools:
		e.lose(ir.Hint, ir.CodeDrop, e.req.PathOfSchema(tool)+".strict", "")
	case !possible:
		e.lose(ir.Semantic, ir.CodeDrop, e.req.PathOfSchema(tool)+".strict", "the schema is outside of what strict mode takes")
	default:
		dst = append(dst, `,"strict":true`...)
	}
	return dst
}

// schema converts the JSON Schema of a tool, or without one of the answer, for
// OpenAI.
func (e *encoder) schema(raw []byte, openAPI bool, tool *ir.Tool) ([]byte, bool) {
	var err error
	if openAPI {
		raw, err = schema.FromOpenAPI(raw)
	}
	strict := false
	if err == nil {
		raw, strict, err = schema.OpenAI(raw)
	}
	if err != nil && e.err == nil {
		path := e.req.PathOfSchema(tool)
		e.err = ir.Invalid(path, "%s: %s", path, err.Error())
	}
	return raw, strict
}

// constraint writes an enum, a regular expression or a grammar as vLLM takes
// them. OpenAI has no such thing and is asked in words.
func (e *encoder) constraint(dst []byte) []byte {
	f := &e.req.Format
	if e.t.Provider == "openai" {
		e.lose(ir.Semantic, ir.CodeEmulate, e.req.Path(ir.FieldFormat), "by instruction")
		e.system = f.Instruction(schema.Enum(f.Schema))
		return dst
	}
	dst = append(appendKey(dst, "structured_outputs"), '{')
	switch f.Kind {
	case ir.FormatRegex:
		dst = appendText(dst, "regex", f.Pattern)
	case ir.FormatGrammar:
		dst = appendText(dst, "grammar", f.Pattern)
	default:
		dst = appendRaw(dst, "choice", schema.Enum(f.Schema))
	}
	return append(dst, '}')
}
