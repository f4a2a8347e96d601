package gemini

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/sse"
)

// FuzzDecodeRequest checks that no body breaks the decoder, that what it makes
// of a body can be written for both generations of models and is JSON then, and
// that a relayed body stays JSON.
func FuzzDecodeRequest(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.json")
	for _, file := range files {
		if body, err := os.ReadFile(file); err == nil {
			f.Add(body)
		}
	}
	for _, body := range []string{
		`{"contents":"a","tools":[{"googleSearch":{}}],"generationConfig":{"responseSchema":{"type":"OBJECT"},"thinkingConfig":{"thinkingBudget":1}}}`,
		`{"contents":[{"role":"model","parts":[{"functionCall":{"name":"f"},"thoughtSignature":"S"},{"executableCode":{}},{"x":1},{"fileData":{"fileUri":"gs://a"},"videoMetadata":{"fps":1}}]},{"parts":[{"functionResponse":{"name":"f","response":{"error":"e"},"parts":[{"inlineData":{"data":"_-8"}}]}}]}]}`,
		`{"generateContentRequest":{"contents":{"parts":{"text":"a\u2028"}},"toolConfig":{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["a"]}}},"labels":{"a":"b"}}`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		env := envelope()
		if (Codec{}).ReadEnvelope(body, env) != nil {
			return
		}
		valid := json.Valid(body)
		bound := gemini3()
		bound.Bound = "99999999"
		relayed, err := Codec{}.RelayRequest(nil, body, env, bound)
		if err != nil || valid && !json.Valid(relayed) {
			t.Fatalf("relayed as %s, %v", relayed, err)
		}
		req, err := Codec{}.DecodeRequest(body, env)
		if err != nil {
			if _, ok := err.(*ir.Error); !ok {
				t.Fatalf("error of type %T", err)
			}
			return
		}
		for _, dialect := range []ir.Dialect{ir.Gemini, ir.Chat} {
			for _, target := range []*ir.Target{gemini25(), gemini3()} {
				req.Dialect = dialect
				out, err := Codec{}.AppendRequest(nil, req, target)
				// What only stands between brackets that match is moved unread, so
				// a body that is no JSON need not become one.
				if err == nil && valid && !json.Valid(out) {
					t.Fatalf("written as %s", out)
				}
			}
		}
	})
}

// checkFrames fails unless out is a stream that Gemini's clients can read.
func checkFrames(t *testing.T, out []byte) {
	t.Helper()
	for _, line := range strings.SplitAfter(string(out), "\r\n\r\n") {
		if line == "" {
			continue
		}
		data, ok := strings.CutPrefix(line, "data: ")
		if bare := `{"error":`; !ok && strings.HasPrefix(line, bare) && strings.HasSuffix(string(out), "data: "+line+line) {
			ok = true // the error that ends the stream, once more
		}
		data, ended := strings.CutSuffix(data, "\r\n\r\n")
		if !ok || !ended || strings.ContainsAny(data, "\r\n") || strings.ContainsAny(data, "\u2028\u2029") || !json.Valid([]byte(data)) {
			t.Fatalf("frame %q", line)
		}
	}
}

// FuzzDecode checks that no stream breaks the decoder or the relay, and that
// what the encoder makes of the events is a stream that clients can read.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(events(thought, hello, ending)))
	f.Add([]byte(events(`{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","willContinue":true,"partialArgs":[{"jsonPath":"$.a[0]","stringValue":"x"}]}},{"functionCall":{}},{"inlineData":{"data":"AA"}},{"codeExecutionResult":{"output":"x"}}]}}]}`, `{"error":{"code":1}}`)))
	f.Add([]byte(events(`[{"candidates":[{"index":3,"finishReason":"STOP","logprobsResult":{"chosenCandidates":[{"token":"a"}]},"groundingMetadata":{"groundingChunks":[{"web":{"uri":"u"}}],"groundingSupports":[{"segment":{"endIndex":1},"groundingChunkIndices":[0]}]}}]}]`)))
	f.Fuzz(func(t *testing.T, stream []byte) {
		trip := tripTo(gemini3())
		d, e := Codec{}.NewDecoder(trip), Codec{}.NewEncoder(trip)
		p := Codec{}.NewRelay(envelope(), "client-model", true)
		var out, relayed []byte
		ends, valid := 0, true
		write := func(list []ir.Event) {
			for i := range list {
				if list[i].Kind == ir.EventEnd || list[i].Kind == ir.EventError {
					ends++
				}
				out = e.Append(out, &list[i])
			}
		}
		src := sse.NewReader(strings.NewReader(string(stream)))
		for src.Next() {
			ev := src.Event()
			valid = valid && json.Valid(ev.Data)
			write(d.Decode(nil, ev.Name, ev.Data))
			relayed = p.Frame(relayed, ev.Name, ev.Data, ev.Raw)
		}
		write(d.Close(nil))
		p.Close(relayed)
		if ends != 1 {
			t.Fatalf("the stream ends %d times", ends)
		}
		if valid {
			checkFrames(t, out)
		}
	})
}

// FuzzDecodeResponse checks the same for whole answers and for errors.
func FuzzDecodeResponse(f *testing.F) {
	f.Add([]byte(thought))
	f.Add([]byte(ending))
	f.Add([]byte(`[{"error":{"code":429,"details":[{"retryDelay":"1s","violations":[{"quotaId":"x"}]}]}}]`))
	f.Add([]byte(`{"candidates":[{"content":{"parts":[{"toolCall":{"id":"a","toolType":"X"}},{"functionCall":{"name":"f","args":[1]}},{"fileData":{"fileUri":"u"}}]},"finishReason":"STOP","citationMetadata":{"citations":[{"uri":"u"}]}}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		trip := tripTo(gemini3())
		p := Codec{}.NewRelay(envelope(), "client-model", true)
		relayed := p.Body(nil, body)
		valid := json.Valid(body)
		if valid && p.Seen().Err == nil && !json.Valid(relayed) {
			t.Fatalf("relayed as %s", relayed)
		}
		if got := (Codec{}).AppendError(nil, Codec{}.DecodeError(429, nil, body), ""); !json.Valid(got) {
			t.Fatalf("error %s", got)
		}
		_, _ = Codec{}.DecodeCount(body)
		resp, err := Codec{}.DecodeResponse(body, trip)
		if err != nil || !valid {
			return
		}
		if out := (Codec{}).AppendResponse(nil, resp, trip); !json.Valid(out) {
			t.Fatalf("written as %s", out)
		}
		e := Codec{}.NewEncoder(trip)
		var out []byte
		ir.Replay(resp, func(ev *ir.Event) { out = e.Append(out, ev) })
		checkFrames(t, out)
	})
}
