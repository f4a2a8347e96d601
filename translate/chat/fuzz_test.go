package chat

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/sse"
)

// FuzzDecodeRequest reads anything and writes what it could read: never a
// panic, and always JSON where the input was.
func FuzzDecodeRequest(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.json")
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Add([]byte(conversation(`{"role":"assistant","content":[{"type":"tool_use","id":"1","name":"f","input":{}}],"function_call":{"name":"f"},"thinking_blocks":[{"type":"thinking","thinking":"t","signature":"s"}]},{"role":"tool","content":[{"type":"image_url","image_url":{"url":"data:,x"}}]}`)))
	f.Add([]byte(`{"model":"m","messages":[{"role":"user","content":"x"}],"tools":[{"type":"custom","custom":{"name":"a"}},{"google_search":{}}],"tool_choice":{"type":"allowed_tools","allowed_tools":{"tools":[{"name":"a"}]}},"extra_body":{"guided_choice":["a"]}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		env := &ir.Envelope{Op: ir.Generate, Dialect: ir.Chat}
		if (Codec{}).ReadEnvelope(body, env) != nil {
			return
		}
		for _, target := range []*ir.Target{gpt(), vllm()} {
			relayed, err := Codec{}.RelayRequest(nil, body, env, target)
			if err != nil || json.Valid(body) && !json.Valid(relayed) {
				t.Errorf("relayed %s, %v", relayed, err)
			}
			req, err := Codec{}.DecodeRequest(body, env)
			if err != nil {
				continue
			}
			out, err := Codec{}.AppendRequest(nil, req, target)
			if err == nil && json.Valid(body) && !json.Valid(out) {
				t.Errorf("wrote %s\nfor %s", out, body)
			}
		}
	})
}

// FuzzDecode reads anything as a stream and writes it as one.
func FuzzDecode(f *testing.F) {
	f.Add([]byte("data: "+delta(`"content":"a"`)+"\n\ndata: "+finish("stop")+"\n\ndata: "+usageChunk+"\n\ndata: [DONE]\n\n"), false)
	f.Add([]byte("data: "+delta(`"tool_calls":[{"id":"1","function":{"name":"f","arguments":{"a":1}}}],"audio":{"data":"x"},"images":[{"image_url":{"url":"data:,"}}],"annotations":[{"url_citation":{"url":"u"}}]`)+"\n\n"), true)
	f.Add([]byte("data: {\"error\":{\"code\":1}}\n\n"), true)
	f.Fuzz(func(t *testing.T, stream []byte, tags bool) {
		tr := trip("")
		tr.Target.Caps.ThinkTags = tags
		dec, enc := Codec{}.NewDecoder(tr), Codec{}.NewEncoder(tr)
		pipe := Codec{}.NewRelay(&ir.Envelope{}, "m", tags)
		var out []byte
		var events []ir.Event
		var collector ir.Collector
		take := func() {
			for i := range events {
				out = enc.Append(out, &events[i])
				collector.Add(&events[i])
			}
		}
		r := sse.NewReader(bytes.NewReader(stream))
		for r.Next() {
			events = dec.Decode(events[:0], r.Event().Name, r.Event().Data)
			take()
			pipe.Frame(nil, r.Event().Name, r.Event().Data, r.Event().Raw)
		}
		events = dec.Close(events[:0])
		take()
		pipe.Close(nil)
		checkFrames(t, out)
		if resp, err := collector.Response(); err == nil {
			checkBody(t, Codec{}.AppendResponse(nil, resp, tr))
		}
	})
}

// checkFrames checks that every frame is JSON or the terminator.
func checkFrames(t *testing.T, out []byte) {
	t.Helper()
	r := sse.NewReader(bytes.NewReader(out))
	for r.Next() {
		if data := r.Event().Data; string(data) != "[DONE]" && !json.Valid(data) {
			t.Errorf("wrote %q", data)
		}
	}
}

func checkBody(t *testing.T, out []byte) {
	t.Helper()
	if !json.Valid(out) {
		t.Errorf("wrote %s", out)
	}
}

// FuzzDecodeResponse reads anything as an answer, or as an error, and writes
// it whole and as a stream.
func FuzzDecodeResponse(f *testing.F) {
	f.Add([]byte(`{"id":"i","choices":[{"message":{"content":[{"type":"text","text":"a"}],"tool_calls":[{"function":{"name":"f","arguments":{"a":[1]}}}],"audio":{"data":"x"}},"logprobs":{"content":[{"token":"a","logprob":-1e-9,"bytes":[1]}]},"finish_reason":"stop"}],"usage":{"prompt_tokens":1.5}}`))
	f.Add([]byte(`{"error":{"message":"m","code":429}}`))
	f.Add([]byte(`{"choices":[{"index":1,"message":{"refusal":"no"},"finish_reason":"stop"},{"index":0,"message":{"tool_calls":[{"id":"c"}]},"finish_reason":"length"}]}`))
	f.Add([]byte(`{"choices":[{"message":{},"finish_reason":"content_filter","usage":{"prompt_tokens":3}},{"message":{"reasoning":"r"}}],"usage":{"completion_tokens":5}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		tr := trip("")
		checkBody(t, Codec{}.AppendError(nil, Codec{}.DecodeError(400, nil, body), ""))
		resp, err := Codec{}.DecodeResponse(body, tr)
		if err != nil || !json.Valid(body) {
			return
		}
		checkBody(t, Codec{}.AppendResponse(nil, resp, tr))
		var out []byte
		want := ir.Seen{Usage: ir.NoUsage(), Done: true}
		enc := Codec{}.NewEncoder(tr)
		ir.Replay(resp, func(e *ir.Event) { out = enc.Append(out, e); want.Note(e) })
		checkFrames(t, out)
		pipe := Codec{}.NewRelay(&ir.Envelope{Op: ir.Generate}, "m", false)
		if pipe.Body(nil, body); !reflect.DeepEqual(*pipe.Seen(), want) {
			t.Errorf("relayed: %+v, decoded: %+v", *pipe.Seen(), want)
		}
	})
}
