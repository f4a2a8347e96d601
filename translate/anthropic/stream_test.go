package anthropic

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/sse"
)

func start(i int, p ir.Part) ir.Event { return ir.Event{Kind: ir.EventPartStart, Index: i, Part: &p} }
func delta(i int, s ir.Text) ir.Event { return ir.Event{Kind: ir.EventDelta, Index: i, Text: s} }
func object(i int, s string) ir.Event {
	return ir.Event{Kind: ir.EventDelta, Index: i, JSON: []byte(s)}
}
func stopped(i int) ir.Event { return ir.Event{Kind: ir.EventPartStop, Index: i} }
func signed(i int, s *ir.Sig) ir.Event {
	return ir.Event{Kind: ir.EventSignature, Index: i, Sig: s}
}
func callPart(id, name string) ir.Part {
	return ir.Part{Kind: ir.PartToolCall, Call: &ir.ToolCall{ID: id, Name: name}}
}

var (
	textPart  = ir.Part{Kind: ir.PartText}
	thinkPart = ir.Part{Kind: ir.PartThinking}
	gemini    = &ir.Sig{Value: "v", Family: ir.SigGemini, Target: ir.SignsCall}
)

// answer puts events between the start and the end of a stream.
func answer(events ...ir.Event) []ir.Event {
	all := append([]ir.Event{{Kind: ir.EventStart, ID: "r"}}, events...)
	return append(all, ir.Event{Kind: ir.EventStop, Stop: ir.Stop{Reason: ir.StopEnd}}, ir.Event{Kind: ir.EventEnd})
}

