package handlers

import (
	"net/http"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

func TestRefusalWithoutSecrets(t *testing.T) {
	u := &Upstream{Secret: `mark"key\`, Header: http.Header{"X-Extra": {"Token markextra"}, "Anthropic-Beta": {"public-beta"}, "X-Short": {"on"}, "X-Pair": {"markone marktwo"}}}
	sent, err := http.NewRequest(http.MethodPost, "https://upstream.example.com/?key=markquery&api-key=markother&api-version=2024-02-01", nil)
	if err != nil {
		t.Fatal(err)
	}
	sent.Header = http.Header{"Authorization": {"Bearer marktoken"}, "Cookie": {"a=markcookie; b=marklater"}}
	body := `{"error":{"message":"bad mark\"key\\ or marktoken, a=markcookie; b=marklater, markquery, markother, markextra, markone marktwo, mark%22key%5C; public-beta is on 2024-02-01","code":"%s"}}`
	for code, want := range map[string]string{
		"context_length_exceeded": "context_length_exceeded", "insufficient_quota": "insufficient_quota", "the prompt was": "", strings.Repeat("x", 65): "",
	} {
		e := u.refusal(ir.Chat, &http.Response{StatusCode: 400, Request: sent}, []byte(strings.ReplaceAll(body, "%s", code)))
		if strings.Contains(e.Message, "mark") || strings.Contains(string(e.Raw), "mark") {
			t.Errorf("a secret is told: %s\n%s", e.Message, e.Raw)
		}
		if !strings.Contains(e.Message, "public-beta is on 2024-02-01") || e.Code != want {
			t.Errorf("message %s, code %q, want %q", e.Message, e.Code, want)
		}
	}
	if e := u.refusal(ir.Chat, &http.Response{StatusCode: 500}, nil); e == nil {
		t.Error("no error of an empty answer")
	}
}
