package handlers

import (
	"net/http"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-ai-gateway/ai-gateway/access"
	"github.com/caddy-ai-gateway/ai-gateway/providers"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// countPaths are the counting endpoints, and where their answers hold the sum.
var countPaths = map[ir.Dialect][2]string{
	ir.Anthropic: {"/v1/messages/count_tokens", "input_tokens"},
	ir.Responses: {"/v1/responses/input_tokens", "input_tokens"},
	ir.Gemini:    {"/v1beta/models/m:countTokens", "totalTokens"},
}

// countAnswers are what upstreams that can count answer.
var countAnswers = map[ir.Dialect]string{
	ir.Anthropic: `{"input_tokens":4711}`,
	ir.Responses: `{"object":"response.input_tokens","input_tokens":4711}`,
	ir.Gemini:    `{"totalTokens":4711}`,
}

// TestCount asks upstreams that can count, in each client's dialect.
func TestCount(t *testing.T) {
	for client, at := range countPaths {
		for up, answer := range countAnswers {
			t.Run(string(client)+"→"+string(up), func(t *testing.T) {
				f, u := one(t, up, says(200, "application/json", answer), nil)
				got := f.post(at[0], speeches[client].ask)
				if got.status != 200 || gjson.Get(got.body, at[1]).Int() != 4711 || got.header.Get("X-Ai-Gateway-Estimated") != "" {
					t.Errorf("got %d %s", got.status, got.body)
				}
				if n := len(u.requests()); n != 1 {
					t.Errorf("asked %d times", n)
				}
			})
		}
	}
}

// TestCountHasNoEffect: whatever the counting endpoint answers, the client gets
// a number and the account keeps its standing.
func TestCountHasNoEffect(t *testing.T) {
	steps := map[string]http.HandlerFunc{
		"401": fails(401, `{}`), "404": fails(404, `{}`), "429": fails(429, `{}`, "Retry-After", "60"), "500": fails(500, ``), "302": fails(302, ``),
		"hang-up": cuts, "empty": says(200, "application/json", ""), "garbage": says(200, "application/json", "<html>"),
		"something else": says(200, "application/json", `{"ok":true}`),
		"a bad key":      fails(400, `{"error":{"code":400,"message":"API key not valid.","status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}`),
	}
	for name, step := range steps {
		for client, at := range countPaths {
			t.Run(name+" "+string(client), func(t *testing.T) {
				up := newUpstream(t, step)
				f := serve(t, gatewaySpec{accounts: []accountSpec{{name: "only", dialect: ir.Gemini, url: up.URL, concurrency: 1}}})
				got := f.post(at[0], speeches[client].ask)
				n := gjson.Get(got.body, at[1]).Int()
				if got.status != 200 || n < 5 || n > 100 || got.header.Get("X-Ai-Gateway-Estimated") != "true" {
					t.Errorf("got %d %s", got.status, got.body)
				}
				if s := f.account("only"); s.Failed+s.Succeeded != 0 || len(s.Cooldowns) != 0 || !s.UsedAt.IsZero() {
					t.Errorf("the account is judged: %+v", s)
				}
			})
		}
	}
}

// TestCountWithoutSlot needs none, and goes on to the next account.
func TestCountWithoutSlot(t *testing.T) {
	busy := newUpstream(t, hangs)
	f := serve(t, gatewaySpec{accounts: []accountSpec{{name: "only", dialect: ir.Anthropic, url: busy.URL, concurrency: 1}}})
	lease, err := f.Pool.Acquire(t.Context(), poolWant("m"))
	if err != nil {
		t.Fatal(err)
	}
	defer lease.Release(released)
	busy.mu.Lock()
	busy.steps = []http.HandlerFunc{says(200, "application/json", countAnswers[ir.Anthropic])}
	busy.mu.Unlock()
	if got := f.post("/v1/messages/count_tokens", speeches[ir.Anthropic].ask); got.status != 200 || gjson.Get(got.body, "input_tokens").Int() != 4711 {
		t.Errorf("got %d %s", got.status, got.body)
	}
}

// TestCountRefused covers the requests that no account would count.
func TestCountRefused(t *testing.T) {
	refusal := fails(400, `{"error":{"message":"messages: at least one is required"}}`)
	up := newUpstream(t, refusal)
	f := serve(t, gatewaySpec{
		keys:     []access.Key{{Name: "alice", Secret: clientSecret, Models: []string{"m", "n"}}},
		accounts: []accountSpec{{name: "a", dialect: ir.Anthropic, url: up.URL, models: []string{"m", "other"}}},
	})
	tests := map[string]struct {
		body   string
		status int
		text   string
	}{
		"the upstream's 400": {speeches[ir.Anthropic].ask, 400, "messages: at least one is required"},
		"unknown model":      {`{"model":"n","messages":[]}`, 404, ""},
		"forbidden model":    {`{"model":"other","messages":[]}`, 404, ""},
		"no model":           {`{"messages":[]}`, 400, "model is required"},
		"no JSON":            {`{`, 400, ""},
	}
	for name, test := range tests {
		got := f.post("/v1/messages/count_tokens", test.body)
		if got.status != test.status || test.text != "" && errorOf(got.body) != test.text {
			t.Errorf("%s: got %d %s", name, got.status, got.body)
		}
	}
}

// TestCountUnoffered estimates where the kind of account has no such endpoint,
// without asking it.
func TestCountUnoffered(t *testing.T) {
	up := newUpstream(t, fails(500, ""))
	f := serve(t, gatewaySpec{accounts: []accountSpec{{name: "a", provider: &providers.OpenAICompatible{}, url: up.URL}}})
	got := f.post("/v1/messages/count_tokens", speeches[ir.Anthropic].ask)
	if got.status != 200 || got.header.Get("X-Ai-Gateway-Estimated") != "true" || len(up.requests()) != 0 {
		t.Errorf("got %d %s after %d requests", got.status, got.body, len(up.requests()))
	}
}
