package sdktest

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/tidwall/gjson"

	"github.com/caddy-ai-gateway/ai-gateway/sdktest/internal/grammar"
)

const (
	limitedKey = "sk-limited"
	expiredKey = "sk-expired"
	maxBody    = 64 << 10
)

// rawSites is the site of the requests that no SDK sends.
func rawSites() []site {
	return []site{{"raw.test", `
		key limited ` + limitedKey + ` {
			models sim-small vendor/*
		}
		key expired ` + expiredKey + ` {
			expires 2020-01-01
		}
		max_body 64KiB
		expose_account
		model alias {
			as sim-small
		}
		account raw simulator {
			models sim-small sim-large vendor/sim-slashed
		}
		account raw-claude simulator {
			speaks anthropic
			models sim-claude-sonnet-4-5
		}`}}
}

// bodies are the smallest right requests of the dialects; Gemini's model stands in the path.
var bodies = map[grammar.Dialect]string{
	grammar.Chat:      `{"model":"sim-small","messages":[{"role":"user","content":"Hello"}]}`,
	grammar.Responses: `{"model":"sim-small","input":"Hello"}`,
	grammar.Anthropic: `{"model":"sim-small","max_tokens":100,"messages":[{"role":"user","content":"Hello"}]}`,
	grammar.Gemini:    `{"contents":[{"role":"user","parts":[{"text":"Hello"}]}]}`,
}

// paths are where they go.
var paths = map[grammar.Dialect]string{
	grammar.Chat: "/v1/chat/completions", grammar.Responses: "/v1/responses", grammar.Anthropic: "/v1/messages",
	grammar.Gemini: "/v1beta/models/sim-small:generateContent",
}

var allDialects = []grammar.Dialect{grammar.Chat, grammar.Responses, grammar.Anthropic, grammar.Gemini}

// raw is one request by hand.
type raw struct {
	method, path, body string
	header             http.Header
	anonymous          bool // without the tests' key
}

