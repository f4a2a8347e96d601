package chat

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/sse"
)

// chunk is a chunk with one choice.
func chunk(choice string) string {
	return `{"id":"chatcmpl-u","object":"chat.completion.chunk","created":5,"model":"up","choices":[{"index":0,` + choice + `}],"usage":null}`
}

func delta(d string) string { return chunk(`"delta":{` + d + `},"finish_reason":null`) }

func finish(reason string) string { return chunk(`"delta":{},"finish_reason":"` + reason + `"`) }

const usageChunk = `{"id":"chatcmpl-u","created":5,"model":"up","choices":[],"usage":{"prompt_tokens":7,"completion_tokens":9,"total_tokens":16,"prompt_tokens_details":{"cached_tokens":2},"completion_tokens_details":{"reasoning_tokens":3}}}`

// collect decodes chunks and returns the events, each in one line, and the
// answer that they make.
func collect(t *testing.T, tr *ir.Trip, chunks []string) (string, *ir.Response, *ir.Error) {
	t.Helper()
	var lines []string
	var c ir.Collector
	take := func(events []ir.Event) {
		for i := range events {
			lines = append(lines, showEvent(&events[i]))
			c.Add(&events[i])
		}
	}
	d := Codec{}.NewDecoder(tr)
	for _, data := range chunks {
		// The frame goes away after each call; what is kept must be a copy.
		frame := []byte(data)
		take(d.Decode(nil, "", frame))
		for i := range frame {
			frame[i] = '#'
		}
	}
	take(d.Close(nil))
	if more := d.Close(d.Decode(nil, "", []byte(delta(`"content":"more"`)))); len(more) > 0 {
		t.Errorf("%d events behind the end", len(more))
	}
	resp, err := c.Response()
	return strings.Join(lines, "\n"), resp, err
}

func showEvent(e *ir.Event) string {
	at := fmt.Sprintf("%d.%d ", e.Cand, e.Index)
	switch e.Kind {
	case ir.EventStart:
		return "start " + e.ID + " " + e.Model + fmt.Sprint(" ", e.Created)
	case ir.EventPartStart:
		return at + showPart(e.Part)
	case ir.EventDelta:
		return at + "+ " + string(e.Text) + string(e.JSON)
	case ir.EventCitation:
		return at + "cite " + string(e.Citation.URL) + fmt.Sprint(" ", e.Citation.Start, " ", e.Citation.End)
	case ir.EventSignature:
		return at + "sig " + string(e.Sig.Family) + " " + e.Sig.Value
	case ir.EventLogprobs:
		return at + "logprobs " + string(e.Logprobs[0].Token)
	case ir.EventPartStop:
		return at + "stop"
	case ir.EventUsage:
		return fmt.Sprintf("usage %d %d %d %d", e.Usage.InputTotal, e.Usage.CacheRead, e.Usage.OutputTotal, e.Usage.Reasoning)
	case ir.EventStop:
		return fmt.Sprintf("%d ended %s", e.Cand, e.Stop.Reason)
	case ir.EventError:
		return fmt.Sprintf("error %s %d %s", e.Err.Kind, e.Err.Status, e.Err.Message)
	case ir.EventEnd:
		return "end"
	}
	return "?"
}

