package simulator

import (
	"strings"
	"testing"

	"github.com/tidwall/gjson"
)

func TestResponsesRefusals(t *testing.T) {
	ask := func(more string) string { return `{"model":"demo","input":"x",` + more + `}` }
	input := func(items string) string { return `{"model":"demo","input":[` + items + `]}` }
	user := `{"role":"user","content":"x"}`
	call := `{"type":"function_call","call_id":"c1","name":"a","arguments":"{}"}`
	output := `{"type":"function_call_output","call_id":"c1","output":"y"}`
	tool := `{"type":"function","name":"a","strict":false}`
	foreign := signer{"another"}.sign(signedReasoning, "1", "")
	checkRefusals(t, "/v1/responses", []refusal{
		{`{"input":"x"}`, "you must provide a model parameter"},
		{`{"model":"demo"}`, "Missing required parameter: 'input'."},
		{ask(`"messages":[]`), "Unknown parameter: 'messages'."},
		{ask(`"max_tokens":5`), "Unknown parameter: 'max_tokens'."},
		{ask(`"max_output_tokens":5`), "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got 5 instead."},
		{ask(`"temperature":3`), "decimal above maximum value"},
		{ask(`"include":["everything"]`), "Invalid value: 'everything'."},
		{ask(`"tool_choice":"required"`), "Tool choice 'required' must be specified with 'tools' parameter."},
		{ask(`"stream_options":{"include_usage":true},"stream":true`), "Unknown parameter: 'stream_options.include_usage'."},
		{ask(`"tools":[{"type":"function","function":{"name":"a"}}]`), "Unknown parameter: 'tools[0].function'."},
		{ask(`"tools":[` + tool + `,` + tool + `]`), "Tool names must be unique"},
		{ask(`"tools":[` + tool + `],"tool_choice":{"type":"function","name":"b"}`), "Tool choice 'b' not found in 'tools' parameter."},
		{ask(`"tools":[{"type":"function","name":"a","parameters":{"type":"object","properties":{}}}]`), "'additionalProperties' is required to be supplied and to be false."},
		{ask(`"text":{"format":{"type":"json_schema","json_schema":{}}}`), "Unknown parameter: 'text.format.json_schema'."},
		{ask(`"text":{"format":{"type":"json_object"}}`), "must contain the word 'json'"},
		{ask(`"previous_response_id":"resp_x"`), "Previous response with id 'resp_x' not found."},
		{ask(`"reasoning":{"effort":"auto"}`), "Invalid value: 'auto'."},
		{`{"model":"gpt-5","input":"x","temperature":0.2}`, "Unsupported parameter: 'temperature'"},
		{input(`{"role":"tool","content":"x"}`), "Invalid value: 'tool'."},
		{input(`{"role":"user","content":[{"type":"text","text":"x"}]}`), "Invalid value: 'text'. Supported values are: 'input_audio', 'input_file', 'input_image', and 'input_text'."},
		{input(`{"role":"user","content":[{"type":"output_text","text":"x"}]}`), "Invalid value: 'output_text'."},
		{input(`{"role":"assistant","content":[{"type":"input_text","text":"x"}]}`), "Invalid value: 'input_text'. Supported values are: 'output_text' and 'refusal'."},
		{input(`{"type":"message","id":"abc","role":"assistant","content":[]}`), "Invalid 'input[0].id': string does not match pattern."},
		{input(user + `,` + output), "No tool call found for function call output with call_id c1."},
		{input(user + `,{"type":"function_call_output","output":"y"}`), "Missing required parameter: 'input[1].call_id'."},
		{input(user + `,` + call), "No tool output found for function call c1."},
		{input(user + `,` + call + `,` + output + `,` + output), "Duplicate item found with call_id c1."},
		{input(user + `,` + call + `,{"type":"custom_tool_call_output","call_id":"c1","output":"y"}`), "No tool call found for custom tool call output with call_id c1."},
		{input(user + `,` + strings.ReplaceAll(call, "c1", strings.Repeat("c", 65))), "string too long. Expected a string with maximum length 64"},
		{input(user + `,` + strings.Replace(call, `"type"`, `"id":"call_1","type"`, 1)), "Expected a string that matches the pattern '^fc'."},
		{input(user + `,{"type":"reasoning","summary":[]}`), "of type 'reasoning' was provided without its required following item."},
		{input(user + `,{"type":"reasoning","id":"rs_1","summary":[]},` + user), "Item 'rs_1' of type 'reasoning' was provided without its required following item."},
		{input(user + `,{"type":"reasoning","id":"rs_1","summary":[]},{"role":"assistant","content":"y"}`), "Item with id 'rs_1' not found."},
		{input(user + `,{"type":"reasoning","summary":[],"encrypted_content":"` + foreign + `"},{"role":"assistant","content":"y"}`), "could not be verified. Reason: Encrypted content organization_id did not match the target organization."},
		{input(user + `,{"type":"reasoning"},{"role":"assistant","content":"y"}`), "Missing required parameter: 'input[1].summary'."},
		{input(`{"type":"item_reference","id":"msg_1"}`), "Item with id 'msg_1' not found."},
		{input(`{"role":"user","content":[{"type":"input_image","image_url":"data:image/bmp;base64,AAAA"}]}`), "unsupported image"},
		{input(`{"role":"user","content":[{"type":"input_image"}]}`), "Missing required parameter: 'input[0].content[0].image_url'."},
		{input(`{"type":"tool_use"}`), "Invalid value: 'tool_use'."},
	})
	_, _, answer := ask2(t, ask(`"previous_response_id":"resp_x"`))
	if gjson.Get(answer, "error.code").String() != "previous_response_not_found" {
		t.Errorf("the error is %s", answer)
	}
}

