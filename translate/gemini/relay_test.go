package gemini

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/sse"
)

// pipe relays a stream as an upstream sends it.
func pipe(env *ir.Envelope, renamed, array bool, stream string) (string, *ir.Seen) {
	p := Codec{}.NewRelay(env, "client-model", renamed)
	var src sse.Source = sse.NewReader(strings.NewReader(stream))
	if array {
		src = sse.NewArrayReader(strings.NewReader(stream))
	}
	var out []byte
	for src.Next() {
		e := src.Event()
		out = p.Frame(out, e.Name, e.Data, e.Raw)
	}
	return string(p.Close(out)), p.Seen()
}

func events(frames ...string) string {
	return "data: " + strings.Join(frames, "\r\n\r\ndata: ") + "\r\n\r\n"
}

// TestRelayExact checks that a stream passes byte for byte while the gateway
// learns from it.
func TestRelayExact(t *testing.T) {
	call := `{"candidates": [{"content": {"parts": [{"functionCall": {"name": "f","args": {"modelVersion": "x", "usageMetadata": {"promptTokenCount": 9}}}}]}}],"usageMetadata": {"promptTokenCount": 5,"totalTokenCount": 5}}`
	tests := []struct {
		name, stream string
		reason       ir.StopReason
		out          int64
	}{
		{"text", events(hello, ending), ir.StopEnd, 7},
		{"a call", events(call, ending), ir.StopToolUse, 7},
		{"line feeds only", "data: " + hello + "\n\ndata: " + ending + "\n\n", ir.StopEnd, 7},
		{"usage behind the end", events(hello, `{"candidates":[{"finishReason":"MAX_TOKENS"}]}`, `{"usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":8,"totalTokenCount":9}}`), ir.StopLength, 8},
		{"a blocked prompt", events(`{"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{"promptTokenCount":4}}`), ir.StopContentFilter, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out, seen := pipe(envelope(), false, false, tt.stream)
			if out != tt.stream {
				t.Errorf("got\n%q\nwant\n%q", out, tt.stream)
			}
			if seen.Err != nil || !seen.Done || seen.Stop.Reason != tt.reason || seen.Usage.OutputTotal != tt.out {
				t.Errorf("seen %+v", seen)
			}
		})
	}
}

// TestRelayContent checks when the first content is noticed.
func TestRelayContent(t *testing.T) {
	for frame, want := range map[string]bool{
		`{"usageMetadata":{"promptTokenCount":1}}`:                                       false,
		`{"candidates":[{"content":{"role":"model"}}]}`:                                  false,
		`{"candidates":[{"content":{"parts":[{"text":""}]}}]}`:                           false,
		`{"candidates":[{"content":{"parts":[{"text":"","thoughtSignature":"S"}]}}]}`:    false,
		`{"candidates":[{"content":{"parts":[{"text":"t","thought":true}]}}]}`:           true,
		`{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f"}}]}}]}`:         true,
		`{"candidates":[{"content":{"parts":[{"inlineData":{"data":"A"}}]}}]}`:           true,
		`{"candidates":[{"index":1,"content":{"parts":[{"executableCode":{}}]}}]}`:       true,
		`{"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"}]}`:    true,
		`{"candidates":[{"content":{"parts":[{"text":5}]},"finishReason":"STOP"}],"a":1`: false,
	} {
		p := Codec{}.NewRelay(envelope(), "m", false)
		raw := []byte("data: " + frame + "\n\n")
		p.Frame(nil, "", raw[6:len(raw)-2], raw)
		if p.Seen().Content != want {
			t.Errorf("%s: content %v", frame, p.Seen().Content)
		}
	}
}

// TestRelayEdits checks what is changed: the model's name, the framing, and
// what the clients' parsers cannot take.
func TestRelayEdits(t *testing.T) {
	const named = `{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{"modelVersion":"own"}}}]},"finishReason":"STOP"}], "modelVersion" : "up" ,"responseId":"r"}`
	renamed := strings.Replace(named, `"up"`, `"client-model"`, 1)
	arrays := envelope()
	arrays.Array = true
	tests := []struct {
		name           string
		env            *ir.Envelope
		renamed, array bool
		stream, want   string
	}{
		{"the name", envelope(), true, false, events(named), events(renamed)},
		{"no name", envelope(), true, false, events(ending), events(ending)},
		{"comments", envelope(), false, false, ": hi\n\n\n" + events(ending) + ": bye\n\n", events(ending)},
		{"an array for a client of events", envelope(), false, true, "[" + hello + "\n,\r\n" + ending + "]", events(hello, ending)},
		{"an array with line breaks", envelope(), true, true, "[{\n \"modelVersion\": \"up\",\n\"candidates\": [{\"finishReason\": \"STOP\"}]}]", events(`{"modelVersion":"client-model","candidates":[{"finishReason":"STOP"}]}`)},
		{"events for a client of arrays", arrays, true, false, events(hello, named), "[" + hello + ",\r\n" + renamed + "]"},
		{"arrays all the way", arrays, false, true, "[" + hello + "," + ending + "]", "[" + hello + ",\r\n" + ending + "]"},
	}
	for _, tt := range tests {
		if got, seen := pipe(tt.env, tt.renamed, tt.array, tt.stream); got != tt.want || seen.Err != nil {
			t.Errorf("%s: got\n%q\nwant\n%q (%v)", tt.name, got, tt.want, seen.Err)
		}
	}
}

