package responses

import (
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// write encodes events and checks the stream's grammar.
func write(t *testing.T, trip *ir.Trip, events ...ir.Event) (output, string) {
	t.Helper()
	e := Codec{}.NewEncoder(trip)
	var out []byte
	for i := range events {
		out = e.Append(out, &events[i])
	}
	return check(t, out), string(out)
}

func start() ir.Event { return ir.Event{Kind: ir.EventStart, ID: "u1"} }

func begin(i int, p ir.Part) ir.Event {
	return ir.Event{Kind: ir.EventPartStart, Index: i, Part: &p}
}

func delta(i int, s ir.Text) ir.Event { return ir.Event{Kind: ir.EventDelta, Index: i, Text: s} }

func end(i int) ir.Event { return ir.Event{Kind: ir.EventPartStop, Index: i} }

func stop(r ir.StopReason) []ir.Event {
	usage := ir.NoUsage()
	usage.InputTotal, usage.OutputTotal, usage.Reasoning = 3, 4, 9
	return []ir.Event{{Kind: ir.EventUsage, Usage: &usage}, {Kind: ir.EventStop, Stop: ir.Stop{Reason: r}}, {Kind: ir.EventEnd}}
}

func callHead(id, name string, typ ir.ToolType) ir.Part {
	return ir.Part{Kind: ir.PartToolCall, Call: &ir.ToolCall{ID: id, Name: name, Type: typ}}
}

func TestStreamEncode(t *testing.T) {
	thinking := ir.Part{Kind: ir.PartThinking, Think: &ir.Thinking{Summary: true}}
	txt := ir.Part{Kind: ir.PartText}
	sig := &ir.Sig{Value: "S", Family: ir.SigGemini, Model: "up", Scope: "aaaa1111", Target: ir.SignsCall}
	redacted := ir.Part{Kind: ir.PartThinking, Think: &ir.Thinking{Redacted: true, Sig: &ir.Sig{Value: "R", Family: ir.SigAnthropic, Target: ir.SignsThink}}}
	for _, c := range []struct {
		name   string
		from   ir.Dialect
		events []ir.Event
		stop   ir.StopReason
		want   string // of the terminal response
	}{
		{"nothing", ir.Chat, nil, ir.StopEnd, `{"status":"completed","output":[],"usage":{"input_tokens":3,"output_tokens":4,"output_tokens_details":{"reasoning_tokens":4},"total_tokens":7}}`},
		{"empty parts leave no trace", ir.Chat, []ir.Event{begin(0, txt), delta(0, ""), end(0), begin(1, thinking), end(1)}, ir.StopEnd, `{"output":[]}`},
		{"texts in a row are one message", ir.Anthropic, []ir.Event{begin(0, txt), delta(0, "Hi "), end(0), begin(1, txt), delta(1, "you"), end(1)}, ir.StopEnd,
			`{"output":[{"type":"message","status":"completed","content":[{"type":"output_text","text":"Hi you","annotations":[],"logprobs":[]}]}]}`},
		{"refusal behind text", ir.Chat, []ir.Event{begin(0, txt), delta(0, "a"), begin(1, ir.Part{Kind: ir.PartRefusal}), delta(1, "no"), end(0), end(1)}, ir.StopRefusal,
			`{"status":"completed","output":[{"content":[{"type":"output_text","text":"a"},{"type":"refusal","refusal":"no"}]}]}`},
		{"refusal without words", ir.Anthropic, nil, ir.StopRefusal, `{"status":"incomplete","incomplete_details":{"reason":"content_filter"}}`},
		{"length", ir.Chat, []ir.Event{begin(0, txt), delta(0, "a"), end(0)}, ir.StopLength, `{"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},"output":[{}]}`},
		{"cancelled", ir.Chat, nil, ir.StopCancelled, `{"status":"incomplete","incomplete_details":null}`},
		{"thinking, text, call", ir.Chat, []ir.Event{begin(0, thinking), delta(0, "p"), delta(0, "q"), end(0), begin(1, txt), delta(1, "t"), end(1), begin(2, callHead("c", "f", ir.TypeFunction)), end(2)}, ir.StopToolUse,
			`{"status":"completed","output":[{"type":"reasoning","summary":[{"type":"summary_text","text":"pq"}]},{"type":"message"},{"type":"function_call","call_id":"c","name":"f","arguments":"{}","status":"completed"}]}`},
		{"signed thinking", ir.Anthropic, []ir.Event{begin(0, thinking), delta(0, "p"), {Kind: ir.EventSignature, Index: 0, Sig: sig}, end(0)}, ir.StopEnd,
			`{"output":[{"type":"reasoning","encrypted_content":"` + sig.Carrier() + `"}]}`},
		{"encrypted reasoning of the own family", ir.Responses, []ir.Event{begin(0, thinking), {Kind: ir.EventSignature, Index: 0, Sig: &ir.Sig{Value: "gAAAA", Family: ir.SigOpenAI}}, end(0)}, ir.StopEnd,
			`{"output":[{"type":"reasoning","summary":[],"encrypted_content":"gAAAA"}]}`},
		{"redacted thinking", ir.Anthropic, []ir.Event{begin(0, redacted), end(0)}, ir.StopEnd,
			`{"output":[{"type":"reasoning","summary":[],"encrypted_content":"` + redacted.Think.Sig.Carrier() + `"}]}`},
		{"Gemini signs behind the arguments", ir.Gemini, []ir.Event{begin(0, callHead("c", "f", ir.TypeFunction)), {Kind: ir.EventDelta, Index: 0, JSON: []byte(`{"a":"b\n"}`)}, {Kind: ir.EventSignature, Index: 0, Sig: sig}, end(0)}, ir.StopToolUse,
			`{"output":[{"type":"reasoning","summary":[],"encrypted_content":"` + sig.Carrier() + `"},{"type":"function_call","arguments":"{\"a\":\"b\\n\"}"}]}`},
		{"Chat signs before the arguments", ir.Chat, []ir.Event{begin(0, callHead("c", "f", ir.TypeFunction)), {Kind: ir.EventSignature, Index: 0, Sig: sig}, delta(0, "{}"), end(0)}, ir.StopToolUse,
			`{"output":[{"type":"reasoning","encrypted_content":"` + sig.Carrier() + `"},{"type":"function_call","arguments":"{}"}]}`},
		{"calls that interleave", ir.Chat, []ir.Event{begin(0, callHead("c1", "f", ir.TypeFunction)), begin(1, callHead("c2", "g", ir.TypeCustom)), begin(2, callHead("c3", "h", ir.TypeFunction)),
			delta(2, `{\"x\"`), delta(0, `{\"a\":`), delta(1, "raw"), delta(0, "1}"), end(1), end(0), delta(2, ":2}"), end(2)}, ir.StopToolUse,
			`{"output":[{"type":"function_call","call_id":"c1","arguments":"{\"a\":1}"},{"type":"custom_tool_call","call_id":"c2","input":"raw"},{"type":"function_call","call_id":"c3","arguments":"{\"x\":2}"}]}`},
		{"text beside a call", ir.Chat, []ir.Event{begin(0, callHead("c1", "f", ir.TypeFunction)), delta(0, "{}"), begin(1, txt), delta(1, "t"), end(0), end(1)}, ir.StopToolUse,
			`{"output":[{"type":"function_call"},{"type":"message","content":[{"text":"t"}]}]}`},
		{"local shell", ir.Anthropic, []ir.Event{begin(0, callHead("c", "local_shell", ir.TypeLocalShell)), delta(0, `{\"command\":[\"ls\"],`), delta(0, `\"workdir\":\"/w\",\"timeout_ms\":5}`), end(0)}, ir.StopToolUse,
			`{"output":[{"type":"local_shell_call","call_id":"c","status":"completed","action":{"type":"exec","command":["ls"],"env":{},"timeout_ms":5,"working_directory":"/w"}}]}`},
		{"misshaped local shell", ir.Anthropic, []ir.Event{begin(0, callHead("c", "local_shell", ir.TypeLocalShell)), delta(0, `{\"command\":\"ls`), end(0)}, ir.StopToolUse,
			`{"output":[{"type":"local_shell_call","action":{"type":"exec","command":[],"env":{}}}]}`},
		{"shell", ir.Gemini, []ir.Event{begin(0, callHead("c", "shell", ir.TypeShell)), {Kind: ir.EventDelta, Index: 0, JSON: []byte(`{"commands":"ls"}`)}, end(0)}, ir.StopToolUse,
			`{"output":[{"type":"shell_call","call_id":"c","action":{"commands":["ls"],"timeout_ms":null,"max_output_length":null},"status":"completed"}]}`},
		{"apply patch", ir.Chat, []ir.Event{begin(0, callHead("c", "apply_patch", ir.TypeApplyPatch)), delta(0, `{\"type\":\"create_file\",\"path\":\"a\",\"diff\":\"+x\"}`), end(0)}, ir.StopToolUse,
			`{"output":[{"type":"apply_patch_call","call_id":"c","operation":{"type":"create_file","path":"a","diff":"+x"},"status":"completed"}]}`},
		{"namespace", ir.Chat, []ir.Event{begin(0, ir.Part{Kind: ir.PartToolCall, Call: &ir.ToolCall{ID: "c", Name: "a", Namespace: "ns"}}), end(0)}, ir.StopToolUse,
			`{"output":[{"type":"function_call","name":"a","namespace":"ns"}]}`},
		{"citations of merged texts", ir.Anthropic, []ir.Event{begin(0, txt), delta(0, "é\\n"), end(0), begin(1, txt), delta(1, "abc"),
			{Kind: ir.EventCitation, Index: 1, Citation: &ir.Citation{Kind: "url", Start: 0, End: 2, URL: "https://e", Title: "E"}},
			{Kind: ir.EventCitation, Index: 1, Citation: &ir.Citation{Kind: "page", Start: -1, End: -1}},
			{Kind: ir.EventCitation, Index: 1, Citation: &ir.Citation{Kind: "url", Start: -1, End: -1, URL: "https://f"}}, end(1)}, ir.StopEnd,
			`{"output":[{"content":[{"text":"é\nabc","annotations":[{"type":"url_citation","start_index":2,"end_index":4,"url":"https://e","title":"E"},{"type":"url_citation","start_index":2,"end_index":5,"url":"https://f","title":""}]}]}]}`},
		{"log probabilities", ir.Chat, []ir.Event{begin(0, txt), delta(0, "a"), {Kind: ir.EventLogprobs, Index: 0, Logprobs: []ir.TokenLogprob{{Token: "a", Logprob: -0.5}}}, end(0)}, ir.StopEnd,
			`{"output":[{"content":[{"logprobs":[{"token":"a","logprob":-0.5,"bytes":[],"top_logprobs":[]}]}]}]}`},
		{"server tools and media", ir.Gemini, []ir.Event{begin(0, ir.Part{Kind: ir.PartServerCall, Server: &ir.ServerItem{Tool: "web_search", Args: ir.Args{JSON: []byte(`{"query":"q"}`)}}}), end(0),
			begin(1, ir.Part{Kind: ir.PartServerResult, Server: &ir.ServerItem{Tool: "web_search"}}), end(1),
			begin(2, ir.Part{Kind: ir.PartServerCall, Server: &ir.ServerItem{Tool: "code_execution"}}), {Kind: ir.EventDelta, Index: 2, JSON: []byte(`{"code":"1+1"}`)}, end(2),
			begin(3, ir.Part{Kind: ir.PartImage, Media: &ir.Media{Source: ir.SourceBase64, MIME: "image/png"}}), delta(3, "AA=="), end(3)}, ir.StopEnd,
			`{"output":[{"type":"web_search_call","action":{"type":"search","query":"q","queries":["q"]}},{"type":"code_interpreter_call","code":"1+1"},{"type":"image_generation_call","result":"AA=="}]}`},
		{"a second candidate is left out", ir.Gemini, []ir.Event{begin(0, txt), delta(0, "a"), end(0), {Kind: ir.EventPartStart, Cand: 1, Part: &txt}, {Kind: ir.EventDelta, Cand: 1, Text: "b"}}, ir.StopEnd,
			`{"output":[{"content":[{"text":"a"}]}]}`},
		{"complete form in place of deltas", ir.Chat, []ir.Event{begin(0, callHead("c", "", ir.TypeFunction)), {Kind: ir.EventPartStop, Index: 0, Part: &ir.Part{Kind: ir.PartToolCall, Call: &ir.ToolCall{ID: "c", Name: "f", Args: ir.Args{JSON: []byte(`{"a":1}`)}}}}}, ir.StopToolUse,
			`{"output":[{"name":"f","arguments":"{\"a\":1}"}]}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			events := append([]ir.Event{start()}, c.events...)
			o, _ := write(t, newTrip(&ir.Request{}, c.from), append(events, stop(c.stop)...)...)
			has(t, pretty(o.final), c.want)
			has(t, pretty(o.final), `{"id":"resp_u1","object":"response","created_at":1770000000,"model":"m"}`)

			// The whole answer of the same parts is the same object.
			resp, failure := collect(append(events, stop(c.stop)...))
			if failure != nil {
				t.Fatal(failure)
			}
			whole := Codec{}.AppendResponse(nil, resp, newTrip(&ir.Request{}, c.from))
			has(t, string(whole), c.want)
			required(t, parse(t, string(whole)).(map[string]any))
		})
	}
}

// TestUnendedParts ends a stream whose upstream forgot to end its parts.
func TestUnendedParts(t *testing.T) {
	o, _ := write(t, newTrip(&ir.Request{}, ir.Chat), append([]ir.Event{
		start(), begin(0, callHead("c1", "f", ir.TypeFunction)), begin(1, ir.Part{Kind: ir.PartText}), delta(1, "t"),
	}, stop(ir.StopToolUse)...)...)
	has(t, pretty(o.final), `{"output":[{"type":"function_call","arguments":"{}"},{"type":"message","content":[{"text":"t"}]}]}`)
}

// TestNoDeltaIsLost counts deltas: each of the upstream's gives one of the
// client's, whatever is buffered.
func TestNoDeltaIsLost(t *testing.T) {
	o, _ := write(t, newTrip(&ir.Request{}, ir.Chat), append([]ir.Event{start(), begin(0, ir.Part{Kind: ir.PartText}), delta(0, "a"), delta(0, "b"), delta(0, "c"), end(0)}, stop(ir.StopEnd)...)...)
	if n := o.deltas["response.output_text.delta"]; n != 3 {
		t.Errorf("%d deltas", n)
	}
}

func TestStreamFails(t *testing.T) {
	broken := &ir.Error{Kind: ir.ErrOverloaded, Status: 503, Message: `over "loaded"`}
	for _, c := range []struct {
		name   string
		events []ir.Event
		want   string
	}{
		{"inside a text", []ir.Event{start(), begin(0, ir.Part{Kind: ir.PartText}), delta(0, "Ha"), {Kind: ir.EventError, Err: broken}},
			`{"status":"failed","error":{"code":"server_error","message":"over \"loaded\""},"output":[{"status":"incomplete","content":[{"text":"Ha"}]}],"usage":null}`},
		{"inside a call", []ir.Event{start(), begin(0, callHead("c", "f", "")), delta(0, "{"), begin(1, ir.Part{Kind: ir.PartText}), delta(1, "x"), {Kind: ir.EventError, Err: broken}},
			`{"output":[{"type":"function_call","arguments":"{","status":"incomplete"}]}`},
		{"before everything", []ir.Event{{Kind: ir.EventError, Err: &ir.Error{Kind: ir.ErrRateLimit, Message: "try again in 1.3s"}}},
			`{"id":"resp_1","status":"failed","error":{"code":"rate_limit_exceeded","message":"try again in 1.3s"},"output":[]}`},
		{"context", []ir.Event{start(), {Kind: ir.EventError, Err: &ir.Error{Kind: ir.ErrContextLength, Message: "long"}}, delta(0, "x"), {Kind: ir.EventEnd}},
			`{"error":{"code":"context_length_exceeded"}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			o, stream := write(t, newTrip(&ir.Request{}, ir.Chat), c.events...)
			if strings.Contains(stream, "arguments.done") || strings.Contains(stream, `"type":"function_call"`) && strings.Contains(stream, "item.done") {
				t.Errorf("a torn call is done, which Codex would run:\n%s", stream)
			}
			has(t, pretty(o.final), c.want)
		})
	}
}

func TestEcho(t *testing.T) {
	req := decodeRequest(t, `{"model":"m","input":"x","instructions":"Be\nbrief.","temperature":0.5,"max_output_tokens":50,"parallel_tool_calls":false,"metadata":{"a":"b"},
		"tools":[{"type":"function",
			"name":"f"},{"type":"namespace","name":"ns","tools":[{"type":"function","name":"a"},{"type":"function","name":"b"}]}],
		"tool_choice":{"type":"function","name":"f"},"text":{"format":{"type":"json_object"}},"reasoning":{"effort":"low"},"prompt_cache_key":"k","max_tool_calls":2}`)
	o, stream := write(t, newTrip(req, ir.Chat), append([]ir.Event{start()}, stop(ir.StopEnd)...)...)
	has(t, pretty(o.final), `{"instructions":"Be\nbrief.","temperature":0.5,"top_p":1,"max_output_tokens":50,"parallel_tool_calls":false,"metadata":{"a":"b"},
		"tools":[{"type":"function","name":"f"},{"type":"namespace","name":"ns","tools":[{"name":"a"},{"name":"b"}]}],"tool_choice":{"type":"function","name":"f"},
		"text":{"format":{"type":"json_object"}},"reasoning":{"effort":"low","summary":null},"prompt_cache_key":"k","max_tool_calls":2,"store":false}`)
	if strings.Count(stream, `"name":"f"`) != 6 {
		t.Error("every event with a response repeats the request")
	}
}

func TestPing(t *testing.T) {
	if got := string(Codec{}.NewEncoder(newTrip(&ir.Request{}, ir.Chat)).Ping(nil)); got != ": ping\n\n" {
		t.Errorf("%q", got)
	}
}
