package geminiweb

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// example is an answer as it has been described, with exact lengths.
const example = ")]}'\n\n" + `76
[["wrb.fr",null,"[null,[\"c_1a2b3c4d5e6f7081\",\"r_9f8e7d6c5b4a3921\"]]"]]
163
[["wrb.fr",null,"[null,[\"c_1a2b3c4d5e6f7081\",\"r_9f8e7d6c5b4a3921\"],null,null,[[\"rc_00ff00ff00ff00ff\",[\"Hi \\\\*\"],null,null,null,null,null,null,[1]]]]"]]
166
[["wrb.fr",null,"[null,[\"c_1a2b3c4d5e6f7081\",\"r_9f8e7d6c5b4a3921\"],null,null,[[\"rc_00ff00ff00ff00ff\",[\"Hi *you* 😀\"],null,null,null,null,null,null,[2]]]]"]]
57
[["di",812],["af.httprm",811,"-5000000000000000001",7]]
26
[["e",5,null,null,1234]]
`

// problemFrame is an error inside of an answer.
const problemFrame = ")]}'\n\n121\n" + `[["wrb.fr",null,null,null,null,[8,null,[["type.googleapis.com/assistant.boq.bard.application.BardErrorInfo",[1037]]]]]]` + "\n"

func testTrip(stops ...string) *ir.Trip {
	req := &ir.Request{}
	for _, s := range stops {
		req.Sampling.Stop = append(req.Sampling.Stop, ir.Plain(s))
	}
	return &ir.Trip{Request: req, Target: &ir.Target{Model: "gemini-3-flash", Notes: &ir.Notes{}}}
}

// cut returns the frames of an answer that arrives in pieces of n bytes.
func cut(answer string, n int) []string {
	var f Frames
	var list []string
	for len(answer) > 0 {
		piece := answer[:min(n, len(answer))]
		answer = answer[len(piece):]
		f.Write([]byte(piece))
		if answer == "" {
			f.Close()
		}
		for {
			frame, ok := f.Next()
			if !ok {
				break
			}
			list = append(list, string(frame))
		}
	}
	return list
}

func TestFrames(t *testing.T) {
	whole := cut(example, len(example))
	if len(whole) != 5 || !strings.Contains(whole[2], "😀") || whole[4] != `[["e",5,null,null,1234]]` {
		t.Fatalf("got %q", whole)
	}
	for n := range 64 { // also within the guard, a length, a character of four bytes
		if got := cut(example, n+1); strings.Join(got, "\n") != strings.Join(whole, "\n") {
			t.Errorf("in pieces of %d bytes: %q", n+1, got)
		}
	}
	for _, c := range []struct{ answer, want string }{
		{")]}'\n\n[[\"di\",1]]\n[[\"e\"]]", `[["di",1]] [["e"]]`}, // without lengths
		{`[["e"]]`, `[["e"]]`},
		{")]}'\n9999\n[[\"di\",1]]\n8\n[[\"e\"]]\n", `[["di",1]] [["e"]]`}, // a wrong length
		{")]}'\n6\n{nope\n8\n[[\"e\"]]", `[["e"]]`},
		{"<html>\nSign in", ""},
		{")]}'", ""}, {"", ""}, {"7", ""}, {"-5\n[1]", "[1]"}, {"3\n[1", ""},
	} {
		for _, n := range []int{1, 1000} {
			if got := strings.Join(cut(c.answer, n), " "); got != c.want {
				t.Errorf("%q in pieces of %d: %s", c.answer, n, got)
			}
		}
	}
	deep := strings.Repeat("[", 600) + strings.Repeat("]", 600) // no parser should follow it
	if got := cut(deep+"\n[[\"e\"]]", 1000); strings.Join(got, " ") != `[["e"]]` {
		t.Errorf("got %.100q", got)
	}
	var f Frames
	f.Write([]byte("<html>"))
	if f.Next(); f.Guarded() {
		t.Error("a page was taken for an answer")
	}
}

