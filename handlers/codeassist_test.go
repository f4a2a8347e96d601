package handlers

import (
	"net/http"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-ai-gateway/ai-gateway/providers"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

const geminiAnswer = `{"candidates":[{"content":{"role":"model","parts":[{"text":"ok"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":1,"totalTokenCount":2},"modelVersion":"m"}`

const assistQuestion = `{"model":"m","project":"client-proj","user_prompt_id":"p","request":{"contents":[{"role":"user","parts":[{"text":"hi"}]}],"session_id":"5f0c","labels":{"a":"b"}}}`

// TestCodeAssistClient has a client of Code Assist ask an account of AI Studio.
func TestCodeAssistClient(t *testing.T) {
	up := newUpstream(t, says(200, "application/json", geminiAnswer))
	f := serve(t, gatewaySpec{accounts: []accountSpec{{name: "a", dialect: ir.Gemini, url: up.URL}}})
	got := f.post("/v1internal:generateContent", assistQuestion)
	if got.status != 200 || !strings.HasPrefix(got.body, `{"response":{"candidates":`) || !strings.Contains(got.body, `"traceId":"req_`) {
		t.Errorf("status %d: %s", got.status, got.body)
	}
	asked := up.requests()[0]
	if asked.uri != "/v1beta/models/m:generateContent" || strings.Contains(asked.body, "session_id") || strings.Contains(asked.body, "labels") {
		t.Errorf("asked %s %s", asked.uri, asked.body)
	}
}

func TestCodeAssistClientStreams(t *testing.T) {
	frames := []string{
		"data: {\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"text\":\"A\"}]}}]}\r\n\r\n",
		"data: " + geminiAnswer + "\r\n\r\n",
	}
	up := newUpstream(t, streams(frames, nil))
	chat := newUpstream(t, streams([]string{
		"data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"model\":\"n\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"A\"}}]}\n\n",
		"data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"model\":\"n\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
		"data: [DONE]\n\n",
	}, nil))
	f := serve(t, gatewaySpec{accounts: []accountSpec{
		{name: "a", dialect: ir.Gemini, url: up.URL}, {name: "b", dialect: ir.Chat, url: chat.URL, models: []string{"n"}},
	}})
	for _, model := range []string{"m", "n"} {
		question := strings.Replace(assistQuestion, `"model":"m"`, `"model":"`+model+`"`, 1)
		got := f.post("/v1internal:streamGenerateContent?alt=sse", question)
		lines := 0
		for line := range strings.Lines(got.body) {
			if strings.TrimSpace(line) == "" {
				continue
			}
			lines++
			if !strings.HasPrefix(line, `data: {"response":{`) || !strings.HasSuffix(strings.TrimSpace(line), "}") {
				t.Errorf("%s: line %q", model, line)
			}
		}
		if got.status != 200 || lines < 2 || !strings.Contains(got.body, `"text":"A"`) {
			t.Errorf("%s: status %d, %d events: %s", model, got.status, lines, got.body)
		}
	}
}

func TestCodeAssistClientMistakes(t *testing.T) {
	up := newUpstream(t, fails(http.StatusBadRequest, `{"error":{"code":400,"message":"bad","status":"INVALID_ARGUMENT"}}`))
	f := serve(t, gatewaySpec{accounts: []accountSpec{{name: "a", dialect: ir.Gemini, url: up.URL}}})
	for path, c := range map[string]struct {
		body   string
		status int
		want   string
	}{
		"/v1internal:generateContent":       {`{"model":"m"}`, 400, "request: the envelope"},
		"/v1internal:streamGenerateContent": {`{"request":{}}`, 400, "Missing model"},
		"/v1internal:countTokens":           {`{`, 400, "Failed to parse"},
		"/v1internal:tellMeAJoke":           {`{}`, 404, "unknown method tellMeAJoke"},
		"/v1internal/operations/x":          {`{}`, 404, "nothing at"},
	} {
		got := f.post(path, c.body)
		if got.status != c.status || !strings.Contains(got.body, c.want) || !strings.HasPrefix(got.body, `{"error":`) {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
	if got := f.post("/v1internal:generateContent", assistQuestion); got.status != 400 || !strings.HasPrefix(got.body, `{"error":`) {
		t.Errorf("status %d: %s", got.status, got.body)
	}
	if got := f.do(http.MethodGet, "/v1internal:generateContent", ""); got.status != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d", got.status)
	}
}

func TestCodeAssistAccountOfTheGateway(t *testing.T) {
	f := serve(t, gatewaySpec{accounts: []accountSpec{{name: "a", dialect: ir.Gemini, url: "http://127.0.0.1:1"}}})
	for method, answer := range codeAssistAnswers {
		if got := f.post("/v1internal:"+method, `{}`); got.status != 200 || got.body != answer {
			t.Errorf("%s: %d %s", method, got.status, got.body)
		}
	}
	if got := f.post("/v1internal:loadCodeAssist", `{}`, "Authorization", "Bearer wrong"); got.status != http.StatusUnauthorized {
		t.Errorf("without a key: %d", got.status)
	}
}

// TestCodeAssistQuota asks an account's vendor what is left, at most once a minute, and tells clients of it.
func TestCodeAssistQuota(t *testing.T) {
	up := newUpstream(t, says(200, "application/json", `{"buckets":[{"modelId":"m","remainingFraction":0.25,"resetTime":"2030-01-01T00:00:00Z"},{"modelId":"n"}]}`))
	p := &providers.CodeAssist{Project: "mine"}
	if err := p.Provision(caddy.Context{}); err != nil {
		t.Fatal(err)
	}
	f := serve(t, gatewaySpec{accounts: []accountSpec{{name: "a", provider: p, url: up.URL}, {name: "b", dialect: ir.Gemini, url: up.URL}}})
	a := f.Pool.Accounts()[0]
	upstreamOf(a).Secret, upstreamOf(a).Source = "", &tokens{current: "first-token"}
	if LastQuota(a).Left != nil || f.post("/v1internal:retrieveUserQuota", `{}`).body != `{"buckets":[]}` {
		t.Error("something is known before anybody asked")
	}
	for range 2 {
		q, err := AskQuota(t.Context(), a)
		if err != nil || len(q.Left) != 2 || q.Left[0].Remaining != 0.25 || q.At.IsZero() {
			t.Errorf("got %+v, %v", q, err)
		}
	}
	if asked := up.requests(); len(asked) != 1 || asked[0].uri != "/v1internal:retrieveUserQuota" || asked[0].body != `{"project":"mine"}` {
		t.Errorf("asked %+v", asked)
	}
	want := `{"buckets":[{"modelId":"m","tokenType":"REQUESTS","remainingFraction":0.25,"resetTime":"2030-01-01T00:00:00Z"},` +
		`{"modelId":"n","tokenType":"REQUESTS","remainingFraction":0}]}`
	if got := f.post("/v1internal:retrieveUserQuota", `{}`).body; got != want {
		t.Errorf("got %s", got)
	}
	if q, err := AskQuota(t.Context(), f.Pool.Accounts()[1]); err != nil || q.Left != nil {
		t.Errorf("a kind without quotas has %+v, %v", q, err)
	}
	if got := f.do(http.MethodGet, "/v1internal:getCodeAssistGlobalUserSetting", ""); got.status != 200 {
		t.Errorf("GET: %d", got.status)
	}
}

// TestCodeAssistAccount has clients of two dialects ask an account of Code Assist, whose project nobody knows yet.
func TestCodeAssistAccount(t *testing.T) {
	up := newUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/v1internal:loadCodeAssist":
			says(200, "application/json", `{"currentTier":{"id":"free-tier"},"cloudaicompanionProject":"made-1"}`)(w, r)
		case "/v1internal:countTokens":
			says(200, "application/json", `{"totalTokens":7}`)(w, r)
		case "/v1internal:streamGenerateContent":
			streams([]string{`data: {"response":` + geminiAnswer + `,"traceId":"t9"}` + "\n\n"}, nil)(w, r)
		default:
			says(200, "application/json", `{"response":`+geminiAnswer+`,"traceId":"t9"}`)(w, r)
		}
	})
	p := new(providers.CodeAssist)
	if err := p.Provision(caddy.Context{}); err != nil {
		t.Fatal(err)
	}
	f := serve(t, gatewaySpec{accounts: []accountSpec{{name: "a", provider: p, url: up.URL}}})
	u := upstreamOf(f.Pool.Accounts()[0])
	u.Secret, u.Source = "", &tokens{current: "first-token"}

	inner := `{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}`
	for _, c := range []struct{ path, body, want string }{
		{"/v1/chat/completions", chatQuestion, `"content":"ok"`},
		{"/v1/chat/completions", strings.Replace(chatQuestion, "{", `{"stream":true,`, 1), `"content":"ok"`},
		{"/v1beta/models/m:generateContent", inner, `"responseId":"t9"`},
		{"/v1beta/models/m:streamGenerateContent?alt=sse", inner, `"responseId":"t9"`},
		{"/v1beta/models/m:countTokens", inner, `{"totalTokens":7}`},
		{"/v1internal:generateContent", assistQuestion, `{"response":{"candidates"`},
		{"/v1internal:streamGenerateContent?alt=sse", assistQuestion, `data: {"response":{"candidates"`},
	} {
		if got := f.post(c.path, c.body); got.status != 200 || !strings.Contains(got.body, c.want) {
			t.Errorf("%s: %d %s", c.path, got.status, got.body)
		}
	}
	loads := 0
	for _, r := range up.requests() {
		if strings.HasSuffix(r.uri, "loadCodeAssist") {
			loads++
		} else if !strings.HasPrefix(r.body, `{"model":"m","project":"made-1","user_prompt_id":"req_`) && !strings.HasPrefix(r.body, `{"request":`) {
			t.Errorf("%s: %s", r.uri, r.body)
		}
		if r.header.Get("Authorization") != "Bearer first-token" {
			t.Errorf("%s came with %q", r.uri, r.header.Get("Authorization"))
		}
	}
	if loads != 1 {
		t.Errorf("the project was asked for %d times", loads)
	}
}
