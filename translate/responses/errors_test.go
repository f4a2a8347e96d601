package responses

import (
	"net/http"
	"testing"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

func TestDecodeError(t *testing.T) {
	for _, c := range []struct {
		status int
		header http.Header
		body   string
		want   string
		code   string
		wait   time.Duration
	}{
		{400, nil, `{"error":{"message":"long","type":"invalid_request_error","code":"context_length_exceeded"}}`, "context_length (400): long", "context_length_exceeded", 0},
		{400, nil, `{"error":{"message":"bad","type":"invalid_request_error","param":"input[0]","code":null}}`, "invalid_request (400): input[0]: bad", "", 0},
		{400, nil, `{"error":{"message":"sig","code":"invalid_encrypted_content"}}`, "invalid_request (400): sig", "invalid_encrypted_content", 0},
		{401, nil, `{"error":{"message":"key","code":"invalid_api_key"}}`, "auth (401): key", "invalid_api_key", 0},
		{404, nil, `{"detail":"gone"}`, "not_found (404): gone", "", 0},
		{429, http.Header{"Retry-After-Ms": {"1500"}, "Retry-After": {"9"}}, `{"error":{"message":"slow","code":"rate_limit_exceeded"}}`, "rate_limit (429): slow", "rate_limit_exceeded", 1500 * time.Millisecond},
		{429, http.Header{"Retry-After": {"Mon, 02 Feb 2026 02:40:30 GMT"}, "Date": {"Mon, 02 Feb 2026 02:40:00 GMT"}}, `{}`, "rate_limit (429): Too Many Requests", "", 30 * time.Second},
		{429, http.Header{"X-Ratelimit-Remaining-Requests": {"5"}, "X-Ratelimit-Reset-Requests": {"1h"}, "X-Ratelimit-Remaining-Tokens": {"0"}, "X-Ratelimit-Reset-Tokens": {"6m0s"}}, ``, "rate_limit (429): Too Many Requests", "", 6 * time.Minute},
		{429, nil, `{"error":{"message":"m","code":"insufficient_quota"}}`, "quota_exhausted (429): m", "insufficient_quota", 0},
		{429, nil, `{"error":{"type":"usage_limit_reached","message":"m","resets_in_seconds":60}}`, "quota_exhausted (429): m", "", time.Minute},
		{429, http.Header{"Date": {"Mon, 02 Feb 2026 02:40:00 GMT"}}, `{"error":{"type":"usage_limit_reached","message":"m","resets_at":1770000010}}`, "quota_exhausted (429): m", "", 10 * time.Second},
		{429, http.Header{"X-Codex-Primary-Used-Percent": {"42.5"}, "X-Codex-Primary-Reset-After-Seconds": {"99"}, "X-Codex-Secondary-Used-Percent": {"100"}, "X-Codex-Secondary-Reset-After-Seconds": {"7200"}}, `{"error":{"type":"usage_limit_reached","message":"m"}}`, "quota_exhausted (429): m", "", 2 * time.Hour},
		{500, nil, `<html>`, "upstream (500): Internal Server Error", "", 0},
		{503, nil, `{"error":{"message":"busy","code":"rate_limit_exceeded"}}`, "overloaded (503): busy", "rate_limit_exceeded", 0},
		{529, nil, ``, "overloaded (529): ", "", 0},
	} {
		e := Codec{}.DecodeError(c.status, c.header, []byte(c.body))
		if e.Error() != c.want || e.Code != c.code || e.RetryAfter != c.wait || e.Upstream != ir.Responses {
			t.Errorf("%d %s: got %v, code %q, wait %s", c.status, c.body, e, e.Code, e.RetryAfter)
		}
	}
}

func TestAppendError(t *testing.T) {
	for _, c := range []struct {
		err  *ir.Error
		want string
	}{
		{ir.Invalid("input[0]", "bad %q", "x"), `{"error":{"message":"bad \"x\"","type":"invalid_request_error","param":"input[0]","code":null}}`},
		{ir.Unsupported("n", "no"), `{"error":{"message":"no","type":"invalid_request_error","param":"n","code":"unsupported_for_target"}}`},
		{&ir.Error{Kind: ir.ErrAuth, Message: "m"}, `{"error":{"message":"m","type":"authentication_error","param":null,"code":"invalid_api_key"}}`},
		{&ir.Error{Kind: ir.ErrRateLimit, Message: "m", Type: "requests", Code: "c"}, `{"error":{"message":"m","type":"requests","param":null,"code":"c"}}`},
		{&ir.Error{Message: "m"}, `{"error":{"message":"m","type":"api_error","param":null,"code":null}}`},
	} {
		same(t, string(Codec{}.AppendError(nil, c.err, "req_1")), c.want)
	}
}

func TestCount(t *testing.T) {
	body := Codec{}.AppendCount(nil, 42)
	same(t, string(body), `{"object":"response.input_tokens","input_tokens":42}`)
	if n, err := (Codec{}).DecodeCount(body); n != 42 || err != nil {
		t.Error(n, err)
	}
	for _, bad := range []string{``, `{}`, `{"input_tokens":"many"}`} {
		if _, err := (Codec{}).DecodeCount([]byte(bad)); err == nil {
			t.Errorf("%s was read", bad)
		}
	}
}
