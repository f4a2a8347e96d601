package handlers

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/pool"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// TestJudge says what each failure means for the account and for the request.
func TestJudge(t *testing.T) {
	none, account, model := pool.ScopeNone, pool.ScopeAccount, pool.ScopeModel
	tests := []struct {
		status int
		kind   ir.ErrorKind
		want   judgement
	}{
		{400, ir.ErrInvalidRequest, judgement{pool.ClientFault, none, false}},
		{400, ir.ErrContextLength, judgement{pool.ClientFault, none, false}},
		{413, ir.ErrContextLength, judgement{pool.ClientFault, none, false}},
		{413, ir.ErrTooLarge, judgement{pool.ClientFault, none, false}},
		{422, ir.ErrInvalidRequest, judgement{pool.ClientFault, none, false}},
		{418, ir.ErrInvalidRequest, judgement{pool.ClientFault, none, false}},
		{404, ir.ErrNotFound, judgement{pool.ClientFault, none, false}},
		{400, ir.ErrBilling, judgement{pool.RateLimited, account, true}},
		{400, ir.ErrAuth, judgement{pool.Unauthorized, account, true}},
		{401, ir.ErrAuth, judgement{pool.Unauthorized, account, true}},
		{403, ir.ErrPermission, judgement{pool.Unauthorized, account, true}},
		{402, ir.ErrBilling, judgement{pool.RateLimited, account, true}},
		{403, ir.ErrBilling, judgement{pool.RateLimited, account, true}},
		{429, ir.ErrRateLimit, judgement{pool.RateLimited, model, true}},
		{429, ir.ErrQuota, judgement{pool.RateLimited, account, true}},
		{408, ir.ErrTimeout, judgement{pool.Failed, model, true}},
		{409, ir.ErrConflict, judgement{pool.Unjudged, none, true}},
		{500, ir.ErrUpstream, judgement{pool.Failed, model, true}},
		{501, ir.ErrUnimplemented, judgement{pool.Failed, model, true}},
		{502, ir.ErrTruncated, judgement{pool.Failed, model, true}},
		{504, ir.ErrTimeout, judgement{pool.Failed, model, true}},
		{503, ir.ErrOverloaded, judgement{pool.Overloaded, model, true}},
		{529, ir.ErrOverloaded, judgement{pool.Overloaded, model, true}},
	}
	for _, test := range tests {
		if got := judge(&ir.Error{Status: test.status, Kind: test.kind}); got != test.want {
			t.Errorf("%d %s: got %+v, want %+v", test.status, test.kind, got, test.want)
		}
	}
}

// TestNetworkError tells a watchdog's verdict from what the network says, and
// keeps the network's words from the client.
func TestNetworkError(t *testing.T) {
	for cause, status := range map[error]int{nil: 502, errFirstByte: 504, errIdle: 504, errors.New("other"): 502} {
		ctx, cancel := context.WithCancelCause(context.Background())
		if cause != nil {
			cancel(cause)
		}
		e := networkError(ctx, errors.New("dial tcp 10.1.2.3:443: connection refused"))
		if e.Status != status || judge(e).kind != pool.Failed || !judge(e).retry {
			t.Errorf("%v: got %+v", cause, e)
		}
		if s := shown(e); s.Status != 502 || s.Message != "Upstream service temporarily unavailable" {
			t.Errorf("%v: the client sees %+v", cause, s)
		}
		cancel(nil)
	}
}

// TestRetryAfterHeader is whole seconds, at least one.
func TestRetryAfterHeader(t *testing.T) {
	tests := []struct {
		status       int
		wait         time.Duration
		seconds, msg string
	}{
		{429, 0, "1", "1000"}, {503, 0, "1", "1000"}, {429, time.Millisecond, "1", "1"}, {429, 1500 * time.Millisecond, "2", "1500"},
		{503, time.Minute, "60", "60000"}, {500, 0, "", ""}, {400, 0, "", ""},
	}
	for _, test := range tests {
		for _, d := range dialects {
			h := map[string][]string{}
			c := &call{route: route{dialect: d}}
			c.retryAfter(h, &ir.Error{Status: test.status, RetryAfter: test.wait})
			ms := test.msg
			if d == ir.Anthropic || d == ir.Gemini {
				ms = ""
			}
			if got := first(h["Retry-After"]); got != test.seconds || first(h["Retry-After-Ms"]) != ms {
				t.Errorf("%s %d %v: got %v", d, test.status, test.wait, h)
			}
		}
	}
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// TestPoolErrors tells clients why no account could be had.
func TestPoolErrors(t *testing.T) {
	g, _ := newGateway(t, gatewaySpec{anonymous: true})
	key, _ := g.Keys.Find("")
	c := &call{g: g, key: key, route: route{dialect: ir.Chat}}
	tests := []struct {
		err     error
		status  int
		message string
		wait    time.Duration
	}{
		{&pool.NobodyError{Members: 2, RateLimited: true, RetryAfter: time.Minute}, 429, "Upstream rate limit exceeded, please retry later", time.Minute},
		{&pool.NobodyError{Members: 2, RetryAfter: time.Minute}, 503, "No available accounts", time.Minute},
		{&pool.NobodyError{Members: 2}, 503, "No available accounts", 0},
		{&pool.FullError{}, 429, "Too many pending requests, please retry later", time.Second},
		{&pool.TimeoutError{}, 429, "Concurrency limit exceeded for account, please retry later", time.Second},
		{&pool.NobodyError{}, 404, "The model `x` does not exist or you do not have access to it.", 0},
		{context.Canceled, 499, "the client closed the connection", 0},
	}
	for _, test := range tests {
		e := asError(poolError(test.err, c, "x"))
		if e.Status != test.status || e.Message != test.message || e.RetryAfter != test.wait {
			t.Errorf("%v: got %+v", test.err, e)
		}
	}
}
