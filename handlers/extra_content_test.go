package handlers

import (
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/providers"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// signedTalk is what a client of Google's models sends back, asking another
// model for more.
func signedTalk(model string) string {
	return `{"model":"` + model + `","messages":[{"role":"user","content":"a"},{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function",` +
		`"function":{"name":"f","arguments":"{}"},"extra_content":{"google":{"thought_signature":"c2ln"}}}]},{"role":"tool","tool_call_id":"c","content":"1"}]}`
}

// compatibles are Google's endpoint for OpenAI's clients and a server of
// another model.
func compatibles(t *testing.T, google, other *upstream) *fixture {
	return serve(t, gatewaySpec{accounts: []accountSpec{
		{name: "google", provider: &providers.OpenAICompatible{}, url: google.URL, models: []string{modelOf3}, scope: "11111111"},
		{name: "other", provider: &providers.OpenAICompatible{}, url: other.URL, models: []string{"llama"}, scope: "22222222"},
	}})
}

// TestSignaturesStayWithTheirModel sends Google's endpoint back its own to the
// last byte, and not to the server of another model that the client goes over to.
func TestSignaturesStayWithTheirModel(t *testing.T) {
	fine := says(200, "application/json", speeches[ir.Chat].whole)
	for name, session := range map[string][]string{"named": {"X-Session-Id", "s"}, "by content": nil} {
		google, other := newUpstream(t, fine, fine), newUpstream(t, fine)
		f := compatibles(t, google, other)
		f.post("/v1/chat/completions", `{"model":"`+modelOf3+`","messages":[{"role":"user","content":"a"}]}`, session...)
		f.post("/v1/chat/completions", signedTalk(modelOf3), session...)
		if sent := google.requests()[1].body; sent != signedTalk(modelOf3) {
			t.Errorf("%s: Google's endpoint was sent %s", name, sent)
		}
		want := strings.Replace(signedTalk("llama"), `,"extra_content":{"google":{"thought_signature":"c2ln"}}`, "", 1)
		f.post("/v1/chat/completions", signedTalk("llama"), session...)
		if sent := other.requests()[0].body; sent != want {
			t.Errorf("%s: the other was sent %s", name, sent)
		}
	}
}

// TestUnboundSignatures goes to Google's endpoint as it is when nobody knows
// who has signed it, and to another once more without what that refuses.
func TestUnboundSignatures(t *testing.T) {
	fine := says(200, "application/json", speeches[ir.Chat].whole)
	for name, refusal := range map[string]struct {
		status int
		body   string
	}{
		"Groq":    {400, `{"error":{"message":"'messages.1' : property 'extra_content' is unsupported","type":"invalid_request_error"}}`},
		"FastAPI": {422, `{"detail":[{"type":"extra_forbidden","loc":["body","messages",1,"tool_calls",0,"extra_content"],"msg":"Extra inputs are not permitted"}]}`},
	} {
		google, other := newUpstream(t, fine), newUpstream(t, says(refusal.status, "application/json", refusal.body), fine)
		f := compatibles(t, google, other)
		wantHello(t, ir.Chat, f.post("/v1/chat/completions", signedTalk("llama")))
		if sent := other.requests(); len(sent) != 2 || strings.Contains(sent[1].body, "extra_content") {
			t.Errorf("%s was asked %v", name, sent)
		}
		wantHello(t, ir.Chat, f.post("/v1/chat/completions", signedTalk("llama"))) // which is remembered
		if sent := other.requests(); len(sent) != 3 || strings.Contains(sent[2].body, "extra_content") {
			t.Errorf("%s was asked once more %v", name, sent)
		}
		compatibles(t, google, other).post("/v1/chat/completions", signedTalk(modelOf3))
		if sent := google.requests()[0].body; sent != signedTalk(modelOf3) {
			t.Errorf("Google's endpoint was sent %s", sent)
		}
	}
}
