package translate

import (
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// localRequests ask the same in every dialect; stream is where the body says so.
var localRequests = map[ir.Dialect]string{
	ir.Chat:      `{"model":"m","max_tokens":7,"messages":[{"role":"system","content":"be brief"},{"role":"user","content":" hello "}]STREAM}`,
	ir.Responses: `{"model":"m","max_output_tokens":7,"instructions":"be brief","input":" hello "STREAM}`,
	ir.Anthropic: `{"model":"m","max_tokens":7,"system":"be brief","messages":[{"role":"user","content":[{"type":"text","text":" hello "}]}]STREAM}`,
	ir.Gemini:    `{"generationConfig":{"maxOutputTokens":7},"systemInstruction":{"parts":[{"text":"be brief"}]},"contents":[{"role":"user","parts":[{"text":" hello "}]}]}`,
}

func localCall(t *testing.T, d ir.Dialect, stream bool) *Call {
	t.Helper()
	body := strings.Replace(localRequests[d], "STREAM", "", 1)
	if stream {
		body = strings.Replace(localRequests[d], "STREAM", `,"stream":true`, 1)
	}
	c, err := NewCall(&ir.Envelope{Op: ir.Generate, Dialect: d, Model: "m", Stream: stream}, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestProbe(t *testing.T) {
	for d := range localRequests {
		got, err := localCall(t, d, false).Probe()
		if want := (Probe{"be brief\n", "hello", 1, 0, 7}); err != nil || got != want {
			t.Errorf("%s: %+v, %v", d, got, err)
		}
	}
}

// TestSay reads what Say writes with the decoders for upstreams.
func TestSay(t *testing.T) {
	for d := range localRequests {
		out, err := localCall(t, d, false).Say("a \"word\"", ir.StopEnd, 1_700_000_000)
		if err != nil {
			t.Fatal(err)
		}
		trip := bareTrip(&ir.Envelope{Op: ir.Generate, Dialect: d, Model: "m"})
		resp, err := CodecOf(d).DecodeResponse(out, trip)
		if err != nil {
			t.Fatalf("%s: %v in %s", d, err, out)
		}
		said := textOf(resp.Candidates[0].Parts)
		if said != "a \"word\"\n" || resp.Candidates[0].Stop.Reason != ir.StopEnd || resp.Usage.Total() != 0 || !resp.Usage.Known() {
			t.Errorf("%s: %q, %+v in %s", d, said, resp, out)
		}
		stream, err := localCall(t, d, true).Say("a \"word\"", ir.StopEnd, 1_700_000_000)
		if err != nil || !strings.Contains(string(stream), `a \"word\"`) || !strings.Contains(string(stream), "data:") {
			t.Errorf("%s: %v in %s", d, err, stream)
		}
	}
}
