package handlers

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidwall/gjson"

	"github.com/caddy-ai-gateway/ai-gateway/providers"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// gpt4free is a server of gpt4free: each request for an answer gets the next of its answers, and the last one again.
type gpt4free struct {
	t       *testing.T
	answers []string // a body: events, or with a status in front an error; "hang" never comes
	asked   []gjson.Result
	paths   []string
}

// g4fChunk is a piece of an answer, as the server writes it.
func g4fChunk(provider, delta, rest string) string {
	return `data: {"id":"chatcmpl-Zx9","object":"chat.completion.chunk","created":1767225600,"model":null,"provider":"` + provider +
		`","choices":[{"index":0,"delta":` + delta + `,"finish_reason":null}]` + rest + "}\n\n"
}

// g4fEnd ends an answer: the usage rides on the chunk that tells the reason.
const g4fEnd = `data: {"id":"chatcmpl-Zx9","object":"chat.completion.chunk","created":1767225601,"model":"other","provider":"A","choices":[{"index":0,` +
	`"delta":{"role":"assistant","content":"","reasoning":null,"tool_calls":null},"finish_reason":"stop"}],` +
	`"usage":{"prompt_tokens":9,"completion_tokens":1,"total_tokens":10,"completion_tokens_details":{}}}` + "\n\ndata: [DONE]\n\n"

const g4fModels = `{"object":"list","data":[{"id":"deepseek-v3","provider":false,"image":false},{"id":"qwen-3","provider":false},` +
	`{"id":"deepseek-draw","image":true,"provider":false},{"id":"deepseek-provider","provider":true},{"id":"gpt-4o","provider":false}]}`

func g4fText(text string) string {
	return g4fChunk("A", `{"role":"assistant","content":"`+text+`","reasoning":null,"tool_calls":null}`, "")
}

func (s *gpt4free) RoundTrip(r *http.Request) (*http.Response, error) {
	s.paths = append(s.paths, r.Method+" "+r.URL.Path)
	if r.Header.Get("Authorization") != "" || r.Header.Get("Idempotency-Key") != "" || r.Header.Get("G4f-Api-Key") != accountSecret {
		s.t.Errorf("%s came with %v", r.URL.Path, r.Header)
	}
	switch r.URL.Path {
	case "/v1/models":
		return newAnswer(200, g4fModels), nil
	case "/v1/providers":
		return newAnswer(200, `[{"id":"A","object":"provider"},{"id":"B","object":"provider"}]`), nil
	}
	body, _ := io.ReadAll(r.Body)
	s.asked = append(s.asked, gjson.ParseBytes(body))
	next := s.answers[min(len(s.asked), len(s.answers))-1]
	var status int
	switch n, _ := fmt.Sscanf(next, "%d ", &status); {
	case next == "refuse":
		return nil, io.ErrUnexpectedEOF
	case next == "hang":
		<-r.Context().Done()
		return nil, r.Context().Err()
	case n == 1:
		return newAnswer(status, next[4:]), nil
	}
	w := newAnswer(200, next)
	w.Header.Set("Content-Type", "text/event-stream")
	return w, nil
}

const g4fQuestion = `{"model":"deepseek-v3","stream":STREAM,"seed":1,"stream_options":{"include_usage":true},"messages":[{"role":"system","content":"be\nkind"},{"role":"user","content":"hi"}]MORE}`

// g4fAsk asks a gateway with an account of the server in a bubble where nothing takes time but waiting.
func g4fAsk(t *testing.T, p *providers.OpenAICompatible, path, question string, answers []string, check func(s *gpt4free, status int, body string, took time.Duration)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p.Preset = "g4f"
		for _, stream := range []string{"false", "true"} {
			s := &gpt4free{t: t, answers: answers}
			g, _ := newGateway(t, gatewaySpec{
				accounts: []accountSpec{{name: "a", provider: p, transport: s, url: "http://g4f", models: []string{"deepseek-*", "qwen-*"}}},
				tweak:    func(g *Gateway) { g.Stream.Ping = 0 },
			})
			upstreamOf(g.Pool.Accounts()[0]).Override = p.Adjust
			w := httptest.NewRecorder()
			r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(strings.Replace(question, "STREAM", stream, 1)))
			r.Header.Set("Authorization", "Bearer "+clientSecret)
			r.Header.Set("Idempotency-Key", "i")
			start := time.Now()
			if err := g.ServeHTTP(w, prepare(w, r), nil); err != nil {
				t.Error(err)
			}
			check(s, w.Code, w.Body.String(), time.Since(start))
		}
	})
}

