package gemini

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// run writes events as a client's stream.
func run(trip *ir.Trip, events ...ir.Event) []byte {
	e := Codec{}.NewEncoder(trip)
	var out []byte
	for i := range events {
		out = e.Ping(e.Append(out, &events[i]))
	}
	return out
}

// checkStream checks the grammar that Gemini's clients insist on and returns
// the chunks: data lines only, each `data: ` with the space and ended by a
// blank line; no raw line separators; content in every chunk; the end's reason
// in the last one only; one id and one model.
func checkStream(t *testing.T, out []byte) []map[string]any {
	t.Helper()
	if bytes.Contains(out, []byte("\u2028")) || bytes.Contains(out, []byte("\u2029")) {
		t.Error("a raw line separator")
	}
	var chunks []map[string]any
	for len(out) > 0 {
		rest, ok := bytes.CutPrefix(out, []byte("data: "))
		line, rest, ended := bytes.Cut(rest, []byte("\r\n\r\n"))
		if !ok || !ended || bytes.ContainsAny(line, "\r\n") {
			t.Fatalf("no data line: %q", out)
		}
		chunks = append(chunks, parse(t, line).(map[string]any))
		out = rest
	}
	checkChunks(t, chunks)
	return chunks
}

func checkChunks(t *testing.T, chunks []map[string]any) {
	t.Helper()
	finished := 0
	for i, c := range chunks {
		if c["error"] != nil {
			if i != len(chunks)-1 {
				t.Error("an error is not the last chunk")
			}
			return
		}
		if c["responseId"] != chunks[0]["responseId"] || c["modelVersion"] != chunks[0]["modelVersion"] || c["responseId"] == "" {
			t.Errorf("chunk %d has another id or model: %v", i, c)
		}
		for _, cand := range c["candidates"].([]any) {
			parts := cand.(map[string]any)["content"].(map[string]any)["parts"].([]any)
			if len(parts) == 0 {
				t.Errorf("chunk %d has no parts", i)
			}
			if cand.(map[string]any)["finishReason"] != nil {
				finished++
				if i != len(chunks)-1 {
					t.Errorf("chunk %d of %d ends a candidate", i, len(chunks))
				}
			}
		}
	}
	if finished == 0 {
		t.Error("no candidate has ended")
	}
}

func started() ir.Event { return ir.Event{Kind: ir.EventStart, ID: "r1", Model: "up"} }

func open(index int, p ir.Part) ir.Event {
	return ir.Event{Kind: ir.EventPartStart, Index: index, Part: &p}
}

func say(index int, text string) ir.Event {
	return ir.Event{Kind: ir.EventDelta, Index: index, Text: ir.Plain(text)}
}

func raw(index int, text string) ir.Event {
	return ir.Event{Kind: ir.EventDelta, Index: index, JSON: []byte(text)}
}

func shut(index int) ir.Event { return ir.Event{Kind: ir.EventPartStop, Index: index} }

func signs(index int, s *ir.Sig) ir.Event {
	return ir.Event{Kind: ir.EventSignature, Index: index, Sig: s}
}

func ended(reason ir.StopReason) []ir.Event {
	return []ir.Event{{Kind: ir.EventStop, Stop: ir.Stop{Reason: reason}}, {Kind: ir.EventEnd}}
}

func callHeader(id string) ir.Part {
	return ir.Part{Kind: ir.PartToolCall, Call: &ir.ToolCall{ID: id, Name: "f", Type: ir.TypeFunction}}
}

