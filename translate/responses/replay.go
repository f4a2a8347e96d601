package responses

import (
	"strconv"

	"github.com/tidwall/gjson"
	"github.com/tidwall/sjson"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// terminals are the events that a stream ends with, by the response's status.
var terminals = map[string]string{
	"completed": "response.completed", "failed": "response.failed", "incomplete": "response.incomplete",
	"cancelled": "response.incomplete",
}

// Replay appends the stream of a response that has ended, each text in one
// piece, without the events that are numbered up to after; -1 leaves out none.
// The last event comes in any case: a client that goes on with a stream which
// had more events than this must learn that it has ended.
func Replay(dst, object []byte, after int64) []byte {
	p := &player{dst: dst, after: after}
	begun := edited(object, "status", `"in_progress"`)
	begun = edited(edited(begun, "output", "[]"), "usage", "null")
	begun, _ = sjson.DeleteBytes(begun, "completed_at")
	p.event("response.created", `"response":`+string(begun))
	p.event("response.in_progress", `"response":`+string(begun))
	for i, item := range gjson.GetBytes(object, "output").Array() {
		p.item(i, item)
	}
	typ := terminals[gjson.GetBytes(object, "status").Str]
	if typ == "" {
		typ = "response.completed"
	}
	p.seq = max(p.seq, after+1)
	p.event(typ, `"response":`+string(object))
	return p.dst
}

// player writes the events of a replay.
type player struct {
	dst        []byte
	seq, after int64
}

func (p *player) event(typ, members string) {
	seq := p.seq
	p.seq++
	if seq <= p.after {
		return
	}
	p.dst = append(p.dst, "event: "+typ+"\ndata: {\"type\":\""+typ+"\","...)
	p.dst = jsonx.AppendCompact(p.dst, []byte(members)) // an upstream's items may hold line feeds
	p.dst = append(strconv.AppendInt(append(p.dst, `,"sequence_number":`...), seq, 10), "}\n\n"...)
}

// edited is object with another value, or as it is if it cannot be edited.
func edited(object []byte, path, raw string) []byte {
	if out, err := sjson.SetRawBytes(object, path, []byte(raw)); err == nil {
		return out
	}
	return object
}

// bare is an item or a part before anything is in it.
func bare(raw string, values ...string) string {
	out := []byte(raw)
	for i := 0; i < len(values); i += 2 {
		if gjson.Get(raw, values[i]).Exists() {
			out = edited(out, values[i], values[i+1])
		}
	}
	return string(out)
}

func (p *player) item(index int, item gjson.Result) {
	at := `"output_index":` + strconv.Itoa(index)
	p.event("response.output_item.added", at+`,"item":`+bare(item.Raw,
		"status", `"in_progress"`, "content", "[]", "summary", "[]", "arguments", `""`, "input", `""`))
	at = `"item_id":` + string(ir.AppendQuoted(nil, item.Get("id").String())) + "," + at
	switch item.Get("type").Str {
	case "message":
		for i, part := range item.Get("content").Array() {
			p.part(at+`,"content_index":`+strconv.Itoa(i), part)
		}
	case "reasoning":
		p.reasoning(at, item)
	case "function_call":
		p.whole("response.function_call_arguments", at, "arguments", item.Get("arguments").Raw)
	case "custom_tool_call":
		p.whole("response.custom_tool_call_input", at, "input", item.Get("input").Raw)
	}
	p.event("response.output_item.done", `"output_index":`+strconv.Itoa(index)+`,"item":`+item.Raw)
}

// whole writes a text in one delta, and its end.
func (p *player) whole(event, at, name, raw string) {
	p.event(event+".delta", at+`,"delta":`+raw)
	p.event(event+".done", at+`,"`+name+`":`+raw)
}

func (p *player) part(at string, part gjson.Result) {
	p.event("response.content_part.added", at+`,"part":`+bare(part.Raw, "text", `""`, "annotations", "[]", "logprobs", "[]", "refusal", `""`))
	switch part.Get("type").Str {
	case "output_text":
		logprobs := part.Get("logprobs").Raw
		if logprobs == "" || logprobs == "null" {
			logprobs = "[]"
		}
		text := part.Get("text").Raw
		p.event("response.output_text.delta", at+`,"delta":`+text+`,"logprobs":`+logprobs)
		for i, a := range part.Get("annotations").Array() {
			p.event("response.output_text.annotation.added", at+`,"annotation_index":`+strconv.Itoa(i)+`,"annotation":`+a.Raw)
		}
		p.event("response.output_text.done", at+`,"text":`+text+`,"logprobs":`+logprobs)
	case "refusal":
		p.whole("response.refusal", at, "refusal", part.Get("refusal").Raw)
	}
	p.event("response.content_part.done", at+`,"part":`+part.Raw)
}

func (p *player) reasoning(at string, item gjson.Result) {
	for i, part := range item.Get("summary").Array() {
		at := at + `,"summary_index":` + strconv.Itoa(i)
		p.event("response.reasoning_summary_part.added", at+`,"part":`+bare(part.Raw, "text", `""`))
		p.whole("response.reasoning_summary_text", at, "text", part.Get("text").Raw)
		p.event("response.reasoning_summary_part.done", at+`,"part":`+part.Raw)
	}
	for i, part := range item.Get("content").Array() {
		p.whole("response.reasoning_text", at+`,"content_index":`+strconv.Itoa(i), "text", part.Get("text").Raw)
	}
}
