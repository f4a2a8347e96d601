// Package envelope puts the bodies of a dialect into the envelope that a platform wraps around them, and takes answers
// out of it: Claude on Vertex AI, and Gemini inside Code Assist. It moves bytes and knows nothing of what they say.
package envelope

import (
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// vertexVersion is the only version of the Messages API that Vertex AI offers (Anthropic's documentation, "Claude on
// Vertex AI").
const vertexVersion = "vertex-2023-10-16"

// Vertex returns a body of the Messages API as Vertex AI takes it: with the version inside, and without the model, which
// stands in the URL, unless tokens are only counted.
func Vertex(body []byte, keepModel bool) ([]byte, error) {
	var r jsonx.Reader
	r.Reset(body)
	out := append(make([]byte, 0, len(body)+64), '{')
	versioned := false
	for in := r.Object(); in && r.Member(); {
		key := r.Key()
		if key == "model" && !keepModel {
			continue
		}
		versioned = versioned || key == "anthropic_version"
		out = appendMember(out, key, &r)
	}
	if err := r.End(); err != nil {
		return nil, ir.Invalid("", "Failed to parse request body: %s", err.Error())
	}
	if !versioned {
		out = append(ir.AppendQuoted(appendKey(out, "anthropic_version"), vertexVersion), '}')
		return out, nil
	}
	return append(out, '}'), nil
}

// appendMember copies a member whose value the reader has come to.
func appendMember(dst []byte, key string, r *jsonx.Reader) []byte {
	return append(appendKey(dst, key), r.Raw()...)
}

func appendKey(dst []byte, key string) []byte {
	if dst[len(dst)-1] != '{' {
		dst = append(dst, ',')
	}
	return append(ir.AppendQuoted(dst, key), ':')
}
