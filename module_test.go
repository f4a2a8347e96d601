package aigateway

import (
	"crypto/sha256"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	_ "github.com/caddyserver/caddy/v2/modules/logging"

	"github.com/caddy-ai-gateway/ai-gateway/access"
	"github.com/caddy-ai-gateway/ai-gateway/egress"
	"github.com/caddy-ai-gateway/ai-gateway/providers"
)

func TestProvision(t *testing.T) {
	secretFile := filepath.Join(t.TempDir(), "bob")
	if err := os.WriteFile(secretFile, []byte("sk-bob\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TEST_ALICE", "sk-alice")
	t.Setenv("TEST_OPENAI", " sk-openai ")
	t.Setenv("TEST_TAG", "blue")
	t.Setenv("TEST_BASE", "http://127.0.0.1:8000/v1")
	ctx, log := newContext(t)
	h, err := load(t, ctx, `
		key alice {env.TEST_ALICE} {
			expires 2027-01-31
		}
		key bob {file.`+secretFile+`}
		key carol sha256:`+strings.Repeat("aB", 32)+`
		account openai openai {env.TEST_OPENAI} {
			api chat
			header x-tag {env.TEST_TAG}
			header X-Tag green
		}
		account claude anthropic literal\{key\}
		account gemini gemini {env.TEST_MISSING} {
			models gemini-3-pro
		}
		account local openai_compatible {
			base_url {env.TEST_BASE}
			models llama-* small=org/llama-small
			weight 3
			transport http {
				dial_timeout 1s
			}
		}
		account demo simulator
		model fast {
			accounts gemini nobody-*
		}`)
	if err != nil {
		t.Fatal(err)
	}

	checkKeys(t, h)

	type account struct {
		secret, baseURL, provider string
		header                    http.Header
		served                    []served
		disabled                  bool
		weight                    int
	}
	want := []account{
		{"sk-openai", "https://api.openai.com/v1", "openai", http.Header{"X-Tag": {"blue", "green"}},
			patterns("gpt-*", "o1*", "o3*", "o4*", "chatgpt-*", "codex-*", "text-embedding-*"), false, 1},
		{"literal{key}", "https://api.anthropic.com", "anthropic", nil, patterns("claude-*"), false, 1},
		{"", "https://generativelanguage.googleapis.com", "gemini", nil, patterns("gemini-3-pro"), true, 1},
		{"", "http://127.0.0.1:8000/v1", "openai_compatible", nil,
			[]served{{"llama-*", ""}, {"small", "org/llama-small"}}, false, 3},
		{"", "http://simulator.invalid", "simulator", nil, patterns("demo", "sim-*"), false, 1},
	}
	for i, a := range h.accounts {
		got := account{a.secret, a.baseURL, a.provider.Platform(), a.header, a.served, a.disabled, a.Weight}
		if !reflect.DeepEqual(got, want[i]) {
			t.Errorf("account %s: got %+v, want %+v", a.Name, got, want[i])
		}
	}
	if api := h.accounts[0].provider.(*providers.OpenAI).API; api != "chat" {
		t.Errorf("the provider's own option is lost: %q", api)
	}
	checkTransports(t, h)
	checkWarnings(t, log())
}

// checkKeys wants of each secret its digest, and of a last day the moment after it.
func checkKeys(t *testing.T, h *Handler) {
	t.Helper()
	carol := [sha256.Size]byte{}
	for i := range carol {
		carol[i] = 0xab
	}
	want := []resolvedKey{
		{h.Keys[0], sha256.Sum256([]byte("sk-alice")), time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC), access.Limits{}},
		{h.Keys[1], sha256.Sum256([]byte("sk-bob")), time.Time{}, access.Limits{}},
		{h.Keys[2], carol, time.Time{}, access.Limits{}},
	}
	if !reflect.DeepEqual(h.keys, want) {
		t.Errorf("keys: got %v", h.keys)
	}
}

func patterns(names ...string) []served {
	var all []served
	for _, name := range names {
		all = append(all, served{pattern: name})
	}
	return all
}

func checkTransports(t *testing.T, h *Handler) {
	t.Helper()
	standard, ok := h.accounts[0].transport.(*egress.Route)
	if !ok {
		t.Fatalf("the transport is a %T", h.accounts[0].transport)
	}
	if standard != h.accounts[1].transport {
		t.Error("two accounts with the same transport do not share it")
	}
	local, ok := h.accounts[3].transport.(*egress.Route)
	if !ok || local == standard {
		t.Error("an account's own transport is not used")
	}
	if _, ok := h.accounts[4].transport.(*egress.Route); ok {
		t.Error("the simulator is reached over the network")
	}
}