func TestG4FAnswers(t *testing.T) {
	question := strings.Replace(g4fQuestion, "MORE", "", 1)
	think := g4fChunk("A", `{"content":"","reasoning":"<think>"}`, "") + g4fChunk("A", `{"content":"","reasoning":"hm"}`, "") + g4fChunk("A", `{"content":"","reasoning":"</think>"}`, "")
	for name, c := range map[string]struct {
		answers []string
		status  int
		tries   int
		want    []string
		never   []string
	}{
		"a text":                      {[]string{g4fText("A") + g4fText("B") + g4fEnd}, 200, 1, []string{`"model":"deepseek-v3"`, `"prompt_tokens":9`}, []string{"provider", "other", "conversation"}},
		"reasoning with literal tags": {[]string{think + g4fText("B") + g4fEnd}, 200, 1, []string{`"reasoning_content":"hm"`}, []string{"think>"}},
		"tags in the text":            {[]string{g4fText("<think>hm</think>\\n\\nB") + g4fEnd}, 200, 1, []string{`"reasoning_content":"hm`}, []string{"think>"}},
		"a picture":                   {[]string{g4fText(`![x](/media/a$1.png)\n<img src=\"/media/b.png\"> see /media/c`) + g4fEnd}, 200, 1, []string{`![x](http://g4f/media/a$1.png)`, `\"http://g4f/media/b.png\"`, `see /media/c`}, nil},
		"an error first":              {[]string{`data: {"error":{"message":"CloudflareError: secret.example"},"provider":"A"}` + "\n\ndata: [DONE]\n\n", g4fText("B") + g4fEnd}, 200, 2, []string{`B`}, []string{"secret"}},
		"an error status":             {[]string{`500 {"error":{"message":"RetryNoProviderError: secret.example"}}`, `500 {"error":{"message":"x"}}`, g4fText("B") + g4fEnd}, 200, 3, []string{`B`}, nil},
		"an error for good":           {[]string{`500 {"error":{"message":"RetryNoProviderError: secret.example"}}`}, 502, 3, []string{`"error"`}, []string{"secret"}},
		"only an end":                 {[]string{g4fEnd, g4fText("B") + g4fEnd}, 200, 2, []string{`B`}, nil},
		"nothing but the end":         {[]string{"data: [DONE]\n\n", g4fText("B") + g4fEnd}, 200, 2, []string{`B`}, nil},
		"a page in the text":          {[]string{g4fText(" \\n<!DOCTYPE html>secret") + g4fEnd, g4fText("B") + g4fEnd}, 200, 2, []string{`B`}, []string{"secret", "TYPE"}},
		"silence":                     {[]string{"hang", g4fText("B") + g4fEnd}, 200, 2, []string{`B`}, nil},
		"a wrong type":                {[]string{`422 {"detail":[{"loc":["body"],"msg":"secret"}]}`}, 422, 1, []string{`"error"`}, []string{"secret"}},
		"a wrong key":                 {[]string{`401 {"error":{"message":"Invalid G4F API key"}}`}, 502, 1, []string{`"error"`}, nil},
		"no such model":               {[]string{`404 {"error":{"message":"ModelNotFoundError: secret"}}`}, 404, 1, []string{`"error"`}, []string{"secret"}},
		"a limit":                     {[]string{`429 {"error":{"message":"RateLimitError: secret"}}`}, 429, 3, []string{`"error"`}, []string{"secret"}},
		"the server is down":          {[]string{"refuse"}, 502, 1, []string{`"error"`}, nil},
		"all limits":                  {[]string{`500 {"error":{"message":"RetryProviderError: \nA: RateLimitError: x\nB: RateLimitError: y"}}`}, 429, 3, []string{`"error"`}, nil},
		"mixed errors":                {[]string{`500 {"error":{"message":"RetryProviderError: \nA: RateLimitError: x\nB: MissingAuthError: Add a \"api_key\"\nC: TimeoutError: z"}}`}, 502, 3, []string{`"error"`}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			g4fAsk(t, &providers.OpenAICompatible{}, "/v1/chat/completions", question, c.answers, func(s *gpt4free, status int, body string, took time.Duration) {
				if status != c.status || len(s.asked) != c.tries {
					t.Fatalf("status %d after %d tries: %s", status, len(s.asked), body)
				}
				for _, w := range c.want {
					if !strings.Contains(body, w) {
						t.Errorf("%q is missing in %s", w, body)
					}
				}
				for _, n := range c.never {
					if strings.Contains(body, n) {
						t.Errorf("%q is in %s", n, body)
					}
				}
				if most := time.Duration(c.tries-1) * 2 * time.Second; took > most+30*time.Second || name == "silence" && took < 30*time.Second {
					t.Errorf("it took %v", took)
				}
			})
		})
	}
}

