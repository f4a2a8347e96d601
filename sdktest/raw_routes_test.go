package sdktest

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-ai-gateway/ai-gateway/sdktest/internal/grammar"
)

// TestRoutes are all ways to ask for an answer.
func TestRoutes(t *testing.T) {
	tests := []struct {
		dialect grammar.Dialect
		path    string
	}{
		{grammar.Chat, "/v1/chat/completions"},
		{grammar.Chat, "/openai/v1/chat/completions"},
		{grammar.Responses, "/v1/responses"},
		{grammar.Responses, "/openai/v1/responses"},
		{grammar.Responses, "/responses"},
		{grammar.Anthropic, "/v1/messages"},
		{grammar.Anthropic, "/v1/messages?beta=true"},
		{grammar.Anthropic, "/anthropic/v1/messages"},
		{grammar.Gemini, "/v1beta/models/sim-small:generateContent"},
		{grammar.Gemini, "/v1/models/sim-small:generateContent"},
		{grammar.Gemini, "/v1alpha/models/sim-small:generateContent"},
		{grammar.Gemini, "/gemini/v1beta/models/sim-small:generateContent"},
		{grammar.Gemini, "/v1beta/models/models%2Fsim-small:generateContent"},
		{grammar.Gemini, "/v1beta/models/vendor%2Fsim-slashed:generateContent"},
		{grammar.Gemini, "/v1beta/models/sim-small:streamGenerateContent?alt=sse"},
		{grammar.Gemini, "/v1beta/models/sim-small:streamGenerateContent"},
	}
	for _, tt := range tests {
		t.Run(tt.path, func(t *testing.T) {
			a := raw{path: tt.path, body: bodies[tt.dialect]}.send(t, "raw.test", tt.dialect)
			a.expect(t, http.StatusOK)
			if a.report.Text != "You said: Hello" {
				t.Errorf("text %q: %s", a.report.Text, a.body)
			}
			if a.header.Get("X-Ai-Gateway-Request-Id") == "" {
				t.Error("the answer has no X-Ai-Gateway-Request-Id")
			}
		})
	}
}

// TestNothingThere are the paths and methods of nobody.
func TestNothingThere(t *testing.T) {
	tests := []struct {
		method, path string
		dialect      grammar.Dialect
		status       int
		part         string
	}{
		{"POST", "/v1/files", grammar.Chat, 404, ""},
		{"POST", "/v1/realtime/sessions", grammar.Chat, 404, ""},
		{"GET", "/openai/v1/batches", grammar.Chat, 404, ""},
		{"POST", "/v1/messages/batches", grammar.Anthropic, 404, ""},
		{"POST", "/anthropic/v1/nothing", grammar.Anthropic, 404, ""},
		{"POST", "/v1/complete", grammar.Anthropic, 404, ""},
		{"GET", "/v1/responses/resp_123", grammar.Responses, 404, "resp_123"},
		{"POST", "/v1/responses/resp_123/nothing", grammar.Responses, 404, ""},
		{"POST", "/v1beta/cachedContents", grammar.Gemini, 404, ""},
		{"POST", "/v1beta/models/sim-small", grammar.Gemini, 404, "invalid model action path"},
		{"POST", "/v1beta/models/sim-small:predict", grammar.Gemini, 404, "predict"},
		{"POST", "/v1beta/models/:generateContent", grammar.Gemini, 400, "Missing model in URL"},
		{"POST", "/gemini/v1beta/nothing", grammar.Gemini, 404, ""},
		{"GET", "/v1/chat/completions", grammar.Chat, 405, "POST"},
		{"GET", "/v1/messages", grammar.Anthropic, 405, "POST"},
		{"DELETE", "/v1/responses", grammar.Responses, 405, "POST"},
		{"GET", "/v1/models/no-such-model", grammar.Chat, 404, "no-such-model"},
		{"GET", "/v1beta/models/no-such-model", grammar.Gemini, 404, "no-such-model"},
		{"POST", "/v1/models", grammar.Chat, 405, "GET"},
	}
	for _, tt := range tests {
		t.Run(tt.method+" "+tt.path, func(t *testing.T) {
			a := raw{method: tt.method, path: tt.path, body: "{}"}.send(t, "raw.test", tt.dialect)
			a.expect(t, tt.status, tt.part)
		})
	}
}

