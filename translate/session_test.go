package translate

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/session"
)

// recorded is a request of a real client: those of a file are of one
// conversation, the last of them after it was resumed.
type recorded struct {
	Path    string
	Headers map[string]string
	Body    json.RawMessage
}

var recordings = []struct {
	client  string
	dialect ir.Dialect
	source  string
	alias   bool
}{
	{"claude-code", ir.Anthropic, "X-Claude-Code-Session-Id", false},
	{"claude-code-adaptive", ir.Anthropic, "X-Claude-Code-Session-Id", false},
	{"codex", ir.Responses, "session-id", true},
	{"gemini-cli", ir.Gemini, "content", false},
	{"opencode-anthropic", ir.Anthropic, "X-Session-Id", false},
	{"opencode-chat", ir.Chat, "X-Session-Id", false},
	{"opencode-gemini", ir.Gemini, "X-Session-Id", false},
	{"opencode-responses", ir.Responses, "prompt_cache_key", false},
}

func recording(tb testing.TB, client string) (list []recorded) {
	tb.Helper()
	raw, err := os.ReadFile("testdata/sessions/" + client + ".json")
	if err != nil {
		tb.Fatal(err)
	}
	if err := json.Unmarshal(raw, &list); err != nil {
		tb.Fatal(err)
	}
	return list
}

func sessionOf(tb testing.TB, d ir.Dialect, headers map[string]string, body []byte) session.Session {
	tb.Helper()
	env := &ir.Envelope{Op: ir.Generate, Dialect: d, Header: http.Header{}, Model: "m"}
	for name, value := range headers {
		env.Header.Set(name, value)
	}
	call, err := NewCall(env, body)
	if err != nil {
		tb.Fatal(err)
	}
	return call.Session(session.Caller{Tenant: "t", Key: "k"}, true, nil)
}

// TestSessionOfClients checks that real clients' conversations keep their keys,
// both as they name them and by their content alone.
func TestSessionOfClients(t *testing.T) {
	seen := map[string]string{}
	for _, tt := range recordings {
		t.Run(tt.client, func(t *testing.T) {
			var named, content session.Session
			for i, r := range recording(t, tt.client) {
				s := sessionOf(t, tt.dialect, r.Headers, r.Body)
				if s.Source != tt.source || s.Strong != (tt.source != "content") || (s.Alias != "") != tt.alias {
					t.Errorf("request %d: %+v", i, s)
				}
				if s.Continues != (i > 0) || s.OneShot {
					t.Errorf("request %d continues: %v, one shot: %v", i, s.Continues, s.OneShot)
				}
				bare := sessionOf(t, tt.dialect, nil, unnamed(r.Body))
				if bare.Source != "content" || bare.Strong || len(bare.Key) != 34 {
					t.Errorf("request %d by content: %+v", i, bare)
				}
				if i == 0 {
					named, content = s, bare
				}
				if s.Key != named.Key || s.Alias != named.Alias || bare.Key != content.Key {
					t.Errorf("request %d has other keys: %+v, %+v", i, s, bare)
				}
			}
			for _, key := range []string{named.Key, content.Key} {
				if other := seen[key]; other != "" && other != tt.client {
					t.Errorf("the key is also that of %s", other)
				}
				seen[key] = tt.client
			}
		})
	}
}

// unnamed hides what names the conversation in a body.
func unnamed(body []byte) []byte {
	return []byte(strings.NewReplacer(`"prompt_cache_key"`, `"other"`, `"user_id"`, `"other"`).Replace(string(body)))
}

