package aigateway

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/simulator"
)

// The cookies of the tests. None of their values may be seen anywhere.
const (
	webSession = "g.a000-marked-session"
	webStamp   = "sidts-marked-stamp"
)

// webWorld is a web app and a Caddy with an account of it.
type webWorld struct {
	*site
	web    *simulator.Web
	server *httptest.Server
	file   string
	seen   bytes.Buffer // everything that clients were told
}

func newWebWorld(t *testing.T, options string) *webWorld {
	t.Helper()
	return newWebWorldWith(t, options, webCookies(time.Now()))
}

// newWebWorldWith has that in the file of the cookies; nothing makes no file.
func newWebWorldWith(t *testing.T, options, cookies string) *webWorld {
	t.Helper()
	w := &webWorld{site: newSite(t), web: simulator.NewWeb(simulator.WebOptions{Session: webSession, Stamp: webStamp})}
	w.server = httptest.NewServer(w.web)
	t.Cleanup(w.server.Close)
	w.file = filepath.Join(t.TempDir(), "cookies.json")
	if cookies != "" {
		w.write(t, cookies)
	}
	must(t, w.load(t, w.block(options)))
	return w
}

func webCookies(at time.Time) string {
	return fmt.Sprintf(`{"__Secure-1PSID":%q,"__Secure-1PSIDTS":%q,"updated_at":%q,"note":"mine"}`, webSession, webStamp, at.UTC().Format(time.RFC3339))
}

func (w *webWorld) write(t *testing.T, content string) {
	t.Helper()
	must(t, os.WriteFile(w.file, []byte(content), 0o600))
}

func (w *webWorld) block(options string) string {
	return fmt.Sprintf(`allow_anonymous
		account web gemini_web {
			base_url %[1]s
			rotate_url %[1]s/RotateCookies
			upload_url %[1]s/upload
			credential_file %[2]s
			%[3]s
		}`, w.server.URL, w.file, options)
}

// send sends a request and returns the status and what came.
func (w *webWorld) send(t *testing.T, path, body string) (int, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+w.address+path, strings.NewReader(body))
	must(t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Anthropic-Version", "2023-06-01")
	resp, err := w.clients["h1"].Do(req)
	must(t, err)
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	must(t, err)
	for name, values := range resp.Header {
		fmt.Fprintln(&w.seen, name, values)
	}
	w.seen.Write(got)
	return resp.StatusCode, string(got)
}

// clean looks for cookies in everything that came out, and for what the app's page would never have sent.
func (w *webWorld) clean(t *testing.T) {
	t.Helper()
	log, err := os.ReadFile(w.log)
	must(t, err)
	_, status := ask(t, "GET", "/ai_gateway/cookies/status?account=web", "")
	_, accounts := ask(t, "GET", "/ai_gateway/accounts", "")
	for _, secret := range []string{webSession, webStamp, "sidts-", "g.a000", w.web.Stamp()} {
		for where, text := range map[string]string{"the log": string(log), "an answer": w.seen.String(), "the status": status, "the accounts": accounts} {
			if strings.Contains(text, secret) {
				t.Errorf("%s holds a cookie: %s", where, text)
			}
		}
	}
	if wrong := w.web.Wrong(); len(wrong) > 0 {
		t.Errorf("the page would never send this: %q", wrong)
	}
}

// webClients are the ways in which clients ask, whole and streamed.
var webClients = []struct{ name, path, stream, body string }{
	{"chat", "/v1/chat/completions", "/v1/chat/completions", `{"model":"gemini-3-flash","stream":%t,"messages":[{"role":"system","content":"be kind"},{"role":"user","content":%q}]}`},
	{"responses", "/v1/responses", "/v1/responses", `{"model":"gemini-3-flash","stream":%t,"instructions":"be kind","input":%q}`},
	{"anthropic", "/v1/messages", "/v1/messages", `{"model":"gemini-3-flash","stream":%t,"max_tokens":100,"system":"be kind","messages":[{"role":"user","content":%q}]}`},
	{"gemini", "/v1beta/models/gemini-3-flash:generateContent", "/v1beta/models/gemini-3-flash:streamGenerateContent?alt=sse",
		`{"x":%t,"systemInstruction":{"parts":[{"text":"be kind"}]},"contents":[{"role":"user","parts":[{"text":%q}]}]}`},
}

// texts collects all strings of members that hold what was said, of a body or of a stream.
func texts(answer string) string {
	var b strings.Builder
	var walk func(name string, v any)
	walk = func(name string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for key, member := range v {
				walk(key, member)
			}
		case []any:
			for _, member := range v {
				walk(name, member)
			}
		case string:
			if slices.Contains([]string{"content", "text", "delta", "thinking", "reasoning_content"}, name) {
				b.WriteString(v)
			}
		}
	}
	for line := range strings.SplitSeq(answer, "\n") {
		var v any
		if json.Unmarshal([]byte(strings.TrimPrefix(line, "data: ")), &v) == nil {
			walk("", v)
		}
	}
	return b.String()
}

