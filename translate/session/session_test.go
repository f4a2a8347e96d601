package session

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

const (
	uuid  = "0f8fad5b-d9cb-469f-a165-70867728950e"
	hex64 = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaF"
)

// names are all the sources at once, the first the one that wins.
var names = []struct {
	source   string
	dialects string
	set      func(*ir.Envelope)
	body     string
	key      string
}{
	{"X-Ai-Gateway-Session", "chat responses anthropic gemini", headers("X-Ai-Gateway-Session", " v1 "), "", sum("v1")[:32]},
	{"X-Claude-Code-Session-Id", "chat responses anthropic gemini", headers("X-Claude-Code-Session-Id", uuid), "", "claude:" + uuid},
	{"metadata.user_id", "chat responses anthropic gemini", func(e *ir.Envelope) { e.Hints.UserID = "user_x_account__session_" + uuid }, "", "claude:" + uuid},
	{"gemini-cli", "gemini", func(*ir.Envelope) {}, "/.gemini/tmp/" + hex64, "geminicli:" + hex64},
	{"session_id", "chat responses", headers("session_id", "v2"), "", "codex:" + sum("v2")},
	{"session-id", "chat responses", headers("session-id", "v3"), "", "codex:" + sum("v3")},
	{"conversation_id", "chat responses", headers("conversation_id", "v4"), "", "codex:" + sum("v4")},
	{"thread-id", "chat responses", headers("thread-id", "v5"), "", "codex:" + sum("v5")},
	{"body.session_id", "chat responses anthropic gemini", func(e *ir.Envelope) { e.Hints.Session = "v6" }, "", "body:" + sum("v6")},
	{"previous_response_id", "responses", func(e *ir.Envelope) { e.Hints.Known = "key of its response" }, "", "key of its response"},
	{"conversation", "responses", func(e *ir.Envelope) { e.Hints.Conversation = "v7" }, "", "conv:" + sum("v7")},
	{"prompt_cache_key", "chat responses", func(e *ir.Envelope) { e.Hints.CacheKey = " v8" }, "", "pck:" + sum("v8")},
	{"X-Session-Id", "chat responses anthropic gemini", headers("X-Session-Id", "v9"), "", "hdr:" + sum("v9")},
	{"X-Session-Affinity", "chat responses anthropic gemini", headers("X-Session-Affinity", "v10"), "", "hdr:" + sum("v10")},
}

func headers(name, value string) func(*ir.Envelope) {
	return func(e *ir.Envelope) { e.Header.Set(name, value) }
}

// TestPrecedence takes one source after the other away.
func TestPrecedence(t *testing.T) {
	for _, d := range []ir.Dialect{ir.Chat, ir.Responses, ir.Anthropic, ir.Gemini} {
		for first := range names {
			env := &ir.Envelope{Dialect: d, Header: http.Header{"X-Client-Request-Id": {"r"}}}
			body, want := "", Session{}
			for i := len(names) - 1; i >= first; i-- {
				n := &names[i]
				n.set(env)
				body = n.body + body
				if strings.Contains(n.dialects, string(d)) {
					want = Session{Key: n.key, Source: n.source, Strong: true}
				}
			}
			if strings.HasPrefix(want.Key, "codex:") {
				want.Alias = "pck:" + sum("v8")
			}
			if got := Of(env, []byte(body), Caller{}, nil); got != want {
				t.Errorf("%s from %s: got %+v, want %+v", d, names[first].source, got, want)
			}
		}
	}
}

// TestBlankIsAbsent gives every source a blank value.
func TestBlankIsAbsent(t *testing.T) {
	env := &ir.Envelope{Dialect: ir.Responses, Header: http.Header{}, Hints: ir.Hints{UserID: " ", Session: " ", Conversation: `\n`, CacheKey: " "}}
	for i := range names {
		env.Header.Set(names[i].source, " \t")
	}
	if got := Of(env, nil, Caller{}, nil); got.Key != "" {
		t.Errorf("got %+v", got)
	}
	if got := Of(&ir.Envelope{Dialect: ir.Gemini}, nil, Caller{}, nil); got != (Session{}) || got.Tag() != "" {
		t.Errorf("got %+v", got)
	}
}

func TestClaudeSession(t *testing.T) {
	legacy := "user_" + hex64 + "_account_" + uuid + "_session_"
	upper := strings.ToUpper(uuid)
	tests := []struct{ userID, want string }{
		{legacy + uuid, uuid},
		{legacy + upper, upper},
		{"user_1_account__session_" + uuid, uuid},
		{"user_1_account__session_" + upper, ""},
		{`{"device_id":"d","account_uuid":"","session_id":"` + uuid + `"}`, uuid},
		{` {"device_id":"d","session_id":" s ","parent_session_id":"p"} `, "s"},
		{`{"device_id":"","session_id":"` + uuid + `"}`, ""},
		{`{"device_id":"d","session_id":7}`, ""},
		{`{"device_id":"d","session_id":"s"`, ""},
		{`{"device_id":"d"}`, ""},
		{"somebody", ""},
		{"session_" + uuid + strings.Repeat("x", maxUserID), ""},
	}
	for _, tt := range tests {
		if got := claudeSession(ir.Plain(tt.userID)); got != tt.want {
			t.Errorf("%.80s: got %q, want %q", tt.userID, got, tt.want)
		}
	}
	long := strings.Repeat("x", maxPlain+1)
	for _, odd := range []string{long, "a\x00b"} {
		if got := claudeKey(odd); got != "claude:"+sum(odd) {
			t.Errorf("got %q", got)
		}
	}
}

