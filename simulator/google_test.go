package simulator

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tidwall/gjson"
)

// TestGooglePlatforms checks what Code Assist, Antigravity and Vertex AI refuse, and in whose words.
func TestGooglePlatforms(t *testing.T) {
	s := New(Options{})
	const (
		anti   = "/antigravity/v1internal:streamGenerateContent"
		assist = "/v1internal:generateContent"
		vertex = "/v1/projects/p/locations/us-east5/publishers/google/models/gemini-3-pro:generateContent"
		claude = "/v1/projects/p/locations/us-east5/publishers/anthropic/models/claude-sonnet-4-5:rawPredict"
		hi     = `"contents":[{"role":"user","parts":[{"text":"hi"}]}]`
		frame  = `{"model":"claude-x","project":"p","requestType":"agent","request":{REQUEST}}`
	)
	inside := func(request string) string { return strings.Replace(frame, "REQUEST", request, 1) }
	tool := func(schema string) string {
		return inside(hi + `,"tools":[{"functionDeclarations":[{"name":"f","parameters":` + schema + `}]}]`)
	}
	loop := func(part string) string {
		return inside(`"contents":[{"role":"user","parts":[{"text":"hi"}]},{"role":"model","parts":[` + part + `]},{"role":"user","parts":[{"functionResponse":{"id":"c","name":"f","response":{}}}]}],
			"generationConfig":{"maxOutputTokens":5000,"thinkingConfig":{"thinkingBudget":2000}}`)
	}
	for name, c := range map[string]struct{ target, body, want string }{
		"no project":              {anti, `{"model":"m","request":{` + hi + `}}`, "project"},
		"a model with a prefix":   {anti, `{"model":"models/m","project":"p","request":{` + hi + `}}`, "no prefix"},
		"Code Assist's members":   {anti, `{"model":"m","project":"p","user_prompt_id":"x","request":{` + hi + `}}`, "user_prompt_id"},
		"safety settings":         {anti, inside(hi + `,"safetySettings":[]`), "safetySettings"},
		"a text of instructions":  {anti, inside(hi + `,"systemInstruction":"be kind"`), "system_instruction"},
		"a JSON schema":           {anti, inside(hi + `,"tools":[{"functionDeclarations":[{"name":"f","parametersJsonSchema":{}}]}]`), "parameters"},
		"no schema":               {anti, inside(hi + `,"tools":[{"functionDeclarations":[{"name":"f"}]}]`), "parameters"},
		"types in capitals":       {anti, tool(`{"type":"OBJECT","properties":{"a":{"type":"STRING"}}}`), "input_schema.type"},
		"a keyword":               {anti, tool(`{"type":"object","properties":{"a":{"type":"string","minLength":1}}}`), "minLength"},
		"an object of nothing":    {anti, tool(`{"type":"object","properties":{"a":{"type":"object"}}}`), "without properties"},
		"a blank text":            {anti, inside(`"contents":[{"role":"user","parts":[{"text":" "}]}]`), "non-whitespace"},
		"a small budget":          {anti, inside(hi + `,"generationConfig":{"maxOutputTokens":5000,"thinkingConfig":{"thinkingBudget":1000}}`), "greater than or equal to 1024"},
		"a budget like the limit": {anti, inside(hi + `,"generationConfig":{"maxOutputTokens":2000,"thinkingConfig":{"thinkingBudget":2000}}`), "must be greater than"},
		"a level":                 {anti, inside(hi + `,"generationConfig":{"maxOutputTokens":2000,"thinkingConfig":{"thinkingLevel":"HIGH"}}`), "Extra inputs"},
		"a call without an id":    {anti, loop(`{"thought":true,"text":"x","thoughtSignature":"eA=="},{"functionCall":{"name":"f","args":{}}}`), "Invalid `signature` in `thinking`"},
		"a loop without thinking": {anti, loop(`{"functionCall":{"id":"c","name":"f","args":{}}}`), "must start with a thinking block"},
		"a signature elsewhere":   {anti, loop(`{"functionCall":{"id":"c","name":"f","args":{}},"thoughtSignature":"eA=="}`), "thinking alone"},
		"thoughts are counted":    {"/v1internal:countTokens", `{"request":{"model":"models/m","contents":[{"role":"model","parts":[{"text":"x","thought":true}]}]}}`, "thought"},
		"Code Assist: a store":    {assist, `{"model":"m","project":"p","request":{` + hi + `,"store":true}}`, "store"},
		"Code Assist: a label":    {assist, `{"model":"m","project":"p","requestId":"x","request":{` + hi + `}}`, "requestId"},
		"signing up with one":     {"/v1internal:onboardUser", `{"tierId":"free-tier","cloudaicompanionProject":"p","metadata":{"ideType":"IDE_UNSPECIFIED"}}`, "Precondition"},
		"Vertex: a store":         {vertex, `{` + hi + `,"store":true}`, "store"},
		"Vertex: no role":         {vertex, `{"contents":[{"parts":[{"text":"hi"}]}]}`, "valid role"},
		"Vertex: two at once":     {"/v1/projects/p/locations/l/publishers/google/models/gemini-embedding-001:predict", `{"instances":[{"content":"a"},{"content":"b"}]}`, "Only 1"},
		"Claude: no version":      {claude, `{"max_tokens":5,"messages":[{"role":"user","content":"hi"}]}`, "anthropic_version"},
		"Claude: a model":         {claude, `{"anthropic_version":"vertex-2023-10-16","model":"m","max_tokens":5,"messages":[{"role":"user","content":"hi"}]}`, "model"},
		"g4f: a choice":           {"/g4f/v1/chat/completions", `{"messages":[{}],"tool_choice":{}}`, "detail"},
		"g4f: an effort":          {"/g4f/v1/chat/completions", `{"messages":[{}],"reasoning_effort":"minimal"}`, "detail"},
		"g4f: Authorization":      {"/g4f/v1/chat/completions", `{"messages":[{"role":"user","content":"x"}]}`, "handed on"},
	} {
		status, _, answer := ask(t, s, http.MethodPost, c.target, c.body, "Authorization", "Bearer tok")
		if status < 400 || !strings.Contains(answer, c.want) {
			t.Errorf("%s: %d %s", name, status, answer)
		}
	}
	for _, target := range []string{anti, assist, vertex, claude} {
		if status, _, _ := ask(t, s, http.MethodPost, target, `{}`); status != http.StatusUnauthorized {
			t.Errorf("%s without a token: %d", target, status)
		}
		if status, _, _ := ask(t, s, http.MethodPost, target, `{}`, "Authorization", "Bearer tok", "X-Goog-Api-Key", "k"); status != http.StatusUnauthorized {
			t.Errorf("%s with a key: %d", target, status)
		}
	}
}

