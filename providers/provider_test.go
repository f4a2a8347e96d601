package providers

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// always is the same dialect for all clients of TestDialect.
func always(d ir.Dialect) [5]ir.Dialect { return [5]ir.Dialect{d, d, d, d, d} }

func TestDialect(t *testing.T) {
	clients := []ir.Dialect{ir.Chat, ir.Responses, ir.Anthropic, ir.Gemini, ir.CodeAssist}
	const none = ir.Dialect("")
	tests := []struct {
		name     string
		provider Provider
		op       ir.Op
		want     [5]ir.Dialect // for the clients above
	}{
		{"openai", &OpenAI{}, ir.Generate, [5]ir.Dialect{ir.Chat, ir.Responses, ir.Responses, ir.Responses, ir.Responses}},
		{"openai auto", &OpenAI{API: "auto"}, ir.CountTokens, always(ir.Responses)},
		{"openai chat", &OpenAI{API: "chat"}, ir.Generate, always(ir.Chat)},
		{"openai chat", &OpenAI{API: "chat"}, ir.CountTokens, always(none)},
		{"openai responses", &OpenAI{API: "responses"}, ir.Generate, always(ir.Responses)},
		{"openai responses", &OpenAI{API: "responses"}, ir.Embed, always(ir.Chat)},
		{"compatible", &OpenAICompatible{}, ir.Generate, always(ir.Chat)},
		{"compatible responses", &OpenAICompatible{API: "responses"}, ir.Generate, always(ir.Responses)},
		{"compatible", &OpenAICompatible{API: "responses"}, ir.CountTokens, always(none)},
		{"anthropic", &Anthropic{}, ir.CountTokens, always(ir.Anthropic)},
		{"anthropic", &Anthropic{}, ir.Embed, always(none)},
		{"gemini", &Gemini{}, ir.Embed, always(ir.Gemini)},
		{"simulator", &Simulator{}, ir.Generate, [5]ir.Dialect{ir.Chat, ir.Responses, ir.Anthropic, ir.Gemini, ir.Gemini}},
		{"simulator", &Simulator{}, ir.CountTokens, [5]ir.Dialect{none, ir.Responses, ir.Anthropic, ir.Gemini, ir.Gemini}},
		{"simulator", &Simulator{}, ir.Embed, [5]ir.Dialect{ir.Chat, ir.Chat, none, ir.Gemini, ir.Gemini}},
		{"simulator speaks", &Simulator{Speaks: ir.Anthropic}, ir.Generate, always(ir.Anthropic)},
	}
	for _, tt := range tests {
		t.Run(tt.name+" "+string(tt.op), func(t *testing.T) {
			for i, client := range clients {
				got := tt.provider.Dialect(client, tt.op, "m")
				if got != tt.want[i] {
					t.Errorf("%s client: got %q, want %q", client, got, tt.want[i])
				}
				if got == "" {
					continue
				}
				call := &Call{Op: tt.op, Dialect: got, Model: "m", BaseURL: "https://a", Body: []byte("{}")}
				if _, err := tt.provider.Request(t.Context(), call); err != nil {
					t.Errorf("%s client: the dialect is offered, but: %v", client, err)
				}
			}
		})
	}
}

