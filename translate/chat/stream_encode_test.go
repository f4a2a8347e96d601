package chat

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/sse"
)

// replayed writes an answer as a stream and returns its frames.
func replayed(t *testing.T, tr *ir.Trip, resp *ir.Response) []string {
	t.Helper()
	enc := Codec{}.NewEncoder(tr)
	var out []byte
	ir.Replay(resp, func(e *ir.Event) { out = enc.Append(out, e) })
	if more := enc.Append(nil, &ir.Event{Kind: ir.EventEnd}); len(more) > 0 {
		t.Errorf("behind the end: %s", more)
	}
	return frames(t, out)
}

// frames splits a stream and checks its grammar.
func frames(t *testing.T, out []byte) []string {
	t.Helper()
	var list []string
	r := sse.NewReader(strings.NewReader(string(out)))
	for r.Next() {
		if r.Event().Name != "" {
			t.Errorf("a frame is named %s", r.Event().Name)
		}
		list = append(list, string(r.Event().Data))
	}
	checkGrammar(t, list)
	return list
}

// checkGrammar checks what clients rely on: the same id, date and model in all
// chunks, the role once and first, calls that begin with id and name and in
// order of their index, one finish reason per choice behind which nothing
// comes, usage behind that, and the terminator or an error at the end.
func checkGrammar(t *testing.T, list []string) {
	t.Helper()
	type chunkOf struct {
		ID, Object, Model string
		Created           int64
		Error             *struct{ Message string }
		Usage             json.RawMessage
		Choices           []struct {
			Index  int
			Finish *string `json:"finish_reason"`
			Delta  struct {
				Role      string
				ToolCalls []struct {
					Index    int
					ID       string
					Function struct{ Name string }
					Custom   struct{ Name string }
				} `json:"tool_calls"`
			}
		}
	}
	var first *chunkOf
	begun, finished, calls := map[int]bool{}, map[int]bool{}, map[int]int{}
	counted := false
	for i, data := range list {
		if data == "[DONE]" {
			if i != len(list)-1 || len(begun) != len(finished) {
				t.Errorf("frame %d: the terminator comes too early", i)
			}
			return
		}
		var c chunkOf
		if err := json.Unmarshal([]byte(data), &c); err != nil {
			t.Fatalf("frame %d: %v: %s", i, err, data)
		}
		if c.Error != nil {
			if i != len(list)-1 {
				t.Errorf("frame %d: an error in the middle", i)
			}
			return
		}
		if first == nil {
			first = &c
		}
		if c.ID != first.ID || c.Created != first.Created || c.Model != first.Model || c.Object != "chat.completion.chunk" || !strings.HasPrefix(c.ID, "chatcmpl-") || counted {
			t.Errorf("frame %d: a strange head: %s", i, data)
		}
		counted = len(c.Choices) == 0
		for _, choice := range c.Choices {
			n := choice.Index
			if finished[n] || begun[n] == (choice.Delta.Role != "") {
				t.Errorf("frame %d: out of order: %s", i, data)
			}
			begun[n] = true
			finished[n] = choice.Finish != nil
			if !finished[n] {
				delete(finished, n)
			}
			for _, call := range choice.Delta.ToolCalls {
				named := call.Function.Name+call.Custom.Name != ""
				if named != (call.ID != "") || named && call.Index != calls[n] || call.Index > calls[n] {
					t.Errorf("frame %d: a strange call: %s", i, data)
				}
				if named {
					calls[n]++
				}
			}
		}
	}
	t.Errorf("the stream has no end")
}

