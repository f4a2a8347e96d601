package handlers

import (
	"slices"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-ai-gateway/ai-gateway/access"
	"github.com/caddy-ai-gateway/ai-gateway/glob"
	"github.com/caddy-ai-gateway/ai-gateway/providers"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// globModel is a block whose name is a pattern.
func globModel(m Model) *Model {
	m.Pattern, _ = glob.Compile(m.Name)
	return &m
}

func list(patterns ...string) glob.List {
	l, err := glob.CompileList(patterns)
	if err != nil {
		panic(err)
	}
	return l
}

// TestFindModel: an exact name beats patterns, then the first one written wins.
func TestFindModel(t *testing.T) {
	models := Models{
		globModel(Model{Name: "gpt-*"}), globModel(Model{Name: "*"}), exactModel(Model{Name: "gpt-5"}), globModel(Model{Name: "gpt-5*"}),
	}
	for name, want := range map[string]string{"gpt-5": "gpt-5", "gpt-5-mini": "gpt-*", "gpt-4": "gpt-*", "claude": "*", "GPT-5": "*"} {
		if got := models.find(name).Name; got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if got := (Models{exactModel(Model{Name: "*x"})}).find("yx"); got != plain {
		t.Errorf("a name with a star fits as a pattern: %+v", got)
	}
}

// servedBy answers as an account that tells its name and the model that it was
// asked for.
func servedBy(t *testing.T, name string, f *fixture, up *upstream, ask string, headers ...string) answered {
	t.Helper()
	before := len(up.requests())
	got := f.post("/v1/chat/completions", ask, headers...)
	if n := len(up.requests()) - before; n != 1 {
		t.Errorf("%s was asked %d times: %d %s", name, n, got.status, got.body)
	}
	return got
}

func asking(model string) string {
	return strings.Replace(speeches[ir.Chat].ask, `"model":"m"`, `"model":"`+model+`"`, 1)
}

// TestNames covers the names under which a model is asked for, sent upstream
// and answered.
func TestNames(t *testing.T) {
	tests := map[string]struct {
		asked, sent string
		served      string // in X-Ai-Gateway-Model
		models      Models
		account     []string
	}{
		"as it is":           {"m", "m", "", nil, []string{"m"}},
		"slashes and colons": {"org/m:8b", "org/m:8b", "", nil, []string{"org/*"}},
		"as":                 {"fast", "m", "m", Models{exactModel(Model{Name: "fast", As: "m"})}, []string{"m"}},
		"as is not followed": {"fast", "m", "m", Models{exactModel(Model{Name: "fast", As: "m"}), exactModel(Model{Name: "m", As: "n"})}, []string{"m", "n"}},
		"the account's name": {"fast", "up-1", "up-1", nil, []string{"fast=up-1"}},
		"as, then account's": {"fast", "up-1", "up-1", Models{exactModel(Model{Name: "fast", As: "m"})}, []string{"m=up-1"}},
		"as the same":        {"m", "m", "", Models{exactModel(Model{Name: "m", As: "m"})}, []string{"m"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			answer := strings.Replace(speeches[ir.Chat].whole, `"model":"m"`, `"model":"`+test.sent+`"`, 1)
			up := newUpstream(t, says(200, "application/json", answer))
			f := serve(t, gatewaySpec{models: test.models, accounts: []accountSpec{{name: "a", url: up.URL, models: test.account}}})
			got := servedBy(t, "a", f, up, asking(test.asked))
			if sent := gjson.Get(up.requests()[0].body, "model").Str; sent != test.sent {
				t.Errorf("sent %q, want %q", sent, test.sent)
			}
			if answered := gjson.Get(got.body, "model").Str; answered != test.asked {
				t.Errorf("the answer names %q, want %q", answered, test.asked)
			}
			if h := got.header.Get("X-Ai-Gateway-Model"); h != test.served {
				t.Errorf("the header names %q, want %q", h, test.served)
			}
			fields := f.lastFields(1)
			if fields["ai_model"] != test.asked || fields["ai_model_served"] != test.served {
				t.Errorf("the log says %v", fields)
			}
		})
	}
}

// TestUnknownModel is a 404 that names what the key may use and nothing else.
func TestUnknownModel(t *testing.T) {
	models := Models{exactModel(Model{Name: "fast", As: "m"}), globModel(Model{Name: "x-*"})}
	tests := map[string]struct {
		key   access.Key
		asked string
		want  []string
		not   []string
	}{
		"everything":         {access.Key{}, "nope", []string{"`nope`", "fast", "x-*", "m", "gpt-*"}, []string{"hidden"}},
		"some models":        {access.Key{Models: []string{"gpt-5-mini"}}, "nope", []string{"gpt-5-mini"}, []string{"gpt-*", "fast", "x-*", "claude"}},
		"not allowed":        {access.Key{Models: []string{"gpt-*"}}, "m", []string{"`m`", "gpt-*"}, []string{"fast"}},
		"accounts of others": {access.Key{Accounts: []string{"two"}}, "m", []string{"gpt-*"}, []string{"claude"}},
		"a long name":        {access.Key{}, strings.Repeat("é", 250), []string{"…"}, []string{strings.Repeat("é", 60)}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test.key.Name, test.key.Secret = "alice", clientSecret
			up := newUpstream(t, fails(500, ""))
			f := serve(t, gatewaySpec{keys: []access.Key{test.key}, models: models, accounts: []accountSpec{
				{name: "one", url: up.URL, models: []string{"m", "claude-*"}},
				{name: "two", url: up.URL, models: []string{"gpt-*"}},
				{name: "three", url: up.URL, models: []string{"hidden"}, disabled: true},
			}})
			if name == "accounts of others" {
				f.Models = nil
			}
			for _, d := range []ir.Dialect{ir.Chat, ir.Anthropic} {
				got := f.post(speeches[d].path, strings.Replace(speeches[d].ask, `"model":"m"`, `"model":"`+test.asked+`"`, 1))
				message := errorOf(got.body)
				if got.status != 404 || !strings.Contains(message, "does not exist or you do not have access to it") {
					t.Fatalf("got %d %s", got.status, got.body)
				}
				_, named, _ := strings.Cut(message, "may use: ")
				for _, w := range test.want {
					if !strings.Contains(message, w) {
						t.Errorf("%q is not named: %s", w, message)
					}
				}
				for _, w := range test.not {
					if slices.Contains(strings.Split(named, ", "), w) || len(w) > 50 && strings.Contains(message, w) {
						t.Errorf("%q is named: %s", w, message)
					}
				}
			}
			if n := len(up.requests()); n != 0 {
				t.Errorf("upstreams were asked %d times", n)
			}
		})
	}
}

// TestWhoMayAnswer covers what keeps an account from answering.
func TestWhoMayAnswer(t *testing.T) {
	up := newUpstream(t, says(200, "application/json", speeches[ir.Chat].whole))
	tests := map[string]struct {
		key    access.Key
		models Models
		path   string
		status int
	}{
		"nothing":             {status: 200},
		"the key":             {key: access.Key{Accounts: []string{"other-*"}}, status: 404},
		"the key's pattern":   {key: access.Key{Accounts: []string{"on*"}}, status: 200},
		"the model's block":   {models: Models{exactModel(Model{Name: "m", Accounts: list("other")})}, status: 404},
		"the block's pattern": {models: Models{exactModel(Model{Name: "m", Accounts: list("o*")})}, status: 200},
		"the prefix":          {path: "/antigravity/v1/chat/completions", status: 404},
	}
	for name, test := range tests {
		test.key.Name, test.key.Secret = "alice", clientSecret
		f := serve(t, gatewaySpec{keys: []access.Key{test.key}, models: test.models, accounts: []accountSpec{{name: "one", url: up.URL}}})
		path := test.path
		if path == "" {
			path = "/v1/chat/completions"
		}
		if got := f.post(path, speeches[ir.Chat].ask); got.status != test.status {
			t.Errorf("%s: got %d %s", name, got.status, got.body)
		}
	}
}

// TestDialectGoesFirst: among equals the account that speaks the client's
// dialect answers.
func TestDialectGoesFirst(t *testing.T) {
	ups := map[ir.Dialect]*upstream{}
	var accounts []accountSpec
	for _, d := range dialects {
		ups[d] = newUpstream(t, says(200, "application/json", speeches[d].whole))
		accounts = append(accounts, accountSpec{name: string(d), dialect: d, url: ups[d].URL})
	}
	f := serve(t, gatewaySpec{accounts: accounts})
	for _, d := range dialects {
		before := len(ups[d].requests())
		for range 3 {
			wantHello(t, d, f.post(speeches[d].path, speeches[d].ask))
		}
		if n := len(ups[d].requests()) - before; n != 3 {
			t.Errorf("%s: its own account was asked %d times of 3", d, n)
		}
	}
}

// TestFallback asks other models when the first has failed, and not when the
// request is at fault.
func TestFallback(t *testing.T) {
	tests := map[string]struct {
		step   func() *upstream
		status int
		asked  string // the model that answered
		text   string // of an error
	}{
		"500": {func() *upstream { return newUpstream(t, fails(500, "")) }, 200, "up-2", ""},
		"429": {func() *upstream { return newUpstream(t, fails(429, "")) }, 200, "up-2", ""},
		"404": {func() *upstream { return newUpstream(t, fails(404, "")) }, 200, "up-2", ""},
		"400": {func() *upstream { return newUpstream(t, fails(400, `{"error":{"message":"bad x"}}`)) }, 400, "", "bad x"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			first := test.step()
			second := newUpstream(t, says(200, "application/json", strings.Replace(speeches[ir.Chat].whole, `"model":"m"`, `"model":"up-2"`, 1)))
			f := serve(t, gatewaySpec{
				keys:   []access.Key{{Name: "alice", Secret: clientSecret, Models: []string{"m"}}}, // fallbacks need no permission
				models: Models{exactModel(Model{Name: "m", Fallback: []string{"nobody", "spare"}}), exactModel(Model{Name: "spare", As: "up-2", Fallback: []string{"third"}})},
				accounts: []accountSpec{
					{name: "one", url: first.URL}, {name: "two", url: second.URL, models: []string{"up-2"}},
				},
			})
			got := f.post("/v1/chat/completions", speeches[ir.Chat].ask)
			if got.status != test.status || errorOf(got.body) != test.text {
				t.Fatalf("got %d %s", got.status, got.body)
			}
			if test.status == 200 && (gjson.Get(got.body, "model").Str != "m" || got.header.Get("X-Ai-Gateway-Model") != "up-2") {
				t.Errorf("the answer is %v %s", got.header, got.body)
			}
			if n := len(second.requests()); (n == 1) != (test.status == 200) {
				t.Errorf("the fallback was asked %d times", n)
			}
		})
	}
}

