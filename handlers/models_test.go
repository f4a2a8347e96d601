package handlers

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidwall/gjson"

	"github.com/caddy-ai-gateway/ai-gateway/access"
	"github.com/caddy-ai-gateway/ai-gateway/pool"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

func poolWant(model string) pool.Want { return pool.Want{Model: model} }

var released = pool.Outcome{}

// namesOf reads a list of models in any shape.
func namesOf(body string) []string {
	var names []string
	for _, path := range [...]string{"data.#.id", "models.#.name"} {
		for _, n := range gjson.Get(body, path).Array() {
			names = append(names, strings.TrimPrefix(n.Str, "models/"))
		}
	}
	return names
}

func openAINames(names ...string) string {
	return `{"object":"list","data":[{"id":"` + strings.Join(names, `"},{"id":"`) + `"}]}`
}

// TestModelList joins the names of blocks, accounts and upstreams, cut to what
// the key may use.
func TestModelList(t *testing.T) {
	tests := map[string]struct {
		key  access.Key
		want []string
	}{
		"everything": {access.Key{}, []string{"exact", "fast", "gpt-5", "gpt-5-mini", "renamed"}},
		"some":       {access.Key{Models: []string{"gpt-*", "fast"}}, []string{"fast", "gpt-5", "gpt-5-mini"}},
		"an account": {access.Key{Accounts: []string{"named"}}, []string{"exact", "renamed"}},
		"none":       {access.Key{Models: []string{"x"}}, nil},
	}
	up := newUpstream(t, says(200, "application/json", openAINames("gpt-5", "whisper-1", "gpt-5-mini", "gpt-5")))
	dead := newUpstream(t, fails(500, ""))
	for name, test := range tests {
		test.key.Name, test.key.Secret = "alice", clientSecret
		f := serve(t, gatewaySpec{
			keys: []access.Key{test.key},
			models: Models{
				exactModel(Model{Name: "fast", As: "gpt-5"}), exactModel(Model{Name: "unserved", As: "x"}), globModel(Model{Name: "any-*", As: "gpt-5"}),
			},
			accounts: []accountSpec{
				{name: "listed", url: up.URL, models: []string{"gpt-*"}},
				{name: "named", url: dead.URL, models: []string{"exact", "renamed=other", "former=exact"}},
				{name: "off", url: up.URL, models: []string{"hidden"}, disabled: true},
			},
		})
		upstreamOf(f.Pool.Accounts()[1]).Former = map[string]bool{"former": true}
		got := f.do("GET", "/v1/models", "")
		if names := namesOf(got.body); got.status != 200 || !slices.Equal(names, test.want) {
			t.Errorf("%s: got %d %v, want %v", name, got.status, names, test.want)
		}
	}
	if n := len(dead.requests()); n != 0 {
		t.Errorf("an account without patterns was asked for its list %d times", n)
	}
}

// TestModelShapes are each dialect's.
func TestModelShapes(t *testing.T) {
	f, _ := one(t, ir.Chat, fails(500, ""), nil)
	tests := map[string]struct {
		headers []string
		want    string
	}{
		"/v1/models":   {nil, `{"object":"list","data":[{"id":"m","object":"model","created":1735689600,"owned_by":"openai"}]}`},
		"/v1/models/m": {nil, `{"id":"m","object":"model","created":1735689600,"owned_by":"openai"}`},
		"/v1/models?": {[]string{"Anthropic-Version", "2023-06-01"},
			`{"data":[{"type":"model","id":"m","display_name":"m","created_at":"2025-01-01T00:00:00Z"}],"has_more":false,"first_id":"m","last_id":"m"}`},
		"/v1/claude/models/?": {nil, ""},
		"/v1beta/models": {nil,
			`{"models":[{"name":"models/m","version":"001","displayName":"m","supportedGenerationMethods":["generateContent","streamGenerateContent","countTokens"]}]}`},
		"/v1/models?x": {[]string{"X-Goog-Api-Key", clientSecret},
			`{"models":[{"name":"models/m","version":"001","displayName":"m","supportedGenerationMethods":["generateContent","streamGenerateContent","countTokens"]}]}`},
		"/v1beta/models/m": {nil,
			`{"name":"models/m","version":"001","displayName":"m","supportedGenerationMethods":["generateContent","streamGenerateContent","countTokens"]}`},
	}
	for path, test := range tests {
		got := f.do("GET", path, "", test.headers...)
		if test.want == "" {
			if got.status != 404 {
				t.Errorf("%s: got %d", path, got.status)
			}
			continue
		}
		if got.status != 200 || got.body != test.want {
			t.Errorf("%s:\ngot  %s\nwant %s", path, got.body, test.want)
		}
	}
	if got := f.do("GET", "/v1/models/none", ""); got.status != 404 || gjson.Get(got.body, "error.code").Str != "model_not_found" {
		t.Errorf("an unknown model: %d %s", got.status, got.body)
	}
}

