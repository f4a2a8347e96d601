package providers

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// usual is what the table of models says of a model of no known family on a compatible server.
func usual() ir.Caps {
	return ir.Caps{
		Family: "other", StopMax: 4, NMax: 128, ParallelFlag: true, StrictTools: true, Logprobs: true, MidSystem: true, StructuredOutput: true,
		URLImages: true, Prefill: true, StreamUsage: true, DeveloperRole: true, CompletionLimit: true,
	}
}

// TestBetas adds the operator's features to those of the client, and of the translation.
func TestBetas(t *testing.T) {
	p := &Anthropic{Betas: []string{"context-1m-2025-08-07", "mine-2026-01-01"}}
	for _, c := range []struct {
		call Call
		want string
	}{
		{Call{Client: clientHeader(), SameDialect: true}, "context-1m-2025-08-07,skills-2025-10-02,mine-2026-01-01"},
		{Call{Client: clientHeader(), Header: http.Header{"Anthropic-Beta": {"needed"}}}, "context-1m-2025-08-07,mine-2026-01-01,needed"},
	} {
		c.call.Op, c.call.Dialect, c.call.BaseURL, c.call.Body = ir.Generate, ir.Anthropic, "https://a", []byte(`{}`)
		req, err := p.Request(t.Context(), &c.call)
		if err != nil || req.Header.Get("Anthropic-Beta") != c.want {
			t.Errorf("got %v, %v", req.Header["Anthropic-Beta"], err)
		}
	}
	if p.Validate() != nil || (&Anthropic{Betas: []string{"a b"}}).Validate() == nil || (&Anthropic{Betas: []string{"a,b"}}).Validate() == nil {
		t.Error("wrong names are taken")
	}
}

func TestPresets(t *testing.T) {
	for name, c := range map[string]struct {
		base  string
		open  bool
		check func(ir.Caps) bool
	}{
		"openrouter": {"https://openrouter.ai/api/v1", false, func(c ir.Caps) bool { return c.ExtSampling && c.StreamUsage && c.StructuredOutput }},
		"deepseek": {"https://api.deepseek.com/v1", false, func(c ir.Caps) bool {
			return !c.StructuredOutput && !c.StrictTools && c.ReasoningContent && c.StopMax == 16 && c.NMax == 1 && !c.URLImages && c.StreamUsage
		}},
		"mistral": {"https://api.mistral.ai/v1", false, func(c ir.Caps) bool { return !c.StreamUsage && !c.CompletionLimit && !c.Prefill && c.StructuredOutput }},
		"groq":    {"https://api.groq.com/openai/v1", false, func(c ir.Caps) bool { return !c.Logprobs && c.NMax == 1 && c.CompletionLimit }},
		"vllm":    {"http://127.0.0.1:8000/v1", true, func(c ir.Caps) bool { return c.SystemFirstOnly && !c.MidSystem && c.ExtSampling && c.Logprobs }},
		"ollama":  {"http://127.0.0.1:11434/v1", true, func(c ir.Caps) bool { return c.SystemFirstOnly && c.NMax == 1 && !c.StrictTools }},
		"g4f": {"http://127.0.0.1:1337/v1", true, func(c ir.Caps) bool {
			return c.Rewrite && c.ThinkTags && c.NoTools && c.SystemFirstOnly && c.NMax == 1 && !c.StructuredOutput && !c.URLImages && !c.StreamUsage
		}},
		"lmstudio": {"http://127.0.0.1:1234/v1", true, func(c ir.Caps) bool { return c.SystemFirstOnly && c.NMax == 1 && !c.ParallelFlag }},
	} {
		p := &OpenAICompatible{Preset: name}
		if err := p.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		d := p.Defaults()
		if u, err := url.Parse(d.BaseURL); err != nil || d.BaseURL != c.base || u.Host == "" {
			t.Errorf("%s: base URL %q, %v", name, d.BaseURL, err)
		}
		if d.Needs.Credential == c.open || d.Needs.BaseURL || d.Needs.Models != (name != "g4f") {
			t.Errorf("%s needs %+v", name, d.Needs)
		}
		got := usual()
		p.Adjust(&got)
		if !c.check(got) {
			t.Errorf("%s: %+v", name, got)
		}
		req, err := p.Request(t.Context(), &Call{Op: ir.Generate, Dialect: ir.Chat, BaseURL: d.BaseURL, Body: []byte(`{}`)})
		if err != nil || req.URL.String() != c.base+"/chat/completions" {
			t.Errorf("%s: %v, %v", name, req, err)
		}
	}
	if len(presets) != 8 {
		t.Errorf("%d presets, of which 8 are tested", len(presets))
	}
	if err := (&OpenAICompatible{Preset: "other"}).Validate(); err == nil {
		t.Error("an unknown preset was taken")
	}
	plain := usual()
	new(OpenAICompatible).Adjust(&plain)
	for name, bad := range map[string]OpenAICompatible{
		"an option of another preset": {Preset: "groq", G4F: G4F{Tools: "off"}}, "tools": {Preset: "g4f", G4F: G4F{Tools: "on"}},
		"retries": {Preset: "g4f", G4F: G4F{Retries: new(int)}, API: "responses"}, "timeout": {Preset: "g4f", G4F: G4F{Timeout: -1}},
	} {
		if bad.Validate() == nil {
			t.Errorf("%s: %+v was taken", name, bad)
		}
	}
	if plain.NMax != 128 || !plain.StreamUsage {
		t.Errorf("no preset changes %+v", plain)
	}
}
