package ir

import (
	"reflect"
	"testing"
)

// TestReplay checks that Collector and Replay are inverses.
func TestReplay(t *testing.T) {
	usage := NoUsage()
	usage.InputTotal, usage.OutputTotal = 3, 4
	want := &Response{
		ID: "1", Model: "m", Created: 5, Tier: "default", Usage: usage,
		Candidates: []Candidate{
			{Index: 0, Parts: []Part{
				{Kind: PartThinking, Text: "t", Think: &Thinking{Summary: true, Sig: &Sig{Value: "v", Family: SigOpenAI}}},
				{Kind: PartThinking, Think: &Thinking{Redacted: true, Sig: &Sig{Value: "r"}}},
				{Kind: PartText, Text: `a\nb`, Citations: []Citation{{Kind: "url", URL: "u"}}, Logprobs: []TokenLogprob{{Token: "a", Bytes: []byte("[97]"), Top: []TokenLogprob{{Token: "b"}}}}},
				{Kind: PartToolCall, Call: &ToolCall{ID: "c", Name: "f", Args: Args{Text: `{}`}}, Sig: &Sig{Value: "s", Target: SignsCall}},
				{Kind: PartToolCall, Call: &ToolCall{ID: "d", Name: "g", Args: Args{JSON: []byte(`{"a":1}`)}}},
				{Kind: PartImage, Media: &Media{MIME: "image/png", Source: SourceBase64, Data: "AAAA"}},
				{Kind: PartRefusal, Text: "no"},
				{Kind: PartServerCall, Server: &ServerItem{Tool: "web_search", Raw: []byte(`{}`)}},
			}, Stop: Stop{Reason: StopToolUse, Sequence: "x"}},
			{Index: 1, Parts: []Part{{Kind: PartText, Text: "b"}}, Stop: Stop{Reason: StopLength}},
		},
	}
	var c Collector
	open := false
	Replay(want, func(e *Event) { open = c.Add(e) })
	got, err := c.Response()
	if err != nil || open {
		t.Fatalf("%v, open %t", err, open)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	var seen Seen
	seen.Usage = NoUsage()
	Replay(want, seen.Note)
	if !seen.Content || !seen.Done || seen.Usage.InputTotal != 3 || seen.Stop.Reason != StopToolUse {
		t.Errorf("seen %+v", seen)
	}
}

// TestCollectorCopies checks that the answer outlives the frames it came from,
// and that interleaved parts land at their places.
func TestCollectorCopies(t *testing.T) {
	var c Collector
	buf := []byte("abc")
	c.Add(&Event{Kind: EventStart, ID: "1"})
	c.Add(&Event{Kind: EventPartStart, Index: 0, Part: &Part{Kind: PartText}})
	c.Add(&Event{Kind: EventPartStart, Index: 1, Part: &Part{Kind: PartToolCall, Call: &ToolCall{Name: "f"}}})
	c.Add(&Event{Kind: EventDelta, Index: 1, JSON: buf})
	c.Add(&Event{Kind: EventDelta, Index: 0, Text: Text(buf)})
	c.Add(&Event{Kind: EventPartStop, Index: 1})
	copy(buf, "xyz")
	c.Add(&Event{Kind: EventPartStop, Index: 0})
	if _, err := c.Response(); err == nil || err.Kind != ErrTruncated {
		t.Errorf("an answer without end gives %v", err)
	}
	c.Add(&Event{Kind: EventEnd})
	got, _ := c.Response()
	parts := got.Candidates[0].Parts
	if len(parts) != 2 || parts[0].Text != "abc" || string(parts[1].Call.Args.JSON) != "abc" {
		t.Errorf("got %+v", parts)
	}
	if c.Add(&Event{Kind: EventPing}) {
		t.Error("an ended stream goes on")
	}
}

func TestCollectorError(t *testing.T) {
	var c Collector
	c.Add(&Event{Kind: EventStart})
	c.Add(&Event{Kind: EventError, Err: &Error{Kind: ErrOverloaded}})
	if _, err := c.Response(); err == nil || err.Kind != ErrOverloaded {
		t.Errorf("got %v", err)
	}
}