// TestFallbackExhausted tells of the last model that somebody serves.
func TestFallbackExhausted(t *testing.T) {
	up := newUpstream(t, fails(429, "", "Retry-After", "9"))
	f := serve(t, gatewaySpec{
		models:   Models{exactModel(Model{Name: "m", Fallback: []string{"nobody"}})},
		accounts: []accountSpec{{name: "one", url: up.URL}},
	})
	if got := f.post("/v1/chat/completions", speeches[ir.Chat].ask); got.status != 429 {
		t.Errorf("got %d %s", got.status, got.body)
	}
}

// TestFallbackAfterContent never happens.
func TestFallbackAfterContent(t *testing.T) {
	s := speeches[ir.Chat]
	up := newUpstream(t, streams(append(append([]string(nil), s.preamble...), s.content[0]), cuts))
	f := serve(t, gatewaySpec{
		models:   Models{exactModel(Model{Name: "m", Fallback: []string{"n"}})},
		accounts: []accountSpec{{name: "one", url: up.URL, models: []string{"m", "n"}}},
	})
	got := f.post(s.streamPath, s.askStream)
	if textOf(ir.Chat, got.body) != "hello " || errorOf(got.body) == "" || len(up.requests()) != 1 {
		t.Errorf("asked %d times, got %s", len(up.requests()), got.body)
	}
}

