package schema

import (
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// Enum returns the values among which the schema of an answer lets the model
// choose, as a JSON array on one line.
func Enum(raw []byte) []byte {
	var r jsonx.Reader
	r.Reset(raw)
	for in := r.Kind() == jsonx.Object && r.Object(); in && r.Member(); {
		if r.Key() == "enum" && r.Kind() == jsonx.Array {
			return jsonx.AppendCompact(nil, r.Raw())
		}
	}
	return []byte("[]")
}

// ForObjects reports whether the schema of an answer, in JSON Schema, may be
// one of an object: not all vendors take others.
func ForObjects(raw []byte) bool {
	var r jsonx.Reader
	r.Reset(raw)
	for in := r.Kind() == jsonx.Object && r.Object(); in && r.Member(); {
		switch r.Key() {
		case "type":
			return r.Kind() != jsonx.String || strings.EqualFold(r.String(), "object") // Gemini CLI writes OBJECT, even in a responseJsonSchema
		case "enum", "const":
			return false
		default:
			r.Skip()
		}
	}
	return true
}
