package gemini

import (
	"math"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// TestThinking checks how much thinking is asked for, by model and client.
func TestThinking(t *testing.T) {
	flash := func() *ir.Target {
		t := gemini25()
		t.Caps.CanDisable, t.Caps.BudgetMin, t.Caps.BudgetMax = true, 0, 24576
		return t
	}
	flash3 := func() *ir.Target {
		t := gemini3()
		t.Caps.Levels = []string{"minimal", "low", "medium", "high"}
		return t
	}
	old := func() *ir.Target {
		t := gemini25()
		t.Caps.Thinking = ir.ThinkingNone
		return t
	}
	effort := func(e string) ir.Reasoning { return ir.Reasoning{Mode: ir.ReasoningEffort, Effort: e} }
	budget := func(n int) ir.Reasoning { return ir.Reasoning{Mode: ir.ReasoningBudget, Budget: n} }
	off, auto := ir.Reasoning{Mode: ir.ReasoningOff}, ir.Reasoning{Mode: ir.ReasoningAuto}
	tests := []struct {
		target *ir.Target
		client ir.Dialect
		ask    ir.Reasoning
		want   string
		notes  string
	}{
		{gemini25(), ir.Chat, ir.Reasoning{}, ``, ""},
		{gemini25(), ir.Chat, effort("medium"), `{"thinkingBudget":8192,"includeThoughts":true}`, ""},
		{gemini25(), ir.Chat, effort("max"), `{"thinkingBudget":32768,"includeThoughts":true}`, "clamp:reasoning_effort"},
		{gemini25(), ir.Chat, off, `{"thinkingBudget":128,"includeThoughts":false}`, "reasoning.cannot_disable:reasoning_effort"},
		{flash(), ir.Chat, off, `{"thinkingBudget":0,"includeThoughts":false}`, ""},
		{flash(), ir.Anthropic, budget(31999), `{"thinkingBudget":24576,"includeThoughts":true}`, "clamp:thinking"},
		{gemini25(), ir.Anthropic, auto, `{"thinkingBudget":-1,"includeThoughts":true}`, ""},
		{gemini25(), ir.Responses, effort("high"), `{"thinkingBudget":24576,"includeThoughts":false}`, ""},
		{gemini25(), ir.Responses, ir.Reasoning{Summary: "auto"}, `{"includeThoughts":true}`, ""},
		{gemini25(), ir.Gemini, ir.Reasoning{Summary: "none"}, `{"includeThoughts":false}`, ""},
		{gemini25(), ir.Anthropic, ir.Reasoning{Mode: ir.ReasoningBetweenTools}, `{"thinkingBudget":1024,"includeThoughts":true}`, ""},
		{gemini3(), ir.Chat, effort("high"), `{"thinkingLevel":"HIGH","includeThoughts":true}`, ""},
		{gemini3(), ir.Chat, effort("medium"), `{"thinkingLevel":"HIGH","includeThoughts":true}`, "clamp:reasoning_effort"},
		{gemini3(), ir.Chat, effort("minimal"), `{"thinkingLevel":"LOW","includeThoughts":true}`, "clamp:reasoning_effort"},
		{flash3(), ir.Chat, effort("xhigh"), `{"thinkingLevel":"HIGH","includeThoughts":true}`, "clamp:reasoning_effort"},
		{flash3(), ir.Chat, off, `{"thinkingLevel":"MINIMAL","includeThoughts":false}`, "reasoning.cannot_disable:reasoning_effort"},
		{gemini3(), ir.Chat, off, `{"thinkingLevel":"LOW","includeThoughts":false}`, "reasoning.cannot_disable:reasoning_effort"},
		{flash3(), ir.Anthropic, budget(31999), `{"thinkingLevel":"HIGH","includeThoughts":true}`, ""},
		{flash3(), ir.Anthropic, auto, `{"thinkingLevel":"HIGH","includeThoughts":true}`, ""},
		{flash3(), ir.Gemini, auto, ``, ""},
		{old(), ir.Chat, effort("high"), ``, ""},
	}
	for _, tt := range tests {
		req := chatRequest(turn(ir.RoleUser, textPart("q")))
		req.Dialect, req.Reasoning = tt.client, tt.ask
		want := `{"contents":[{"role":"user","parts":[{"text":"q"}]}]}`
		if tt.want != "" {
			want = want[:len(want)-1] + `,"generationConfig":{"thinkingConfig":` + tt.want + `}}`
		}
		sameJSON(t, encode(t, req, tt.target), want)
		if notes := warnings(tt.target); notes != tt.notes {
			t.Errorf("%s asks %+v of %s: notes %q, want %q", tt.client, tt.ask, tt.target.Model, notes, tt.notes)
		}
	}
}

// TestQuickAnswers checks that a model that thinks unasked leaves room for a
// short answer.
func TestQuickAnswers(t *testing.T) {
	target := gemini25()
	target.Caps.CanDisable = true
	for client, want := range map[ir.Dialect]string{
		ir.Anthropic: `{"maxOutputTokens":100,"thinkingConfig":{"thinkingBudget":0,"includeThoughts":false}}`,
		ir.Gemini:    `{"maxOutputTokens":100}`,
	} {
		req := chatRequest(turn(ir.RoleUser, textPart("q")))
		req.Dialect, req.Sampling.MaxOutput = client, ir.Some(100)
		sameJSON(t, encode(t, req, target), `{"contents":[{"role":"user","parts":[{"text":"q"}]}],"generationConfig":`+want+`}`)
	}
}

// TestSampling checks what is bent to Gemini's limits.
func TestSampling(t *testing.T) {
	req := chatRequest(turn(ir.RoleUser, textPart("q")))
	req.Sampling = ir.Sampling{
		MaxOutput: ir.Some(100000), Temperature: ir.Some(2.5), TopP: ir.Some(0.1), TopK: ir.Some(1e-9), FreqPenalty: ir.Some(-3.0),
		PresPenalty: ir.Some(2.0), Seed: ir.Some(int64(math.MinInt64 + 5)), Stop: []ir.Text{"a", "", "b", "c", "d", "e", "f"},
		N: ir.Some(99), TopLogprobs: ir.Some(50), LogitBias: []byte(`{}`),
	}
	req.Parallel, req.Verbosity, req.Tier, req.Speed = ir.Some(false), "low", "scale", "fast"
	req.Ext = []ir.Field{{Name: "odd", Raw: []byte("1")}}
	target := gemini25()
	sameJSON(t, encode(t, req, target), `{"contents":[{"role":"user","parts":[{"text":"q"}]}],"generationConfig":{"maxOutputTokens":65536,"temperature":2,"topP":0.1,"topK":1e-09,
		"candidateCount":8,"stopSequences":["a","b","c","d","e"],"seed":5,"presencePenalty":1.99,"frequencyPenalty":-2,"responseLogprobs":true,"logprobs":20}}`)
	if got, want := warnings(target), "drop:logit_bias clamp:temperature clamp:n truncate:stop"; !sameWords(got, want) {
		t.Errorf("warnings %q, want %q", got, want)
	}
	infos := 0
	for _, n := range target.Notes.List() {
		if n.Level == ir.Info {
			infos++
		}
	}
	if infos != 8 { // max_output, two penalties, seed, tier, odd, verbosity, speed
		t.Errorf("%d info notes: %v", infos, target.Notes.List())
	}
}

// TestFormats checks how the answer's form is asked for.
func TestFormats(t *testing.T) {
	openAPI := gemini25()
	openAPI.Caps.JSONSchema = false
	schema := ir.Format{Kind: ir.FormatSchema, Schema: []byte(`{"type":"object","properties":{"a":{"type":"string"}}}`)}
	function := ir.Tool{Kind: ir.ToolFunction, Name: "f", Description: "d"}
	const tools = `,"tools":[{"functionDeclarations":[{"name":"f","description":"d"}]}]`
	const config = `,"generationConfig":{"responseMimeType":"application/json","responseJsonSchema":{"type":"object","properties":{"a":{"type":"string"}}}}`
	tests := []struct {
		name   string
		target *ir.Target
		format ir.Format
		tools  []ir.Tool
		want   string
		notes  string
	}{
		{"a schema", gemini25(), schema, nil, `{"contents":[]` + config + `}`, ""},
		{"any JSON", gemini25(), ir.Format{Kind: ir.FormatJSON}, nil, `{"contents":[],"generationConfig":{"responseMimeType":"application/json"}}`, ""},
		{"a schema beside tools", gemini3(), schema, []ir.Tool{function}, `{"contents":[]` + tools + config + `}`, ""},
		{"a schema beside tools on 2.5", gemini25(), schema, []ir.Tool{function},
			`{"systemInstruction":{"parts":[{"text":"Respond only with JSON matching: {\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"}}}"}]},"contents":[]` + tools + `}`, "emulate:response_format"},
		{"any JSON beside tools on 2.5", gemini25(), ir.Format{Kind: ir.FormatJSON}, []ir.Tool{function},
			`{"systemInstruction":{"parts":[{"text":"Respond only with a JSON object."}]},"contents":[]` + tools + `}`, "emulate:response_format"},
		{"a regular expression", gemini25(), ir.Format{Kind: ir.FormatRegex, Pattern: "a+"}, nil,
			`{"contents":[],"generationConfig":{"responseMimeType":"application/json","responseSchema":{"type":"STRING","pattern":"a+"}}}`, ""},
		{"a regular expression beside tools on 2.5", gemini25(), ir.Format{Kind: ir.FormatRegex, Pattern: "a+"}, []ir.Tool{function},
			`{"systemInstruction":{"parts":[{"text":"Respond only with text that this regular expression matches: a+"}]},"contents":[]` + tools + `}`, "emulate:response_format"},
		{"a grammar", gemini25(), ir.Format{Kind: ir.FormatGrammar, Pattern: `x ::= \"a\"`, Member: "guided_grammar"}, nil,
			`{"systemInstruction":{"parts":[{"text":"Respond only with text that follows this grammar:\nx ::= \"a\""}]},"contents":[]}`, "emulate:guided_grammar"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			req := chatRequest(turn(ir.RoleUser, textPart("q")))
			req.Format, req.Tools = tt.format, tt.tools
			got := parse(t, encode(t, req, tt.target)).(map[string]any)
			got["contents"] = []any{}
			sameJSON(t, []byte(indent(got)), tt.want)
			if notes := warnings(tt.target); notes != tt.notes {
				t.Errorf("notes %q, want %q", notes, tt.notes)
			}
		})
	}
}

