package gemini

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// TestErrorDecoding checks what an upstream's error means for the account and
// the client.
func TestErrorDecoding(t *testing.T) {
	quota := func(id, delay string) string {
		return `{"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"` + id + `"}]},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"` + delay + `"}]}}`
	}
	info := func(reason, domain, reset string) string {
		return `{"error":{"code":429,"message":"m","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"` + reason + `","domain":"` + domain + `","metadata":{"quotaResetDelay":"` + reset + `"}}]}}`
	}
	message := func(m string) string { return `{"error":{"message":"` + m + `"}}` }
	tests := []struct {
		status int
		body   string
		kind   ir.ErrorKind
		retry  time.Duration
	}{
		{429, quota("GenerateRequestsPerMinutePerProjectPerModel-FreeTier", "34.4s"), ir.ErrRateLimit, 34400 * time.Millisecond},
		{429, quota("GenerateRequestsPerMinute", ""), ir.ErrRateLimit, time.Minute},
		{429, quota("GenerateRequestsPerDayPerProject", "34s"), ir.ErrQuota, 0},
		{429, message("Please retry in 900ms."), ir.ErrRateLimit, 900 * time.Millisecond},
		{429, message("Quota exceeded, limit: 0\\nPlease retry in 5s"), ir.ErrQuota, 0},
		{429, message("limit: 0.5, please retry in 5s"), ir.ErrRateLimit, 5 * time.Second},
		{429, message("limit: 05"), ir.ErrRateLimit, 0},
		{429, info("MODEL_CAPACITY_EXHAUSTED", "", ""), ir.ErrOverloaded, 0},
		{429, info("QUOTA_EXHAUSTED", "", "1h2m3.5s"), ir.ErrQuota, time.Hour + 2*time.Minute + 3500*time.Millisecond},
		{429, info("RATE_LIMIT_EXCEEDED", "cloudcode-pa.googleapis.com", ""), ir.ErrQuota, 0},
		{429, info("RATE_LIMIT_EXCEEDED", "googleapis.com", ""), ir.ErrRateLimit, 0},
		{429, ``, ir.ErrRateLimit, 0},
		{400, message("The input token count (2000000) exceeds the maximum number of tokens allowed (1048576)."), ir.ErrContextLength, 0},
		{400, message("Thought signature is not valid"), ir.ErrInvalidRequest, 0},
		{400, message("API key not valid. Please pass a valid API key."), ir.ErrAuth, 0},
		{400, `{"error":{"message":"bad","details":[{"reason":"API_KEY_INVALID"}]}}`, ir.ErrAuth, 0},
		{400, `{"error":{"message":"User location is not supported for the API use.","status":"FAILED_PRECONDITION"}}`, ir.ErrPermission, 0},
		{400, `{"error":{"message":"Please enable billing","status":"FAILED_PRECONDITION"}}`, ir.ErrBilling, 0},
		{403, `[{"error":{"message":"no","details":[{"reason":"BILLING_DISABLED"}]}}]`, ir.ErrBilling, 0},
		{403, `{"error":{"message":"no"}}`, ir.ErrPermission, 0},
		{404, `<html>`, ir.ErrNotFound, 0},
		{418, `{"error":"tea","errors":[]}`, ir.ErrInvalidRequest, 0},
		{503, `{"error":{"code":503,"message":"The model is overloaded."}}`, ir.ErrOverloaded, 0},
		{599, `{"message":"odd"}`, ir.ErrUpstream, 0},
		{500, `{"error":{"code":"x","message":5,"status":[],"details":{}}}`, ir.ErrInternal, 0},
		{429, `{"error":{"message":"m","details":[5,{"retryDelay":7,"violations":[1,{"quotaId":2}],"metadata":3},{"retryDelay":"-5s"}]}}`, ir.ErrRateLimit, 0},
	}
	for _, tt := range tests {
		e := Codec{}.DecodeError(tt.status, http.Header{}, []byte(tt.body))
		if e.Kind != tt.kind || e.RetryAfter != tt.retry || e.Upstream != ir.Gemini || e.Message == "" || string(e.Raw) != tt.body {
			t.Errorf("%d %s: got %+v, retry after %v", tt.status, tt.body, e, e.RetryAfter)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	for value, want := range map[string]time.Duration{
		"": 0, "7": 7 * time.Second, "1.5": 1500 * time.Millisecond, "-1": 0, "1e99": 0, "soon": 0,
		"Mon, 02 Feb 2026 02:41:00 GMT": time.Minute, "Mon, 02 Feb 2026 02:39:00 GMT": 0,
	} {
		h := http.Header{"Retry-After": {value}, "Date": {"Mon, 02 Feb 2026 02:40:00 GMT"}}
		if got := (Codec{}).DecodeError(503, h, nil).RetryAfter; got != want {
			t.Errorf("%q: %v, want %v", value, got, want)
		}
	}
	h := http.Header{"Retry-After": {"Mon, 02 Feb 2026 02:41:00 GMT"}}
	if got := (Codec{}).DecodeError(503, h, nil).RetryAfter; got != 0 {
		t.Errorf("a date without a date: %v", got)
	}
}

func TestErrorEncoding(t *testing.T) {
	tests := []struct {
		err  ir.Error
		want string
	}{
		{ir.Error{Status: 429, Message: "m", RetryAfter: 34400 * time.Millisecond}, `{"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"35s"}]}}`},
		{ir.Error{Status: 529, Message: "\"q\"\n"}, `{"error":{"code":503,"message":"\"q\"\n","status":"UNAVAILABLE"}}`},
		{ir.Error{Status: 400, Message: "m", Param: "contents[0]"}, `{"error":{"code":400,"message":"contents[0]: m","status":"INVALID_ARGUMENT"}}`},
		{ir.Error{Status: 400, Message: "contents[0] is bad", Param: "contents[0]"}, `{"error":{"code":400,"message":"contents[0] is bad","status":"INVALID_ARGUMENT"}}`},
		{ir.Error{Message: "m"}, `{"error":{"code":500,"message":"m","status":"INTERNAL"}}`},
		{ir.Error{Status: 418, Message: "m"}, `{"error":{"code":418,"message":"m","status":"INVALID_ARGUMENT"}}`},
		{ir.Error{Status: 599, Message: "m", RetryAfter: time.Second}, `{"error":{"code":599,"message":"m","status":"INTERNAL"}}`},
	}
	for _, tt := range tests {
		got := Codec{}.AppendError(nil, &tt.err, "req_1")
		sameJSON(t, got, tt.want)
		if strings.Contains(string(got), "req_1") {
			t.Error("the request id has no place in the dialect")
		}
	}
}

// TestPaths checks which JSONPaths of partial arguments can be read.
func TestPaths(t *testing.T) {
	for path, want := range map[string]string{
		"$.a": `{"a":1}`, "$['a.b']": `{"a.b":1}`, `$["x"].y[2]`: `{"x":{"y":[null,null,1]}}`, "$.a[0][1]": `{"a":[[null,1]]}`,
		"": `{}`, "$": `{}`, "a": `{}`, "$.": `{}`, "$..a": `{}`, "$[": `{}`, "$['a": `{}`, "$['a'": `{}`, "$.a[x]": `{"a":null}`, "$.a[-1]": `{"a":null}`,
		"$.a[1000]": `{"a":null}`,
	} {
		var c partialCall
		c.add([]byte(`[{"jsonPath":` + string(ir.AppendQuoted(nil, path)) + `,"numberValue":1}]`))
		sameJSON(t, c.bytes(), want)
	}
	var c partialCall
	c.add([]byte(`[{"jsonPath":"$.a","stringValue":"x"},{"jsonPath":"$.a.b","nullValue":"NULL_VALUE"},{"jsonPath":"$.c","boolValue":false},{"json_path":"$.d","string_value":"y"},{"jsonPath":"$.e"},{]`))
	sameJSON(t, c.bytes(), `{"a":{"b":null},"c":false,"d":"y","e":null}`)
	deep := partialCall{}
	deep.add([]byte(`[{"jsonPath":"$` + strings.Repeat(".a", 1000) + `","numberValue":1}]`))
	if n := strings.Count(string(deep.bytes()), "{"); n > maxSteps {
		t.Errorf("%d levels", n)
	}
	whole := partialCall{whole: []byte(`{"z":1}`)}
	sameJSON(t, whole.bytes(), `{"z":1}`)
}
