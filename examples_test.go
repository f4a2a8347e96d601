package aigateway

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-ai-gateway/ai-gateway/simulator"
)

// exampleRequests are what the clients of the examples send, and the model that must serve it. Each example that a
// simulator can stand in for is here.
var exampleRequests = []struct {
	file, path, model, served string
}{
	{"../Caddyfile", "/v1/chat/completions", "demo", ""},
	{"behind-a-proxy", "/v1/chat/completions", "claude-sonnet-4-5", ""},
	{"claude-code-on-gemini", "/v1/messages", "claude-sonnet-4-5", "gemini-3-pro-preview"},
	{"claude-code-on-gemini", "/v1/messages", "claude-haiku-4-5", "gemini-2.5-flash"},
	{"codex-on-claude", "/v1/responses", "gpt-5.2-codex", "claude-sonnet-4-6"},
	{"codex-on-claude", "/v1/responses", "gpt-5-mini", "claude-haiku-4-5"},
	{"gemini-cli-on-openai", "/v1beta/models/gemini-3-pro:generateContent", "", "gpt-5.2"},
	{"gemini-web", "/v1/messages", "gemini-3-flash", ""},
	{"gpt4free", "/v1/chat/completions", "deepseek-v3", ""},
	{"gpt4free", "/v1/messages", "grok-4", ""},
	{"local-models", "/v1/chat/completions", "qwen3:8b", ""},
	{"local-models", "/v1/messages", "coder", "Qwen/Qwen3-Coder-30B-A3B-Instruct"},
	{"local-models", "/v1/chat/completions", "anything", ""},
	{"personal-vps", "/v1/messages", "gpt-5.2", ""},
	{"several-accounts", "/v1/responses", "claude-sonnet-4-5", ""},
	{"simulator", "/v1/messages", "sim-gemini", ""},
	{"simulator", "/v1/chat/completions", "hopeless", "sim-chat"},
	{"small-box", "/v1/chat/completions", "gemini-2.5-flash", ""},
	{"team", "/v1/chat/completions", "fast", "gemini-2.5-flash"},
}

// notRun are the examples that need more than a simulator: a login with Google, or a key of a service account.
var notRun = []string{"google"}

// exampleBodies are requests by the end of their path.
var exampleBodies = map[string]string{
	"completions":     `{"model":%q,"messages":[{"role":"user","content":"Hello!"}]}`,
	"messages":        `{"model":%q,"max_tokens":100,"messages":[{"role":"user","content":"Hello!"}]}`,
	"responses":       `{"model":%q,"input":"Hello!"}`,
	"generateContent": `{"contents":[{"role":"user","parts":[{"text":"Hello!"}]}]}%.0s`,
}

// TestExamples loads every example into a Caddy, with a simulator in the place of the vendors, and sends what it is for.
func TestExamples(t *testing.T) {
	upstream := httptest.NewServer(simulator.New(simulator.Options{}))
	t.Cleanup(upstream.Close)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	address := l.Addr().String()
	must(t, l.Close())
	t.Cleanup(func() { must(t, caddy.Stop()) })
	for _, example := range exampleRequests {
		t.Run(example.file+" "+example.model, func(t *testing.T) {
			must(t, caddy.Load(stageExample(t, example.file, address, upstream.URL), true))
			body := fmt.Sprintf(exampleBodies[example.path[strings.LastIndexAny(example.path, "/:")+1:]], example.model)
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+address+example.path, strings.NewReader(body))
			must(t, err)
			req.Host = "ai.example.com"
			if !slices.Contains([]string{"behind-a-proxy", "personal-vps", "several-accounts", "small-box", "team"}, example.file) {
				req.Host = "localhost:8080"
			}
			req.Header.Set("Authorization", "Bearer "+exampleKey(example.file))
			client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
			resp, err := client.Do(req)
			must(t, err)
			defer resp.Body.Close()
			answer, err := io.ReadAll(resp.Body)
			must(t, err)
			if resp.StatusCode != http.StatusOK || !bytes.Contains(answer, []byte("Hello!")) && !bytes.Contains(answer, []byte("simulator")) {
				t.Fatalf("status %d: %s", resp.StatusCode, answer)
			}
			if served := resp.Header.Get("X-Ai-Gateway-Model"); example.served != "" && served != example.served {
				t.Errorf("served by %q, want %q", served, example.served)
			}
		})
	}
}

