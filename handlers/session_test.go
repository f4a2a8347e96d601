package handlers

import (
	"fmt"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/providers"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

const modelOf3 = "gemini-3-pro-preview"

// history is a client's second request, whose first answer was signed.
type history struct {
	path, model, body string
	sign              string // the signature as it stands in the body
}

var histories = map[ir.Dialect]history{
	ir.Gemini: {
		"/v1beta/models/" + modelOf3 + ":generateContent", modelOf3,
		`{"contents":[{"role":"user","parts":[{"text":"a"}]},{"role":"model","parts":[{"functionCall":{"name":"f","args":{}},"thoughtSignature":"c2ln"}]},{"role":"user","parts":[{"functionResponse":{"name":"f","response":{"thoughtSignature":"data"}}}]}]}`,
		`"thoughtSignature":"c2ln"`,
	},
	ir.Responses: {
		"/v1/responses", "m",
		`{"model":"m","store":false,"input":[{"role":"user","content":"a"},{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"gAAAAsig"},{"type":"function_call","call_id":"c","name":"f","arguments":"{}"},{"type":"function_call_output","call_id":"c","output":"1"}]}`,
		`{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"gAAAAsig"}`,
	},
	ir.Anthropic: {
		"/v1/messages", "m",
		`{"model":"m","max_tokens":99,"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"EgYKBGNsYXVkZS0="},{"type":"text","text":"b"}]},{"role":"user","content":"c"}]}`,
		`"signature":"EgYKBGNsYXVkZS0="`,
	},
}

// twoScopes is a gateway of two accounts whose signatures differ. The first is
// asked first.
func twoScopes(t *testing.T, d ir.Dialect, model string, first, second *upstream) *fixture {
	return serve(t, gatewaySpec{accounts: []accountSpec{
		{name: "first", dialect: d, url: first.URL, models: []string{model}, scope: "11111111"},
		{name: "second", dialect: d, url: second.URL, models: []string{model}, scope: "22222222", priority: 1},
	}})
}

// TestSignaturesFollowTheSession sends a history that the session's account has
// signed to that account as it is, and to another one without what only the
// first could read.
func TestSignaturesFollowTheSession(t *testing.T) {
	for d, h := range histories {
		fine := says(200, "application/json", speeches[d].whole)
		boom := fails(500, `{"error":{"message":"boom"}}`)
		kept := d == ir.Anthropic // its signatures hold for all accounts
		t.Run(string(d)+" bound", func(t *testing.T) {
			first, second := newUpstream(t, fine, fine, boom), newUpstream(t, fine)
			f := twoScopes(t, d, h.model, first, second)
			for range 3 {
				wantHello(t, d, f.post(h.path, h.body, "X-Ai-Gateway-Session", "s"))
			}
			if got := first.requests()[1].body; got != h.body {
				t.Errorf("the session's account got %s", got)
			}
			if got := second.requests()[0].body; strings.Contains(got, h.sign) != kept {
				t.Errorf("the other account got %s", got)
			}
		})
		t.Run(string(d)+" failover", func(t *testing.T) {
			first, second := newUpstream(t, boom), newUpstream(t, fine)
			f := twoScopes(t, d, h.model, first, second)
			wantHello(t, d, f.post(h.path, h.body))
			if got := first.requests()[0].body; got != h.body {
				t.Errorf("the first account got %s", got)
			}
			if got := second.requests()[0].body; strings.Contains(got, h.sign) != kept {
				t.Errorf("the other account got %s", got)
			}
		})
	}
}

// TestSignaturesOfGeminiCLI are not sent when nobody knows who has made them.
func TestSignaturesOfGeminiCLI(t *testing.T) {
	h := histories[ir.Gemini]
	up := newUpstream(t, says(200, "application/json", speeches[ir.Gemini].whole))
	f := twoScopes(t, ir.Gemini, h.model, up, up)
	header := []string{"X-Gemini-Api-Privileged-User-Id", "u", "X-Ai-Gateway-Session", "s"}
	for range 2 {
		wantHello(t, ir.Gemini, f.post(h.path, h.body, header...))
	}
	want := strings.Replace(h.body, `"c2ln"`, `"`+ir.Sentinel+`"`, 1)
	if got := up.requests(); got[0].body != want || got[1].body != h.body {
		t.Errorf("unbound: %s\nbound: %s", got[0].body, got[1].body)
	}
}

// TestSessionIsSticky sends the requests of two conversations, of which one is
// named, to accounts of equal rank.
func TestSessionIsSticky(t *testing.T) {
	answer := says(200, "application/json", speeches[ir.Chat].whole)
	var accounts []accountSpec
	for i := range 4 {
		accounts = append(accounts, accountSpec{name: fmt.Sprint("a", i), url: newUpstream(t, answer).URL})
	}
	f := serve(t, gatewaySpec{accounts: accounts})
	n := 0
	ask := func(body string, header ...string) map[string]string {
		wantHello(t, ir.Chat, f.post("/v1/chat/completions", body, header...))
		n++
		return f.lastFields(n)
	}
	const begins = `{"model":"m","messages":[{"role":"system","content":"It is 2026-02-03."},{"role":"user","content":"` + prompt + `"}]}`
	const goesOn = `{"model":"m","messages":[{"role":"system","content":"It is 2026-02-04."},{"role":"user","content":"` + prompt + `"},{"role":"assistant","content":"b"},{"role":"user","content":"c"}]}`
	for _, tt := range []struct {
		name   string
		header []string
	}{
		{"named", []string{"X-Session-Id", "my-own-session"}},
		{"by content", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			one := ask(begins, tt.header...)
			if one["ai_sticky"] != "miss" || len(one["ai_session"]) != 16 {
				t.Errorf("first: %v", one)
			}
			tag, account := one["ai_session"], one["ai_account"]
			for i := range 5 {
				got := ask(strings.Replace(goesOn, `"c"`, fmt.Sprintf(`"c%d"`, i), 1), tt.header...)
				if got["ai_session"] != tag || got["ai_account"] != account || got["ai_sticky"] != "hit" {
					t.Errorf("request %d: %v, want %s on %s", i+2, got, tag, account)
				}
				for _, value := range got {
					if strings.Contains(value, "my-own-session") || strings.Contains(value, prompt) {
						t.Errorf("logged: %v", got)
					}
				}
			}
		})
	}
}