// TestCounting checks the bodies of countTokens: nothing is added, and only
// AI Studio has them wrapped.
func TestCounting(t *testing.T) {
	req := chatRequest(turn(ir.RoleAssistant, textPart("a")))
	req.Op, req.System, req.Sampling.MaxOutput = ir.CountTokens, []ir.Part{textPart("s")}, ir.Some(5)
	req.ToolChoice.Mode = ir.ChoiceRequired
	const inner = `"systemInstruction":{"parts":[{"text":"s"}]},"contents":[{"role":"model","parts":[{"text":"a"}]}]`
	sameJSON(t, encode(t, req, gemini25()), `{"generateContentRequest":{"model":"models/gemini-2.5-pro",`+inner+`}}`)
	vertex := gemini25()
	vertex.Provider = "vertex"
	sameJSON(t, encode(t, req, vertex), `{`+inner+`}`)
	if n, err := (Codec{}).DecodeCount([]byte(`{"totalTokens":"12","promptTokensDetails":[]}`)); n != 12 || err != nil {
		t.Errorf("count %d, %v", n, err)
	}
	for _, bad := range []string{``, `{}`, `[]`, `{"totalTokens":"x"}`, `null`} {
		if _, err := (Codec{}).DecodeCount([]byte(bad)); err == nil {
			t.Errorf("%q counts", bad)
		}
	}
	if got := string(Codec{}.AppendCount([]byte("x"), 7)); got != `x{"totalTokens":7}` {
		t.Errorf("count is written as %s", got)
	}
}
