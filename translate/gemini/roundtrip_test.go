package gemini

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// TestRoundTrip decodes bodies that need no repair and encodes them for the
// same dialect: nothing may be lost or changed.
func TestRoundTrip(t *testing.T) {
	bodies := map[string]string{
		"everything": `{
			"systemInstruction":{"parts":[{"text":"be \"brief\"\n"},{"text":"\u00e9"}]},
			"contents":[
				{"role":"user","parts":[{"text":"look"},{"inlineData":{"mimeType":"image/png","data":"iVBORw0KGgo=","displayName":"a"}},
					{"fileData":{"mimeType":"video/mp4","fileUri":"gs://b/c.mp4"},"videoMetadata":{"startOffset":"1s","endOffset":"2.5s","fps":0.5},"mediaResolution":{"level":"MEDIA_RESOLUTION_LOW"}},
					{"fileData":{"mimeType":"application/pdf","fileUri":"https://generativelanguage.googleapis.com/v1beta/files/abc"}},
					{"fileData":{"mimeType":"image/jpeg","fileUri":"https://e.com/x.jpg"}}]},
				{"role":"model","parts":[{"text":"hm","thought":true,"thoughtSignature":"AAAA"},{"text":"calling","thoughtSignature":"BBBB"},
					{"functionCall":{"id":"c1","name":"f.g:h","args":{"n":12345678901234567890,"s":"\u2028"}},"thoughtSignature":"CCCC"},
					{"functionCall":{"id":"c2","name":"g","args":{}},"partMetadata":{"k":"v"}}]},
				{"role":"user","parts":[{"functionResponse":{"id":"c1","name":"f.g:h","response":{"output":"x","code":1},"scheduling":"WHEN_IDLE"}},
					{"functionResponse":{"id":"c2","name":"g","response":{"error":"no"}}}]},
				{"role":"model","parts":[{"executableCode":{"language":"PYTHON","code":"print(1)"}},{"codeExecutionResult":{"outcome":"OUTCOME_OK","output":"1\n"}},
					{"toolCall":{"id":"t1","toolType":"GOOGLE_SEARCH_WEB","args":{"queries":["x"]}},"thoughtSignature":"DDDD"},
					{"toolResponse":{"id":"t1","toolType":"GOOGLE_SEARCH_WEB","response":{}}},{"newKind":{"a":1}},{"text":"","thoughtSignature":"EEEE"}]},
				{"role":"user","parts":[{"text":"go on"}]}],
			"tools":[{"functionDeclarations":[
					{"name":"f.g:h","description":"d","parameters":{"type":"OBJECT","properties":{"n":{"type":"INTEGER","nullable":true}}},"response":{"type":"STRING"},"behavior":"BLOCKING"},
					{"name":"g","description":"e","parametersJsonSchema":{"type":"object","properties":{"a":{"type":"string"}}},"responseJsonSchema":{"type":"string"}}]},
				{"googleSearch":{"timeRangeFilter":{}}},{"codeExecution":{}},{"computerUse":{"environment":"ENVIRONMENT_BROWSER"}},{"somethingNew":{"x":[1]}}],
			"toolConfig":{"functionCallingConfig":{"mode":"VALIDATED","allowedFunctionNames":["g"],"streamFunctionCallArguments":true},"retrievalConfig":{"languageCode":"de"},"includeServerSideToolInvocations":true},
			"safetySettings":[{"category":"HARM_CATEGORY_HARASSMENT","threshold":"OFF"}],
			"cachedContent":"cachedContents/x","serviceTier":"flex","store":true,"someDay":{"a":null},
			"generationConfig":{"temperature":0.25,"topP":1,"topK":40,"candidateCount":2,"maxOutputTokens":100,"stopSequences":["a","\n"],"responseLogprobs":true,"logprobs":3,
				"presencePenalty":-0.5,"frequencyPenalty":1.5,"seed":-7,"responseMimeType":"application/json","responseSchema":{"type":"STRING"},
				"responseModalities":["TEXT","IMAGE"],"speechConfig":{"languageCode":"de"},"imageConfig":{"aspectRatio":"1:1"},"mediaResolution":"MEDIA_RESOLUTION_LOW",
				"thinkingConfig":{"thinkingLevel":"LOW","includeThoughts":true,"novelty":1}}}`,
		"enum":  `{"contents":[{"role":"user","parts":[{"text":"a"}]}],"generationConfig":{"responseMimeType":"text/x.enum","responseSchema":{"type":"STRING","enum":["a","b"]}}}`,
		"plain": `{"contents":[{"role":"user","parts":[{"text":"a"}]}],"generationConfig":{"responseMimeType":"text/plain","thinkingConfig":{"includeThoughts":false}}}`,
		"json":  `{"contents":[{"role":"user","parts":[{"text":"a"}]}],"generationConfig":{"responseMimeType":"application/json"}}`,
		"audio": `{"contents":[{"role":"user","parts":[{"text":"a"}]}],"generationConfig":{"responseMimeType":"audio/wav"}}`,
	}
	for name, body := range bodies {
		t.Run(name, func(t *testing.T) {
			target := gemini3()
			sameJSON(t, encode(t, decode(t, body), target), body)
			if list := target.Notes.List(); len(list) > 0 {
				t.Errorf("notes: %v", list)
			}
		})
	}
}

// TestRealRequests does the same with what real clients send; Gemini CLI gives
// the system instruction a role, which says nothing.
func TestRealRequests(t *testing.T) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) < 5 {
		t.Fatalf("found %d files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			body, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			target := gemini3()
			target.Caps.FunctionCallID = false // opencode sends none
			if filepath.Base(file) == "opencode-title.json" {
				target = gemini25()
			}
			got := parse(t, encode(t, decode(t, string(body)), target)).(map[string]any)
			want := parse(t, body).(map[string]any)
			delete(want["systemInstruction"].(map[string]any), "role")
			want["contents"] = repair(want["contents"].([]any))
			if g, w := indent(got), indent(want); g != w {
				t.Errorf("got\n%s\nwant\n%s", g, w)
			}
			for _, n := range target.Notes.List() {
				if n.Level == ir.Warn && n.Code != ir.CodeRepeated {
					t.Errorf("note %+v", n)
				}
			}
		})
	}
}

// repair does to a conversation what is right to do: results that Gemini CLI
// repeats and thoughts without a signature go, every turn's first call is
// signed, and the user's first contents become one.
func repair(contents []any) []any {
	for len(contents) > 1 && contents[0].(map[string]any)["role"] == contents[1].(map[string]any)["role"] {
		first, second := contents[0].(map[string]any), contents[1].(map[string]any)
		second["parts"] = append(first["parts"].([]any), second["parts"].([]any)...)
		contents = contents[1:]
	}
	for _, c := range contents {
		content := c.(map[string]any)
		var kept []any
		seen := map[any]bool{}
		called := false
		for _, p := range content["parts"].([]any) {
			part := p.(map[string]any)
			if part["thought"] == true && part["thoughtSignature"] == nil {
				continue
			}
			if r, ok := part["functionResponse"].(map[string]any); ok && r["id"] != nil {
				if seen[r["id"]] {
					continue
				}
				seen[r["id"]] = true
			}
			if part["functionCall"] != nil {
				if sig, _ := part["thoughtSignature"].(string); !called && sig == "" {
					part["thoughtSignature"] = ir.Sentinel
				}
				called = true
			}
			kept = append(kept, p)
		}
		content["parts"] = kept
	}
	return contents
}
