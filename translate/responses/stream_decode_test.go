package responses

import (
	"reflect"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

const (
	created   = `{"type":"response.created","sequence_number":0,"response":{"id":"resp_1","object":"response","status":"in_progress","model":"up","created_at":5,"output":[]}}`
	completed = `{"type":"response.completed","response":{"id":"resp_1","object":"response","status":"completed","output":[],"usage":{"input_tokens":3,"output_tokens":4,"output_tokens_details":{"reasoning_tokens":1}}}}`
	theEnd    = ` usage(3,4) stop(end) end`
)

func TestStreamDecode(t *testing.T) {
	add := func(item string) string {
		return `{"type":"response.output_item.added","output_index":0,"item":` + item + `}`
	}
	done := func(item string) string {
		return `{"type":"response.output_item.done","output_index":0,"item":` + item + `}`
	}
	for _, c := range []struct {
		name   string
		frames []string
		want   string
	}{
		{"text", []string{created, add(`{"type":"message","id":"msg_1"}`),
			`{"type":"response.content_part.added","output_index":0,"content_index":0,"part":{"type":"output_text","text":""}}`,
			`{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"Hé\n"}`,
			`{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"","logprobs":[]}`,
			`{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"y","logprobs":[{"token":"y","logprob":-1,"bytes":[121],"top_logprobs":[]}]}`,
			`{"type":"response.output_text.annotation.added","output_index":0,"content_index":0,"annotation_index":0,"annotation":{"type":"url_citation","start_index":0,"end_index":2,"url":"https://e","title":"E"}}`,
			`{"type":"response.output_text.done","output_index":0,"content_index":0,"text":"Hé\ny"}`,
			`{"type":"response.content_part.done","output_index":0,"content_index":0,"part":{"type":"output_text","text":"Hé\ny"}}`,
			done(`{"type":"message","id":"msg_1","content":[{"type":"output_text","text":"Hé\ny"}]}`), completed},
			`start(resp_1) 0<text 0+Hé\n 0+y 0%y 0@https://e 0>` + theEnd},
		{"no event but the essential ones", []string{`{"type":"response.output_text.delta","delta":"x"}`, `{"type":"response.completed","response":{}}`},
			`start() 0<text 0+x 0> usage(-1,-1) stop(end) end`},
		{"deltas left out", []string{created, `{"type":"response.output_text.done","output_index":0,"content_index":0,"text":"a"}`,
			`{"type":"response.output_text.done","output_index":0,"content_index":1,"text":"b"}`, completed},
			`start(resp_1) 0<text 0+a 0> 1<text 1+b 1>` + theEnd},
		{"items only when done", []string{created, done(`{"type":"message","id":"msg_1","content":[{"type":"output_text","text":"a"},{"type":"refusal","refusal":"no"}]}`), completed},
			`start(resp_1) 0<text 0+a 0> 1<refusal 1+no 1> usage(3,4) stop(refusal) end`},
		{"items only at the end", []string{created, `{"type":"response.completed","response":{"status":"completed","output":[{"type":"function_call","call_id":"c","name":"f","arguments":"{}"}],"usage":{"input_tokens":3,"output_tokens":4}}}`},
			`start(resp_1) 0<tool_call c function f 0+{} 0> usage(3,4) stop(tool_use) end`},
		{"items again at the end", []string{created, `{"type":"response.output_text.delta","delta":"x"}`, `{"type":"response.completed","response":{"status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":"x"}]}],"usage":{"input_tokens":3,"output_tokens":4}}}`},
			`start(resp_1) 0<text 0+x 0>` + theEnd},
		{"refusal", []string{created, `{"type":"response.refusal.delta","output_index":0,"content_index":0,"delta":"no"}`, `{"type":"response.refusal.done","output_index":0,"content_index":0,"refusal":"no"}`, completed},
			`start(resp_1) 0<refusal 0+no 0> usage(3,4) stop(refusal) end`},
		{"reasoning with rotating ids", []string{created, add(`{"type":"reasoning","id":"a","summary":[],"encrypted_content":"PARTIAL"}`),
			`{"type":"response.reasoning_summary_text.delta","item_id":"b","output_index":0,"summary_index":0,"delta":"S1"}`,
			`{"type":"response.reasoning_summary_text.delta","item_id":"c","output_index":0,"summary_index":1,"delta":"S2"}`,
			`{"type":"response.reasoning_text.delta","item_id":"c","output_index":0,"content_index":0,"delta":"hidden"}`,
			done(`{"type":"reasoning","id":"d","summary":[{"type":"summary_text","text":"S1"},{"type":"summary_text","text":"S2"}],"encrypted_content":"FULL"}`), completed},
			`start(resp_1) 0<thinking 0+S1 0+\n\n 0+S2 0#FULL 0>` + theEnd},
		{"thoughts", []string{created, `{"type":"response.reasoning_text.delta","output_index":0,"content_index":0,"delta":"a"}`, `{"type":"response.reasoning_text.delta","output_index":0,"content_index":0,"delta":"b"}`,
			done(`{"type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":"ab"}]}`), completed},
			`start(resp_1) 0<thinking 0+a 0+b 0>` + theEnd},
		{"encrypted reasoning without text", []string{created, add(`{"type":"reasoning","id":"a","summary":[]}`), done(`{"type":"reasoning","id":"a","summary":[],"encrypted_content":"E"}`), completed},
			`start(resp_1) 0<thinking 0#E 0>` + theEnd},
		{"empty reasoning", []string{created, add(`{"type":"reasoning","id":"a","summary":[]}`), done(`{"type":"reasoning","id":"a","summary":[]}`), completed},
			`start(resp_1)` + theEnd},
		{"calls that interleave", []string{created, add(`{"type":"function_call","call_id":"c1","name":"f","arguments":""}`),
			`{"type":"response.output_item.added","output_index":1,"item":{"type":"custom_tool_call","call_id":"c2","name":"p","input":""}}`,
			`{"type":"response.function_call_arguments.delta","output_index":0,"delta":"{\"a\":"}`,
			`{"type":"response.custom_tool_call_input.delta","output_index":1,"delta":"raw"}`,
			`{"type":"response.function_call_arguments.delta","output_index":0,"delta":"1}"}`,
			`{"type":"response.function_call_arguments.done","output_index":0,"arguments":"{\"a\":1}"}`,
			`{"type":"response.output_item.done","output_index":1,"item":{"type":"custom_tool_call","call_id":"c2","name":"p","input":"raw"}}`,
			done(`{"type":"function_call","call_id":"c1","name":"f","arguments":"{\"a\":1}"}`), completed},
			`start(resp_1) 0<tool_call c1 function f 1<tool_call c2 custom p 0+{\"a\": 1+raw 0+1} 1> 0> usage(3,4) stop(tool_use) end`},
		{"arguments only when done", []string{created, add(`{"type":"function_call","call_id":"c1","name":"f"}`), done(`{"type":"function_call","call_id":"c1","name":"f","arguments":"{}"}`), completed},
			`start(resp_1) 0<tool_call c1 function f 0+{} 0> usage(3,4) stop(tool_use) end`},
		{"call without id", []string{created, add(`{"type":"function_call","name":"f"}`), done(`{"type":"function_call","name":"f","arguments":"{}"}`), completed},
			`start(resp_1) 0<tool_call call_1 function f 0+{} 0> usage(3,4) stop(tool_use) end`},
		{"typed call", []string{created, add(`{"type":"local_shell_call","call_id":"c","action":{}}`), done(`{"type":"local_shell_call","call_id":"c","action":{"command":["ls"]}}`), completed},
			`start(resp_1) 0<tool_call c local_shell local_shell 0+{"command":["ls"]} 0> usage(3,4) stop(tool_use) end`},
		{"server tools and unknown things", []string{created, `{"type":"response.web_search_call.searching","output_index":0}`, done(`{"type":"web_search_call","id":"w","status":"completed","action":{"type":"search","query":"q"}}`),
			`{"type":"response.output_item.done","output_index":1,"item":{"type":"image_generation_call","id":"i","result":"AA=="}}`,
			`{"type":"response.output_item.done","output_index":2,"item":{"type":"novelty","id":"n"}}`, `{"type":"codex.rate_limits","limit_reached":true}`, completed},
			`start(resp_1) 0<server_call web_search 0> 1<image 1+AA== 1> 2<opaque 2>` + theEnd},
		{"incomplete", []string{created, `{"type":"response.incomplete","response":{"status":"incomplete","incomplete_details":{"reason":"content_filter"}}}`},
			`start(resp_1) usage(-1,-1) stop(content_filter) end`},
		{"failed", []string{created, `{"type":"response.failed","response":{"status":"failed","error":{"code":"rate_limit_exceeded","message":"slow"}}}`, completed},
			`start(resp_1) error(rate_limit rate_limit_exceeded: slow)`},
		{"error event", []string{created, `{"type":"error","code":"server_error","message":"boom","param":null,"sequence_number":1}`}, `start(resp_1) error(upstream server_error: boom)`},
		{"nested error event", []string{`{"type":"error","error":{"type":"invalid_request_error","code":"context_length_exceeded","message":"long"}}`}, `error(context_length context_length_exceeded: long)`},
		{"error without a type", []string{`{"error":{"message":"odd","code":500}}`}, `error(upstream 500: odd)`},
		{"no JSON", []string{created, `{"type":`}, `start(resp_1) error(upstream : reading stream: unexpected end of body at offset 8)`},
		{"cut", []string{created, `{"type":"response.output_text.delta","delta":"x"}`}, `start(resp_1) 0<text 0+x error(upstream_truncated upstream_stream_truncated: the upstream's answer ended before it was complete)`},
		{"nothing behind the end", []string{created, completed, `{"type":"response.output_text.delta","delta":"x"}`, "[DONE]", ""}, `start(resp_1)` + theEnd},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := show(run(newTrip(&ir.Request{}, ir.Responses), c.frames...)); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// items are the output of one answer, for both ways of reading it.
var items = []string{
	`{"id":"rs_1","type":"reasoning","summary":[{"type":"summary_text","text":"p1"},{"type":"summary_text","text":"p2"}],"encrypted_content":"gAAAA="}`,
	`{"id":"rs_2","type":"reasoning","summary":[]}`,
	`{"id":"msg_1","type":"message","role":"assistant","status":"completed","phase":"commentary","content":[{"type":"output_text","text":"Answer \u00e9","annotations":[{"type":"url_citation","start_index":0,"end_index":6,"url":"https://e.com","title":"E"}],"logprobs":[{"token":"A","logprob":-0.5,"bytes":[65],"top_logprobs":[{"token":"B","logprob":-2,"bytes":null}]}]},{"type":"refusal","refusal":"no"},{"type":"output_text","text":""}]}`,
	`{"id":"fc_1","type":"function_call","call_id":"c1","name":"f","namespace":"ns","arguments":"{\"a\": 1}","status":"completed"}`,
	`{"id":"ctc_1","type":"custom_tool_call","call_id":"c2","name":"p","input":"x\ny"}`,
	`{"id":"apc_1","type":"apply_patch_call","call_id":"c3","operation":{"type":"delete_file","path":"p"}}`,
	`{"id":"ws_1","type":"web_search_call","status":"completed","action":{"type":"search","query":"q"}}`,
	`{"id":"ig_1","type":"image_generation_call","result":"AA==","output_format":"webp"}`,
	`{"id":"cmp_1","type":"compaction","encrypted_content":"e"}`,
}

func TestWholeEqualsStream(t *testing.T) {
	const head = `{"id":"resp_1","object":"response","created_at":5,"model":"up","status":"completed","service_tier":"flex","usage":{"input_tokens":3,"input_tokens_details":{"cached_tokens":1,"cache_write_tokens":2},"output_tokens":4,"output_tokens_details":{"reasoning_tokens":1},"total_tokens":7},"output":[`
	body := head + strings.Join(items, ",") + `]}`
	whole, err := Codec{}.DecodeResponse([]byte(body), newTrip(&ir.Request{}, ir.Responses))
	if err != nil {
		t.Fatal(err)
	}
	frames := []string{created}
	for i, item := range items {
		frames = append(frames, `{"type":"response.output_item.done","output_index":`+string(rune('0'+i))+`,"item":`+item+`}`)
	}
	done := append(frames, `{"type":"response.completed","response":`+head+`]}}`)
	streamed, failure := collect(run(newTrip(&ir.Request{}, ir.Responses), done...))
	if failure != nil {
		t.Fatal(failure)
	}
	if !reflect.DeepEqual(whole, streamed) {
		t.Errorf("whole    %s\nstreamed %s", show(replay(whole)), show(replay(streamed)))
	}
	atEnd, failure := collect(run(newTrip(&ir.Request{}, ir.Responses), created, `{"type":"response.completed","response":`+body+`}`))
	if failure != nil || !reflect.DeepEqual(whole, atEnd) {
		t.Errorf("at the end: %v", failure)
	}
}

func replay(resp *ir.Response) (events []ir.Event) {
	ir.Replay(resp, func(e *ir.Event) { events = append(events, *e) })
	return events
}

func TestDecodeResponseErrors(t *testing.T) {
	for body, want := range map[string]string{
		``:                  "upstream (502): the upstream's answer is no JSON object",
		`[]`:                "upstream (502): the upstream's answer is no JSON object",
		`{"object":"list"}`: "upstream (502): the upstream's answer is no response object",
		`{"output":[{]}`:    "upstream (502): reading answer: expected ',' or '}', found ']' at offset 12",
		`{"output":[1]}`:    "upstream (502): reading answer: expected object, found number at offset 1",
		`{"status":"failed","error":{"code":"server_error","message":"m"}}`:                "upstream (500): m",
		`{"error":{"type":"invalid_request_error","code":"invalid_prompt","message":"m"}}`: "invalid_request (400): m",
	} {
		_, err := Codec{}.DecodeResponse([]byte(body), newTrip(&ir.Request{}, ir.Responses))
		if err == nil || err.Error() != want {
			t.Errorf("%s: got %v", body, err)
		}
	}
}
