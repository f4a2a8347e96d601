package simulator

import (
	"strings"
	"testing"

	"github.com/tidwall/gjson"
)

func geminiWith(more string) string { return `{"contents":[{"parts":[{"text":"x"}]}],` + more + `}` }

func geminiConfigured(c string) string { return geminiWith(`"generationConfig":{` + c + `}`) }

func geminiContents(list string) string { return `{"contents":[` + list + `]}` }

// The turns of a conversation with two calls.
const (
	geminiUser  = `{"role":"user","parts":[{"text":"x"}]}`
	geminiCalls = `{"role":"model","parts":[{"functionCall":{"name":"a","args":{}}},{"functionCall":{"name":"b","args":{}}}]}`
)

func geminiResponses(names ...string) string {
	var parts []string
	for _, n := range names {
		parts = append(parts, `{"functionResponse":{"name":"`+n+`","response":{"output":"y"}}}`)
	}
	return `{"role":"user","parts":[` + strings.Join(parts, ",") + `]}`
}

func TestGeminiRefusesFields(t *testing.T) {
	checkRefusals(t, "/v1beta/models/demo:generateContent", []refusal{
		{`{}`, "* GenerateContentRequest.contents: contents is not specified"},
		{`{"contents":[]}`, "contents is not specified"},
		{geminiWith(`"foo":1`), `Invalid JSON payload received. Unknown name "foo": Cannot find field.`},
		{geminiWith(`"labels":{}`), `Unknown name "labels": Cannot find field.`},
		{geminiContents(`{"parts":[{"text":"x","foo":1}]}`), `Invalid JSON payload received. Unknown name "foo" at 'contents[0].parts[0]': Cannot find field.`},
		{geminiContents(`{"parts":[{"inlineData":{"mimeType":"image/png","data":"AAAA","foo":1}}]}`), `Unknown name "foo" at 'contents[0].parts[0].inline_data': Cannot find field.`},
		{geminiConfigured(`"max_tokens":1`), `Unknown name "max_tokens" at 'generation_config': Cannot find field.`},
		{geminiConfigured(`"temperature":"x"`), `Invalid value at 'generation_config.temperature' (TYPE_FLOAT), "x"`},
		{geminiConfigured(`"temperature":2.5`), "temperature must be in the range [0, 2], but was 2.5."},
		{geminiConfigured(`"stopSequences":["1","2","3","4","5","6"]`), "must have at most 5 values, but has 6."},
		{geminiConfigured(`"presencePenalty":2`), "presencePenalty must be in the range"},
		{geminiConfigured(`"candidateCount":9`), "candidateCount must be in the range [1, 8]"},
		{geminiConfigured(`"thinkingConfig":{"thinkingBudget":5,"thinkingLevel":"LOW"}`), "You can only set only one of thinking budget and thinking level."},
		{geminiConfigured(`"responseSchema":{"type":"OBJECT"}`), "only allowed when `response_mime_type` is `application/json`"},
		{geminiConfigured(`"responseMimeType":"application/json","responseSchema":{"type":"STRING"},"responseJsonSchema":{}`), "Only one of response_schema and response_json_schema"},
		{geminiConfigured(`"responseMimeType":"text/html"`), "Invalid value at 'generation_config.response_mime_type' (TYPE_ENUM)"},
		{geminiConfigured(`"logprobs":2`), "Logprobs can only be set when response_logprobs is true."},
	})
}

