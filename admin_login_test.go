package aigateway

import (
	"net/http"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyevents"

	"github.com/caddy-ai-gateway/ai-gateway/credentials"
)

func TestAdminLogin(t *testing.T) {
	auth := newAuthServer(t)
	ctx := newStorageContext(t)
	h, err := load(t, ctx, `allow_anonymous
		account admin-login openai_compatible {
			base_url http://127.0.0.1:1/v1
			models m
			oauth {
				client_id id
				token_url `+auth.URL+`
			}
		}
		account sim simulator`)
	if err != nil {
		t.Fatal(err)
	}
	failed := make(chan caddy.Event, 10)
	app, err := ctx.App("events")
	must(t, err)
	must(t, app.(*caddyevents.App).On(eventRefreshFailed, listener(failed)))
	must(t, h.app.Start())
	t.Cleanup(func() { must(t, h.app.Cleanup()) })

	// Nobody has logged in yet.
	if _, err := h.accounts[0].source.Token(t.Context()); err == nil {
		t.Error("there is a token")
	}
	got := decode[accountStatus](t, http.MethodGet, "/ai_gateway/accounts/admin-login", "")
	if got.State != stateLogin || !strings.Contains(got.Reason, "caddy ai-gateway login admin-login") || got.Login == nil {
		t.Errorf("state %q: %s", got.State, got.Reason)
	}
	if e := <-failed; e.Data["account"] != "admin-login" || e.Data["result"] != credentials.ResultLogin {
		t.Errorf("event %v", e.Data)
	}
	if status, text := ask(t, http.MethodPost, "/ai_gateway/accounts/admin-login/refresh", ""); status != http.StatusBadGateway || !strings.Contains(text, "log in with") {
		t.Errorf("refresh: %d %s", status, text)
	}
	if status, _ := ask(t, http.MethodPost, "/ai_gateway/accounts/sim/refresh", ""); status != http.StatusConflict {
		t.Errorf("refresh of an account without tokens: %d", status)
	}
	if status, _ := ask(t, http.MethodPost, "/ai_gateway/accounts/none/refresh", ""); status != http.StatusNotFound {
		t.Errorf("refresh of no account: %d", status)
	}
}
