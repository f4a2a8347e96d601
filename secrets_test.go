package aigateway

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/caddyserver/certmagic"

	"github.com/caddy-ai-gateway/ai-gateway/credentials"
)

// planted are marked secrets by what they are. What a process writes and answers must hold none of the marks.
type planted map[string]string

func (p planted) plant(what string) string {
	p[what] = "mark" + strings.ReplaceAll(what, " ", "") + "x7Qz"
	return p[what]
}

// check wants none of the marks in a text.
func (p planted) check(t *testing.T, where, text string) {
	t.Helper()
	for what, secret := range p {
		if at := strings.Index(text, secret); at >= 0 {
			t.Errorf("%s: the %s is told: …%s…", where, what, text[max(0, at-120):min(len(text), at+120)])
		}
	}
}

var askedStatus = regexp.MustCompile(`-([1-5]\d\d)\b`)

// newGossip is an upstream, and an authorisation server, that repeats whatever it was sent in all that it answers. The
// status is the number at the end of the model's name.
func newGossip(t *testing.T, p planted, heard *shown) *httptest.Server {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintln(heard, r.Header, r.URL, string(body))
		words, _ := json.Marshal(fmt.Sprint("you sent ", r.Header, r.URL.RawQuery))
		w.Header().Set("Content-Type", "application/json")
		switch r.URL.Path {
		case "/token":
			fmt.Fprintf(w, `{"access_token":%q,"refresh_token":%q,"expires_in":3600}`, p["access token"], p["rotated token"])
			return
		case "/refused":
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprintf(w, `{"error":"invalid_request","error_description":%q}`, body)
			return
		case "/html":
			fmt.Fprintf(w, "<html>%s</html>", body)
			return
		}
		status := "400"
		if found := askedStatus.FindStringSubmatch(r.URL.Path + string(body)); found != nil {
			status = found[1]
		}
		w.Header().Set("X-Echo", r.Header.Get("Authorization")+r.Header.Get("X-Api-Key")+r.Header.Get("X-Goog-Api-Key"))
		if status == "200" { // a stream that fails behind its beginning
			w.Header().Set("Content-Type", "text/event-stream")
			fmt.Fprintf(w, chunkFormat, `"role":"assistant","content":"begun"`, "null")
			fmt.Fprintf(w, "data: {\"error\":{\"message\":%s,\"type\":\"server_error\"}}\n\n", words)
			return
		}
		var n int
		_, _ = fmt.Sscan(status, &n)
		w.WriteHeader(n)
		fmt.Fprintf(w, `{"type":"error","error":{"message":%s,"type":%s,"code":%s,"status":"INVALID_ARGUMENT"}}`, words, words, words)
	}))
	t.Cleanup(server.Close)
	return server
}

// serviceAccount writes a service account's key, and marks its private key.
func serviceAccount(t *testing.T, p planted, dir, tokenURL string) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	must(t, err)
	p["private key"] = base64.StdEncoding.EncodeToString(der)[100:140]
	raw, err := json.Marshal(map[string]string{
		"type": "service_account", "project_id": "p", "private_key_id": "1", "client_email": "a@p.example.com", "token_uri": tokenURL,
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
	})
	must(t, err)
	path := filepath.Join(dir, "service-account.json")
	must(t, os.WriteFile(path, raw, 0o600))
	return path
}