func TestExample(t *testing.T) {
	resp, err := (Codec{}).DecodeResponse([]byte(example), testTrip())
	if err != nil {
		t.Fatal(err)
	}
	c := resp.Candidates[0]
	if len(c.Parts) != 1 || c.Parts[0].Text.String() != "Hi *you* 😀" || c.Stop.Reason != ir.StopEnd || resp.ID != "9f8e7d6c5b4a3921" {
		t.Errorf("got %+v", resp)
	}
	if resp.Usage.OutputTotal != 4 {
		t.Errorf("estimated %d tokens", resp.Usage.OutputTotal)
	}
	_, err = (Codec{}).DecodeResponse([]byte(problemFrame), testTrip())
	if e, ok := err.(*ir.Error); !ok || e.Kind != ir.ErrRateLimit || e.Code != "web_1037" || e.Status != 429 || e.RetryAfter == 0 {
		t.Errorf("the error became %v", err)
	}
}

// snap is a snapshot as a frame.
type snap struct {
	text, thought string
	state         int // 0 for none
	more          map[int]any
}

func (s snap) frame() []byte {
	c := make([]any, 38)
	c[0], c[1] = "rc_1", []any{s.text}
	if s.state != 0 {
		c[8] = []any{s.state}
	}
	if s.thought != "" {
		c[37] = []any{[]any{s.thought}}
	}
	body := make([]any, 43)
	body[1], body[4] = []any{"c_1", "r_1"}, []any{c}
	for i, v := range s.more {
		if i < 0 {
			c[-i] = v
		} else {
			body[i] = v
		}
	}
	inner, _ := json.Marshal(body)
	out, _ := json.Marshal([]any{[]any{"wrb.fr", nil, string(inner)}})
	return out
}

const endFrame = `[["e",4,null,null,131]]`

// told is what a decoder says of frames: the pieces of its parts, why it stopped, the error.
type told struct {
	kinds []string
	texts []string
	stop  ir.Stop
	err   *ir.Error
}

func tell(d ir.Decoder, frames ...string) (r told) {
	take := func(events []ir.Event) {
		for _, e := range events {
			switch e.Kind {
			case ir.EventPartStart:
				r.kinds, r.texts = append(r.kinds, e.Part.Kind.String()), append(r.texts, "")
			case ir.EventDelta:
				r.texts[e.Index] += e.Text.String()
			case ir.EventStop:
				r.stop = e.Stop
			case ir.EventError:
				r.err = e.Err
			}
		}
	}
	for _, f := range frames {
		name, data, named := strings.Cut(f, ": ")
		if !named || strings.HasPrefix(f, "[") {
			name, data = "", f
		}
		take(d.Decode(nil, name, []byte(data)))
	}
	take(d.Close(nil))
	return r
}

