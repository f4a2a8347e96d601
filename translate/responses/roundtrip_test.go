package responses

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// long brings a request into the form that the encoder writes: input as a list
// of typed items whose content is a list, and nothing that is null.
func long(v any) any {
	m, ok := v.(map[string]any)
	if !ok {
		return v
	}
	items, ok := m["input"].([]any)
	if !ok {
		return m
	}
	for i := range items {
		item, ok := items[i].(map[string]any)
		if !ok {
			continue
		}
		role, _ := item["role"].(string)
		if item["type"] == nil {
			item["type"] = "message"
		}
		if text, ok := item["content"].(string); ok {
			kind := "input_text"
			if role == "assistant" {
				kind = "output_text"
			}
			item["content"] = []any{map[string]any{"type": kind, "text": text}}
		}
	}
	return withoutNull(m)
}

func withoutNull(v any) any {
	switch x := v.(type) {
	case map[string]any:
		for k := range x {
			if x[k] == nil {
				delete(x, k)
				continue
			}
			x[k] = withoutNull(x[k])
		}
	case []any:
		for i := range x {
			x[i] = withoutNull(x[i])
		}
	}
	return v
}

// TestRoundTrip decodes requests of real clients, and one with everything, and
// writes them again for the same dialect: nothing may be lost.
func TestRoundTrip(t *testing.T) {
	files, err := filepath.Glob("testdata/requests/*.json")
	if err != nil || len(files) < 5 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			body, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			req := decodeRequest(t, string(body))
			to := target(req)
			to.Model = req.Model
			got := encode(t, req, to)
			same(t, pretty(long(parse(t, got))), pretty(long(parse(t, string(body)))))
			if n := to.Notes.List(); len(n) > 0 {
				t.Errorf("notes: %s", notes(to))
			}
		})
	}
}

// TestOtherAccount checks that encrypted reasoning stays away from an account
// that did not make it.
func TestOtherAccount(t *testing.T) {
	sig := &ir.Sig{Value: "gAAAAx", Family: ir.SigOpenAI, Scope: "cccc3333", Target: ir.SignsThink}
	req := &ir.Request{Op: ir.Generate, Dialect: ir.Anthropic, Turns: []ir.Turn{
		{Role: ir.RoleUser, Parts: []ir.Part{{Kind: ir.PartText, Text: "q"}}},
		{Role: ir.RoleAssistant, Parts: []ir.Part{
			{Kind: ir.PartThinking, Text: "t", Think: &ir.Thinking{Summary: true, Sig: sig}}, {Kind: ir.PartText, Text: "a"},
		}},
		{Role: ir.RoleUser, Parts: []ir.Part{{Kind: ir.PartText, Text: "r"}}},
	}}
	const message = `{"type":"message","role":"user","content":[{"type":"input_text","text":"q"}]},`
	const rest = `{"type":"message","role":"assistant","content":[{"type":"output_text","text":"a","annotations":[]}]},{"type":"message","role":"user","content":[{"type":"input_text","text":"r"}]}]}`
	to := target(req)
	has(t, encode(t, req, to), `{"input":[`+message+rest)
	to.Scope = "cccc3333"
	has(t, encode(t, req, to), `{"input":[`+message+`{"type":"reasoning","summary":[{"type":"summary_text","text":"t"}],"encrypted_content":"gAAAAx"},`+rest)
}