// TestSessionIsToldToOpenAI checks what leaves the gateway of a Claude Code
// session: a hash towards OpenAI, nothing towards others.
func TestSessionIsToldToOpenAI(t *testing.T) {
	const id = "0f8fad5b-d9cb-469f-a165-70867728950e"
	const ask = `{"model":"gpt-4.1","max_tokens":99,"metadata":{"user_id":"user_0_account__session_` + id + `"},"messages":[{"role":"user","content":"a"}]}`
	tests := []struct {
		name     string
		provider providers.Provider
		dialect  ir.Dialect
		told     bool
	}{
		{"OpenAI by Responses", &providers.OpenAI{API: "responses"}, ir.Responses, true},
		{"OpenAI by Chat", &providers.OpenAI{API: "chat"}, ir.Chat, true},
		{"another by Chat", &providers.OpenAICompatible{}, ir.Chat, false},
		{"Gemini", &providers.Gemini{}, ir.Gemini, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			up := newUpstream(t, says(200, "application/json", speeches[tt.dialect].whole))
			f := serve(t, gatewaySpec{accounts: []accountSpec{{name: "a", provider: tt.provider, url: up.URL, models: []string{"gpt-4.1"}}}})
			wantHello(t, ir.Anthropic, f.post("/v1/messages", ask, "X-Claude-Code-Session-Id", id))
			got := up.requests()[0]
			if strings.Contains(got.body, "prompt_cache_key") != tt.told {
				t.Errorf("got %s", got.body)
			}
			if strings.Contains(got.body, id) || strings.Contains(fmt.Sprint(got.header), id) {
				t.Errorf("the session is told: %v %s", got.header, got.body)
			}
		})
	}
}

// TestSessionOfStored goes on with responses by their ids alone: the session is
// that of the response, whatever keeps it, and whatever weaker name there is.
func TestSessionOfStored(t *testing.T) {
	for _, d := range dialects {
		for _, named := range [][]string{nil, {"X-Session-Id", "my-own-session"}} {
			one, _ := simulatedAs("one", d)
			two, _ := simulatedAs("two", d)
			f := serve(t, gatewaySpec{accounts: []accountSpec{one, two}})
			first := f.post(responses, `{"model":"demo","input":"hello","instructions":"Be kind to all who ask."}`, named...)
			id, was := idOf(t, first), f.lastFields(1)
			if was["ai_session"] == "" {
				t.Fatalf("%s: %v", d, was)
			}
			for n := 2; n < 5; n++ {
				next := f.post(responses, `{"model":"demo","input":"And now?","instructions":"Be brief.","prompt_cache_key":"other","previous_response_id":"`+id+`"}`)
				id = idOf(t, next)
				got := f.lastFields(n)
				if got["ai_session"] != was["ai_session"] || got["ai_account"] != was["ai_account"] {
					t.Errorf("%s %v: request %d is %v, the first %v", d, named, n, got, was)
				}
			}
		}
	}
}
