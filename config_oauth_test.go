package aigateway

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	_ "github.com/caddyserver/caddy/v2/modules/filestorage"

	"github.com/caddy-ai-gateway/ai-gateway/credentials"
)

// newStorageContext returns the context of a configuration whose storage is a folder of the test's own.
func newStorageContext(t *testing.T) caddy.Context {
	t.Helper()
	raw, err := json.Marshal(map[string]string{"module": "file_system", "root": t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	base, err := caddy.ProvisionContext(&caddy.Config{Admin: &caddy.AdminConfig{Disabled: true}, StorageRaw: raw})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := caddy.NewContext(base)
	t.Cleanup(cancel)
	return ctx
}

// authServer hands out tokens and takes note of what it was asked with.
type authServer struct {
	*httptest.Server
	asked atomic.Int64
	form  atomic.Value // url.Values
	agent atomic.Value
}

func newAuthServer(t *testing.T) *authServer {
	s := new(authServer)
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		s.form.Store(r.PostForm)
		s.agent.Store(r.UserAgent())
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"access_token":"access-%d","refresh_token":"refresh-%d","expires_in":3600,"token_type":"Bearer"}`, s.asked.Add(1), s.asked.Load())
	}))
	t.Cleanup(s.Close)
	return s
}

// askChat sends one request through the handler and returns the status.
func askChat(t *testing.T, h *Handler) int {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/v1/chat/completions", strings.NewReader(`{"model":"m","messages":[{"role":"user","content":"x"}]}`))
	w := httptest.NewRecorder()
	r = caddyhttp.PrepareRequest(r, caddy.NewReplacer(), w, &caddyhttp.Server{})
	if err := h.ServeHTTP(w, r, caddyhttp.HandlerFunc(func(http.ResponseWriter, *http.Request) error { return nil })); err != nil {
		t.Fatal(err)
	}
	return w.Code
}

// newBearerUpstream is an upstream that takes one token.
func newBearerUpstream(t *testing.T, token string) *httptest.Server {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.Header.Get("Authorization") != "Bearer "+token {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write([]byte(`{"error":{"message":"no"}}`))
			return
		}
		_, _ = w.Write([]byte(`{"id":"c","object":"chat.completion","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"ok"},"finish_reason":"stop"}]}`))
	}))
	t.Cleanup(s.Close)
	return s
}

func TestOAuthAccount(t *testing.T) {
	auth, upstream := newAuthServer(t), newBearerUpstream(t, "access-1")
	t.Setenv("TEST_CLIENT_SECRET", "hush")
	t.Setenv("TEST_REFRESH", "refresh-0")
	block := `allow_anonymous
		account oauth-storage openai_compatible {
			base_url ` + upstream.URL + `/v1
			models m
			oauth {
				client_id id
				client_secret {env.TEST_CLIENT_SECRET}
				token_url ` + auth.URL + `
				refresh_token {env.TEST_REFRESH}
			}
		}`
	ctx := newStorageContext(t)
	h, err := load(t, ctx, block)
	if err != nil {
		t.Fatal(err)
	}
	if got := askChat(t, h); got != http.StatusOK {
		t.Errorf("status %d", got)
	}
	form := fmt.Sprint(auth.form.Load())
	if !strings.Contains(form, "client_secret:[hush]") || !strings.Contains(form, "refresh_token:[refresh-0]") ||
		!strings.HasPrefix(auth.agent.Load().(string), "ai-gateway/") {
		t.Errorf("the server was asked with %s by %s", form, auth.agent.Load())
	}
	stored, err := credentials.Get(t.Context(), credentials.InStorage(ctx.Storage(), "oauth-storage"))
	if err != nil || stored.Refresh != "refresh-1" {
		t.Errorf("stored %v", err)
	}
	shown, err := json.Marshal(newLoginStatus(h.accounts[0].source))
	if err != nil || !strings.Contains(string(shown), `"state":"ready"`) || strings.Contains(string(shown), "refresh-1") || strings.Contains(string(shown), "access-1") {
		t.Errorf("the admin API shows %s, %v", shown, err)
	}

	// Another configuration of the same process has the same token.
	next, err := load(t, ctx, block)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Cleanup(); err != nil {
		t.Fatal(err)
	}
	if got := askChat(t, next); got != http.StatusOK || auth.asked.Load() != 1 {
		t.Errorf("status %d, asked %d times", got, auth.asked.Load())
	}
}

func TestCredentialFile(t *testing.T) {
	auth, upstream := newAuthServer(t), newBearerUpstream(t, "access-1")
	name := filepath.Join(t.TempDir(), "x.json")
	if err := os.WriteFile(name, []byte(`{"access_token":"old","refresh_token":"refresh-0","expiry_date":4000000000000,"mine":1}`), 0o600); err != nil {
		t.Fatal(err)
	}
	h, err := load(t, newStorageContext(t), `allow_anonymous
		account oauth-file openai_compatible {
			base_url `+upstream.URL+`/v1
			models m
			oauth {
				client_id id
				token_url `+auth.URL+`
			}
			credential_file `+name+`
		}`)
	if err != nil {
		t.Fatal(err)
	}
	if got := askChat(t, h); got != http.StatusOK || auth.asked.Load() != 1 {
		t.Errorf("status %d after %d refreshes", got, auth.asked.Load())
	}
	raw, _ := os.ReadFile(name)
	if !strings.Contains(string(raw), `"refresh-1"`) || !strings.Contains(string(raw), `"mine": 1`) {
		t.Errorf("the file holds %s", raw)
	}
}

