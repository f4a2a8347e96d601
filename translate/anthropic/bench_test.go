package anthropic

import (
	"fmt"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// agentBody is an agent's request: 30 tools, 40 messages, about 118 KB.
func agentBody() []byte {
	var b strings.Builder
	b.WriteString(`{"model":"claude-sonnet-4-5","max_tokens":32000,"stream":true,"system":[{"type":"text","text":"` + strings.Repeat("You are an agent. ", 700) + `","cache_control":{"type":"ephemeral"}}],"tools":[`)
	for i := range 30 {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"name":"tool_%d","description":"%s","input_schema":{"type":"object","properties":{"path":{"type":"string","description":"A path"},"lines":{"type":"array","items":{"type":"integer"}}},"required":["path"]}}`, i, strings.Repeat("What it does. ", 100))
	}
	b.WriteString(`],"messages":[`)
	for i := range 20 {
		if i > 0 {
			b.WriteByte(',')
		}
		result := strings.Repeat(`a line of output\n`, 130)
		fmt.Fprintf(&b, `{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_%d","content":"%s"},{"type":"text","text":"go on"}]},{"role":"assistant","content":[{"type":"text","text":"I look at it."},{"type":"tool_use","id":"toolu_%d","name":"tool_%d","input":{"path":"/a/b/c.go","lines":[1,2,3]}}]}`, i-1, result, i, i%30)
	}
	b.WriteString(`,{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_19","content":"done"}]}]}`)
	return []byte(strings.Replace(b.String(), `{"type":"tool_result","tool_use_id":"toolu_-1"`, `{"type":"text","x":1,"text":"a"},{"type":"text","text":"b"`, 1))
}

func BenchmarkDecodeRequest(b *testing.B) {
	body := agentBody()
	env := envelope()
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := (Codec{}).DecodeRequest(body, env); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendRequest(b *testing.B) {
	body := agentBody()
	req := decode(b, string(body))
	to := target(manual, req.Tools)
	var dst []byte
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		out, err := Codec{}.AppendRequest(dst[:0], req, to)
		if err != nil {
			b.Fatal(err)
		}
		dst = out
	}
}

const textDelta = `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"some words of an answer"}}`

func decoderInText(trip *ir.Trip) ir.Decoder {
	dec := Codec{}.NewDecoder(trip)
	dec.Decode(nil, "", []byte(`{"type":"message_start","message":{"id":"m"}}`))
	dec.Decode(nil, "", []byte(`{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}`))
	return dec
}

func encoderInText() ir.Encoder {
	enc := Codec{}.NewEncoder(client())
	for _, e := range []ir.Event{{Kind: ir.EventStart, ID: "r"}, start(0, textPart), delta(0, "a")} {
		enc.Append(nil, &e)
	}
	return enc
}

func BenchmarkDecodeDelta(b *testing.B) {
	dec, data := decoderInText(upstream()), []byte(textDelta)
	var events []ir.Event
	b.ReportAllocs()
	for b.Loop() {
		events = dec.Decode(events[:0], "content_block_delta", data)
	}
}

func BenchmarkEncodeDelta(b *testing.B) {
	enc, ev := encoderInText(), delta(0, "some words of an answer")
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		dst = enc.Append(dst[:0], &ev)
	}
}

func TestAllocations(t *testing.T) {
	data, name := []byte(textDelta), "content_block_delta"
	raw := []byte("event: content_block_delta\ndata: " + textDelta + "\n\n")
	relay := Codec{}.NewRelay(envelope(), "asked", true)
	dec, enc, ev := decoderInText(upstream()), encoderInText(), delta(0, "some words")
	dst, events := make([]byte, 0, 4096), make([]ir.Event, 0, 8)
	for what, run := range map[string]func(){
		"relay":  func() { relay.Frame(dst, name, data, raw) },
		"decode": func() { dec.Decode(events, name, data) },
		"encode": func() { enc.Append(dst, &ev) },
	} {
		if n := testing.AllocsPerRun(100, run); n != 0 {
			t.Errorf("%s: %v allocations a frame", what, n)
		}
	}
}

// TestDecodeAllocations checks that a request decodes with few allocations.
func TestDecodeAllocations(t *testing.T) {
	body, env := agentBody(), envelope()
	n := testing.AllocsPerRun(20, func() {
		if _, err := (Codec{}).DecodeRequest(body, env); err != nil {
			t.Fatal(err)
		}
	})
	if n > 120 {
		t.Errorf("%v allocations", n)
	}
}
