package aigateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/credentials"
)

// vendor is an authorisation server and Code Assist in one.
func newVendor(t *testing.T) *httptest.Server {
	var mu sync.Mutex
	n := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		_ = r.ParseForm()
		switch {
		case r.URL.Path == "/v1internal:loadCodeAssist" && r.Header.Get("Authorization") == fmt.Sprintf("Bearer access-%d", n):
			_, _ = w.Write([]byte(`{"currentTier":{"id":"free-tier"},"cloudaicompanionProject":"made-1"}`))
		case r.PostForm.Get("code") == "good" && len(r.PostForm.Get("code_verifier")) >= 43:
			n++
			w.Header().Set("Content-Type", "application/json")
			_, _ = fmt.Fprintf(w, `{"access_token":"access-%d","refresh_token":"refresh-%d","expires_in":3600}`, n, n)
		default:
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"error":"invalid_grant"}`))
		}
	}))
	t.Cleanup(s.Close)
	return s
}

// loginConfig is a configuration with two accounts to log in to and one that needs no login.
func loginConfig(t *testing.T, vendor string) *openedConfig {
	t.Helper()
	account := func(name string) map[string]any {
		return map[string]any{
			"name": name, "provider": map[string]string{"provider": "code_assist"}, "base_url": vendor,
			"oauth": map[string]string{"client_id": "id", "client_secret": "hush", "token_url": vendor + "/token", "auth_url": vendor + "/auth"},
		}
	}
	raw, err := json.Marshal(map[string]any{
		"storage": map[string]string{"module": "file_system", "root": t.TempDir()},
		"apps": map[string]any{"http": map[string]any{"servers": map[string]any{"s": map[string]any{"routes": []any{map[string]any{"handle": []any{map[string]any{
			"handler": "ai_gateway", "allow_anonymous": true,
			"accounts": []any{account("one"), account("two"), map[string]any{"name": "sim", "provider": map[string]string{"provider": "simulator"}}},
		}}}}}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	c, err := openAccounts(raw)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.close)
	return c
}

func TestLoginWizard(t *testing.T) {
	c := loginConfig(t, newVendor(t).URL)
	in, keyboard := io.Pipe()
	screen := new(shown)
	finished := make(chan error, 1)
	go func() { finished <- newWizard(in, screen, "127.0.0.1:0", false).run(t.Context(), c, "one") }()

	// The first account by a browser on this machine, which also wants an icon and comes with a wrong code first.
	screen.wait(t, "Paste that address here", 1)
	q := screen.query(t)
	for _, visit := range []struct {
		url    string
		status int
	}{
		{q.Get("redirect_uri") + "favicon.ico", http.StatusNotFound},
		{answerURL(q, "bad"), http.StatusBadRequest},
		{answerURL(q, "good"), http.StatusOK},
	} {
		resp, err := http.Get(visit.url)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != visit.status {
			t.Errorf("%s: status %d", visit.url, resp.StatusCode)
		}
	}
	screen.wait(t, "Log in to two now? [y/N]", 1)

	// The second one by what is pasted.
	_, _ = io.WriteString(keyboard, "y\n")
	screen.wait(t, "Paste that address here", 2)
	q = screen.query(t)
	_, _ = io.WriteString(keyboard, "nonsense\n")
	screen.wait(t, "That did not work", 2)
	_, _ = io.WriteString(keyboard, answerURL(q, "good")+"\n")
	if err := <-finished; err != nil {
		t.Fatal(err)
	}
	for name, refresh := range map[string]string{"one": "refresh-1", "two": "refresh-2"} {
		a, err := c.find(name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := credentials.Get(t.Context(), a.login.Store)
		if err != nil || got.Refresh != refresh || got.Project != "made-1" || got.Tier != "free-tier" {
			t.Errorf("%s: stored %+v, %v", name, got, err)
		}
	}
	for _, want := range []string{"Project: made-1", "Tier: free-tier", "The access token is good until"} {
		if !strings.Contains(screen.String(), want) {
			t.Errorf("%q is not shown:\n%s", want, screen)
		}
	}
	for _, secret := range []string{"hush", "refresh-1", "access-1"} {
		if strings.Contains(screen.String(), secret) {
			t.Errorf("%q is shown:\n%s", secret, screen)
		}
	}
}

func TestLogout(t *testing.T) {
	c := loginConfig(t, newVendor(t).URL)
	a, err := c.find("one")
	if err != nil {
		t.Fatal(err)
	}
	if err := credentials.Put(t.Context(), a.login.Store, credentials.Token{Refresh: "r"}); err != nil {
		t.Fatal(err)
	}
	if got := c.missing(t.Context()); len(got) != 1 || got[0] != "two" {
		t.Errorf("missing: %v", got)
	}
	if err := c.logout(io.Discard, "one"); err != nil {
		t.Fatal(err)
	}
	if _, err := credentials.Get(t.Context(), a.login.Store); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after the logout: %v", err)
	}
}

func TestLoginMistakes(t *testing.T) {
	c := loginConfig(t, newVendor(t).URL)
	for name, want := range map[string]string{"three": `has no account "three"; with a login it has: one, two`, "sim": "needs no login"} {
		if err := c.logout(io.Discard, name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for listen, want := range map[string]string{"0.0.0.0:0": "loopback", "256.0.0.1:0": "--listen"} {
		err := newWizard(strings.NewReader(""), io.Discard, listen, false).run(t.Context(), c, "one")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", listen, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := newWizard(strings.NewReader(""), io.Discard, "127.0.0.1:0", false).run(ctx, c, "one"); err == nil {
		t.Error("a login that was given up succeeded")
	}
}