func TestStreamEncoding(t *testing.T) {
	gem := &ir.Sig{Value: "GEM", Family: ir.SigGemini}
	usage := ir.NoUsage()
	usage.InputTotal, usage.OutputTotal, usage.Reasoning = 5, 9, 4
	tests := []struct {
		name   string
		events []ir.Event
		want   []string // the candidates of each chunk
	}{
		{"parts that overlap", []ir.Event{
			open(0, ir.Part{Kind: ir.PartThinking, Think: &ir.Thinking{}}), say(0, "t"), open(1, ir.Part{Kind: ir.PartText}), say(1, "a\u2028"),
			open(2, callHeader("1")), say(2, `{"x":"`), open(3, callHeader("2")), raw(3, "{\"y\":\n \"\u2029 1\"}"), say(2, `y"}`), signs(3, gem), shut(3), shut(2),
			signs(0, gem), shut(0), say(1, "b"), signs(1, gem), shut(1)}, []string{
			`[{"index":0,"content":{"role":"model","parts":[{"text":"t","thought":true}]}}]`,
			`[{"index":0,"content":{"role":"model","parts":[{"text":"a\u2028"}]}}]`,
			`[{"index":0,"content":{"role":"model","parts":[{"functionCall":{"id":"2","name":"f","args":{"y":"\u2029 1"}},"thoughtSignature":"GEM"}]}}]`,
			`[{"index":0,"content":{"role":"model","parts":[{"functionCall":{"id":"1","name":"f","args":{"x":"y"}}}]}}]`,
			`[{"index":0,"content":{"role":"model","parts":[{"text":"","thought":true,"thoughtSignature":"GEM"}]}}]`,
			`[{"index":0,"content":{"role":"model","parts":[{"text":"b"}]}}]`,
			`[{"index":0,"content":{"role":"model","parts":[{"text":"","thoughtSignature":"GEM"}]}}]`,
		}},
		{"complete versions", []ir.Event{
			open(0, ir.Part{Kind: ir.PartText, Text: "He"}), {Kind: ir.EventPartStop, Part: &ir.Part{Kind: ir.PartText, Text: "Hello"}},
			open(1, callHeader("1")), {Kind: ir.EventPartStop, Index: 1, Part: &ir.Part{Kind: ir.PartToolCall, Call: &ir.ToolCall{Args: ir.Args{Text: `{\"a\":1}`}}}},
			open(2, ir.Part{Kind: ir.PartText}), say(2, "x"), {Kind: ir.EventPartStop, Index: 2, Part: &ir.Part{Kind: ir.PartText, Text: "yz"}}}, []string{
			`[{"index":0,"content":{"role":"model","parts":[{"text":"He"}]}}]`,
			`[{"index":0,"content":{"role":"model","parts":[{"text":"llo"}]}}]`,
			`[{"index":0,"content":{"role":"model","parts":[{"functionCall":{"id":"1","name":"f","args":{"a":1}}}]}}]`,
			`[{"index":0,"content":{"role":"model","parts":[{"text":"x"}]}}]`,
		}},
		{"media and withheld thoughts", []ir.Event{
			open(0, ir.Part{Kind: ir.PartImage, Media: &ir.Media{MIME: "image/png", Source: ir.SourceBase64}}), say(0, "AA"), say(0, "BB"), shut(0),
			open(1, ir.Part{Kind: ir.PartThinking, Think: &ir.Thinking{Redacted: true, Sig: gem}}), shut(1),
			open(2, ir.Part{Kind: ir.PartThinking, Think: &ir.Thinking{}}), shut(2),
			open(3, ir.Part{Kind: ir.PartServerCall, Server: &ir.ServerItem{Dialect: ir.Anthropic}}), shut(3),
			open(4, ir.Part{Kind: ir.PartServerCall, Server: &ir.ServerItem{Dialect: ir.Gemini, Raw: []byte("{\"code\":\n\"1\"}")}}), shut(4)}, []string{
			`[{"index":0,"content":{"role":"model","parts":[{"inlineData":{"mimeType":"image/png","data":"AABB"}}]}}]`,
			`[{"index":0,"content":{"role":"model","parts":[{"text":"","thought":true,"thoughtSignature":"GEM"}]}}]`,
			`[{"index":0,"content":{"role":"model","parts":[{"executableCode":{"code":"1"}}]}}]`,
		}},
		{"nothing", nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			events := append([]ir.Event{started()}, tt.events...)
			events = append(events, ir.Event{Kind: ir.EventUsage, Usage: &usage})
			chunks := checkStream(t, run(tripTo(gemini3()), append(events, ended(ir.StopToolUse)...)...))
			want := append(tt.want, `[{"index":0,"content":{"role":"model","parts":[{"text":""}]},"finishReason":"STOP"}]`)
			if len(chunks) != len(want) {
				t.Fatalf("%d chunks, want %d: %s", len(chunks), len(want), indent(chunks))
			}
			for i := range want {
				sameJSON(t, []byte(indent(chunks[i]["candidates"])), want[i])
			}
			sameJSON(t, []byte(indent(chunks[len(chunks)-1]["usageMetadata"])),
				`{"promptTokenCount":5,"candidatesTokenCount":5,"thoughtsTokenCount":4,"totalTokenCount":14}`)
		})
	}
}

