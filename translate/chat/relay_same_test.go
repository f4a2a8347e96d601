package chat

import (
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

func TestSame(t *testing.T) {
	const head, tail = `{"id":"c","choices":[{"index":0,"delta":{"content":"`, `"},"finish_reason":null}],"usage":null}`
	var s same
	if s.knows([]byte(head + "a" + tail)) {
		t.Error("a chunk is known before any was learnt")
	}
	s.learn([]byte(head+" first"+tail), ir.Span{})
	for text, want := range map[string]bool{
		"": true, "b": true, " first": true, `\n\tü🙂 a\u0041`: true, strings.Repeat("long ", 1000): true,
		`a\"b`: false, `a\\`: false, `a\`: false, `"},"error":{"message":"x"},"z":{"y":"`: false,
		`","tool_calls":[{"index":0}],"content":"`: false,
	} {
		if got := s.knows([]byte(head + text + tail)); got != want {
			t.Errorf("a chunk with the text %.60q is known: %t", text, got)
		}
	}
	for _, data := range []string{
		"", head, tail, head + tail[1:], strings.Replace(head, "content", "refusal", 1) + "a" + tail,
		head + "a" + strings.Replace(tail, "null", `"stop"`, 1), head + "a" + tail + " ",
	} {
		if s.knows([]byte(data)) {
			t.Errorf("%q is known", data)
		}
	}
}

// TestSameOverlap has a chunk that is shorter than what stands around the text.
func TestSameOverlap(t *testing.T) {
	var s same
	s.learn([]byte(`{"content":"abc","x":"","y":"`), ir.Span{})
	if s.knows([]byte(`{"content":"`)) || s.knows([]byte(`","x":"","y":"`)) {
		t.Error("half a chunk is known")
	}
}

func TestSameGivesUp(t *testing.T) {
	var s same
	for range maxTries {
		s.learn([]byte(`{"choices":[]}`), ir.Span{})
	}
	s.learn([]byte(`{"content":"a"}`), ir.Span{})
	if s.knows([]byte(`{"content":"b"}`)) {
		t.Error("it still learns")
	}
}

// TestRelayNoticesWhatFollows has a stream whose last chunks matter, behind
// many that are alike.
func TestRelayNoticesWhatFollows(t *testing.T) {
	const head = `{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":`
	relay := func(chunks ...string) *relay {
		p := Codec{}.NewRelay(&ir.Envelope{}, "m", false).(*relay)
		var out []byte
		all := ""
		for _, c := range chunks {
			raw := "data: " + c + "\n\n"
			out = p.Frame(out, "", []byte(c), []byte(raw))
			all += raw
		}
		if p.seen.Err == nil && string(out) != all {
			t.Errorf("the stream became %q", out)
		}
		return p
	}
	text := func(s string) string { return head + `{"content":"` + s + `"},"finish_reason":null}]}` }
	boring := []string{text("a"), text("b"), text("c"), text(`d \"usage\":{}`)}
	if p := relay(append(boring, head+`{},"finish_reason":"length"}]}`)...); !p.stopped || !p.seen.Content {
		t.Errorf("the end was not noticed: %+v", p.seen)
	}
	if p := relay(append(boring, `{"error":{"message":"broken","type":"server_error"}}`)...); p.seen.Err == nil {
		t.Error("the error was not noticed")
	}
	if p := relay(append(boring, head+`{"tool_calls":[{"index":0,"id":"x","function":{"name":"f","arguments":"{}"}}]},"finish_reason":null}]}`)...); !p.called {
		t.Error("the call was not noticed")
	}
	if p := relay(append(boring, strings.Replace(text("e"), `}]}`, `}],"usage":{"prompt_tokens":1,"completion_tokens":2}}`, 1))...); p.seen.Usage.OutputTotal != 2 {
		t.Error("the usage was not noticed")
	}
}

// TestRelayRenamesTheSame has chunks that are alike, whose model is renamed.
func TestRelayRenamesTheSame(t *testing.T) {
	p := Codec{}.NewRelay(&ir.Envelope{}, "mine", true)
	var out, want []byte
	for _, text := range []string{"a", "b", "model", "gpt", ""} {
		chunk := `{"id":"c","model":"gpt","choices":[{"index":0,"delta":{"content":"` + text + `"},"finish_reason":null}]}`
		raw := "data: " + chunk + "\r\n\r\n"
		out = p.Frame(out, "", []byte(chunk), []byte(raw))
		want = append(want, strings.Replace(raw, `"gpt",`, `"mine",`, 1)...)
	}
	if string(out) != string(want) {
		t.Errorf("the stream became %q, want %q", out, want)
	}
}
