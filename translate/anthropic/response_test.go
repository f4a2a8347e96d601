package anthropic

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// whole is an answer with everything that the API sends.
const whole = `{"id":"msg_1","type":"message","role":"assistant","model":"claude-up","content":[
	{"type":"thinking","thinking":"T","signature":"SIG"},{"type":"redacted_thinking","data":"RED"},
	{"type":"text","text":"a\n","citations":[{"type":"char_location","cited_text":"c","document_index":1,"document_title":"D","start_char_index":0,"end_char_index":1,"file_id":null}]},
	{"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{"query":"q"}},
	{"type":"web_search_tool_result","tool_use_id":"srvtoolu_1","content":[{"type":"web_search_result","title":"T","url":"u","encrypted_content":"E"}]},
	{"type":"tool_use","id":"toolu_1","name":"f","input":{"a":{"b":1}}},{"type":"tool_use","id":"toolu_2","name":"g","input":{}}],
	"stop_reason":"tool_use","stop_sequence":null,
	"usage":{"input_tokens":10,"cache_creation_input_tokens":5,"cache_read_input_tokens":85,"cache_creation":{"ephemeral_5m_input_tokens":3,"ephemeral_1h_input_tokens":2},
	"output_tokens":50,"output_tokens_details":{"thinking_tokens":20},"server_tool_use":{"web_search_requests":1,"web_fetch_requests":0},"service_tier":"priority"},"container":{"id":"c"}}`

// wholeStream is the same answer as it is streamed.
var wholeStream = frames(
	`{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-up","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":10,"cache_creation_input_tokens":5,"cache_read_input_tokens":85,"cache_creation":{"ephemeral_5m_input_tokens":3,"ephemeral_1h_input_tokens":2},"output_tokens":1,"service_tier":"priority"}}}`,
	`{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}`,
	`{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"T"}}`,
	`{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"SIG"}}`,
	`{"type":"content_block_stop","index":0}`,
	`{"type":"content_block_start","index":1,"content_block":{"type":"redacted_thinking","data":"RED"}}`,
	`{"type":"content_block_stop","index":1}`,
	`{"type":"ping"}`,
	`{"type":"content_block_start","index":2,"content_block":{"type":"text","text":""}}`,
	`{"type":"content_block_delta","index":2,"delta":{"type":"citations_delta","citation":{"type":"char_location","cited_text":"c","document_index":1,"document_title":"D","start_char_index":0,"end_char_index":1,"file_id":null}}}`,
	`{"type":"content_block_delta","index":2,"delta":{"type":"text_delta","text":"a"}}`,
	`{"type":"content_block_delta","index":2,"delta":{"type":"text_delta","text":"\n"}}`,
	`{"type":"content_block_stop","index":2}`,
	`{"type":"content_block_start","index":3,"content_block":{"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{}}}`,
	`{"type":"content_block_delta","index":3,"delta":{"type":"input_json_delta","partial_json":"{\"query\":\"q\"}"}}`,
	`{"type":"content_block_stop","index":3}`,
	`{"type":"content_block_start","index":4,"content_block":{"type":"web_search_tool_result","tool_use_id":"srvtoolu_1","content":[{"type":"web_search_result","title":"T","url":"u","encrypted_content":"E"}]}}`,
	`{"type":"content_block_stop","index":4}`,
	`{"type":"content_block_start","index":5,"content_block":{"type":"tool_use","id":"toolu_1","name":"f","input":{}}}`,
	`{"type":"content_block_delta","index":5,"delta":{"type":"input_json_delta","partial_json":""}}`,
	`{"type":"content_block_delta","index":5,"delta":{"type":"input_json_delta","partial_json":"{\"a\":{\"b\""}}`,
	`{"type":"content_block_delta","index":5,"delta":{"type":"input_json_delta","partial_json":":1}}"}}`,
	`{"type":"content_block_stop","index":5}`,
	`{"type":"content_block_start","index":6,"content_block":{"type":"tool_use","id":"toolu_2","name":"g","input":{}}}`,
	`{"type":"content_block_stop","index":6}`,
	`{"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":50,"output_tokens_details":{"thinking_tokens":20},"server_tool_use":{"web_search_requests":1,"web_fetch_requests":0}}}`,
	`{"type":"message_stop"}`,
)

