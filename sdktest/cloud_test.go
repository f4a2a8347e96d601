package sdktest

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/sdktest/internal/grammar"
)

// cloud is an upstream that wraps a dialect into an envelope or paths of its own, and takes tokens.
type cloud struct {
	upstream
	name string
}

func (c cloud) host() string { return c.name + ".test" }

func (c cloud) String() string { return c.name + "-" + c.model }

// clouds are Google's platforms. What they are sent is checked by the rules of each.
var clouds = []cloud{
	{upstream{"gemini", "claude-sonnet-4-6"}, "antigravity"},
	{upstream{"gemini", "gemini-3-flash"}, "antigravity"},
	{upstream{"gemini", "gemini-2.5-flash"}, "code-assist"},
	{upstream{"gemini", "gemini-3-pro-preview"}, "code-assist"},
	{upstream{"anthropic", "claude-sonnet-4-5"}, "vertex"},
	{upstream{"gemini", "gemini-3-pro-preview"}, "vertex"},
}

// cloudSites have one account each at the upstream server, whose tokens come from there too.
func cloudSites() []site {
	var all []site
	for _, c := range [][3]string{
		{"antigravity", "antigravity", "/antigravity"}, {"code-assist", "code_assist", ""}, {"vertex", "vertex", ""},
	} {
		project := ""
		if c[1] == "vertex" {
			project = "project p1\nlocation us-east5"
		}
		all = append(all, site{c[0] + ".test", fmt.Sprintf("account cloud-%s %s {\nbase_url %s%s\n%s\noauth {\nclient_id id\ntoken_url %s/token\nrefresh_token first\n}\n}",
			c[0], c[1], upstreamServer.URL, c[2], project, upstreamServer.URL)})
	}
	return append(all, forcedSite())
}

// forcedSite has an account of Antigravity behind another one that serves the same models and goes first.
func forcedSite() site {
	return site{"forced.test", fmt.Sprintf(`expose_account
account forced-first simulator {
models claude-* gemini-*
}
account forced-cloud antigravity {
base_url %s/antigravity
priority 1
oauth {
client_id id
token_url %[1]s/token
refresh_token forced
}
}`, upstreamServer.URL)}
}

// TestForcedAntigravity: the prefix /antigravity limits the accounts to that provider and keeps the dialect of the rest.
func TestForcedAntigravity(t *testing.T) {
	t.Parallel()
	const gemini = `{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}`
	for _, c := range []struct {
		path, body, want string
		account          bool
	}{
		{"/v1/messages", `{"model":"claude-sonnet-4-6","max_tokens":50,"messages":[{"role":"user","content":"hi"}]}`, `"text":"You said: hi"`, true},
		{"/v1/messages", `{"model":"claude-sonnet-4-6","stream":true,"max_tokens":50,"messages":[{"role":"user","content":"hi"}]}`, `event: message_stop`, true},
		{"/v1/messages/count_tokens", `{"model":"claude-sonnet-4-6","messages":[{"role":"user","content":"hi"}]}`, `{"input_tokens":`, false},
		{"/v1/chat/completions", `{"model":"gemini-3-flash","messages":[{"role":"user","content":"hi"}]}`, `"content":"You said: hi"`, true},
		{"/v1/responses", `{"model":"gemini-3-flash","input":"hi"}`, `"text":"You said: hi"`, true},
		{"/v1beta/models/claude-sonnet-4-6:generateContent", gemini, `"text":"You said: hi"`, true},
		{"/v1beta/models/gemini-3-flash:streamGenerateContent?alt=sse", gemini, `data: {`, true},
		{"/v1beta/models/gemini-3-flash:countTokens", gemini, `{"totalTokens":`, false},
		{"/v1internal:generateContent", `{"model":"gemini-3-flash","request":` + gemini + `}`, `{"response":{`, true},
		{"/v1/models", "", `"id":"gemini-3-flash"`, false},
		{"/v1beta/models", "", `"name":"models/gemini-3-flash"`, false},
		{"/v1beta/models/gemini-3-flash", "", `"name":"models/gemini-3-flash"`, false},
		{"/v1/models/gpt-5", "", `model_not_found`, false},
		{"/v1/embeddings", `{"model":"gemini-3-flash","input":"x"}`, `model_not_found`, false},
	} {
		for _, prefix := range []string{"/antigravity", ""} {
			if c.path == "/v1/embeddings" && prefix == "" || c.path == "/v1/models" && prefix == "" {
				continue
			}
			method := http.MethodGet
			if c.body != "" {
				method = http.MethodPost
			}
			resp, got := plainly(t, method, "http://forced.test"+prefix+c.path, c.body)
			if prefix != "" && !strings.Contains(got, c.want) {
				t.Errorf("%s: %d %s", c.path, resp.StatusCode, got)
			}
			account := map[string]string{"": "forced-first", "/antigravity": "forced-cloud"}[prefix]
			if c.account && resp.Header.Get("X-Ai-Gateway-Upstream") != account {
				t.Errorf("%s%s was answered by %q", prefix, c.path, resp.Header.Get("X-Ai-Gateway-Upstream"))
			}
			if strings.Contains(c.path, "ount") && prefix != "" && resp.Header.Get("X-Ai-Gateway-Estimated") != "" {
				t.Errorf("%s: an estimate", c.path)
			}
		}
	}
}