// TestStrict is on when the gateway, the model or the request says so.
func TestStrict(t *testing.T) {
	// top_k means nothing to Chat, so that it is noted, and refused in strict mode.
	ask := `{"model":"m","max_tokens":64,"top_k":3,"messages":[{"role":"user","content":"hi"}]}`
	up := newUpstream(t, says(200, "application/json", speeches[ir.Responses].whole))
	tests := map[string]struct {
		gateway, model bool
		header         string
		strict         bool
	}{
		"off":         {false, false, "", false},
		"gateway":     {true, false, "", true},
		"model":       {false, true, "", true},
		"request":     {false, false, "1", true},
		"other value": {false, false, "0", false},
		"cannot undo": {true, false, "0", true},
	}
	for name, test := range tests {
		f := serve(t, gatewaySpec{
			models:   Models{exactModel(Model{Name: "m", Strict: test.model})},
			accounts: []accountSpec{{name: "a", provider: &providers.OpenAI{API: "responses"}, url: up.URL}},
			tweak:    func(g *Gateway) { g.Strict = test.gateway; g.Notes = NotesAll },
		})
		ask := strings.Replace(ask, `"top_k":3`, `"top_k":3,"stop_sequences":["x"]`, 1)
		got := f.post("/v1/messages", ask, "X-Ai-Gateway-Strict", test.header)
		if strict := got.status == 400; strict != test.strict {
			t.Errorf("%s: got %d %s, notes %s", name, got.status, got.body, got.header.Get("X-Ai-Gateway-Notes"))
		}
	}
}

