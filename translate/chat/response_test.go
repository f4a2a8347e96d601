package chat

import (
	"errors"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

func TestDecodeResponse(t *testing.T) {
	tests := []struct{ name, choices, want, stop string }{
		{"a loose server", `{"message":{"content":"","reasoning_content":"r","tool_calls":[{"id":"","type":"function","function":{"name":"f","arguments":{"a":1}}}]},"finish_reason":"stop"}`,
			`thinking(r) tool_call(call_000000000000000000000001 function f {"a":1})`, "tool_use"},
		{"Mistral", `{"message":{"content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},"finish_reason":"stop"}`, "text(ab)", "end"},
		{"cut", `{"message":{"content":"a"},"finish_reason":"length"}`, "text(a)", "length"},
		{"filtered", `{"message":{"content":null},"finish_reason":"content_filter"}`, "", "content_filter"},
		{"no finish reason", `{"message":{"content":"a"},"finish_reason":null}`, "text(a)", "end"},
		{"audio", `{"message":{"content":null,"audio":{"id":"a1","data":"AA","transcript":"hi","expires_at":1}},"finish_reason":"stop"}`, "audio(audio/wav AA )", "end"},
		{"function_call", `{"message":{"content":null,"function_call":{"name":"f","arguments":"{}"}},"finish_reason":"function_call"}`, "tool_call(call_000000000000000000000001 function f {})", "tool_use"},
		{"strange kinds", `{"message":{"content":7,"tool_calls":{},"audio":[],"images":3,"annotations":"x","refusal":{}},"logprobs":[],"finish_reason":"stop"}`, "", "end"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			resp, err := Codec{}.DecodeResponse([]byte(`{"id":"i","created":"yesterday","model":null,"choices":[`+tt.choices+`],"usage":{"prompt_tokens":3,"total_tokens":9,"cached_tokens":2}}`), trip(""))
			if err != nil {
				t.Fatal(err)
			}
			c := resp.Candidates[0]
			if got := showParts(c.Parts); got != tt.want || string(c.Stop.Reason) != tt.stop {
				t.Errorf("got %s, %s", got, c.Stop.Reason)
			}
			if u := resp.Usage; u.InputTotal != 3 || u.OutputTotal != 6 || u.CacheRead != 2 || u.Reasoning != -1 {
				t.Errorf("usage %+v", u)
			}
		})
	}
}

func TestDecodeResponseOrder(t *testing.T) {
	resp, err := Codec{}.DecodeResponse([]byte(`{"choices":[{"index":1,"message":{"content":"b"},"finish_reason":"stop"},{"index":0,"message":{"content":"a"},"finish_reason":"stop"},{"index":0,"message":{"content":"c"},"finish_reason":"stop"}]}`), trip(""))
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for i, c := range resp.Candidates {
		if c.Index != i {
			t.Errorf("candidate %d has index %d", i, c.Index)
		}
		got += showParts(c.Parts)
	}
	if got != "text(a)text(b)text(c)" {
		t.Errorf("got %s", got)
	}
}

func TestDecodeResponseErrors(t *testing.T) {
	tests := []struct {
		body   string
		kind   ir.ErrorKind
		status int
	}{
		{``, ir.ErrUpstream, 502},
		{`<html>`, ir.ErrUpstream, 502},
		{`{"choices":[]}`, ir.ErrUpstream, 502},
		{`{"id":"x"}`, ir.ErrUpstream, 502},
		{`{"choices":[{"message":{"content":"a"}}`, ir.ErrUpstream, 502},
		{`{"error":{"message":"m","code":"insufficient_quota"}}`, ir.ErrQuota, 429},
		{`{"error":"m"}`, ir.ErrUpstream, 502},
	}
	for _, tt := range tests {
		_, err := Codec{}.DecodeResponse([]byte(tt.body), trip(""))
		var e *ir.Error
		if !errors.As(err, &e) || e.Kind != tt.kind || e.Status != tt.status || e.Message == "" {
			t.Errorf("%s: %v", tt.body, err)
		}
	}
}

