package grammar

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// good reads a stream that keeps every rule.
func good(t *testing.T, d Dialect) string {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", string(d)+".sse"))
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

var goodOptions = Options{Usage: true}

func TestGood(t *testing.T) {
	for _, d := range []Dialect{Chat, Responses, Anthropic, Gemini} {
		r := Stream(d, []byte(good(t, d)), goodOptions)
		if r.Err() != nil || r.Ending != Complete || r.Text != "Hello you" {
			t.Errorf("%s: ending %q, text %q: %v", d, r.Ending, r.Text, r.Err())
		}
	}
}

// TestBad breaks every rule once.
func TestBad(t *testing.T) {
	tests := []struct {
		dialect  Dialect
		name     string
		old, new string
		want     string
	}{
		{Chat, "another id", `"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":" you"}`, `"id":"chatcmpl-2","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":" you"}`, "id is chatcmpl-2"},
		{Chat, "no role", `"role":"assistant",`, ``, `"role" is missing`},
		{Chat, "no end", "data: [DONE]\n\n", "", "without its terminator"},
		{Chat, "no finish", `"delta":{},"logprobs":null,"finish_reason":"tool_calls"`, `"delta":{},"logprobs":null,"finish_reason":null`, "no finish_reason"},
		{Chat, "late name", `"function":{"arguments":"{\"a\""}`, `"function":{"name":"f","arguments":"{\"a\""}`, "repeats"},
		{Chat, "skipped call", `"index":0,"id":"call_1"`, `"index":1,"id":"call_1"`, "call 1 follows 0 calls"},
		{Chat, "torn arguments", `":1}"`, `":1"`, "not JSON"},
		{Chat, "wrong sum", `"total_tokens":7`, `"total_tokens":8`, "total_tokens is 8"},
		{Chat, "no usage null", `"finish_reason":"tool_calls"}],"usage":null`, `"finish_reason":"tool_calls"}]`, "usage null"},
		{Chat, "named event", "data: [DONE]", "event: done\ndata: [DONE]", "unexpected line"},
		{Chat, "behind the end", "data: [DONE]\n\n", "data: [DONE]\n\ndata: [DONE]\n\n", "after the end"},
		{Chat, "no blank line", "data: [DONE]\n\n", "data: [DONE]\n", "blank line"},

		{Anthropic, "index", `{"type":"content_block_start","index":1`, `{"type":"content_block_start","index":2`, "index is 2"},
		{Anthropic, "two open", "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n", "", "while another one is open"},
		{Anthropic, "event's name", "event: message_stop", "event: message_end", `name is "message_end"`},
		{Anthropic, "wrong delta", `"type":"text_delta","text":" you"`, `"type":"thinking_delta","thinking":" you"`, "in a block of text"},
		{Anthropic, "after the signature", `"delta":{"type":"thinking_delta","thinking":"Hm"}`, `"delta":{"type":"signature_delta","signature":"x"}`, "after the signature"},
		{Anthropic, "no stop_sequence", `,"stop_sequence":null},"usage":{"output_tokens":5}`, `},"usage":{"output_tokens":5}`, `"stop_sequence" is missing`},
		{Anthropic, "no call", `"type":"tool_use","id":"toolu_1","name":"f","input":{}`, `"type":"text","text":""`, "without a tool_use"},
		{Anthropic, "comment", "event: ping", ": ping\n\nevent: ping", "comment"},
		{Anthropic, "no message_delta", "event: message_delta", "event: ping", "name is"},
		{Anthropic, "torn input", `"partial_json":"1}"`, `"partial_json":"1"`, "not JSON"},

		{Responses, "sequence", `"sequence_number":3`, `"sequence_number":4`, "sequence_number is 4"},
		{Responses, "no in_progress", `"type":"response.in_progress"`, `"type":"response.created"`, "name is"},
		{Responses, "text differs", `"text":"Hello you","annotations":[],"logprobs":[]}}`, `"text":"Hello","annotations":[],"logprobs":[]}}`, "text is Hello"},
		{Responses, "item differs", `"output":[{"id":"msg_1"`, `"output":[{"id":"msg_2"`, "differs from its output_item.done"},
		{Responses, "item_id", `"item_id":"msg_1","output_index":0,"content_index":0,"delta":"Hello"`, `"item_id":"msg_x","output_index":0,"content_index":0,"delta":"Hello"`, "item_id is msg_x"},
		{Responses, "output_index", `"output_index":1,"item":{"id":"fc_1","type":"function_call","status":"in_progress"`, `"output_index":2,"item":{"id":"fc_1","type":"function_call","status":"in_progress"`, "output_index is 2"},
		{Responses, "arguments differ", `"sequence_number":12,"item_id":"fc_1","output_index":1,"arguments":"{}"`, `"sequence_number":12,"item_id":"fc_1","output_index":1,"arguments":"{\"a\":1}"`, "arguments is"},
		{Responses, "missing key", `"parallel_tool_calls":true,`, ``, `"parallel_tool_calls" is missing`},
		{Responses, "no logprobs", `"delta":"Hello","logprobs":[]`, `"delta":"Hello"`, `"logprobs" is missing`},
		{Responses, "DONE", "event: response.completed", "data: [DONE]\n\nevent: response.completed", "not JSON"},

		{Gemini, "comment", "data: {", ": ping\n\ndata: {", "comment"},
		{Gemini, "no space", "data: {", "data:{", "unexpected line"},
		{Gemini, "named event", "data: {", "event: x\ndata: {", "unexpected line"},
		{Gemini, "separator", "Hello", "Hello\u2028", "U+2028"},
		{Gemini, "another id", `"responseId":"r","n":2`, `"responseId":"s","n":2`, "responseId is s"},
		{Gemini, "two data", `{"text":" you"}`, `{"text":" you","functionCall":{"name":"f","args":{}}}`, "2 of its data"},
		{Gemini, "arguments as text", `"args":{"a":1}`, `"args":"{}"`, `"args" should be a object`},
		{Gemini, "no finish", `"finishReason":"STOP",`, ``, "without its terminator"},
		{Gemini, "no usage", `"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":4,"totalTokenCount":7},`, ``, "no usageMetadata"},
		{Gemini, "wrong sum", `"totalTokenCount":7`, `"totalTokenCount":9`, "totalTokenCount is 9"},
	}
	for _, tt := range tests {
		t.Run(string(tt.dialect)+"/"+tt.name, func(t *testing.T) {
			body := good(t, tt.dialect)
			if !strings.Contains(body, tt.old) {
				t.Fatalf("%q is not in the stream", tt.old)
			}
			err := Stream(tt.dialect, []byte(strings.Replace(body, tt.old, tt.new, 1)), goodOptions).Err()
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

// TestPrefix: a stream that the client left may be short at any event.
func TestPrefix(t *testing.T) {
	for _, d := range []Dialect{Chat, Responses, Anthropic, Gemini} {
		body := good(t, d)
		for i := range body {
			if strings.HasSuffix(body[:i], "\\") || i > 0 && body[i]&0xC0 == 0x80 {
				continue
			}
			if err := Stream(d, []byte(body[:i]), Options{Usage: true, Prefix: true}).Err(); err != nil {
				t.Fatalf("%s, %d bytes: %v", d, i, err)
			}
		}
	}
}

func TestFailure(t *testing.T) {
	tests := []struct {
		dialect Dialect
		status  int
		body    string
		want    string // of the error; empty if all is well
	}{
		{Chat, 400, `{"error":{"message":"m","type":"t","param":null,"code":null}}`, ""},
		{Chat, 400, `{"error":{"message":"m","type":"t","param":null}}`, `"code" is missing`},
		{Chat, 400, `<html>`, "not JSON"},
		{Anthropic, 429, `{"type":"error","error":{"type":"rate_limit_error","message":"m"}}`, ""},
		{Anthropic, 400, `{"type":"error","error":{"type":"rate_limit_error","message":"m"}}`, "with status 400"},
		{Anthropic, 400, `{"type":"error","error":{"type":"upstream_error","message":"m"}}`, "unknown type"},
		{Gemini, 429, `{"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED"}}`, ""},
		{Gemini, 429, `{"error":{"code":400,"message":"m","status":"INVALID_ARGUMENT"}}`, "code 400"},
		{Gemini, 429, `{"error":{"code":429,"message":"m","status":"rate_limit_error"}}`, "unknown status"},
		{Gemini, 400, `{"error":{"code":400,"message":"","status":"INVALID_ARGUMENT"}}`, "is empty"},
	}
	for _, tt := range tests {
		err := Failure(tt.dialect, tt.status, []byte(tt.body)).Err()
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s %s: got %v, want %q", tt.dialect, tt.body, err, tt.want)
		}
	}
}
