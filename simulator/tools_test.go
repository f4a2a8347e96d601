package simulator

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/tidwall/gjson"
)

// agent runs the tools that a model calls, in one dialect, until it answers with text.
type agent struct {
	target string
	body   func(history []string) string
	// next is what to add to the history, how many calls there were, and the text.
	next func(answer gjson.Result) (add []string, calls int, text string)
}

func first(prompt string) map[string]string {
	q := quote(prompt)
	return map[string]string{
		"chat": `{"role":"user","content":` + q + `}`, "responses": `{"role":"user","content":` + q + `}`,
		"anthropic": `{"role":"user","content":` + q + `}`, "gemini": `{"role":"user","parts":[{"text":` + q + `}]}`,
	}
}

var agentSchema = `{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}`

var agents = map[string]agent{
	"chat": {
		"/v1/chat/completions",
		func(h []string) string {
			tool := func(n string) string {
				return `{"type":"function","function":{"name":"` + n + `","parameters":` + agentSchema + `}}`
			}
			return `{"model":"demo","reasoning_effort":"high","tools":[` + tool("a") + `,` + tool("b") + `],"messages":[` + strings.Join(h, ",") + `]}`
		},
		func(a gjson.Result) ([]string, int, string) {
			m := a.Get("choices.0.message")
			add := []string{`{"role":"assistant","content":` + m.Get("content").Raw + `,"tool_calls":` + m.Get("tool_calls").Raw + `}`}
			for _, c := range m.Get("tool_calls").Array() {
				add = append(add, `{"role":"tool","tool_call_id":`+c.Get("id").Raw+`,"content":"ran `+c.Get("function.name").String()+`"}`)
			}
			return add, len(add) - 1, m.Get("content").String()
		},
	},
	"responses": {
		"/v1/responses",
		func(h []string) string {
			tool := func(n string) string {
				return `{"type":"function","strict":false,"name":"` + n + `","parameters":` + agentSchema + `}`
			}
			return `{"model":"demo","store":false,"include":["reasoning.encrypted_content"],"reasoning":{"effort":"high"},"tools":[` +
				tool("a") + `,` + tool("b") + `],"input":[` + strings.Join(h, ",") + `]}`
		},
		func(a gjson.Result) (add []string, calls int, text string) {
			var outputs []string
			for _, item := range a.Get("output").Array() {
				add = append(add, item.Raw)
				if item.Get("type").String() == "function_call" {
					outputs = append(outputs, `{"type":"function_call_output","call_id":`+item.Get("call_id").Raw+`,"output":"ran `+item.Get("name").String()+`"}`)
				}
				text += item.Get("content.0.text").String()
			}
			return append(add, outputs...), len(outputs), text
		},
	},
	"anthropic": {
		"/v1/messages",
		func(h []string) string {
			tool := func(n string) string { return `{"name":"` + n + `","input_schema":` + agentSchema + `}` }
			return `{"model":"demo","max_tokens":5000,"thinking":{"type":"enabled","budget_tokens":1024},"tools":[` + tool("a") + `,` + tool("b") +
				`],"messages":[` + strings.Join(h, ",") + `]}`
		},
		func(a gjson.Result) (add []string, calls int, text string) {
			var results []string
			for _, b := range a.Get("content").Array() {
				if b.Get("type").String() == "tool_use" {
					results = append(results, `{"type":"tool_result","tool_use_id":`+b.Get("id").Raw+`,"content":"ran `+b.Get("name").String()+`"}`)
				}
				text += b.Get("text").String()
			}
			return []string{`{"role":"assistant","content":` + a.Get("content").Raw + `}`, `{"role":"user","content":[` + strings.Join(results, ",") + `]}`}, len(results), text
		},
	},
	"gemini": {
		"/v1beta/models/sim-gemini-3-pro:generateContent",
		func(h []string) string {
			tool := func(n string) string { return `{"name":"` + n + `","parametersJsonSchema":` + agentSchema + `}` }
			return `{"tools":[{"functionDeclarations":[` + tool("a") + `,` + tool("b") + `]}],"contents":[` + strings.Join(h, ",") + `]}`
		},
		func(a gjson.Result) (add []string, calls int, text string) {
			var responses []string
			for _, p := range a.Get("candidates.0.content.parts").Array() {
				if f := p.Get("functionCall"); f.Exists() {
					responses = append(responses, `{"functionResponse":{"id":`+f.Get("id").Raw+`,"name":`+f.Get("name").Raw+`,"response":{"output":"ran `+f.Get("name").String()+`"}}}`)
				}
				text += p.Get("text").String()
			}
			return []string{a.Get("candidates.0.content").Raw, `{"role":"user","parts":[` + strings.Join(responses, ",") + `]}`}, len(responses), text
		},
	},
}