func TestStreamDecode(t *testing.T) {
	tags := trip("")
	tags.Target.Caps.ThinkTags = true
	call := func(index, id, name, args string) string {
		s := `"tool_calls":[{` + index
		if id != "" {
			s += `"id":"` + id + `",`
		}
		return delta(s + `"type":"function","function":{"name":"` + name + `","arguments":"` + args + `"}}]`)
	}
	tests := []struct {
		name   string
		trip   *ir.Trip
		chunks []string
		want   string
	}{
		{"text", nil, []string{delta(`"role":"assistant","content":""`), delta(`"content":"Hé\n"`), delta(`"content":"llo"`), finish("stop"), usageChunk, "[DONE]"},
			"start chatcmpl-u up 5|0.0 text|0.0 + Hé\\n|0.0 + llo|0.0 stop|usage 7 2 9 3|0 ended end|end"},
		{"thinking in the same chunk as text", nil, []string{delta(`"content":"a","reasoning_content":"r"`), delta(`"reasoning":"s","content":""`), finish("length"), "[DONE]"},
			"start chatcmpl-u up 5|0.0 thinking|0.0 + r|0.0 stop|0.1 text|0.1 + a|0.1 stop|0.2 thinking|0.2 + s|0.2 stop|0 ended length|end"},
		{"interleaved calls", nil, []string{call(`"index":0,`, "a", "f", ""), call(`"index":1,`, "b", "g", ""), call(`"index":0,`, "", "", `{\"x\"`), call(`"index":1,`, "", "", "{}"), call(`"index":0,`, "", "", ":1}"), finish("tool_calls"), "[DONE]"},
			"start chatcmpl-u up 5|0.0 tool_call(a function f )|0.1 tool_call(b function g )|0.0 + {\\\"x\\\"|0.1 + {}|0.0 + :1}|0.0 stop|0.1 stop|0 ended tool_use|end"},
		{"calls that all have index 0", nil, []string{call(`"index":0,`, "a", "f", "{}"), call(`"index":0,`, "b", "f", "{}"), finish("stop")},
			"start chatcmpl-u up 5|0.0 tool_call(a function f )|0.0 + {}|0.1 tool_call(b function f )|0.1 + {}|0.0 stop|0.1 stop|0 ended tool_use|end"},
		{"calls without index", nil, []string{call("", "a", "f", "{"), call("", "", "", "}"), call("", "b", "f", "{}"), finish("tool_calls"), "[DONE]"},
			"start chatcmpl-u up 5|0.0 tool_call(a function f )|0.0 + {|0.0 + }|0.1 tool_call(b function f )|0.1 + {}|0.0 stop|0.1 stop|0 ended tool_use|end"},
		{"a repeated id and a late name", nil, []string{call(`"index":0,`, "a", "", `{\"x\":`), call(`"index":0,`, "a", "f", "1"), call(`"index":0,`, "a", "f", "}"), finish("tool_calls"), "[DONE]"},
			"start chatcmpl-u up 5|0.0 tool_call(a function f )|0.0 + {\\\"x\\\":1|0.0 + }|0.0 stop|0 ended tool_use|end"},
		{"a call without id, its arguments as an object", nil, []string{delta(`"tool_calls":[{"function":{"name":"f","arguments":{"a": 1}}}]`), finish("stop"), "[DONE]"},
			"start chatcmpl-u up 5|0.0 tool_call(call_000000000000000000000001 function f )|0.0 + {\"a\": 1}|0.0 stop|0 ended tool_use|end"},
		{"a call that never gets a name", nil, []string{call(`"index":0,`, "a", "", "{}"), finish("tool_calls"), "[DONE]"},
			"start chatcmpl-u up 5|0.0 tool_call(a function tool )|0.0 + {}|0.0 stop|0 ended tool_use|end"},
		{"a custom call", nil, []string{delta(`"tool_calls":[{"index":0,"id":"a","type":"custom","custom":{"name":"p","input":"x\ny"}}]`), finish("tool_calls"), "[DONE]"},
			"start chatcmpl-u up 5|0.0 tool_call(a custom p )|0.0 + x\\ny|0.0 stop|0 ended tool_use|end"},
		{"function_call", nil, []string{delta(`"function_call":{"name":"f","arguments":""}`), delta(`"function_call":{"arguments":"{}"}`), finish("function_call"), "[DONE]"},
			"start chatcmpl-u up 5|0.0 tool_call(call_000000000000000000000001 function f )|0.0 + {}|0.0 stop|0 ended tool_use|end"},
		{"a signature", nil, []string{delta(`"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"},"extra_content":{"google":{"thought_signature":"SiG"}}}]`), finish("stop"), "[DONE]"},
			"start chatcmpl-u up 5|0.0 tool_call(a function f )|0.0 sig gemini SiG|0.0 + {}|0.0 stop|0 ended tool_use|end"},
		{"a call that was cut", nil, []string{call(`"index":0,`, "a", "f", "{"), finish("length"), "[DONE]"},
			"start chatcmpl-u up 5|0.0 tool_call(a function f )|0.0 + {|0.0 stop|0 ended length|end"},
		{"tool_calls without calls", nil, []string{delta(`"content":"x","tool_calls":[]`), finish("tool_calls"), "[DONE]"},
			"start chatcmpl-u up 5|0.0 text|0.0 + x|0.0 stop|0 ended end|end"},
		{"content behind the finish reason", nil, []string{delta(`"content":"a"`), finish("stop"), delta(`"content":"b"`)},
			"start chatcmpl-u up 5|0.0 text|0.0 + a|0.0 + b|0.0 stop|0 ended end|end"},
		{"refusal", nil, []string{delta(`"refusal":"no"`), finish("stop"), "[DONE]"},
			"start chatcmpl-u up 5|0.0 refusal|0.0 + no|0.0 stop|0 ended refusal|end"},
		{"Mistral's content", nil, []string{delta(`"content":[{"type":"thinking","thinking":[{"type":"text","text":"r"}]},{"type":"text","text":"a"}]`), finish("stop"), "[DONE]"},
			"start chatcmpl-u up 5|0.0 thinking|0.0 + r|0.0 stop|0.1 text|0.1 + a|0.1 stop|0 ended end|end"},
		{"Azure's first chunk", nil, []string{`{"id":"","model":"","created":0,"choices":[],"prompt_filter_results":[]}`, delta(`"content":"a"`), finish("stop"), "[DONE]"},
			"start chatcmpl-u up 5|0.0 text|0.0 + a|0.0 stop|0 ended end|end"},
		{"members in another order, usage on every chunk, in the choice, or Groq's", nil, []string{`{"choices":[{"delta":{"content":"a"}}],"usage":{"prompt_tokens":1,"completion_tokens":1},"model":"up","id":"i"}`,
			`{"choices":[{"delta":{},"finish_reason":"stop","usage":{"prompt_tokens":1,"completion_tokens":2}}]}`, `{"choices":[],"x_groq":{"usage":{"prompt_tokens":1,"completion_tokens":3}}}`, "[DONE]"},
			"start i up 0|0.0 text|0.0 + a|0.0 stop|usage 1 -1 3 -1|0 ended end|end"},
		{"two candidates", nil, []string{`{"id":"i","choices":[{"index":1,"delta":{"content":"b"}},{"index":0,"delta":{"content":"a"}}]}`, `{"choices":[{"index":0,"finish_reason":"stop"},{"index":1,"finish_reason":"length"}]}`, "[DONE]"},
			"start i  0|1.0 text|1.0 + b|0.0 text|0.0 + a|0.0 stop|1.0 stop|0 ended end|1 ended length|end"},
		{"citations and logprobs", nil, []string{chunk(`"delta":{"content":"a","annotations":[{"type":"url_citation","url_citation":{"url":"https://u","title":"t","start_index":0,"end_index":1}}]},"logprobs":{"content":[{"token":"a","logprob":-0.5,"bytes":[97],"top_logprobs":[]}]}`), finish("stop"), "[DONE]"},
			"start chatcmpl-u up 5|0.0 text|0.0 + a|0.0 cite https://u 0 1|0.0 logprobs a|0.0 stop|0 ended end|end"},
		{"images and audio", nil, []string{delta(`"images":[{"type":"image_url","image_url":{"url":"data:image/png;base64,iV"}}]`), delta(`"audio":{"id":"audio_1"}`), delta(`"audio":{"data":"AA","transcript":"hi"}`), finish("stop"), "[DONE]"},
			"start chatcmpl-u up 5|0.0 image(image/png  )|0.0 + iV|0.0 stop|0.1 audio(audio/wav  )|0.1 + AA|0.1 stop|0 ended end|end"},
		{"thoughts in tags", tags, []string{delta(`"content":"\n\u003cth"`), delta(`"content":"ink>\nI <think"`), delta(`"content":"</thi"`), delta(`"content":"nk>\n\nHi <think>"`), finish("stop"), "[DONE]"},
			"start chatcmpl-u up 5|0.0 thinking|0.0 + I <think|0.0 stop|0.1 text|0.1 + Hi <think>|0.1 stop|0 ended end|end"},
		{"an unknown finish reason", nil, []string{delta(`"content":"a"`), finish("abort"), "[DONE]"},
			"start chatcmpl-u up 5|0.0 text|0.0 + a|0.0 stop|0 ended other|end"},
		{"cut", nil, []string{delta(`"content":"a"`)}, "start chatcmpl-u up 5|0.0 text|0.0 + a|error upstream_truncated 502 the upstream's answer ended before it was complete"},
		{"nothing", nil, nil, "error upstream_truncated 502 the upstream's answer ended before it was complete"},
		{"nothing but the terminator", nil, []string{"[DONE]"}, "error upstream 502 the upstream's answer is empty"},
		{"an error inside", nil, []string{delta(`"content":"a"`), `{"error":{"message":"busy","type":"server_error","code":"server_is_overloaded"}}`},
			"start chatcmpl-u up 5|0.0 text|0.0 + a|error overloaded 503 busy"},
		{"an error with a status", nil, []string{`{"error":{"message":"slow down","code":429}}`}, "error rate_limit 429 slow down"},
		{"no JSON", nil, []string{delta(`"content":"a"`), "{oops"}, "start chatcmpl-u up 5|0.0 text|0.0 + a|error upstream 502 the upstream's stream cannot be read"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tr := tt.trip
			if tr == nil {
				tr = trip("")
			}
			got, _, _ := collect(t, tr, tt.chunks)
			if want := strings.ReplaceAll(tt.want, "|", "\n"); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// TestWholeEqualsStream decodes the same answer whole and in chunks.
func TestWholeEqualsStream(t *testing.T) {
	message := `"content":"a\nb","reasoning_content":"r","refusal":"no","annotations":[{"type":"url_citation","url_citation":{"url":"https://u","title":"t","start_index":0,"end_index":1}}],"images":[{"type":"image_url","image_url":{"url":"data:image/png;base64,iV"}}],"tool_calls":[{"index":0,"id":"1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}},{"index":1,"id":"2","type":"function","function":{"name":"g","arguments":{"b":2}}}]`
	tail := `"usage":{"prompt_tokens":7,"completion_tokens":9},"service_tier":"flex"`
	whole := `{"id":"i","created":5,"model":"up","choices":[{"index":0,"message":{` + message + `},"finish_reason":"stop"}],` + tail + `}`
	_, streamed, e := collect(t, trip(""), []string{
		`{"id":"i","created":5,"model":"up","choices":[{"index":0,"delta":{` + message + `}}]}`,
		`{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],` + tail + `}`, "[DONE]",
	})
	if e != nil {
		t.Fatal(e)
	}
	resp, err := Codec{}.DecodeResponse([]byte(whole), trip(""))
	if err != nil {
		t.Fatal(err)
	}
	a, _ := json.Marshal(resp)
	b, _ := json.Marshal(streamed)
	var x, y any
	_ = json.Unmarshal(a, &x)
	_ = json.Unmarshal(b, &y)
	if !reflect.DeepEqual(prune(x), prune(y)) {
		t.Errorf("whole  %s\nstream %s", a, b)
	}
	if got, want := showParts(resp.Candidates[0].Parts), `thinking(r) text(a`+"\n"+`b) refusal(no) image(image/png iV ) tool_call(1 function f {"a":1}) tool_call(2 function g {"b":2})`; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

// prune removes empty members: nil and empty lists mean the same.
func prune(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			if e = prune(e); e == nil {
				delete(v, k)
			} else {
				v[k] = e
			}
		}
		if len(v) == 0 {
			return nil
		}
	case []any:
		if len(v) == 0 {
			return nil
		}
		for i := range v {
			v[i] = prune(v[i])
		}
	case string:
		if v == "" {
			return nil
		}
	}
	return v
}

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
