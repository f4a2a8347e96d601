package translate

import (
	"slices"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// TestWishes checks what becomes of what a client wants beside the text itself:
// speed, sound, pictures, and documents that the upstream fetches.
func TestWishes(t *testing.T) {
	gemini := func(config string) string {
		return `{"contents":[{"role":"user","parts":[{"text":"x"}]}],"generationConfig":{` + config + `}}`
	}
	claude := func(member string) string {
		return `{"model":"m","max_tokens":3000,"messages":[{"role":"user","content":"x"}],` + member + `}`
	}
	responses := func(members string) string { return `{"model":"m",` + members + `}` }
	const voice = `"speechConfig":{"voiceConfig":{"prebuiltVoiceConfig":{"voiceName":"Kore"}}}`
	const pdf = `"input":[{"role":"user","content":[{"type":"input_file","file_url":"https://example.com/a.pdf"}]}]`
	for _, c := range []struct {
		name  string
		from  ir.Dialect
		body  string
		to    ir.Dialect
		model string
		want  string
		notes []string // codes and paths
	}{
		{"speed", ir.Anthropic, claude(`"speed":"fast"`), ir.Gemini, "gemini-2.5-pro", `"serviceTier":"priority"`, nil},
		{"speed, whatever the tier", ir.Anthropic, claude(`"speed":"fast","service_tier":"auto"`), ir.Chat, "gpt-4.1", `"service_tier":"priority"`, nil},
		{"speed at the plain tier", ir.Anthropic, claude(`"speed":"fast","service_tier":"standard_only"`), ir.Responses, "gpt-4.1", `"service_tier":"default"`, nil},
		{"sound", ir.Gemini, gemini(`"responseModalities":["AUDIO"]`), ir.Chat, "gpt-audio", `"modalities":["text","audio"],"audio":{"format":"pcm16","voice":"alloy"}`, nil},
		{"a voice", ir.Gemini, gemini(`"responseModalities":["AUDIO"],` + voice), ir.Chat, "gpt-audio", `"voice":"alloy"`, []string{"approx generationConfig.speechConfig"}},
		{"pictures", ir.Responses, responses(`"input":"x","tools":[{"type":"image_generation"}]`), ir.Gemini, "gemini-2.5-flash-image", `"responseModalities":["TEXT","IMAGE"]`, nil},
		{"pictures of a model that draws none", ir.Responses, responses(`"input":"x","tools":[{"type":"image_generation"}]`), ir.Gemini, "gemini-2.5-flash", `"contents"`, []string{"drop tools[0]"}},
		{"a document by URL", ir.Responses, responses(pdf), ir.Gemini, "gemini-3-flash-preview", `{"fileData":{"mimeType":"application/pdf","fileUri":"https://example.com/a.pdf"}}`, nil},
	} {
		p := Preview{From: c.from, To: c.to, Model: c.model}
		sent, err := p.Request([]byte(c.body))
		if err != nil || !strings.Contains(string(sent.Body), c.want) {
			t.Errorf("%s: %v in\n%s\nwithout\n%s", c.name, err, sent.Body, c.want)
		}
		var notes []string
		for _, n := range sent.Notes {
			notes = append(notes, n.Code+" "+n.Path)
		}
		if !slices.Equal(notes, c.notes) {
			t.Errorf("%s: the notes are %q, want %q", c.name, notes, c.notes)
		}
	}
}

// TestSpokenType checks that Google's clients read the sound of another vendor
// under the type that they know.
func TestSpokenType(t *testing.T) {
	p := Preview{From: ir.Chat, To: ir.Gemini}
	out, _, err := p.Response([]byte(`{"id":"c","choices":[{"index":0,"message":{"role":"assistant","content":null,"audio":{"id":"a","data":"AAAA","transcript":"hi"}},"finish_reason":"stop"}]}`))
	if err != nil || !strings.Contains(string(out), `{"inlineData":{"mimeType":"audio/L16;codec=pcm;rate=24000","data":"AAAA"}}`) {
		t.Errorf("%s, %v", out, err)
	}
}