func TestEncodeStream(t *testing.T) {
	for _, c := range []struct {
		name   string
		events []ir.Event
		want   string
	}{
		{"nothing", answer(), "end_turn"},
		{"empty text", answer(start(0, textPart), delta(0, ""), stopped(0)), "end_turn"},
		{"text", answer(start(0, textPart), delta(0, "a"), delta(0, "b"), stopped(0)), "text[ab] end_turn"},
		{"unstopped parts", answer(start(0, textPart), delta(0, "a"), start(1, callPart("c", "f"))), "text[a] tool_usef[{}] tool_use"},
		{"thinking, text", answer(start(0, thinkPart), delta(0, "t"), stopped(0), start(1, textPart), delta(1, "a"), stopped(1)), "thinking[t] text[a] end_turn"},
		{"calls at once", answer(start(0, callPart("c1", "f")), start(1, callPart("c2", "g")), delta(0, `{\"a\"`), delta(1, `{\"b\":2}`), delta(0, ":1}"), stopped(1), stopped(0)),
			`tool_usef[{"a":1}] tool_useg[{"b":2}] tool_use`},
		{"call without arguments", answer(start(0, callPart("c", "f")), stopped(0)), "tool_usef[{}] tool_use"},
		{"call without name", answer(start(0, callPart("c", "")), delta(0, "{}"), stopped(0)), "tool_usetool_0[{}] tool_use"},
		{"name at the end", answer(start(0, callPart("c", "")), delta(0, "{}"), ir.Event{Kind: ir.EventPartStop, Part: &ir.Part{Kind: ir.PartToolCall, Call: &ir.ToolCall{Name: "late"}}}), "tool_uselate[{}] tool_use"},
		{"arguments at the end", answer(start(0, callPart("c", "f")), ir.Event{Kind: ir.EventPartStop, Part: &ir.Part{Kind: ir.PartToolCall, Call: &ir.ToolCall{Args: ir.Args{Text: `{\"a\":1}`}}}}), `tool_usef[{"a":1}] tool_use`},
		{"text while a call is open", answer(start(0, callPart("c", "f")), delta(0, `{`), start(1, textPart), delta(1, "a"), delta(0, "}"), stopped(1), stopped(0)), "tool_usef[{}] text[a] tool_use"},
		{"object arguments, then signature", answer(start(0, callPart("c", "f")), object(0, `{"a"`), object(0, `:1}`), signed(0, gemini), stopped(0)), `thinking[!] tool_usef[{"a":1}] tool_use`},
		{"signature in the slot", answer(start(0, thinkPart), delta(0, "t"), stopped(0), start(1, callPart("c", "f")), signed(1, gemini), stopped(1)), "thinking[t!] tool_usef[{}] tool_use"},
		{"text's signature", answer(start(0, textPart), delta(0, "a"), signed(0, gemini), stopped(0)), "text[a] end_turn"},
		{"text's signature, then a call", answer(start(0, textPart), delta(0, "a"), signed(0, gemini), stopped(0), start(1, callPart("c", "f")), stopped(1)), "text[a] thinking[!] tool_usef[{}] tool_use"},
		{"late thinking", answer(start(0, textPart), delta(0, "a"), stopped(0), start(1, thinkPart), delta(1, "t"), stopped(1), start(2, textPart), delta(2, "b"), stopped(2)), "text[ab] end_turn"},
		{"late thinking, then a call", answer(start(0, textPart), delta(0, "a"), stopped(0), start(1, thinkPart), delta(1, "t"), stopped(1), start(2, callPart("c", "f")), stopped(2)), "text[a] tool_usef[{}] tool_use"},
		{"late thinking, then a signed call", answer(start(0, textPart), delta(0, "a"), stopped(0), start(1, thinkPart), delta(1, "t"), stopped(1), start(2, callPart("c", "f")), signed(2, gemini), stopped(2)), "text[a] thinking[t!] tool_usef[{}] tool_use"},
		{"late signed thinking", answer(start(0, textPart), delta(0, "a"), stopped(0), start(1, thinkPart), delta(1, "t"), signed(1, gemini), stopped(1)), "text[a] thinking[t!] end_turn"},
		{"other candidates", answer(start(0, textPart), delta(0, "a"), ir.Event{Kind: ir.EventPartStart, Cand: 1, Part: &textPart}, ir.Event{Kind: ir.EventDelta, Cand: 1, Text: "x"}, stopped(0)), "text[a] end_turn"},
		{"error", []ir.Event{{Kind: ir.EventStart, ID: "r"}, start(0, textPart), delta(0, "a"), {Kind: ir.EventError, Err: truncated()}, {Kind: ir.EventEnd}}, "text[a error"},
		{"error at once", []ir.Event{{Kind: ir.EventError, Err: truncated()}}, "error"},
		{"no start", []ir.Event{{Kind: ir.EventEnd}}, "end_turn"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := grammar(t, encodeEvents(client(), c.events)); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestStreamFrames(t *testing.T) {
	usage := ir.NoUsage()
	usage.InputTotal, usage.CacheRead, usage.OutputTotal = 10, 4, 7
	out := encodeEvents(client(), []ir.Event{
		{Kind: ir.EventStart, ID: "r"}, start(0, callPart("call_0123456789abcdef01234567", "f")), delta(0, "{}"), stopped(0),
		{Kind: ir.EventUsage, Usage: &usage}, {Kind: ir.EventStop, Stop: ir.Stop{Reason: ir.StopSequence, Sequence: `E\"`}}, {Kind: ir.EventEnd},
	})
	want := `event: message_start
data: {"type":"message_start","message":{"id":"msg_r","type":"message","role":"assistant","model":"asked","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":0,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":1}}}

event: ping
data: {"type":"ping"}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"toolu_0123456789abcdef01234567","name":"f","input":{}}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{}"}}

event: content_block_stop
data: {"type":"content_block_stop","index":0}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"stop_sequence","stop_sequence":"E\""},"usage":{"input_tokens":6,"cache_creation_input_tokens":0,"cache_read_input_tokens":4,"output_tokens":7}}

event: message_stop
data: {"type":"message_stop"}

`
	if out != want {
		t.Errorf("got\n%s\nwant\n%s", out, want)
	}
}

// TestNativeStream checks that an answer of Anthropic's own survives the hub,
// as it must when the upstream answers otherwise than it was asked to.
func TestNativeStream(t *testing.T) {
	trip := native()
	got := grammar(t, encodeEvents(trip, streamed(Codec{}.NewDecoder(trip), wholeStream)))
	want := `thinking[T!] redacted_thinking[] text[a` + "\n" + `] server_tool_useweb_search[{"query":"q"}] web_search_tool_result[] tool_usef[{"a":{"b":1}}] tool_useg[{}] tool_use`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestAnyChunking feeds the stream in pieces of every size.
func TestAnyChunking(t *testing.T) {
	want := encodeEvents(native(), streamed(Codec{}.NewDecoder(native()), wholeStream))
	for size := 1; size < 200; size += 13 {
		trip := native()
		dec, enc := Codec{}.NewDecoder(trip), Codec{}.NewEncoder(trip)
		src := sse.NewReader(&slow{text: wholeStream, size: size})
		var out []byte
		var events []ir.Event
		for src.Next() {
			ev := src.Event()
			events = dec.Decode(events[:0], ev.Name, ev.Data)
			for i := range events {
				out = enc.Append(out, &events[i])
			}
		}
		events = dec.Close(events[:0])
		for i := range events {
			out = enc.Append(out, &events[i])
		}
		if string(out) != want {
			t.Fatalf("pieces of %d bytes: %s", size, out)
		}
	}
}

type slow struct {
	text string
	size int
}

func (s *slow) Read(b []byte) (int, error) {
	if s.text == "" {
		return 0, io.EOF
	}
	n := copy(b, s.text[:min(s.size, len(s.text))])
	s.text = s.text[n:]
	return n, nil
}

func TestDecodeStreamTolerances(t *testing.T) {
	const head = `{"type":"message_start","message":{"id":"m","usage":{"input_tokens":3}}}`
	const tail = `{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":2}}`
	const end = `{"type":"message_stop"}`
	for _, c := range []struct {
		name   string
		frames []string
		want   string
	}{
		{"text in the start", []string{head, `{"type":"content_block_start","index":0,"content_block":{"type":"text","text":"a"}}`, `{"type":"content_block_stop","index":0}`, tail, end}, "text[a] end_turn"},
		{"repeated start", []string{head, head, tail, end}, "end_turn"},
		{"no start", []string{`{"type":"content_block_start","index":0,"content_block":{"type":"text","text":"a"}}`, tail, end}, "text[a] end_turn"},
		{"no stop of a block", []string{head, `{"type":"content_block_start","index":0,"content_block":{"type":"text","text":"a"}}`, tail, end}, "text[a] end_turn"},
		{"no message_stop", []string{head, tail}, "end_turn"},
		{"cut", []string{head, `{"type":"content_block_start","index":0,"content_block":{"type":"text","text":"a"}}`}, "text[a error"},
		{"no usage in delta", []string{head, `{"type":"message_delta","delta":{"stop_reason":"max_tokens"}}`, end}, "max_tokens"},
		{"input in the start", []string{head, `{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"a","name":"f","input":{"x":1}}}`, `{"type":"content_block_stop","index":0}`, tail, end}, `tool_usef[{"x":1}] tool_use`},
		{"unknown events", []string{head, `{"type":"weather"}`, tail, end}, "end_turn"},
		{"members in another order", []string{head, `{"content_block":{"text":"","type":"text"},"index":0,"type":"content_block_start"}`, `{"delta":{"text":"a","type":"text_delta"},"index":0,"type":"content_block_delta"}`, tail, end}, "text[a] end_turn"},
		{"error", []string{head, `{"type":"error","error":{"type":"overloaded_error","message":"busy"}}`, tail}, "error"},
		{"no JSON", []string{head, `{"type":`}, "error"},
		{"after the end", []string{head, tail, end, head, tail, end}, "end_turn"},
		{"delta of a whole block", []string{head, `{"type":"content_block_start","index":0,"content_block":{"type":"web_fetch_tool_result","tool_use_id":"a","content":{}}}`, `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"x"}}`, tail, end}, "web_fetch_tool_result[] end_turn"},
		{"split signature", []string{head, `{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":""}}`,
			`{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"a"}}`, `{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"b"}}`, `{"type":"content_block_stop","index":0}`, tail, end}, "thinking[!] end_turn"},
	} {
		t.Run(c.name, func(t *testing.T) {
			trip := native()
			text := ""
			for _, f := range c.frames {
				text += "data: " + f + "\n\n"
			}
			if got := grammar(t, encodeEvents(trip, streamed(Codec{}.NewDecoder(trip), text))); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestDecodedUsage(t *testing.T) {
	events := streamed(Codec{}.NewDecoder(upstream()), wholeStream)
	if e := events[0]; e.Kind != ir.EventStart || e.ID != "msg_1" || e.Usage.InputTotal != 100 || e.Usage.OutputTotal != 1 || e.Tier != "priority" {
		t.Errorf("start: %+v", e)
	}
	n := len(events)
	if e := events[n-3]; e.Kind != ir.EventUsage || e.Usage.InputTotal != 100 || e.Usage.CacheRead != 85 || e.Usage.OutputTotal != 50 || e.Usage.WebSearches != 1 {
		t.Errorf("usage: %+v", e.Usage)
	}
	if events[n-2].Kind != ir.EventStop || events[n-1].Kind != ir.EventEnd {
		t.Errorf("end: %+v", events[n-2:])
	}
}

// TestRelay checks what the pipe reads, and that it changes nothing.
func TestRelay(t *testing.T) {
	relay := Codec{}.NewRelay(envelope(), "asked", false)
	out, content := relayed(relay, wholeStream)
	if out != wholeStream {
		t.Errorf("changed:\n%s", out)
	}
	s := relay.Seen()
	if !s.Done || s.Err != nil || s.Stop.Reason != ir.StopToolUse || s.Usage.InputTotal != 100 || s.Usage.OutputTotal != 50 || s.Usage.Reasoning != 20 {
		t.Errorf("%+v", s)
	}
	if content != 2 {
		t.Errorf("the first content was seen in frame %d", content)
	}
	relay = Codec{}.NewRelay(envelope(), "asked", true)
	out, _ = relayed(relay, wholeStream)
	if out != strings.Replace(wholeStream, `"model":"claude-up"`, `"model":"asked"`, 1) {
		t.Errorf("renamed:\n%s", out)
	}
}

// relayed returns what the client gets, and after which frame content was
// seen.
func relayed(relay ir.Relay, text string) (string, int) {
	src := sse.NewReader(strings.NewReader(text))
	var out []byte
	content := -1
	for i := 0; src.Next(); i++ {
		ev := src.Event()
		out = relay.Frame(out, ev.Name, ev.Data, ev.Raw)
		if content < 0 && relay.Seen().Content {
			content = i
		}
	}
	return string(relay.Close(out)), content
}

func TestRelayEnds(t *testing.T) {
	head := frames(`{"type":"message_start","message":{"id":"m","model":"x"}}`)
	delta := frames(`{"type":"message_delta","delta":{"stop_reason":"end_turn"}}`)
	fail := frames(`{"type":"error","error":{"type":"overloaded_error","message":"busy"}}`)
	for _, c := range []struct {
		name, in, want string
		kind           ir.ErrorKind
	}{
		{"cut", head, "event: error", ir.ErrTruncated},
		{"no message_stop", head + delta, "event: message_stop", ""},
		{"error inside", head + fail, "busy", ir.ErrOverloaded},
	} {
		relay := Codec{}.NewRelay(envelope(), "asked", false)
		out, _ := relayed(relay, c.in)
		s := relay.Seen()
		if !strings.HasPrefix(out, head) || !strings.Contains(out[len(head):], c.want) || !s.Done {
			t.Errorf("%s: %s %+v", c.name, out, s)
		}
		if c.kind == "" && s.Err != nil || c.kind != "" && (s.Err == nil || s.Err.Kind != c.kind) {
			t.Errorf("%s: %v", c.name, s.Err)
		}
		if again := relay.Fail(nil, truncated()); len(again) > 0 {
			t.Errorf("%s: written after the end: %s", c.name, again)
		}
	}
}

func TestRelayBody(t *testing.T) {
	relay := Codec{}.NewRelay(envelope(), "asked", true)
	out := relay.Body([]byte("+"), []byte(whole))
	if string(out) != "+"+strings.Replace(whole, `"claude-up"`, `"asked"`, 1) {
		t.Errorf("%s", out)
	}
	s := relay.Seen()
	if !s.Content || !s.Done || s.Usage.InputTotal != 100 || s.Stop.Reason != ir.StopToolUse {
		t.Errorf("%+v", s)
	}
	for _, bad := range []string{``, `{}`, `[]`, `{"content":[`} {
		relay := Codec{}.NewRelay(envelope(), "asked", true)
		if out := relay.Body(nil, []byte(bad)); len(out) > 0 || relay.Seen().Err == nil {
			t.Errorf("%q taken for a message: %s", bad, out)
		}
	}
	env := envelope()
	env.Op = ir.CountTokens
	relay = Codec{}.NewRelay(env, "asked", true)
	if out := relay.Body(nil, []byte(`{"input_tokens":3}`)); string(out) != `{"input_tokens":3}` || relay.Seen().Err != nil {
		t.Errorf("count: %s", out)
	}
}

func TestRelayRequest(t *testing.T) {
	relay := func(body string, op ir.Op) (string, *ir.Target) {
		env := envelope()
		env.Op = op
		if err := (Codec{}).ReadEnvelope([]byte(body), env); err != nil {
			t.Fatal(err)
		}
		to := target(manual, nil)
		out, err := Codec{}.RelayRequest([]byte("+"), []byte(body), env, to)
		if err != nil {
			t.Fatal(err)
		}
		return string(bytes.TrimPrefix(out, []byte("+"))), to
	}
	carrier := gemini.Carrier()
	for _, c := range []struct{ name, body, want string }{
		{"model", ` {"a" : 1, "model": "m" ,"b":2}`, ` {"a" : 1, "model": "claude-up" ,"b":2}`},
		{"no model", `{"a":1}`, `{"model":"claude-up","a":1}`},
		{"empty", `{}`, `{"model":"claude-up"}`},
		{"own signatures", `{"model":"m","messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"Eq=="}]}]}`,
			`{"model":"claude-up","messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"Eq=="}]}]}`},
		{"carrier", `{"messages":[{"role":"user","content":"x"},{"role":"assistant","content":[{"type":"text","text":"a"}, {"type":"thinking","thinking":"t","signature":"` + carrier + `"}]}],"model":"m"}`,
			`{"messages":[{"role":"user","content":"x"},{"role":"assistant","content":[{"type":"text","text":"a"}]}],"model":"claude-up"}`},
		{"nothing left", `{"model":"m","messages":[{"role":"user","content":"x"}, {"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":""}]},{"role":"user","content":"y"}]}`,
			`{"model":"claude-up","messages":[{"role":"user","content":"x"}, {"role":"user","content":"y"}]}`},
		{"running loop", `{"model":"m","messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":""},{"type":"tool_use","id":"1","name":"f","input":{}}]}],"context_management":{"edits":[{"type":"clear_thinking_20251015"}]},"thinking":{"type":"enabled","budget_tokens":2000}}`,
			`{"model":"claude-up","messages":[{"role":"assistant","content":[{"type":"tool_use","id":"1","name":"f","input":{}}]}]}`},
		{"words that look like it", `{"model":"m","messages":[{"role":"user","content":"\"signature\":\"\" \"gws1.\""}]}`,
			`{"model":"claude-up","messages":[{"role":"user","content":"\"signature\":\"\" \"gws1.\""}]}`},
	} {
		if got, _ := relay(c.body, ir.Generate); got != c.want {
			t.Errorf("%s:\ngot  %s\nwant %s", c.name, got, c.want)
		}
	}
	_, to := relay(`{"messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":""},{"type":"tool_use","id":"1","name":"f","input":{}}]}],"thinking":{"type":"enabled"}}`, ir.Generate)
	if notes(to) != "reasoning.disabled_unsigned_history:thinking" {
		t.Errorf("notes: %s", notes(to))
	}
	got, _ := relay(`{"model":"m","max_tokens":5,"messages":[],"stream":true,"system":"s","thinking":{}}`, ir.CountTokens)
	same(t, got, `{"model":"claude-up","messages":[],"system":"s","thinking":{}}`)
}

// TestStreamUnreadable ends a stream with an error where a frame is not what it
// should be: what it says must not vanish silently.
func TestStreamUnreadable(t *testing.T) {
	const begun = `{"type":"message_start","message":{"id":"m","usage":{}}}`
	const block = `{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}`
	for _, frames := range [][]string{
		{begun, `{"type":"content_block_start","index":0,"content_block":{"type":"text","text":{"a":1}}}`},
		{begun, `{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":7}}`},
		{begun, block, `{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":[]}}`},
	} {
		d := Codec{}.NewDecoder(upstream())
		var out []ir.Event
		for _, f := range frames {
			out = d.Decode(out[:0], "", []byte(f))
		}
		if len(out) == 0 || out[len(out)-1].Kind != ir.EventError {
			t.Errorf("%s: got %v", frames[len(frames)-1], out)
		}
	}
}
