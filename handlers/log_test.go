package handlers

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap/zaptest/observer"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// secretsOf are what must never be seen outside.
var secretsOf = []string{clientSecret, accountSecret, prompt, "hello there", "org-abcdef123456", "sk-leaked-0123456789"}

// TestAccessLog covers the fields of a request's line.
func TestAccessLog(t *testing.T) {
	tests := map[string]struct {
		step http.HandlerFunc
		path string
		ask  string
		want map[string]string
		not  []string
	}{
		"answered": {says(200, "application/json", speeches[ir.Anthropic].whole), "/v1/messages", speeches[ir.Anthropic].ask, map[string]string{
			"ai_key": "alice", "ai_dialect": "anthropic", "ai_upstream_dialect": "anthropic", "ai_model": "m", "ai_account": "only", "ai_stop": "end",
			"ai_attempts": "1ns", "ai_input_tokens": "3ns", "ai_output_tokens": "2ns",
		}, []string{"ai_model_served", "ai_notes"}},
		"translated stream": {streams(speeches[ir.Anthropic].stream(), nil), "/v1/chat/completions", speeches[ir.Chat].askStream, map[string]string{
			"ai_dialect": "chat", "ai_upstream_dialect": "anthropic", "ai_input_tokens": "3ns", "ai_output_tokens": "2ns", "ai_attempts": "1ns",
		}, nil},
		"failed": {fails(500, ""), "/v1/messages", speeches[ir.Anthropic].ask, map[string]string{
			"ai_attempts": "1ns", "ai_account": "only", "ai_model": "m",
		}, []string{"ai_stop", "ai_input_tokens"}},
		"refused": {fails(500, ""), "/v1/messages", `{"model":"other"}`, map[string]string{"ai_key": "alice", "ai_model": "other"}, []string{"ai_attempts", "ai_account"}},
		"a long name": {fails(500, ""), "/v1/messages", `{"model":"` + strings.Repeat("x", 5000) + `"}`, map[string]string{
			"ai_model": strings.Repeat("x", 100) + "…",
		}, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f, _ := one(t, ir.Anthropic, test.step, nil)
			got := f.post(test.path, test.ask)
			fields := f.lastFields(1)
			for field, want := range test.want {
				if fields[field] != want {
					t.Errorf("%s is %q, want %q", field, fields[field], want)
				}
			}
			for _, field := range test.not {
				if v, ok := fields[field]; ok {
					t.Errorf("%s is %q", field, v)
				}
			}
			if id := fields["ai_request_id"]; id == "" || got.header.Get("X-Ai-Gateway-Request-Id") != id || got.header.Get("Request-Id") != id && test.path == "/v1/messages" {
				t.Errorf("the request id is %q in the log and %v in the headers", id, got.header)
			}
		})
	}
}

// TestFirstByteIsLogged measures up to the first content.
func TestFirstByteIsLogged(t *testing.T) {
	f, _ := one(t, ir.Anthropic, streams(speeches[ir.Anthropic].stream(), nil), nil)
	f.post("/v1/messages", speeches[ir.Anthropic].askStream)
	first, err := time.ParseDuration(f.lastFields(1)["ai_first_byte"])
	if err != nil || first <= 0 || first > time.Minute || f.account("only").FirstByte <= 0 {
		t.Errorf("the first byte came after %v, %v", first, err)
	}
}

// TestNoSecrets searches logs, headers and error bodies for keys, prompts,
// answers and what upstreams tell of the operator's accounts.
func TestNoSecrets(t *testing.T) {
	words := `"message":"key sk-leaked-0123456789 of org-abcdef123456: ` + prompt + `","type":"x","code":"c","status":"INTERNAL"`
	steps := map[string]http.HandlerFunc{
		"500": fails(500, `{"error":{`+words+`}}`), "429": fails(429, `{"error":{`+words+`}}`), "401": fails(401, `{"error":{`+words+`}}`), "404": fails(404, `{"error":{"message":"org-abcdef123456"}}`),
		"400":         fails(400, `{"error":{"message":"key sk-leaked-0123456789 of org-abcdef123456"}}`),
		"in 200":      says(200, "application/json", `{"error":{`+words+`}}`),
		"in a stream": streams([]string{data(`{"error":{` + words + `}}`)}, nil),
		"hang-up":     cuts,
		"headers": func(w http.ResponseWriter, r *http.Request) {
			for _, h := range []string{"Set-Cookie", "Openai-Organization", "Server", "X-Echo", "Cf-Ray", "Request-Id"} {
				w.Header().Set(h, "org-abcdef123456")
			}
			says(200, "application/json", speeches[ir.Chat].whole)(w, r)
		},
	}
	for name, step := range steps {
		for _, up := range dialects {
			for _, client := range dialects {
				t.Run(name+" "+string(client)+"→"+string(up), func(t *testing.T) {
					f, _ := one(t, up, step, nil)
					s := speeches[client]
					requests := map[string]answered{
						"whole":  f.post(s.path, s.ask, "Cookie", "a="+clientSecret),
						"stream": f.post(s.streamPath, s.askStream),
						"query":  f.post(join2(s.path, "key="+clientSecret), s.ask, "Authorization", ""),
						"list":   f.do("GET", "/v1/models?key="+clientSecret, "", "Authorization", ""),
					}
					f.lastFields(len(requests))
					visible := logText(f.logs) + fmt.Sprint(f.fields)
					for _, got := range requests {
						visible += fmt.Sprint(got.header)
						if got.status != 200 || errorOf(got.body) != "" {
							visible += got.body
						}
					}
					for _, secret := range secretsOf {
						if i := strings.Index(visible, secret); i >= 0 {
							t.Errorf("%q shows in …%s", secret, visible[max(0, i-200):i+len(secret)])
						}
					}
				})
			}
		}
	}
}

