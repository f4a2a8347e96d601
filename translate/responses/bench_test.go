package responses

import (
	"strconv"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// largeRequest is what an agent sends: 30 tools, 40 messages and as many
// calls, about 118 KB.
func largeRequest() []byte {
	var b strings.Builder
	b.WriteString(`{"model":"gpt-5.2","instructions":"` + strings.Repeat(`You are careful.\n`, 600) + `","stream":true,"store":false,"include":["reasoning.encrypted_content"],"tools":[`)
	for i := range 30 {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`{"type":"function","name":"tool_` + strconv.Itoa(i) + `","description":"` + strings.Repeat("It does something useful. ", 30) +
			`","strict":false,"parameters":{"type":"object","properties":{"path":{"type":"string","description":"` + strings.Repeat("A path. ", 40) + `"},"n":{"type":"integer"}},"required":["path"]}}`)
	}
	b.WriteString(`],"input":[`)
	for i := range 40 {
		n := strconv.Itoa(i)
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`{"type":"message","role":"user","content":[{"type":"input_text","text":"` + strings.Repeat(`Look at this \"file\" and tell me.\n`, 10) + `"}]},`)
		b.WriteString(`{"type":"message","id":"msg_` + n + `","role":"assistant","status":"completed","content":[{"type":"output_text","text":"` + strings.Repeat("I will read it. ", 20) + `","annotations":[]}]},`)
		b.WriteString(`{"type":"function_call","call_id":"call_` + n + `","name":"tool_1","arguments":"{\"path\":\"a/b/c` + n + `\"}"},`)
		b.WriteString(`{"type":"function_call_output","call_id":"call_` + n + `","output":"` + strings.Repeat(`line of a file\n`, 60) + `"}`)
	}
	b.WriteString(`]}`)
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

func BenchmarkEncodeRequest(b *testing.B) {
	req, err := Codec{}.DecodeRequest(largeRequest(), nil)
	if err != nil {
		b.Fatal(err)
	}
	req.Dialect = ir.Chat
	to := target(req)
	var dst []byte
	b.SetBytes(int64(len(req.Raw)))
	b.ReportAllocs()
	for b.Loop() {
		if dst, err = (Codec{}).AppendRequest(dst[:0], req, to); err != nil {
			b.Fatal(err)
		}
	}
}

const textDelta = `{"type":"response.output_text.delta","item_id":"msg_0123456789abcdef0123456789abcdef","output_index":0,"content_index":0,"delta":" some text","logprobs":[],"obfuscation":"abcdef","sequence_number":17}`

func BenchmarkDecodeDelta(b *testing.B) {
	d := Codec{}.NewDecoder(newTrip(&ir.Request{}, ir.Responses))
	events := d.Decode(nil, "", []byte(textDelta))
	data := []byte(textDelta)
	b.ReportAllocs()
	for b.Loop() {
		events = d.Decode(events[:0], "response.output_text.delta", data)
	}
}

func BenchmarkEncodeDelta(b *testing.B) {
	e, ev := openStream()
	dst := make([]byte, 0, 1024)
	b.ReportAllocs()
	for b.Loop() {
		dst = e.Append(dst[:0], ev)
	}
}

// openStream is an encoder in the middle of a text, and a delta for it.
func openStream() (ir.Encoder, *ir.Event) {
	e := newEncoder(newTrip(&ir.Request{}, ir.Chat))
	first, part, ev := start(), begin(0, ir.Part{Kind: ir.PartText}), delta(0, " some text")
	e.Append(nil, &first)
	e.Append(nil, &part)
	e.Append(nil, &ev)
	e.open.text = make([]byte, 0, 32<<20)
	return e, &ev
}

// TestAllocations keeps ordinary frames free of allocations.
func TestAllocations(t *testing.T) {
	e, ev := openStream()
	dst := make([]byte, 0, 4096)
	if n := testing.AllocsPerRun(100, func() { dst = e.Append(dst[:0], ev) }); n > 0 {
		t.Errorf("%v allocations for writing a delta", n)
	}
	d := Codec{}.NewDecoder(newTrip(&ir.Request{}, ir.Responses))
	data := []byte(textDelta)
	events := d.Decode(nil, "", data)
	if n := testing.AllocsPerRun(100, func() { events = d.Decode(events[:0], "", data) }); n > 0 {
		t.Errorf("%v allocations for reading a delta", n)
	}
	p := Codec{}.NewRelay(&ir.Envelope{}, "mine", true)
	raw := []byte(frame(textDelta))
	for _, name := range []string{"response.output_text.delta", "response.content_part.done", "response.web_search_call.searching", ""} {
		if n := testing.AllocsPerRun(100, func() { dst = p.Frame(dst[:0], name, data, raw) }); n > 0 {
			t.Errorf("%v allocations for relaying %q", n, name)
		}
	}
}

// TestLargeRequest bounds the allocations of a long conversation.
func TestLargeRequest(t *testing.T) {
	body := largeRequest()
	n := testing.AllocsPerRun(10, func() {
		if _, err := (Codec{}).DecodeRequest(body, nil); err != nil {
			t.Fatal(err)
		}
	})
	if n > 60 {
		t.Errorf("%v allocations for %d bytes", n, len(body))
	}
}