func TestGeminiRefusesContents(t *testing.T) {
	checkRefusals(t, "/v1beta/models/demo:generateContent", []refusal{
		{geminiContents(`{"role":"assistant","parts":[{"text":"x"}]}`), "Please use a valid role: user, model."},
		{geminiContents(`{"role":"user","parts":[]}`), "contents.parts must not be empty."},
		{geminiContents(`{"role":"user","parts":[{}]}`), "required oneof field 'data' must have one initialized field"},
		{geminiContents(`{"role":"user","parts":[{"text":"x","inlineData":{"mimeType":"image/png","data":"AAAA"}}]}`), "oneof field 'data' is already set. Cannot set 'inlineData'"},
		{geminiContents(`{"parts":[{"inlineData":{"mimeType":"image/png","data":"***"}}]}`), "Base64 decoding failed for \"***\""},
		{geminiContents(`{"parts":[{"inlineData":{"mimeType":"application/zip","data":"AAAA"}}]}`), "Unsupported MIME type: application/zip"},
		{geminiContents(`{"parts":[{"inlineData":{"data":"AAAA"}}]}`), "mime_type is not specified"},
		{geminiContents(`{"parts":[{"functionCall":{"name":"a"}}]}`), "function call parts are only in turns of the role model"},
		{geminiContents(geminiUser + `,` + geminiCalls), "number of function response parts is equal to the number of function call parts of the function call turn."},
		{geminiContents(geminiUser + `,` + geminiCalls + `,` + geminiResponses("a")), "number of function response parts is equal to the number of function call parts"},
		{geminiContents(geminiUser + `,` + geminiCalls + `,` + geminiResponses("a", "c")), "names of the function responses"},
		{geminiContents(geminiUser + `,` + geminiResponses("a")), "function response turn comes immediately after a function call turn"},
		{geminiContents(geminiCalls + `,` + geminiResponses("a", "b")), "function call turn comes immediately after a user turn or after a function response turn"},
		{geminiContents(geminiUser + `,` + geminiCalls + `,{"role":"user","parts":[{"functionResponse":{"name":"a","response":{}}},{"functionResponse":{"name":"b","response":{}}},{"text":"z"}]}`), "holds nothing but function response parts"},
		{geminiContents(geminiUser + `,` + geminiCalls + `,{"role":"user","parts":[{"functionResponse":{"name":"a","response":"y"}}]}`), "Invalid value at 'contents[2].parts[0].function_response.response' (TYPE_MESSAGE), \"y\""},
		{geminiContents(geminiUser + `,{"role":"model","parts":[{"functionCall":{"name":"a","args":"{}"}}]}`), "Invalid value at 'contents[1].parts[0].function_call.args' (TYPE_MESSAGE)"},
		{geminiContents(`{"parts":[{"text":"x","thoughtSignature":"AAAA"}]}`), "Thought signature is not valid."},
		{geminiContents(`{"parts":[{"text":"x","thoughtSignature":"not base64!"}]}`), "(TYPE_BYTES), Base64 decoding failed"},
	})
}

