package chat

import (
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

func envelope(t testing.TB, body string) *ir.Envelope {
	t.Helper()
	env := &ir.Envelope{Op: ir.Generate, Dialect: ir.Chat}
	if err := (Codec{}).ReadEnvelope([]byte(body), env); err != nil {
		t.Fatal(err)
	}
	return env
}

func TestRelayRequest(t *testing.T) {
	tests := []struct{ name, body, want string }{
		{"nothing to do", ` {"model":"gpt-4.1", "messages":[ ]} `, ` {"model":"gpt-4.1", "messages":[ ]} `},
		{"another name", `{"messages":[{"model":"x"}],"model" : "mine" }`, `{"messages":[{"model":"x"}],"model" : "gpt-4.1" }`},
		{"usage of a stream", `{ "model":"gpt-4.1","stream":true}`, `{"stream_options":{"include_usage":true}, "model":"gpt-4.1","stream":true}`},
		{"usage and name", `{"model":"mine","stream":true}`, `{"stream_options":{"include_usage":true},"model":"gpt-4.1","stream":true}`},
		{"usage that is asked for", `{"model":"gpt-4.1","stream":true,"stream_options":{"include_usage": true}}`, `{"model":"gpt-4.1","stream":true,"stream_options":{"include_usage": true}}`},
		{"usage that is not wanted", `{"stream_options":{"a": [1],"include_usage":false},"model":"mine","stream":true}`, `{"stream_options":{"include_usage":true,"a":[1]},"model":"gpt-4.1","stream":true}`},
		{"options of nothing", `{"stream":true,"stream_options":null,"model":"gpt-4.1"}`, `{"stream":true,"stream_options":{"include_usage":true},"model":"gpt-4.1"}`},
		{"no stream", `{"model":"gpt-4.1","stream":false}`, `{"model":"gpt-4.1","stream":false}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Codec{}.RelayRequest([]byte("x"), []byte(tt.body), envelope(t, tt.body), gpt())
			if err != nil || string(got) != "x"+tt.want {
				t.Errorf("got  %s, %v\nwant x%s", got, err, tt.want)
			}
		})
	}
	target := gpt()
	target.Caps.StreamUsage = false
	body := `{"model":"gpt-4.1","stream":true}`
	if got, _ := (Codec{}).RelayRequest(nil, []byte(body), envelope(t, body), target); string(got) != body {
		t.Errorf("got %s", got)
	}
}

// TestRelayLimit checks that a reasoning model is not sent what it refuses, and
// that all others get the body as it is.
func TestRelayLimit(t *testing.T) {
	for _, c := range []struct {
		name, body, want string
		plain            bool
	}{
		{"old name", `{"model":"gpt-4.1","max_tokens" : 9,"messages":[{"max_tokens":1}]}`, `{"model":"gpt-4.1","max_completion_tokens" : 9,"messages":[{"max_tokens":1}]}`, false},
		{"a model that takes both", `{"model":"gpt-4.1","max_tokens":9}`, ``, true},
		{"new name", `{"model":"gpt-4.1","max_completion_tokens":9}`, ``, false},
		{"both", `{"model":"gpt-4.1","max_completion_tokens":9,"max_tokens":9}`, ``, false},
		{"both, the other way round", `{"model":"gpt-4.1","max_tokens":9,"max_completion_tokens":9}`, ``, false},
		{"escaped", `{"model":"gpt-4.1","max\u005ftokens":9}`, ``, false},
		{"nothing", `{"model":"gpt-4.1","max_tokens":null}`, `{"model":"gpt-4.1","max_completion_tokens":null}`, false},
	} {
		target := gpt()
		target.Caps.NoSampling = !c.plain
		if c.want == "" {
			c.want = c.body
		}
		if got, err := (Codec{}).RelayRequest(nil, []byte(c.body), envelope(t, c.body), target); string(got) != c.want || err != nil {
			t.Errorf("%s: got %s, %v\nwant %s", c.name, got, err, c.want)
		}
	}
}

// pipe sends chunks through a relay and returns what the client gets.
func pipe(p ir.Relay, chunks []string) string {
	var out []byte
	for _, data := range chunks {
		out = p.Frame(out, "", []byte(data), []byte("data: "+data+"\n\n"))
	}
	return string(p.Close(out))
}

func TestRelayStream(t *testing.T) {
	quoting := delta(`"content":"\"usage\":{} \"error\":{} \"finish_reason\":\"stop\""`)
	tests := []struct {
		name    string
		chunks  []string
		hidden  int // index of the chunk that the client does not get, -1 for none
		seen    string
		content int // after how many chunks content has come
	}{
		{"text", []string{delta(`"role":"assistant","content":""`), quoting, finish("stop"), usageChunk, "[DONE]"}, 3, "end 7 9 done", 2},
		{"calls", []string{delta(`"role":"assistant","content":null,"tool_calls":null`), delta(`"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":""}}]`), finish("stop"), "[DONE]"}, -1, "tool_use -1 -1 done", 2},
		{"empty lists of calls", []string{delta(`"content":"a","tool_calls":[ ],"refusal":null`), finish("stop")}, -1, "end -1 -1 done", 1},
		{"usage beside the finish reason", []string{delta(`"reasoning":"r"`), `{"choices":[{"delta":{},"finish_reason":"length"}],"usage":{"prompt_tokens":1,"completion_tokens":2}}`, "[DONE]"}, -1, "length 1 2 done", 1},
		{"usage in the choice", []string{delta(`"content":"a"`), `{"choices":[{"delta":{},"finish_reason":"stop","usage":{"prompt_tokens":1,"completion_tokens":2}}]}`}, -1, "end 1 2 done", 1},
		{"Azure", []string{`{"choices":[],"prompt_filter_results":[]}`, delta(`"content":"a"`), finish("stop"), "[DONE]"}, -1, "end -1 -1 done", 2},
		{"an error", []string{delta(`"content":"a"`), `{"error":{"message":"busy","type":"server_error","code":"rate_limit_exceeded"}}`}, -1, "rate_limit done", 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := Codec{}.NewRelay(envelope(t, `{"model":"m","stream":true}`), "m", false)
			want := ""
			var out []byte
			for i, data := range tt.chunks {
				if strings.HasPrefix(data, `{"error"`) { // told in the gateway's own form
					out = p.Frame(out, "", []byte(data), []byte("data: "+data+"\n\n"))
					want += `data: {"error":{"message":"busy","type":"rate_limit_error","param":null,"code":"rate_limit_exceeded"}}` + "\n\n"
					continue
				}
				raw := "data: " + data + "\r\n\r\n"
				out = p.Frame(out, "", []byte(data), []byte(raw))
				if i != tt.hidden {
					want += raw
				}
				if p.Seen().Content != (i+1 >= tt.content) {
					t.Errorf("content is %v after chunk %d", p.Seen().Content, i)
				}
			}
			if out = p.Close(out); string(out) != want {
				t.Errorf("got\n%swant\n%s", out, want)
			}
			if got := showSeen(p.Seen()); got != tt.seen {
				t.Errorf("seen %s, want %s", got, tt.seen)
			}
		})
	}
}

func showSeen(s *ir.Seen) string {
	done := ""
	if s.Done {
		done = " done"
	}
	if s.Err != nil {
		return string(s.Err.Kind) + done
	}
	return string(s.Stop.Reason) + " " + string(appendInt(nil, s.Usage.InputTotal)) + " " + string(appendInt(nil, s.Usage.OutputTotal)) + done
}

func TestRelayWantsUsage(t *testing.T) {
	p := Codec{}.NewRelay(envelope(t, `{"model":"m","stream":true,"stream_options":{"include_usage":true}}`), "m", false)
	if got := pipe(p, []string{finish("stop"), usageChunk, "[DONE]"}); !strings.Contains(got, usageChunk) {
		t.Errorf("got %s", got)
	}
}

func TestRelayRenamed(t *testing.T) {
	p := Codec{}.NewRelay(envelope(t, `{"model":"m","stream":true}`), `my "own"`, true)
	got := pipe(p, []string{delta(`"content":"\"model\":\"up\""`), `{"choices":[{"delta":{},"finish_reason":"stop"}],"model" : "up"}`, "[DONE]"})
	want := "data: " + strings.Replace(delta(`"content":"\"model\":\"up\""`), `"model":"up"`, `"model":"my \"own\""`, 1) + "\n\n" +
		`data: {"choices":[{"delta":{},"finish_reason":"stop"}],"model" : "my \"own\""}` + "\n\ndata: [DONE]\n\n"
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	// A frame whose data is not one piece of the raw bytes.
	q := Codec{}.NewRelay(envelope(t, `{"model":"m","stream":true}`), "mine", true)
	raw := "data: {\"model\":\ndata: \"up\",\"choices\":[]}\n\n"
	if got := string(q.Frame(nil, "", []byte("{\"model\":\n\"up\",\"choices\":[]}"), []byte(raw))); got != "data: {\"model\":\ndata: \"mine\",\"choices\":[]}\n\n" {
		t.Errorf("got %q", got)
	}
}

func TestRelayCut(t *testing.T) {
	p := Codec{}.NewRelay(envelope(t, `{"model":"m","stream":true}`), "m", false)
	got := pipe(p, []string{delta(`"content":"a"`)})
	if !strings.HasSuffix(got, `{"error":{"message":"the upstream's answer ended before it was complete","type":"upstream_error","param":null,"code":"upstream_stream_truncated"}}`+"\n\n") {
		t.Errorf("got %s", got)
	}
	if showSeen(p.Seen()) != "upstream_truncated done" {
		t.Errorf("seen %+v", p.Seen())
	}
	if out := p.Frame(nil, "", []byte("[DONE]"), []byte("data: [DONE]\n\n")); len(out) > 0 {
		t.Errorf("behind the end: %s", out)
	}
	q := Codec{}.NewRelay(envelope(t, `{"model":"m","stream":true}`), "m", false)
	if pipe(q, []string{"[DONE]"}); q.Seen().Err == nil {
		t.Error("an empty answer is no error")
	}
}

func TestRelayBody(t *testing.T) {
	body := `{ "id":"i","model":"up","choices":[{"index":0,"message":{"content":"a","tool_calls":[{"id":"1","function":{"name":"f","arguments":"{}"}}]},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":1,"completion_tokens":2}}`
	p := Codec{}.NewRelay(envelope(t, `{"model":"m"}`), "m", false)
	if got := string(p.Body(nil, []byte(body))); got != body || showSeen(p.Seen()) != "tool_use 1 2 done" || !p.Seen().Content {
		t.Errorf("got %s, %+v", got, p.Seen())
	}
	p = Codec{}.NewRelay(envelope(t, `{"model":"m"}`), "m", true)
	if got := string(p.Body(nil, []byte(body))); got != strings.Replace(body, `"up"`, `"m"`, 1) {
		t.Errorf("got %s", got)
	}
	p = Codec{}.NewRelay(envelope(t, `{"model":"m"}`), "m", false)
	if got := p.Body([]byte("x"), []byte("<html>")); string(got) != "x" || p.Seen().Err == nil {
		t.Errorf("got %s, %+v", got, p.Seen())
	}
	env := envelope(t, `{"model":"m"}`)
	env.Op = ir.Embed
	p = Codec{}.NewRelay(env, "m", false)
	vectors := `{"object":"list","data":[],"model":"m","usage":{"prompt_tokens":8,"total_tokens":8}}`
	if got := string(p.Body(nil, []byte(vectors))); got != vectors || p.Seen().Usage.InputTotal != 8 || p.Seen().Err != nil {
		t.Errorf("got %s, %+v", got, p.Seen())
	}
}