// TestSecretsStayInside plants a marked secret in every place where there may be one, has a whole Caddy that logs at DEBUG
// use and fail with them in all ways, and searches everything that comes out of it.
func TestSecretsStayInside(t *testing.T) {
	p, dir := planted{}, t.TempDir()
	env := map[string]string{}
	for _, what := range []string{
		"client key", "openai key", "anthropic key", "gemini key", "compatible key", "header value", "client secret", "refresh token",
		"stored refresh token", "stored access token", "access token", "rotated token", "wrong client key", "proxy password",
		"session cookie", "rotating cookie",
	} {
		env["MARK_"+strings.ToUpper(strings.ReplaceAll(what, " ", "_"))] = p.plant(what)
	}
	heard := new(shown)
	up := newGossip(t, p, heard)
	store := func(account string) credentials.Store {
		return credentials.InStorage(&certmagic.FileStorage{Path: dir + "/storage"}, account)
	}
	stored := credentials.Token{Refresh: p["stored refresh token"], Access: p["stored access token"]}
	must(t, credentials.Put(t.Context(), store("oauth-refused"), stored))
	must(t, credentials.Put(t.Context(), store("oauth-html"), stored))
	cookies := fmt.Sprintf(`{"__Secure-1PSID":%q,"__Secure-1PSIDTS":%q}`, p["session cookie"], p["rotating cookie"])
	must(t, os.WriteFile(filepath.Join(dir, "cookies.json"), []byte(cookies), 0o600))
	for name, value := range env {
		t.Setenv(name, value)
	}
	oauth := func(name, tokens, more string) string {
		return `account ` + name + ` openai_compatible {
			base_url ` + up.URL + `/v1
			models ` + name + `-*
			header X-Extra {env.MARK_HEADER_VALUE}
			oauth {
				client_id id
				client_secret {env.MARK_CLIENT_SECRET}
				token_url ` + up.URL + tokens + `
				` + more + `
			}
		}
		`
	}
	c := startCaddy(t, dir, `{
	debug
	admin localhost:{admin}
	storage file_system `+dir+`/storage
	log {
		output stderr
		level DEBUG
		format filter {
			request>headers>X-Api-Key replace REDACTED
			request>headers>X-Goog-Api-Key replace REDACTED
			request>headers>Api-Key replace REDACTED
			request>uri query {
				replace key REDACTED
			}
		}
	}
}
http://127.0.0.1:{port} {
	log
	ai_gateway {
		key alice {env.MARK_CLIENT_KEY}
		account openai openai {env.MARK_OPENAI_KEY} {
			base_url `+up.URL+`/v1
			models openai-*
			organization org
		}
		account anthropic anthropic {env.MARK_ANTHROPIC_KEY} {
			base_url `+up.URL+`
			models anthropic-*
		}
		account gemini gemini {env.MARK_GEMINI_KEY} {
			base_url `+up.URL+`
			models gemini-*
		}
		account compatible openai_compatible {env.MARK_COMPATIBLE_KEY} {
			base_url `+up.URL+`/v1
			models compatible-*
			header X-Extra {env.MARK_HEADER_VALUE}
		}
		account proxied openai_compatible {env.MARK_COMPATIBLE_KEY} {
			base_url `+up.URL+`/v1
			models proxied-*
			proxy http://user:{env.MARK_PROXY_PASSWORD}@127.0.0.1:1
		}
		account vertex vertex {
			base_url `+up.URL+`
			project p
			models vertex-*
			credential_file `+serviceAccount(t, p, dir, up.URL+"/token")+`
		}
		account web gemini_web {
			base_url `+up.URL+`
			rotate_url `+up.URL+`/rotate
			models web-*
			credential_file `+dir+`/cookies.json
		}
		`+oauth("oauth-good", "/token", "refresh_token {env.MARK_REFRESH_TOKEN}")+oauth("oauth-refused", "/refused", "")+
		oauth("oauth-html", "/html", "")+oauth("oauth-missing", "/token", "auth_url "+up.URL+"/auth")+`
		usage sqlite `+dir+`/usage.db
	}
}
`)
	accounts := []string{
		"openai", "anthropic", "gemini", "compatible", "proxied", "vertex", "web", "oauth-good", "oauth-refused", "oauth-html", "oauth-missing",
	}
	for _, account := range accounts {
		for _, status := range []string{"200", "400", "401", "403", "404", "413", "422", "429", "500", "503", "529"} {
			p.useUp(t, c, account, account+"-"+status)
		}
	}
	p.check(t, "a wrong key", c.ask(t, http.MethodPost, c.url("/v1/messages"), p["wrong client key"], "{}"))
	p.check(t, "new cookies", c.ask(t, http.MethodPost, c.adminURL(adminPrefix+"cookies?account=web"), "", cookies))
	p.lookAround(t, c, accounts)
	p.askCommands(t, c, dir, accounts)
	must(t, c.cmd.Process.Signal(os.Interrupt))
	_ = c.cmd.Wait()
	p.check(t, "the log", c.out.String())
	usage, err := os.ReadFile(dir + "/usage.db")
	must(t, err)
	p.check(t, "the usage database", string(usage))
	for _, what := range []string{
		"openai key", "anthropic key", "gemini key", "compatible key", "header value", "client secret", "refresh token", "access token",
		"stored refresh token", "stored access token", "session cookie",
	} {
		if !strings.Contains(heard.String(), p[what]) {
			t.Errorf("nobody was sent the %s, so that it proves nothing", what)
		}
	}
	for _, want := range []string{`"status":400`, "oauth-refused", "proxied"} {
		if !strings.Contains(c.out.String(), want) {
			t.Errorf("the log does not hold %s, so that it proves nothing", want)
		}
	}
}