func join2(path, query string) string {
	if strings.Contains(path, "?") {
		return path + "&" + query
	}
	return path + "?" + query
}

// logText is everything that was logged.
func logText(logs *observer.ObservedLogs) string {
	var b strings.Builder
	for _, e := range logs.All() {
		fmt.Fprintln(&b, e.Level, e.Message, e.ContextMap())
	}
	return b.String()
}

// TestUpstreamHeaders: the upstream gets the account's credential and none of
// what the client sends but the dialect's own headers.
func TestUpstreamHeaders(t *testing.T) {
	credentials := map[ir.Dialect]string{ir.Chat: "Authorization", ir.Responses: "Authorization", ir.Anthropic: "X-Api-Key", ir.Gemini: "X-Goog-Api-Key"}
	for _, up := range dialects {
		for _, client := range dialects {
			t.Run(string(client)+"→"+string(up), func(t *testing.T) {
				u := newUpstream(t, says(200, "application/json", speeches[up].whole))
				f := serve(t, gatewaySpec{accounts: []accountSpec{{name: "a", dialect: up, url: u.URL, header: http.Header{"X-Operator": {"yes"}}}}})
				f.post(join2(speeches[client].path, "key="+clientSecret), speeches[client].ask,
					"X-Api-Key", clientSecret, "X-Goog-Api-Key", clientSecret, "Cookie", "c=1", "X-Forwarded-For", "192.0.2.9", "User-Agent", "claude-cli/1.0",
					"Anthropic-Beta", "beta-1", "Te", "trailers", "X-Custom", "1", "Proxy-Authorization", "Basic eA==", "Accept-Encoding", "br")
				if len(u.requests()) != 1 {
					t.Fatalf("asked %d times", len(u.requests()))
				}
				r := u.requests()[0]
				if !strings.Contains(r.header.Get(credentials[up]), accountSecret) || r.header.Get("X-Operator") != "yes" {
					t.Errorf("the account's own headers are missing: %v", r.header)
				}
				if !strings.HasPrefix(r.header.Get("User-Agent"), "ai-gateway/") {
					t.Errorf("the User-Agent is %q", r.header.Get("User-Agent"))
				}
				if beta := r.header.Get("Anthropic-Beta"); (beta == "beta-1") != (client == ir.Anthropic && up == ir.Anthropic) {
					t.Errorf("the beta is %q", beta)
				}
				for _, name := range []string{"Cookie", "X-Forwarded-For", "Te", "X-Custom", "Proxy-Authorization", "Via", "Forwarded"} {
					if v := r.header.Get(name); v != "" {
						t.Errorf("%s: %q", name, v)
					}
				}
				if strings.Contains(r.uri+fmt.Sprint(r.header), clientSecret) {
					t.Errorf("the client's key reaches the upstream: %s %v", r.uri, r.header)
				}
			})
		}
	}
}

// TestBodiesAreClosed: no answer of an upstream stays open, whatever it was.
func TestBodiesAreClosed(t *testing.T) {
	steps := []struct {
		status     int
		kind, body string
	}{
		{200, "application/json", speeches[ir.Chat].whole}, {200, eventStream, strings.Join(speeches[ir.Chat].stream(), "")},
		{200, eventStream, speeches[ir.Chat].mistake}, {200, "application/json", ""}, {200, "text/html", "<p>"}, {500, "", "x"}, {400, "", "{}"}, {302, "", ""}, {204, "", ""},
	}
	for _, step := range steps {
		body := &closing{Reader: strings.NewReader(step.body)}
		f := serve(t, gatewaySpec{accounts: []accountSpec{{name: "a", url: "http://upstream", transport: answering(func(*http.Request) (*http.Response, error) {
			body.opened++
			body.Reader = strings.NewReader(step.body)
			return &http.Response{StatusCode: step.status, Header: http.Header{"Content-Type": {step.kind}}, Body: body}, nil
		})}}})
		asked := 0
		for _, request := range []string{speeches[ir.Chat].ask, speeches[ir.Chat].askStream} {
			f.post("/v1/chat/completions", request)
			asked++
			f.lastFields(asked)
		}
		if body.opened != body.closed || body.opened == 0 {
			t.Errorf("%d %s: %d opened, %d closed", step.status, step.kind, body.opened, body.closed)
		}
	}
}

type answering func(*http.Request) (*http.Response, error)

func (f answering) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

type closing struct {
	io.Reader
	opened, closed int
}

func (c *closing) Close() error {
	c.closed++
	return nil
}