// TestStreamMeta checks what the last chunk tells of several candidates.
func TestStreamMeta(t *testing.T) {
	second := say(0, "b")
	second.Cand = 1
	events := []ir.Event{
		started(), open(0, ir.Part{Kind: ir.PartText}), say(0, "Zürich is"),
		{Kind: ir.EventCitation, Citation: &ir.Citation{Start: 0, End: 6, URL: "u", Title: "t"}},
		{Kind: ir.EventCitation, Citation: &ir.Citation{Start: -1, End: -1, URL: "v"}},
		{Kind: ir.EventCitation, Citation: &ir.Citation{Start: 7, End: 9, URL: "u"}},
		{Kind: ir.EventCitation, Citation: &ir.Citation{Kind: "page"}},
		{Kind: ir.EventLogprobs, Logprobs: []ir.TokenLogprob{{Token: "a", Logprob: -1, Top: []ir.TokenLogprob{{Token: "b", Logprob: -2}}}, {Token: "c"}}},
		shut(0), {Kind: ir.EventPartStart, Cand: 1, Part: &ir.Part{Kind: ir.PartText}}, second, {Kind: ir.EventPartStop, Cand: 1},
		{Kind: ir.EventStop, Cand: 1, Stop: ir.Stop{Reason: ir.StopRefusal, Detail: "why"}},
	}
	chunks := checkStream(t, run(tripTo(gemini3()), append(events, ended(ir.StopLength)...)...))
	sameJSON(t, []byte(indent(chunks[1])), `{"candidates":[{"index":1,"content":{"role":"model","parts":[{"text":"b"}]}}],"modelVersion":"client-model","responseId":"r1"}`)
	sameJSON(t, []byte(indent(chunks[len(chunks)-1])), `{"candidates":[
		{"index":0,"content":{"role":"model","parts":[{"text":""}]},"finishReason":"MAX_TOKENS",
			"groundingMetadata":{"groundingChunks":[{"web":{"uri":"u","title":"t"}},{"web":{"uri":"v"}}],"groundingSupports":[
				{"segment":{"startIndex":0,"endIndex":7,"text":"Zürich"},"groundingChunkIndices":[0]},{"segment":{"startIndex":8,"endIndex":10,"text":"is"},"groundingChunkIndices":[0]},
				{"segment":{"startIndex":0,"endIndex":10,"text":"Zürich is"},"groundingChunkIndices":[1]}]},
			"logprobsResult":{"chosenCandidates":[{"token":"a","logProbability":-1},{"token":"c","logProbability":0}],"topCandidates":[{"candidates":[{"token":"b","logProbability":-2}]},{"candidates":[]}]}},
		{"index":1,"content":{"role":"model","parts":[{"text":""}]},"finishReason":"SAFETY","finishMessage":"why"}],"modelVersion":"client-model","responseId":"r1"}`)
}

// TestStreamErrors checks that an error is the last thing in a stream.
func TestStreamErrors(t *testing.T) {
	failure := ir.Event{Kind: ir.EventError, Err: &ir.Error{Status: 529, Message: "busy\n\u2028"}}
	out := run(tripTo(gemini3()), append([]ir.Event{started(), open(0, ir.Part{Kind: ir.PartText}), say(0, "a"), failure}, ended(ir.StopEnd)...)...)
	bare := []byte("{\"error\":{\"code\":503,\"message\":\"busy\\n\\u2028\",\"status\":\"UNAVAILABLE\"}}\r\n\r\n")
	out, ok := bytes.CutSuffix(out, bare)
	if !ok {
		t.Fatalf("the stream does not end with the bare error: %s", out)
	}
	chunks := checkStream(t, out)
	sameJSON(t, []byte(indent(chunks[1])), `{"error":{"code":503,"message":"busy\n\u2028","status":"UNAVAILABLE"}}`)
	if len(chunks) != 2 {
		t.Errorf("%d chunks", len(chunks))
	}
}