// TestG4FStrict: strict requests go to other accounts, or nowhere.
func TestG4FStrict(t *testing.T) {
	s := &gpt4free{t: t, answers: []string{g4fText("B") + g4fEnd}}
	free := accountSpec{name: "free", provider: &providers.OpenAICompatible{Preset: "g4f"}, transport: s, url: "http://g4f", models: []string{"deepseek-*"}}
	up := newUpstream(t, says(200, "application/json", speeches[ir.Chat].whole))
	good := accountSpec{name: "good", dialect: ir.Chat, url: up.URL, models: []string{"deepseek-*"}, priority: 1}
	question := `{"model":"deepseek-v3","messages":[{"role":"user","content":"hi"}]}`
	f := serve(t, gatewaySpec{accounts: []accountSpec{free, good}})
	for range 2 {
		if got := f.post("/v1/chat/completions", question, "X-Ai-Gateway-Strict", "1"); got.status != 200 {
			t.Errorf("%d %s", got.status, got.body)
		}
	}
	if got := f.post("/v1/chat/completions", question); got.status != 200 || len(s.asked) != 1 || len(up.requests()) != 2 {
		t.Errorf("%d: the server was asked %d times, the other account %d times", got.status, len(s.asked), len(up.requests()))
	}
	alone := serve(t, gatewaySpec{accounts: []accountSpec{free}, models: Models{exactModel(Model{Name: "deepseek-v3", Strict: true})}})
	got := alone.post("/v1/chat/completions", question)
	if got.status != 400 || !strings.Contains(got.body, "unsupported_for_target") || !strings.Contains(got.body, "deepseek-v3") || len(s.asked) != 1 {
		t.Errorf("%d %s", got.status, got.body)
	}
	if got := alone.post("/v1/chat/completions", strings.Replace(question, "deepseek-v3", "nobody-has", 1), "X-Ai-Gateway-Strict", "1"); got.status != 404 {
		t.Errorf("a model that nobody has: %d %s", got.status, got.body)
	}
}

// TestG4FBreaks: what comes after the client has seen some of an answer ends it with an error.
func TestG4FBreaks(t *testing.T) {
	question := strings.Replace(g4fQuestion, "MORE", "", 1)
	for name, tail := range map[string]string{
		"another provider goes on": g4fChunk("B", `{"content":"again"}`, "") + g4fEnd,
		"an error":                 `data: {"error":{"message":"TimeoutError: secret"}}` + "\n\ndata: [DONE]\n\n",
		"no end":                   "",
	} {
		g4fAsk(t, &providers.OpenAICompatible{}, "/v1/chat/completions", question, []string{g4fText("A") + tail}, func(_ *gpt4free, status int, body string, _ time.Duration) {
			streamed := strings.HasPrefix(body, "data: ")
			if streamed && (status != 200 || !strings.Contains(body, `"error"`) || !strings.Contains(body, `"A"`)) || !streamed && status < 500 {
				t.Errorf("%s: %d %s", name, status, body)
			}
			if strings.Contains(body, "again") || strings.Contains(body, "secret") {
				t.Errorf("%s: %s", name, body)
			}
		})
	}
}

