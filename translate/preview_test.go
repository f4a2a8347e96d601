package translate

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

func TestPreviewRequest(t *testing.T) {
	body := []byte(`{"model":"m","messages":[{"role":"user","content":"hi"}],"logit_bias":{"1":2},"seed":3}`)
	p := Preview{From: ir.Chat, To: ir.Anthropic, Model: "claude-sonnet-4-5"}
	sent, err := p.Request(body)
	if err != nil || !json.Valid(sent.Body) || !bytes.Contains(sent.Body, []byte(`"model":"claude-sonnet-4-5"`)) {
		t.Fatalf("%s, %v", sent.Body, err)
	}
	if len(sent.Notes) != 2 || sent.Notes[0].Path != "logit_bias" || sent.Notes[1].Path != "seed" {
		t.Errorf("notes %+v", sent.Notes)
	}
	p.Strict = true
	var refused *ir.Error
	if _, err := p.Request(body); !errors.As(err, &refused) || refused.Param != "logit_bias" {
		t.Errorf("strict: %v", err)
	}
	for _, body := range []string{"", "{", `{"messages":3}`} {
		if _, err := p.Request([]byte(body)); err == nil {
			t.Errorf("%q passes", body)
		}
	}
}

func TestPreviewResponse(t *testing.T) {
	p := Preview{From: ir.Gemini, To: ir.Chat}
	out, _, err := p.Response([]byte(`{"candidates":[{"content":{"role":"model","parts":[{"text":"hello"}]},"finishReason":"STOP"}]}`))
	if err != nil || !bytes.Contains(out, []byte(`"content":"hello"`)) {
		t.Errorf("%s, %v", out, err)
	}
	if _, _, err := p.Response([]byte(`[]`)); err == nil {
		t.Error("what is no answer passes")
	}
}

func TestPreviewStream(t *testing.T) {
	const chunk = `{"candidates":[{"content":{"role":"model","parts":[{"text":"hello"}]},"finishReason":"STOP"}]}`
	for _, stream := range []string{"data: " + chunk + "\n\n", "[" + chunk + "]"} {
		var out strings.Builder
		if _, err := (&Preview{From: ir.Gemini, To: ir.Anthropic}).Stream(&out, strings.NewReader(stream)); err != nil {
			t.Error(err)
		}
		if got := out.String(); !strings.Contains(got, `"text":"hello"`) || !strings.Contains(got, "event: message_stop") {
			t.Errorf("%q becomes %s", stream, got)
		}
	}
	var out strings.Builder
	_, err := (&Preview{From: ir.Chat, To: ir.Responses}).Stream(&out, strings.NewReader(`data: {"choices":[{"index":0,"delta":{"content":"cut`+"\n\n"))
	if err == nil || !strings.Contains(out.String(), "error") {
		t.Errorf("a cut stream gives %v and %s", err, out.String())
	}
}
