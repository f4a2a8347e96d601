package chat

import (
	"fmt"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// largeRequest is an agent's request: 30 tools, 40 messages, about 118 KB.
func largeRequest() []byte {
	var b strings.Builder
	prose := strings.Repeat(`The quick brown fox jumps over the \"lazy\" dog.\n`, 20)
	b.WriteString(`{"model":"gpt-4.1","max_tokens":32000,"stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"system","content":"` + strings.Repeat(prose, 8) + `"}`)
	for i := range 13 {
		fmt.Fprintf(&b, `,{"role":"user","content":"%s"},{"role":"assistant","content":"On it.","tool_calls":[{"id":"call_%024d","type":"function","function":{"name":"tool_%d","arguments":"{\"path\":\"/src/%d.go\",\"text\":\"%s\"}"}}]},{"role":"tool","tool_call_id":"call_%024d","content":"%s%s"}`,
			prose, i, i, i, strings.ReplaceAll(prose[:400], `\`, `\\\`), i, prose, prose)
	}
	b.WriteString(`],"tools":[`)
	for i := range 30 {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"type":"function","function":{"name":"tool_%d","description":"%s","parameters":{"type":"object","properties":{"path":{"type":"string","description":"%s"},"text":{"type":"string"},"n":{"type":"integer"}},"required":["path"],"additionalProperties":false}}}`, i, prose, prose[:200])
	}
	b.WriteString(`],"tool_choice":"auto"}`)
	return []byte(b.String())
}

func BenchmarkDecodeRequest(b *testing.B) {
	body := largeRequest()
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := (Codec{}).DecodeRequest(body, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendRequest(b *testing.B) {
	req, err := Codec{}.DecodeRequest(largeRequest(), nil)
	if err != nil {
		b.Fatal(err)
	}
	target := gpt()
	dst := make([]byte, 0, 256<<10)
	b.ReportAllocs()
	for b.Loop() {
		target.Names = nil
		target.Notes.Reset()
		if _, err := (Codec{}).AppendRequest(dst, req, target); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReadEnvelope(b *testing.B) {
	body := largeRequest()
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		var env ir.Envelope
		if err := (Codec{}).ReadEnvelope(body, &env); err != nil {
			b.Fatal(err)
		}
	}
}

// opened returns a decoder, an encoder and a relay in the middle of a text.
func opened(tb testing.TB) (ir.Decoder, ir.Encoder, ir.Relay) {
	tb.Helper()
	tr := trip("")
	dec, enc := Codec{}.NewDecoder(tr), Codec{}.NewEncoder(tr)
	pipe := Codec{}.NewRelay(&ir.Envelope{}, "m", false)
	first := []byte(delta(`"role":"assistant","content":"a"`))
	events := dec.Decode(nil, "", first)
	for i := range events {
		enc.Append(nil, &events[i])
	}
	pipe.Frame(nil, "", first, first)
	return dec, enc, pipe
}

func BenchmarkTextDelta(b *testing.B) {
	dec, enc, _ := opened(b)
	data := []byte(delta(`"content":"some words of an answer"`))
	var events []ir.Event
	dst := make([]byte, 0, 4096)
	b.ReportAllocs()
	for b.Loop() {
		events = dec.Decode(events[:0], "", data)
		enc.Append(dst, &events[0])
	}
}

func BenchmarkRelayFrame(b *testing.B) {
	_, _, pipe := opened(b)
	data := []byte(delta(`"content":"some words of an answer"`))
	dst := make([]byte, 0, 4096)
	b.ReportAllocs()
	for b.Loop() {
		pipe.Frame(dst, "", data, data)
	}
}

// TestAllocations holds the promise of the stream's hot paths.
func TestAllocations(t *testing.T) {
	dec, enc, pipe := opened(t)
	renamed := Codec{}.NewRelay(&ir.Envelope{}, "mine", true)
	data := []byte(delta(`"content":"some words of an answer"`))
	call := []byte(delta(`"tool_calls":[{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":""}}]`))
	more := []byte(delta(`"tool_calls":[{"index":0,"function":{"arguments":"{\"a\""}}]`))
	events := make([]ir.Event, 0, 8)
	dst := make([]byte, 0, 4096)
	through := func(data []byte) {
		events = dec.Decode(events[:0], "", data)
		for i := range events {
			enc.Append(dst, &events[i])
		}
	}
	tests := []struct {
		name string
		run  func()
	}{
		{"text through the hub", func() { through(data) }},
		{"relayed frame", func() { pipe.Frame(dst, "", data, data) }},
		{"relayed frame with another name", func() { renamed.Frame(dst, "", data, data) }},
		{"arguments through the hub", func() { through(more) }},
	}
	for i, tt := range tests {
		if i == 3 {
			through(call)
		}
		if n := testing.AllocsPerRun(100, tt.run); n > 0 {
			t.Errorf("%s: %v allocations", tt.name, n)
		}
	}
	body := largeRequest()
	if n := testing.AllocsPerRun(10, func() { _, _ = Codec{}.DecodeRequest(body, nil) }); n > 40 {
		t.Errorf("decoding a large request: %v allocations", n)
	}
}
