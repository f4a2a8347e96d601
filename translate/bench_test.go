package translate

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/caps"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/sse"
)

var benchDialects = []ir.Dialect{ir.Chat, ir.Responses, ir.Anthropic, ir.Gemini}

var benchModels = map[ir.Dialect]string{
	ir.Chat: "gpt-4.1", ir.Responses: "gpt-4.1", ir.Anthropic: "claude-sonnet-4-5", ir.Gemini: "gemini-2.5-flash",
}

func benchTarget(d ir.Dialect) *ir.Target {
	provider := map[ir.Dialect]string{ir.Chat: "openai_compatible", ir.Responses: "openai", ir.Anthropic: "anthropic", ir.Gemini: "gemini"}[d]
	return &ir.Target{
		Dialect: d, Provider: provider, Model: benchModels[d], Caps: caps.Of(provider, d, benchModels[d]), Notes: &ir.Notes{},
	}
}

func benchEnvelope(d ir.Dialect, stream bool) *ir.Envelope {
	return &ir.Envelope{Op: ir.Generate, Dialect: d, Header: http.Header{}, Model: "demo", Stream: stream}
}

// chatBody is a request with as many tools and steps (a call and its result)
// as given; 30 and 18 make the 120 KB of a coding agent's.
func chatBody(tools, steps int, stream bool) []byte {
	prose := strings.Repeat("The quick brown fox jumps over the lazy dog; then it \\\"rests\\\" a while.\\n", 6)
	source := strings.Repeat(`\tif err := run(ctx, \"x\"); err != nil {\n\t\treturn fmt.Errorf(\"running: %w\", err)\n\t}\n`, 30)
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"model":"demo","stream":%t,"messages":[{"role":"system","content":"%s"},{"role":"user","content":"%s"}`,
		stream, strings.Repeat(prose, 14), prose)
	for i := range steps {
		fmt.Fprintf(&b, `,{"role":"assistant","content":"I look at the next file.","tool_calls":[{"id":"call_%024d","type":"function","function":{"name":"tool_%02d","arguments":"{\"path\":\"internal/pkg%d/file.go\",\"mode\":\"read\",\"lines\":[1,120]}"}}]}`, i, i%max(tools, 1), i)
		fmt.Fprintf(&b, `,{"role":"tool","tool_call_id":"call_%024d","content":"%s"}`, i, source)
	}
	b.WriteByte(']')
	for i := range tools {
		sep := ","
		if i == 0 {
			sep = `,"tools":[`
		}
		fmt.Fprintf(&b, `%s{"type":"function","function":{"name":"tool_%02d","description":"%s","parameters":{"type":"object","properties":{"path":{"type":"string","description":"%s"},"mode":{"type":"string","enum":["read","write","append"]},"lines":{"type":"array","items":{"type":"integer"}}},"required":["path","mode"]}}}`, sep, i, prose, prose[:100])
	}
	if tools > 0 {
		b.WriteByte(']')
	}
	b.WriteByte('}')
	return b.Bytes()
}

// bodyIn returns the same request in another dialect.
func bodyIn(tb testing.TB, d ir.Dialect, tools, steps int) []byte {
	tb.Helper()
	body := chatBody(tools, steps, false)
	if d == ir.Chat {
		return body
	}
	call, err := NewCall(benchEnvelope(ir.Chat, false), body)
	if err != nil {
		tb.Fatal(err)
	}
	out, err := call.For(benchTarget(d), "demo", 1).Request(nil)
	if err != nil {
		tb.Fatal(err)
	}
	return out
}

// requestOnce returns a function that turns a client's request into the
// upstream's body, in memory that goes from request to request.
func requestOnce(tb testing.TB, from, to ir.Dialect, body []byte) func() {
	var dst []byte
	arena := ir.NewArena(len(body))
	return func() {
		defer arena.Reset()
		env := benchEnvelope(from, false)
		env.Arena = arena
		call, err := NewCall(env, body)
		if err != nil {
			tb.Fatal(err)
		}
		if dst, err = call.For(benchTarget(to), "demo", 1).Request(dst[:0]); err != nil {
			tb.Fatal(err)
		}
	}
}

// streamOnce returns a function that turns an upstream's stream into the
// client's.
func streamOnce(tb testing.TB, from, to ir.Dialect, stream []byte) func() {
	body := []byte("{" + minimal[to] + "}")
	src := sse.NewReader(nil)
	var dst []byte
	return func() {
		call, err := NewCall(benchEnvelope(to, true), body)
		if err != nil {
			tb.Fatal(err)
		}
		answer, err := call.For(benchTarget(from), "demo", 1).Answer(true)
		if err != nil {
			tb.Fatal(err)
		}
		src.Reset(bytes.NewReader(stream))
		for src.Next() {
			dst = answer.Frame(dst[:0], src.Event())
		}
		dst = answer.Close(dst[:0])
		if err := answer.Seen().Err; err != nil {
			tb.Fatal(err)
		}
	}
}

// BenchmarkRequest turns a client's request into the upstream's body; the pair
// of equal dialects is the relay.
func BenchmarkRequest(b *testing.B) {
	for _, size := range []struct {
		name         string
		tools, steps int
	}{{"small", 0, 0}, {"large", 30, 18}} {
		for _, from := range benchDialects {
			body := bodyIn(b, from, size.tools, size.steps)
			for _, to := range benchDialects {
				b.Run(fmt.Sprintf("%s/%s-%s", size.name, from, to), func(b *testing.B) {
					b.SetBytes(int64(len(body)))
					b.ReportAllocs()
					once := requestOnce(b, from, to, body)
					for b.Loop() {
						once()
					}
				})
			}
		}
	}
}

// streamOf returns a stream of text deltas as an upstream of the dialect sends
// it.
func streamOf(tb testing.TB, d ir.Dialect, deltas int) []byte {
	tb.Helper()
	call, err := NewCall(benchEnvelope(d, true), []byte("{"+minimal[d]+"}"))
	if err != nil {
		tb.Fatal(err)
	}
	trip, err := call.trip(benchTarget(d), "demo", 1)
	if err != nil {
		tb.Fatal(err)
	}
	enc := CodecOf(d).NewEncoder(trip)
	usage := ir.NoUsage()
	usage.InputTotal, usage.OutputTotal = 100, int64(deltas)
	out := enc.Append(nil, &ir.Event{Kind: ir.EventStart, ID: "1", Model: "demo", Usage: &usage})
	out = enc.Append(out, &ir.Event{Kind: ir.EventPartStart, Part: &ir.Part{Kind: ir.PartText}})
	for range deltas {
		out = enc.Append(out, &ir.Event{Kind: ir.EventDelta, Text: "some words of text "})
	}
	for _, e := range []ir.Event{
		{Kind: ir.EventPartStop}, {Kind: ir.EventUsage, Usage: &usage}, {Kind: ir.EventStop, Stop: ir.Stop{Reason: ir.StopEnd}}, {Kind: ir.EventEnd},
	} {
		out = enc.Append(out, &e)
	}
	return out
}

// BenchmarkStream translates a stream of 1,000 text deltas; the figures are for
// one of them.
func BenchmarkStream(b *testing.B) {
	const deltas = 1000
	for _, from := range benchDialects {
		stream := streamOf(b, from, deltas)
		for _, to := range benchDialects {
			b.Run(fmt.Sprintf("%s-%s", from, to), func(b *testing.B) {
				once := streamOnce(b, from, to, stream)
				b.ReportAllocs()
				for n := 0; n < b.N; n += deltas {
					once()
				}
			})
		}
	}
}

// BenchmarkReadEnvelope is what every request costs, whoever answers it.
func BenchmarkReadEnvelope(b *testing.B) {
	for _, d := range benchDialects {
		body := bodyIn(b, d, 30, 18)
		fresh := benchEnvelope(d, false)
		b.Run(string(d), func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				env := *fresh
				if err := CodecOf(d).ReadEnvelope(body, &env); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
