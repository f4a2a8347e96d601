package gemini

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// decodeStream runs frames through a decoder, each from a buffer of its own
// that is overwritten afterwards, as the reader of a stream does.
func decodeStream(trip *ir.Trip, frames []string) string {
	d := Codec{}.NewDecoder(trip)
	var b strings.Builder
	for _, f := range frames {
		frame := []byte(f)
		b.WriteString(dump(d.Decode(nil, "", frame)))
		for i := range frame {
			frame[i] = 'x'
		}
	}
	b.WriteString(dump(d.Close(nil)))
	return b.String()
}

const (
	thought = `{"candidates":[{"content":{"parts":[{"text":"th","thought":true}],"role":"model"}}],"modelVersion":"gemini-v","responseId":"r1","createTime":"2026-02-02T02:40:00.5Z"}`
	hello   = `{"candidates":[{"content":{"parts":[{"text":"Hel"}],"role":"model"}}],"usageMetadata":{"promptTokenCount":5,"totalTokenCount":5},"responseId":"r1"}`
	ending  = `{"candidates":[{"content":{"parts":[{"text":"lo"}],"role":"model"},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":5,"cachedContentTokenCount":2,"candidatesTokenCount":3,"thoughtsTokenCount":4,"totalTokenCount":12}}`
)

