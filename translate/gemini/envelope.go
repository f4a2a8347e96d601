package gemini

import (
	"errors"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// ReadEnvelope checks that the body is an object, and reads what names the
// conversation. The model and the stream flag are in the path already; a model
// in the body is only noted, for the case that it must be renamed.
func (Codec) ReadEnvelope(body []byte, env *ir.Envelope) error {
	var r jsonx.Reader
	r.Reset(body)
	r.Note(&env.Outline)
	object(&r)
	env.Open = r.Offset()
	env.Empty = true
	for r.Member() {
		env.Empty = false
		start := r.Offset()
		if env.Rivals(r.Key()) {
			r.Fail("the model is named twice, or not as `model`")
		}
		switch r.Key() {
		case "model":
			if r.Kind() == jsonx.String {
				r.Skip()
				env.ModelAt = ir.Span{Start: start, End: r.Offset()}
			}
		case "contents":
			r.Skip()
			env.Place(&env.TurnsAt, start, r.Offset())
		case "systemInstruction", "system_instruction":
			r.Skip()
			env.Place(&env.SystemAt, start, r.Offset())
		case "tools":
			r.Skip()
			env.ToolsAt = ir.Span{Start: start, End: r.Offset()}
		case "generateContentRequest", "generate_content_request":
			env.Scattered = true
		case "sessionId", "session_id":
			env.Hints.Session = r.TextIfAny()
		case "generationConfig", "generation_config":
			env.MaxOutput = readMaxOutput(&r)
		}
	}
	if err := r.End(); err != nil {
		return unparsable(err)
	}
	return nil
}

func readMaxOutput(r *jsonx.Reader) (n ir.Opt[int]) {
	if r.Kind() != jsonx.Object {
		return n
	}
	r.Object()
	for r.Member() {
		switch r.Key() {
		case "maxOutputTokens", "max_output_tokens":
			n = r.IntIfAny()
		}
	}
	return n
}

func unparsable(err error) *ir.Error {
	return ir.Invalid("", "Failed to parse request body: %s", err.Error())
}

// unreadable is the error for a body that is not as the dialect has it. path is
// where the decoder was.
func unreadable(body []byte, path string, err error) *ir.Error {
	var refused *ir.Error
	if errors.As(err, &refused) {
		return refused
	}
	if path == "" || !jsonx.Valid(body) {
		return unparsable(err)
	}
	return ir.Invalid(path, "%s: %s", path, err.Error())
}