func TestGeminiRefusesTools(t *testing.T) {
	declare := func(f string) string { return geminiWith(`"tools":[{"functionDeclarations":[` + f + `]}]`) }
	parameters := func(schema string) string { return declare(`{"name":"a","parameters":` + schema + `}`) }
	property := func(schema string) string {
		return parameters(`{"type":"OBJECT","properties":{"x":` + schema + `}}`)
	}
	jsonSchema := func(schema string) string {
		return declare(`{"name":"a","parametersJsonSchema":{"type":"object","properties":{"x":` + schema + `}}}`)
	}
	checkRefusals(t, "/v1beta/models/demo:generateContent", []refusal{
		{declare(`{"name":"a"},{"name":"a"}`), "Duplicate function declaration found: a"},
		{declare(`{"name":"1a"}`), "function_declarations[0].name: Invalid function name. Must start with a letter or an underscore."},
		{declare(`{"name":"` + strings.Repeat("a", 65) + `"}`), "maximum length of 64"},
		{declare(`{"name":"a","input_schema":{}}`), `Unknown name "input_schema" at 'tools[0].function_declarations[0]'`},
		{declare(`{"name":"a","parameters":{"type":"OBJECT","properties":{"x":{"type":"STRING"}}},"parametersJsonSchema":{}}`), "only one of parameters and parameters_json_schema"},
		{parameters(`{"type":"STRING"}`), "schema should be of type OBJECT"},
		{parameters(`{"type":"OBJECT","properties":{}}`), "parameters.properties: should be non-empty for OBJECT type"},
		{parameters(`{"type":"OBJECT","properties":{"x":{"type":"STRING"}},"additionalProperties":false}`), `Unknown name "additionalProperties" at 'tools[0].function_declarations[0].parameters': Cannot find field.`},
		{parameters(`{"type":"OBJECT","properties":{"x":{"type":"STRING"}},"required":["y"]}`), "parameters.required[0]: property is not defined"},
		{property(`{"type":["STRING","NULL"]}`), "google.ai.generativelanguage.v1beta.Type"},
		{property(`{"type":"ARRAY"}`), "parameters.properties.x.items: missing field."},
		{property(`{"type":"INTEGER","enum":["1"]}`), "enum: only allowed for STRING type"},
		{property(`{"type":"STRING","enum":[1]}`), "enum[0]' (TYPE_STRING), 1"},
		{property(`{"type":"STRING","enum":[""]}`), "enum[0]: cannot be empty"},
		{property(`{"type":"STRING","format":"email"}`), "format: only 'enum' and 'date-time' are supported for STRING type"},
		{property(`{"type":"STRING","const":"x"}`), `Unknown name "const"`},
		{property(`{"$ref":"#/x"}`), `Unknown name "$ref"`},
		{property(`{"description":"x"}`), "properties.x.type: missing field."},
		{jsonSchema(`{"type":"STRING"}`), "the schema is not a valid JSON Schema."},
		{jsonSchema(`{"const":"x"}`), `the keyword "const" is not supported.`},
		{jsonSchema(`{"$ref":"#/$defs/y","description":"x"}`), "a schema with $ref must not have other keywords"},
		{jsonSchema(`{"enum":[true]}`), "only strings and numbers are supported."},
		{geminiWith(`"toolConfig":{"functionCallingConfig":{"mode":"AUTO"}}`), "Function calling config is set without function_declarations."},
		{geminiWith(`"tools":[{"functionDeclarations":[{"name":"a"}]}],"toolConfig":{"functionCallingConfig":{"mode":"AUTO","allowedFunctionNames":["a"]}}`), "allowed_function_names is only set when"},
		{geminiWith(`"tools":[{"functionDeclarations":[{"name":"a"}]}],"toolConfig":{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["b"]}}`), "allowed_function_names contains 'b'"},
	})
}

func TestGeminiRefusesByModel(t *testing.T) {
	mixed := geminiWith(`"tools":[{"functionDeclarations":[{"name":"a"}]},{"googleSearch":{}}]`)
	checkRefusals(t, "/v1beta/models/gemini-2.5-flash:generateContent", []refusal{
		{mixed, "Tool use with function calling is unsupported"},
		{geminiConfigured(`"thinkingConfig":{"thinkingLevel":"low"}`), "Thinking level is not supported for this model."},
		{geminiConfigured(`"thinkingConfig":{"thinkingBudget":30000}`), "The thinking budget 30000 is invalid. Please choose a value between 0 and 24576."},
		{geminiWith(`"generationConfig":{"responseMimeType":"application/json"},"tools":[{"functionDeclarations":[{"name":"a"}]}]`), "Function calling with a response mime type: 'application/json' is unsupported"},
	})
	checkRefusals(t, "/v1beta/models/sim-gemini-3-pro:generateContent", []refusal{
		{mixed, "include_server_side_tool_invocations"},
		{geminiContents(geminiUser + `,` + geminiCalls + `,` + geminiResponses("a", "b")), "Function call is missing a thought_signature in functionCall parts."},
	})
	checkRefusals(t, "/v1beta/models/gemini-3.6-pro:generateContent", []refusal{
		{geminiContents(geminiUser + `,{"role":"model","parts":[{"text":"y"}]}`), "Requests ending with a model turn are not supported"},
	})
	checkRefusals(t, "/v1beta/models/demo:countTokens", []refusal{
		{geminiWith(`"tools":[]`), `Unknown name "tools": Cannot find field.`},
		{`{"generateContentRequest":{"model":"models/other","contents":[{"parts":[{"text":"x"}]}]}}`, "is not the model of the path"},
	})
	checkRefusals(t, "/v1beta/models/demo:embedContent", []refusal{{`{"content":{"parts":[]}}`, "contents is not specified"}})
}

