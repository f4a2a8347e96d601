package handlers

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// speech is how a dialect asks for the model "m" and answers with the text
// "hello there".
type speech struct {
	path, streamPath string
	ask, askStream   string
	whole            string
	preamble         []string // frames without content
	content          []string
	ending           []string
	mistake          string // an error frame inside a stream: overloaded
}

func (s speech) stream() []string {
	return append(append(append([]string(nil), s.preamble...), s.content...), s.ending...)
}

var dialects = []ir.Dialect{ir.Chat, ir.Responses, ir.Anthropic, ir.Gemini}

// other is one more dialect, so that all of them meet.
func other(d ir.Dialect) ir.Dialect {
	return dialects[(slices.Index(dialects, d)+1)%len(dialects)]
}

func data(json string) string        { return "data: " + json + "\n\n" }
func event(name, json string) string { return "event: " + name + "\n" + data(json) }

const (
	chatHead    = `{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m","choices":[`
	respHead    = `{"id":"resp_1","object":"response","created_at":1,"model":"m","status":`
	respMessage = `{"id":"msg_1","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","text":"hello there","annotations":[]}]}`
	respUsage   = `"usage":{"input_tokens":3,"output_tokens":2,"total_tokens":5}`
	geminiUsage = `"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":2,"totalTokenCount":5},"modelVersion":"m","responseId":"r1"`
)

var speeches = map[ir.Dialect]speech{
	ir.Chat: {
		path: "/v1/chat/completions", streamPath: "/v1/chat/completions",
		ask:       `{"model":"m","messages":[{"role":"user","content":"` + prompt + `"}]}`,
		askStream: `{"model":"m","stream":true,"messages":[{"role":"user","content":"` + prompt + `"}]}`,
		whole: `{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":` +
			`{"role":"assistant","content":"hello there"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}`,
		preamble: []string{data(chatHead + `{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}`)},
		content: []string{
			data(chatHead + `{"index":0,"delta":{"content":"hello "},"finish_reason":null}]}`),
			data(chatHead + `{"index":0,"delta":{"content":"there"},"finish_reason":null}]}`),
		},
		ending: []string{
			data(chatHead + `{"index":0,"delta":{},"finish_reason":"stop"}]}`),
			data(chatHead + `],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}`),
			"data: [DONE]\n\n",
		},
		mistake: data(`{"error":{"message":"org-abcdef123456 is overloaded","type":"overloaded_error","code":null}}`),
	},
	ir.Responses: {
		path: "/v1/responses", streamPath: "/v1/responses",
		ask:       `{"model":"m","input":"` + prompt + `"}`,
		askStream: `{"model":"m","stream":true,"input":"` + prompt + `"}`,
		whole:     respHead + `"completed","output":[` + respMessage + `],` + respUsage + `}`,
		preamble: []string{
			event("response.created", `{"type":"response.created","sequence_number":0,"response":`+respHead+`"in_progress","output":[]}}`),
			event("response.in_progress", `{"type":"response.in_progress","sequence_number":1,"response":`+respHead+`"in_progress","output":[]}}`),
		},
		content: []string{
			event("response.output_item.added", `{"type":"response.output_item.added","sequence_number":2,"output_index":0,"item":{"id":"msg_1","type":"message","status":"in_progress","role":"assistant","content":[]}}`),
			event("response.content_part.added", `{"type":"response.content_part.added","sequence_number":3,"item_id":"msg_1","output_index":0,"content_index":0,"part":{"type":"output_text","text":"","annotations":[]}}`),
			event("response.output_text.delta", `{"type":"response.output_text.delta","sequence_number":4,"item_id":"msg_1","output_index":0,"content_index":0,"delta":"hello "}`),
			event("response.output_text.delta", `{"type":"response.output_text.delta","sequence_number":5,"item_id":"msg_1","output_index":0,"content_index":0,"delta":"there"}`),
		},
		ending: []string{
			event("response.output_text.done", `{"type":"response.output_text.done","sequence_number":6,"item_id":"msg_1","output_index":0,"content_index":0,"text":"hello there"}`),
			event("response.output_item.done", `{"type":"response.output_item.done","sequence_number":7,"output_index":0,"item":`+respMessage+`}`),
			event("response.completed", `{"type":"response.completed","sequence_number":8,"response":`+respHead+`"completed","output":[`+respMessage+`],`+respUsage+`}}`),
		},
		mistake: event("response.failed", `{"type":"response.failed","sequence_number":9,"response":`+respHead+`"failed","output":[],"error":{"code":"server_is_overloaded","message":"org-abcdef123456 is overloaded"}}}`),
	},
	ir.Anthropic: {
		path: "/v1/messages", streamPath: "/v1/messages",
		ask:       `{"model":"m","max_tokens":64,"messages":[{"role":"user","content":"` + prompt + `"}]}`,
		askStream: `{"model":"m","max_tokens":64,"stream":true,"messages":[{"role":"user","content":"` + prompt + `"}]}`,
		whole: `{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"hello there"}],` +
			`"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":3,"output_tokens":2}}`,
		preamble: []string{
			event("message_start", `{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":3,"output_tokens":1}}}`),
			event("content_block_start", `{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}`),
			event("ping", `{"type":"ping"}`),
		},
		content: []string{
			event("content_block_delta", `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"hello "}}`),
			event("content_block_delta", `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"there"}}`),
		},
		ending: []string{
			event("content_block_stop", `{"type":"content_block_stop","index":0}`),
			event("message_delta", `{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":2}}`),
			event("message_stop", `{"type":"message_stop"}`),
		},
		mistake: event("error", `{"type":"error","error":{"type":"overloaded_error","message":"org-abcdef123456 is overloaded"}}`),
	},
	ir.Gemini: {
		path: "/v1beta/models/m:generateContent", streamPath: "/v1beta/models/m:streamGenerateContent?alt=sse",
		ask:       `{"contents":[{"role":"user","parts":[{"text":"` + prompt + `"}]}]}`,
		askStream: `{"contents":[{"role":"user","parts":[{"text":"` + prompt + `"}]}]}`,
		whole: `{"candidates":[{"content":{"role":"model","parts":[{"text":"hello there"}]},"finishReason":"STOP","index":0}],` +
			geminiUsage + `}`,
		preamble: []string{data(`{"candidates":[{"content":{"role":"model","parts":[{"text":""}]},"index":0}],` + geminiUsage + `}`)},
		content: []string{
			data(`{"candidates":[{"content":{"role":"model","parts":[{"text":"hello "}]},"index":0}],` + geminiUsage + `}`),
			data(`{"candidates":[{"content":{"role":"model","parts":[{"text":"there"}]},"index":0}],` + geminiUsage + `}`),
		},
		ending:  []string{data(`{"candidates":[{"content":{"role":"model","parts":[{"text":""}]},"finishReason":"STOP","index":0}],` + geminiUsage + `}`)},
		mistake: data(`{"error":{"code":503,"message":"org-abcdef123456 is overloaded","status":"UNAVAILABLE"}}`),
	},
}

