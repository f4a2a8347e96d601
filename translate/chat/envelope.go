package chat

import (
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// ReadEnvelope reads model, stream and stream_options, what names the
// conversation, and where the largest members stand.
func (Codec) ReadEnvelope(body []byte, env *ir.Envelope) error {
	var r jsonx.Reader
	r.Reset(body)
	r.Note(&env.Outline)
	if r.Kind() == jsonx.Null {
		r.Fail("expected object, found null")
	}
	r.Object()
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
			env.Model = r.String()
			env.ModelAt = ir.Span{Start: start, End: r.Offset()}
		case "stream":
			env.Stream = r.Bool()
		case "stream_options":
			env.Usage = readUsageOption(&r)
			env.StreamOptsAt = ir.Span{Start: start, End: r.Offset()}
		case "messages":
			r.Skip()
			env.Place(&env.TurnsAt, start, r.Offset())
		case "tools":
			r.Skip()
			env.ToolsAt = ir.Span{Start: start, End: r.Offset()}
		case "extra_body":
			env.Scattered = true // its members stand for the body's own
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
	switch r.Key() {
	case "max_completion_tokens", "max_tokens":
		start, old := r.Offset(), r.Key() == "max_tokens"
		if n := r.IntIfAny(); n.V > env.MaxOutput.V {
			env.MaxOutput = n
		}
		if old && !env.NewLimit {
			env.OldLimitAt = ir.Span{Start: start, End: r.Offset()}
		} else if !old {
			env.OldLimitAt, env.NewLimit = ir.Span{}, true
		}
	case "metadata":
		env.Hints.UserID = r.TextIn("user_id")
	case "user":
		env.Hints.EndUser = r.TextIfAny()
	case "prompt_cache_key":
		env.Hints.CacheKey = r.TextIfAny()
	case "session_id", "sessionId":
		env.Hints.Session = r.TextIfAny()
	}
}

func readUsageOption(r *jsonx.Reader) (usage ir.Opt[bool]) {
	if !r.Object() {
		return usage
	}
	for r.Member() {
		if r.Key() == "include_usage" {
			usage = r.OptBool()
		}
	}
	return usage
}

func unparsable(err error) *ir.Error {
	return ir.Invalid("", "Failed to parse request body: %s", err.Error())
}