// TestEmptyModelList is a list all the same.
func TestEmptyModelList(t *testing.T) {
	f := serve(t, gatewaySpec{})
	for path, want := range map[string]string{
		"/v1/models":        `{"object":"list","data":[]}`,
		"/v1/claude/models": `{"data":[],"has_more":false,"first_id":null,"last_id":null}`,
		"/v1beta/models":    `{"models":[]}`,
	} {
		if got := f.do("GET", path, ""); got.status != 200 || got.body != want {
			t.Errorf("%s: got %s", path, got.body)
		}
	}
}

// TestModelPages walks through a list page by page, in both dialects that have
// pages.
func TestModelPages(t *testing.T) {
	names := []string{"a", "b", "c", "d", "e"}
	up := newUpstream(t, fails(500, ""))
	f := serve(t, gatewaySpec{accounts: []accountSpec{{name: "x", url: up.URL, models: names}}})
	for first, next := range map[string]string{"/v1/claude/models?limit=2": "after_id", "/v1beta/models?pageSize=2": "pageToken"} {
		var all []string
		path := first
		for pages := 0; path != ""; pages++ {
			if pages > 5 {
				t.Fatalf("%s never ends: %v", first, all)
			}
			body := f.do("GET", path, "").body
			all = append(all, namesOf(body)...)
			path = ""
			if more := gjson.Get(body, "nextPageToken").Str; more != "" {
				path = first + "&" + next + "=" + more
			} else if gjson.Get(body, "has_more").Bool() {
				path = first + "&" + next + "=" + gjson.Get(body, "last_id").Str
			}
		}
		if !slices.Equal(all, names) {
			t.Errorf("%s: got %v", first, all)
		}
	}
	for _, odd := range []string{"limit=0", "limit=-1", "limit=x", "limit=99999999999999999999"} {
		if got := namesOf(f.do("GET", "/v1/claude/models?"+odd, "").body); !slices.Equal(got, names) {
			t.Errorf("%s: got %v", odd, got)
		}
	}
}

// TestUpstreamPages reads all of an upstream's pages.
func TestUpstreamPages(t *testing.T) {
	up := newUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		token := r.URL.Query().Get("pageToken")
		next := map[string]string{"": "p2", "p2": "p3"}[token]
		says(200, "application/json", fmt.Sprintf(`{"models":[{"name":"models/gemini-%s"}],"nextPageToken":%q}`, token, next))(w, r)
	})
	f := serve(t, gatewaySpec{accounts: []accountSpec{{name: "g", dialect: ir.Gemini, url: up.URL, models: []string{"gemini-*"}}}})
	if got := namesOf(f.do("GET", "/v1/models", "").body); !slices.Equal(got, []string{"gemini-", "gemini-p2", "gemini-p3"}) {
		t.Errorf("got %v", got)
	}
	for _, r := range up.requests() {
		if r.header.Get("X-Goog-Api-Key") != accountSecret || strings.Contains(r.uri, "sk-") {
			t.Errorf("asked %s with %v", r.uri, r.header)
		}
	}
}

