package responses

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/sse"
)

// validInside reports whether what a decoder only moves is JSON itself: a
// moved subtree's own mistakes are the upstream's to refuse.
func validInside(body []byte) bool { return json.Valid(body) && utf8.Valid(body) }

func FuzzDecodeRequest(f *testing.F) {
	files, _ := filepath.Glob("testdata/requests/*.json")
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	f.Add([]byte(`{"model":"m","input":[{"type":"reasoning","content":[{"text":"x"}],"summary":"s"},{"type":"shell_call_output","call_id":"c","output":[{}]},{"type":"shell_call","call_id":"c","action":{"commands":null}}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		req, err := Codec{}.DecodeRequest(body, nil)
		if err != nil {
			if e, ok := err.(*ir.Error); !ok || e.Status != 400 {
				t.Fatalf("%v", err)
			}
			return
		}
		if !validInside(body) {
			return
		}
		for _, dialect := range []ir.Dialect{ir.Responses, ir.Chat} { // a foreign client's request is translated for real
			req.Dialect = dialect
			out, err := Codec{}.AppendRequest(nil, req, target(req))
			if err == nil && !json.Valid(out) {
				t.Fatalf("wrote %s", out)
			}
		}
		req.Dialect = ir.Responses
		o := object{status: "completed", usage: &ir.Usage{}}
		if out := o.appendTo(nil, newTrip(req, ir.Chat)); !json.Valid(out) {
			t.Fatalf("wrote %s", out)
		}
	})
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(frame(created)+frame(completed)), uint8(3))
	var all strings.Builder
	all.WriteString(frame(created))
	for _, item := range items {
		all.WriteString(frame(`{"type":"response.output_item.added","output_index":1,"item":` + item + `}`))
		all.WriteString(frame(`{"type":"response.output_text.delta","output_index":2,"delta":"a\u00e9\n"}`))
		all.WriteString(frame(`{"type":"response.function_call_arguments.delta","output_index":1,"delta":"{}"}`))
		all.WriteString(frame(`{"type":"response.reasoning_summary_text.delta","output_index":1,"summary_index":1,"delta":"r"}`))
		all.WriteString(frame(`{"type":"response.output_item.done","output_index":1,"item":` + item + `}`))
	}
	all.WriteString(frame(completed))
	f.Add([]byte(all.String()), uint8(7))
	f.Fuzz(func(t *testing.T, stream []byte, size uint8) {
		trip := newTrip(&ir.Request{}, ir.Responses)
		d, e := Codec{}.NewDecoder(trip), Codec{}.NewEncoder(trip)
		r := sse.NewReader(&chunks{data: stream, size: int(size)%64 + 1})
		relay := Codec{}.NewRelay(&ir.Envelope{}, "mine", size%2 == 0)
		valid := utf8.Valid(stream)
		var out, piped []byte
		var events []ir.Event
		for r.Next() {
			ev := r.Event()
			valid = valid && (len(ev.Data) == 0 || json.Valid(ev.Data))
			piped = relay.Frame(piped, ev.Name, ev.Data, ev.Raw)
			events = d.Decode(events[:0], ev.Name, ev.Data)
			for i := range events {
				out = e.Append(out, &events[i])
			}
		}
		events = d.Close(events[:0])
		for i := range events {
			out = e.Append(out, &events[i])
		}
		relay.Close(piped)
		if valid && len(out) > 0 {
			checkFrames(t, out)
		}
	})
}

// chunks reads in small pieces.
type chunks struct {
	data []byte
	size int
}

func (c *chunks) Read(p []byte) (int, error) {
	n := copy(p, c.data[:min(c.size, len(c.data))])
	c.data = c.data[n:]
	if len(c.data) == 0 {
		return n, io.EOF
	}
	return n, nil
}

// checkFrames fails the test unless every frame is JSON and the sequence has
// no gap.
func checkFrames(t *testing.T, out []byte) {
	t.Helper()
	for i, block := range bytes.Split(bytes.TrimSuffix(out, []byte("\n\n")), []byte("\n\n")) {
		_, data, ok := bytes.Cut(block, []byte("\ndata: "))
		if !ok || !json.Valid(data) || !bytes.HasSuffix(data, append(appendInt([]byte(`,"sequence_number":`), int64(i)), '}')) {
			t.Fatalf("frame %d: %s", i, block)
		}
	}
}

func FuzzDecodeResponse(f *testing.F) {
	f.Add([]byte(`{"id":"resp_1","object":"response","status":"completed","output":[` + strings.Join(items, ",") + `],"usage":{"input_tokens":1}}`))
	f.Add([]byte(`{"object":"response","status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},"output":[{"type":"shell_call","action":{"commands":["a"]}}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		resp, err := Codec{}.DecodeResponse(body, newTrip(&ir.Request{}, ir.Responses))
		if err != nil || !validInside(body) {
			return
		}
		for _, from := range []ir.Dialect{ir.Responses, ir.Gemini} {
			if out := (Codec{}).AppendResponse(nil, resp, newTrip(&ir.Request{}, from)); !json.Valid(out) {
				t.Fatalf("wrote %s", out)
			}
		}
	})
}
