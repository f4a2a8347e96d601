package envelope

import (
	"encoding/json"
	"testing"
)

func TestVertex(t *testing.T) {
	for _, c := range []struct {
		body, want string
		keep       bool
	}{
		{`{"model":"m","max_tokens":1}`, `{"max_tokens":1,"anthropic_version":"vertex-2023-10-16"}`, false},
		{`{ "max_tokens" : 1.0 , "model":"m"}`, `{"max_tokens":1.0,"anthropic_version":"vertex-2023-10-16"}`, false},
		{`{"model":"m"}`, `{"model":"m","anthropic_version":"vertex-2023-10-16"}`, true},
		{`{"anthropic_version":"x","model":"m"}`, `{"anthropic_version":"x"}`, false},
		{`{}`, `{"anthropic_version":"vertex-2023-10-16"}`, false},
	} {
		got, err := Vertex([]byte(c.body), c.keep)
		if err != nil || string(got) != c.want {
			t.Errorf("%s became %s, %v", c.body, got, err)
		}
	}
	if _, err := Vertex([]byte(`{"a":`), false); err == nil {
		t.Error("a torn body was taken")
	}
}

func TestCodeAssist(t *testing.T) {
	c := CodeAssist{Model: "m", Project: "p", Prompt: "q", Session: "s"}
	for body, want := range map[string]string{
		`{"contents":[],"model":"x"}`: `{"model":"m","project":"p","user_prompt_id":"q","request":{"contents":[],"session_id":"s"}}`,
		`{"sessionId":"mine"}`:        `{"model":"m","project":"p","user_prompt_id":"q","request":{"sessionId":"mine"}}`,
		`{}`:                          `{"model":"m","project":"p","user_prompt_id":"q","request":{"session_id":"s"}}`,
	} {
		if got, err := c.Wrap([]byte(body)); err != nil || string(got) != want {
			t.Errorf("%s became %s, %v", body, got, err)
		}
	}
	if got, err := (CodeAssist{Model: "m"}).Wrap([]byte(`{}`)); err != nil || string(got) != `{"model":"m","request":{}}` {
		t.Errorf("got %s, %v", got, err)
	}
	if got, err := c.WrapCount([]byte(`{"tools":[],"contents":[1]}`)); err != nil || string(got) != `{"request":{"model":"models/m","contents":[1]}}` {
		t.Errorf("got %s, %v", got, err)
	}
	for _, wrap := range []func([]byte) ([]byte, error){c.Wrap, c.WrapCount} {
		if _, err := wrap([]byte(`{"a"`)); err == nil {
			t.Error("a torn body was taken")
		}
	}
}

func TestUnwrap(t *testing.T) {
	for data, want := range map[string]string{
		`{"response":{"a":1},"traceId":"t"}`:            `{"a":1,"responseId":"t"}`,
		`{"traceId":"t","response":{}}`:                 `{"responseId":"t"}`,
		`{"response":{"responseId":"r"},"traceId":"t"}`: `{"responseId":"r"}`,
		`{"response":{"a":1} , "consumedCredits":[]}`:   `{"a":1}`,
		`{"error":{"code":429}}`:                        `{"error":{"code":429}}`,
		`[{"error":{"code":429}}]`:                      `[{"error":{"code":429}}]`,
		`{"candidates":[]}`:                             `{"candidates":[]}`,
		`{"totalTokens":5}`:                             `{"totalTokens":5}`,
		`{"response":null}`:                             `{"response":null}`,
		`{"response":{"a":1`:                            `{"response":{"a":1`,
		`[DONE]`:                                        `[DONE]`,
	} {
		if got := string(Unwrap([]byte("x"), []byte(data))); got != "x"+want {
			t.Errorf("%s became %s", data, got)
		}
	}
}

func TestOpen(t *testing.T) {
	for body, want := range map[string]string{
		`{"model":"m","project":"p","request":{"contents":[]}}`: `m {"contents":[]}`,
		`{"request":{"model":"models/m","contents":[]}}`:        `models/m {"model":"models/m","contents":[]}`,
		`{"request":{}}`: ` {}`,
	} {
		if got, err := Open([]byte(body)); err != nil || got.Model+" "+string(got.Body) != want {
			t.Errorf("%s became %s %s, %v", body, got.Model, got.Body, err)
		}
	}
	for _, body := range []string{`{}`, `{"request":5}`, `{"request":{}`, `[]`} {
		if _, err := Open([]byte(body)); err == nil {
			t.Errorf("%s was taken", body)
		}
	}
}

func TestWrapAnswer(t *testing.T) {
	if got := string(WrapAnswer(nil, []byte(`{"a":1}`), "t")); got != `{"response":{"a":1},"traceId":"t"}` {
		t.Error(got)
	}
	if got := string(WrapAnswer(nil, []byte(`{"error":{}}`), "t")); got != `{"error":{}}` {
		t.Error(got)
	}
}

func FuzzEnvelope(f *testing.F) {
	f.Add([]byte(`{"response":{"a":[{}]},"traceId":"t"}`))
	f.Add([]byte(`{"model":"m","request":{"contents":[]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		valid := json.Valid(data) // what is wrong deep inside is handed on
		if out := Unwrap(nil, data); valid && !json.Valid(out) {
			t.Errorf("%q became %q", data, out)
		}
		_, _ = Open(data)
		for _, wrap := range []func([]byte) ([]byte, error){
			CodeAssist{Model: "m", Session: "s"}.Wrap, CodeAssist{}.WrapCount, func(b []byte) ([]byte, error) { return Vertex(b, false) },
		} {
			if out, err := wrap(data); err == nil && valid && !json.Valid(out) {
				t.Errorf("%q became %q", data, out)
			}
		}
	})
}
