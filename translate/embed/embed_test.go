package embed

import (
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

func target(d ir.Dialect) *ir.Target {
	return &ir.Target{Dialect: d, Model: "up", Notes: &ir.Notes{}}
}

func bodies(x *Exchange) string {
	var all []string
	for _, b := range x.Batches {
		all = append(all, b.Action+string(b.Body))
	}
	return strings.Join(all, "\n")
}

func TestFor(t *testing.T) {
	tests := map[string]struct {
		from         ir.Dialect
		single       bool
		body, want   string
		notes, param string
	}{
		"text": {ir.Chat, false, `{"model":"m","input":"a\"b","user":"u"}`, `embedContent{"model":"models/up","content":{"parts":[{"text":"a\"b"}]}}`, "drop;p=\"user\"", ""},
		"list of one": {
			ir.Chat, false, `{"input":["a"],"dimensions":null,"encoding_format":"base64"}`,
			`embedContent{"model":"models/up","content":{"parts":[{"text":"a"}]}}`, "", "",
		},
		"token numbers":  {ir.Chat, false, `{"input":[1,2]}`, "", "", "input"},
		"lists of those": {ir.Chat, false, `{"input":["a",[1]]}`, "", "", "input[1]"},
		"no input":       {ir.Chat, false, `{"input":[]}`, "", "", "input"},
		"a number":       {ir.Chat, false, `{"input":{}}`, "", "", ""},
		"one content": {
			ir.Gemini, true, `{"model":"models/m","content":{"role":"user","parts":[{"text":"a"},{"text":"b"}]},"task_type":"CLUSTERING","title":null}`,
			`{"model":"up","input":"a\nb"}`, `drop;p="task_type"`, "",
		},
		"several": {
			ir.Gemini, false, `{"requests":[{"content":{"parts":[{"text":"a"}]},"outputDimensionality":"3"},{"content":{"parts":[{"text":"b"}]},"title":"t"}]}`,
			"{\"model\":\"up\",\"input\":[\"a\"],\"dimensions\":3}\n{\"model\":\"up\",\"input\":[\"b\"]}", `drop;p="requests[1].title"`, "",
		},
		"media":      {ir.Gemini, true, `{"content":{"parts":[{"text":"a"},{"fileData":{}}]}}`, "", "", "content"},
		"no text":    {ir.Gemini, false, `{"requests":[{"content":{}}]}`, "", "", "requests[0].content"},
		"no request": {ir.Gemini, false, `{}`, "", "", "requests"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			to := target(ir.Gemini)
			if tt.from == ir.Gemini {
				to = target(ir.Chat)
			}
			x, err := New(tt.from, []byte(tt.body), tt.single).For(to)
			if tt.want == "" {
				e, ok := err.(*ir.Error)
				if !ok || e.Status != 400 || e.Param != tt.param {
					t.Fatalf("got %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := bodies(x); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if got := to.Notes.Header(true); got != tt.notes {
				t.Errorf("the notes are %q, want %q", got, tt.notes)
			}
		})
	}
}

// TestVertex goes to predict and back: one text at a time for some models.
func TestVertex(t *testing.T) {
	for name, tt := range map[string]struct {
		from        ir.Dialect
		model       string
		body, want  string
		answers     []string
		notes, back string
	}{
		"one at a time": {
			ir.Chat, "gemini-embedding-001", `{"input":["a","b"],"dimensions":2}`,
			`predict{"instances":[{"content":"a"}],"parameters":{"outputDimensionality":2}}` + "\n" + `predict{"instances":[{"content":"b"}],"parameters":{"outputDimensionality":2}}`,
			[]string{`{"predictions":[{"embeddings":{"statistics":{"token_count":3},"values":[1,2]}}]}`, `{"predictions":[{"embeddings":{"values":[3,4],"statistics":{"token_count":1.0}}}]}`},
			"", `{"object":"list","data":[{"object":"embedding","index":0,"embedding":[1,2]},{"object":"embedding","index":1,"embedding":[3,4]}],"model":"m","usage":{"prompt_tokens":4,"total_tokens":4}}`,
		},
		"many at once": {
			ir.Gemini, "text-embedding-005", `{"requests":[{"content":{"parts":[{"text":"a"}]},"taskType":"CLUSTERING","title":"T","odd":1},{"content":{"parts":[{"text":"b"}]}}]}`,
			`predict{"instances":[{"content":"a","task_type":"CLUSTERING","title":"T"},{"content":"b"}]}`,
			[]string{`{"predictions":[{"embeddings":{"values":[1]}},{"embeddings":{"values":[2]}}]}`},
			`drop;p="requests[0].odd"`, `{"embeddings":[{"values":[1]},{"values":[2]}]}`,
		},
	} {
		to := target(ir.Gemini)
		to.Provider, to.Model = "vertex", tt.model
		x, err := New(tt.from, []byte(tt.body), false).For(to)
		if err != nil {
			t.Fatal(err)
		}
		if got := bodies(x); got != tt.want || to.Notes.Header(true) != tt.notes || x.Relayed() {
			t.Errorf("%s: sent %s, notes %q", name, got, to.Notes.Header(true))
		}
		for i, answer := range tt.answers {
			if err := x.Take(i, []byte(answer)); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := x.Append(nil, "m"); err != nil || string(got) != tt.back {
			t.Errorf("%s: answered %s, %v", name, got, err)
		}
		for _, bad := range []string{`{"predictions":[]}`, `{}`, `{"predictions":[{"embeddings":{}}]}`, `{"predictions":`} {
			if x, _ := New(tt.from, []byte(tt.body), false).For(to); x.Take(0, []byte(bad)) == nil {
				t.Errorf("%s: %s was taken", name, bad)
			}
		}
	}
}

func TestBadAnswers(t *testing.T) {
	texts := []byte(`{"input":["a","b"]}`)
	contents := []byte(`{"requests":[{"content":{"parts":[{"text":"a"}]}},{"content":{"parts":[{"text":"b"}]}}]}`)
	for _, tt := range []struct {
		from   ir.Dialect
		answer string
	}{
		{ir.Chat, ``}, {ir.Chat, `{}`}, {ir.Chat, `{"embeddings":[{"values":[1]}]}`}, {ir.Chat, `{"embeddings":[{"values":[1]},{}]}`},
		{ir.Chat, `{"embeddings":[{"values":[1]},{"values":"x"}]}`},
		{ir.Gemini, `{"data":[{"index":0,"embedding":[1]}]}`}, {ir.Gemini, `{"data":[{"index":0,"embedding":[1]},{"index":7,"embedding":[1]}]}`},
		{ir.Gemini, `{"data":[{"embedding":[1]},{"embedding":"AAA="}]}`}, {ir.Gemini, `{"data":[{"embedding":[1]},{"embedding":null}]}`},
		{ir.Gemini, `{"data":[{"embedding":[1]},{"embedding":"AADAfw=="}]}`}, // NaN
	} {
		to, body := target(ir.Gemini), texts
		if tt.from == ir.Gemini {
			to, body = target(ir.Chat), contents
		}
		x, err := New(tt.from, body, false).For(to)
		if err != nil {
			t.Fatal(err)
		}
		if err = x.Take(0, []byte(tt.answer)); err == nil {
			_, err = x.Append(nil, "m")
		}
		if e, ok := err.(*ir.Error); !ok || e.Status != 502 {
			t.Errorf("%s: got %v", tt.answer, err)
		}
	}
}

// TestOrder puts vectors in the order of their texts.
func TestOrder(t *testing.T) {
	x, err := New(ir.Gemini, []byte(`{"requests":[{"content":{"parts":[{"text":"a"}]}},{"content":{"parts":[{"text":"b"}]}}]}`), false).For(target(ir.Chat))
	if err != nil {
		t.Fatal(err)
	}
	if err := x.Take(0, []byte(`{"data":[{"index":1,"embedding":[1.50, 2]},{"index":0,"embedding":"AACAPw=="}],"usage":{"prompt_tokens":9}}`)); err != nil {
		t.Fatal(err)
	}
	got, err := x.Append(nil, "m")
	if want := `{"embeddings":[{"values":[1]},{"values":[1.50,2]}]}`; err != nil || string(got) != want {
		t.Errorf("got  %s %v\nwant %s", got, err, want)
	}
	if n, estimated := x.Tokens(); n != 9 || estimated {
		t.Errorf("%d tokens, estimated %v", n, estimated)
	}
}

func TestVectorForms(t *testing.T) {
	for _, list := range []string{`[]`, `[0]`, `[-0.15625,3.4028235e+38,1e-45]`, `[0.1,0.2,0.3]`} {
		packed, err := appendVector(nil, []byte(list), true)
		if err != nil {
			t.Fatal(err)
		}
		back, err := appendVector(nil, packed, false)
		if err != nil || string(back) != list {
			t.Errorf("%s → %s → %s %v", list, packed, back, err)
		}
	}
}

func FuzzEmbed(f *testing.F) {
	f.Add(`{"input":["a",[1,2],3],"dimensions":2,"encoding_format":"base64"}`, `{"embeddings":[{"values":[1,2]}]}`)
	f.Add(`{"requests":[{"content":{"parts":[{"text":"a"}]},"outputDimensionality":1}]}`, `{"data":[{"index":0,"embedding":"AACAPw=="}],"usage":{"prompt_tokens":1}}`)
	f.Add(`{"content":{"parts":[{"text":"a"},{"inlineData":{}}]}}`, `{"model":"x","data":[{"embedding":[1]}]}`)
	f.Fuzz(func(t *testing.T, body, answer string) {
		for _, c := range []*Call{New(ir.Chat, []byte(body), false), New(ir.Gemini, []byte(body), false), New(ir.Gemini, []byte(body), true)} {
			to := target(ir.Gemini)
			if c.dialect == ir.Gemini {
				to = target(ir.Chat)
			}
			for _, x := range []*Exchange{c.Relay([]byte(body)), first(c.For(to))} {
				if x == nil || x.Take(0, []byte(answer)) != nil {
					continue
				}
				x.Tokens()
				_, _ = x.Append(nil, "m")
			}
		}
	})
}

func first(x *Exchange, _ error) *Exchange { return x }