// TestGeminiCLI has the values of the formula that Gemini CLI's own gateways
// use.
func TestGeminiCLI(t *testing.T) {
	const user = " 11111111-2222-3333-4444-555555555555 "
	tests := []struct{ body, user, want string }{
		{"x/.gemini/tmp/" + hex64 + "/logs", user, "geminicli:409a8d2786a764e460aef53275afd590976ac0c4cd6e8cf62a5d93ab6387fa53"},
		{"/.gemini/tmp/" + hex64, "", "geminicli:" + hex64},
		{"/.gemini/tmp/" + hex64[1:] + " /.gemini/tmp/" + strings.ToUpper(hex64), "", "geminicli:" + strings.ToUpper(hex64)},
		{"/.gemini/tmp/my-project", user, ""},
		{"/.gemini/tmp/" + hex64[1:], user, ""},
		{"", user, ""},
	}
	for _, tt := range tests {
		env := &ir.Envelope{Dialect: ir.Gemini, Header: http.Header{}}
		env.Header.Set("x-gemini-api-privileged-user-id", tt.user)
		if got := Of(env, []byte(tt.body), Caller{}, nil); got.Key != tt.want {
			t.Errorf("%s: got %q, want %q", tt.body, got.Key, tt.want)
		}
	}
}

// TestLookAt finds where the first answer begins.
func TestLookAt(t *testing.T) {
	tests := []struct {
		turns string // the opening ends at the bar
		goes  bool
	}{
		{`"hi"|`, false},
		{`{"parts":[]}|`, false},
		{`[]|`, false},
		{`[{"role":"user"},"text"]|`, false},
		{`[{"role":"system"},{"role":"user"}|,{"content":["x"],"role":"assistant"},{"role":"user"}]`, true},
		{`[{"parts":[{"text":"\"role\":\"model\""}]}|, {"role":"model"}]`, true},
		{`[{"role":"user"}|,{"type":"function_call","name":"f"}]`, true},
		{`[{"type":"message","role":"user"}|,{"type":"reasoning"}]`, true},
		{`[|{"role":"tool"}]`, true},
		{`[{"role":7}]|`, false},
	}
	for _, tt := range tests {
		at := strings.IndexByte(tt.turns, '|')
		body := `{"tools":[1],"messages":` + strings.Replace(tt.turns, "|", "", 1) + `,"x":1}`
		start := len(`{"tools":[1],"messages":`)
		env := &ir.Envelope{
			ToolsAt: ir.Span{Start: len(`{"tools":`), End: len(`{"tools":[1]`)},
			TurnsAt: ir.Span{Start: start, End: start + len(tt.turns) - 1},
		}
		o := lookAt(env, []byte(body))
		if end := o.end - start; o.continues != tt.goes || o.continues && end != at {
			t.Errorf("%s: continues %v, ends at %d", tt.turns, o.continues, end)
		}
		want, got := []string{"1"}, []string(nil)
		if tt.goes {
			want = []string{strings.TrimSuffix(tt.turns[at+1:], "]"), "1"}
		}
		for _, piece := range o.omit(env, []byte(body)) {
			got = append(got, body[piece.Start:piece.End])
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q are omitted, want %q", tt.turns, got, want)
		}
	}
	env := &ir.Envelope{Hints: ir.Hints{Previous: "resp_1"}}
	if !Of(env, nil, Caller{}, nil).Continues {
		t.Error("what goes on with an answer that is stored does not continue")
	}
}

func TestOneShot(t *testing.T) {
	tests := []struct {
		max   int
		tools string
		turns string
		want  bool
	}{
		{64, "", `[{"role":"user"}]`, true},
		{64, "[]", `"x"`, true},
		{65, "", `[{"role":"user"}]`, false},
		{0, "", `[{"role":"user"}]`, false},
		{1, `[{}]`, `[{"role":"user"}]`, false},
		{1, "", `[{"role":"user"},{"role":"assistant"}]`, false},
		{1, "", `[{"role":"user","cache_control":{}}]`, false},
	}
	for _, tt := range tests {
		body := tt.turns + tt.tools
		env := &ir.Envelope{TurnsAt: ir.Span{End: len(tt.turns)}, ToolsAt: ir.Span{Start: len(tt.turns), End: len(body)}}
		if tt.max > 0 {
			env.MaxOutput = ir.Some(tt.max)
		}
		if got := Of(env, []byte(body), Caller{}, nil).OneShot; got != tt.want {
			t.Errorf("%d %s %s: %v", tt.max, tt.tools, tt.turns, got)
		}
	}
}

func TestUnreadable(t *testing.T) {
	s := Of(&ir.Envelope{}, []byte("{}"), Caller{}, &Weak{Open: func([]ir.Span) (*ir.Request, error) { return nil, errors.New("no") }})
	if s != (Session{}) {
		t.Errorf("got %+v", s)
	}
}

// TestTag does not tell the key.
func TestTag(t *testing.T) {
	s := Session{Key: "claude:" + uuid}
	if tag := s.Tag(); len(tag) != 16 || strings.Contains(s.Key, tag) || tag != sum(s.Key)[:16] {
		t.Errorf("got %q", tag)
	}
}
