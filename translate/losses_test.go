package translate

import (
	"errors"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// TestReport names what an upstream of another dialect is not told.
func TestReport(t *testing.T) {
	const document = `{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"document","context":"trust it","source":{"type":"base64","media_type":"application/pdf","data":"JVBERi0="}}]}]}`
	for _, c := range []struct {
		name     string
		from, to ir.Dialect
		body     string
		notes    string
	}{
		{"context of a document", ir.Anthropic, ir.Chat, document, "warn messages[0].content[0].context"},
		{"unknown members", ir.Chat, ir.Gemini,
			`{"model":"m","a":1,"messages":[{"role":"user","b":2,"content":[{"type":"text","text":"x","c":3,"":4}]}],"tools":[{"type":"function","function":{"name":"f","d":5}}]}`,
			"info a, info tools[0].d, info messages[0].b, info messages[0].content[0].c, info messages[0].content[0]."},
		{"empty members", ir.Chat, ir.Gemini, `{"model":"m","messages":[{"role":"user","b":[],"content":"x"}]}`, ""},
		{"members of a vendor's tool", ir.Anthropic, ir.Gemini,
			`{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"x"}],"tools":[{"type":"web_fetch_20250910","name":"web_fetch","max_content_tokens":5}]}`,
			"info tools[0].max_content_tokens"},
		{"a forced tool that is nowhere", ir.Responses, ir.Anthropic,
			`{"model":"m","input":"x","tools":[{"type":"function","name":"f"}],"tool_choice":{"type":"mcp","server_label":"s"}}`, "warn tool_choice"},
		{"nothing between equals", ir.Anthropic, ir.Anthropic, document, ""},
	} {
		p := Preview{From: c.from, To: c.to, Model: able[c.to][0]}
		sent, err := p.Request([]byte(c.body))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		var notes []string
		for _, n := range sent.Notes {
			notes = append(notes, [...]string{"info ", "warn "}[n.Level]+n.Path)
		}
		if got := strings.Join(notes, ", "); got != c.notes {
			t.Errorf("%s: the notes are %s", c.name, got)
		}
	}
	var refused *ir.Error
	strict := Preview{From: ir.Anthropic, To: ir.Chat, Model: "gpt-4.1", Strict: true}
	if _, err := strict.Request([]byte(document)); !errors.As(err, &refused) || refused.Param != "messages[0].content[0].context" {
		t.Errorf("strict mode gives %v", err)
	}
}

func TestTooManyTools(t *testing.T) {
	tools := strings.Repeat(`,{"type":"function","name":"f"}`, maxTools+1)[1:]
	p := Preview{From: ir.Responses, To: ir.Chat}
	var refused *ir.Error
	if _, err := p.Request([]byte(`{"model":"m","input":"x","tools":[` + tools + `]}`)); !errors.As(err, &refused) || refused.Param != "tools" {
		t.Errorf("%d tools give %v", maxTools+1, err)
	}
}
