package responses

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
		case "input":
			r.Skip()
			env.Place(&env.TurnsAt, start, r.Offset())
		case "instructions":
			r.Skip()
			env.Place(&env.SystemAt, start, r.Offset())
		case "tools":
			r.Skip()
			env.ToolsAt = ir.Span{Start: start, End: r.Offset()}
		case "client_metadata":
			r.Skip()
			env.PrivateAt = ir.Span{Start: start, End: r.Offset()}
		case "prompt":
			env.Scattered = true // OpenAI has it
		default:
			readHint(&r, env)
		}
	}
	if err := r.End(); err != nil {
		return unparsable(err)
	}
	return nil
}

// readHint reads what names the conversation, and how long the answer may be.
func readHint(r *jsonx.Reader, env *ir.Envelope) {
	h := &env.Hints
	switch r.Key() {
	case "max_output_tokens":
		env.MaxOutput = r.IntIfAny()
	case "metadata":
		h.UserID = r.TextIn("user_id")
	case "user":
		h.EndUser = r.TextIfAny()
	case "prompt_cache_key":
		h.CacheKey = r.TextIfAny()
	case "session_id", "sessionId":
		h.Session = r.TextIfAny()
	case "previous_response_id":
		start := r.Offset()
		h.Previous = r.TextIfAny()
		env.Stored.Previous, env.Stored.PreviousAt = h.Previous.String(), ir.Span{Start: start, End: r.Offset()}
	case "store":
		if r.Kind() == jsonx.Bool {
			env.Stored.Store = ir.Some(r.Bool())
		}
	case "background":
		start := r.Offset()
		if r.Kind() == jsonx.Bool {
			env.Stored.Background = r.Bool()
		} else {
			r.Skip()
		}
		env.Stored.BackgroundAt = ir.Span{Start: start, End: r.Offset()}
	case "conversation_id":
		if h.Conversation == "" {
			h.Conversation = r.TextIfAny()
		}
	case "conversation":
		id, start := ir.Text(""), r.Offset()
		if r.Kind() == jsonx.Object {
			id = r.TextIn("id")
		} else {
			id = r.TextIfAny()
		}
		if id != "" {
			h.Conversation = id
		}
		env.Stored.Conversation, env.Stored.ConversationAt = id.String(), ir.Span{Start: start, End: r.Offset()}
	}
}

func unparsable(err error) *ir.Error {
	return ir.Invalid("", "Failed to parse request body: %s", err.Error())
}
