package anthropic

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

func TestDecodeError(t *testing.T) {
	for _, c := range []struct {
		status int
		body   string
		kind   ir.ErrorKind
		msg    string
	}{
		{400, `{"type":"error","error":{"type":"invalid_request_error","message":"bad"}}`, ir.ErrInvalidRequest, "bad"},
		{400, `{"error":{"message":"prompt is too long: 210000 tokens > 200000 maximum"}}`, ir.ErrContextLength, "prompt is too long: 210000 tokens > 200000 maximum"},
		{400, `{"error":{"message":"Your credit balance is too low to access the API"}}`, ir.ErrBilling, "Your credit balance is too low to access the API"},
		{401, `{"error":{"message":"x"}}`, ir.ErrAuth, "x"},
		{402, ``, ir.ErrBilling, "Payment Required"},
		{403, `[{"error":{"code":403,"message":"denied","status":"PERMISSION_DENIED"}}]`, ir.ErrPermission, "denied"},
		{404, `{"error":"no model"}`, ir.ErrNotFound, "no model"},
		{413, `<html>`, ir.ErrTooLarge, "Request Entity Too Large"},
		{429, `{"error":{"type":"rate_limit_error","message":"slow"}}`, ir.ErrRateLimit, "slow"},
		{500, `{}`, ir.ErrUpstream, "Internal Server Error"},
		{503, `{"message":"m"}`, ir.ErrOverloaded, "m"},
		{529, `{"error":{"type":"overloaded_error","message":"Overloaded"}}`, ir.ErrOverloaded, "Overloaded"},
		{504, ``, ir.ErrTimeout, "Gateway Timeout"},
	} {
		e := Codec{}.DecodeError(c.status, http.Header{}, []byte(c.body))
		if e.Kind != c.kind || e.Message != c.msg || e.Status != c.status || e.Upstream != ir.Anthropic {
			t.Errorf("%d %s: %+v", c.status, c.body, e)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reset := time.Now().Add(30 * time.Second).UTC().Format(time.RFC3339)
		for _, c := range []struct {
			header map[string]string
			want   time.Duration
		}{
			{map[string]string{"Retry-After": "7"}, 7 * time.Second},
			{map[string]string{"Retry-After-Ms": "1500", "Retry-After": "7"}, 1500 * time.Millisecond},
			{map[string]string{"Anthropic-Ratelimit-Requests-Remaining": "3", "Anthropic-Ratelimit-Tokens-Remaining": "0", "Anthropic-Ratelimit-Tokens-Reset": reset}, 30 * time.Second},
			{map[string]string{"Anthropic-Ratelimit-Requests-Remaining": "3", "Anthropic-Ratelimit-Requests-Reset": reset}, 0},
			{map[string]string{"Retry-After": "soon"}, 0},
			{map[string]string{"Retry-After": "1e300"}, 365 * 24 * time.Hour},
			{nil, 0},
		} {
			h := http.Header{}
			for k, v := range c.header {
				h.Set(k, v)
			}
			if got := retryAfter(h); got != c.want {
				t.Errorf("%v: %s, want %s", c.header, got, c.want)
			}
		}
	})
}

func TestAppendError(t *testing.T) {
	for _, c := range []struct {
		e    ir.Error
		want string
	}{
		{ir.Error{Kind: ir.ErrInvalidRequest, Status: 400}, "invalid_request_error"},
		{ir.Error{Kind: ir.ErrUnsupported, Status: 400}, "invalid_request_error"},
		{ir.Error{Kind: ir.ErrAuth, Status: 401}, "authentication_error"},
		{ir.Error{Kind: ir.ErrBilling, Status: 403}, "billing_error"},
		{ir.Error{Kind: ir.ErrPermission, Status: 403}, "permission_error"},
		{ir.Error{Kind: ir.ErrNotFound, Status: 404}, "not_found_error"},
		{ir.Error{Kind: ir.ErrTooLarge, Status: 413}, "request_too_large"},
		{ir.Error{Kind: ir.ErrRateLimit, Status: 429}, "rate_limit_error"},
		{ir.Error{Kind: ir.ErrUpstream, Status: 502}, "api_error"},
		{ir.Error{Kind: ir.ErrOverloaded, Status: 503}, "overloaded_error"},
		{ir.Error{Kind: ir.ErrTimeout, Status: 504}, "timeout_error"},
		{ir.Error{Kind: ir.ErrOverloaded}, "overloaded_error"},
	} {
		c.e.Message = `a "b"`
		same(t, string(Codec{}.AppendError(nil, &c.e, "req_1")),
			`{"type":"error","error":{"type":"`+c.want+`","message":"a \"b\""},"request_id":"req_1"}`)
	}
	// The tool runners of Anthropic's SDKs look for this, and send the whole conversation then.
	same(t, string(Codec{}.AppendError(nil, ir.Unsupported("thread", "no threads"), "")),
		`{"type":"error","error":{"type":"invalid_request_error","message":"no threads","details":{"error_code":"thread_unsupported_request","unsupported":["model"]}}}`)
	same(t, string(Codec{}.AppendError(nil, &ir.Error{Kind: ir.ErrNotFound, Status: 404, Param: "thread", Message: "lost"}, "")),
		`{"type":"error","error":{"type":"not_found_error","message":"lost","details":{"error_code":"thread_not_found"}}}`)
	if got := string(Codec{}.AppendError(nil, &ir.Error{Status: 500}, "")); strings.Contains(got, "request_id") {
		t.Error(got)
	}
}

func TestCounts(t *testing.T) {
	if got := string(Codec{}.AppendCount(nil, 42)); got != `{"input_tokens":42}` {
		t.Error(got)
	}
	if n, err := (Codec{}).DecodeCount([]byte(`{"input_tokens":42,"context_management":{}}`)); n != 42 || err != nil {
		t.Error(n, err)
	}
	for _, bad := range []string{``, `{}`, `{"input_tokens":"x"}`} {
		if _, err := (Codec{}).DecodeCount([]byte(bad)); err == nil {
			t.Errorf("%q taken for a count", bad)
		}
	}
}
