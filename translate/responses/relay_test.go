package responses

import (
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/sse"
)

// pipe relays a stream and returns what the client gets.
func pipe(renamed bool, stream string) (string, *ir.Seen) {
	p := Codec{}.NewRelay(&ir.Envelope{}, "mine", renamed)
	r := sse.NewReader(strings.NewReader(stream))
	var out []byte
	for r.Next() {
		out = p.Frame(out, r.Event().Name, r.Event().Data, r.Event().Raw)
	}
	return string(p.Close(out)), p.Seen()
}

func TestRelayStream(t *testing.T) {
	text := frame(created) + ": comment\n\n" + frame(`{"type":"response.output_item.added","output_index":0,"item":{"type":"message"}}`) +
		frame(`{"type":"response.output_text.delta","output_index":0,"delta":""}`)
	if out, seen := pipe(false, text); seen.Content || !strings.HasPrefix(out, text) {
		t.Errorf("content %v, got %s", seen.Content, out)
	}
	text += frame(`{"type":"response.output_text.delta","output_index":0,"delta":"x"}`)
	if _, seen := pipe(false, text); !seen.Content || seen.Done && seen.Err == nil {
		t.Errorf("%+v", seen)
	}
	full := text + frame(completed)
	out, seen := pipe(false, full)
	if out != full {
		t.Errorf("got  %s\nwant %s", out, full)
	}
	if !seen.Done || seen.Err != nil || seen.Usage.InputTotal != 3 || seen.Usage.Reasoning != 1 || seen.Stop.Reason != ir.StopEnd {
		t.Errorf("%+v", seen)
	}
	unnamed := strings.ReplaceAll(full, "event: ", "x: ")
	if out, seen := pipe(false, unnamed); out != unnamed || !seen.Content || !seen.Done {
		t.Errorf("unnamed frames: %+v", seen)
	}
}

func TestRelayRenames(t *testing.T) {
	out, _ := pipe(true, frame(created)+frame(`{"type":"response.output_text.delta","delta":"\"model\":\"up\""}`)+
		frame(`{"type":"response.completed","response":{"id":"r","status":"completed","metadata":{"model":"up"},"model" : "up","output":[]}}`))
	if strings.Count(out, `"mine"`) != 2 || !strings.Contains(out, `"metadata":{"model":"up"},"model" : "mine"`) {
		t.Error(out)
	}
	several, _ := pipe(true, "event: response.created\ndata: {\"type\":\"response.created\",\ndata: \"response\":{\"model\":\"up\"}}\n\n"+frame(completed))
	if !strings.Contains(several, `{"type":"response.created","response":{"model":"mine"}}`) {
		t.Error(several)
	}
}

// TestRelayErrors checks that an upstream's error is told, not shown: Fail
// writes what the client may see.
func TestRelayErrors(t *testing.T) {
	for _, c := range []struct{ frames, want string }{
		{frame(`{"type":"response.failed","response":{"status":"failed","error":{"code":"insufficient_quota","message":"m"}}}`), "quota_exhausted (429): m"},
		{frame(`{"type":"error","code":"server_error","message":"m"}`), "upstream (500): m"},
		{"data: {\"error\":{\"message\":\"m\",\"code\":\"slow_down\"}}\n\n", "overloaded (503): m"},
	} {
		p := Codec{}.NewRelay(&ir.Envelope{}, "mine", false)
		r := sse.NewReader(strings.NewReader(frame(created) + c.frames))
		var out []byte
		for r.Next() {
			out = p.Frame(out, r.Event().Name, r.Event().Data, r.Event().Raw)
		}
		if s := p.Seen(); string(out) != frame(created) || s.Err == nil || s.Err.Error() != c.want || s.Done {
			t.Errorf("%s: %+v, wrote %s", c.frames, s.Err, out)
		}
		if got := string(p.Fail(nil, &ir.Error{Message: "shown"})); !strings.Contains(got, `"message":"shown"`) || !strings.Contains(got, `"sequence_number":1}`) || !p.Seen().Done {
			t.Error(got)
		}
	}
	failed := Codec{}.NewRelay(&ir.Envelope{}, "mine", false)
	if out := failed.Body(nil, []byte(`{"error":{"code":"server_error","message":"m"}}`)); out != nil || failed.Seen().Err == nil {
		t.Errorf("%s", out)
	}
	out, seen := pipe(false, frame(created)+frame(`{"type":"response.in_progress","response":{"model":"up"}}`))
	if seen.Err == nil || seen.Err.Kind != ir.ErrTruncated {
		t.Fatalf("%+v", seen)
	}
	o := check(t, []byte(strings.Replace(out, `"response":{"model":"up"}}`, `"sequence_number":1,"response":{"object":"response","status":"in_progress","output":[],"error":null}}`, 1)))
	has(t, pretty(o.final), `{"id":"resp_1","status":"failed","model":"mine","created_at":5,"error":{"code":"server_error"}}`)
}

