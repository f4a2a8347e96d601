package chat

import (
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

func TestSame(t *testing.T) {
	const head, tail = `{"id":"c","choices":[{"index":0,"delta":{"content":"`, `"},"finish_reason":null}],"usage":null}`
	var s same
	if s.like.Is([]byte(head + "a" + tail)) {
		t.Error("a chunk is known before any was learnt")
	}
	s.learn([]byte(head+" first"+tail), ir.Span{})
	for text, want := range map[string]bool{
		"": false, "b": true, " first": true, `\n\tü🙂 a\u0041`: true, strings.Repeat("long ", 1000): true,
		`a\"b`: true, `a\\`: true, `a\`: false, `\"usage\":{}`: true, `"},"error":{"message":"x"},"z":{"y":"`: false,
		`","tool_calls":[{"index":0}],"content":"`: false,
	} {
		if got := s.like.Is([]byte(head + text + tail)); got != want {
			t.Errorf("a chunk with the text %.60q is known: %t", text, got)
		}
	}
	for _, data := range []string{
		"", head, tail, head + tail[1:], strings.Replace(head, "content", "refusal", 1) + "a" + tail,
		head + "a" + strings.Replace(tail, "null", `"stop"`, 1), head + "a" + tail + " ",
	} {
		if s.like.Is([]byte(data)) {
			t.Errorf("%q is known", data)
		}
	}
}

// TestSameOverlap has a chunk that is shorter than what stands around the text.
func TestSameOverlap(t *testing.T) {
	var s same
	s.learn([]byte(`{"content":"abc","x":"","y":"z"}`), ir.Span{})
	for _, data := range []string{`{"content":"`, `","x":"","y":"z"}`, `{"content":"","x":"","y":"z"}`, `{"content":"a"}`} {
		if s.like.Is([]byte(data)) {
			t.Errorf("%s is known", data)
		}
	}
}

// TestSameTexts learns from calls and thinking, too.
func TestSameTexts(t *testing.T) {
	for _, delta := range []string{
		`{"tool_calls":[{"index":1,"function":{"arguments":"%"}}]}`, `{"reasoning_content":"%"}`, `{"content":null,"reasoning":"%"}`, `{"function_call":{"arguments":"%"}}`,
	} {
		chunk := func(text, pad string) []byte {
			return []byte(`{"id":"c","choices":[{"index":0,"delta":` + strings.Replace(delta, "%", text, 1) + `,"finish_reason":null}],"obfuscation":"` + pad + `"}`)
		}
		var s same
		s.learn(chunk("a", "x"), ir.Span{})
		if !s.like.Is(chunk("bb", "x")) || s.like.Is(chunk("bb", "yy")) {
			t.Errorf("%s: after one chunk", delta)
		}
		s.learn(chunk("bb", "yy"), ir.Span{})
		if !s.like.Is(chunk(`{\"c\":1}`, "")) || s.like.Is([]byte(strings.Replace(string(chunk("bb", "yy")), "null,\"fin", "0,\"fin", 1)+" ")) {
			t.Errorf("%s: after two chunks", delta)
		}
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

// TestRelayRenamesTheSame has chunks that are alike, whose model is renamed,
// wherever it stands.
func TestRelayRenamesTheSame(t *testing.T) {
	const choices = `"choices":[{"index":0,"delta":{"content":"%"},"finish_reason":null}]`
	for _, form := range []string{
		`{"id":"c","model":"gpt-x",` + choices + `}`, `{` + choices + `,"created":1,"model":"gpt-x"}`, `{"created":1#,"model":"gpt-x",` + choices + `}`,
		`{"created":1#,"model":"gpt-x"}`, `{"created":1#,"model":"gpt-x",` + choices + `,"p":"#"}`, `{` + choices + `,"p":"#","model":"gpt-x"}`,
	} {
		p := Codec{}.NewRelay(&ir.Envelope{}, "mine", true)
		var out, want []byte
		for i, text := range []string{"a", "b", "model", "gpt", "", "c", `\"`, "d"} {
			chunk := strings.ReplaceAll(strings.Replace(form, "%", text, 1), "#", strings.Repeat("7", i))
			raw := []string{"data: ", "data:", "id: 1\ndata: "}[i%3] + chunk + "\r\n\r\n"
			event, from := []byte(raw), strings.Index(raw, chunk)
			if out = p.Frame(out, "", event[from:from+len(chunk)], event); i == 5 {
				out = p.Frame(out, "", []byte(chunk), event)
				want = append(want, strings.Replace(raw, `"gpt-x"`, `"mine"`, 1)...)
			}
			want = append(want, strings.Replace(raw, `"gpt-x"`, `"mine"`, 1)...)
		}
		if string(out) != string(want) {
			t.Errorf("the stream became\n%s, want\n%s", out, want)
		}
	}
}