// broken returns a stream that ends with an error: as data, and bare for the
// Gen AI SDK of Gemini CLI, which sees only that.
func broken(frames ...string) string {
	return events(frames...) + frames[len(frames)-1] + "\r\n\r\n"
}

// TestRelayErrors checks what is told when the answer breaks.
func TestRelayErrors(t *testing.T) {
	const cut = `{"error":{"code":502,"message":"the upstream's answer ended before it was complete","status":"UNAVAILABLE"}}`
	const busy = `{"error":{"code":429,"message":"slow","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"2s"}]}}`
	arrays := envelope()
	arrays.Array = true
	out, seen := pipe(envelope(), false, false, events(hello))
	if out != broken(hello, cut) || seen.Err == nil || seen.Err.Kind != ir.ErrTruncated || !seen.Content {
		t.Errorf("a cut stream: %q, %+v", out, seen)
	}
	if out, _ := pipe(arrays, false, false, events(hello)); out != "["+hello+",\r\n"+cut+"]" {
		t.Errorf("a cut array: %q", out)
	}
	if out, _ := pipe(arrays, false, false, ""); out != "["+cut+"]" {
		t.Errorf("an empty array: %q", out)
	}
	out, seen = pipe(envelope(), false, false, events(hello, busy))
	if out != broken(hello, busy) || seen.Err == nil || seen.Err.Kind != ir.ErrRateLimit || seen.Err.RetryAfter.Seconds() != 2 {
		t.Errorf("an error: %q, %+v", out, seen.Err)
	}
	p := Codec{}.NewRelay(envelope(), "m", false)
	out = string(p.Close(p.Fail(p.Fail(nil, &ir.Error{Status: 504, Message: "silent"}), &ir.Error{Status: 500})))
	if out != broken(`{"error":{"code":504,"message":"silent","status":"DEADLINE_EXCEEDED"}}`) || p.Seen().Err.Status != 504 {
		t.Errorf("a failure: %q", out)
	}
}

func TestRelayBody(t *testing.T) {
	body := `{"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":2},"modelVersion":"up"}`
	p := Codec{}.NewRelay(envelope(), "client-model", true)
	if got := string(p.Body(nil, []byte(body))); got != strings.Replace(body, "up\"}", "client-model\"}", 1) {
		t.Errorf("got %s", got)
	}
	if s := p.Seen(); !s.Done || !s.Content || s.Usage.OutputTotal != 2 || s.Stop.Reason != ir.StopEnd {
		t.Errorf("seen %+v", s)
	}
	env := envelope()
	env.Op = ir.CountTokens
	p = Codec{}.NewRelay(env, "client-model", true)
	if got := string(p.Body(nil, []byte(`{"totalTokens":3}`))); got != `{"totalTokens":3}` || !p.Seen().Done {
		t.Errorf("counting: %s", got)
	}
}

