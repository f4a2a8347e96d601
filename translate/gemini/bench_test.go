package gemini

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// agentBody is a request as a coding agent sends it: an instruction, 30
// functions with schemas, and 40 contents with calls and responses; about
// 118 KB.
func agentBody() []byte {
	prose := func(n int) string {
		return strings.Repeat("Use this when the caller needs one part of a file, not all of it: the result is "+
			"cut at 2,000 lines, \"…\" stands for what was left out, and paths are relative to the root. ", n/150+2)[:n]
	}
	var source strings.Builder
	for i := 0; source.Len() < 2800; i++ {
		fmt.Fprintf(&source, "%4d\tif v, ok := m[\"key%d\"]; ok && v <= %d {\n%4d\t\treturn fmt.Errorf(\"value %%d of <%%s>\", v, name)\n", 2*i+1, i, i*7, 2*i+2)
	}
	quote := func(s string) string { return string(ir.AppendQuoted(nil, strings.ToValidUTF8(s, ""))) }
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"systemInstruction":{"parts":[{"text":%s}]},"contents":[{"role":"user","parts":[{"text":%s}]}`, quote(prose(6000)), quote(prose(1800)))
	for i := range 18 {
		fmt.Fprintf(&b, `,{"parts":[{"text":%s},{"functionCall":{"id":"call_%024d","args":{"lines":[1,120],"mode":"read","path":"internal/pkg%d/file.go"},"name":"tool_%02d"}}],"role":"model"}`, quote(prose(190)), i, i, i)
		fmt.Fprintf(&b, `,{"parts":[{"functionResponse":{"name":"tool_%02d","response":{"output":%s},"id":"call_%024d"}}],"role":"user"}`, i, quote(source.String()), i)
	}
	b.WriteString(`,{"role":"user","parts":[{"text":"go on"}]}],"generationConfig":{"temperature":1,"topP":0.95,"thinkingConfig":{"includeThoughts":true}},"tools":[{"functionDeclarations":[`)
	for i := range 30 {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"description":%s,"name":"tool_%02d","parametersJsonSchema":{"properties":{"lines":{"description":%s,"items":{"type":"integer"},"type":"array"},`+
			`"mode":{"description":%s,"enum":["read","write","append"],"type":"string"},"options":{"properties":{"depth":{"type":"integer"},"hidden":{"type":"boolean"}},"type":"object"},`+
			`"path":{"description":%s,"type":"string"}},"required":["path","mode"],"type":"object"}}`,
			quote(prose(440)), i, quote(prose(60)), quote(prose(60)), quote(prose(120)))
	}
	b.WriteString(`]}]}`)
	return b.Bytes()
}

func BenchmarkDecodeRequest(b *testing.B) {
	body := agentBody()
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := (Codec{}).DecodeRequest(body, envelope()); err != nil {
			b.Fatal(err)
		}
	}
}

func benchmarkEncode(b *testing.B, client ir.Dialect) {
	body := agentBody()
	req, err := Codec{}.DecodeRequest(body, envelope())
	if err != nil {
		b.Fatal(err)
	}
	req.Dialect = client
	target := gemini3()
	target.Names = ir.NewNames(req.Tools, Codec{}.NameRule())
	var dst []byte
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if dst, err = (Codec{}).AppendRequest(dst[:0], req, target); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncodeRequest(b *testing.B)       { benchmarkEncode(b, ir.Chat) }
func BenchmarkEncodeNativeRequest(b *testing.B) { benchmarkEncode(b, ir.Gemini) }

func BenchmarkRelayRequest(b *testing.B) {
	body := agentBody()
	env, target := envelope(), gemini3()
	var dst []byte
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		_ = Codec{}.ReadEnvelope(body, env)
		dst, _ = Codec{}.RelayRequest(dst[:0], body, env, target)
	}
}

// deltaFrame is a chunk in the middle of an answer.
const deltaFrame = `{"candidates": [{"content": {"parts": [{"text": "a few more words of the answer, as they come"}],"role": "model"},"index": 0}],"usageMetadata": {"promptTokenCount": 1234,"candidatesTokenCount": 56,"totalTokenCount": 1290,"promptTokensDetails": [{"modality": "TEXT","tokenCount": 1234}]},"modelVersion": "gemini-3-pro-preview","responseId": "abcdefghijk"}`

// deltaBench returns a decoder and an encoder in the middle of an answer.
func deltaBench() (ir.Decoder, ir.Encoder) {
	d, e := Codec{}.NewDecoder(tripTo(gemini3())), Codec{}.NewEncoder(tripTo(gemini3()))
	list := d.Decode(nil, "", []byte(deltaFrame))
	for i := range list {
		e.Append(nil, &list[i])
	}
	return d, e
}

func BenchmarkDecodeDelta(b *testing.B) {
	d, _ := deltaBench()
	frame := []byte(deltaFrame)
	var list []ir.Event
	b.ReportAllocs()
	for b.Loop() {
		list = d.Decode(list[:0], "", frame)
		d.(*streamDecoder).cands[0].text = d.(*streamDecoder).cands[0].text[:0]
	}
}

func BenchmarkEncodeDelta(b *testing.B) {
	_, e := deltaBench()
	delta := say(0, "a few more words of the answer, as they come")
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		dst = e.Append(dst[:0], &delta)
		e.(*streamEncoder).cands[0].open[0].text = e.(*streamEncoder).cands[0].open[0].text[:0]
	}
}

func BenchmarkRelayFrame(b *testing.B) {
	p := Codec{}.NewRelay(envelope(), "client-model", true)
	raw := []byte("data: " + deltaFrame + "\r\n\r\n")
	data := raw[len("data: ") : len(raw)-4]
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		dst = p.Frame(dst[:0], "", data, raw)
	}
}

// TestAllocations checks that a stream costs no garbage per event.
func TestAllocations(t *testing.T) {
	d, e := deltaBench()
	frame := []byte(deltaFrame)
	list := make([]ir.Event, 0, 16)
	dst := make([]byte, 0, 4096)
	d.(*streamDecoder).cands[0].text = make([]byte, 0, 1<<20)
	if n := testing.AllocsPerRun(1000, func() { list = d.Decode(list[:0], "", frame) }); n > 0 {
		t.Errorf("decoding a delta allocates %v times", n)
	}
	delta := say(0, "a few more words")
	e.(*streamEncoder).cands[0].open[0].text = make([]byte, 0, 1<<20)
	if n := testing.AllocsPerRun(1000, func() { dst = e.Append(dst[:0], &delta) }); n > 0 {
		t.Errorf("encoding a delta allocates %v times", n)
	}
	for _, renamed := range []bool{false, true} {
		p := Codec{}.NewRelay(envelope(), "client-model", renamed)
		raw := []byte("data: " + deltaFrame + "\r\n\r\n")
		data := raw[len("data: ") : len(raw)-4]
		p.Frame(nil, "", data, raw)
		if n := testing.AllocsPerRun(1000, func() { dst = p.Frame(dst[:0], "", data, raw) }); n > 0 {
			t.Errorf("relaying a frame (renamed %v) allocates %v times", renamed, n)
		}
	}
	body := agentBody()
	if n := testing.AllocsPerRun(20, func() { _, _ = Codec{}.DecodeRequest(body, envelope()) }); n > 40 {
		t.Errorf("decoding a large request allocates %v times", n)
	}
}