func TestWebAppClients(t *testing.T) {
	w := newWebWorld(t, "")
	for _, c := range webClients {
		for _, stream := range []bool{false, true} {
			path := c.path
			if stream {
				path = c.stream
			}
			status, got := w.send(t, path, fmt.Sprintf(c.body, stream, "say exactly: Grüße 🌍 *you*."))
			said := texts(got)
			if status != 200 || !strings.Contains(said, "Grüße 🌍 *you*.") {
				t.Errorf("%s, streamed %t: %d %s", c.name, stream, status, got)
			}
			if streamed := strings.Contains(got, "data: "); streamed != stream {
				t.Errorf("%s, streamed %t: %s", c.name, stream, got)
			}
			if status, got = w.send(t, path, fmt.Sprintf(c.body, stream, "draw a cat")); status != 200 || c.name == "gemini" && !strings.Contains(got, simulator.WebPicture) {
				t.Errorf("%s, streamed %t: %d %s", c.name, stream, status, got)
			}
			if status, got = w.send(t, path, fmt.Sprintf(c.body, stream, "think aloud, fast")); status != 200 || c.name != "responses" && !strings.Contains(texts(got), "The user wrote something") {
				t.Errorf("%s, streamed %t: %d %s", c.name, stream, status, got)
			}
			if status, got = w.send(t, path, fmt.Sprintf(c.body, stream, "web error 1037")); status != 429 {
				t.Errorf("%s, streamed %t: %d %s", c.name, stream, status, got)
			}
			if status, _ := ask(t, "POST", "/ai_gateway/accounts/web/unfreeze", ""); status != 200 {
				t.Error(status)
			}
		}
	}
	image := `{"model":"gemini-3-flash","messages":[{"role":"user","content":[{"type":"text","text":"look"},{"type":"image_url","image_url":{"url":"data:image/png;base64,` +
		simulator.WebPicture + `"}}]}]}`
	if status, got := w.send(t, "/v1/chat/completions", image); status != 200 || !strings.Contains(got, "I received 1 files.") {
		t.Errorf("%d %s", status, got)
	}
	w.clean(t)
}

// TestWebAppLosses refuses what the app cannot do without it, and says what else is lost.
func TestWebAppLosses(t *testing.T) {
	w := newWebWorld(t, "")
	const tool = `"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}]`
	for _, c := range []struct {
		more   string
		status int
	}{
		{tool, 200}, {tool + `,"tool_choice":"required"`, 400}, {`"temperature":0.5`, 200}, {`"stop":["said"]`, 200}, {`"n":2`, 200},
	} {
		body := `{"model":"gemini-3-flash","messages":[{"role":"user","content":"hello"}],` + c.more + `}`
		if status, got := w.send(t, "/v1/chat/completions", body); status != c.status {
			t.Errorf("%s: %d %s", c.more, status, got)
		}
	}
	if !strings.Contains(w.seen.String(), `drop;p="tools[0]"`) || !strings.Contains(w.seen.String(), `emulate;p="stop"`) {
		t.Error(w.seen.String())
	}
	if status, _ := w.send(t, "/v1/embeddings", `{"model":"gemini-3-flash","input":"x"}`); status == 200 {
		t.Error("the web app has embedded something")
	}
	if status, got := w.send(t, "/v1/messages/count_tokens", `{"model":"gemini-3-flash","messages":[{"role":"user","content":"hello"}]}`); status != 200 || !strings.Contains(got, "input_tokens") {
		t.Errorf("%d %s", status, got)
	}
	w.clean(t)
}

const webHello = `{"model":"gemini-3-flash","messages":[{"role":"user","content":"hello"}]}`