func TestStreams(t *testing.T) {
	s := func(text string, state int) string { return string(snap{text: text, state: state}.frame()) }
	for _, c := range []struct {
		name   string
		frames []string
		want   string // kinds, texts, stop, error
	}{
		{"a fence that vanishes", []string{s("a\n```", 1), s("a\n```go\nx\n```", 1), s("a\n```go\nxyz\n```", 2), endFrame}, "text|a\n```go\nxyz\n```|end|"},
		{"an escape that vanishes", []string{s(`one \*two`, 1), s("one *two*", 2)}, "text|one *two*|end|"},
		{"a snapshot that shrinks", []string{s("one two three", 1), s("one tw", 1), s("one two three four", 2)}, "text|one two three four|end|"},
		{"a text that is rewritten in the middle", []string{s("a = `x`; and then it goes on for a while", 1), s("a = 'x'; and then it goes on for a while, and on", 2)},
			"text|a = `x`; and then it goes on for a while, and on|end|"},
		{"a text that becomes another one", []string{s("aaaaaaaaaaaa", 1), s("bbb", 2)}, "text|aaaaaaaaaa|end|"},
		{"no state", []string{s("whole", 0), string(snap{text: "whole", more: map[int]any{25: "ctx"}}.frame())}, "text|whole|end|"},
		{"thoughts, then text", []string{string(snap{thought: "think", state: 1}.frame()), string(snap{thought: "thinking", state: 1}.frame()),
			string(snap{thought: "thinking", text: "said", state: 2}.frame())}, "thinking text|thinking/said|end|"},
		{"thoughts inside the text", []string{s("<ctrl94>thought\nhm<ctrl95>said", 2)}, "thinking text|hm/said|end|"},
		{"nothing said", []string{s("", 2), endFrame}, "||end|"},
		{"cut off", []string{s("one two three", 1)}, "text|one two thr||upstream_truncated upstream_stream_truncated"},
		{"cut off after thoughts", []string{string(snap{thought: "hm, hm", state: 1}.frame()), endFrame}, "thinking|hm, ||upstream_truncated upstream_stream_truncated"},
		{"nothing", nil, "|||upstream_truncated upstream_stream_truncated"},
		{"a bare status", []string{`[["wrb.fr",null,null,null,null,[13]]]`, endFrame}, "|||upstream status_13"},
		{"a bare status, then an answer", []string{`[["wrb.fr",null,null,null,null,[13]]]`, s("well", 2), endFrame}, "text|well|end|"},
		{"an error behind words", []string{s("one two three", 1), `[["wrb.fr",null,null,null,null,[8,null,[["x.BardErrorInfo",[1060]]]]]]`}, "text|one two thr||quota_exhausted web_1060"},
		{"a frame that is none", []string{"nonsense"}, "|||upstream bad_frame"},
		{"a picture", []string{s("look", 2), `image: {"mime":"image/png","data":"iVBO"}`, endFrame}, "text image|look/iVBO|end|"},
		{"a picture that did not come", []string{s("look", 2), `image: {}`, endFrame}, "text|look\n\n[A picture was made that could not be fetched.]|end|"},
		{"a card", []string{string(snap{text: "http://googleusercontent.com/card_content/3", state: 2, more: map[int]any{-22: []any{"real"}}}.frame())}, "text|real|end|"},
		{"an answer shown when it is complete", []string{"final: " + s(strings.Repeat("word ", 30)+"end", 2)}, "text|" + strings.Repeat("word ", 30) + "end|end|"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := tell(newDecoder(testTrip()), c.frames...)
			got := strings.Join(r.kinds, " ") + "|" + strings.Join(r.texts, "/") + "|" + string(r.stop.Reason) + "|"
			if r.err != nil {
				got += string(r.err.Kind) + " " + r.err.Code
			}
			if got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

// TestRewritten goes on behind a rewritten place as soon as there is more, and never says anything again.
func TestRewritten(t *testing.T) {
	var live track
	live.next("a = `x`; and then it goes on for a while", false)
	if got := live.next("a = 'x'; and then it goes on for a while, and further", false); got != "le, and furth" {
		t.Errorf("got %q", got)
	}
	var other track
	other.next("aaaaaaaaaaaa", false) // of which ten are said
	if got := other.next("bbbbbbbbbbbbbb", true); got != "bbbb" || !other.realigned {
		t.Errorf("got %q", got)
	}
}

func TestStops(t *testing.T) {
	s := func(text string, state int) string { return string(snap{text: text, state: state}.frame()) }
	for _, c := range []struct {
		frames []string
		text   string
		reason ir.StopReason
	}{
		{[]string{s("one ST", 1), s("one STOP two", 1)}, "one ", ir.StopSequence},
		{[]string{s("one STEPPI", 1), s("one STEPPING", 2)}, "one ", ir.StopSequence},
		{[]string{s("one ST", 1), s("one STEP two", 2)}, "one STEP two", ir.StopEnd},
		{[]string{s("one STOP", 2)}, "one ", ir.StopSequence},
	} {
		r := tell(newDecoder(testTrip("STOP", "never", "STEPPING")), c.frames...)
		if strings.Join(r.texts, "") != c.text || r.stop.Reason != c.reason || c.reason == ir.StopSequence && !strings.HasPrefix(string(r.stop.Sequence), "ST") {
			t.Errorf("%q %+v", r.texts, r.stop)
		}
	}
}

// TestRerouted notes that another model answers than the one that was asked for.
func TestRerouted(t *testing.T) {
	for model, noted := range map[string]bool{"3 Flash": false, "3.1 Pro": true, "": false} {
		trip := testTrip()
		tell(newDecoder(trip), string(snap{text: "x", state: 2, more: map[int]any{42: model}}.frame()))
		if got := trip.Target.Notes.Header(false) != ""; got != noted {
			t.Errorf("%s: %v", model, got)
		}
	}
}

func TestClean(t *testing.T) {
	for text, want := range map[string]string{
		"a &lt;b&gt; &amp;": "a <b> &",
		"see http://googleusercontent.com/image_generation_content/0\n\nbelow": "see below",
		"list<!-- end list -->": "list",
		"```python?code_reference&code_event_index=2\nimport x\n```\nThe result.": "The result.",
		"```text?code_stdout&code_event_index=2\n5\n```\nFive.":                   "Five.",
		"[x](https://www.google.com/search?q=https%3A%2F%2Fexample.com%2Fa)":      "[x](https://example.com/a)",
		"[x](https://www.google.com/search?q=how+to)":                             "[x](https://www.google.com/search?q=how+to)",
		"https://www.google.com/url?sa=t&url=http://example.com":                  "http://example.com",
		"```python\nprint(1)\n```":                                                "```python\nprint(1)\n```",
	} {
		if got, _ := clean(text); got != want {
			t.Errorf("%q became %q", text, got)
		}
	}
}

// TestImages reads pictures at both places.
func TestImages(t *testing.T) {
	image := []any{[]any{nil, nil, nil, []any{nil, nil, "alt", []any{nil, "https://lh3.googleusercontent.com/a"}}}, []any{"id-1"}}
	array := make([]any, 8)
	array[7] = []any{[]any{image}}
	for _, media := range []any{array, []any{map[string]any{"8": []any{[]any{image}}}}} {
		frame := snap{text: "x", state: 2, more: map[int]any{-12: media}}.frame()
		b, ok := ReadBody(At(parseJSON(frame), 0))
		if !ok || len(b.Images) != 1 || b.Images[0] != (Image{"https://lh3.googleusercontent.com/a", "id-1", "alt", 0}) {
			t.Errorf("%+v", b.Images)
		}
	}
}

func FuzzFrames(f *testing.F) {
	f.Add([]byte(example), uint8(3))
	f.Add([]byte(problemFrame), uint8(1))
	f.Add([]byte(")]}'\n5\n[\xf0\x9f]\n"), uint8(2))
	f.Fuzz(func(t *testing.T, data []byte, n uint8) {
		whole := cut(string(data), len(data)+1)
		if got := cut(string(data), int(n)+1); strings.Join(got, "\n") != strings.Join(whole, "\n") {
			t.Errorf("in pieces of %d bytes %q, at once %q", int(n)+1, got, whole)
		}
		d, events := newDecoder(testTrip("x")), []ir.Event(nil)
		for _, frame := range whole {
			events = d.Decode(events, "", []byte(frame))
			events = d.Decode(events, EventImage, []byte(frame))
		}
		events = d.Close(events)
		ends, open := 0, 0
		for _, e := range events {
			switch e.Kind {
			case ir.EventPartStart:
				open++
			case ir.EventPartStop:
				open--
			case ir.EventEnd, ir.EventError:
				ends++
			}
			if open < 0 || open > 1 {
				t.Fatalf("%d parts are open", open)
			}
			if !json.Valid([]byte(`"` + string(e.Text) + `"`)) {
				t.Fatalf("%q is no text of JSON", e.Text)
			}
		}
		if ends != 1 {
			t.Fatalf("the answer ended %d times", ends)
		}
	})
}

// FuzzSnapshots checks that pieces never take back what was said, and are the last snapshot if it goes on with the ones
// before.
func FuzzSnapshots(f *testing.F) {
	f.Add("one two", " three", "rewritten")
	f.Add("a\n```", "\n", "")
	f.Fuzz(func(t *testing.T, a, b, other string) {
		var whole track
		got := whole.next(a, false) + whole.next(a+b, false) + whole.next(a+b, true)
		if got != a+b && !whole.realigned {
			t.Errorf("%q and %q became %q", a, b, got)
		}
		var torn track
		n := len(torn.next(a, false)) + len(torn.next(other, false)) + len(torn.next(a+b, true))
		if n > len(a+b)+len(a)+len(other) {
			t.Errorf("%d bytes of %q, %q, %q", n, a, other, b)
		}
	})
}

func TestUnits(t *testing.T) {
	for _, s := range []string{"", "a", "ä", "😀", "a😀ä\n"} {
		n := len(utf16.Encode([]rune(s)))
		if size, ok := units([]byte(s+"rest"), n); !ok || size != len(s) {
			t.Errorf("%q: %d, %v", s, size, ok)
		}
		if _, ok := units([]byte(s), n+1); ok {
			t.Errorf("%q: more units than there are (%s)", s, strconv.Itoa(n))
		}
	}
}
