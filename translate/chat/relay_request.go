package chat

import (
	"bytes"
	"slices"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// edit is a piece of a body that is replaced; an empty span puts text in.
type edit struct {
	at   ir.Span
	text []byte
}

const (
	askUsageMember = `"include_usage":true`
	askUsageValue  = `{` + askUsageMember + `}`
	askUsage       = `"stream_options":` + askUsageValue
)

// RelayRequest appends the body byte for byte but for the model's name, foreign
// signatures, a max_tokens that the model refuses and, in streams,
// stream_options.include_usage: without it nobody would know what the answer
// cost.
func (Codec) RelayRequest(dst, body []byte, env *ir.Envelope, t *ir.Target) ([]byte, error) {
	edits := make([]edit, 0, 2)
	if t.Model != env.Model && env.ModelAt.Len() > 0 {
		edits = append(edits, edit{env.ModelAt, ir.AppendQuoted(nil, t.Model)})
	}
	if env.Stream && t.Caps.StreamUsage && !env.Usage.V {
		edits = append(edits, usageEdit(body, env))
	}
	if e, ok := limitEdit(body, env, t); ok {
		edits = append(edits, e)
	}
	edits = append(edits, foreignSignatures(body, env, t)...)
	if len(edits) == 0 && len(dst) == 0 {
		return body, nil
	}
	slices.SortFunc(edits, func(a, b edit) int { return a.at.Start - b.at.Start })
	grown := 0
	for _, e := range edits {
		grown += len(e.text) - e.at.Len()
	}
	dst = slices.Grow(dst, max(len(body)+grown, 0))
	from := 0
	for _, e := range edits {
		dst = append(append(dst, body[from:e.at.Start]...), e.text...)
		from = e.at.End
	}
	return append(dst, body[from:]...), nil
}

// limitEdit calls the limit of tokens as OpenAI's reasoning models want it. They
// refuse max_tokens, which clients that know no models send to all of them, such
// as the AI SDK's package for compatible servers.
func limitEdit(body []byte, env *ir.Envelope, t *ir.Target) (edit, bool) {
	const old = `"max_tokens"`
	if env.OldLimitAt.Len() == 0 || !t.Caps.CompletionLimit || !t.Caps.NoSampling {
		return edit{}, false
	}
	at := bytes.LastIndex(body[:env.OldLimitAt.Start], []byte(old))
	if at < 0 || len(bytes.Trim(body[at+len(old):env.OldLimitAt.Start], ": \t\r\n")) > 0 {
		return edit{}, false // the name is written with escapes
	}
	return edit{ir.Span{Start: at, End: at + len(old)}, []byte(`"max_completion_tokens"`)}, true
}

// usageEdit asks for the usage chunk: in the stream_options that are there, or
// by a member behind the body's opening brace.
func usageEdit(body []byte, env *ir.Envelope) edit {
	if env.StreamOptsAt.Len() > 0 {
		return edit{env.StreamOptsAt, askInOptions(body[env.StreamOptsAt.Start:env.StreamOptsAt.End])}
	}
	at := ir.Span{Start: env.Open, End: env.Open}
	if env.Empty {
		return edit{at, []byte(askUsage)}
	}
	return edit{at, []byte(askUsage + ",")}
}

// askInOptions is a stream_options value with include_usage set.
func askInOptions(options []byte) []byte {
	var r jsonx.Reader
	r.Reset(options)
	if r.Kind() != jsonx.Object {
		return []byte(askUsageValue)
	}
	out := append(make([]byte, 0, len(options)+len(askUsageMember)+1), '{')
	out = append(out, askUsageMember...)
	for in := r.Object(); in && r.Member(); {
		if r.Key() == "include_usage" {
			continue
		}
		out = append(ir.AppendQuoted(append(out, ','), r.Key()), ':')
		out = append(out, r.Raw()...)
	}
	return append(out, '}')
}
