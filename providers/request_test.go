package providers

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// clientHeader is what a client might send, with all that must stay behind.
func clientHeader() http.Header {
	h := http.Header{}
	for name, value := range map[string]string{
		"Authorization": "Bearer sk-client", "X-Api-Key": "sk-client", "X-Goog-Api-Key": "sk-client", "Api-Key": "sk-client",
		"Cookie": "session=1", "Forwarded": "for=192.0.2.1", "X-Forwarded-For": "192.0.2.1", "Via": "1.1 proxy",
		"User-Agent": "client/1.0", "Accept-Encoding": "gzip", "Connection": "keep-alive", "Host": "gateway.example.com",
		"OpenAI-Organization": "org-client", "OpenAI-Project": "proj-client", "OpenAI-Beta": "assistants=v2",
		"Idempotency-Key": "i-1", "X-Client-Request-Id": "r-1", "Accept-Language": "en", "Originator": "codex_cli_rs",
		"session_id": "s-1", "session-id": "s-2", "conversation_id": "c-1", "thread-id": "t-1", "version": "0.50.0",
		"x-codex-turn": "3", "chatgpt-account-id": "acc", "X-App": "cli", "X-Stainless-Lang": "js",
		"Anthropic-Version": "2026-10-21", "Anthropic-Beta": "context-1m-2025-08-07, skills-2025-10-02",
		"Anthropic-Workspace-Id": "w-1", "Anthropic-Dangerous-Direct-Browser-Access": "true",
		"X-Goog-Api-Client": "google-genai-sdk/1.30.0",
	} {
		h.Set(name, value)
	}
	return h
}

// dump writes a request as text: the line, then the headers in order without User-Agent, then the body.
func dump(t *testing.T, req *http.Request) string {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n", req.Method, req.URL)
	if req.Host != req.URL.Host {
		fmt.Fprintf(&b, "Host: %s\n", req.Host)
	}
	for _, name := range slices.Sorted(maps.Keys(req.Header)) {
		for _, value := range req.Header[name] {
			if name != "User-Agent" {
				fmt.Fprintf(&b, "%s: %s\n", name, value)
			}
		}
	}
	if req.Body != nil {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(body)
	}
	return strings.TrimSpace(b.String())
}

const requestBody = `{"x":1}`