// lister is a transport that lists what it is told to, or fails.
type lister struct {
	names []string
	asked int
	hang  bool
}

func (l *lister) RoundTrip(r *http.Request) (*http.Response, error) {
	l.asked++
	if l.hang {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	w := newAnswer(200, openAINames(l.names...))
	if l.names == nil {
		w = newAnswer(403, `{"error":"insufficient authentication scopes"}`)
	}
	return w, nil
}

// TestListCache asks an upstream at most every ten minutes, keeps the last good
// list when it fails, and has a list of its own when it never answered.
func TestListCache(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &lister{}
		g, logs := newGateway(t, gatewaySpec{accounts: []accountSpec{{name: "a", transport: l, url: "http://upstream", models: []string{"gpt-*"}}}})
		names := func() []string { return g.listOf(t.Context(), g.Pool.Accounts()[0]) }
		expect := func(step string, asked int, want ...string) {
			t.Helper()
			if got := names(); !slices.Equal(got, want) || l.asked != asked {
				t.Errorf("%s: got %v after asking %d times; want %v after %d", step, got, l.asked, want, asked)
			}
		}
		expect("it fails from the start", 1, builtInModels["openai"]...)
		expect("it is left alone", 1, builtInModels["openai"]...)
		l.names = []string{"gpt-a"}
		time.Sleep(time.Minute + time.Second)
		expect("it is asked again", 2, "gpt-a")
		l.names = []string{"gpt-b"}
		time.Sleep(9 * time.Minute)
		expect("nine minutes later", 2, "gpt-a")
		time.Sleep(time.Minute)
		expect("ten minutes later", 3, "gpt-b")
		l.names = nil
		time.Sleep(11 * time.Minute)
		expect("it fails again", 4, "gpt-b")
		expect("and is left alone", 4, "gpt-b")
		l.hang = true
		time.Sleep(2 * time.Minute)
		start := time.Now()
		expect("it hangs", 5, "gpt-b")
		if took := time.Since(start); took > 6*time.Second {
			t.Errorf("a silent upstream was waited for %v", took)
		}
		if n := logs.FilterMessage("listing the upstream's models").Len(); n != 3 {
			t.Errorf("%d failures are logged, want 3", n)
		}
	})
}

// TestListsSideBySide asks the upstreams at the same time.
func TestListsSideBySide(t *testing.T) {
	met := make(chan bool)
	step := func(w http.ResponseWriter, r *http.Request) {
		select {
		case met <- true: // the other one is here too
		case <-met:
		case <-r.Context().Done():
		}
		says(200, "application/json", openAINames("gpt-x"))(w, r)
	}
	up := newUpstream(t, step)
	f := serve(t, gatewaySpec{accounts: []accountSpec{
		{name: "a", url: up.URL, models: []string{"gpt-*"}}, {name: "b", url: up.URL, models: []string{"gpt-*"}},
	}})
	if got := namesOf(f.do("GET", "/v1/models", "").body); !slices.Equal(got, []string{"gpt-x"}) {
		t.Errorf("got %v", got)
	}
}

// TestShowModel hides what the key may not use.
func TestShowModel(t *testing.T) {
	up := newUpstream(t, fails(500, ""))
	f := serve(t, gatewaySpec{
		keys:     []access.Key{{Name: "alice", Secret: clientSecret, Models: []string{"m", "n"}}},
		accounts: []accountSpec{{name: "a", url: up.URL, models: []string{"m", "secret"}}},
	})
	for model, status := range map[string]int{"m": 200, "secret": 404, "n": 404} {
		for _, path := range []string{"/v1/models/", "/v1beta/models/", "/anthropic/v1/models/"} {
			if got := f.do("GET", path+model, ""); got.status != status {
				t.Errorf("%s%s: got %d %s", path, model, got.status, got.body)
			}
		}
	}
}