func TestStreamDecoding(t *testing.T) {
	tests := []struct {
		name   string
		frames []string
		want   string
	}{
		{"text", []string{thought, hello, ending}, `start id=r1 model=gemini-v created=1770000000
open 0.0 thinking
delta 0.0 th
close 0.0
open 0.1 text
delta 0.1 Hel
delta 0.1 lo
close 0.1
usage in=5 cache=2 out=7 thoughts=4
stop 0 end
end
`},
		{"a call and a late end", []string{
			`{"candidates":[{"content":{"parts":[{"text":"a"},{"functionCall":{"name":"f","args":{"x": 1}},"thoughtSignature":"S"},{"functionCall":{"id":"own","name":"f"}}]}}]}`,
			`{"candidates":[{"content":{"parts":[{"text":""}]},"finishReason":"STOP"}]}`}, `start id= model=
open 0.0 text
delta 0.0 a
close 0.0
open 0.1 tool_call f id=call_000000000000000000000001 native=false
sig 0.1 S gemini call
delta 0.1 {"x": 1}
close 0.1
open 0.2 tool_call f id=own native=true
delta 0.2 {}
close 0.2
stop 0 tool_use
end
`},
		{"a signature behind its text", []string{hello,
			`{"candidates":[{"content":{"parts":[{"text":"","thoughtSignature":"S"}]}}]}`, ending}, `start id=r1 model=
open 0.0 text
delta 0.0 Hel
sig 0.0 S gemini text
close 0.0
open 0.1 text
delta 0.1 lo
close 0.1
usage in=5 cache=2 out=7 thoughts=4
stop 0 end
end
`},
		{"a signature without a text", []string{
			`{"candidates":[{"content":{"parts":[{"text":"t","thought":true,"thoughtSignature":"T"},{"text":"","thoughtSignature":"S"}]},"finishReason":"MAX_TOKENS"}]}`}, `start id= model=
open 0.0 thinking
delta 0.0 t
sig 0.0 T gemini think
close 0.0
open 0.1 text
sig 0.1 S gemini text
close 0.1
stop 0 length
end
`},
		{"two candidates", []string{
			`{"candidates":[{"index":1,"content":{"parts":[{"text":"b"}]}}]}`, `{"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"SAFETY","finishMessage":"no"},{"index":1,"finishReason":"STOP"}]}`}, `start id= model=
open 1.0 text
delta 1.0 b
open 0.0 text
delta 0.0 a
close 0.0
close 1.0
stop 0 content_filter no
stop 1 end
end
`},
		{"a blocked prompt", []string{`{"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"},"usageMetadata":{"promptTokenCount":7,"totalTokenCount":7},"responseId":"b"}`}, `start id=b model=
usage in=7 cache=-1 out=0 thoughts=-1
stop 0 content_filter PROHIBITED_CONTENT
end
`},
		{"media and code", []string{
			`{"candidates":[{"content":{"parts":[{"thought":true,"inlineData":{"mimeType":"image/png","data":"ZZZZ"}},{"inlineData":{"mimeType":"image/png","data":"AAAA"},"thoughtSignature":"S"},
			{"executableCode":{"language":"PYTHON","code":"1"}},{"codeExecutionResult":{"outcome":"OUTCOME_OK","output":"1"}},{"fileData":{"mimeType":"video/mp4","fileUri":"gs://a/b"}}]},"finishReason":"WEIRD"}]}`}, `start id= model=
open 0.0 image image/png 
sig 0.0 S gemini text
delta 0.0 AAAA
close 0.0
open 0.1 server_call code_execution {"language":"PYTHON","code":"1"}
close 0.1
open 0.2 server_result code_execution {"outcome":"OUTCOME_OK","output":"1"}
close 0.2
open 0.3 video video/mp4 gs://a/b
close 0.3
stop 0 other
end
`},
		{"arguments in pieces", []string{
			`{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","willContinue":true}}]}}]}`,
			`{"candidates":[{"content":{"parts":[{"functionCall":{"partialArgs":[{"jsonPath":"$.a","stringValue":"x\"","willContinue":true}],"willContinue":true}}]}}]}`,
			`{"candidates":[{"content":{"parts":[{"functionCall":{"partialArgs":[{"jsonPath":"$.a","stringValue":"y"},{"jsonPath":"$.b[1].c","boolValue":true}],"willContinue":true}}]}}]}`,
			`{"candidates":[{"content":{"parts":[{"functionCall":{}}]},"finishReason":"STOP"}]}`}, `start id= model=
open 0.0 tool_call f id=call_000000000000000000000001 native=false
delta 0.0 {"a":"x\"y","b":[null,{"c":true}]}
close 0.0
stop 0 tool_use
end
`},
		{"pieces that nothing ends", []string{
			`{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","willContinue":true}},{"functionCall":{"name":"g"}}]},"finishReason":"STOP"}]}`}, `start id= model=
open 0.0 tool_call f id=call_000000000000000000000001 native=false
delta 0.0 {}
close 0.0
open 0.1 tool_call g id=call_000000000000000000000002 native=false
delta 0.1 {}
close 0.1
stop 0 tool_use
end
`},
		{"sources", []string{
			`{"candidates":[{"content":{"parts":[{"text":"Zürich"}]}}]}`,
			`{"candidates":[{"content":{"parts":[{"text":" is big."}]},"groundingMetadata":{"groundingChunks":[{"web":{"uri":"https://z.ch","title":"z"}}],"groundingSupports":[{"segment":{"endIndex":7,"text":"Zürich"},"groundingChunkIndices":[0,9]}]}}]}`,
			`{"candidates":[{"finishReason":"STOP","groundingMetadata":{"groundingChunks":[{"web":{"uri":"https://z.ch"}}],"groundingSupports":[{"segment":{"endIndex":7},"groundingChunkIndices":[0]},{"segment":{"startIndex":8,"endIndex":99},"groundingChunkIndices":[0]}]},
				"citationMetadata":{"citationSources":[{"startIndex":8,"endIndex":15,"uri":"https://b.ig"}]}}]}`}, `start id= model=
open 0.0 text
delta 0.0 Zürich
delta 0.0  is big.
cite 0.0 0-6 https://z.ch
cite 0.0 -1--1 https://z.ch
cite 0.0 7-14 https://b.ig
close 0.0
stop 0 end
end
`},
		{"a stream in an array", []string{"[" + hello + "," + ending + "]"}, `start id=r1 model=
open 0.0 text
delta 0.0 Hel
delta 0.0 lo
close 0.0
usage in=5 cache=2 out=7 thoughts=4
stop 0 end
end
`},
		{"a cut stream", []string{hello}, `start id=r1 model=
open 0.0 text
delta 0.0 Hel
close 0.0
error upstream_truncated 502 the upstream's answer ended before it was complete
`},
		{"no stream", nil, "error upstream_truncated 502 the upstream's answer ended before it was complete\n"},
		{"an error", []string{hello, `{"error":{"code":503,"message":"busy","status":"UNAVAILABLE"}}`, ending}, `start id=r1 model=
open 0.0 text
delta 0.0 Hel
error overloaded 503 busy
`},
		{"an error in an array", []string{`[{"error":{"message":"slow down","status":"RESOURCE_EXHAUSTED"}}]`}, "error rate_limit 429 slow down\n"},
		{"no JSON", []string{`{"candidates":`}, "error upstream 502 the upstream's stream cannot be read: unexpected end of body at offset 14\n"},
		{"odd but harmless", []string{``, `[DONE]`, `{"candidates":[{"index":-1},{"index":100000,"content":{"parts":[{"text":"x"}]}}]}`, hello, ending, `{"candidates":null}`}, `start id= model=
open 0.0 text
delta 0.0 Hel
delta 0.0 lo
close 0.0
usage in=5 cache=2 out=7 thoughts=4
stop 0 end
end
`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := decodeStream(tripTo(gemini3()), tt.frames); got != tt.want {
				t.Errorf("got\n%swant\n%s", got, tt.want)
			}
		})
	}
}

