package translate

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-ai-gateway/ai-gateway/translate/caps"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/sse"
)

// behindGoogle joins a client's request with an account of Antigravity.
func behindGoogle(t *testing.T, client ir.Dialect, model, body string, stream bool) (Exchange, *ir.Target, string) {
	t.Helper()
	env := &ir.Envelope{Op: ir.Generate, Dialect: client, Model: model, Stream: stream}
	c, err := NewCall(env, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	target := &ir.Target{
		Dialect: ir.Gemini, Provider: "antigravity", Model: model, Caps: caps.Of("antigravity", ir.Gemini, model), Scope: "01234567", Notes: &ir.Notes{},
	}
	x := c.For(target, model, 1)
	sent, err := x.Request(nil)
	if err != nil {
		t.Fatal(err)
	}
	return x, target, string(sent)
}

// ownSignature has the form of Anthropic's signatures, and doubleSignature the one that Antigravity has of the same.
var (
	ownSignature    = base64.StdEncoding.EncodeToString([]byte("\x12\x08claude-x signs this"))
	doubleSignature = base64.StdEncoding.EncodeToString([]byte(ownSignature))
)

// TestClaudeBehindAntigravity has clients of Messages ask Claude in Gemini's dialect.
func TestClaudeBehindAntigravity(t *testing.T) {
	loop := `"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":[{"type":"text","text":"ok"},` +
		`{"type":"thinking","thinking":"hm","signature":"SIG"},{"type":"tool_use","id":"toolu_1","name":"get","input":{"a":1}}]},` +
		`{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":"42"}]}]`
	tool := `"tools":[{"name":"get","input_schema":{"type":"object","properties":{}}}]`
	for name, c := range map[string]struct {
		body string
		want map[string]string // places in the body, and what stands there as JSON
		note string
	}{
		"a text": {`{"max_tokens":100,"messages":[{"role":"user","content":[{"type":"text","text":" "},{"type":"text","text":"hi"}]}]}`, map[string]string{
			"contents":         `[{"role":"user","parts":[{"text":"hi"}]}]`,
			"generationConfig": `{"maxOutputTokens":100}`, "toolConfig": "",
		}, ""},
		"thinking is fitted to the limit": {`{"max_tokens":2000,"thinking":{"type":"enabled","budget_tokens":5000},"messages":[{"role":"user","content":"hi"}]}`, map[string]string{
			"generationConfig": `{"maxOutputTokens":2000,"thinkingConfig":{"thinkingBudget":1999,"includeThoughts":true}}`,
		}, "clamp"},
		"no room for thinking": {`{"max_tokens":1024,"thinking":{"type":"enabled","budget_tokens":5000},"messages":[{"role":"user","content":"hi"}]}`, map[string]string{
			"generationConfig": `{"maxOutputTokens":1024}`,
		}, "drop"},
		"adaptive thinking": {`{"max_tokens":64000,"thinking":{"type":"adaptive"},"messages":[{"role":"user","content":"hi"}]}`, map[string]string{
			"generationConfig.thinkingConfig": `{"thinkingBudget":24576,"includeThoughts":true}`,
		}, ""},
		"a tool without parameters": {`{"max_tokens":9,` + tool + `,"messages":[{"role":"user","content":"hi"}]}`, map[string]string{
			"tools":      `[{"functionDeclarations":[{"name":"get","description":"get","parameters":{"type":"object","properties":{"_":{"type":"string"}},"required":["_"]}}]}]`,
			"toolConfig": `{"functionCallingConfig":{"mode":"VALIDATED"}}`,
		}, ""},
		"a forced tool": {`{"max_tokens":9,"tool_choice":{"type":"tool","name":"get"},` + tool + `,"messages":[{"role":"user","content":"hi"}]}`, map[string]string{
			"toolConfig": `{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["get"]}}`,
		}, ""},
		"a loop with its signature": {
			`{"max_tokens":9000,"thinking":{"type":"enabled","budget_tokens":2048},` + tool + `,` + strings.Replace(loop, "SIG", ownSignature, 1) + `}`,
			map[string]string{
				"contents.1.parts": `[{"text":"hm","thought":true,"thoughtSignature":"` + doubleSignature + `"},{"text":"ok"},` +
					`{"functionCall":{"id":"toolu_1","name":"get","args":{"a":1}}}]`,
				"contents.2.parts":                `[{"functionResponse":{"id":"toolu_1","name":"get","response":{"output":"42"}}}]`,
				"generationConfig.thinkingConfig": `{"thinkingBudget":2048,"includeThoughts":true}`,
			}, "",
		},
		"a loop with another vendor's": {
			`{"max_tokens":9000,"thinking":{"type":"enabled","budget_tokens":2048},` + tool + `,` + strings.Replace(loop, "SIG", "gAAAAABx", 1) + `}`,
			map[string]string{
				"contents.1.parts":                `[{"text":"ok"},{"functionCall":{"id":"toolu_1","name":"get","args":{"a":1}}}]`,
				"generationConfig.thinkingConfig": "",
			}, "reasoning.disabled_unsigned_history",
		},
		"a server tool": {`{"max_tokens":9,"tools":[{"type":"web_search_20250305","name":"web_search"}],"messages":[{"role":"user","content":"hi"}]}`, map[string]string{
			"tools": "",
		}, "drop"},
	} {
		_, target, sent := behindGoogle(t, ir.Anthropic, "claude-sonnet-4-6", c.body, false)
		for place, want := range c.want {
			if got := gjson.Get(sent, place).Raw; got != want {
				t.Errorf("%s: %s is\n%s\nwant\n%s", name, place, got, want)
			}
		}
		if notes := target.Notes.Header(true); (c.note == "") != (notes == "") || !strings.Contains(notes, c.note) {
			t.Errorf("%s: notes %q", name, notes)
		}
	}
}

// TestGeminiBehindAntigravity has a client of Gemini send what only Google's other platforms take.
func TestGeminiBehindAntigravity(t *testing.T) {
	body := `{"contents":[{"role":"user","parts":[{"text":"hi"}]}],"safetySettings":[{"category":"HARM_CATEGORY_HARASSMENT","threshold":"OFF"}],
		"labels":{"a":"b"},"tools":[{"functionDeclarations":[{"name":"f","parametersJsonSchema":{"type":"object","properties":{"a":{"type":"string"}}}},
		{"name":"g","parameters":{"type":"OBJECT","properties":{"b":{"type":"STRING"}}}},{"name":"h"}]}]}`
	for model, want := range map[string]string{
		"gemini-3-flash": `[{"functionDeclarations":[{"name":"f","parameters":{"type":"OBJECT","properties":{"a":{"type":"STRING"}}}},` +
			`{"name":"g","parameters":{"type":"OBJECT","properties":{"b":{"type":"STRING"}}}},` +
			`{"name":"h","parameters":{"type":"OBJECT","properties":{"_":{"type":"STRING"}}}}]}]`,
		"claude-sonnet-4-6": `[{"functionDeclarations":[{"name":"f","parameters":{"type":"object","properties":{"a":{"type":"string"}}}},` +
			`{"name":"g","parameters":{"type":"object","properties":{"b":{"type":"string"}}}},` +
			`{"name":"h","parameters":{"type":"object","properties":{"_":{"type":"string"}},"required":["_"]}}]}]`,
	} {
		_, _, sent := behindGoogle(t, ir.Gemini, model, body, false)
		if got := gjson.Get(sent, "tools").Raw; got != want {
			t.Errorf("%s: tools are\n%s\nwant\n%s", model, got, want)
		}
		if gjson.Get(sent, "safetySettings").Exists() || gjson.Get(sent, "labels").Exists() {
			t.Errorf("%s: sent %s", model, sent)
		}
	}
}

// TestAntigravitysClaudeAnswers brings back Anthropic's own signatures, and arguments without what was made up.
func TestAntigravitysClaudeAnswers(t *testing.T) {
	body := `{"max_tokens":9000,"thinking":{"type":"enabled","budget_tokens":2048},"messages":[{"role":"user","content":"hi"}],` +
		`"tools":[{"name":"get","input_schema":{"type":"object","properties":{}}},{"name":"own","input_schema":{"type":"object","properties":{"_":{"type":"string"}}}}]}`
	frames := []string{
		`{"candidates":[{"content":{"role":"model","parts":[{"thought":true,"text":"hm"}]}}]}`,
		`{"candidates":[{"content":{"role":"model","parts":[{"text":"","thoughtSignature":"` + doubleSignature + `"}]}}]}`,
		`{"candidates":[{"content":{"role":"model","parts":[{"functionCall":{"id":"toolu_vrtx_1","name":"get","args":{"_":"x","k":[{"_":"y"}]}}}]}}]}`,
		`{"candidates":[{"content":{"role":"model","parts":[{"functionCall":{"id":"toolu_vrtx_2","name":"own","args":{"_":"x"}}}]},"finishReason":"OTHER"}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":2,"totalTokenCount":5}}`,
	}
	x, _, _ := behindGoogle(t, ir.Anthropic, "claude-sonnet-4-6", body, false)
	a, err := x.Answer(true)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range frames {
		a.Frame(nil, sse.Event{Data: []byte(f)})
	}
	out := gjson.ParseBytes(a.Close(nil))
	want := `[{"type":"thinking","thinking":"hm","signature":"` + ownSignature + `"},` +
		`{"type":"tool_use","id":"toolu_vrtx_1","name":"get","input":{"k":[{}]}},{"type":"tool_use","id":"toolu_vrtx_2","name":"own","input":{"_":"x"}}]`
	if got := out.Get("content").Raw; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if out.Get("stop_reason").String() != "tool_use" {
		t.Errorf("got %s", out.Raw)
	}
}
