package chat

import (
	"bytes"

	"github.com/tidwall/gjson"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// relay hands the chunks of an upstream of this dialect on. It looks closely
// only at the few that matter: those with usage, a finish reason or an error,
// and all until the first content.
type relay struct {
	seen    ir.Seen
	hide    bool   // the usage chunk was asked for by the gateway alone
	model   []byte // the model's name as a JSON string, nil unless it is restored
	begun   bool   // a chunk has come
	embed   bool   // the answer holds embeddings
	stopped bool   // a finish reason has come
	called  bool
	refused bool
	same    *same // what most chunks are like; nil before any has come
}

// NewRelay pipes the answer of an upstream of this dialect.
func (Codec) NewRelay(env *ir.Envelope, model string, renamed bool) ir.Relay {
	p := &relay{seen: ir.Seen{Usage: ir.NoUsage()}, hide: !env.Usage.V, embed: env.Op == ir.Embed}
	if renamed {
		p.model = ir.AppendQuoted(nil, model)
	}
	return p
}

func (p *relay) Seen() *ir.Seen { return &p.seen }

var (
	doneMark     = []byte("[DONE]")
	finishMark   = []byte(`"finish_reason"`)
	usageMark    = []byte(`"usage"`)
	errorMark    = []byte(`"error"`)
	callsMark    = []byte(`"tool_calls"`)
	refusalMark  = []byte(`"refusal"`)
	functionMark = []byte(`"function_call"`)
)

// Frame hands one chunk on.
func (p *relay) Frame(dst []byte, name string, data, raw []byte) []byte {
	if p.seen.Done {
		return dst
	}
	if len(data) == 0 {
		return append(dst, raw...) // a comment
	}
	if p.seen.Content && name != "error" && p.same != nil && p.same.like.Is(data) {
		return p.hand(dst, data, raw, p.same.like.Place(p.same.model, len(data)))
	}
	if bytes.Equal(bytes.TrimSpace(data), doneMark) {
		if !p.begun {
			return p.Fail(dst, streamError(nil, emptyAnswer))
		}
		p.seen.Done = true
		p.settle("")
		return append(dst, raw...)
	}
	p.begun = true
	if p.same == nil {
		p.same = new(same)
	}
	if name == "error" || memberSet(data, errorMark) && gjson.GetBytes(data, "error").IsObject() {
		p.seen.Err = decodeStreamError(data)
		return dst
	}
	if !p.seen.Content {
		p.seen.Content = hasContent(data)
	}
	if !p.called && (memberSet(data, callsMark) || memberSet(data, functionMark)) {
		p.called = true
	}
	if !p.refused && memberSet(data, refusalMark) {
		p.refused = true
	}
	finish, usage := memberSet(data, finishMark), memberSet(data, usageMark)
	if finish {
		p.finish(data)
	}
	if usage && p.usage(data) && p.hide {
		return dst
	}
	var at ir.Span
	if p.model != nil {
		at = modelSpan(data)
	}
	if !finish && !usage && p.seen.Content {
		p.same.learn(data, at)
	}
	return p.hand(dst, data, raw, at)
}

// memberSet reports whether data holds the member with a value that says
// something. A text that quotes the member is escaped and does not match.
func memberSet(data, mark []byte) bool {
	for {
		value := memberValue(data, mark)
		if value == nil {
			return false
		}
		if !isNothing(value) {
			return true
		}
		data = value
	}
}

// memberValue returns data from the value of the first such member on, nil when
// there is none.
func memberValue(data, mark []byte) []byte {
	for {
		i := bytes.Index(data, mark)
		if i < 0 {
			return nil
		}
		data = skipSpace(data[i+len(mark):])
		if len(data) > 1 && data[0] == ':' {
			return skipSpace(data[1:])
		}
	}
}

func skipSpace(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t' || b[0] == '\n' || b[0] == '\r') {
		b = b[1:]
	}
	return b
}

// isNothing reports whether null, an empty string or an empty list begins
// value.
func isNothing(value []byte) bool {
	if len(value) < 2 {
		return true
	}
	switch value[0] {
	case 'n':
		return true
	case '"':
		return value[1] == '"'
	case '[':
		rest := skipSpace(value[1:])
		return len(rest) == 0 || rest[0] == ']'
	}
	return false
}

// contentMarks are the members whose non-empty string is content.
var contentMarks = [...][]byte{
	[]byte(`"content"`), []byte(`"reasoning_content"`), []byte(`"reasoning"`), []byte(`"thinking"`), []byte(`"refusal"`), []byte(`"text"`),
	[]byte(`"name"`), []byte(`"data"`), []byte(`"url"`),
}