func TestAppendResponse(t *testing.T) {
	call := ir.Part{Kind: ir.PartToolCall, Call: &ir.ToolCall{ID: "1", Name: "f", Args: ir.Args{JSON: []byte(`{"a": 1}`)}}, Sig: &ir.Sig{Value: "S", Family: ir.SigGemini}}
	custom := ir.Part{Kind: ir.PartToolCall, Call: &ir.ToolCall{Name: "c", Type: ir.TypeCustom, Args: ir.Args{Text: `a\nb`}}}
	cited := ir.Part{Kind: ir.PartText, Text: `b\n`, Citations: []ir.Citation{{Start: -1, End: -1, URL: "https://u"}, {Kind: "char", Start: 1, End: 2}}}
	tests := []struct {
		name, request string
		cand          ir.Candidate
		want          string // of the choice
	}{
		{"text", "", ir.Candidate{Parts: []ir.Part{{Kind: ir.PartText, Text: "é"}, cited}, Stop: ir.Stop{Reason: ir.StopContextWindow}},
			`{"index":0,"message":{"role":"assistant","content":"éb\n","refusal":null,"annotations":[{"type":"url_citation","url_citation":{"start_index":1,"end_index":3,"url":"https://u","title":""}}]},"logprobs":null,"finish_reason":"length"}`},
		{"nothing", "", ir.Candidate{Stop: ir.Stop{Reason: ir.StopEnd}}, `{"index":0,"message":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":"stop"}`},
		{"calls", "", ir.Candidate{Parts: []ir.Part{{Kind: ir.PartThinking, Text: "r"}, {Kind: ir.PartThinking, Text: "s"}, call, custom}, Stop: ir.Stop{Reason: ir.StopToolUse}},
			`{"index":0,"message":{"role":"assistant","content":null,"refusal":null,"reasoning_content":"r\n\ns","tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"},"extra_content":{"google":{"thought_signature":"S"}}},{"id":"call_000000000000000000000002","type":"custom","custom":{"name":"c","input":"a\nb"}}]},"logprobs":null,"finish_reason":"tool_calls"}`},
		{"functions", `"functions":[{"name":"f"}]`, ir.Candidate{Parts: []ir.Part{call}, Stop: ir.Stop{Reason: ir.StopToolUse}},
			`{"index":0,"message":{"role":"assistant","content":null,"refusal":null,"function_call":{"name":"f","arguments":"{\"a\":1}"}},"logprobs":null,"finish_reason":"function_call"}`},
		{"refusal", "", ir.Candidate{Parts: []ir.Part{{Kind: ir.PartRefusal, Text: "no"}}, Stop: ir.Stop{Reason: ir.StopRefusal}},
			`{"index":0,"message":{"role":"assistant","content":"","refusal":"no"},"logprobs":null,"finish_reason":"stop"}`},
		{"media", "", ir.Candidate{Parts: []ir.Part{{Kind: ir.PartAudio, Media: &ir.Media{Data: "AA"}}, {Kind: ir.PartImage, Media: &ir.Media{Source: ir.SourceURL, URL: "https://i"}}}, Stop: ir.Stop{Reason: ir.StopEnd}},
			`{"index":0,"message":{"role":"assistant","content":null,"refusal":null,"audio":{"id":"audio_000000000000000000000002","data":"AA","expires_at":1770003600,"transcript":""},"images":[{"type":"image_url","image_url":{"url":"https://i"}}]},"logprobs":null,"finish_reason":"stop"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			body := `{"model":"m","messages":[{"role":"user","content":"x"}]`
			if tt.request != "" {
				body += "," + tt.request
			}
			out := Codec{}.AppendResponse(nil, &ir.Response{Candidates: []ir.Candidate{tt.cand}, Usage: ir.NoUsage(), Tier: "flex"}, trip(body+"}"))
			sameJSON(t, out, `{"id":"chatcmpl-000000000000000000000001","object":"chat.completion","created":1770000000,"model":"m","choices":[`+tt.want+`],"service_tier":"flex"}`)
		})
	}
}

// TestForeignTier keeps another vendor's tier from a client of OpenAI's.
func TestForeignTier(t *testing.T) {
	tr := trip("")
	tr.Target.Dialect = ir.Anthropic
	if out := string(Codec{}.AppendResponse(nil, &ir.Response{Tier: "default", Usage: ir.NoUsage()}, tr)); strings.Contains(out, "service_tier") {
		t.Errorf("got %s", out)
	}
}

func TestCount(t *testing.T) {
	sameJSON(t, Codec{}.AppendCount(nil, 7), `{"object":"response.input_tokens","input_tokens":7}`)
	if _, err := (Codec{}).DecodeCount([]byte(`{}`)); err == nil || !strings.Contains(err.Error(), "501") {
		t.Errorf("got %v", err)
	}
}