// TestWholeAnswers checks that a whole answer says the same as a stream of it.
func TestWholeAnswers(t *testing.T) {
	body := []byte(`{"candidates":[{"content":{"parts":[{"text":"th","thought":true},{"text":"more","thought":true,"thoughtSignature":"T"},{"text":"Zü"},{"text":"rich"},
		{"functionCall":{"name":"f","args":{"a":[1,2]}},"thoughtSignature":"S"},{"inlineData":{"mimeType":"image/png","data":"AAAA"}},{"codeExecutionResult":{"output":"1"}},{"text":"end"}],"role":"model"},
		"finishReason":"STOP","groundingMetadata":{"groundingChunks":[{"web":{"uri":"u"}}],"groundingSupports":[{"segment":{"endIndex":3},"groundingChunkIndices":[0]}]},
		"logprobsResult":{"chosenCandidates":[{"token":"end","logProbability":-0.5}],"topCandidates":[{"candidates":[{"token":"end","logProbability":-0.5},{"token":"END","logProbability":-1}]}]}},
		{"index":1,"content":{"parts":[{"text":"b"}]},"finishReason":"MAX_TOKENS","finishMessage":"full"}],
		"usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":3,"totalTokenCount":8,"serviceTier":"STANDARD"},"modelVersion":"v","responseId":"r","createTime":"2026-02-02T02:40:00Z"}`)
	whole, err := Codec{}.DecodeResponse(body, tripTo(gemini3()))
	if err != nil {
		t.Fatal(err)
	}
	var c ir.Collector
	d := Codec{}.NewDecoder(tripTo(gemini3()))
	for _, events := range [][]ir.Event{d.Decode(nil, "", body), d.Close(nil)} {
		for i := range events {
			c.Add(&events[i])
		}
	}
	streamed, failure := c.Response()
	if failure != nil {
		t.Fatal(failure)
	}
	if g, w := describe(t, whole), describe(t, streamed); g != w {
		t.Errorf("whole\n%s\nstreamed\n%s", g, w)
	}
	if n := len(whole.Candidates[0].Parts); n != 6 || whole.Candidates[0].Parts[1].Text != "Zürich" || whole.Tier != "default" || whole.Candidates[0].Parts[5].Logprobs[0].Top[1].Logprob != -1 {
		t.Errorf("%d parts: %s", n, describe(t, whole))
	}
	for _, bad := range []string{``, `{`, `5`, `[]`, `{}`, `{"candidates":[]}`, `{"candidates":[{"content":{"parts":[{"text":"a"}]}}]}`, `{"error":{"code":500,"message":"m"}}`} {
		if _, err := (Codec{}).DecodeResponse([]byte(bad), tripTo(gemini3())); err == nil {
			t.Errorf("%q is an answer", bad)
		}
	}
}

// describe writes an answer with everything behind its pointers.
func describe(t *testing.T, r *ir.Response) string {
	t.Helper()
	b, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(bytes.ReplaceAll(b, []byte("null"), []byte("[]")))
}