// hasContent reports whether a chunk brings text, thinking, a call's name or
// media.
func hasContent(data []byte) bool {
	for _, mark := range contentMarks {
		for value := memberValue(data, mark); value != nil; value = memberValue(value, mark) {
			if !isNothing(value) && value[0] == '"' {
				return true
			}
		}
	}
	return false
}

// finish notes why the first candidate ended.
func (p *relay) finish(data []byte) {
	reason := gjson.GetBytes(data, "choices.0.finish_reason")
	if reason.Type != gjson.String || reason.Str == "" {
		return
	}
	p.stopped = true
	p.settle(ir.Text(reason.Str))
}

// settle decides the stop reason; the end of the stream decides nothing anew.
func (p *relay) settle(reason ir.Text) {
	if reason == "" && p.seen.Stop.Reason != "" {
		return
	}
	p.seen.Stop = stopOf(reason.Clone(), p.called, p.refused)
}

// usage reads a chunk's usage. It reports whether the chunk is the extra one,
// which has nothing else.
func (p *relay) usage(data []byte) bool {
	var r jsonx.Reader
	r.Reset(data)
	empty := false
	for in := inObject(&r); in && r.Member(); {
		switch r.Key() {
		case "usage":
			if u, ok := readUsage(&r); ok {
				p.seen.Usage.Merge(&u)
			}
		case "choices":
			raw := r.Raw()
			empty = len(bytes.TrimSpace(bytes.Trim(raw, "[]"))) == 0
			if !empty && bytes.Contains(raw, usageMark) {
				p.innerUsage(raw)
			}
		case "x_groq":
			for in := inObject(&r); in && r.Member(); {
				if r.Key() == "usage" {
					if u, ok := readUsage(&r); ok {
						p.seen.Usage.Merge(&u)
					}
				}
			}
		}
	}
	return empty
}

// innerUsage reads the usage that Moonshot puts into the choice.
func (p *relay) innerUsage(choices []byte) {
	raw := gjson.GetBytes(choices, "0.usage").Raw
	if raw == "" {
		return
	}
	var r jsonx.Reader
	r.Reset([]byte(raw))
	if u, ok := readUsage(&r); ok {
		p.seen.Usage.Merge(&u)
	}
}

// hand hands a chunk on with the name that the client knows the model by. at is
// where the upstream's stands in data, empty when it is to stay.
func (p *relay) hand(dst, data, raw []byte, at ir.Span) []byte {
	if at.Len() == 0 {
		return append(dst, raw...)
	}
	if i := p.same.offset(raw, data); i >= 0 {
		dst = append(dst, raw[:i+at.Start]...)
		dst = append(dst, p.model...)
		return append(dst, raw[i+at.End:]...)
	}
	dst = append(dst, "data: "...)
	for _, c := range jsonx.Splice(nil, data, at.Start, at.End, p.model) {
		if dst = append(dst, c); c == '\n' {
			dst = append(dst, "data: "...)
		}
	}
	return append(dst, "\n\n"...)
}

// modelSpan finds the value of the top level's model; the span is empty when
// there is none.
func modelSpan(data []byte) (at ir.Span) {
	var r jsonx.Reader
	r.Reset(data)
	for in := inObject(&r); in && r.Member(); {
		if r.Key() != "model" {
			continue
		}
		start := r.Offset()
		if r.Kind() != jsonx.String {
			return at
		}
		if r.Raw(); r.Err() == nil {
			return ir.Span{Start: start, End: r.Offset()}
		}
		return at
	}
	return at
}

func (p *relay) fail(e *ir.Error) { p.seen.Err, p.seen.Done = e, true }

// Close ends the stream. An answer without a finish reason or terminator was
// cut; one that lacks only the terminator is whole.
func (p *relay) Close(dst []byte) []byte {
	if p.seen.Done {
		return dst
	}
	if p.seen.Err != nil {
		return p.Fail(dst, p.seen.Err)
	}
	if !p.stopped {
		return p.Fail(dst, truncated())
	}
	p.seen.Done = true
	return dst
}

// Fail ends the stream with an error that the gateway found.
func (p *relay) Fail(dst []byte, e *ir.Error) []byte {
	if p.seen.Done {
		return dst
	}
	p.fail(e)
	dst = Codec{}.AppendError(append(dst, "data: "...), e, "")
	return append(dst, "\n\n"...)
}