// useUp asks for a model in all dialects.
func (p planted) useUp(t *testing.T, c *caddyProcess, account, model string) {
	t.Helper()
	for path, body := range map[string]string{
		"/v1/chat/completions": `{"model":"` + model + `","stream":true,"messages":[{"role":"user","content":"x"}]}`,
		"/v1/responses":        `{"model":"` + model + `","input":"x"}`,
		"/v1/messages":         `{"model":"` + model + `","max_tokens":5,"stream":true,"messages":[{"role":"user","content":"x"}]}`,
		"/v1beta/models/" + model + ":generateContent?key=" + p["client key"]: `{"contents":[{"role":"user","parts":[{"text":"x"}]}]}`,
	} {
		c.ask(t, http.MethodPost, c.adminURL("/ai_gateway/accounts/"+account+"/unfreeze"), "", "")
		answer := c.ask(t, http.MethodPost, c.url(path), p["client key"], body)
		p.check(t, model+" at "+path, strings.ReplaceAll(answer, "?key="+p["client key"], ""))
	}
}

// lookAround reads all that the admin endpoint tells.
func (p planted) lookAround(t *testing.T, c *caddyProcess, accounts []string) {
	t.Helper()
	pages := []string{"/config/", "/metrics", "/debug/pprof/goroutine?debug=2", "/debug/vars", "/reverse_proxy/upstreams"}
	for _, call := range adminCalls {
		if call.method == http.MethodGet && !strings.Contains(call.path, "*") {
			pages = append(pages, adminPrefix+call.path)
		}
	}
	pages = append(pages, adminPrefix+"explain?model=openai-200", adminPrefix+"models?key=alice")
	for _, page := range pages {
		p.check(t, page, c.ask(t, http.MethodGet, c.adminURL(page), "", ""))
	}
	for _, account := range accounts {
		p.check(t, account, c.ask(t, http.MethodGet, c.adminURL(adminPrefix+"accounts/"+account), "", ""))
		for _, verb := range []string{"test", "refresh", "freeze", "unfreeze"} {
			p.check(t, verb+" "+account, c.ask(t, http.MethodPost, c.adminURL(adminPrefix+"accounts/"+account+"/"+verb), "", ""))
		}
	}
}

// askCommands runs the commands that tell something.
func (p planted) askCommands(t *testing.T, c *caddyProcess, dir string, accounts []string) {
	t.Helper()
	lines := []string{
		"adapt --config FILE --pretty", "validate --config FILE", "ai-gateway status --config FILE", "ai-gateway accounts --config FILE --json",
		"ai-gateway keys --config FILE --json", "ai-gateway explain openai-200 --config FILE", "ai-gateway doctor --config FILE --probe",
		"ai-gateway usage --by key,account,model --db " + dir + "/usage.db", "ai-gateway logout nobody --config FILE",
	}
	for _, account := range accounts {
		lines = append(lines, "ai-gateway accounts test "+account+" --config FILE")
	}
	for _, line := range lines {
		out, _ := caddyCommand(dir, strings.Fields(strings.ReplaceAll(line, "FILE", c.file))...).CombinedOutput()
		if len(out) == 0 {
			t.Errorf("%s says nothing", line)
		}
		p.check(t, line, string(out))
	}
}