// checkWarnings wants one warning for each of the two oddities, and no secret.
func checkWarnings(t *testing.T, log string) {
	t.Helper()
	for _, want := range []string{
		`"msg":"account disabled: its credential is empty","account":"gemini","provider":"gemini","hint":"set {env.TEST_MISSING}"`,
		`"msg":"pattern matches no account","in":"model fast","pattern":"nobody-*"`,
	} {
		if strings.Count(log, want) != 1 {
			t.Errorf("not once in the log: %s", want)
		}
	}
	if strings.Count(log, `"level":"warn"`) != 2 {
		t.Errorf("more than two warnings: %s", log)
	}
	for _, secret := range []string{"sk-alice", "sk-bob", "sk-openai", "literal"} {
		if strings.Contains(log, secret) {
			t.Errorf("the log holds %s", secret)
		}
	}
}

func TestProvisionDefaults(t *testing.T) {
	ctx, _ := newContext(t)
	h, err := loadJSON(ctx, `{"allow_anonymous":true}`)
	if err != nil {
		t.Fatal(err)
	}
	want := Handler{
		Name: "default", AllowAnonymous: true, Notes: "warn", MaxBody: 32 << 20,
		Failover: Failover{Attempts: 4},
		Stream: Stream{
			Ping: caddy.Duration(15 * time.Second), FirstByte: caddy.Duration(5 * time.Minute), Idle: caddy.Duration(5 * time.Minute),
			Hold: Hold{Events: 64, Size: 256 << 10, Duration: caddy.Duration(15 * time.Second)},
		},
	}
	got := *h
	got.logger, got.app, got.gateway, got.announcer = nil, nil, nil, nil
	if got.usage == nil || got.usage.Identity() == "" {
		t.Error("usage is not kept")
	}
	if len(got.keys)+len(got.accounts) > 0 {
		t.Errorf("got keys %v and accounts %v out of nothing", got.keys, got.accounts)
	}
	got.usage, got.prices, got.keys, got.accounts = nil, nil, nil, nil
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
}

// answering is a pipeline that answers everything.
type answering struct{ cleaned int }

func (a *answering) ServeHTTP(w http.ResponseWriter, _ *http.Request, _ caddyhttp.Handler) error {
	w.WriteHeader(http.StatusTeapot)
	return nil
}

func (a *answering) Cleanup() error {
	a.cleaned++
	return nil
}

func TestServeHTTP(t *testing.T) {
	next := caddyhttp.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) error {
		w.WriteHeader(http.StatusNoContent)
		return nil
	})
	pipeline := new(answering)
	for _, tt := range []struct {
		handler Handler
		want    int
	}{{Handler{}, http.StatusNoContent}, {Handler{gateway: pipeline}, http.StatusTeapot}} {
		w := httptest.NewRecorder()
		if err := tt.handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil), next); err != nil {
			t.Fatal(err)
		}
		if w.Code != tt.want {
			t.Errorf("got %d, want %d", w.Code, tt.want)
		}
		if err := tt.handler.Cleanup(); err != nil {
			t.Fatal(err)
		}
	}
	if pipeline.cleaned != 1 {
		t.Errorf("cleaned up %d times", pipeline.cleaned)
	}
}

// TestTwoSites validates a configuration, as `caddy validate` does, in which two sites have the same gateway.
func TestTwoSites(t *testing.T) {
	raw := adapt(t, `{
	admin off
}
(gateway) {
	ai_gateway {
		allow_anonymous
		account demo simulator
		account {args[0]} simulator
	}
}
http://a.localhost:9 {
	import gateway one
}
http://b.localhost:9 {
	import gateway one
}`)
	for config, want := range map[string]string{
		raw: "",
		strings.Replace(raw, `"name": "one"`, `"name": "two"`, 1): `two gateways that differ are named "default"`,
	} {
		var c caddy.Config
		if err := json.Unmarshal([]byte(config), &c); err != nil {
			t.Fatal(err)
		}
		err := caddy.Validate(&c)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// TestRootCaddyfile checks the Caddyfile that a newcomer starts with.
func TestRootCaddyfile(t *testing.T) {
	content, err := os.ReadFile("Caddyfile")
	if err != nil {
		t.Fatal(err)
	}
	if formatted := caddyfile.Format(content); string(formatted) != string(content) {
		t.Errorf("caddy fmt would write it as:\n%s", formatted)
	}
	for _, name := range []string{"GEMINI_API_KEY", "ANTHROPIC_API_KEY", "OPENAI_API_KEY"} {
		t.Setenv(name, "")
	}
	var config caddy.Config
	if err := json.Unmarshal([]byte(adapt(t, string(content))), &config); err != nil {
		t.Fatal(err)
	}
	var app caddyhttp.App
	if err := json.Unmarshal(config.AppsRaw["http"], &app); err != nil {
		t.Fatal(err)
	}
	if len(app.Servers) == 0 {
		t.Error("no server")
	}
	for name, server := range app.Servers {
		for _, address := range server.Listen {
			if !strings.HasPrefix(address, "127.0.0.1:") {
				t.Errorf("%s listens on %s, where others could use the key that everybody can read", name, address)
			}
		}
	}
	if err := caddy.Validate(&config); err != nil {
		t.Error(err)
	}
}