// TestSessionInAllDialects tells the same conversation in each dialect.
func TestSessionInAllDialects(t *testing.T) {
	const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
	bodies := map[ir.Dialect]string{
		ir.Chat: `{"model":"m","messages":[{"role":"system","content":"Sé \"x\"."},{"role":"user","content":[{"type":"text","text":"a\n"},{"type":"image_url","image_url":{"url":"data:image/png;base64,` + pixel + `"}}]}
			,{"role":"user","content":"b"}%s],"tools":[{"type":"function","function":{"name":"f"}}]}`,
		ir.Responses: `{"model":"m","instructions":"S\u00e9 \"x\".","input":[{"role":"user","content":[{"type":"input_text","text":"a\n"},{"type":"input_image","image_url":"data:image/png;base64,` + pixel + `"}]}
			,{"role":"user","content":"b"}%s],"tool_choice":{"type":"function","name":"f"},"tools":[{"type":"function","name":"f"}]}`,
		ir.Anthropic: `{"tools":[{"name":"f","input_schema":{"type":"object"}}],"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"text","text":"a\u000a"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"` + pixel + `"}}]}
			,{"content":"b","role":"user"}%s],"system":"Sé \"x\"."}`,
		ir.Gemini: `{"systemInstruction":{"parts":[{"text":"Sé \"x\"."}]},"contents":[{"parts":[{"text":"a\n"},{"inlineData":{"mimeType":"image/png","data":"` + pixel + `"}}]},{"role":"user","parts":[{"text":"b"}]}%s]}`,
	}
	answers := map[ir.Dialect]string{
		ir.Chat:      `,{"role":"assistant","content":"c"},{"role":"user","content":"d"}`,
		ir.Responses: `,{"type":"reasoning","summary":[]},{"role":"assistant","content":"c"},{"role":"user","content":"d"}`,
		ir.Anthropic: `,{"role":"assistant","content":"c"},{"role":"user","content":"d"}`,
		ir.Gemini:    `,{"role":"model","parts":[{"text":"c"}]},{"role":"user","parts":[{"text":"d"}]}`,
	}
	want := sessionOf(t, ir.Chat, nil, fmt.Appendf(nil, bodies[ir.Chat], "")).Key
	if want == "" {
		t.Fatal("no key")
	}
	for d, body := range bodies {
		for _, more := range []string{"", answers[d]} {
			s := sessionOf(t, d, nil, fmt.Appendf(nil, body, more))
			if s.Key != want || s.Continues != (more != "") {
				t.Errorf("%s: %+v, want %s", d, s, want)
			}
		}
	}
	for d, body := range bodies {
		if s := sessionOf(t, d, nil, fmt.Appendf(nil, strings.Replace(body, pixel, "AAAA", 1), "")); s.Key == want {
			t.Errorf("%s: another image has the same key", d)
		}
	}
}

// TestSessionByWholeBody checks that a call that was decoded already has the
// same session as one of which the beginning alone is read.
func TestSessionByWholeBody(t *testing.T) {
	for _, d := range benchDialects {
		body := bodyIn(t, d, 3, 4)
		env := benchEnvelope(d, false)
		call, err := NewCall(env, body)
		if err != nil {
			t.Fatal(err)
		}
		apart := call.Session(session.Caller{}, true, nil)
		if _, err := call.request(); err != nil {
			t.Fatal(err)
		}
		if whole := call.Session(session.Caller{}, true, nil); whole != apart || whole.Key == "" {
			t.Errorf("%s: %+v, want %+v", d, whole, apart)
		}
		if strong := call.Session(session.Caller{}, false, nil); strong.Key != "" {
			t.Errorf("%s: %+v without weak keys", d, strong)
		}
	}
}

// TestSessionWithoutDecoder reads what clients usually write without decoding
// it, to the same key.
func TestSessionWithoutDecoder(t *testing.T) {
	never := &session.Weak{Open: func([]ir.Span) (*ir.Request, error) { return nil, errors.New("decoded") }}
	for _, d := range benchDialects {
		for messages := range 3 {
			body := bodyIn(t, d, 3, messages)
			call, err := NewCall(benchEnvelope(d, false), body)
			if err != nil {
				t.Fatal(err)
			}
			want := call.Session(session.Caller{}, true, nil)
			if got := session.Of(call.env, body, session.Caller{}, never); got.Key != want.Key || want.Key == "" {
				t.Errorf("%s: %+v, want %+v", d, got, want)
			}
		}
	}
	for pad := range 4 { // so that what is looked at ends inside of a character
		long := strings.Repeat("x", pad) + strings.Repeat("😀", 5000)
		body := []byte(`{"system":"` + long + `","messages":[{"role":"user","content":"` + long + `"}]}`)
		call, err := NewCall(&ir.Envelope{Op: ir.Generate, Dialect: ir.Anthropic, Model: "m"}, body)
		if err != nil {
			t.Fatal(err)
		}
		got := session.Of(call.env, body, session.Caller{}, never)
		if _, err := call.request(); err != nil {
			t.Fatal(err)
		}
		if want := call.Session(session.Caller{}, true, nil); got.Key != want.Key || got.Key == "" {
			t.Errorf("%d bytes further: %+v, want %+v", pad, got, want)
		}
	}
}