// Codex declares its tools so for some models.
func TestAdditionalTools(t *testing.T) {
	a := post(t, New(Options{}), "/v1/responses", `{"model":"demo","input":[{"type":"additional_tools","role":"developer",
		"tools":[{"type":"namespace","name":"ns","tools":[{"type":"custom","name":"exec"}]}]},{"role":"user","content":"call exec"}]}`)
	if got := a.Get("output.0"); got.Get("type").String() != "custom_tool_call" || got.Get("namespace").String() != "ns" {
		t.Errorf("the answer is %s", got)
	}
}

// Codex tells the model its goal so.
func TestOutputThatNoCallAskedFor(t *testing.T) {
	a := post(t, New(Options{}), "/v1/responses", `{"model":"demo","input":[{"role":"user","content":"go"},
		{"type":"function_call_output","name":"goal_objective","namespace":"agent","output":"win"}]}`)
	if got := a.Get("output.0.content.0.text").String(); got != "You said: go" {
		t.Errorf("the answer is %q", got)
	}
}

func ask2(t *testing.T, body string) (int, string, string) {
	status, header, answer := ask(t, New(Options{}), "POST", "/v1/responses", body)
	return status, header.Get("Content-Type"), answer
}

func TestResponseHasEveryMember(t *testing.T) {
	a := post(t, New(Options{}), "/v1/responses", `{"model":"demo","input":"x","metadata":{"a":"b"}}`)
	for _, name := range []string{
		"id", "object", "created_at", "status", "error", "incomplete_details", "instructions", "metadata.a", "model", "output",
		"parallel_tool_calls", "temperature", "tool_choice", "tools", "top_p", "access_programs", "background", "max_output_tokens",
		"previous_response_id", "reasoning.effort", "service_tier", "store", "text.format.type", "truncation", "completed_at",
		"usage.input_tokens_details.cached_tokens", "usage.output_tokens_details.reasoning_tokens", "output.0.content.0.annotations",
		"output.0.content.0.logprobs", "output.0.id", "output.0.status",
	} {
		if !a.Get(name).Exists() {
			t.Errorf("%s is missing in %s", name, a.Raw)
		}
	}
}

func TestResponseStream(t *testing.T) {
	events := stream(t, New(Options{}), "/v1/responses", `{"model":"demo","stream":true,"store":false,"include":["reasoning.encrypted_content"],
		"reasoning":{"effort":"low","summary":"auto"},"tools":[{"type":"custom","name":"patch"},{"type":"namespace","name":"ns",
		"tools":[{"type":"function","name":"f","strict":false}]}],"input":"call patch and f"}`)
	checkResponseGrammar(t, events)
	done := events[len(events)-1].data.Get("response")
	for path, want := range map[string]string{
		"output.0.type": "reasoning", "output.1.type": "custom_tool_call", "output.1.input": "call patch and f",
		"output.2.type": "function_call", "output.2.namespace": "ns", "output.2.arguments": "{}", "status": "completed",
	} {
		if got := done.Get(path).String(); got != want {
			t.Errorf("%s is %q in %s", path, got, done.Raw)
		}
	}
	if sealed := done.Get("output.0.encrypted_content").String(); !strings.HasPrefix(sealed, "gAAAA") {
		t.Errorf("the encrypted content is %q", sealed)
	}
}