// requestTests are calls and the requests that come of them.
var requestTests = []struct {
	name     string
	provider Provider
	call     Call
	want     string
}{{
	name:     "openai chat from another dialect",
	provider: &OpenAI{},
	call:     Call{Op: ir.Generate, Dialect: ir.Chat, Secret: "sk-up"},
	want: `POST https://api.openai.com/v1/chat/completions
Accept: application/json
Authorization: Bearer sk-up
Content-Type: application/json
` + requestBody,
}, {
	name:     "openai chat relayed",
	provider: &OpenAI{Organization: "org-1", Project: "proj-1"},
	call:     Call{Op: ir.Generate, Dialect: ir.Chat, Secret: "sk-up", Stream: true, SameDialect: true},
	want: `POST https://api.openai.com/v1/chat/completions
Accept: text/event-stream
Accept-Encoding: identity
Accept-Language: en
Authorization: Bearer sk-up
Content-Type: application/json
Idempotency-Key: i-1
Openai-Beta: assistants=v2
Openai-Organization: org-1
Openai-Project: proj-1
X-Client-Request-Id: r-1
` + requestBody,
}, {
	name:     "openai responses relayed",
	provider: &OpenAI{},
	call:     Call{Op: ir.Generate, Dialect: ir.Responses, Secret: "sk-up", SameDialect: true},
	want: `POST https://api.openai.com/v1/responses
Accept: application/json
Accept-Language: en
Authorization: Bearer sk-up
Content-Type: application/json
Conversation_id: c-1
Idempotency-Key: i-1
Openai-Beta: assistants=v2
Originator: codex_cli_rs
Session-Id: s-2
Session_id: s-1
Thread-Id: t-1
Version: 0.50.0
X-Client-Request-Id: r-1
X-Codex-Turn: 3
` + requestBody,
}, {
	name:     "openai count",
	provider: &OpenAI{},
	call:     Call{Op: ir.CountTokens, Dialect: ir.Responses, Secret: "sk-up"},
	want: `POST https://api.openai.com/v1/responses/input_tokens
Accept: application/json
Authorization: Bearer sk-up
Content-Type: application/json
` + requestBody,
}, {
	name:     "openai embeddings",
	provider: &OpenAI{},
	call:     Call{Op: ir.Embed, Dialect: ir.Chat, Secret: "sk-up"},
	want: `POST https://api.openai.com/v1/embeddings
Accept: application/json
Authorization: Bearer sk-up
Content-Type: application/json
` + requestBody,
}, {
	name:     "compatible without a key, with a query and a slash in base_url",
	provider: &OpenAICompatible{},
	call: Call{Op: ir.Generate, Dialect: ir.Chat, BaseURL: "http://127.0.0.1:8000/a%2Fb/v1/?api-version=2", SameDialect: true,
		Header: http.Header{"authorization": {"Token t"}, "host": {"inner.example.com"}, "Accept-Language": {"de"},
			"Content-Length": {"9"}, "Connection": {"close"}}},
	want: `POST http://127.0.0.1:8000/a%2Fb/v1/chat/completions?api-version=2
Host: inner.example.com
Accept: application/json
Accept-Language: de
Authorization: Token t
Content-Type: application/json
Idempotency-Key: i-1
Openai-Beta: assistants=v2
X-Client-Request-Id: r-1
` + requestBody,
}, {
	name:     "anthropic from another dialect",
	provider: &Anthropic{},
	call: Call{Op: ir.Generate, Dialect: ir.Anthropic, Secret: "sk-up", Stream: true,
		Header: http.Header{"Anthropic-Beta": {"structured-outputs-2025-11-13"}}},
	want: `POST https://api.anthropic.com/v1/messages
Accept: text/event-stream
Accept-Encoding: identity
Anthropic-Beta: structured-outputs-2025-11-13
Anthropic-Version: 2023-06-01
Content-Type: application/json
X-Api-Key: sk-up
` + requestBody,
}, {
	name:     "anthropic relayed",
	provider: &Anthropic{},
	call: Call{Op: ir.Generate, Dialect: ir.Anthropic, Secret: "sk-up", SameDialect: true,
		Header: http.Header{"Anthropic-Beta": {"skills-2025-10-02,fast-mode-2026-02-01"}}},
	want: `POST https://api.anthropic.com/v1/messages
Accept: application/json
Anthropic-Beta: context-1m-2025-08-07,skills-2025-10-02,fast-mode-2026-02-01
Anthropic-Version: 2026-10-21
Anthropic-Workspace-Id: w-1
Content-Type: application/json
X-Api-Key: sk-up
X-App: cli
X-Stainless-Lang: js
` + requestBody,
}, {
	name:     "anthropic count",
	provider: &Anthropic{},
	call:     Call{Op: ir.CountTokens, Dialect: ir.Anthropic, Secret: "sk-up"},
	want: `POST https://api.anthropic.com/v1/messages/count_tokens
Accept: application/json
Anthropic-Version: 2023-06-01
Content-Type: application/json
X-Api-Key: sk-up
` + requestBody,
}, {
	name:     "gemini",
	provider: &Gemini{},
	call:     Call{Op: ir.Generate, Dialect: ir.Gemini, Model: "gemini-3-pro", Secret: "sk-up", SameDialect: true},
	want: `POST https://generativelanguage.googleapis.com/v1beta/models/gemini-3-pro:generateContent
Accept: application/json
Content-Type: application/json
X-Goog-Api-Key: sk-up
` + requestBody,
}, {
	name:     "gemini stream of a model with slash, colon and blank",
	provider: &Gemini{},
	call:     Call{Op: ir.Generate, Dialect: ir.Gemini, Model: "models/org/a b:c?d", Secret: "sk-up", Stream: true},
	want: `POST https://generativelanguage.googleapis.com/v1beta/models/org/a%20b:c%3Fd:streamGenerateContent?alt=sse
Accept: text/event-stream
Accept-Encoding: identity
Content-Type: application/json
X-Goog-Api-Key: sk-up
` + requestBody,
}, {
	name:     "gemini tuned model",
	provider: &Gemini{},
	call:     Call{Op: ir.CountTokens, Dialect: ir.Gemini, Model: "tunedModels/mine"},
	want: `POST https://generativelanguage.googleapis.com/v1beta/tunedModels/mine:countTokens
Accept: application/json
Content-Type: application/json
` + requestBody,
}, {
	name:     "gemini embeddings",
	provider: &Gemini{},
	call:     Call{Op: ir.Embed, Dialect: ir.Gemini, Model: "gemini-embedding-001"},
	want: `POST https://generativelanguage.googleapis.com/v1beta/models/gemini-embedding-001:batchEmbedContents
Accept: application/json
Content-Type: application/json
` + requestBody,
}, {
	name:     "gemini one embedding",
	provider: &Gemini{},
	call:     Call{Op: ir.Embed, Action: "embedContent", Dialect: ir.Gemini, Model: "gemini-embedding-001"},
	want: `POST https://generativelanguage.googleapis.com/v1beta/models/gemini-embedding-001:embedContent
Accept: application/json
Content-Type: application/json
` + requestBody,
}, {
	name:     "simulator chat",
	provider: &Simulator{},
	call:     Call{Op: ir.Generate, Dialect: ir.Chat},
	want: `POST http://simulator.invalid/v1/chat/completions
Accept: application/json
Content-Type: application/json
` + requestBody,
}, {
	name:     "simulator anthropic",
	provider: &Simulator{},
	call:     Call{Op: ir.Generate, Dialect: ir.Anthropic},
	want: `POST http://simulator.invalid/v1/messages
Accept: application/json
Anthropic-Version: 2023-06-01
Content-Type: application/json
` + requestBody,
}, {
	name:     "simulator gemini",
	provider: &Simulator{},
	call:     Call{Op: ir.Generate, Dialect: ir.Gemini, Model: "demo"},
	want: `POST http://simulator.invalid/v1beta/models/demo:generateContent
Accept: application/json
Content-Type: application/json
` + requestBody,
}}