// TestNextHandler: what is not the gateway's goes on to the next handler, without a key.
func TestNextHandler(t *testing.T) {
	for _, q := range []raw{
		{method: "HEAD", path: "/"}, {method: "GET", path: "/"}, {method: "GET", path: "/index.html"}, {method: "POST", path: "/healthy"},
		{method: "GET", path: "/v2/models"}, {method: "GET", path: "/openai"}, {method: "GET", path: "/v1"},
	} {
		q.anonymous = true
		t.Run(q.method+" "+q.path, func(t *testing.T) { q.send(t, "raw.test", "").expect(t, 299) })
	}
}

func TestHealth(t *testing.T) {
	for _, method := range []string{"GET", "HEAD"} {
		a := raw{method: method, path: "/health", anonymous: true}.send(t, "raw.test", "")
		a.expect(t, http.StatusOK)
		if got := string(a.body); method == "GET" && got != `{"status":"ok"}` || method == "HEAD" && got != "" {
			t.Errorf("%s: %q", method, got)
		}
	}
	raw{method: "POST", path: "/health", anonymous: true}.send(t, "raw.test", grammar.Chat).expect(t, http.StatusMethodNotAllowed)
}

// TestModelLists: three shapes of one list, cut to what the key may use.
func TestModelLists(t *testing.T) {
	anthropic, gemini := http.Header{"Anthropic-Version": {"2023-06-01"}}, http.Header{"X-Goog-Api-Key": {key}}
	tests := []struct {
		path   string
		header http.Header
		names  string // where the names stand
		prefix string
	}{
		{"/v1/models", nil, "data.#.id", ""},
		{"/openai/v1/models", anthropic, "data.#.id", ""},
		{"/v1/models", anthropic, "data.#.id", ""},
		{"/anthropic/v1/models", nil, "data.#.id", ""},
		{"/v1/claude/models", nil, "data.#.id", ""},
		{"/v1/models", gemini, "models.#.name", "models/"},
		{"/v1/models?key=" + key, nil, "models.#.name", "models/"},
		{"/v1beta/models", nil, "models.#.name", "models/"},
		{"/gemini/v1/models", nil, "models.#.name", "models/"},
	}
	for _, tt := range tests {
		for _, k := range []struct{ key, want string }{
			{key, "alias sim-claude-sonnet-4-5 sim-large sim-small vendor/sim-slashed"}, {limitedKey, "sim-small vendor/sim-slashed"},
		} {
			t.Run(tt.path+" "+k.key, func(t *testing.T) {
				q := raw{method: "GET", path: strings.Replace(tt.path, key, k.key, 1), header: http.Header{}, anonymous: true}
				for name, values := range tt.header {
					q.header[name] = []string{strings.Replace(values[0], key, k.key, 1)}
				}
				q.header.Set("Authorization", "Bearer "+k.key)
				a := q.send(t, "raw.test", "")
				a.expect(t, http.StatusOK)
				var names []string
				for _, n := range gjson.GetBytes(a.body, tt.names).Array() {
					names = append(names, strings.TrimPrefix(n.String(), tt.prefix))
				}
				if got := strings.Join(names, " "); got != k.want {
					t.Errorf("got %s, want %s: %s", got, k.want, a.body)
				}
				if isAnthropic := gjson.GetBytes(a.body, "has_more").Exists(); isAnthropic != (strings.HasPrefix(tt.path, "/anthropic") || strings.Contains(tt.path, "claude") || tt.path == "/v1/models" && tt.header.Get("Anthropic-Version") != "") {
					t.Errorf("the wrong shape: %s", a.body)
				}
			})
		}
	}
	for path, name := range map[string]string{
		"/v1/models/sim-small": "id", "/v1/models/vendor/sim-slashed": "id", "/v1beta/models/sim-small": "name", "/anthropic/v1/models/sim-small": "display_name",
	} {
		t.Run(path, func(t *testing.T) {
			a := raw{method: "GET", path: path}.send(t, "raw.test", "")
			a.expect(t, http.StatusOK)
			if got := gjson.GetBytes(a.body, name).String(); !strings.HasSuffix(got, path[strings.Index(path, "models/")+7:]) {
				t.Errorf("%s", a.body)
			}
		})
	}
}

