package translate

import (
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// quiet are members that the web app need not be told of, for it does what they
// say, or nobody asks for the contrary.
var quiet = map[string]bool{
	"chat stream": true, "responses stream": true, "anthropic stream": true, // it always streams
	"chat stream_options.include_usage":                      true, // usage is an estimate in any case
	"gemini contents.parts.thoughtSignature":                 true, // which says nothing to others than its vendor
	"responses reasoning.summary":                            true, // what it thinks is always shown, as a summary
	"anthropic thinking.display":                             true,
	"gemini generationConfig.thinkingConfig.includeThoughts": true,
	"anthropic max_tokens":                                   true, // no request is without it, so that the note is there before
	"anthropic service_tier":                                 true, // the standard one is all that there is
	"anthropic tool_choice<none>":                            true, // it calls none
}

// TestWebAppFields translates requests with and without each member for the web
// app: nothing is lost in silence. A tool is lost as a whole, with a note.
func TestWebAppFields(t *testing.T) {
	for _, from := range benchDialects {
		for _, p := range probes(t, from) {
			v := p.observe(t, from, ir.GeminiWeb, "gemini-3-flash")
			for _, n := range v.notes {
				checkNote(t, from, n)
			}
			name := string(from) + " " + p.Path
			if v.fate == silent && !quiet[name] && !strings.HasPrefix(p.Path, "tools.") && !wholeTool(p.Path) {
				t.Errorf("%s is lost silently", name)
			}
		}
	}
}

// TestWebAppCorpus sends all of the corpus to the web app: what was said stands
// in what is sent, or a note tells that it does not.
func TestWebAppCorpus(t *testing.T) {
	sent := 0
	for _, from := range benchDialects {
		for _, s := range corpus(t, from) {
			if _, ok := carries(t, s.name, from, ir.GeminiWeb, "gemini-3-flash", s.body); ok {
				sent++
			}
		}
	}
	if sent < 100 {
		t.Errorf("only %d requests were sent", sent)
	}
}