// TestUsage checks how Google's counts become inclusive totals, and back.
func TestUsage(t *testing.T) {
	tests := []struct {
		wire                         string
		in, cache, out, think, tools int64
		back                         string
	}{
		{`{"promptTokenCount":100,"cachedContentTokenCount":40,"candidatesTokenCount":20,"thoughtsTokenCount":30,"totalTokenCount":150}`, 100, 40, 50, 30, -1, ""},
		{`{"promptTokenCount":"3","toolUsePromptTokenCount":10,"candidatesTokenCount":4,"totalTokenCount":17}`, 13, -1, 4, -1, 10, ""},
		// A preview that counts thoughts among the candidates.
		{`{"promptTokenCount":10,"candidatesTokenCount":50,"thoughtsTokenCount":30,"totalTokenCount":60}`, 10, -1, 50, 30, -1,
			`{"promptTokenCount":10,"candidatesTokenCount":20,"thoughtsTokenCount":30,"totalTokenCount":60}`},
		{`{"promptTokenCount":7,"totalTokenCount":7}`, 7, -1, 0, -1, -1, `{"promptTokenCount":7,"candidatesTokenCount":0,"totalTokenCount":7}`},
		{`{"promptTokenCount":1,"candidatesTokenCount":2,"promptTokensDetails":[{"modality":"AUDIO","tokenCount":1}]}`, 1, -1, 2, -1, -1,
			`{"promptTokenCount":1,"candidatesTokenCount":2,"totalTokenCount":3}`},
	}
	for _, tt := range tests {
		var c chunk
		if err := eachChunk([]byte(`{"usageMetadata":`+tt.wire+`}`), &c, func() {}); err != nil || !c.hasUsage {
			t.Errorf("%s: %v", tt.wire, err)
			continue
		}
		u := c.usage
		got := []int64{u.InputTotal, u.CacheRead, u.OutputTotal, u.Reasoning, u.ToolPrompt}
		if want := []int64{tt.in, tt.cache, tt.out, tt.think, tt.tools}; !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %v, want %v", tt.wire, got, want)
		}
		back := tt.back
		if back == "" {
			back = tt.wire
		}
		sameJSON(t, append(appendUsage([]byte("{"), &u), '}'), `{"usageMetadata":`+strings.ReplaceAll(back, `"3"`, "3")+`}`)
	}
	var c chunk
	for _, nothing := range []string{`{"trafficType":"ON_DEMAND"}`, `null`, `{"promptTokenCount":"many"}`, `5`} {
		if err := eachChunk([]byte(`{"usageMetadata":`+nothing+`,"responseId":"r"}`), &c, func() {}); err != nil || c.hasUsage || c.id != "r" {
			t.Errorf("%s: %+v, %v", nothing, c.usage, err)
		}
	}
	unknown := ir.NoUsage()
	if got := appendUsage(nil, &unknown); len(got) > 0 {
		t.Errorf("unknown usage is written as %s", got)
	}
}

// TestStringsLast checks that ids, names and signatures outlive the frame they
// came in, as the texts of events need not.
func TestStringsLast(t *testing.T) {
	frame := []byte(`{"candidates":[{"content":{"parts":[{"functionCall":{"id":"i1","name":"fn"},"thoughtSignature":"SIG"},{"inlineData":{"mimeType":"image/png","data":"AA"}},
		{"toolCall":{"id":"t1","toolType":"NEW_TOOL"}}]},"finishReason":"MAX_TOKENS","finishMessage":"full"}],"modelVersion":"mv","responseId":"ri"}`)
	d := Codec{}.NewDecoder(tripTo(gemini3()))
	list := d.Decode(nil, "", frame)
	for i := range frame {
		frame[i] = 'x'
	}
	list = d.Close(list)
	var got []string
	for i := range list {
		e := &list[i]
		switch {
		case e.Kind == ir.EventStart:
			got = append(got, e.ID, e.Model)
		case e.Kind == ir.EventSignature:
			got = append(got, e.Sig.Value)
		case e.Kind == ir.EventStop:
			got = append(got, e.Stop.Raw, string(e.Stop.Detail))
		case e.Kind != ir.EventPartStart:
		case e.Part.Call != nil:
			got = append(got, e.Part.Call.ID, e.Part.Call.Name)
		case e.Part.Media != nil:
			got = append(got, e.Part.Media.MIME)
		case e.Part.Server != nil:
			got = append(got, e.Part.Server.ID, e.Part.Server.Tool)
		}
	}
	if s := strings.Join(got, " "); s != "ri mv i1 fn SIG image/png t1 new_tool MAX_TOKENS full" {
		t.Errorf("got %s", s)
	}
}
