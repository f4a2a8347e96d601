package responses

import (
	"bytes"
	"strconv"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/sse"
)

const replayed = `{"id":"resp_1","object":"response","created_at":1,"completed_at":2,"status":"completed","model":"m","output":[` +
	`{"id":"rs_1","type":"reasoning","summary":[{"type":"summary_text","text":"Hm."}],"encrypted_content":"e"},` +
	`{"id":"msg_1","type":"message","role":"assistant","status":"completed","content":[` +
	`{"type":"output_text","text":"Hello \"you\".","annotations":[{"type":"url_citation","url":"https://example.com","title":"t","start_index":0,"end_index":5}],"logprobs":[]},` +
	`{"type":"refusal","refusal":"No."}]},` +
	`{"id":"fc_1","type":"function_call","call_id":"c1","name":"f","arguments":"{\"a\":1}","status":"completed"},` +
	`{"id":"ctc_1","type":"custom_tool_call","call_id":"c2","name":"g","input":"free","status":"completed"},` +
	`{"id":"ws_1","type":"web_search_call","status":"completed","action":{` + "\n" + `"type":"search","query":"q"}}` +
	`],"usage":{"input_tokens":1,"output_tokens":2,"total_tokens":3}}`

// TestReplay reads the stream of a stored response with the decoder of
// upstreams' streams: it must tell the same as the response itself.
func TestReplay(t *testing.T) {
	stream := Replay(nil, []byte(replayed), -1)
	trip := &ir.Trip{
		Request: &ir.Request{Op: ir.Generate, Dialect: ir.Responses}, Target: &ir.Target{Dialect: ir.Responses, Notes: &ir.Notes{}},
		NewID: func(prefix string) string { return prefix + "new" },
	}
	whole, err := Codec{}.DecodeResponse([]byte(replayed), trip)
	if err != nil {
		t.Fatal(err)
	}
	dec, fold := Codec{}.NewDecoder(trip), ir.Collector{}
	take := func(events []ir.Event) {
		for i := range events {
			fold.Add(&events[i])
		}
	}
	src, n := sse.NewReader(bytes.NewReader(stream)), int64(0)
	for src.Next() {
		ev := src.Event()
		data := gjson.ParseBytes(ev.Data)
		if !gjson.ValidBytes(ev.Data) || data.Get("type").Str != ev.Name || data.Get("sequence_number").Int() != n {
			t.Errorf("event %d is %s %s", n, ev.Name, ev.Data)
		}
		n++
		take(dec.Decode(nil, ev.Name, ev.Data))
	}
	take(dec.Close(nil))
	folded, failed := fold.Response()
	if failed != nil {
		t.Fatal(failed)
	}
	a, b := Codec{}.AppendResponse(nil, whole, trip), Codec{}.AppendResponse(nil, folded, trip)
	if !bytes.Equal(a, b) {
		t.Errorf("the response is\n%s\nits stream tells\n%s\n%s", a, b, stream)
	}
	last := stream[bytes.LastIndex(stream, []byte("data: "))+6:]
	if got := gjson.GetBytes(last, "response").Raw; strings.ReplaceAll(replayed, "\n", "") != got {
		t.Errorf("it ends with %s", got)
	}
	first := gjson.Get(string(stream[bytes.Index(stream, []byte("data: "))+6:]), "response")
	if first.Get("status").Str != "in_progress" || first.Get("output").Raw != "[]" || first.Get("completed_at").Exists() || first.Get("usage").Type != gjson.Null {
		t.Errorf("it begins with %s", first.Raw)
	}
}

// TestReplayAfter leaves out what has been seen, but never the end.
func TestReplayAfter(t *testing.T) {
	all := strings.SplitAfter(strings.TrimSuffix(string(Replay(nil, []byte(replayed), -1)), "\n\n"), "\n\n")
	for after := -1; after < len(all)+40; after++ {
		got := string(Replay(nil, []byte(replayed), int64(after)))
		if after < len(all)-1 {
			if want := strings.Join(all[after+1:], "") + "\n\n"; got != want {
				t.Errorf("after %d: %s", after, got)
			}
			continue
		}
		if strings.Count(got, "data: ") != 1 || !strings.HasPrefix(got, "event: response.completed\n") || !strings.Contains(got, `"sequence_number":`+strconv.Itoa(after+1)+"}") {
			t.Errorf("after %d: %s", after, got)
		}
	}
}

// TestReplayEnds tells how a response has ended.
func TestReplayEnds(t *testing.T) {
	for status, want := range map[string]string{
		"completed": "response.completed", "incomplete": "response.incomplete", "failed": "response.failed", "cancelled": "response.incomplete",
	} {
		got := string(Replay(nil, []byte(`{"id":"resp_1","object":"response","status":"`+status+`","output":[]}`), 1))
		if !strings.HasPrefix(got, "event: "+want+"\n") {
			t.Errorf("%s: %s", status, got)
		}
	}
}