// texts are where a dialect's answers hold text: whole, and in a frame of a
// stream.
var texts = map[ir.Dialect][2]string{
	ir.Chat:      {"choices.0.message.content", "choices.0.delta.content"},
	ir.Responses: {`output.#(type=="message").content.0.text`, "delta"},
	ir.Anthropic: {`content.#(type=="text").text`, "delta.text"},
	ir.Gemini:    {"candidates.0.content.parts.0.text", "candidates.0.content.parts.0.text"},
}

// payloads returns the data of a stream's frames.
func payloads(body string) []string {
	var list []string
	for line := range strings.Lines(body) {
		if rest, ok := strings.CutPrefix(strings.TrimRight(line, "\r\n"), "data:"); ok {
			list = append(list, strings.TrimSpace(rest))
		}
	}
	return list
}

// textOf reads the text of an answer, be it a stream or not.
func textOf(d ir.Dialect, body string) string {
	if gjson.Valid(body) {
		return gjson.Get(body, texts[d][0]).Str
	}
	text := ""
	for _, p := range payloads(body) {
		if d == ir.Responses && gjson.Get(p, "type").Str != "response.output_text.delta" {
			continue
		}
		text += gjson.Get(p, texts[d][1]).Str
	}
	return text
}

// errorOf reads the message of an error body or of the error frame that ends a
// stream; empty when there is none.
func errorOf(body string) string {
	candidates := []string{body}
	if !gjson.Valid(body) {
		candidates = payloads(body)
	}
	for _, c := range candidates {
		for _, at := range [...]string{"error.message", "response.error.message", "0.error.message", "message"} {
			if m := gjson.Get(c, at); m.Type == gjson.String {
				return m.Str
			}
		}
	}
	return ""
}

func wantHello(t *testing.T, d ir.Dialect, got answered) {
	t.Helper()
	if got.status != http.StatusOK || textOf(d, got.body) != "hello there" || errorOf(got.body) != "" {
		t.Errorf("the answer is not hello there: %d\n%s", got.status, got.body)
	}
}

// eventStream is the content type of server-sent events.
const eventStream = "text/event-stream"
