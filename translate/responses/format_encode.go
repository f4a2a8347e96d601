package responses

import (
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
	"github.com/caddy-ai-gateway/ai-gateway/translate/schema"
)

// inWords reports whether the answer's shape can only be asked for in words:
// what is no JSON has no form here, and OpenAI's JSON answers are objects.
func (w *writer) inWords() bool {
	f := &w.req.Format
	if w.own {
		return false
	}
	return f.Kind > ir.FormatSchema || f.Kind == ir.FormatSchema && w.t.Provider == "openai" && !schema.ForObjects(w.plainSchema())
}

// formatWords is what the system prompt must say about the answer's shape, ""
// for nothing. OpenAI refuses json_object unless the prompt speaks of JSON,
// which Gemini's clients need not do.
func (w *writer) formatWords() ir.Text {
	f := &w.req.Format
	switch {
	case f.Kind == ir.FormatJSON && (w.req.Dialect == ir.Gemini || w.req.Dialect == ir.CodeAssist):
		return "Respond with JSON."
	case !w.inWords():
		return ""
	}
	w.lose(ir.Semantic, ir.CodeEmulate, w.req.Path(ir.FieldFormat), "by instruction")
	if f.Kind == ir.FormatSchema {
		return "Respond only with JSON matching: " + ir.Text(ir.AppendEscaped(nil, jsonx.AppendCompact(nil, w.plainSchema())))
	}
	return f.Instruction(schema.Enum(f.Schema))
}

// plainSchema is the format's schema as JSON Schema.
func (w *writer) plainSchema() []byte {
	f := &w.req.Format
	if !f.OpenAPI {
		return f.Schema
	}
	plain, err := schema.FromOpenAPI(f.Schema)
	if err != nil {
		w.refuse(w.req.Path(ir.FieldFormat), err)
	}
	return plain
}

func (w *writer) format(more bool) {
	f := &w.req.Format
	if f.Kind == ir.FormatUnset || w.inWords() {
		return
	}
	if more {
		w.raw(`,`)
	}
	w.raw(`"format":`)
	switch f.Kind {
	case ir.FormatText:
		w.raw(`{"type":"text"}`)
	case ir.FormatJSON:
		w.raw(`{"type":"json_object"}`)
	default:
		w.schemaFormat(f)
	}
}

func (w *writer) schemaFormat(f *ir.Format) {
	name := f.Name
	if name == "" {
		name = "response"
	}
	w.raw(`{"type":"json_schema","name":`)
	w.dst = ir.AppendQuoted(w.dst, name)
	if f.Description != "" {
		w.raw(`,"description":`)
		w.dst = f.Description.AppendJSON(w.dst)
	}
	raw, fits := f.Schema, true
	if !w.own {
		var err error
		if raw, fits, err = convert(f.Schema, f.OpenAPI); err != nil {
			w.refuse(w.req.Path(ir.FieldFormat), err)
		}
	}
	if f.Strict.Set {
		if f.Strict.V && !fits {
			w.loose(w.req.Path(ir.FieldFormat))
		}
		w.boolean("strict", f.Strict.V && fits)
	}
	w.raw(`,"schema":`)
	if len(raw) == 0 {
		raw = []byte(`{"type":"object"}`)
	}
	w.dst = append(w.dst, raw...)
	w.raw(`}`)
}