func TestStreamEncode(t *testing.T) {
	text := func(s ir.Text) ir.Part { return ir.Part{Kind: ir.PartText, Text: s} }
	call := func(id, name string, args ir.Args) ir.Part {
		return ir.Part{Kind: ir.PartToolCall, Call: &ir.ToolCall{ID: id, Name: name, Args: args, Type: ir.TypeFunction}}
	}
	think := func(s ir.Text) ir.Part {
		return ir.Part{Kind: ir.PartThinking, Text: s, Think: &ir.Thinking{}}
	}
	signed := call("1", "f", ir.Args{JSON: []byte(`{ "a":1}`)})
	signed.Sig = &ir.Sig{Value: "S", Family: ir.SigGemini}
	cited := text("ab")
	cited.Citations = []ir.Citation{{Start: 0, End: 1, URL: "https://u", Title: "t"}}
	probable := text("p")
	probable.Logprobs = []ir.TokenLogprob{{Token: "p", Logprob: -0.25, Top: []ir.TokenLogprob{{Token: "q", Logprob: -2, Bytes: []byte("[ 113 ]")}}}}
	tests := []struct {
		name, request string
		parts         []ir.Part
		stop          ir.Stop
		want          []string // choices' deltas; the last one's finish reason
		finish        string
	}{
		{"text", "", []ir.Part{text(`a\n`), text("b")}, ir.Stop{Reason: ir.StopEnd}, []string{`{"content":"a\n"}`, `{"content":"b"}`}, "stop"},
		{"thinking in two parts", "", []ir.Part{think("r"), text("a"), think("s")}, ir.Stop{Reason: ir.StopLength}, []string{`{"reasoning_content":"r"}`, `{"content":"a"}`, `{"reasoning_content":"\n\ns"}`}, "length"},
		{"thinking that the client does not want", `"reasoning":{"exclude":true}`, []ir.Part{think("r"), text("a")}, ir.Stop{Reason: ir.StopEnd}, []string{`{"content":"a"}`}, "stop"},
		{"calls", "", []ir.Part{signed, call("2", "g", ir.Args{Text: `{\"b\":2}`}), call("3", "h", ir.Args{})}, ir.Stop{Reason: ir.StopToolUse},
			[]string{`{"tool_calls":[{"index":0,"id":"1","type":"function","function":{"name":"f","arguments":""}}]}`, `{"tool_calls":[{"index":0,"function":{"arguments":"{ \"a\":1}"}}]}`,
				`{"tool_calls":[{"index":0,"extra_content":{"google":{"thought_signature":"S"}}}]}`,
				`{"tool_calls":[{"index":1,"id":"2","type":"function","function":{"name":"g","arguments":""}}]}`, `{"tool_calls":[{"index":1,"function":{"arguments":"{\"b\":2}"}}]}`,
				`{"tool_calls":[{"index":2,"id":"3","type":"function","function":{"name":"h","arguments":""}}]}`, `{"tool_calls":[{"index":2,"function":{"arguments":"{}"}}]}`}, "tool_calls"},
		{"custom calls", "", []ir.Part{{Kind: ir.PartToolCall, Call: &ir.ToolCall{ID: "1", Name: "c", Type: ir.TypeCustom, Args: ir.Args{Text: `x\ny`}}}}, ir.Stop{Reason: ir.StopToolUse},
			[]string{`{"tool_calls":[{"index":0,"id":"1","type":"custom","custom":{"name":"c","input":""}}]}`, `{"tool_calls":[{"index":0,"custom":{"input":"x\ny"}}]}`}, "tool_calls"},
		{"functions", `"functions":[{"name":"f"}]`, []ir.Part{call("1", "f", ir.Args{Text: "{}"}), call("2", "f", ir.Args{Text: "{}"})}, ir.Stop{Reason: ir.StopToolUse},
			[]string{`{"function_call":{"name":"f","arguments":""}}`, `{"function_call":{"arguments":"{}"}}`}, "function_call"},
		{"refusal", "", []ir.Part{{Kind: ir.PartRefusal, Text: "no"}}, ir.Stop{Reason: ir.StopRefusal}, []string{`{"refusal":"no"}`}, "stop"},
		{"a vendor's refusal", "", nil, ir.Stop{Reason: ir.StopRefusal, Detail: "Blocked."}, []string{`{"refusal":"Blocked."}`}, "content_filter"},
		{"citations", "", []ir.Part{text("é"), cited}, ir.Stop{Reason: ir.StopEnd}, []string{`{"content":"é"}`, `{"content":"ab"}`, `{"annotations":[{"type":"url_citation","url_citation":{"start_index":1,"end_index":2,"url":"https://u","title":"t"}}]}`}, "stop"},
		{"logprobs", "", []ir.Part{probable}, ir.Stop{Reason: ir.StopEnd}, []string{`{"content":"p"}`, `{}`}, "stop"},
		{"media", "", []ir.Part{{Kind: ir.PartImage, Media: &ir.Media{MIME: "image/png", Source: ir.SourceBase64, Data: "iV"}}, {Kind: ir.PartAudio, Media: &ir.Media{ID: "a1", Source: ir.SourceBase64, Data: "AA", Transcript: "hi"}}}, ir.Stop{Reason: ir.StopEnd},
			[]string{`{"images":[{"type":"image_url","image_url":{"url":"data:image/png;base64,iV"}}]}`, `{"audio":{"id":"a1"}}`, `{"audio":{"data":"AA"}}`, `{"audio":{"transcript":"hi"}}`, `{"audio":{"expires_at":1770003600}}`}, "stop"},
		{"server items are not shown", "", []ir.Part{{Kind: ir.PartServerCall, Server: &ir.ServerItem{Tool: "web_search", Args: ir.Args{Text: "{}"}}}, text("a")}, ir.Stop{Reason: ir.StopPause}, []string{`{"content":"a"}`}, "stop"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			body := `{"model":"m","messages":[{"role":"user","content":"x"}]`
			if tt.request != "" {
				body += "," + tt.request
			}
			got := replayed(t, trip(body+"}"), &ir.Response{Candidates: []ir.Candidate{{Parts: tt.parts, Stop: tt.stop}}, Usage: ir.NoUsage()})
			want := append([]string{`{"role":"assistant","content":""}`}, tt.want...)
			if len(got) != len(want)+2 {
				t.Fatalf("%d frames: %s", len(got), strings.Join(got, "\n"))
			}
			for i, d := range append(want, "{}") {
				choice := parse(t, []byte(got[i])).(map[string]any)["choices"].([]any)[0].(map[string]any)
				if !reflect.DeepEqual(choice["delta"], parse(t, []byte(d))) {
					t.Errorf("delta %d is %v, want %s", i, choice["delta"], d)
				}
				if i == len(want) && choice["finish_reason"] != tt.finish {
					t.Errorf("finish reason %v", choice["finish_reason"])
				}
				if strings.Contains(got[i], `"usage"`) {
					t.Errorf("usage nobody asked for: %s", got[i])
				}
			}
		})
	}
}