// TestCounts: the endpoints that count tokens, at every upstream.
func TestCounts(t *testing.T) {
	for _, up := range upstreams {
		model := func(body string) string { return strings.ReplaceAll(body, "sim-small", up.model) }
		tests := []struct {
			dialect         grammar.Dialect
			path, body, key string
		}{
			{grammar.Anthropic, "/v1/messages/count_tokens", strings.Replace(bodies[grammar.Anthropic], `"max_tokens":100,`, "", 1), "input_tokens"},
			{grammar.Responses, "/v1/responses/input_tokens", bodies[grammar.Responses], "input_tokens"},
			{grammar.Gemini, "/v1beta/models/sim-small:countTokens", bodies[grammar.Gemini], "totalTokens"},
		}
		for _, tt := range tests {
			t.Run(string(tt.dialect)+" to "+up.String(), func(t *testing.T) {
				a := raw{path: model(tt.path), body: model(tt.body)}.send(t, up.host(), tt.dialect)
				a.expect(t, http.StatusOK)
				if n := gjson.GetBytes(a.body, tt.key).Int(); n < 1 || n > 100 {
					t.Errorf("%s", a.body)
				}
				if marked := a.header.Get("X-Ai-Gateway-Estimated") == "true"; marked && up.dialect == string(tt.dialect) {
					t.Error("an estimate, though the upstream can count")
				}
			})
		}
	}
}

// TestStrict: what the upstream cannot express is noted, or refused if the client wants it so.
func TestStrict(t *testing.T) {
	body := `{"model":"sim-claude-sonnet-4-5","messages":[{"role":"user","content":"Hello"}],"logit_bias":{"50256":-100},"seed":7}`
	a := raw{path: paths[grammar.Chat], body: body}.send(t, "raw.test", grammar.Chat)
	a.expect(t, http.StatusOK)
	if notes := a.header.Get("X-Ai-Gateway-Notes"); !strings.Contains(notes, `drop;p="logit_bias"`) {
		t.Errorf("notes: %q", notes)
	}
	a = raw{path: paths[grammar.Chat], body: body, header: http.Header{"X-Ai-Gateway-Strict": {"1"}}}.send(t, "raw.test", grammar.Chat)
	a.expect(t, http.StatusBadRequest)
	if code := gjson.GetBytes(a.body, "error.code").String(); code != "unsupported_for_target" {
		t.Errorf("code %q: %s", code, a.body)
	}
}

// TestStreamHeaders: what proxies and browsers have to know of a stream.
func TestStreamHeaders(t *testing.T) {
	for _, d := range allDialects {
		for _, up := range upstreams {
			t.Run(string(d)+" to "+up.String(), func(t *testing.T) {
				q := raw{path: paths[d], body: strings.Replace(bodies[d], `{`, `{"stream":true,`, 1)}
				if d == grammar.Gemini {
					q = raw{path: "/v1beta/models/sim-small:streamGenerateContent?alt=sse", body: bodies[d]}
				}
				q.path, q.body = strings.Replace(q.path, "sim-small", up.model, 1), strings.Replace(q.body, "sim-small", up.model, 1)
				a := q.send(t, up.host(), d)
				a.expect(t, http.StatusOK)
				for name, part := range map[string]string{"Content-Type": "text/event-stream", "Cache-Control": "no-cache", "X-Accel-Buffering": "no"} {
					if !strings.Contains(a.header.Get(name), part) {
						t.Errorf("%s: %q", name, a.header.Get(name))
					}
				}
				if a.report.Text != "You said: Hello" || a.report.Ending != grammar.Complete {
					t.Errorf("ending %q, text %q", a.report.Ending, a.report.Text)
				}
			})
		}
	}
}
