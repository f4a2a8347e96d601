package chat

import (
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// ReadEnvelope reads model, stream and stream_options, and where they stand.
func (Codec) ReadEnvelope(body []byte, env *ir.Envelope) error {
	var r jsonx.Reader
	r.Reset(body)
	if r.Kind() == jsonx.Null {
		r.Fail("expected object, found null")
	}
	r.Object()
	env.Open = r.Offset()
	env.Empty = true
	for r.Member() {
		env.Empty = false
		start := r.Offset()
		switch r.Key() {
		case "model":
			env.Model = r.String()
			env.ModelAt = ir.Span{Start: start, End: r.Offset()}
		case "stream":
			env.Stream = r.Bool()
		case "stream_options":
			env.Usage = readUsageOption(&r)
			env.StreamOptsAt = ir.Span{Start: start, End: r.Offset()}
		}
	}
	if err := r.End(); err != nil {
		return unparsable(err)
	}
	return nil
}

func readUsageOption(r *jsonx.Reader) (usage ir.Opt[bool]) {
	if !r.Object() {
		return usage
	}
	for r.Member() {
		if r.Key() == "include_usage" {
			usage = optBool(r)
		}
	}
	return usage
}

func unparsable(err error) *ir.Error {
	return ir.Invalid("", "Failed to parse request body: %s", err.Error())
}
