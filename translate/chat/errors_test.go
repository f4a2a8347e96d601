package chat

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

func TestDecodeError(t *testing.T) {
	tests := []struct {
		name    string
		status  int
		body    string
		kind    ir.ErrorKind
		message string
		code    string
	}{
		{"context length", 400, `{"error":{"message":"too long","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}`, ir.ErrContextLength, "too long", "context_length_exceeded"},
		{"context length in words", 400, `{"object":"error","message":"This model's maximum context length is 4096 tokens.","type":"BadRequestError","code":400}`, ir.ErrContextLength, "This model's maximum context length is 4096 tokens.", ""},
		{"quota", 429, `{"error":{"message":"pay","type":"insufficient_quota","code":"insufficient_quota"}}`, ir.ErrQuota, "pay", "insufficient_quota"},
		{"rate", 429, `{"error":{"message":"slow","type":"requests","code":"rate_limit_exceeded"}}`, ir.ErrRateLimit, "slow", "rate_limit_exceeded"},
		{"a key in a 401", 401, `{"error":{"message":"bad key","type":"invalid_request_error","code":"invalid_api_key"}}`, ir.ErrAuth, "bad key", "invalid_api_key"},
		{"a model that is not there", 404, `{"error":{"message":"no","code":"model_not_found"}}`, ir.ErrNotFound, "no", "model_not_found"},
		{"a server that says 500 for the client's fault", 500, `{"error":{"message":"no","type":"invalid_request_error"}}`, ir.ErrUpstream, "no", ""},
		{"an error of a string", 400, `{"error":"model requires more memory"}`, ir.ErrInvalidRequest, "model requires more memory", ""},
		{"FastAPI", 422, `{"detail":[{"loc":["body"],"msg":"field required"}]}`, ir.ErrInvalidRequest, "field required", ""},
		{"Google's list", 400, `[{"error":{"code":400,"message":"bad","status":"INVALID_ARGUMENT"}}]`, ir.ErrInvalidRequest, "bad", ""},
		{"a page", 502, `<html>`, ir.ErrUpstream, "Bad Gateway", ""},
		{"a text", 503, `busy`, ir.ErrOverloaded, "busy", ""},
		{"nothing", 529, ``, ir.ErrOverloaded, "the upstream answered with status 529", ""},
		{
			"deeper than any parser should follow", 500, `{"error":{"message":"m"},"x":` + strings.Repeat("[", 600) + strings.Repeat("]", 600) + `}`,
			ir.ErrUpstream, "Internal Server Error", "",
		},
		{"a status nobody knows", 418, `{}`, ir.ErrInvalidRequest, "I'm a teapot", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := Codec{}.DecodeError(tt.status, nil, []byte(tt.body))
			if e.Kind != tt.kind || e.Message != tt.message || e.Code != tt.code || e.Status != tt.status || e.Upstream != ir.Chat {
				t.Errorf("got %+v", e)
			}
		})
	}
}

func TestRetryAfter(t *testing.T) {
	tests := []struct {
		header http.Header
		want   time.Duration
	}{
		{http.Header{"Retry-After": {"3"}}, 3 * time.Second},
		{http.Header{"Retry-After": {"3"}, "Retry-After-Ms": {"1500"}}, 1500 * time.Millisecond},
		{http.Header{"Retry-After": {"soon"}}, 0},
		{http.Header{"Retry-After": {"-1"}}, 0},
		{http.Header{"X-Ratelimit-Remaining-Requests": {"5"}, "X-Ratelimit-Reset-Requests": {"1h"}, "X-Ratelimit-Remaining-Tokens": {"0"}, "X-Ratelimit-Reset-Tokens": {"6m0s"}}, 6 * time.Minute},
		{http.Header{"Retry-After": {"3"}, "X-Ratelimit-Remaining-Tokens": {"0"}, "X-Ratelimit-Reset-Tokens": {"6m0s"}}, 3 * time.Second},
		{http.Header{"Retry-After": {"Mon, 02 Jan 2006 15:04:05 GMT"}}, 0},
		{nil, 0},
	}
	for _, tt := range tests {
		if got := (Codec{}).DecodeError(429, tt.header, nil).RetryAfter; got != tt.want {
			t.Errorf("%v: %v", tt.header, got)
		}
	}
}

func TestAppendError(t *testing.T) {
	tests := []struct {
		e    ir.Error
		want string
	}{
		{ir.Error{Kind: ir.ErrInvalidRequest, Message: "a \"b\"", Param: "messages[0]"}, `{"error":{"message":"a \"b\"","type":"invalid_request_error","param":"messages[0]","code":null}}`},
		{ir.Error{Kind: ir.ErrAuth, Message: "Invalid API key"}, `{"error":{"message":"Invalid API key","type":"authentication_error","param":null,"code":"invalid_api_key"}}`},
		{ir.Error{Kind: ir.ErrRateLimit, Message: "m"}, `{"error":{"message":"m","type":"rate_limit_error","param":null,"code":"rate_limit_exceeded"}}`},
		{ir.Error{Kind: ir.ErrOverloaded, Type: "upstream_error", Message: "m"}, `{"error":{"message":"m","type":"upstream_error","param":null,"code":null}}`},
		{ir.Error{Kind: ir.ErrInvalidRequest, Upstream: ir.Gemini, Type: "INVALID_ARGUMENT", Message: "m"}, `{"error":{"message":"m","type":"invalid_request_error","param":null,"code":null}}`},
		{ir.Error{Kind: "new", Message: "m"}, `{"error":{"message":"m","type":"api_error","param":null,"code":null}}`},
	}
	for _, tt := range tests {
		sameJSON(t, Codec{}.AppendError(nil, &tt.e, "req_1"), tt.want)
	}
}
