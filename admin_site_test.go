package aigateway

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// newAdminSite provisions the directive of a block, through JSON as Caddy does.
func newAdminSite(t *testing.T, block string) (*AdminSite, error) {
	t.Helper()
	var s AdminSite
	must(t, s.UnmarshalCaddyfile(caddyfile.NewTestDispenser("ai_gateway_admin "+block)))
	raw, err := json.Marshal(&s)
	must(t, err)
	ctx, _ := newContext(t)
	module, err := ctx.LoadModuleByID("http.handlers.ai_gateway_admin", raw)
	if err != nil {
		return nil, err
	}
	return module.(*AdminSite), nil
}

// visit asks a site for something.
func visit(t *testing.T, s *AdminSite, method, target, authorization, from string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, target, nil)
	r.RemoteAddr = from + ":1234"
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	w := httptest.NewRecorder()
	r = caddyhttp.PrepareRequest(r, caddy.NewReplacer(), w, nil)
	must(t, s.ServeHTTP(w, r, caddyhttp.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) error {
		w.WriteHeader(http.StatusTeapot)
		return nil
	})))
	return w
}

func TestAdminSite(t *testing.T) {
	t.Setenv("OPS_KEY", "secret-of-ops")
	admin(t)
	s, err := newAdminSite(t, "/admin {\nkey ops {env.OPS_KEY}\nkey deploy sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\n}")
	must(t, err)
	for _, tt := range []struct {
		method, target, authorization string
		status                        int
		text                          string
	}{
		{"GET", "/admin/accounts", "Bearer secret-of-ops", 200, `"name":"one"`},
		{"GET", "/admin/accounts/one", "bearer hello", 200, `"name":"one"`}, // the digest's secret
		{"GET", "/admin/explain?model=gpt-5", "Bearer hello", 200, "one would answer"},
		{"POST", "/admin/accounts/one/freeze?duration=1m", "Bearer hello", 200, "frozen"},
		{"DELETE", "/admin/sessions/0123456789abcdef", "Bearer hello", 404, `{"error":"no session`},
		{"GET", "/admin/nothing", "Bearer hello", 404, `{"error":"there is nothing at /admin/nothing"}`},
		{"POST", "/admin/accounts", "Bearer hello", 405, "use GET"},
		{"GET", "/admin/accounts", "", 401, "ai_gateway_admin"},
		{"GET", "/admin/accounts", "Basic aGVsbG86aGVsbG8=", 401, "ai_gateway_admin"},
		{"GET", "/admin/accounts", "Bearer secret-of-alice", 401, "ai_gateway_admin"}, // a client's key
		{"GET", "/admin", "", 401, "ai_gateway_admin"},
		{"GET", "/administration", "Bearer hello", http.StatusTeapot, ""},
		{"GET", "/ai_gateway/accounts", "Bearer hello", http.StatusTeapot, ""},
		{"GET", "/config/", "Bearer hello", http.StatusTeapot, ""},
		{"GET", "/admin/../config/", "Bearer hello", 404, "there is nothing"},
	} {
		w := visit(t, s, tt.method, tt.target, tt.authorization, "192.0.2.1")
		if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.text) {
			t.Errorf("%s %s with %q: %d %s", tt.method, tt.target, tt.authorization, w.Code, w.Body)
		}
		if strings.Contains(w.Body.String(), "secret-") {
			t.Errorf("%s: a secret in %s", tt.target, w.Body)
		}
		if w.Code == http.StatusUnauthorized && w.Header().Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("%s: no challenge", tt.target)
		}
	}
}

// TestAdminSiteGuards guesses until the address is blocked, which keeps out neither others nor who knows the key.
func TestAdminSiteGuards(t *testing.T) {
	s, err := newAdminSite(t, "/admin {\nkey ops secret-of-ops\n}")
	must(t, err)
	t.Cleanup(func() { must(t, s.Cleanup()) })
	synctest.Test(t, func(t *testing.T) {
		var last *httptest.ResponseRecorder
		for range 22 {
			last = visit(t, s, "GET", "/admin/accounts", "Bearer guess", "192.0.2.77")
		}
		if last.Code != http.StatusTooManyRequests || last.Header().Get("Retry-After") != "60" || !strings.Contains(last.Body.String(), `{"error":"too many`) {
			t.Errorf("after many guesses: %d %v %s", last.Code, last.Header(), last.Body)
		}
		if w := visit(t, s, "GET", "/admin/accounts", "Bearer guess", "192.0.2.78"); w.Code != http.StatusUnauthorized {
			t.Errorf("another address: %d", w.Code)
		}
		if w := visit(t, s, "GET", "/admin/accounts", "Bearer secret-of-ops", "192.0.2.77"); w.Code != http.StatusOK {
			t.Errorf("the right key: %d", w.Code)
		}
	})
}

func TestAdminSiteRefusesToLoad(t *testing.T) {
	for block, want := range map[string]string{
		"/admin {\nkey ops {env.ADMIN_SITE_MISSING}\n}":               "set {env.ADMIN_SITE_MISSING}",
		"/admin {\nkey ops sha256:12\n}":                              "hex",
		"/admin {\nkey ops hunter2hunter2\nkey two hunter2hunter2\n}": "same secret",
	} {
		if _, err := newAdminSite(t, block); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", block, err)
		}
	}
	ctx, _ := newContext(t)
	for _, raw := range []string{`{"path":"/admin"}`, `{"path":"/","keys":[{"name":"a","secret":"b"}]}`, `{"path":"/a","keys":[null]}`} {
		if _, err := ctx.LoadModuleByID("http.handlers.ai_gateway_admin", json.RawMessage(raw)); err == nil {
			t.Errorf("%s is loaded", raw)
		}
	}
}
