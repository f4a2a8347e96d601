package handlers

import (
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// TestAnswerNotes tells what of an answer the client's dialect has no place
// for: in the header of a whole answer, and in the log of a streamed one, whose
// header is out by then.
func TestAnswerNotes(t *testing.T) {
	const drawn = `{"candidates":[{"content":{"parts":[{"inlineData":{"mimeType":"image/png","data":"AAAA"}},{"text":"hi"}]},"finishReason":"STOP"}]}`
	for _, stream := range []bool{false, true} {
		up := newUpstream(t, says(200, "application/json", drawn))
		ask := `{"model":"m","max_tokens":64,"messages":[{"role":"user","content":"hi"}]}`
		if stream {
			up = newUpstream(t, streams([]string{"data: " + drawn + "\r\n\r\n"}, nil))
			ask = strings.Replace(ask, "{", `{"stream":true,`, 1)
		}
		f := serve(t, gatewaySpec{accounts: []accountSpec{{name: "a", dialect: ir.Gemini, url: up.URL}}})
		got := f.post("/v1/messages", ask)
		if got.status != 200 {
			t.Fatalf("got %d %s", got.status, got.body)
		}
		const note = `drop;p="answer.image"`
		if header := got.header.Get("X-Ai-Gateway-Notes"); !stream && header != note {
			t.Errorf("the header tells %q", header)
		}
		if logged := f.lastFields(1)["ai_notes"]; !strings.Contains(logged, note) {
			t.Errorf("streamed %v: the log tells %q", stream, logged)
		}
	}
}