// checkResponseGrammar reads a stream by the grammar of OpenAI's documentation.
func checkResponseGrammar(t *testing.T, events []event) {
	t.Helper()
	open, next := "", int64(0)
	collected := map[string]string{}
	for i, e := range events {
		if e.data.Get("sequence_number").Int() != int64(i) || e.name != e.data.Get("type").String() {
			t.Errorf("event %d is %s %s", i, e.name, e.data.Raw)
		}
		item := e.data.Get("item_id").String()
		switch {
		case e.name == "response.output_item.added":
			if open != "" || e.data.Get("output_index").Int() != next {
				t.Errorf("an item starts while %q is open: %s", open, e.data.Raw)
			}
			open = e.data.Get("item.id").String()
		case e.name == "response.output_item.done":
			if e.data.Get("item.id").String() != open {
				t.Errorf("%s ends while %q is open", e.data.Get("item.id"), open)
			}
			open, next = "", next+1
		case item != "" && item != open:
			t.Errorf("event %s is about %s while %q is open", e.name, item, open)
		case strings.HasSuffix(e.name, ".delta"):
			collected[strings.TrimSuffix(e.name, ".delta")+item] += e.data.Get("delta").String()
		case strings.HasSuffix(e.name, ".done") && !strings.HasSuffix(e.name, "part.done"):
			full := e.data.Get("text").String() + e.data.Get("arguments").String() + e.data.Get("input").String() + e.data.Get("refusal").String()
			if got := collected[strings.TrimSuffix(e.name, ".done")+item]; got != full {
				t.Errorf("the deltas are %q, the whole is %q", got, full)
			}
		}
	}
	if events[0].name != "response.created" || events[1].name != "response.in_progress" || open != "" {
		t.Errorf("the stream begins with %s and leaves %q open", events[0].name, open)
	}
	last := events[len(events)-1]
	if !last.data.Get("response.usage.total_tokens").Exists() || int64(len(last.data.Get("response.output").Array())) != next {
		t.Errorf("the stream ends with %s", last.data.Raw)
	}
}

func TestStoredResponses(t *testing.T) {
	s := New(Options{})
	first := post(t, s, "/v1/responses", `{"model":"demo","input":"call f","reasoning":{"effort":"low"},"tools":[{"type":"function","name":"f","strict":false}]}`)
	id := first.Get("id").String()
	second := post(t, s, "/v1/responses", `{"model":"demo","previous_response_id":"`+id+`","input":[{"type":"function_call_output","call_id":"`+
		first.Get(`output.#(type=="function_call").call_id`).String()+`","output":"sunny"}]}`)
	if got := second.Get("output.0.content.0.text").String(); got != "The tool f answered: sunny" {
		t.Errorf("the continued answer is %q", got)
	}
	third := post(t, s, "/v1/responses", `{"model":"demo","input":[{"role":"user","content":"a"},{"type":"item_reference","id":"`+
		second.Get("output.0.id").String()+`"},{"role":"user","content":"b"}]}`)
	if got := third.Get("output.0.content.0.text").String(); got != "You said: b" {
		t.Errorf("the answer after a reference is %q", got)
	}
	if _, _, got := ask(t, s, "GET", "/v1/responses/"+id, ""); gjson.Get(got, "output").Raw != first.Get("output").Raw {
		t.Errorf("the stored response is %s", got)
	}
	if _, _, got := ask(t, s, "GET", "/v1/responses/"+id+"/input_items", ""); gjson.Get(got, "data.0.content").String() != "call f" {
		t.Errorf("the input items are %s", got)
	}
	ask(t, s, "DELETE", "/v1/responses/"+id, "")
	if status, _, _ := ask(t, s, "GET", "/v1/responses/"+id, ""); status != 404 {
		t.Errorf("the deleted response is answered with %d", status)
	}
	unstored := post(t, s, "/v1/responses", `{"model":"demo","input":"x","store":false}`)
	if status, _, _ := ask(t, s, "GET", "/v1/responses/"+unstored.Get("id").String(), ""); status != 404 {
		t.Errorf("the response that is not stored is answered with %d", status)
	}
}
