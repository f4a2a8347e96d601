package handlers

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-ai-gateway/ai-gateway/providers"
)

const antigravityAnswer = `data: {"response":{"candidates":[{"content":{"role":"model","parts":[{"text":"Hello"}]},"finishReason":"STOP","index":0}],` +
	`"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":2,"totalTokenCount":5},"modelVersion":"x","responseId":"r"}}` + "\n\n"

// newAntigravity serves one account of Antigravity, whose upstream tells of the quota and answers as the function does.
func newAntigravity(t *testing.T, models string, answer http.HandlerFunc) (*fixture, *upstream) {
	t.Helper()
	list := says(200, "application/json", models)
	up := newUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, ":fetchAvailableModels") {
			list(w, r)
			return
		}
		answer(w, r)
	})
	p := &providers.Antigravity{Project: "mine"}
	if err := p.Provision(caddy.Context{}); err != nil {
		t.Fatal(err)
	}
	f := serve(t, gatewaySpec{accounts: []accountSpec{{name: "a", provider: p, url: up.URL, models: []string{"*"}}}})
	a := upstreamOf(f.Pool.Accounts()[0])
	a.Secret, a.Source = "", &tokens{current: "token"}
	return f, up
}

func (f *fixture) hello(model string) answered {
	return f.post("/v1/chat/completions", `{"model":"`+model+`","messages":[{"role":"user","content":"x"}]}`)
}

// TestAntigravityQuota keeps requests from a model of which nothing is left, also under its former name, and from no
// other.
func TestAntigravityQuota(t *testing.T) {
	resets := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	f, up := newAntigravity(t, `{"models":{"full":{"quotaInfo":{"remainingFraction":0.5,"resetTime":"`+resets+`"}},
		"empty":{"quotaInfo":{"resetTime":"`+resets+`"}},"silent":{"quotaInfo":{}},"free":{}},"deprecatedModelIds":{"former":{"newModelId":"empty"}}}`,
		says(200, "text/event-stream", antigravityAnswer))
	state := f.Pool.Accounts()[0].State
	if got := f.hello("full"); got.status != http.StatusOK {
		t.Fatalf("%+v", got)
	}
	f.eventually("the quota is heeded", func() bool { return len(state.Snapshot().Cooldowns) == 3 })
	for model, status := range map[string]int{"full": 200, "free": 200, "empty": 429, "former": 429, "silent": 429} {
		if got := f.hello(model); got.status != status {
			t.Errorf("%s: %d %s", model, got.status, got.body)
		}
	}
	asked := 0
	for _, r := range up.requests() {
		if strings.HasSuffix(r.uri, ":fetchAvailableModels") {
			asked++
		}
	}
	if asked != 1 {
		t.Errorf("asked %d times for the quota", asked)
	}
}

// TestAntigravityClosed takes an account out of use that its vendor has closed, until the operator enables it, and tells
// nobody but the operator why.
func TestAntigravityClosed(t *testing.T) {
	for name, c := range map[string]struct{ body, why string }{
		"terms":  {`{"error":{"code":403,"status":"PERMISSION_DENIED","message":"This service has been disabled in this account for violation of Terms of Service."}}`, "TERMS_OF_SERVICE"},
		"verify": {`{"error":{"code":403,"message":"Verify","details":[{"reason":"VALIDATION_REQUIRED","metadata":{"validation_url":"https://accounts.google.com/v?x=1"}}]}}`, "accounts.google.com/v?x=1"},
	} {
		t.Run(name, func(t *testing.T) {
			refused := true
			f, _ := newAntigravity(t, `{"models":{}}`, func(w http.ResponseWriter, r *http.Request) {
				if refused {
					fails(403, c.body)(w, r)
					return
				}
				says(200, "text/event-stream", antigravityAnswer)(w, r)
			})
			got := f.hello("m")
			if got.status != http.StatusBadGateway || strings.Contains(got.body, "Terms") || strings.Contains(got.body, "google") {
				t.Errorf("the client is told %d %s", got.status, got.body)
			}
			state := f.Pool.Accounts()[0].State
			if !state.Off() || !strings.Contains(state.Snapshot().Closed, c.why) {
				t.Errorf("off %t: %s", state.Off(), state.Snapshot().Closed)
			}
			refused = false
			state.Unfreeze()
			if got := f.hello("m"); got.status == http.StatusOK {
				t.Error("it answers again by itself")
			}
			state.Switch(true)
			if got := f.hello("m"); got.status != http.StatusOK {
				t.Errorf("enabled: %d %s", got.status, got.body)
			}
		})
	}
}