// TestModules checks that every kind is registered under its platform's name and has what its kind needs.
func TestModules(t *testing.T) {
	want := []string{"anthropic", "antigravity", "code_assist", "gemini", "gemini_web", "openai", "openai_compatible", "simulator", "vertex"}
	var got []string
	for _, info := range caddy.GetModules(Namespace) {
		provider, ok := info.New().(Provider)
		if !ok {
			t.Fatalf("%s is not a provider", info.ID)
		}
		if provider.Platform() != info.ID.Name() {
			t.Errorf("%s says that it is %q", info.ID, provider.Platform())
		}
		defaults := provider.Defaults()
		if (defaults.BaseURL == "") != defaults.Needs.BaseURL || (defaults.Models == nil) != defaults.Needs.Models {
			t.Errorf("%s needs exactly what it has no default for", info.ID)
		}
		got = append(got, info.ID.Name())
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestOptions(t *testing.T) {
	tests := []struct {
		provider Configurable
		option   string
		args     []string
		ok       bool
	}{
		{&OpenAI{}, "api", []string{"auto"}, true},
		{&OpenAI{}, "api", []string{"completions"}, false},
		{&OpenAI{}, "api", nil, false},
		{&OpenAI{}, "organization", []string{"org-1"}, true},
		{&OpenAI{}, "project", []string{"a", "b"}, false},
		{&OpenAICompatible{}, "api", []string{"responses"}, true},
		{&OpenAICompatible{}, "api", []string{"auto"}, false},
		{&Simulator{}, "speaks", []string{"gemini"}, true},
		{&Simulator{}, "speaks", []string{"codeassist"}, false},
		{&Simulator{}, "always", []string{"fail", "with", "503"}, true},
		{&Simulator{}, "always", nil, false},
		{&Simulator{}, "delay", []string{"20ms"}, true},
		{&Simulator{}, "first_byte", []string{"soon"}, false},
	}
	for _, tt := range tests {
		options := tt.provider.Options()
		i := slices.IndexFunc(options, func(o Option) bool { return o.Name == tt.option })
		if i < 0 || !strings.HasPrefix(options[i].Form, tt.option+" ") {
			t.Fatalf("%T has no option %s", tt.provider, tt.option)
		}
		if err := options[i].Set(tt.args); (err == nil) != tt.ok {
			t.Errorf("%T %s %v: %v", tt.provider, tt.option, tt.args, err)
		}
		if v := tt.provider.(caddy.Validator); v.Validate() != nil {
			t.Errorf("%T %s %v: the option took what Validate refuses", tt.provider, tt.option, tt.args)
		}
	}
	want := Simulator{Speaks: ir.Gemini, Always: "fail with 503", Delay: caddy.Duration(20 * time.Millisecond)}
	var got Simulator
	for _, o := range got.Options() {
		args := map[string][]string{"speaks": {"gemini"}, "always": {"fail", "with", "503"}, "delay": {"20ms"}}[o.Name]
		if args != nil && o.Set(args) != nil {
			t.Fatal(o.Name)
		}
	}
	if got != want {
		t.Errorf("got %+v", got)
	}
}

func TestValidate(t *testing.T) {
	for _, bad := range []caddy.Validator{
		&OpenAI{API: "x"}, &OpenAICompatible{API: "auto"}, &Simulator{Speaks: "codeassist"}, &Simulator{Delay: -1},
	} {
		if bad.Validate() == nil {
			t.Errorf("%+v is not refused", bad)
		}
	}
}

// TestListModels lets every kind list models from a server that speaks like the vendor's.
func TestListModels(t *testing.T) {
	answers := map[string]string{
		"/v1/models":                                   `{"object":"list","data":[{"id":"gpt-5"},{"id":""},{"id":"o3"}]}`,
		"/v1/models?limit=1000":                        `{"data":[{"id":"claude-a"}],"has_more":true,"last_id":"claude-a"}`,
		"/v1/models?limit=1000&after_id=claude-a":      `{"data":[{"id":"claude-b"}],"has_more":false,"last_id":"claude-b"}`,
		"/v1beta/models?pageSize=1000":                 `{"models":[{"name":"models/gemini-a"}],"nextPageToken":"p/2"}`,
		"/v1beta/models?pageSize=1000&pageToken=p%2F2": `{"models":[{"name":"models/gemini-b"}]}`,
	}
	var seen http.Header
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = r.Header
		answer, ok := answers[r.URL.String()]
		if !ok || r.Method != http.MethodGet {
			t.Errorf("unexpected %s %s", r.Method, r.URL)
		}
		_, _ = w.Write([]byte(answer))
	}))
	defer server.Close()

	tests := []struct {
		provider Lister
		base     string
		want     []string
		auth     string
	}{
		{&OpenAI{Project: "p"}, server.URL + "/v1", []string{"gpt-5", "o3"}, "Authorization"},
		{&OpenAICompatible{}, server.URL + "/v1", []string{"gpt-5", "o3"}, "Authorization"},
		{&Simulator{}, server.URL, []string{"gpt-5", "o3"}, "Authorization"},
		{&Anthropic{}, server.URL, []string{"claude-a", "claude-b"}, "X-Api-Key"},
		{&Gemini{}, server.URL, []string{"gemini-a", "gemini-b"}, "X-Goog-Api-Key"},
	}
	for _, tt := range tests {
		call := &Call{BaseURL: tt.base, Secret: "sk-up", Header: http.Header{"X-Tag": {"1"}}}
		var got []string
		for page := ""; ; {
			req, err := tt.provider.ListModels(t.Context(), call, page)
			if err != nil {
				t.Fatal(err)
			}
			names, next := fetch(t, tt.provider, req)
			got = append(got, names...)
			if page = next; page == "" {
				break
			}
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%T: got %v", tt.provider, got)
		}
		if !strings.Contains(seen.Get(tt.auth), "sk-up") || seen.Get("X-Tag") != "1" || seen.Get("Content-Type") != "" {
			t.Errorf("%T: wrong header %v", tt.provider, seen)
		}
		if _, _, err := tt.provider.ModelNames([]byte("<html>")); err == nil {
			t.Errorf("%T: took HTML for a list", tt.provider)
		}
	}
}

func fetch(t *testing.T, lister Lister, req *http.Request) (names []string, next string) {
	t.Helper()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	payload, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	names, next, err = lister.ModelNames(payload)
	if err != nil {
		t.Fatal(err)
	}
	return names, next
}

func TestSettableHeader(t *testing.T) {
	for name, want := range map[string]bool{"connection": false, "TE": false, "content-length": false, "X-Tag": true, "Host": true} {
		if got := SettableHeader(name); got != want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}