// TestSessionOfUnusual leaves to the decoder what may mean something else, or
// nothing at all.
func TestSessionOfUnusual(t *testing.T) {
	user := `{"role":"user","content":"a"}`
	tests := map[ir.Dialect][]string{
		ir.Chat: {
			`"messages":[{"role":"user","role":"system","content":"a"},` + user + `]`, `"messages":[{"role":"user","content":"a","content":"b"}]`,
			`"messages":[` + user + `],"messages":[` + user + `]`, `"messages":[` + user + `],"extra_body":{"messages":[` + user + `]}`,
			`"messages":[{"role":"user","content":[{"type":"text","text":"a","text":"b"}]}]`, `"messages":[{"role":"user","content":[{"text":"a"}]}]`,
			`"messages":[{"role":"user","content":{"type":"text","text":"a"}}]`, `"messages":[{"role":"user","content":["a"]}]`,
			`"messages":[` + user + `,{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://x"}}]}]`,
			`"messages":[` + user + `,{"role":"user","content":"b","reasoning":"c"}]`, `"messages":[{"role":"user","content":"a` + "\xff" + `"}]`,
		},
		ir.Responses: {
			`"instructions":["a"],"input":"b"`,
			`"prompt":{"id":"p"},"input":"b"`, `"previous_response_id":"r","input":"b"`, `"background":true,"input":"b"`,
		},
		ir.Anthropic: {
			`"system":{"type":"text","text":"a"},"messages":[` + user + `]`, `"system":"a","system":"b","messages":[` + user + `]`,
			`"system":"a` + "\xff" + `","messages":[` + user + `]`,
			`"messages":["a"]`, `"messages":[{"role":"user","content":[{"type":"thinking","text":"a"}]}]`, `"messages":[{"content":"a"}]`,
		},
		ir.Gemini: {
			`"systemInstruction":"a","contents":[{"parts":[{"text":"b"}]}]`, `"contents":{"parts":[{"text":"b"}]}`, `"contents":[{"parts":{"text":"b"}}]`,
			`"contents":[{"parts":[{"text":"b","thought":true}]}]`, `"systemInstruction":{"parts":[{"text":"a"}]},"system_instruction":{"parts":[{"text":"c"}]},"contents":[{"parts":[{"text":"b"}]}]`,
			`"contents":[{"role":"system","parts":[{"text":"b"}]}]`, `"systemInstruction":{"parts":[{"text":"a"}]},"contents":[]`,
		},
	}
	for d, bodies := range tests {
		for _, body := range bodies {
			body := []byte(`{` + body + `}`)
			call, err := NewCall(&ir.Envelope{Op: ir.Generate, Dialect: d, Model: "m"}, body)
			if err != nil {
				t.Fatal(err)
			}
			decoded := false
			session.Of(call.env, body, session.Caller{}, &session.Weak{Open: func([]ir.Span) (*ir.Request, error) {
				decoded = true
				return call.request()
			}})
			if !decoded {
				t.Errorf("%s: %s was not decoded", d, body)
			}
		}
	}
}

// BenchmarkSession is what a session costs beside ReadEnvelope: one that the
// client names, and one that its content tells.
func BenchmarkSession(b *testing.B) {
	for _, d := range benchDialects {
		body := bodyIn(b, d, 30, 18)
		for _, name := range []string{"", "s"} {
			env := benchEnvelope(d, false)
			if name != "" {
				env.Header.Set("X-Session-Id", name)
			}
			b.Run(string(d)+"/named="+name, func(b *testing.B) {
				call, err := NewCall(env, body)
				if err != nil {
					b.Fatal(err)
				}
				scratch := make([]byte, 0, session.ScratchSize(len(body)))
				b.ReportAllocs()
				for b.Loop() {
					if s := call.Session(session.Caller{}, true, scratch); s.Key == "" {
						b.Fatal("no key")
					}
				}
			})
		}
	}
}
