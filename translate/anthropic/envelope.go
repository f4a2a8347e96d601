package anthropic

import (
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// ReadEnvelope reads model and stream, what names the conversation, and where
// the largest members stand.
func (Codec) ReadEnvelope(body []byte, env *ir.Envelope) error {
	var r jsonx.Reader
	r.Reset(body)
	r.Note(&env.Outline)
	if r.Kind() == jsonx.Null {
		r.Fail("expected object, found null")
	}
	r.Object()
	env.Open, env.Empty = r.Offset(), true
	for r.Member() {
		env.Empty = false
		start := r.Offset()
		if env.Rivals(r.Key()) {
			r.Fail("the model is named twice, or not as `model`")
		}
		switch r.Key() {
		case "model":
			env.Model = r.String()
			env.ModelAt = ir.Span{Start: start, End: r.Offset()}
		case "stream":
			env.Stream = r.Bool()
		case "max_tokens":
			env.MaxOutput = r.IntIfAny()
		case "metadata":
			env.Hints.UserID = r.TextIn("user_id")
		case "session_id", "sessionId":
			env.Hints.Session = r.TextIfAny()
		case "messages":
			r.Skip()
			env.Place(&env.TurnsAt, start, r.Offset())
		case "system":
			r.Skip()
			env.Place(&env.SystemAt, start, r.Offset())
		case "thread":
			env.Thread = readThread(&r)
		case "tools":
			r.Skip()
			env.ToolsAt = ir.Span{Start: start, End: r.Offset()}
		}
	}
	if err := r.End(); err != nil {
		return unparsable(err)
	}
	return nil
}

// readThread reads what thread the request belongs to. What is none is left to
// the vendor to refuse.
func readThread(r *jsonx.Reader) (t ir.Thread) {
	if r.Kind() != jsonx.Object {
		return t
	}
	t.Used = true
	for in := r.Object(); in && r.Member(); {
		if r.Key() == "previous_message_id" {
			t.Previous = r.TextIfAny().String()
		}
	}
	return t
}

func unparsable(err error) *ir.Error {
	return ir.Invalid("", "Failed to parse request body: %s", err.Error())
}