func TestRequest(t *testing.T) {
	for _, tt := range requestTests {
		t.Run(tt.name, func(t *testing.T) {
			call := tt.call
			call.Body, call.Client = []byte(requestBody), clientHeader()
			if call.BaseURL == "" {
				call.BaseURL = tt.provider.Defaults().BaseURL
			}
			req, err := tt.provider.Request(t.Context(), &call)
			if err != nil {
				t.Fatal(err)
			}
			if req.GetBody == nil || req.ContentLength != int64(len(requestBody)) {
				t.Error("the body cannot be sent again")
			}
			if got := req.Header.Get("User-Agent"); !strings.HasPrefix(got, "ai-gateway/") {
				t.Errorf("User-Agent is %q", got)
			}
			if got := dump(t, req); got != tt.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, tt.want)
			}
			if !bytes.Equal(call.Body, []byte(requestBody)) || call.Client.Get("X-Api-Key") != "sk-client" {
				t.Error("the call was changed")
			}
		})
	}
}

func TestRequestErrors(t *testing.T) {
	tests := []struct {
		name     string
		provider Provider
		call     Call
	}{
		{"relative base URL", &OpenAI{}, Call{Op: ir.Generate, Dialect: ir.Chat, BaseURL: "api.openai.com/sk-up"}},
		{"broken base URL", &OpenAI{}, Call{Op: ir.Generate, Dialect: ir.Chat, BaseURL: "https://u:sk-up@[::1"}},
		{"chat cannot count", &OpenAI{}, Call{Op: ir.CountTokens, Dialect: ir.Chat, BaseURL: "https://a"}},
		{"openai in a foreign dialect", &OpenAI{}, Call{Op: ir.Generate, Dialect: ir.Gemini, BaseURL: "https://a"}},
		{"anthropic has no embeddings", &Anthropic{}, Call{Op: ir.Embed, Dialect: ir.Anthropic, BaseURL: "https://a"}},
		{"anthropic in a foreign dialect", &Anthropic{}, Call{Op: ir.Generate, Dialect: ir.Chat, BaseURL: "https://a"}},
		{"gemini in a foreign dialect", &Gemini{}, Call{Op: ir.Generate, Dialect: ir.Chat, Model: "m", BaseURL: "https://a"}},
		{"gemini unknown action", &Gemini{}, Call{Op: ir.Embed, Action: "predict", Dialect: ir.Gemini, Model: "m", BaseURL: "https://a"}},
		{"gemini model that climbs", &Gemini{}, Call{Op: ir.Generate, Dialect: ir.Gemini, Model: "../../v1/x", BaseURL: "https://a"}},
		{"gemini model with an empty segment", &Gemini{}, Call{Op: ir.Generate, Dialect: ir.Gemini, Model: "a//b", BaseURL: "https://a"}},
		{"gemini without a model", &Gemini{}, Call{Op: ir.Generate, Dialect: ir.Gemini, BaseURL: "https://a"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.call.Secret, tt.call.Body = "sk-up", []byte("{}")
			_, err := tt.provider.Request(t.Context(), &tt.call)
			if err == nil {
				t.Fatal("no error")
			}
			if strings.Contains(err.Error(), "sk-up") {
				t.Errorf("the error holds the secret: %v", err)
			}
		})
	}
}