// send sends it to a host, and has the answer's grammar checked if it has one.
func (q raw) send(t *testing.T, host string, d grammar.Dialect) *answer {
	t.Helper()
	method := q.method
	if method == "" {
		method = http.MethodPost
	}
	r, err := http.NewRequestWithContext(t.Context(), method, "http://"+host+q.path, strings.NewReader(q.body))
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range q.header {
		r.Header[name] = values
	}
	if !q.anonymous {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	rec := newRecorder(t, d)
	client := rec.client()
	if method == http.MethodHead || method == http.MethodGet || d == "" || strings.Contains(q.path, "okens") {
		return sendPlain(t, r, d)
	}
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return rec.last()
}

// sendPlain sends what is answered by something other than an answer of a model; errors keep their grammar.
func sendPlain(t *testing.T, r *http.Request, d grammar.Dialect) *answer {
	t.Helper()
	resp, err := transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	a := &answer{request: r, status: resp.StatusCode, header: resp.Header}
	if a.body, err = io.ReadAll(resp.Body); err != nil {
		t.Fatal(err)
	}
	if d != "" && a.status >= 400 && r.Method != http.MethodHead {
		if err := grammar.Failure(d, a.status, a.body).Err(); err != nil {
			t.Errorf("%v: %s", err, a.body)
		}
	}
	return a
}

// message is the text of an error in any dialect.
func (a *answer) message() string { return gjson.GetBytes(a.body, "error.message").String() }

// check compares the status and what the message has to name.
func (a *answer) expect(t *testing.T, status int, parts ...string) {
	t.Helper()
	if a.status != status {
		t.Fatalf("status %d, want %d: %.500s", a.status, status, a.body)
	}
	for _, p := range parts {
		if !strings.Contains(a.message(), p) {
			t.Errorf("%q is missing in %q", p, a.message())
		}
	}
}

// TestCredentialPlaces: every dialect takes the key from all four places.
func TestCredentialPlaces(t *testing.T) {
	for _, d := range allDialects {
		for _, place := range []string{"Authorization", "X-Api-Key", "X-Goog-Api-Key", "query"} {
			for _, tt := range []struct {
				key    string
				status int
			}{{key, 200}, {limitedKey, 200}, {"sk-wrong", 401}, {"", 401}} {
				q := raw{path: paths[d], body: bodies[d], header: http.Header{}, anonymous: true}
				switch place {
				case "query":
					q.path += "?key=" + tt.key
				case "Authorization":
					q.header.Set(place, "bearer "+tt.key)
				default:
					q.header.Set(place, tt.key)
				}
				t.Run(string(d)+"/"+place+"/"+tt.key, func(t *testing.T) {
					q.send(t, "raw.test", d).expect(t, tt.status)
				})
			}
		}
	}
}

// TestUnauthorized: the answer is the same for every wrong key, and tells nothing.
func TestUnauthorized(t *testing.T) {
	want := map[grammar.Dialect]string{
		grammar.Chat:      `{"error":{"message":"Invalid API key","type":"authentication_error","param":null,"code":"invalid_api_key"}}`,
		grammar.Responses: `{"error":{"message":"Invalid API key","type":"authentication_error","param":null,"code":"invalid_api_key"}}`,
		grammar.Anthropic: `{"type":"error","error":{"type":"authentication_error","message":"Invalid API key"},"request_id":"…"}`,
		grammar.Gemini:    `{"error":{"code":401,"message":"Invalid API key","status":"UNAUTHENTICATED"}}`,
	}
	for _, d := range allDialects {
		for _, wrong := range []string{"", "sk-other", strings.Repeat("x", 5000)} {
			q := raw{path: paths[d], body: "not even JSON", header: http.Header{"Authorization": {"Bearer " + wrong}}, anonymous: true}
			transport.CloseIdleConnections()
			a := q.send(t, "raw.test", d)
			a.expect(t, http.StatusUnauthorized)
			got := string(a.body)
			if id := gjson.Get(got, "request_id").String(); id != "" {
				got = strings.Replace(got, id, "…", 1)
			}
			if got != want[d] {
				t.Errorf("%s: got %s, want %s", d, got, want[d])
			}
		}
	}
}

// TestRefusals are the requests that no account ever sees.
func TestRefusals(t *testing.T) {
	for _, d := range allDialects {
		tests := []struct {
			name   string
			q      raw
			status int
			parts  []string
		}{
			{"expired key", raw{body: bodies[d], header: http.Header{"X-Api-Key": {expiredKey}}, anonymous: true}, 403, []string{"expired"}},
			{"empty body", raw{body: "  \n"}, 400, []string{"Request body is empty"}},
			{"broken body", raw{body: `{"model": "sim-small", "stream": tru}`}, 400, []string{"Failed to parse request body", "3"}},
			{"torn body", raw{body: `{"model": "sim-small", "messages": [{"role":`}, 400, []string{"Failed to parse request body"}},
			{"no object", raw{body: `[1]`}, 400, nil},
			{"large body", raw{body: `{"model":"sim-small","x":"` + strings.Repeat("a", maxBody) + `"}`}, 413, []string{"64 KiB"}},
			{"unknown coding", raw{body: bodies[d], header: http.Header{"Content-Encoding": {"br"}}}, 415, []string{"gzip", "zstd"}},
			{"broken gzip", raw{body: bodies[d], header: http.Header{"Content-Encoding": {"gzip"}}}, 400, []string{"Failed to read request body"}},
			{"bomb", raw{body: gzipped(bytes.Repeat([]byte(" "), 10*maxBody)), header: http.Header{"Content-Encoding": {"gzip"}}}, 413, []string{"64 KiB"}},
			{"websocket", raw{method: http.MethodPost, body: bodies[d], header: http.Header{"Upgrade": {"websocket"}, "Connection": {"Upgrade"}}}, 426, nil},
			{"wrong method", raw{method: http.MethodPut, body: bodies[d]}, 405, []string{"PUT", "POST"}},
		}
		for _, tt := range tests {
			t.Run(string(d)+"/"+tt.name, func(t *testing.T) {
				tt.q.path = paths[d]
				a := tt.q.send(t, "raw.test", d)
				a.expect(t, tt.status, tt.parts...)
				if tt.status == 405 && !strings.Contains(a.header.Get("Allow"), "POST") {
					t.Errorf("Allow: %q", a.header.Get("Allow"))
				}
			})
		}
	}
}

func gzipped(body []byte) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(body); err != nil {
		panic(err)
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.String()
}

// TestCompressed: bodies may come compressed.
func TestCompressed(t *testing.T) {
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for _, d := range allDialects {
		for coding, body := range map[string]string{"gzip": gzipped([]byte(bodies[d])), "zstd": string(w.EncodeAll([]byte(bodies[d]), nil))} {
			t.Run(string(d)+"/"+coding, func(t *testing.T) {
				a := raw{path: paths[d], body: body, header: http.Header{"Content-Encoding": {coding}}}.send(t, "raw.test", d)
				a.expect(t, http.StatusOK)
				if a.report.Text != "You said: Hello" {
					t.Errorf("text %q", a.report.Text)
				}
			})
		}
	}
}

// TestModels: a missing model, one that nobody has, and one that the key may not use.
func TestModels(t *testing.T) {
	for _, d := range allDialects {
		named := func(model string) raw {
			q := raw{path: paths[d], body: strings.Replace(bodies[d], "sim-small", model, 1)}
			if d == grammar.Gemini {
				q.path = strings.Replace(paths[d], "sim-small", model, 1)
			}
			return q
		}
		t.Run(string(d)+"/unknown", func(t *testing.T) {
			named("no-such-model").send(t, "raw.test", d).expect(t, 404, "no-such-model", "sim-small", "sim-large", "alias")
		})
		t.Run(string(d)+"/not allowed", func(t *testing.T) {
			q := named("sim-large")
			q.anonymous, q.header = true, http.Header{"X-Api-Key": {limitedKey}}
			a := q.send(t, "raw.test", d)
			a.expect(t, 404, "sim-large", "sim-small")
			if _, list, _ := strings.Cut(a.message(), "may use"); strings.Contains(list, "sim-large") || strings.Contains(list, "alias") {
				t.Errorf("the message names what the key may not use: %s", a.message())
			}
		})
		t.Run(string(d)+"/alias", func(t *testing.T) {
			a := named("alias").send(t, "raw.test", d)
			a.expect(t, 200)
			if got := a.header.Get("X-Ai-Gateway-Model"); got != "sim-small" {
				t.Errorf("X-Ai-Gateway-Model: %q", got)
			}
			if bytes.Contains(a.body, []byte("sim-small")) || !bytes.Contains(a.body, []byte(`"alias"`)) {
				t.Errorf("the answer should name the model that was asked for: %s", a.body)
			}
		})
		t.Run(string(d)+"/slashed", func(t *testing.T) { named("vendor/sim-slashed").send(t, "raw.test", d).expect(t, 200) })
		if d == grammar.Gemini {
			continue
		}
		for name, body := range map[string]string{"missing": strings.Replace(bodies[d], `"model":"sim-small",`, "", 1), "empty": strings.Replace(bodies[d], "sim-small", "", 1)} {
			t.Run(string(d)+"/"+name, func(t *testing.T) {
				raw{path: paths[d], body: body}.send(t, "raw.test", d).expect(t, 400, "model is required")
			})
		}
	}
}
