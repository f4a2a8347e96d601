package handlers

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/providers"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// webFrame is a part of the web app's answer as a server-sent event.
func webFrame(body string) string {
	quoted, _ := json.Marshal(body)
	return "data: [[\"wrb.fr\",null," + string(quoted) + "]]\n\n"
}

// webBody is a state of the answer: its text, whether it is complete, and the model that gives it.
func webBody(text string, done int, model string) string {
	answer := fmt.Sprintf(`["rc_1",[%q],null,null,null,null,null,null,[%d]]`, text, done)
	return `[null,["c_1","r_1"],null,null,[` + answer + `]` + strings.Repeat(",null", 37) + `,` + fmt.Sprintf("%q", model) + `]`
}

func webAccount(name string, transport http.RoundTripper) accountSpec {
	return accountSpec{name: name, provider: &providers.GeminiWeb{}, url: "https://gemini.google.com", transport: transport, models: []string{"*"}}
}

// canned is a transport that gives the same answer to everything, and counts.
type canned struct {
	status int
	kind   string
	body   string
	asked  int
}

func (a *canned) RoundTrip(*http.Request) (*http.Response, error) {
	a.asked++
	resp := newAnswer(a.status, a.body)
	resp.Header.Set("Content-Type", a.kind)
	return resp, nil
}

const webQuestion = `{"model":"gemini-3-pro","stream":%t,"messages":[{"role":"user","content":%q}]}`

// TestWebAppUnknownError wants an error that nobody knows to be no reason to ask another account, and to count against
// this one.
func TestWebAppUnknownError(t *testing.T) {
	for code, asked := range map[string]int{"web_1152": 0, "web_1013": 1, "empty": 1} {
		bad := &canned{status: 502, kind: "application/json", body: `{"error":{"kind":"upstream","code":"` + code + `","message":"m"}}`}
		good := &canned{status: 200, kind: "text/event-stream", body: webFrame(webBody("Hi", 2, "gemini-3-pro")) + "data: [[\"e\",5]]\n\n"}
		second := webAccount("good", good)
		second.priority = 1
		f := serve(t, gatewaySpec{accounts: []accountSpec{webAccount("bad", bad), second}})
		got := f.post("/v1/chat/completions", fmt.Sprintf(webQuestion, false, "hello"))
		if good.asked != asked || (got.status == 200) != (asked == 1) {
			t.Errorf("%s: %d %s after %d questions to the other account", code, got.status, got.body, good.asked)
		}
		if s := f.Pool.Accounts()[0].State.Snapshot(); s.Failed != 1 || len(s.Cooldowns) != 1 {
			t.Errorf("%s: %+v", code, s)
		}
	}
}

// TestWebAppTooLong sends a prompt that the web app does not take to an account that does.
func TestWebAppTooLong(t *testing.T) {
	web := &canned{status: 200, kind: "text/event-stream", body: webFrame(webBody("Hi", 2, "gemini-3-pro")) + "data: [[\"e\",5]]\n\n"}
	up := newUpstream(t, says(200, "application/json", speeches[ir.Chat].whole))
	chat := accountSpec{name: "chat", dialect: ir.Chat, url: up.URL, models: []string{"*"}, priority: 1}
	long := fmt.Sprintf(webQuestion, false, strings.Repeat("a", 1_000_001))
	larger := func(g *Gateway) { g.MaxBody = 4 << 20 }
	f := serve(t, gatewaySpec{accounts: []accountSpec{webAccount("web", web), chat}, tweak: larger})
	if got := f.post("/v1/chat/completions", long); got.status != 200 || web.asked != 0 || len(up.requests()) != 1 {
		t.Errorf("%d %.200s: asked %d and %d times", got.status, got.body, web.asked, len(up.requests()))
	}
	if s := f.Pool.Accounts()[0].State.Snapshot(); s.Failed != 0 || len(s.Cooldowns) != 0 {
		t.Errorf("it counts against the account: %+v", s)
	}
	alone := serve(t, gatewaySpec{accounts: []accountSpec{webAccount("web", web)}, tweak: larger})
	if got := alone.post("/v1/chat/completions", long); got.status != 400 || !strings.Contains(got.body, "context_length_exceeded") || web.asked != 0 {
		t.Errorf("alone: %d %.200s", got.status, got.body)
	}
}

// TestWebAppRerouted wants the client to hear of another model that answers, where it is known in time.
func TestWebAppRerouted(t *testing.T) {
	for name, c := range map[string]struct {
		first, model string
		note         bool
	}{
		"known first": {webFrame(strings.Replace(webBody("", 1, "Some Flash"), `["rc_1"`, `[null`, 1)), "Some Flash", true},
		"the same":    {"", "gemini-3-pro", false},
	} {
		body := c.first + webFrame(webBody("Hello there", 1, c.model)) + webFrame(webBody("Hello there, you", 2, c.model)) + "data: [[\"e\",5]]\n\n"
		for _, stream := range []bool{false, true} {
			f := serve(t, gatewaySpec{accounts: []accountSpec{webAccount("web", &canned{status: 200, kind: "text/event-stream", body: body})}})
			got := f.post("/v1/chat/completions", fmt.Sprintf(webQuestion, stream, "hello"))
			if notes := got.header.Get(headerNotes); got.status != 200 || strings.Contains(notes, "model.rerouted") != c.note || !strings.Contains(got.body, "ello") {
				t.Errorf("%s, stream %t: %d, notes %q: %s", name, stream, got.status, notes, got.body)
			}
		}
	}
}