// run runs a task to its end and answers with the number of calls of each step and the last text.
func (a agent) run(t *testing.T, s *Simulator, dialect, prompt string) ([]int, string) {
	t.Helper()
	history := []string{first(prompt)[dialect]}
	var steps []int
	for range 8 {
		add, calls, text := a.next(post(t, s, a.target, a.body(history)))
		if calls == 0 {
			return steps, text
		}
		steps = append(steps, calls)
		history = append(history, add...)
	}
	t.Fatalf("%s does not end: %v", dialect, steps)
	return nil, ""
}

func TestAgentsCompleteTasks(t *testing.T) {
	for _, c := range []struct {
		prompt, steps, text string
	}{
		{"call a", "[1]", "The tool a answered: ran a"},
		{"Please use the tool a and b", "[2]", "The tool a answered: ran a\nThe tool b answered: ran b"},
		{"call every tool", "[2]", "The tool a answered: ran a\nThe tool b answered: ran b"},
		{`call a {"city":"then"} then call b {"city":"x"}, a then say exactly: finished`, "[1 2]", "finished"},
		{"call a then call b then call a", "[1 1 1]", "The tool a answered: ran a"},
		{"what is a?", "[]", "You said: what is a?"},
	} {
		for _, d := range dialects {
			steps, text := agents[d].run(t, New(Options{}), d, c.prompt)
			if fmt.Sprint(steps) != c.steps || text != c.text {
				t.Errorf("%s: %q takes %v and answers %q", d, c.prompt, steps, text)
			}
		}
	}
}

func TestNewTextAfterResults(t *testing.T) {
	a := post(t, New(Options{}), "/v1/chat/completions", `{"model":"demo","messages":[{"role":"user","content":"call a"},
		{"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function","function":{"name":"a","arguments":"{}"}}]},
		{"role":"tool","tool_call_id":"1","content":"sunny"},{"role":"user","content":"and now?"}]}`)
	if got := a.Get(textPath["chat"]).String(); got != "The tool a answered: sunny\nYou said: and now?" {
		t.Errorf("the answer is %q", got)
	}
}

// TestAccountsDoNotShareSignatures moves a conversation with a thought to another account.
func TestAccountsDoNotShareSignatures(t *testing.T) {
	for d, want := range map[string]string{
		"responses": "could not be verified", "anthropic": "Invalid `signature` in `thinking` block", "gemini": "Thought signature is not valid.",
	} {
		one, other := New(Options{Account: "one"}), New(Options{Account: "other"})
		history := []string{first("call a")[d]}
		add, _, _ := agents[d].next(post(t, one, agents[d].target, agents[d].body(history)))
		body := agents[d].body(append(history, add...))
		post(t, New(Options{Account: "one"}), agents[d].target, body)
		status, _, answer := ask(t, other, "POST", agents[d].target, body)
		if status != 400 || !strings.Contains(gjson.Get(answer, "error.message").String(), want) {
			t.Errorf("%s answers %d %s", d, status, answer)
		}
	}
}