// exampleKey is what the clients of an example send.
func exampleKey(file string) string {
	switch file {
	case "../Caddyfile":
		return "sk-demo"
	case "claude-code-on-gemini", "codex-on-claude", "gemini-cli-on-openai", "gpt4free", "local-models":
		return "sk-GATEWAY_KEY"
	}
	return "sk-ALICE_KEY"
}

var variable = regexp.MustCompile(`\{env\.([A-Z0-9_]+)\}`)

// stageExample returns the JSON of an example with the simulator's address in the place of the vendors', and the test's
// own in the place of the site's.
func stageExample(t *testing.T, file, address, upstream string) []byte {
	t.Helper()
	path := filepath.Join("examples", file+".Caddyfile")
	if file == "../Caddyfile" {
		path = "Caddyfile"
	}
	content, err := os.ReadFile(path)
	must(t, err)
	for _, name := range variable.FindAllSubmatch(content, -1) {
		t.Setenv(string(name[1]), "sk-"+string(name[1]))
	}
	t.Setenv("XDG_DATA_HOME", t.TempDir())
	var config map[string]any
	must(t, json.Unmarshal([]byte(adapt(t, string(content))), &config))
	config["admin"] = map[string]any{"disabled": true, "config": map[string]any{"persist": false}}
	config["logging"] = map[string]any{"logs": map[string]any{"default": map[string]any{"level": "ERROR"}}}
	delete(config, "storage")
	http := config["apps"].(map[string]any)["http"].(map[string]any)
	for _, server := range http["servers"].(map[string]any) {
		server.(map[string]any)["listen"] = []string{address}
		server.(map[string]any)["automatic_https"] = map[string]any{"disable": true}
	}
	delete(config["apps"].(map[string]any), "tls")
	redirect(config, upstream)
	raw, err := json.Marshal(config)
	must(t, err)
	return raw
}

// redirect gives all accounts of vendors the simulator's address.
func redirect(value any, upstream string) {
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			redirect(item, upstream)
		}
	case map[string]any:
		if provider, ok := v["provider"].(map[string]any); ok && v["name"] != nil {
			switch provider["provider"] {
			case "openai", "openai_compatible":
				v["base_url"] = upstream + "/v1"
				if provider["preset"] == "g4f" {
					v["base_url"] = upstream + "/g4f/v1"
				}
			case "anthropic", "gemini":
				v["base_url"] = upstream
			case "gemini_web":
				v["base_url"], provider["rotate_url"] = upstream, upstream+"/RotateCookies"
				v["credential_file"] = filepath.Join(os.Getenv("XDG_DATA_HOME"), "web.json")
				_ = os.WriteFile(v["credential_file"].(string), []byte(`{"__Secure-1PSID":"any","__Secure-1PSIDTS":"any"}`), 0o600)
			}
		}
		for _, item := range v {
			redirect(item, upstream)
		}
	}
}

// TestExamplesTrustNobodyElse: what trusts a proxy's word for the client's address must not take what the client itself has
// written there, or wrong keys could not be counted by where they come from.
func TestExamplesTrustNobodyElse(t *testing.T) {
	files, err := filepath.Glob("examples/*.Caddyfile")
	must(t, err)
	trusting := 0
	for _, file := range append(files, "Caddyfile") {
		text, err := os.ReadFile(file)
		must(t, err)
		if !bytes.Contains(text, []byte("\ttrusted_proxies ")) {
			continue
		}
		if trusting++; !bytes.Contains(text, []byte("\ttrusted_proxies_strict\n")) {
			t.Errorf("%s: trusted_proxies without trusted_proxies_strict", file)
		}
	}
	if trusting == 0 {
		t.Error("no example trusts a proxy, so that this proves nothing")
	}
}

// TestExamplesAreAllRun wants every example to be run, or to be named as one that cannot be.
func TestExamplesAreAllRun(t *testing.T) {
	files, err := filepath.Glob("examples/*.Caddyfile")
	must(t, err)
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".Caddyfile")
		run := slices.ContainsFunc(exampleRequests, func(e struct{ file, path, model, served string }) bool { return e.file == name })
		if run == slices.Contains(notRun, name) {
			t.Errorf("%s is run: %t; list it in exampleRequests or in notRun", name, run)
		}
	}
}
