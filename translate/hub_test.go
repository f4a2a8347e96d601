package translate

import (
	"bytes"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-ai-gateway/ai-gateway/translate/caps"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/sse"
)

// exchangeOf joins a client's request with an upstream and checks that its
// body can be written.
func exchangeOf(t *testing.T, client, upstream ir.Dialect, body string, stream bool) (Exchange, string) {
	t.Helper()
	env := &ir.Envelope{Op: ir.Generate, Dialect: client, Model: "m", Stream: stream}
	c, err := NewCall(env, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	platform := map[ir.Dialect]string{ir.Chat: "openai", ir.Responses: "openai", ir.Anthropic: "anthropic", ir.Gemini: "gemini"}[upstream]
	target := &ir.Target{Dialect: upstream, Provider: platform, Model: "up", Caps: caps.Of(platform, upstream, "up"), Notes: &ir.Notes{}}
	x := c.For(target, "m", 1)
	sent, err := x.Request(nil)
	if err != nil {
		t.Fatal(err)
	}
	return x, string(sent)
}

const chatWithTool = `{"model":"m","messages":[{"role":"user","content":"hi"}],"tools":[{"type":"function","function":{"name":"get",` +
	`"parameters":{"type":"object","properties":{"the city":{"type":"string"}}}}}]}`

// TestRenamedKeysComeBack sends a tool whose argument Anthropic would refuse,
// and brings the argument's own name back, in all four ways of answering.
func TestRenamedKeysComeBack(t *testing.T) {
	whole := `{"id":"msg_1","type":"message","role":"assistant","model":"up","content":[{"type":"tool_use","id":"toolu_1","name":"get","input":{"KEY":"Rome"}}],"stop_reason":"tool_use","usage":{"input_tokens":1,"output_tokens":1}}`
	stream := []string{
		`{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"up","content":[],"usage":{"input_tokens":1,"output_tokens":1}}}`,
		`{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"toolu_1","name":"get","input":{}}}`,
		`{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"KE"}}`,
		`{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"Y\":\"Rome\"}"}}`,
		`{"type":"content_block_stop","index":0}`,
		`{"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":1}}`,
		`{"type":"message_stop"}`,
	}
	for _, asked := range []bool{false, true} {
		for _, streamed := range []bool{false, true} {
			body := chatWithTool
			if asked {
				body = strings.Replace(body, `"model":"m"`, `"model":"m","stream":true`, 1)
			}
			x, sent := exchangeOf(t, ir.Chat, ir.Anthropic, body, asked)
			key := ""
			gjson.Get(sent, "tools.0.input_schema.properties").ForEach(func(k, _ gjson.Result) bool { key = k.Str; return false })
			if key == "" || strings.Contains(key, " ") {
				t.Fatalf("the argument is sent as %q: %s", key, sent)
			}
			a, err := x.Answer(streamed)
			if err != nil {
				t.Fatal(err)
			}
			var out []byte
			if streamed {
				for _, s := range stream {
					name := gjson.Get(s, "type").Str
					cut := strings.ReplaceAll(s, `{\"KE`, `{\"`+key[:2])
					cut = strings.ReplaceAll(cut, `Y\":`, key[2:]+`\":`)
					out = a.Frame(out, sse.Event{Name: name, Data: []byte(cut)})
				}
				out = a.Close(out)
			} else {
				out = a.Body(nil, []byte(strings.Replace(whole, "KEY", key, 1)))
			}
			if seen := a.Seen(); seen.Err != nil || !seen.Content || seen.Stop.Reason != ir.StopToolUse {
				t.Errorf("asked %v, streamed %v: %+v", asked, streamed, seen)
			}
			if got := toolArguments(string(out)); got != `{"the city":"Rome"}` {
				t.Errorf("asked %v, streamed %v: the arguments are %q in\n%s", asked, streamed, got, out)
			}
		}
	}
}

// toolArguments reads the arguments of the first call, from a whole answer or a
// stream of Chat.
func toolArguments(out string) string {
	if gjson.Valid(out) {
		return gjson.Get(out, "choices.0.message.tool_calls.0.function.arguments").Str
	}
	args := ""
	for line := range strings.Lines(out) {
		if data, ok := strings.CutPrefix(line, "data: "); ok {
			args += gjson.Get(data, "choices.0.delta.tool_calls.0.function.arguments").Str
		}
	}
	return args
}

// TestAnswerThatIsNone reports what cannot be read as an upstream's error, and
// writes nothing for the client.
func TestAnswerThatIsNone(t *testing.T) {
	ask := map[ir.Dialect]string{
		ir.Chat:      `{"model":"m","messages":[{"role":"user","content":"hi"}]}`,
		ir.Responses: `{"model":"m","input":"hi"}`,
		ir.Anthropic: `{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}`,
		ir.Gemini:    `{"contents":[{"parts":[{"text":"hi"}]}]}`,
	}
	for client, body := range ask {
		for upstream := range ask {
			for _, stream := range []bool{false, true} {
				for _, answer := range []string{"", "null", "[]", "{}", "{", `"x"`, "<html>", `{"error":{"message":"x"}}`} {
					x, _ := exchangeOf(t, client, upstream, body, stream)
					a, err := x.Answer(false)
					if err != nil {
						t.Fatal(err)
					}
					out := a.Body([]byte("dst"), []byte(answer))
					if e := a.Seen().Err; e == nil || e.Status < 400 || string(out) != "dst" {
						t.Errorf("%s→%s (stream %v) %q: %+v, wrote %q", client, upstream, stream, answer, e, bytes.TrimPrefix(out, []byte("dst")))
					}
				}
			}
		}
	}
}

// TestCutStream ends with an error in each dialect, whatever came before.
func TestCutStream(t *testing.T) {
	first := map[ir.Dialect]sse.Event{
		ir.Chat:      {Data: []byte(`{"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"hi"}}]}`)},
		ir.Responses: {Name: "response.created", Data: []byte(`{"type":"response.created","response":{"id":"resp_1","status":"in_progress","output":[]}}`)},
		ir.Anthropic: {Name: "message_start", Data: []byte(`{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"up","content":[],"usage":{"input_tokens":1,"output_tokens":1}}}`)},
		ir.Gemini:    {Data: []byte(`{"candidates":[{"content":{"parts":[{"text":"hi"}]}}]}`)},
	}
	for upstream, frame := range first {
		for _, stream := range []bool{false, true} {
			body := chatWithTool
			if stream {
				body = strings.Replace(body, `"model":"m"`, `"model":"m","stream":true`, 1)
			}
			x, _ := exchangeOf(t, ir.Chat, upstream, body, stream)
			a, err := x.Answer(true)
			if err != nil {
				t.Fatal(err)
			}
			frame.Raw = append(append([]byte("data: "), frame.Data...), "\n\n"...)
			out := a.Close(a.Frame(nil, frame))
			if e := a.Seen().Err; e == nil || e.Kind != ir.ErrTruncated || e.Status != 502 {
				t.Errorf("%s (stream %v): %+v", upstream, stream, e)
			}
			if told := strings.Contains(string(out), "upstream_stream_truncated"); told != stream {
				t.Errorf("%s (stream %v): wrote %s", upstream, stream, out)
			}
		}
	}
}