// TestArrayStream checks the stream for clients that did not ask for events.
func TestArrayStream(t *testing.T) {
	trip := tripTo(gemini3())
	trip.Array = true
	events := append([]ir.Event{{Kind: ir.EventStart}, open(0, ir.Part{Kind: ir.PartText}), say(0, "a"), say(0, "b"), shut(0)}, ended(ir.StopEnd)...)
	for name, out := range map[string][]byte{
		"complete": run(trip, events...),
		"empty":    run(trip, ended(ir.StopEnd)...),
		"failed":   run(trip, append(events[:3:3], ir.Event{Kind: ir.EventError, Err: &ir.Error{Status: 500, Message: "m"}})...),
		"refused":  run(trip, ir.Event{Kind: ir.EventError, Err: &ir.Error{Status: 500, Message: "m"}}),
	} {
		var chunks []map[string]any
		if err := json.Unmarshal(out, &chunks); err != nil {
			t.Errorf("%s: %v: %s", name, err, out)
			continue
		}
		checkChunks(t, chunks)
	}
}

// TestResponseEncoding writes whole answers.
func TestResponseEncoding(t *testing.T) {
	usage := ir.NoUsage()
	resp := &ir.Response{Usage: usage, Candidates: []ir.Candidate{
		{Parts: []ir.Part{
			{Kind: ir.PartThinking, Text: "t", Think: &ir.Thinking{Sig: &ir.Sig{Value: "C", Family: ir.SigAnthropic, Scope: "s"}}},
			{Kind: ir.PartThinking, Think: &ir.Thinking{}},
			{Kind: ir.PartText}, {Kind: ir.PartText, Text: "Hé", Citations: []ir.Citation{{Start: 1, End: 2, URL: "u"}}}, {Kind: ir.PartRefusal, Text: "no"},
			{Kind: ir.PartToolCall, Call: &ir.ToolCall{ID: "1", Name: "f", Args: ir.Args{Text: ir.Plain("not json")}}, Sig: &ir.Sig{Value: "G", Family: ir.SigGemini}},
			{Kind: ir.PartImage, Media: &ir.Media{Source: ir.SourceURL, URL: "https://e.com/a.png"}}, {Kind: ir.PartCompaction, Opaque: &ir.Opaque{}}},
			Stop: ir.Stop{Reason: ir.StopToolUse}},
		{Index: 1, Stop: ir.Stop{Reason: ir.StopContextWindow}},
	}}
	out := Codec{}.AppendResponse(nil, resp, tripTo(gemini3()))
	sameJSON(t, out, `{"candidates":[
		{"content":{"role":"model","parts":[{"text":"t","thought":true,"thoughtSignature":"Z3dzMS5leUptSWpvaVlXNTBhSEp2Y0dsaklpd2liU0k2SWlJc0luTWlPaUp6SWl3aWF5STZJaUlzSW5ZaU9pSkRJbjA="},
			{"text":"Hé"},{"text":"no"},{"functionCall":{"id":"1","name":"f","args":{"_raw":"not json"}},"thoughtSignature":"G"},{"fileData":{"mimeType":"image/png","fileUri":"https://e.com/a.png"}}]},
			"finishReason":"STOP","index":0,"groundingMetadata":{"groundingChunks":[{"web":{"uri":"u"}}],"groundingSupports":[{"segment":{"partIndex":1,"startIndex":1,"endIndex":3,"text":"é"},"groundingChunkIndices":[0]}]}},
		{"content":{"role":"model","parts":[{"text":""}]},"finishReason":"MAX_TOKENS","index":1}],"modelVersion":"client-model","responseId":"000000000000000000000001"}`)
	sameJSON(t, Codec{}.AppendResponse(nil, &ir.Response{ID: "x", Usage: usage}, tripTo(gemini3())),
		`{"candidates":[{"content":{"role":"model","parts":[{"text":""}]},"finishReason":"OTHER","index":0}],"modelVersion":"client-model","responseId":"x"}`)
	if s := signature(&ir.Sig{Value: strings.Repeat("x", 70<<10), Family: ir.SigOpenAI}); s != "" {
		t.Error("a signature that is too long to carry is written")
	}
}
