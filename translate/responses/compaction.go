package responses

import (
	"bytes"
	"encoding/base64"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// summaryMark begins the content of compaction items that the gateway has made.
// What follows is the summary, in base64: the client's own conversation is no
// secret from the client.
const summaryMark = "gwc1."

// HoldsSummary reports whether a request's input may hold a compaction item
// that the gateway has made.
func HoldsSummary(body []byte, env *ir.Envelope) bool {
	return env.Outline.Has(body, ir.WordEncrypted) && bytes.Contains(body[env.TurnsAt.Start:env.TurnsAt.End], []byte(`"`+summaryMark))
}

// summaryItem returns the message that a compaction item of the gateway stands
// for.
func summaryItem(raw []byte, newID func(string) string) (ir.Item, bool) {
	text, ok := strings.CutPrefix(gjson.GetBytes(raw, "encrypted_content").Str, summaryMark)
	summary, err := base64.RawURLEncoding.DecodeString(text)
	if !ok || err != nil || len(summary) == 0 {
		return ir.Item{}, false
	}
	const before, after = "<conversation_summary>\n", "\n</conversation_summary>"
	in := input{newID: newID}
	return in.textItem(ir.Plain(before + string(summary) + after)), true
}

// AppendCompaction appends the object of a conversation that has been made
// shorter: what the user has said as it was, and the summary of everything that
// answer, a response object, tells. It reports false when that tells nothing.
func AppendCompaction(dst, answer []byte, said []ir.Item, newID func(string) string) ([]byte, bool) {
	var summary strings.Builder
	for _, item := range gjson.GetBytes(answer, "output").Array() {
		for _, part := range item.Get("content").Array() {
			if item.Get("type").Str == "message" && part.Get("type").Str == "output_text" {
				summary.WriteString(part.Get("text").Str)
			}
		}
	}
	text := strings.TrimSpace(summary.String())
	if text == "" {
		return dst, false
	}
	dst = append(dst, `{"id":`...)
	dst = append(dst, gjson.GetBytes(answer, "id").Raw...)
	dst = append(dst, `,"object":"response.compaction","created_at":`...)
	dst = append(dst, gjson.GetBytes(answer, "created_at").Raw...)
	dst = append(dst, `,"output":[`...)
	for i := range said {
		dst = append(jsonx.AppendCompact(dst, said[i].Raw), ',')
	}
	dst = append(ir.AppendQuoted(append(dst, `{"id":`...), newID("cmp_")), `,"type":"compaction","encrypted_content":"`+summaryMark...)
	dst = base64.RawURLEncoding.AppendEncode(dst, []byte(text))
	dst = append(dst, `"}],"usage":`...)
	usage := gjson.GetBytes(answer, "usage").Raw
	if usage == "" {
		usage = "null"
	}
	return append(append(dst, usage...), '}'), true
}

// IsUserMessage reports whether an item is something that the user has said.
func IsUserMessage(item *ir.Item) bool {
	var r jsonx.Reader
	r.Reset(item.Raw)
	f, ok := factsOf(r)
	return ok && f.typ == "message" && f.role == "user"
}
