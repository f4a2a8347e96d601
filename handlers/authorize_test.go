package handlers

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/credentials"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// tokens is a source whose token is exchanged on demand.
type tokens struct {
	mu        sync.Mutex
	current   string
	refreshes []string // the tokens that were said to have failed
	missing   error
	stuck     bool // there is no other token
}

func (s *tokens) Token(context.Context) (credentials.Credential, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return credentials.Credential{Token: s.current}, s.missing
}

func (s *tokens) Refresh(_ context.Context, failed string) (credentials.Credential, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refreshes = append(s.refreshes, failed)
	if s.stuck {
		return credentials.Credential{}, errors.New("no other token")
	}
	s.current = "second-token"
	return credentials.Credential{Token: s.current}, nil
}

func (s *tokens) Status() credentials.Status { return credentials.Status{} }

// wants answers those who carry the token and refuses everyone else.
func wants(token string, answer http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+token {
			fails(http.StatusUnauthorized, `{"error":{"message":"expired","type":"invalid_request_error"}}`)(w, r)
			return
		}
		answer(w, r)
	}
}

func withTokens(t *testing.T, source *tokens, steps ...http.HandlerFunc) (*fixture, *upstream) {
	up := newUpstream(t, steps...)
	f := serve(t, gatewaySpec{
		accounts: []accountSpec{{name: "oauth", dialect: ir.Chat, url: up.URL}},
		tweak:    func(g *Gateway) { g.Attempts = 1 },
	})
	u := upstreamOf(f.Pool.Accounts()[0])
	u.Secret, u.Source = "", source
	return f, up
}

const chatAnswer = `{"id":"c","object":"chat.completion","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"ok"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}`

const chatQuestion = `{"model":"m","messages":[{"role":"user","content":"x"}]}`

func TestTokenIsRefreshedOnce(t *testing.T) {
	source := &tokens{current: "first-token"}
	f, up := withTokens(t, source, wants("second-token", says(200, "application/json", chatAnswer)))
	got := f.post("/v1/chat/completions", chatQuestion)
	if got.status != 200 || len(up.requests()) != 2 || strings.Join(source.refreshes, " ") != "first-token" {
		t.Errorf("status %d after %d requests, refreshed %v", got.status, len(up.requests()), source.refreshes)
	}
	if a, b := up.requests()[0].body, up.requests()[1].body; a != b || a == "" {
		t.Errorf("the second body differs: %q", b)
	}
	if f.account("oauth").InUse != 0 {
		t.Error("the slot is still taken")
	}
}

func TestLongBodyIsSentAgain(t *testing.T) {
	source := &tokens{current: "first-token"}
	f, up := withTokens(t, source, wants("second-token", says(200, "application/json", chatAnswer)))
	body := `{"model":"m","messages":[{"role":"user","content":"` + strings.Repeat("x", 200_000) + `"}]}`
	if got := f.post("/v1/chat/completions", body); got.status != 200 || len(up.requests()) != 2 || up.requests()[1].body != body {
		t.Errorf("status %d after %d requests", got.status, len(up.requests()))
	}
}

func TestTokenIsRefusedForGood(t *testing.T) {
	for _, stuck := range []bool{true, false} {
		source := &tokens{current: "first-token", stuck: stuck}
		f, up := withTokens(t, source, wants("another", says(200, "application/json", chatAnswer)))
		got := f.post("/v1/chat/completions", chatQuestion)
		asked := map[bool]int{true: 1, false: 2}[stuck]
		if got.status != http.StatusBadGateway || len(up.requests()) != asked || len(source.refreshes) != 1 {
			t.Errorf("stuck %v: status %d after %d requests", stuck, got.status, len(up.requests()))
		}
		if strings.Contains(got.body, "token") {
			t.Errorf("the client is told %s", got.body)
		}
	}
}

func TestAccountWithoutToken(t *testing.T) {
	source := &tokens{missing: &credentials.Error{Account: "oauth", State: credentials.NeedsLogin}}
	up := newUpstream(t, says(200, "application/json", chatAnswer))
	f := serve(t, gatewaySpec{accounts: []accountSpec{
		{name: "oauth", dialect: ir.Chat, url: up.URL}, {name: "key", dialect: ir.Chat, url: up.URL, priority: 1},
	}})
	for _, a := range f.Pool.Accounts() {
		if a.Name == "oauth" {
			upstreamOf(a).Secret, upstreamOf(a).Source = "", source
		}
	}
	if got := f.post("/v1/chat/completions", chatQuestion); got.status != 200 || len(up.requests()) != 1 {
		t.Errorf("status %d after %d requests", got.status, len(up.requests()))
	}
	if s := f.account("oauth"); s.InUse != 0 {
		t.Errorf("the account is %+v", s)
	}
}