// TestG4FRequests: what the server is sent.
func TestG4FRequests(t *testing.T) {
	more := `,"reasoning_effort":"minimal","tool_choice":{"type":"function","function":{"name":"get"}},"tools":[{"type":"function","function":{"name":"get","parameters":{"type":"object","properties":{}}}},` +
		`{"type":"function","function":{"name":"put","parameters":{"type":"object","properties":{}}}}]`
	call := g4fChunk("A", `{"content":"","tool_calls":[{"index":0,"id":"call_0","type":"function","function":{"name":"get","arguments":"{}"}}]}`, "") + g4fEnd
	p := &providers.OpenAICompatible{G4F: providers.G4F{Tools: "emulate", Providers: []string{"A", "B"}}}
	marks := map[string]bool{}
	g4fAsk(t, p, "/v1/chat/completions", strings.Replace(g4fQuestion, "MORE", more, 1), []string{"500 {}", "500 {}", call}, func(s *gpt4free, status int, body string, _ time.Duration) {
		if status != 200 || !strings.Contains(body, `"finish_reason":"tool_calls"`) || strings.Contains(body, `"call_0"`) || len(s.asked) != 3 {
			t.Fatalf("%d %s", status, body)
		}
		for i, want := range []string{"A", "B", ""} {
			if got := s.asked[i].Get("provider").String(); got != want {
				t.Errorf("try %d asks %q", i, got)
			}
		}
		q := s.asked[0]
		for place, want := range map[string]string{
			"stream": "true", "timeout": "120", "stream_timeout": "30", "tool_emulation": "true", "tool_choice": `"required"`, "reasoning_effort": `"low"`,
			"tools.#.function.name": `["get"]`, "seed": "", "stream_options": "", "messages.#": "2", "messages.1": `{"role":"user","content":"hi"}`,
		} {
			if got := q.Get(place).Raw; got != want {
				t.Errorf("%s is %s, want %s", place, got, want)
			}
		}
		system := q.Get("messages.0.content").String()
		mark, ok := strings.CutPrefix(system, "be\nkind\n\nConversation ")
		if !ok || len(mark) < 32 || marks[mark] {
			t.Errorf("instructions %q", system)
		}
		marks[mark] = true
	})
	g4fAsk(t, &providers.OpenAICompatible{}, "/v1/chat/completions", strings.Replace(g4fQuestion, "MORE", more, 1), []string{call}, func(s *gpt4free, status int, body string, _ time.Duration) {
		if status != 400 || len(s.asked) != 0 || !strings.Contains(body, "takes no tools") {
			t.Errorf("a forced call: %d %s", status, body)
		}
	})
	unlisted := strings.Replace(strings.Replace(g4fQuestion, "MORE", "", 1), "deepseek-v3", "deepseek-typo", 1)
	g4fAsk(t, &providers.OpenAICompatible{}, "/v1/chat/completions", unlisted, []string{g4fText("B") + g4fEnd}, func(s *gpt4free, status int, body string, _ time.Duration) {
		if status != 404 || len(s.asked) != 0 {
			t.Errorf("a model that is not listed: %d %s", status, body)
		}
	})
	g4fAsk(t, &providers.OpenAICompatible{G4F: providers.G4F{Unlisted: true, Shared: true}}, "/v1/chat/completions", unlisted, []string{g4fText("B") + g4fEnd}, func(s *gpt4free, status int, body string, _ time.Duration) {
		if status != 200 || s.asked[0].Get("messages.0.content").String() != "be\nkind" {
			t.Errorf("a model that is not listed: %d %s", status, body)
		}
	})
}

// TestG4FDialects has clients of the other dialects ask the server.
func TestG4FDialects(t *testing.T) {
	for path, c := range map[string]struct{ body, want string }{
		"/v1/messages":                          {`{"model":"qwen-3","stream":STREAM,"max_tokens":9,"messages":[{"role":"user","content":"hi"}]}`, `"text":"B"`},
		"/v1/responses":                         {`{"model":"qwen-3","stream":STREAM,"input":"hi"}`, `"text":"B"`},
		"/v1beta/models/qwen-3:generateContent": {`{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}`, `"text":"B"`},
	} {
		g4fAsk(t, &providers.OpenAICompatible{}, path, c.body, []string{g4fText("B") + g4fEnd}, func(s *gpt4free, status int, body string, _ time.Duration) {
			if status != 200 || !strings.Contains(body, c.want) || !s.asked[0].Get("stream").Bool() {
				t.Errorf("%s: %d %s", path, status, body)
			}
		})
	}
}

// TestG4FProbe tries an account by the server's list of providers, which needs the key.
func TestG4FProbe(t *testing.T) {
	for _, c := range []struct{ id, want string }{{"B", ""}, {"C", `the server has no provider "C"`}} {
		s := &gpt4free{t: t}
		p := &providers.OpenAICompatible{Preset: "g4f", G4F: providers.G4F{Providers: []string{c.id}}}
		g, _ := newGateway(t, gatewaySpec{accounts: []accountSpec{{name: "a", provider: p, transport: s, url: "http://g4f", models: []string{"deepseek-*"}}}})
		_, err := g.Probe(t.Context(), g.Pool.Accounts()[0])
		if (err == nil) != (c.want == "") || err != nil && err.Error() != c.want || s.paths[0] != "GET /v1/providers" {
			t.Errorf("%s: %v after %v", c.id, err, s.paths)
		}
		if names := g.listOf(t.Context(), g.Pool.Accounts()[0]); !slices.Equal(names, []string{"deepseek-v3", "qwen-3", "gpt-4o"}) {
			t.Errorf("listed are %v", names)
		}
	}
	if d := new(providers.OpenAICompatible).Dialect(ir.Chat, ir.Embed, ""); d != ir.Chat {
		t.Errorf("others lost their embeddings: %q", d)
	}
}