func native() *ir.Trip { return newTrip(&ir.Request{Dialect: ir.Anthropic}) }

func response(t testing.TB, body string, trip *ir.Trip) *ir.Response {
	t.Helper()
	resp, err := Codec{}.DecodeResponse([]byte(body), trip)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

func TestResponseRoundTrip(t *testing.T) {
	want := strings.Replace(whole, `"model":"claude-up"`, `"model":"asked"`, 1)
	trip := native()
	same(t, string(Codec{}.AppendResponse(nil, response(t, whole, trip), trip)), want)
}

// TestCollectEqualsWhole checks that a streamed answer adds up to the same as
// the whole one.
func TestCollectEqualsWhole(t *testing.T) {
	trip := native()
	var c ir.Collector
	for _, e := range streamed(Codec{}.NewDecoder(trip), wholeStream) {
		c.Add(&e)
	}
	got, e := c.Response()
	if e != nil {
		t.Fatal(e)
	}
	want := response(t, whole, trip)
	want.Ext = nil
	same(t, string(Codec{}.AppendResponse(nil, got, trip)), string(Codec{}.AppendResponse(nil, want, trip)))
	if got.Usage != want.Usage || got.Tier != want.Tier || got.Candidates[0].Stop != want.Candidates[0].Stop {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	p := want.Candidates[0].Parts
	if len(p) != 7 || p[0].Think.Sig.Scope != "0a0b0c0d" || p[0].Think.Sig.Family != ir.SigAnthropic || p[0].Think.Sig.Model != "claude-up" ||
		!p[1].Think.Redacted || p[2].Citations[0].Kind != "char" || p[5].Call.ID != "toolu_1" {
		t.Errorf("parts: %+v", p)
	}
	if want.Usage.InputTotal != 100 || want.Usage.CacheRead != 85 || want.Usage.OutputTotal != 50 || want.Usage.Reasoning != 20 {
		t.Errorf("usage: %+v", want.Usage)
	}
}

func TestDecodeStop(t *testing.T) {
	const head = `{"type":"message","id":"m","content":[`
	for _, c := range []struct {
		content, tail string
		want          ir.StopReason
	}{
		{``, `"stop_reason":"end_turn"`, ir.StopEnd},
		{``, `"stop_reason":"tool_use"`, ir.StopEnd},
		{`{"type":"tool_use","id":"a","name":"f","input":{}}`, `"stop_reason":"end_turn"`, ir.StopToolUse},
		{`{"type":"tool_use","id":"a","name":"f","input":{}}`, `"stop_reason":"max_tokens"`, ir.StopLength},
		{``, `"stop_reason":"refusal","stop_details":{"type":"refusal","category":"cyber","explanation":"No."}`, ir.StopRefusal},
		{``, `"stop_reason":"pause_turn"`, ir.StopPause},
		{``, `"stop_reason":"model_context_window_exceeded"`, ir.StopContextWindow},
		{``, `"stop_reason":"invented"`, ir.StopOther},
		{``, `"stop_reason":null`, ir.StopEnd},
	} {
		s := response(t, head+c.content+`],`+c.tail+`}`, upstream()).Candidates[0].Stop
		if s.Reason != c.want {
			t.Errorf("%s: %s, want %s", c.tail, s.Reason, c.want)
		}
		if c.want == ir.StopRefusal && (s.Category != "cyber" || s.Detail != "No.") {
			t.Errorf("refusal: %+v", s)
		}
	}
}

func TestStopWords(t *testing.T) {
	trip := client()
	for reason, want := range map[ir.StopReason]string{
		ir.StopEnd: "end_turn", ir.StopSequence: "stop_sequence", ir.StopLength: "max_tokens", ir.StopToolUse: "end_turn",
		ir.StopContentFilter: "refusal", ir.StopRefusal: "refusal", ir.StopRecitation: "refusal", ir.StopPause: "pause_turn",
		ir.StopContextWindow: "max_tokens", ir.StopMalformedToolCall: "end_turn", ir.StopCompaction: "end_turn", ir.StopCancelled: "end_turn",
		ir.StopOther: "end_turn", "": "end_turn",
	} {
		if got := stopWord(reason, false, trip); got != want {
			t.Errorf("%s: %s, want %s", reason, got, want)
		}
	}
	if got := stopWord(ir.StopEnd, true, trip); got != "tool_use" {
		t.Errorf("end with a call: %s", got)
	}
	trip.Betas = []string{betaContextWindow}
	if got := stopWord(ir.StopContextWindow, false, trip); got != "model_context_window_exceeded" {
		t.Errorf("with the beta: %s", got)
	}
}

func TestUsageForms(t *testing.T) {
	for body, want := range map[string]ir.Usage{
		`{"input_tokens":4,"output_tokens":6,"output_tokens_details":{"":1},"x":{}}`:                                                                                                 {InputTotal: 4, OutputTotal: 6, CacheRead: -1, CacheWrite: -1, Reasoning: -1},
		`{"input_tokens":1,"output_tokens":2,"iterations":[{"type":"compaction","input_tokens":10,"output_tokens":20},{"type":"message","input_tokens":1,"output_tokens":2}]}`:       {InputTotal: 11, OutputTotal: 22, CacheRead: -1, CacheWrite: -1, Reasoning: -1},
		`{"input_tokens":1,"output_tokens":2,"iterations":[{"type":"message","input_tokens":10,"output_tokens":20},{"type":"fallback_message","input_tokens":1,"output_tokens":2}]}`: {InputTotal: 1, OutputTotal: 2, CacheRead: -1, CacheWrite: -1, Reasoning: -1},
		`{"input_tokens":1,"output_tokens":2,"output_tokens_details":{"thinking_tokens":9}}`:                                                                                         {InputTotal: 1, OutputTotal: 2, CacheRead: -1, CacheWrite: -1, Reasoning: 2},
	} {
		got := response(t, `{"type":"message","content":[],"usage":`+body+`}`, upstream()).Usage
		if got.InputTotal != want.InputTotal || got.OutputTotal != want.OutputTotal || got.CacheRead != want.CacheRead || got.Reasoning != want.Reasoning {
			t.Errorf("%s: %+v", body, got)
		}
	}
}

// TestJSONTool checks that an answer that a forced tool brought is text again.
func TestJSONTool(t *testing.T) {
	trip := newTrip(&ir.Request{Dialect: ir.Chat, Format: ir.Format{Kind: ir.FormatSchema}})
	trip.Target.Caps = plain
	resp := response(t, `{"type":"message","content":[{"type":"tool_use","id":"a","name":"json_response","input":{"k":"v"}}],"stop_reason":"tool_use"}`, trip)
	c := resp.Candidates[0]
	if c.Stop.Reason != ir.StopEnd || c.Parts[0].Kind != ir.PartText || c.Parts[0].Text.String() != `{"k":"v"}` {
		t.Errorf("%+v", c)
	}
	var col ir.Collector
	for _, e := range streamed(Codec{}.NewDecoder(trip), frames(
		`{"type":"message_start","message":{"id":"m"}}`,
		`{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"a","name":"json_response","input":{}}}`,
		`{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"k\":"}}`,
		`{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"\"v\"}"}}`,
		`{"type":"content_block_stop","index":0}`, `{"type":"message_delta","delta":{"stop_reason":"tool_use"}}`, `{"type":"message_stop"}`)) {
		col.Add(&e)
	}
	got, _ := col.Response()
	if got.Candidates[0].Parts[0].Text.String() != `{"k":"v"}` || got.Candidates[0].Stop.Reason != ir.StopEnd {
		t.Errorf("streamed: %+v", got.Candidates[0])
	}
	trip.Request.Tools = []ir.Tool{{Kind: ir.ToolFunction, Name: "json_response"}}
	resp = response(t, `{"type":"message","content":[{"type":"tool_use","id":"a","name":"json_response","input":{}}],"stop_reason":"tool_use"}`, trip)
	if resp.Candidates[0].Parts[0].Kind != ir.PartToolCall {
		t.Error("the client's own tool was taken for the gateway's")
	}
}

func TestDecodeResponseErrors(t *testing.T) {
	for _, body := range []string{``, `[]`, `{}`, `{"content":5}`, `{"content":[`, `"x"`, `{"type":"error","error":{"type":"overloaded_error","message":"busy"}}`} {
		resp, err := Codec{}.DecodeResponse([]byte(body), upstream())
		if err == nil {
			t.Errorf("%q read as %+v", body, resp)
		}
	}
}

// TestSignatureSlots checks where signatures of other vendors ride.
func TestSignatureSlots(t *testing.T) {
	gem := &ir.Sig{Value: "v", Family: ir.SigGemini, Target: ir.SignsCall}
	enc := &ir.Sig{Value: "gAAAA", Family: ir.SigOpenAI, Target: ir.SignsThink}
	think := func(text ir.Text, s *ir.Sig) ir.Part {
		return ir.Part{Kind: ir.PartThinking, Text: text, Think: &ir.Thinking{Sig: s}}
	}
	text := func(s ir.Text) ir.Part { return ir.Part{Kind: ir.PartText, Text: s} }
	call := func(s *ir.Sig) ir.Part {
		return ir.Part{Kind: ir.PartToolCall, Sig: s, Call: &ir.ToolCall{ID: "c", Name: "f", Args: ir.Args{JSON: []byte(`{}`)}}}
	}
	for _, c := range []struct {
		name  string
		parts []ir.Part
		want  string
	}{
		{"the thinking before", []ir.Part{think("T", nil), call(gem)}, "thinking[T!] tool_usef[{}] tool_use"},
		{"an empty one", []ir.Part{text("a"), call(gem)}, "text[a] thinking[!] tool_usef[{}] tool_use"},
		{"not the one before text", []ir.Part{think("T", nil), text("a"), call(gem), call(nil)}, "thinking[T] text[a] thinking[!] tool_usef[{}] tool_usef[{}] tool_use"},
		{"late thinking", []ir.Part{text("a"), think("T", nil), call(gem)}, "text[a] thinking[T!] tool_usef[{}] tool_use"},
		{"late thinking without use", []ir.Part{text("a"), think("T", nil), text("b")}, "text[ab] end_turn"},
		{"late signed thinking", []ir.Part{text("a"), think("T", enc), text("b")}, "text[a] thinking[T!] text[b] end_turn"},
		{"encrypted without text", []ir.Part{think("", enc), text("b")}, "redacted_thinking[] text[b] end_turn"},
		{"nothing", []ir.Part{think("", nil), text("")}, "end_turn"},
		{"texts stay apart", []ir.Part{text("a"), text("b")}, "text[a] text[b] end_turn"},
		{"image", []ir.Part{{Kind: ir.PartImage, Media: &ir.Media{}}, text("b")}, "text[b] end_turn"},
	} {
		t.Run(c.name, func(t *testing.T) {
			resp := &ir.Response{ID: "r", Usage: ir.NoUsage(), Candidates: []ir.Candidate{{Parts: c.parts, Stop: ir.Stop{Reason: ir.StopEnd}}}}
			body := Codec{}.AppendResponse(nil, resp, client())
			if got := summary(t, body); got != c.want {
				t.Errorf("whole: %s, want %s", got, c.want)
			}
			enc := Codec{}.NewEncoder(client())
			var out []byte
			ir.Replay(resp, func(e *ir.Event) { out = enc.Append(out, e) })
			if got := grammar(t, string(out)); got != c.want {
				t.Errorf("streamed: %s, want %s", got, c.want)
			}
		})
	}
}

// summary writes a message as grammar does a stream.
func summary(t *testing.T, body []byte) string {
	var m struct {
		Content []struct {
			Type, Text, Thinking, Signature, Name string
			Input                                 json.RawMessage
		}
		StopReason string `json:"stop_reason"`
	}
	if err := json.Unmarshal(body, &m); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	var list []string
	for _, b := range m.Content {
		s := b.Type + b.Name + "[" + b.Text + b.Thinking + string(b.Input)
		if b.Signature != "" {
			s += "!"
		}
		list = append(list, s+"]")
	}
	return strings.Join(append(list, m.StopReason), " ")
}