// TestRememberedThinking: a client of Chat Completions has no place for Claude's thinking. The gateway remembers it, and
// Claude behind Antigravity, which checks it, sees its own again.
func TestRememberedThinking(t *testing.T) {
	t.Parallel()
	up := clouds[0]
	for _, streamed := range []bool{false, true} {
		rec := newRecorder(t, grammar.Dialect("chat"))
		c := &cell{t, newChatClient(t, rec, up.host()), rec, up.upstream, streamed}
		name := fmt.Sprintf("mark-remembered-%t", streamed)
		turns := user(`think aloud. call get_weather {"city":"Paris"}`)
		first := c.ask(ask{Turns: turns, Tools: []tool{weather}, Think: true})
		c.called(first, "get_weather", `{"city":"Paris"}`)
		turns = append(turns, turn{Reply: first}, turn{Results: []result{{first.Calls[0], name}}})
		_, sent := c.visit(name, ask{Turns: turns, Tools: []tool{weather}, Think: true})
		if !strings.Contains(string(sent), `"thought":true,"thoughtSignature":"R`) || !strings.Contains(string(sent), `"thinkingBudget"`) {
			t.Errorf("sent %s", sent)
		}
	}
}

// TestCloudsBesides asks for what is no answer of a model: tokens and embeddings, by every platform that has them.
func TestCloudsBesides(t *testing.T) {
	t.Parallel()
	const gemini = `{"contents":[{"role":"user","parts":[{"text":"hi there"}]},{"role":"model","parts":[{"thought":true,"text":"hm"},{"text":"ok"}]},{"role":"user","parts":[{"text":"on"}]}]}`
	for _, c := range []struct{ host, path, body, want string }{
		{"vertex", "/v1/messages/count_tokens", `{"model":"claude-sonnet-4-5","messages":[{"role":"user","content":"hi"}]}`, `{"input_tokens":`},
		{"vertex", "/v1beta/models/gemini-3-pro-preview:countTokens", gemini, `"totalTokens":`},
		{"vertex", "/v1/embeddings", `{"model":"gemini-embedding-001","input":["one two","three"],"dimensions":4}`, `"usage":{"prompt_tokens":3,"total_tokens":3}`},
		{"vertex", "/v1beta/models/gemini-embedding-001:embedContent", `{"content":{"parts":[{"text":"x"}]},"taskType":"CLUSTERING"}`, `{"embedding":{"values":[`},
		{"vertex", "/v1beta/models/gemini-embedding-001:batchEmbedContents", `{"requests":[{"model":"models/gemini-embedding-001","content":{"parts":[{"text":"x"}]}}]}`, `{"embeddings":[{"values":[`},
		{"vertex", "/v1/models", "", `"id":"gemini-3-pro-preview"`},
		{"code-assist", "/v1beta/models/gemini-2.5-flash:countTokens", gemini, `"totalTokens":`},
		{"code-assist", "/v1/messages/count_tokens", `{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"hi"}]}`, `{"input_tokens":`},
		{"code-assist", "/v1internal:countTokens", `{"request":{"model":"models/gemini-2.5-flash","contents":[{"role":"user","parts":[{"text":"x"}]}]}}`, `"totalTokens":`},
		{"antigravity", "/v1beta/models/gemini-3-flash:countTokens", gemini, `"totalTokens":`},
	} {
		method := http.MethodPost
		if c.body == "" {
			method = http.MethodGet
		}
		resp, got := plainly(t, method, "http://"+c.host+".test"+c.path, c.body)
		if resp.StatusCode != http.StatusOK || !strings.Contains(got, c.want) || resp.Header.Get("X-Ai-Gateway-Estimated") != "" {
			t.Errorf("%s %s: %d %s %v", c.host, c.path, resp.StatusCode, got, resp.Header)
		}
	}
}

// plainly sends a request without an SDK.
func plainly(t *testing.T, method, url, body string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+key)
	resp, err := transport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(got)
}

// answerToken is the token endpoint of the upstream server.
func answerToken(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"access_token":"`+upstreamKey+`","token_type":"Bearer","expires_in":3600,"refresh_token":"next"}`)
}

// cloudScenarios are those of the matrix that say something about an envelope; the others are about a dialect, which the
// matrix checks.
var cloudScenarios = map[string]bool{
	"text": true, "same text whole and streamed": true, "many turns": true, "system prompt": true, "tool round trip": true, "parallel tools": true,
	"the same tool twice": true, "forced tool": true, "arguments in pieces": true, "image": true, "answer of a schema": true, "thinking": true,
	"thinking and tools": true, "hidden thinking": true, "usage": true, "stop at the length": true, "unicode": true, "refused request": true,
	"error inside": true, "cut stream": true, "garbage": true,
}

// TestClouds runs the scenarios of the matrix with Google's platforms.
func TestClouds(t *testing.T) {
	for _, m := range makers {
		for _, up := range clouds {
			t.Run(m.dialect+" to "+up.String(), func(t *testing.T) {
				t.Parallel()
				for _, s := range scenarios {
					if !cloudScenarios[s.name] {
						continue
					}
					for _, streamed := range []bool{false, true} {
						name := s.name + map[bool]string{true: "/streamed", false: "/whole"}[streamed]
						t.Run(name, func(t *testing.T) {
							rec := newRecorder(t, grammar.Dialect(m.dialect))
							s.run(&cell{t, m.make(t, rec, up.host()), rec, up.upstream, streamed})
						})
					}
				}
			})
		}
	}
}