func TestLoginsThatAreMissing(t *testing.T) {
	name := filepath.Join(t.TempDir(), "x.json")
	if err := os.WriteFile(name, []byte(`{"refresh_token":"refresh-0"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TEST_EMPTY", "")
	h, err := load(t, newStorageContext(t), `allow_anonymous
		account no-file gemini {
			credential_file /does/not/exist
		}
		account no-secret gemini {
			oauth {
				preset google
				client_id id
				client_secret {env.TEST_EMPTY}
			}
		}`)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range h.accounts {
		if !a.disabled || a.why == "" {
			t.Errorf("%s is not disabled", a.Name)
		}
	}
	_, err = load(t, newStorageContext(t), `allow_anonymous
		account alone gemini {
			credential_file `+name+`
		}`)
	if err == nil || !strings.Contains(err.Error(), "add oauth") || strings.Contains(err.Error(), "refresh-0") {
		t.Errorf("got %v", err)
	}
}

func TestOAuthErrors(t *testing.T) {
	oauth := func(fields string) string {
		return `{` + anon + `"accounts":[{"name":"x","provider":{"provider":"gemini"},"oauth":{` + fields + `}}]}`
	}
	for config, want := range map[string]string{
		oauth(``):                                                       "client_id",
		oauth(`"client_id":"a"`):                                        "token_url or a preset",
		oauth(`"client_id":"a","preset":"x"`):                           "none of google",
		oauth(`"client_id":"a","token_url":"a"`):                        "token_url: it must be",
		oauth(`"client_id":"{x.y}","preset":"google"`):                  "reading client_id",
		oauth(`"client_id":"a","preset":"google","auth_url":"ftp://a"`): "auth_url: it must be",
		oauth(`"client_id":"a","preset":"google","scopes":[""]`):        "a scope is empty",
		withAccount(`,"credential_file":"/x"`):                          "both a key and a login",
	} {
		_, err := loadJSON(newStorageContext(t), config)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", config, err, want)
		}
	}
}

// TestPresetOnTheWire wants a preset's peculiarities in what the upstream is sent, and the operator's caps above them.
func TestPresetOnTheWire(t *testing.T) {
	var body atomic.Value
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		body.Store(string(raw))
		w.WriteHeader(http.StatusBadRequest)
	}))
	t.Cleanup(upstream.Close)
	for _, c := range []struct {
		options string
		usage   bool
	}{
		{"preset mistral", false},
		{"preset mistral\ncaps stream_usage on", true},
		{"preset groq", true},
	} {
		h, err := load(t, newStorageContext(t), `allow_anonymous
			account m openai_compatible sk-x {
				models m
				base_url `+upstream.URL+`/v1
				`+c.options+`
			}`)
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest(http.MethodPost, "/v1/messages", strings.NewReader(
			`{"model":"m","max_tokens":5,"stream":true,"messages":[{"role":"user","content":"x"}]}`))
		w := httptest.NewRecorder()
		r = caddyhttp.PrepareRequest(r, caddy.NewReplacer(), w, &caddyhttp.Server{})
		if err := h.ServeHTTP(w, r, caddyhttp.HandlerFunc(func(http.ResponseWriter, *http.Request) error { return nil })); err != nil {
			t.Fatal(err)
		}
		if sent, _ := body.Load().(string); strings.Contains(sent, "stream_options") != c.usage || !strings.Contains(sent, `"max_tokens"`) {
			t.Errorf("%s: sent %s", c.options, sent)
		}
	}
}

// TestVertexAccount has an account of Vertex AI get its token with a service account's key.
func TestVertexAccount(t *testing.T) {
	auth := newAuthServer(t)
	var asked atomic.Value
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Store(r.URL.Path + " " + r.Header.Get("Authorization"))
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"candidates":[{"content":{"role":"model","parts":[{"text":"ok"}]},"finishReason":"STOP"}],"usageMetadata":{"totalTokenCount":2}}`))
	}))
	t.Cleanup(upstream.Close)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := json.Marshal(map[string]string{
		"type": "service_account", "project_id": "proj-1", "client_email": "a@example.com", "token_uri": auth.URL,
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})),
	})
	name := filepath.Join(t.TempDir(), "sa.json")
	if err := os.WriteFile(name, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	h, err := load(t, newStorageContext(t), `allow_anonymous
		account v vertex {
			location us-east5
			models m
			base_url `+upstream.URL+`
			credential_file `+name+`
		}`)
	if err != nil {
		t.Fatal(err)
	}
	if got := askChat(t, h); got != http.StatusOK {
		t.Errorf("status %d", got)
	}
	if got := asked.Load(); got != "/v1/projects/proj-1/locations/us-east5/publishers/google/models/m:generateContent Bearer access-1" {
		t.Errorf("asked %v", got)
	}
}
