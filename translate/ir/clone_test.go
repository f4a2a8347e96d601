package ir

import (
	"reflect"
	"testing"
	"unsafe"
)

// TestCollectorOwnsWhatItKeeps writes over the frame in which all that the
// collector is given lies.
func TestCollectorOwnsWhatItKeeps(t *testing.T) {
	part := func(word string) *Part {
		return &Part{
			Kind: PartServerResult, Text: Text(word), ItemID: word, Sig: &Sig{Value: word}, Think: &Thinking{ItemID: word, Sig: &Sig{Value: word}},
			Call:   &ToolCall{ID: word, Name: word, Namespace: word, Args: Args{Text: Text(word)}, Raw: []byte(word)},
			Server: &ServerItem{ID: word, CallID: word, Tool: word, Label: word, Status: word, Raw: []byte(word), Parts: []Part{{Kind: PartText, Text: Text(word)}}},
			Media:  &Media{MIME: word, URL: word, ID: word, Data: Text(word)}, Opaque: &Opaque{Type: word, Raw: []byte(word)},
			Citations: []Citation{{FileID: word, Title: Text(word), URL: Text(word), CitedText: Text(word), Raw: []byte(word)}},
			Logprobs:  []TokenLogprob{{Token: Text(word), Top: []TokenLogprob{{Token: Text(word)}}}},
		}
	}
	collect := func(p *Part, over func()) *Response {
		var c Collector
		c.Add(&Event{Kind: EventPartStart, Part: p})
		c.Add(&Event{Kind: EventCitation, Citation: &p.Citations[0]})
		over()
		c.Add(&Event{Kind: EventPartStop})
		c.Add(&Event{Kind: EventEnd})
		resp, err := c.Response()
		if err != nil {
			t.Fatal(err)
		}
		return resp
	}
	frame := []byte("a word")
	got := collect(part(unsafe.String(&frame[0], len(frame))), func() { clear(frame) })
	want := collect(part("a word"), func() {})
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got.Candidates[0].Parts[0], want.Candidates[0].Parts[0])
	}
}
