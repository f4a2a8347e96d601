package handlers

import (
	"net/http"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-ai-gateway/ai-gateway/providers"
)

// presetChat is a chat client's request with what servers take differently. Clients of the server's own dialect are
// relayed; what is sent for others shows what a preset knows.
const (
	presetChat     = `{"model":"m","stream":true,"messages":[{"role":"user","content":"hi"}]}`
	presetMessages = `{"model":"m","max_tokens":50,"stream":true,"top_k":5,"system":"be kind","stop_sequences":["a","b","c","d","e"],
		"messages":[{"role":"user","content":[{"type":"text","text":"look"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}}]},
		{"role":"assistant","content":"ok"},{"role":"user","content":"go on"},{"role":"assistant","content":"I"}],
		"tools":[{"name":"get","input_schema":{"type":"object","properties":{"a":{"type":"string"}}}}],"tool_choice":{"type":"auto","disable_parallel_tool_use":true}}`
	presetResponses = `{"model":"m","max_output_tokens":50,"stream":true,"top_logprobs":2,"include":["message.output_text.logprobs"],
		"input":[{"role":"developer","content":"be kind"},{"role":"user","content":"hi"},{"role":"developer","content":"be brief"},{"role":"user","content":"go"}],
		"text":{"format":{"type":"json_schema","name":"n","strict":true,"schema":{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}}}}`
)

// TestPresetWire checks what every preset sends where its server differs from OpenAI's: places in the body, and what
// stands there; nothing is an empty text.
func TestPresetWire(t *testing.T) {
	usage := `{"include_usage":true}`
	for _, c := range []struct {
		preset, path, body string
		want               map[string]string
	}{
		{"openrouter", "/v1/chat/completions", presetChat, map[string]string{"stream_options": usage}},
		{"openrouter", "/v1/messages", presetMessages, map[string]string{"top_k": "5", "max_tokens": "50", "parallel_tool_calls": "false"}},
		{"deepseek", "/v1/messages", presetMessages, map[string]string{"max_tokens": "50", "max_completion_tokens": "", "stop.#": "5", "messages.0.role": `"system"`}},
		{"deepseek", "/v1/responses", presetResponses, map[string]string{"response_format.type": `"json_object"`, "messages.0.role": `"system"`, "stream_options": usage}},
		{"mistral", "/v1/chat/completions", presetChat, map[string]string{"stream_options": ""}},
		{"mistral", "/v1/messages", presetMessages, map[string]string{"stream_options": "", "max_tokens": "50", "messages.@reverse.0.role": `"user"`}},
		{"mistral", "/v1/responses", presetResponses, map[string]string{"logprobs": "", "top_logprobs": "", "response_format.type": `"json_schema"`, "messages.0.role": `"system"`}},
		{"groq", "/v1/responses", presetResponses, map[string]string{"logprobs": "", "top_logprobs": "", "max_tokens": "50"}},
		{"vllm", "/v1/messages", presetMessages, map[string]string{"top_k": "5", "stream_options": usage}},
		{"vllm", "/v1/responses", presetResponses, map[string]string{`messages.#(role=="system")#.role`: `["system"]`, "messages.0.role": `"system"`, "logprobs": "true"}},
		{"ollama", "/v1/responses", presetResponses, map[string]string{`messages.#(role=="system")#.role`: `["system"]`, "messages.0.role": `"system"`, "max_tokens": "50"}},
		{"ollama", "/v1/messages", presetMessages, map[string]string{"parallel_tool_calls": "", "top_k": "", "max_tokens": "50"}},
		{"lmstudio", "/v1/responses", presetResponses, map[string]string{`messages.#(role=="system")#.role`: `["system"]`, "max_tokens": "50"}},
		{"lmstudio", "/v1/messages", presetMessages, map[string]string{"parallel_tool_calls": "", "top_k": ""}},
	} {
		up := newUpstream(t, fails(http.StatusBadRequest, `{"error":{"message":"seen"}}`))
		p := &providers.OpenAICompatible{Preset: c.preset}
		f := serve(t, gatewaySpec{accounts: []accountSpec{{name: "a", provider: p, url: up.URL}}})
		upstreamOf(f.Pool.Accounts()[0]).Override = p.Adjust
		f.post(c.path, c.body)
		asked := up.requests()
		if len(asked) != 1 {
			t.Fatalf("%s: asked %d times", c.preset, len(asked))
		}
		for place, want := range c.want {
			if got := gjson.Get(asked[0].body, place).Raw; got != want {
				t.Errorf("%s from %s: %s is %s, want %s\n%s", c.preset, c.path, place, got, want, asked[0].body)
			}
		}
	}
}