// TestAntigravitysClaude calls a tool after a thought, and gives both back.
func TestAntigravitysClaude(t *testing.T) {
	s := New(Options{})
	const tools = `"tools":[{"functionDeclarations":[{"name":"f","parameters":{"type":"object","properties":{"a":{"type":"string"}}}}]}],
		"generationConfig":{"maxOutputTokens":5000,"thinkingConfig":{"thinkingBudget":2000,"includeThoughts":true}}`
	question := `{"role":"user","parts":[{"text":"call f {\"a\":\"x\"}"}]}`
	send := func(contents string) []gjson.Result {
		var parts []gjson.Result
		body := `{"model":"claude-sonnet-4-6","project":"p","request":{"contents":[` + contents + `],` + tools + `}}`
		for _, e := range stream(t, s, "/antigravity/v1internal:streamGenerateContent?alt=sse", body, "Authorization", "Bearer tok") {
			if !strings.HasPrefix(e.data.Get("response.responseId").String(), "msg_vrtx_") || !e.data.Get("traceId").Exists() {
				t.Errorf("event %s", e.data.Raw)
			}
			parts = append(parts, e.data.Get("response.candidates.0.content.parts").Array()...)
		}
		return parts
	}
	var thought, signature, call string
	for _, p := range send(question) {
		if p.Get("thought").Bool() {
			thought += p.Get("text").String()
			signature += p.Get("thoughtSignature").String()
		}
		if p.Get("functionCall").Exists() {
			call = p.Raw
		}
	}
	if thought == "" || !strings.HasPrefix(signature, "R") || !strings.Contains(call, "toolu_vrtx_") || strings.Contains(call, "thoughtSignature") {
		t.Fatalf("thought %q, signature %q, call %s", thought, signature, call)
	}
	id := gjson.Get(call, "functionCall.id").String()
	answer := send(question + `,{"role":"model","parts":[{"thought":true,"text":"` + thought + `","thoughtSignature":"` + signature + `"},` + call + `]},` +
		`{"role":"user","parts":[{"functionResponse":{"id":"` + id + `","name":"f","response":{"output":"done"}}}]}`)
	text := ""
	for _, p := range answer {
		if !p.Get("thought").Bool() {
			text += p.Get("text").String()
		}
	}
	if text != "The tool f answered: done" {
		t.Errorf("answered %q", text)
	}
}
