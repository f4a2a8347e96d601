package translate

import (
	"strings"
	"testing"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// TestClientError covers what a client sees of an upstream's error.
func TestClientError(t *testing.T) {
	const (
		auth        = "Upstream authentication failed, please contact administrator"
		forbidden   = "Upstream access forbidden, please contact administrator"
		limited     = "Upstream rate limit exceeded, please retry later"
		overloaded  = "Upstream service overloaded, please retry later"
		unavailable = "Upstream service temporarily unavailable"
		failed      = "Upstream request failed"
	)
	tests := []struct {
		status  int
		kind    ir.ErrorKind
		want    int
		typ     string
		message string
	}{
		{401, ir.ErrAuth, 502, "upstream_error", auth},
		{403, ir.ErrPermission, 502, "upstream_error", forbidden},
		{429, ir.ErrRateLimit, 429, "rate_limit_error", limited},
		{429, ir.ErrQuota, 429, "rate_limit_error", limited},
		{529, ir.ErrOverloaded, 503, "upstream_error", overloaded},
		{500, ir.ErrInternal, 502, "upstream_error", unavailable},
		{502, ir.ErrUpstream, 502, "upstream_error", unavailable},
		{503, ir.ErrOverloaded, 502, "upstream_error", unavailable},
		{504, ir.ErrTimeout, 502, "upstream_error", unavailable},
		{402, ir.ErrBilling, 502, "upstream_error", failed},
		{408, ir.ErrTimeout, 502, "upstream_error", failed},
		{418, ir.ErrInvalidRequest, 502, "upstream_error", failed},
		{501, ir.ErrUnimplemented, 502, "upstream_error", failed},
		{302, ir.ErrUpstream, 502, "upstream_error", failed},
		{400, ir.ErrInvalidRequest, 400, "", "secret [redacted]"},
		{400, ir.ErrContextLength, 400, "", "secret [redacted]"},
		{404, ir.ErrNotFound, 404, "", "secret [redacted]"},
		{409, ir.ErrConflict, 409, "", "secret [redacted]"},
		{413, ir.ErrTooLarge, 413, "", "secret [redacted]"},
		{422, ir.ErrInvalidRequest, 422, "", "secret [redacted]"},
		{400, ir.ErrAuth, 502, "upstream_error", auth},
		{400, ir.ErrBilling, 502, "upstream_error", failed},
	}
	for _, test := range tests {
		e := &ir.Error{
			Status: test.status, Kind: test.kind, Message: "secret sk-abcdef123456", Type: "vendor_type", Upstream: ir.Chat,
			RetryAfter: 7 * time.Second, Raw: []byte(`{"a":"sk-abcdef123456"}`),
		}
		got := ClientError(e, false)
		if got.Status != test.want || got.Type != test.typ || got.Message != test.message || got.RetryAfter != e.RetryAfter {
			t.Errorf("%d %s: got %+v", test.status, test.kind, got)
		}
		if got.Raw != nil {
			t.Errorf("%d: the upstream's body goes along: %s", test.status, got.Raw)
		}
		if e.Message != "secret sk-abcdef123456" || e.Type != "vendor_type" || e.Raw == nil {
			t.Errorf("%d: the original is changed: %+v", test.status, e)
		}
		stream := ClientError(e, true)
		if stream.Kind != test.kind && test.status != 400 {
			t.Errorf("%d: inside a stream the kind is %s, want %s", test.status, stream.Kind, test.kind)
		}
		if stream.Type != "" || strings.Contains(stream.Message, "sk-abcdef") {
			t.Errorf("%d: inside a stream it is %+v", test.status, stream)
		}
	}
}

// TestOverloadInStream is told as overload: no status says it there.
func TestOverloadInStream(t *testing.T) {
	for _, status := range []int{503, 529} {
		got := ClientError(&ir.Error{Status: status, Kind: ir.ErrOverloaded, Upstream: ir.Anthropic}, true)
		if got.Message != "Upstream service overloaded, please retry later" || got.Kind != ir.ErrOverloaded {
			t.Errorf("%d: got %+v", status, got)
		}
	}
}

// TestOwnErrors are shown as they are.
func TestOwnErrors(t *testing.T) {
	e := &ir.Error{Status: 503, Kind: ir.ErrOverloaded, Message: "No available accounts", Type: "upstream_error"}
	if got := ClientError(e, false); got != e {
		t.Errorf("got %+v", got)
	}
}

// TestContextLength says the words by which Claude Code knows to compact, once,
// and to Anthropic's clients only.
func TestContextLength(t *testing.T) {
	const words = "prompt is too long: "
	for _, test := range []struct {
		kind          ir.ErrorKind
		client        ir.Dialect
		message, want string
	}{
		{ir.ErrContextLength, ir.Anthropic, "maximum context length is 10", words + "maximum context length is 10"},
		{ir.ErrContextLength, ir.Anthropic, words + "20 > 10", words + "20 > 10"},
		{ir.ErrContextLength, ir.Anthropic, "prompt is too long", "prompt is too long"},
		{ir.ErrContextLength, ir.Chat, "maximum", "maximum"},
		{ir.ErrInvalidRequest, ir.Anthropic, "maximum", "maximum"},
	} {
		e := &ir.Error{Kind: test.kind, Message: test.message}
		if got := ContextLength(e, test.client).Message; got != test.want || e.Message != test.message {
			t.Errorf("%s %s %q: got %q", test.kind, test.client, test.message, got)
		}
	}
}