// TestUnsupportedGoesOn asks the account that can express what another cannot.
func TestUnsupportedGoesOn(t *testing.T) {
	first := newUpstream(t, says(200, "application/json", speeches[ir.Responses].whole))
	second := newUpstream(t, says(200, "application/json", speeches[ir.Anthropic].whole))
	f := serve(t, gatewaySpec{tweak: func(g *Gateway) { g.Strict = true }, accounts: []accountSpec{
		{name: "cannot", dialect: ir.Responses, url: first.URL},
		{name: "can", dialect: ir.Anthropic, url: second.URL, priority: 1},
	}})
	ask := `{"model":"m","max_tokens":64,"stop_sequences":["x"],"messages":[{"role":"user","content":"hi"}]}`
	wantHello(t, ir.Anthropic, f.post("/v1/messages", ask))
	if len(first.requests()) != 0 || len(second.requests()) != 1 {
		t.Errorf("asked %d and %d times", len(first.requests()), len(second.requests()))
	}
	f.settled()
}

// TestNotesHeader covers the modes of notes, and that notes and names of an
// attempt that failed do not stay.
func TestNotesHeader(t *testing.T) {
	ask := `{"model":"m","max_tokens":64,"top_k":3,"stop_sequences":["x"],"messages":[{"role":"user","content":"hi"}]}`
	up := newUpstream(t, says(200, "application/json", speeches[ir.Responses].whole))
	seen := map[NotesMode]string{}
	for _, mode := range []NotesMode{NotesOff, NotesWarn, NotesAll} {
		f := serve(t, gatewaySpec{
			accounts: []accountSpec{{name: "a", dialect: ir.Responses, url: up.URL}},
			tweak:    func(g *Gateway) { g.Notes = mode; g.ExposeAccount = mode == NotesAll },
		})
		got := f.post("/v1/messages", ask)
		if got.status != 200 {
			t.Fatalf("got %d %s", got.status, got.body)
		}
		seen[mode] = got.header.Get("X-Ai-Gateway-Notes")
		if exposed := got.header.Get("X-Ai-Gateway-Upstream"); (exposed == "a") != (mode == NotesAll) {
			t.Errorf("the account is exposed as %q", exposed)
		}
		if f.lastFields(1)["ai_notes"] == "" {
			t.Error("the log has no notes")
		}
	}
	if seen[NotesOff] != "" || !strings.Contains(seen[NotesWarn], "stop_sequences") || len(seen[NotesAll]) < len(seen[NotesWarn]) {
		t.Errorf("got %q", seen)
	}
}

