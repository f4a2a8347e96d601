package chat

import (
	"encoding/json"
	"fmt"
	"io"
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
	kept := map[*ir.ToolCall]string{} // what plain strings of events said when they came
	take := func(events []ir.Event) {
		for i := range events {
			if p := events[i].Part; p != nil && p.Call != nil {
				kept[p.Call] = strings.Clone(p.Call.ID + " " + p.Call.Name)
			}
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
	for call, said := range kept {
		if call.ID+" "+call.Name != said {
			t.Errorf("a call changed with its frame: %s became %s %s", said, call.ID, call.Name)
		}
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

// call is a chunk with a fragment of a call; index is a whole member or empty.
func call(index, id, name, args string) string {
	s := `"tool_calls":[{` + index
	if id != "" {
		s += `"id":"` + id + `",`
	}
	return delta(s + `"type":"function","function":{"name":"` + name + `","arguments":"` + args + `"}}]`)
}

func TestStreamDecode(t *testing.T) {
	tags := trip("")
	tags.Target.Caps.ThinkTags = true
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

// TestAnyChunking reads a stream that arrives in pieces of any size.
func TestAnyChunking(t *testing.T) {
	stream := ""
	for _, data := range []string{delta(`"role":"assistant","content":""`), delta(`"reasoning_content":"r"`), delta(`"content":"é\n😀"`), delta(`"tool_calls":[{"index":0,"id":"1","function":{"name":"f","arguments":"{}"}}]`), finish("tool_calls"), usageChunk, "[DONE]"} {
		stream += "data:" + data + "\r\n\r\n: ping\n\n"
	}
	read := func(size int) string {
		dec, enc := Codec{}.NewDecoder(trip("")), Codec{}.NewEncoder(trip(""))
		r := sse.NewReader(&pieces{rest: stream, size: size})
		var out []byte
		var events []ir.Event
		for r.Next() {
			events = dec.Decode(events[:0], r.Event().Name, r.Event().Data)
			for i := range events {
				out = enc.Append(out, &events[i])
			}
		}
		return string(out)
	}
	want := read(len(stream))
	if !strings.HasSuffix(want, doneFrame) || !strings.Contains(want, "é\\n😀") {
		t.Fatalf("got %s", want)
	}
	for size := 1; size < 40; size++ {
		if got := read(size); got != want {
			t.Errorf("in pieces of %d bytes:\n%s\nwant\n%s", size, got, want)
		}
	}
}

// pieces is a reader that yields at most size bytes at once.
type pieces struct {
	rest string
	size int
}

func (p *pieces) Read(b []byte) (int, error) {
	if p.rest == "" {
		return 0, io.EOF
	}
	n := copy(b, p.rest[:min(p.size, len(p.rest))])
	p.rest = p.rest[n:]
	return n, nil
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