func TestSignaturesAreBound(t *testing.T) {
	s := signer{"me"}
	token := s.sign(signedCall, "n", callContent("f", `{"a":1,"b":[2]}`))
	for _, c := range []struct {
		signer             signer
		family, token, arg string
		valid              bool
	}{
		{s, signedCall, token, `{"b": [2], "a": 1}`, true},
		{s, signedCall, strings.TrimRight(token, "="), `{"a":1,"b":[2]}`, true},
		{s, signedCall, token, `{"a":2,"b":[2]}`, false},
		{s, signedText, token, `{"a":1,"b":[2]}`, false},
		{s, signedThought, token, `{"a":1,"b":[2]}`, false},
		{signer{"you"}, signedCall, token, `{"a":1,"b":[2]}`, false},
		{s, signedCall, "A" + token[1:], `{"a":1,"b":[2]}`, false},
		{s, signedCall, "", `{}`, false},
	} {
		if got := c.signer.valid(c.family, c.token, callContent("f", c.arg)); got != c.valid {
			t.Errorf("%+v is %v", c, got)
		}
	}
	for family, mark := range map[string]string{signedReasoning: "gAAAA", signedThought: "Egh", signedCall: "CiB"} {
		if got := s.sign(family, "n", "x"); !strings.HasPrefix(got, mark) {
			t.Errorf("a signature of %s is %s", family, got)
		}
	}
}

func TestToolChoice(t *testing.T) {
	chat := func(more string) gjson.Result {
		return post(t, New(Options{}), "/v1/chat/completions", `{"model":"demo","tools":[{"type":"function","function":{"name":"a"}},
			{"type":"function","function":{"name":"b"}},{"type":"custom","custom":{"name":"c"}}],"messages":[{"role":"user","content":"call a and b"}],`+more+`}`)
	}
	for more, want := range map[string]string{
		`"tool_choice":"auto"`:                                      `["a","b"]`,
		`"tool_choice":"none"`:                                      `[]`,
		`"parallel_tool_calls":false`:                               `["a"]`,
		`"tool_choice":"required"`:                                  `["a","b"]`,
		`"tool_choice":{"type":"function","function":{"name":"b"}}`: `["b"]`,
		`"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[{"type":"function","function":{"name":"b"}}]}}`: `["b"]`,
	} {
		if got := chat(more).Get("choices.0.message.tool_calls.#.function.name").Raw; got != want && !(got == "" && want == "[]") {
			t.Errorf("%s calls %s, want %s", more, got, want)
		}
	}
	custom := chat(`"tool_choice":{"type":"custom","custom":{"name":"c"}}`).Get("choices.0.message.tool_calls.0")
	if custom.Get("custom.input").String() != "call a and b" || custom.Get("type").String() != "custom" {
		t.Errorf("the call of the custom tool is %s", custom.Raw)
	}
	forced := post(t, New(Options{}), "/v1/messages", `{"model":"demo","max_tokens":99,"tools":[{"name":"a","input_schema":{"type":"object"}}],
		"tool_choice":{"type":"any"},"messages":[{"role":"user","content":"hello"}]}`)
	if forced.Get("content.0.name").String() != "a" || forced.Get("stop_reason").String() != "tool_use" {
		t.Errorf("the forced answer is %s", forced.Raw)
	}
	any := post(t, New(Options{}), "/v1beta/models/demo:generateContent", `{"contents":[{"parts":[{"text":"x"}]}],"tools":[{"functionDeclarations":[{"name":"a"},{"name":"b"}]}],
		"toolConfig":{"functionCallingConfig":{"mode":"any","allowedFunctionNames":["b"]}}}`)
	if any.Get("candidates.0.content.parts.0.functionCall.name").String() != "b" {
		t.Errorf("the forced answer is %s", any.Raw)
	}
}