// TestGeminiSpellings sends what the JSON form of protocol buffers allows.
func TestGeminiSpellings(t *testing.T) {
	a := post(t, New(Options{}), "/v1beta/models/demo:generateContent", `{"contents":{"parts":[{"inline_data":{"mime_type":"image/png","data":"_-8"}}]},
		"system_instruction":{"parts":{"text":"s"}},"generation_config":{"max_output_tokens":"4","thinking_config":null,"response_mime_type":"text/plain"}}`)
	if got := a.Get("candidates.0.content.parts.0.text").String(); got != "I received 1 attachment:" {
		t.Errorf("the answer is %q", got)
	}
	if got := a.Get("candidates.0.finishReason").String(); got != "MAX_TOKENS" {
		t.Errorf("the finish reason is %q", got)
	}
}

func TestGeminiStream(t *testing.T) {
	const body = `{"contents":[{"parts":[{"text":"call f"}]}],"generationConfig":{"thinkingConfig":{"includeThoughts":true}},
		"tools":[{"functionDeclarations":[{"name":"f","parameters":{"type":"OBJECT","properties":{"s":{"type":"STRING","enum":["c","d"]}},"required":["s"]}},{"name":"g"}]}]}`
	const target = "/v1beta/models/sim-gemini-3-flash:streamGenerateContent"
	s := New(Options{})
	_, _, raw := ask(t, s, "POST", target+"?alt=sse", body)
	if !strings.HasSuffix(raw, "}\r\n\r\n") || strings.Contains(raw, "event:") || strings.Contains(raw, "[DONE]") {
		t.Errorf("the stream is %q", raw)
	}
	events := stream(t, s, target+"?alt=sse", body)
	_, header, array := ask(t, s, "POST", target, body)
	if header.Get("Content-Type") != "application/json" || len(gjson.Parse(array).Array()) != len(events) {
		t.Errorf("the array is %s", array)
	}
	var calls []gjson.Result
	for i, e := range events {
		if e.data.Get("responseId").String() != events[0].data.Get("responseId").String() || !e.data.Get("usageMetadata").Exists() {
			t.Errorf("chunk %d is %s", i, e.data.Raw)
		}
		if last := i == len(events)-1; e.data.Get("candidates.0.finishReason").Exists() != last {
			t.Errorf("chunk %d of %d is %s", i, len(events), e.data.Raw)
		}
		for _, p := range e.data.Get("candidates.0.content.parts").Array() {
			if p.Get("functionCall").Exists() {
				calls = append(calls, p)
			}
		}
	}
	if !events[0].data.Get("candidates.0.content.parts.0.thought").Bool() {
		t.Errorf("the first chunk is %s", events[0].data.Raw)
	}
	if len(calls) != 1 || calls[0].Get("functionCall.args").Raw != `{"s":"c"}` || calls[0].Get("functionCall.id").String() == "" || !calls[0].Get("thoughtSignature").Exists() {
		t.Errorf("the calls are %v", calls)
	}
	u := events[len(events)-1].data.Get("usageMetadata")
	if u.Get("thoughtsTokenCount").Int() != 4 || u.Get("totalTokenCount").Int() != u.Get("promptTokenCount").Int()+u.Get("candidatesTokenCount").Int()+4 {
		t.Errorf("the usage is %s", u.Raw)
	}
}

// TestGeminiRepeatedResponse sends what Gemini CLI does when it resumes a session.
func TestGeminiRepeatedResponse(t *testing.T) {
	response := `{"functionResponse":{"id":"1","name":"a","response":{"output":"y"}}}`
	a := post(t, New(Options{}), "/v1beta/models/gemini-2.5-flash:generateContent", `{"contents":[{"role":"user","parts":[{"text":"x"}]},
		{"role":"model","parts":[{"functionCall":{"id":"1","name":"a"},"thoughtSignature":"skip_thought_signature_validator"}]},
		{"role":"user","parts":[`+response+`,`+response+`]}]}`)
	if !strings.Contains(a.Get("candidates.0.content.parts.0.text").String(), "The tool a answered: y") {
		t.Errorf("the answer is %s", a.Raw)
	}
}