// TestRelayRequest checks the few edits of a client's body.
func TestRelayRequest(t *testing.T) {
	const (
		sentinelled = `"thoughtSignature":"skip_thought_signature_validator"`
		body        = `{"contents":[{"role":"model","parts":[{"thoughtSignature":"S1" , "text":"a"},{"functionCall":{"name":"f","args":{"thoughtSignature":"data"}},"thoughtSignature":"S2"},{"functionCall":{"name":"g"},"thought_signature":"S3"}]}]}`
		cleaned     = `{"contents":[{"role":"model","parts":[{ "text":"a"},{"functionCall":{"name":"f","args":{"thoughtSignature":"data"}},"thoughtSignature":"skip_thought_signature_validator"},{"functionCall":{"name":"g"}}]}]}`
	)
	own := &ir.Sig{Value: "OWN", Family: ir.SigGemini, Scope: "1a2b3c4d", Target: ir.SignsCall}
	claude := &ir.Sig{Value: "CLAUDE", Family: ir.SigAnthropic, Target: ir.SignsThink}
	carried := func(s *ir.Sig) string {
		return `{"functionCall":{"name":"f","args":{}},"thoughtSignature":"` + encodeCarrier(s) + `"}`
	}
	bound := func(scope string) *ir.Target {
		t := gemini3()
		t.Bound = scope
		return t
	}
	bound25 := bound("99999999")
	bound25.Caps.Validated = false
	cli := envelope()
	cli.Header.Set("X-Gemini-Api-Privileged-User-Id", "u")
	count := envelope()
	count.Op = ir.CountTokens
	embed := envelope()
	embed.Op = ir.Embed
	same := envelope()
	countSame := envelope()
	countSame.Op = ir.CountTokens
	for _, e := range []*ir.Envelope{same, cli, countSame} {
		e.Model = "gemini-3-pro-preview"
	}
	tests := []struct {
		name       string
		env        *ir.Envelope
		target     *ir.Target
		body, want string
	}{
		{"its own session", same, bound("1a2b3c4d"), body, body},
		{"an unknown session", same, gemini3(), body, body},
		{"another account's session", same, bound("99999999"), body, cleaned},
		{"an unknown session of Gemini CLI", cli, gemini3(), body, cleaned},
		{"no signature in the first call", same, bound("99999999"),
			`{"contents":[{"parts":[{"functionCall":{"name":"f"} },{"functionCall":{"name":"g"},"thoughtSignature":"S"}]}]}`,
			`{"contents":[{"parts":[{"functionCall":{"name":"f"},` + sentinelled + ` },{"functionCall":{"name":"g"}}]}]}`},
		{"a sentinel stays", same, bound("99999999"), `{"contents":{"parts":[{"functionCall":{"name":"f"},` + sentinelled + `}]}}`, `{"contents":{"parts":[{"functionCall":{"name":"f"},` + sentinelled + `}]}}`},
		{"a sentinel stays where none is needed", same, bound25, `{"contents":{"parts":[{"functionCall":{"name":"f"},` + sentinelled + `},{"text":"a","thoughtSignature":"S"}]}}`, `{"contents":{"parts":[{"functionCall":{"name":"f"},` + sentinelled + `},{"text":"a"}]}}`},
		{"carriers", same, gemini3(), `{"contents":[{"parts":[` + carried(own) + `,` + carried(claude) + `]},{"parts":[` + carried(claude) + `]}]}`,
			`{"contents":[{"parts":[{"functionCall":{"name":"f","args":{}},"thoughtSignature":"OWN"},{"functionCall":{"name":"f","args":{}}}]},{"parts":[{"functionCall":{"name":"f","args":{}},` + sentinelled + `}]}]}`},
		{"a body that breaks off", same, bound("99999999"), body[:60], body[:60]},
		{"a model beside the path", envelope(), gemini3(), `{"model":"models/gemini-x","contents":[]}`, `{"model":"models/gemini-3-pro-preview","contents":[]}`},
		{"another model than the path's", same, gemini3(), `{"model":"models/gemini-dear","contents":[]}`, `{"model":"models/gemini-3-pro-preview","contents":[]}`},
		{"the path's model", same, gemini3(), `{"model" : "models/gemini-3-pro-preview","contents":[]}`, `{"model" : "models/gemini-3-pro-preview","contents":[]}`},
		{"the path's model without its kind", same, gemini3(), `{"contents":[],"model":"gemini-3-pro-preview"}`, `{"contents":[],"model":"gemini-3-pro-preview"}`},
		{"the path's model of a publisher", same, gemini3(), `{"model":"publishers/google/models/gemini-3-pro-preview"}`, `{"model":"publishers/google/models/gemini-3-pro-preview"}`},
		{"one that ends like the path's", same, gemini3(), `{"model":"x-gemini-3-pro-preview"}`, `{"model":"models/gemini-3-pro-preview"}`},
		{"another model counted", countSame, gemini3(), `{"generateContentRequest":{"model":"models/gemini-dear"}}`, `{"generateContentRequest":{"model":"models/gemini-3-pro-preview"}}`},
		{"a counted request", count, gemini3(), `{"generateContentRequest":{"contents":[],"model":"models/gemini-x"}}`, `{"generateContentRequest":{"contents":[],"model":"models/gemini-3-pro-preview"}}`},
		{"a batch", embed, gemini3(), `{"requests":[{"model":"models/gemini-x"},{"model":"models/gemini-x"}]}`, `{"requests":[{"model":"models/gemini-3-pro-preview"},{"model":"models/gemini-3-pro-preview"}]}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_ = Codec{}.ReadEnvelope([]byte(tt.body), tt.env)
			got, err := Codec{}.RelayRequest([]byte("x"), []byte(tt.body), tt.env, tt.target)
			if err != nil || string(got) != "x"+tt.want {
				t.Errorf("got  %s, %v\nwant x%s", got, err, tt.want)
			}
			if json.Valid([]byte(tt.body)) && !json.Valid(bytes.TrimPrefix(got, []byte("x"))) {
				t.Error("the result is no JSON")
			}
			tt.env.ModelAt = ir.Span{}
		})
	}
}
