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
	tests := []struct {
		status int
		kind   ir.ErrorKind
		from   ir.Dialect
		want   judgement
	}{
		{400, ir.ErrInvalidRequest, ir.Chat, judgement{clientFault, pool.ClientFault, false}},
		{400, ir.ErrContextLength, ir.Chat, judgement{clientFault, pool.ClientFault, false}},
		{413, ir.ErrContextLength, ir.Chat, judgement{clientFault, pool.ClientFault, false}},
		{413, ir.ErrTooLarge, ir.Chat, judgement{clientFault, pool.ClientFault, false}},
		{422, ir.ErrInvalidRequest, ir.Chat, judgement{clientFault, pool.ClientFault, false}},
		{418, ir.ErrInvalidRequest, ir.Chat, judgement{clientFault, pool.ClientFault, false}},
		{404, ir.ErrNotFound, ir.Chat, judgement{clientFault, pool.ClientFault, false}},
		{400, ir.ErrBilling, ir.Anthropic, judgement{accountFault, pool.RateLimited, true}},
		{400, ir.ErrAuth, ir.Gemini, judgement{accountFault, pool.Unauthorized, true}},
		{401, ir.ErrAuth, ir.Chat, judgement{accountFault, pool.Unauthorized, true}},
		{401, ir.ErrAuth, "credential", judgement{accountFault, pool.Unauthorized, true}},
		{403, ir.ErrPermission, ir.Gemini, judgement{accountFault, pool.Unauthorized, true}},
		{402, ir.ErrBilling, ir.Chat, judgement{accountFault, pool.RateLimited, true}},
		{403, ir.ErrBilling, ir.Anthropic, judgement{accountFault, pool.RateLimited, true}},
		{429, ir.ErrRateLimit, ir.Chat, judgement{modelFault, pool.RateLimited, true}},
		{429, ir.ErrQuota, ir.Chat, judgement{accountFault, pool.RateLimited, true}},
		{408, ir.ErrTimeout, ir.Chat, judgement{providerFault, pool.Failed, true}},
		{409, ir.ErrConflict, ir.Chat, judgement{clientFault, pool.Unjudged, true}},
		{500, ir.ErrUpstream, ir.Chat, judgement{providerFault, pool.Failed, true}},
		{501, ir.ErrUnimplemented, ir.Chat, judgement{providerFault, pool.Failed, true}},
		{503, ir.ErrOverloaded, ir.Gemini, judgement{providerFault, pool.Overloaded, true}},
		{529, ir.ErrOverloaded, ir.Anthropic, judgement{providerFault, pool.Overloaded, true}},
		{502, ir.ErrTruncated, ir.Chat, judgement{networkFault, pool.Failed, true}},
		{504, ir.ErrTimeout, fromNetwork, judgement{networkFault, pool.Failed, true}},
		{502, ir.ErrUpstream, fromNetwork, judgement{networkFault, pool.Failed, true}},
		{502, ir.ErrUpstream, fromProxy, judgement{proxyFault, pool.ProxyFailed, true}},
	}
	for _, test := range tests {
		if got := judge(&ir.Error{Status: test.status, Kind: test.kind, Upstream: test.from}); got != test.want {
			t.Errorf("%d %s: got %+v, want %+v", test.status, test.kind, got, test.want)
		}
	}
	want := map[fault]pool.Scope{
		clientFault: pool.ScopeNone, accountFault: pool.ScopeAccount, modelFault: pool.ScopeModel,
		providerFault: pool.ScopeModel, networkFault: pool.ScopeModel, proxyFault: pool.ScopeNone,
	}
	for fault, scope := range want {
		if scopes[fault] != scope {
			t.Errorf("the fault %v concerns %v, want %v", fault, scopes[fault], scope)
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

// TestRetryAfterHeader is whole seconds, at least one. The milliseconds never
// say less.
func TestRetryAfterHeader(t *testing.T) {
	tests := []struct {
		status       int
		wait         time.Duration
		seconds, msg string
	}{
		{429, 0, "1", "1000"}, {503, 0, "1", "1000"}, {429, time.Microsecond, "1", "1000"}, {429, 1500 * time.Millisecond, "2", "2000"},
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

// TestJudgeOfModel tells an account that may not use one model from one that may use none.
func TestJudgeOfModel(t *testing.T) {
	for _, test := range []struct {
		name    string
		status  int
		kind    ir.ErrorKind
		message string
		final   bool
		want    fault
	}{
		{"no words", 403, ir.ErrPermission, "", false, accountFault},
		{"another model", 403, ir.ErrPermission, "no access to gpt-5-mini or my-gpt-5", false, accountFault},
		{"the model", 403, ir.ErrPermission, "no access to gpt-5-mini, nor to gpt-5.", false, modelFault},
		{"the model in a path", 403, ir.ErrPermission, "denied on resource //x/models/gpt-5", false, modelFault},
		{"model_not_found", 403, ir.ErrNotFound, "no access", false, modelFault},
		{"closed", 403, ir.ErrPermission, "gpt-5", true, accountFault},
		{"a bad key", 401, ir.ErrAuth, "gpt-5", false, accountFault},
		{"a quota", 403, ir.ErrQuota, "gpt-5", false, accountFault},
		{"a limit", 429, ir.ErrRateLimit, "gpt-5", false, modelFault},
	} {
		e := &ir.Error{Status: test.status, Kind: test.kind, Message: test.message, Final: test.final, Upstream: ir.Chat}
		if got := judge(e).of(e, "gpt-5"); got.fault != test.want || !got.retry {
			t.Errorf("%s: got %+v, want the fault %v", test.name, got, test.want)
		}
	}
}

// TestForbiddenModel asks an account for a model that it may not use, and then for another.
func TestForbiddenModel(t *testing.T) {
	up := newUpstream(t,
		fails(403, `{"error":{"message":"Project `+"`p`"+` does not have access to model `+"`big`"+`","type":"invalid_request_error","code":"model_not_found"}}`),
		says(200, "application/json", speeches[ir.Chat].whole),
		fails(403, `{"error":{"message":"Country, region, or territory not supported","code":"unsupported_country_region_territory"}}`))
	f := serve(t, gatewaySpec{accounts: []accountSpec{{name: "only", dialect: ir.Chat, url: up.URL, models: []string{"big", "m"}}}})
	ask := func(model string) int {
		return f.post("/v1/chat/completions", `{"model":"`+model+`","messages":[{"role":"user","content":"x"}]}`).status
	}
	for _, step := range []struct {
		model  string
		status int
		asked  int
	}{{"big", 502, 1}, {"big", 503, 1}, {"m", 200, 2}, {"m", 502, 3}, {"m", 503, 3}} {
		if got := ask(step.model); got != step.status || len(up.requests()) != step.asked {
			t.Errorf("%s: status %d after %d requests, want %d after %d", step.model, got, len(up.requests()), step.status, step.asked)
		}
	}
}