func TestStreamUsageAndErrors(t *testing.T) {
	tr := trip(`{"model":"m","messages":[{"role":"user","content":"x"}],"stream":true,"stream_options":{"include_usage":true}}`)
	u := ir.NoUsage()
	u.InputTotal, u.OutputTotal, u.CacheWrite, u.PredAccepted = 5, 7, 2, 1
	got := replayed(t, tr, &ir.Response{ID: "x", Candidates: []ir.Candidate{{Index: 0, Stop: ir.Stop{Reason: ir.StopEnd}}, {Index: 1, Stop: ir.Stop{Reason: ir.StopEnd}}}, Usage: u})
	if len(got) != 6 || !strings.Contains(got[0], `"usage":null`) || !strings.Contains(got[3], `"usage":null`) {
		t.Fatalf("got %s", strings.Join(got, "\n"))
	}
	sameJSON(t, []byte(got[4]), `{"id":"chatcmpl-x","object":"chat.completion.chunk","created":1770000000,"model":"m","choices":[],"usage":{"prompt_tokens":5,"completion_tokens":7,"total_tokens":12,"prompt_tokens_details":{"cached_tokens":0,"cache_write_tokens":2},"completion_tokens_details":{"reasoning_tokens":0,"accepted_prediction_tokens":1}}}`)

	enc := Codec{}.NewEncoder(tr)
	out := enc.Append(nil, &ir.Event{Kind: ir.EventStart, ID: "chatcmpl-1", Created: 5})
	if string(enc.Ping(nil)) != ": ping\n\n" {
		t.Error("the ping is no comment")
	}
	out = enc.Append(out, &ir.Event{Kind: ir.EventError, Err: truncated()})
	list := frames(t, out)
	sameJSON(t, []byte(list[1]), `{"error":{"message":"the upstream's answer ended before it was complete","type":"upstream_error","param":null,"code":"upstream_stream_truncated"}}`)
	if len(enc.Append(enc.Ping(nil), &ir.Event{Kind: ir.EventEnd})) > 0 {
		t.Error("something comes behind the error")
	}
}

// TestHeldSignature finds a signature of Gemini's in the call's first chunk.
func TestHeldSignature(t *testing.T) {
	tr := trip("")
	tr.Target.Dialect = ir.Gemini
	enc := Codec{}.NewEncoder(tr)
	var out []byte
	for _, e := range []ir.Event{
		{Kind: ir.EventStart}, {Kind: ir.EventPartStart, Part: &ir.Part{Kind: ir.PartToolCall, Call: &ir.ToolCall{ID: "1", Name: "f"}}},
		{Kind: ir.EventSignature, Sig: &ir.Sig{Value: "S", Family: ir.SigGemini}}, {Kind: ir.EventDelta, JSON: []byte(`{"a":1}`)}, {Kind: ir.EventPartStop},
		{Kind: ir.EventPartStart, Index: 1, Part: &ir.Part{Kind: ir.PartToolCall, Call: &ir.ToolCall{ID: "2", Name: "f"}}}, {Kind: ir.EventPartStop, Index: 1},
		{Kind: ir.EventStop, Stop: ir.Stop{Reason: ir.StopToolUse}}, {Kind: ir.EventEnd},
	} {
		out = enc.Append(out, &e)
	}
	list := frames(t, out)
	if len(list) != 7 || !strings.Contains(list[1], `"arguments":""},"extra_content":{"google":{"thought_signature":"S"}}`) || strings.Contains(list[3], "extra_content") {
		t.Errorf("got %s", strings.Join(list, "\n"))
	}
}
