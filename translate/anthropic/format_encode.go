package anthropic

import (
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
	"github.com/caddy-ai-gateway/ai-gateway/translate/schema"
)

// chooseFormat decides how the answer's shape is asked for: by
// output_config.format, by a forced tool on models that have none, or by a
// sentence where neither is possible.
func (e *encoder) chooseFormat() {
	f := &e.req.Format
	path := e.req.Path(ir.FieldFormat)
	switch f.Kind {
	case ir.FormatUnset, ir.FormatText:
	case ir.FormatSchema:
		switch {
		case e.t.Caps.StructuredOutput:
		case len(e.sent) == 0 && !e.req.Reasoning.On() && schema.ForObjects(e.formatSchema()): // a tool's arguments are an object
			e.asJSON = true
		default:
			e.lose(ir.Semantic, ir.CodeEmulate, path, "asked for in the system prompt")
			e.jsonText = `Respond only with JSON matching: ` + ir.Text(ir.AppendEscaped(nil, jsonx.AppendCompact(nil, e.formatSchema())))
		}
	case ir.FormatJSON:
		e.lose(ir.Semantic, ir.CodeEmulate, path, "asked for in the system prompt")
		e.jsonText = `Respond with JSON.`
	default:
		e.lose(ir.Semantic, ir.CodeEmulate, path, "asked for in the system prompt")
		e.jsonText = f.Instruction(schema.Enum(f.Schema))
	}
}

// formatSchema returns the format's schema as JSON Schema.
func (e *encoder) formatSchema() []byte {
	f := &e.req.Format
	return e.jsonSchema(f.Schema, f.OpenAPI, nil)
}

func (e *encoder) jsonSchema(raw []byte, openAPI bool, tool *ir.Tool) []byte {
	if !openAPI {
		return raw
	}
	out, err := schema.FromOpenAPI(raw)
	e.badSchema(err, tool)
	return out
}

// cleaned returns a tool's schema, or the format's, as Anthropic takes it.
func (e *encoder) cleaned(raw []byte, openAPI, strict bool, tool *ir.Tool) []byte {
	raw = e.jsonSchema(raw, openAPI, tool)
	o := schema.AnthropicOptions{Strict: strict, Format: strict && tool == nil, Vertex: e.t.Provider == "vertex"}
	var out []byte
	var err error
	if tool != nil && !openAPI && o == (schema.AnthropicOptions{}) {
		var keys map[string]string
		out, keys, err = schema.AnthropicTool(raw)
		e.renamed = append(e.renamed, renaming{tool, keys})
	} else {
		out, err = schema.Anthropic(raw, o)
	}
	e.badSchema(err, tool)
	return out
}

func (e *encoder) badSchema(err error, tool *ir.Tool) {
	if err == nil || e.err != nil {
		return
	}
	path := e.req.Path(ir.FieldFormat)
	if tool != nil {
		path = e.req.PathOfTool(tool)
	}
	e.err = ir.Invalid(path, "%s: %s", path, err.Error())
}

// outputConfig writes what stands inside output_config: effort and format.
func (e *encoder) outputConfig() {
	if e.plan.effort != "" {
		e.name("effort")
		e.dst = append(append(append(e.dst, '"'), e.plan.effort...), '"')
	}
	if f := &e.req.Format; f.Kind == ir.FormatSchema && e.t.Caps.StructuredOutput {
		e.name("format")
		e.dst = append(e.dst, `{"type":"json_schema","schema":`...)
		e.inputSchema(f.Schema, f.OpenAPI, true, nil)
		e.dst = append(e.dst, '}')
	}
	e.held("output_config.")
}