// TestWebAppBadCookies names the account and what to do.
func TestWebAppBadCookies(t *testing.T) {
	for _, c := range []struct{ name, content, want string }{
		{"half written", `{"__Secure-1PSID":"g.a000-mar`, "half written"},
		{"not JSON", `__Secure-1PSID=g.a000`, "no JSON object"},
		{"without the session", `{"__Secure-1PSIDTS":"sidts-x"}`, "holds no __Secure-1PSID"},
		{"with quotes", `{"__Secure-1PSID":"a\"b"}`, "none that a cookie can have"},
		{"an export without it", `[{"name":"NID","value":"x","domain":".google.com"}]`, "holds no __Secure-1PSID"},
		{"nothing", "", "no cookies yet"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWebWorldWith(t, "", c.content)
			status, got := w.send(t, "/v1/chat/completions", webHello)
			if status != 502 || strings.Contains(got, "cookie") {
				t.Errorf("%d %s", status, got)
			}
			s := decode[cookieStatus](t, "GET", "/ai_gateway/cookies/status", "")
			log, err := os.ReadFile(w.log)
			must(t, err)
			for _, text := range []string{s.Problem, string(log)} {
				if !strings.Contains(text, c.want) || !strings.Contains(text, "web") || !strings.Contains(text, "private window") {
					t.Errorf("status %d: %s", status, text)
				}
			}
			if a := decode[accountStatus](t, "GET", "/ai_gateway/accounts/web", ""); a.State != stateLogin {
				t.Errorf("the account is %s: %s", a.State, a.Reason)
			}
			w.clean(t)
			// Good ones end it.
			w.write(t, webCookies(time.Now()))
			eventually(t, "the account works again", func() bool {
				_, _ = ask(t, "POST", "/ai_gateway/accounts/web/unfreeze", "")
				status, _ := w.send(t, "/v1/chat/completions", webHello)
				return status == 200
			})
		})
	}
}

// TestWebAppDeadSession tells of cookies that are good no longer.
func TestWebAppDeadSession(t *testing.T) {
	w := newWebWorld(t, "")
	w.web.Expire(true)
	if status, got := w.send(t, "/v1/chat/completions", webHello); status != 502 || strings.Contains(got, "cookie") {
		t.Errorf("%d %s", status, got)
	}
	log, err := os.ReadFile(w.log)
	must(t, err)
	s := decode[cookieStatus](t, "GET", "/ai_gateway/cookies/status", "")
	if !strings.Contains(string(log), "asks to log in") || !strings.Contains(s.Problem, "no longer good") || s.Healthy || s.Result != "unauthorized" {
		t.Errorf("%+v: %s", s, log)
	}
	w.clean(t)
}

// TestWebAppCookiesByHand gives an account cookies through the admin API.
func TestWebAppCookiesByHand(t *testing.T) {
	w := newWebWorld(t, "")
	must(t, os.Remove(w.file))
	for _, c := range []struct {
		query, body string
		status      int
		want        string
	}{
		{"?account=other", `{}`, 404, "there are: web"}, {"", `{}`, 400, "__Secure-1PSID is missing"}, {"", `{"other":1}`, 400, "unknown field"},
		{"", `{"__Secure-1PSID":"a b"}`, 400, "without quotes, spaces"},
		{"", `{"__Secure-1PSID":"` + webSession + `","__Secure-1PSIDTS":"` + webStamp + `"}`, 200, `"status":"success"`},
	} {
		status, got := ask(t, "POST", "/ai_gateway/cookies"+c.query, c.body)
		if status != c.status || !strings.Contains(got, c.want) {
			t.Errorf("%s %s: %d %s", c.query, c.body, status, got)
		}
	}
	stored, err := os.ReadFile(w.file)
	must(t, err)
	if !strings.Contains(string(stored), webSession) {
		t.Errorf("stored is %s", stored)
	}
	if status, got := w.send(t, "/v1/chat/completions", `{"model":"gemini-3-flash","messages":[{"role":"user","content":"hello"}]}`); status != 200 {
		t.Errorf("%d %s", status, got)
	}
	s := decode[cookieStatus](t, "GET", "/ai_gateway/cookies/status", "")
	if !s.HasPSID || !s.HasTS || !s.Auto || !s.Healthy || s.Standing != "ok" || s.Updated.IsZero() {
		t.Errorf("%+v", s)
	}
	if status, got := ask(t, "DELETE", "/ai_gateway/cookies", ""); status != 405 {
		t.Errorf("%d %s", status, got)
	}
	w.clean(t)
}

// TestWebAppRotation exchanges a cookie that is old when the process starts, stores it, and survives a reload.
func TestWebAppRotation(t *testing.T) {
	w := newWebWorldWith(t, "rotate 5m", webCookies(time.Now().Add(-time.Hour)))
	eventually(t, "the cookie is exchanged and stored", func() bool {
		stored, err := os.ReadFile(w.file)
		return err == nil && strings.Contains(string(stored), w.web.Stamp()) && w.web.Stamp() != webStamp
	})
	stored, err := os.ReadFile(w.file)
	must(t, err)
	if !strings.Contains(string(stored), `"note": "mine"`) {
		t.Errorf("what else stood in the file is gone: %s", stored)
	}
	must(t, w.load(t, w.block("rotate 4m")))
	if status, got := w.send(t, "/v1/chat/completions", `{"model":"gemini-3-flash","messages":[{"role":"user","content":"hello"}]}`); status != 200 {
		t.Errorf("%d %s", status, got)
	}
	if _, rotations, _ := w.web.Counts(); rotations != 1 {
		t.Errorf("the cookie was exchanged %d times", rotations)
	}
	w.clean(t)
}