func TestFindCalls(t *testing.T) {
	tools := []tool{{name: "get_weather"}, {name: "mcp__files__read"}, {name: "Bash"}}
	for text, want := range map[string]string{
		"call get_weather":                                                  "get_weather",
		"Call the tool `get_weather`.":                                      "get_weather",
		"use get_weather and Bash":                                          "get_weather Bash",
		"call mcp.files.read with {\"path\":\"x\"}":                         `mcp__files__read{"path":"x"}`,
		`call bash {"command":"ls; echo then"}, then stop`:                  `Bash{"command":"ls; echo then"}`,
		`call bash {\"command\":\"ls\"}`:                                    `Bash{"command":"ls"}`,
		`call bash({"command":"ls"}) and call get_weather {"city":{"a":1}}`: `Bash{"command":"ls"} get_weather{"city":{"a":1}}`,
		"call nothing and Bash":                                             "Bash",
		"recall Bash":                                                       "", "call nothing": "", "call {broken": "", "call ": "",
	} {
		var got []string
		if steps := parse(text, tools); len(steps) > 0 {
			for _, c := range steps[0].calls {
				got = append(got, c.tool.name+c.arguments)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q asks for %q, want %q", text, got, want)
		}
	}
}

func TestStructuredOutput(t *testing.T) {
	schema := `{"type":"object","properties":{"name":{"type":"string"},"sizes":{"type":"array","items":{"type":"integer"}}},"required":["name","sizes"],"additionalProperties":false}`
	want := `{"name":"sample name","sizes":[1]}`
	for d, more := range map[string]string{
		"chat":      `"response_format":{"type":"json_schema","json_schema":{"name":"r","strict":true,"schema":` + schema + `}}`,
		"responses": `"text":{"format":{"type":"json_schema","name":"r","strict":true,"schema":` + schema + `}}`,
		"anthropic": `"output_config":{"format":{"type":"json_schema","schema":` + schema + `}}`,
		"gemini":    `"generationConfig":{"responseMimeType":"application/json","responseJsonSchema":` + schema + `}`,
	} {
		target, body := turnOf(d, "x", more)
		if got := post(t, New(Options{}), target, body).Get(textPath[d]).String(); got != want {
			t.Errorf("%s answers %s", d, got)
		}
	}
	target, body := turnOf("gemini", "x", `"generationConfig":{"responseMimeType":"text/x.enum","responseSchema":{"type":"STRING","enum":["red","blue"]}}`)
	if got := post(t, New(Options{}), target, body).Get(textPath["gemini"]).String(); got != "red" {
		t.Errorf("the enum is answered with %s", got)
	}
	target, body = turnOf("chat", "some json", `"response_format":{"type":"json_object"}`)
	if got := post(t, New(Options{}), target, body).Get(textPath["chat"]).String(); got != `{"answer":"You said: some json"}` {
		t.Errorf("the JSON object is %s", got)
	}
}

func TestAttachments(t *testing.T) {
	const png = "iVBORw0KGgo=" // 8 bytes
	want := "I received 2 attachments: image/png (8 bytes), application/pdf (3 bytes)."
	for d, body := range map[string]string{
		"chat": `{"model":"demo","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,` + png + `"}},
			{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,AAAA"}}]}]}`,
		"responses": `{"model":"demo","input":[{"role":"user","content":[{"type":"input_image","image_url":"data:image/png;base64,` + png + `"},
			{"type":"input_file","filename":"a.pdf","file_data":"data:application/pdf;base64,AAAA"}]}]}`,
		"anthropic": `{"model":"demo","max_tokens":99,"messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"` + png + `"}},
			{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"AAAA"}}]}]}`,
		"gemini": `{"contents":[{"parts":[{"inlineData":{"mimeType":"image/png","data":"` + png + `"}},{"inlineData":{"mimeType":"application/pdf","data":"AAAA"}}]}]}`,
	} {
		target, _ := turnOf(d, "", "")
		if got := post(t, New(Options{}), target, body).Get(textPath[d]).String(); got != want {
			t.Errorf("%s answers %q", d, got)
		}
	}
	result := post(t, New(Options{}), "/v1/messages", `{"model":"demo","max_tokens":99,"messages":[{"role":"user","content":"x"},
		{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"shot","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","is_error":true,
		"content":[{"type":"text","text":"see"},{"type":"image","source":{"type":"url","url":"https://example.com/a.png"}}]}]}]}`)
	if got := result.Get(textPath["anthropic"]).String(); got != "The tool shot failed: see\nI received 1 attachment: unknown (at https://example.com/a.png)." {
		t.Errorf("the image of a result is answered with %q", got)
	}
}

func TestCountsAgreeWithUsage(t *testing.T) {
	s := New(Options{})
	chatTools := `"tools":[{"name":"f","input_schema":{"type":"object","properties":{"a":{"type":"string"}}}}],"system":"be brief"`
	count := post(t, s, "/v1/messages/count_tokens", `{"model":"demo","messages":[{"role":"user","content":"one two three"}],`+chatTools+`}`)
	used := post(t, s, "/v1/messages", `{"model":"demo","max_tokens":9,"messages":[{"role":"user","content":"one two three"}],`+chatTools+`}`)
	if a, b := count.Get("input_tokens").Int(), used.Get("usage.input_tokens").Int(); a != b || a < 10 {
		t.Errorf("%d tokens are counted, %d used", a, b)
	}
	inner := `"contents":[{"parts":[{"text":"one two three"}]}],"tools":[{"functionDeclarations":[{"name":"f","description":"some thing"}]}]`
	gCount := post(t, s, "/v1beta/models/demo:countTokens", `{"generateContentRequest":{"model":"models/demo",`+inner+`}}`)
	gUsed := post(t, s, "/v1beta/models/demo:generateContent", `{`+inner+`}`)
	if a, b := gCount.Get("totalTokens").Int(), gUsed.Get("usageMetadata.promptTokenCount").Int(); a != b || a < 10 {
		t.Errorf("%d tokens are counted, %d used", a, b)
	}
	again := post(t, s, "/v1beta/models/demo:generateContent", `{`+inner+`}`)
	if got := again.Get("usageMetadata.cachedContentTokenCount").Int(); got != gUsed.Get("usageMetadata.promptTokenCount").Int() {
		t.Errorf("%d tokens are cached: %s", got, again.Raw)
	}
}

func TestInstances(t *testing.T) {
	for schema, want := range map[string]string{
		`{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"integer"}},"required":["b"]}`:                                `{"b":1}`,
		`{"type":"OBJECT","properties":{"a":{"type":"ARRAY","items":{"type":"NUMBER","minimum":2.5},"minItems":"2"}},"required":["a"]}`: `{"a":[2.5,2.5]}`,
		`{"type":"string","enum":["x","y"]}`:                                        `"x"`,
		`{"const":{"a":[1]}}`:                                                       `{"a":[1]}`,
		`{"type":["null","boolean"]}`:                                               `true`,
		`{"anyOf":[{"type":"null"},{"type":"integer","exclusiveMinimum":4}]}`:       `5`,
		`{"$ref":"#/$defs/a~1b","$defs":{"a/b":{"type":"integer","multipleOf":7}}}`: `7`,
		`{"type":"object","properties":{"self":{"$ref":"#"}}}`:                      `{}`,
		`{"type":"string","pattern":"^[a-z]{3}-\\d+(x|y)?$"}`:                       `"aaa-0"`,
		`{"type":"string","format":"date"}`:                                         `"2026-01-02"`,
		`{"type":"string","maxLength":3}`:                                           `"sam"`,
		`{"type":"string","minLength":14}`:                                          `"sample value value"`,
		`{"type":"integer","maximum":-3}`:                                           `-3`,
		`{"allOf":[{"properties":{"a":{"type":"null"}},"required":["a"]},{"properties":{"b":{"default":2}},"required":["b"]}]}`: `{"a":null,"b":2}`,
		`{"type":"array","prefixItems":[{"type":"string"},{"type":"boolean"}]}`:                                                 `["sample value",true]`,
		`{}`: `"sample value"`,
	} {
		if got := instance(gjson.Parse(schema), false); got != want || !json.Valid([]byte(got)) {
			t.Errorf("an instance of %s is %s, want %s", schema, got, want)
		}
	}
	many := `{"type":"object","properties":{"a":{"$ref":"#"},"b":{"$ref":"#"},"c":{"type":"array","items":{"$ref":"#"},"minItems":100}},"required":["a","b","c"]}`
	if got := instance(gjson.Parse(many), true); !json.Valid([]byte(got)) || len(got) > 1_000_000 {
		t.Errorf("an instance of a schema that multiplies has %d bytes", len(got))
	}
	loop := `{"type":"object","properties":{"next":{"$ref":"#"}},"required":["next"]}`
	if got := instance(gjson.Parse(loop), true); !json.Valid([]byte(got)) {
		t.Errorf("an instance of an endless schema is %s", got)
	}
}