// TestRelayTorn checks that a frame that was cut is no answer.
func TestRelayTorn(t *testing.T) {
	out, seen := pipe(false, "event: response.output_text.delta\ndata: {\"type\":\"response.output_\n\n")
	if seen.Err == nil || strings.Contains(out, "output_text") {
		t.Errorf("%v, %s", seen.Err, out)
	}
	if out, seen := pipe(false, "data: [DONE]\n\n"+frame(completed)); seen.Err != nil || !strings.Contains(out, "[DONE]") {
		t.Errorf("%v, %s", seen.Err, out)
	}
}

func TestRelayContent(t *testing.T) {
	for data, want := range map[string]bool{
		`{"type":"response.output_item.added","item":{"type":"function_call","name":"f"}}`:              true,
		`{"type":"response.output_item.added","item":{"type":"reasoning"}}`:                             false,
		`{"type":"response.output_item.done","item":{"type":"reasoning","encrypted_content":"e"}}`:      false,
		`{"type":"response.output_item.done","item":{"id":"x","type":"message"}}`:                       true,
		`{"type":"response.reasoning_summary_text.delta","delta":"t"}`:                                  true,
		`{"type":"response.web_search_call.searching"}`:                                                 false,
		`{"type":"response.completed","response":{"status":"completed","output":[{"type":"message"}]}}`: true,
		`{"type":"response.completed","response":{"status":"completed","output":[]}}`:                   false,
	} {
		if _, seen := pipe(false, frame(data)); seen.Content != want {
			t.Errorf("%s: %v", data, seen.Content)
		}
	}
}

func TestRelayBody(t *testing.T) {
	body := `{"id":"r","model":"up","status":"completed","output":[{"type":"function_call","call_id":"c"}],"usage":{"input_tokens":1,"output_tokens":2}}`
	p := Codec{}.NewRelay(&ir.Envelope{}, `my "own"`, true)
	if got := string(p.Body(nil, []byte(body))); got != strings.Replace(body, `"up"`, `"my \"own\""`, 1) {
		t.Error(got)
	}
	if s := p.Seen(); !s.Done || !s.Content || s.Stop.Reason != ir.StopToolUse || s.Usage.OutputTotal != 2 {
		t.Errorf("%+v", s)
	}
}

func TestRelayRequest(t *testing.T) {
	for _, c := range []struct{ body, model, want string }{
		{`{"input":"model", "model" : "a","x":1}`, "b", `{"input":"model", "model" : "b","x":1}`},
		{`{"model":"a","previous_response_id":"r"}`, "a", `{"model":"a","previous_response_id":"r"}`},
		{`{"model":"a"}`, "", `{"model":"a"}`},
		{`{"prompt":{}}`, "b", `{"model":"b","prompt":{}}`},
		{` {}`, "b", ` {"model":"b"}`},
	} {
		env := &ir.Envelope{}
		if err := (Codec{}).ReadEnvelope([]byte(c.body), env); err != nil {
			t.Fatal(err)
		}
		got, err := Codec{}.RelayRequest(nil, []byte(c.body), env, &ir.Target{Model: c.model})
		if err != nil || string(got) != c.want {
			t.Errorf("%s: got %s, %v", c.body, got, err)
		}
	}
}

func TestEnvelope(t *testing.T) {
	env := &ir.Envelope{}
	body := `{"stream":true,"input":[{"model":"x"}],"model":"a\u0062"}`
	if err := (Codec{}).ReadEnvelope([]byte(body), env); err != nil {
		t.Fatal(err)
	}
	if env.Model != "ab" || !env.Stream || body[env.ModelAt.Start:env.ModelAt.End] != `"a\u0062"` || env.Open != 1 || env.Empty {
		t.Errorf("%+v", env)
	}
	for body, want := range map[string]string{
		``:             "Failed to parse request body: unexpected end of body at offset 0",
		`{"model":1}`:  "Failed to parse request body: expected string, found number at offset 9",
		`[]`:           "Failed to parse request body: expected object, found array at offset 0",
		`{"model":"a"`: "Failed to parse request body: unexpected end of body at offset 12",
	} {
		err := Codec{}.ReadEnvelope([]byte(body), &ir.Envelope{})
		if e, ok := err.(*ir.Error); !ok || e.Status != 400 || e.Message != want {
			t.Errorf("%s: %v", body, err)
		}
	}
}