// TestHeadersOfFailedAttempt do not stay on the answer of another account.
func TestHeadersOfFailedAttempt(t *testing.T) {
	first := newUpstream(t, streams([]string{speeches[ir.Responses].mistake}, nil))
	for _, goes := range []bool{true, false} {
		step := says(200, "application/json", speeches[ir.Anthropic].whole)
		if !goes {
			step = fails(500, "")
		}
		second := newUpstream(t, step)
		f := serve(t, gatewaySpec{
			accounts: []accountSpec{
				{name: "first", dialect: ir.Responses, url: first.URL, models: []string{"m=renamed"}},
				{name: "second", dialect: ir.Anthropic, url: second.URL, priority: 1},
			},
			tweak: func(g *Gateway) { g.ExposeAccount = true },
		})
		got := f.post("/v1/messages", `{"model":"m","max_tokens":64,"stop_sequences":["x"],"messages":[{"role":"user","content":"hi"}]}`)
		if goes {
			wantHello(t, ir.Anthropic, got)
		}
		for _, name := range []string{"X-Ai-Gateway-Model", "X-Ai-Gateway-Notes"} {
			if v := got.header.Get(name); v != "" {
				t.Errorf("%s: %q", name, v)
			}
		}
		if v := got.header.Get("X-Ai-Gateway-Upstream"); v == "first" || goes && v != "second" {
			t.Errorf("X-Ai-Gateway-Upstream: %q", v)
		}
		if served := f.lastFields(1)["ai_model_served"]; served != "" {
			t.Errorf("the log says that %q served", served)
		}
	}
}

// TestOneShortModel: what a request names must be one model, since keys and
// prices are for one, and be short, since its name is kept.
func TestOneShortModel(t *testing.T) {
	long := strings.Repeat("m", maxModel)
	f := serve(t, gatewaySpec{accounts: []accountSpec{{name: "only", dialect: ir.Chat}}})
	for path, ask := range map[string]string{
		"/v1/chat/completions":    `{NAME,"messages":[{"role":"user","content":"x"}]}`,
		"/v1/messages":            `{NAME,"max_tokens":9,"messages":[{"role":"user","content":"x"}]}`,
		"/v1/responses":           `{NAME,"input":"x"}`,
		"/v1/embeddings":          `{NAME,"input":"x"}`,
		"/v1internal:countTokens": `{NAME,"request":{"contents":[{"role":"user","parts":[{"text":"x"}]}]}}`,
	} {
		for name, refused := range map[string]bool{
			`"model":"` + long + `"`:                   false,
			`"model":"m` + long + `"`:                  true,
			`"model":"m","model":"other"`:              true,
			`"model":"other","mod\u0065l":"m"`:         true,
			`"model":"m","Model":"other"`:              true,
			`"MODEL":"other","model":"m"`:              true,
			`"model":"m","metadata":{"model":"other"}`: false,
		} {
			if strings.Contains(path, "internal") && !strings.Contains(name, long) {
				continue // there the envelope is read, not sent on
			}
			got := f.post(path, strings.ReplaceAll(ask, "NAME", name))
			if told := strings.Contains(got.body, "longer than 512") || strings.Contains(got.body, "named twice"); told != refused || told && got.status != 400 {
				t.Errorf("%s %.60s: got %d %.200s", path, name, got.status, got.body)
			}
		}
	}
	if got := f.post("/v1beta/models/m"+long+":generateContent", `{"contents":[{"role":"user","parts":[{"text":"x"}]}]}`); got.status != 400 {
		t.Errorf("in the path: %d %.200s", got.status, got.body)
	}
	if got := f.post("/v1beta/models/m:generateContent", `{"model":"m","Model":"n","contents":[{"role":"user","parts":[{"text":"x"}]}]}`); got.status != 400 {
		t.Errorf("beside the path: %d %.200s", got.status, got.body)
	}
}
