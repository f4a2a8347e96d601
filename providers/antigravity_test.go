package providers

import (
	"errors"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

var anyUUID = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`)

func newAntigravity(t *testing.T, p Antigravity) *Antigravity {
	t.Helper()
	if err := p.Provision(caddy.Context{}); err != nil {
		t.Fatal(err)
	}
	return &p
}

func TestAntigravityRequest(t *testing.T) {
	const head = `POST https://daily-cloudcode-pa.googleapis.com/v1internal:streamGenerateContent?alt=sse
Accept: text/event-stream
Accept-Encoding: identity
Authorization: Bearer tok
Content-Type: application/json
`
	for name, c := range map[string]struct {
		account Antigravity
		call    Call
		want    string
	}{
		"whole": {Antigravity{}, Call{
			Op: ir.Generate, Dialect: ir.Gemini, Model: "models/claude-x", Body: []byte(`{"contents":[],"safetySettings":[],"labels":{}}`), Bearer: "tok",
			Project: "found", Session: "5e55", Client: clientHeader(), SameDialect: true,
		}, head + `{"request":{"contents":[],"sessionId":"5e55"},"model":"claude-x","project":"found","requestId":"agent-UUID","requestType":"agent","userAgent":"ai-gateway"}`},
		"credits": {Antigravity{Project: "mine", Credits: true}, Call{Op: ir.Generate, Dialect: ir.Gemini, Model: "m", Body: []byte(`{}`), Bearer: "tok", Project: "found", Stream: true},
			head + `{"request":{},"model":"m","project":"mine","requestId":"agent-UUID","requestType":"agent","userAgent":"ai-gateway","enabledCreditTypes":["GOOGLE_ONE_AI"]}`},
		"search": {Antigravity{}, Call{Op: ir.Generate, Dialect: ir.Gemini, Model: "m", Body: []byte(`{"tools":[{"googleSearch":{}}]}`), Bearer: "tok", Project: "p", Session: "s"},
			head + `{"request":{"tools":[{"googleSearch":{}}]},"model":"m","project":"p","requestType":"web_search","userAgent":"ai-gateway"}`},
		"count": {Antigravity{}, Call{Op: ir.CountTokens, Dialect: ir.Gemini, Model: "m", Body: []byte(`{"contents":[1],"tools":[]}`), Bearer: "tok"},
			`POST https://daily-cloudcode-pa.googleapis.com/v1internal:countTokens
Accept: application/json
Authorization: Bearer tok
Content-Type: application/json
{"request":{"contents":[1]}}`},
	} {
		p := newAntigravity(t, c.account)
		c.call.BaseURL = p.Defaults().BaseURL
		req, err := p.Request(t.Context(), &c.call)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(req.UserAgent(), "ai-gateway/") {
			t.Errorf("%s: User-Agent %q", name, req.UserAgent())
		}
		if got := anyUUID.ReplaceAllString(dump(t, req), "UUID"); got != c.want {
			t.Errorf("%s: got:\n%s\nwant:\n%s", name, got, c.want)
		}
	}
	p := newAntigravity(t, Antigravity{})
	image := Call{Op: ir.Generate, Dialect: ir.Gemini, Model: "gemini-3.1-flash-image", Body: []byte(`{}`), Project: "p", Session: "s", BaseURL: "https://a"}
	req, err := p.Request(t.Context(), &image)
	if err != nil {
		t.Fatal(err)
	}
	if got := dump(t, req); !regexp.MustCompile(`"requestId":"image_gen/\d{13}/[0-9a-f-]{36}/1","requestType":"image_gen"`).MatchString(got) || strings.Contains(got, "sessionId") {
		t.Errorf("image: %s", got)
	}
	for name, call := range map[string]Call{
		"embeddings": {Op: ir.Embed, Dialect: ir.Gemini, Project: "p"}, "another dialect": {Op: ir.Generate, Dialect: ir.Chat, Project: "p"},
		"a torn body": {Op: ir.Generate, Dialect: ir.Gemini, Body: []byte(`{`), Project: "p"}, "no project": {Op: ir.Generate, Dialect: ir.Gemini, Body: []byte(`{}`)},
	} {
		call.BaseURL = "https://a"
		if _, err := p.Request(t.Context(), &call); err == nil {
			t.Errorf("%s was built", name)
		}
	}
	for _, bad := range []Antigravity{{Project: "123"}, {Project: "{env.TEST_NOT_SET}"}, {Hosts: []string{"example.com"}}, {Hosts: []string{"https://a/path"}}} {
		if err := bad.Provision(caddy.Context{}); err == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
}

func TestAntigravityDiscover(t *testing.T) {
	for name, c := range map[string]discovery{
		"known":      {"", talk{{load + `{META}}`, `{"currentTier":"free-tier","cloudaicompanionProject":{"projectId":"made-1"}}`}}, Found{"made-1", "free-tier"}, ""},
		"configured": {"mine", talk{{load + `{META}}`, `{"paidTier":{"id":"g1-pro-tier"},"currentTier":{"id":"free-tier"}}`}}, Found{"mine", "g1-pro-tier"}, ""},
		"signed up by asking again": {"", talk{
			{load + `{META}}`, `{"allowedTiers":["x",{"id":"free-tier","isDefault":true}]}`},
			{onboard + `{"tierId":"free-tier",META}}`, `{"done":false}`},
			{onboard + `{"tierId":"free-tier",META}}`, `{"done":true,"response":{"cloudaicompanionProject":{"id":"made-2"}}}`},
		}, Found{"made-2", "free-tier"}, ""},
		"no project in the end": {"", talk{{load + `{META}}`, `{}`}, {onboard + `{"tierId":"free-tier",META}}`, `{"done":true}`}}, Found{}, "set the account's project"},
		"to be verified":        {"", talk{{load + `{META}}`, `{"ineligibleTiers":[{"reasonCode":"VALIDATION_REQUIRED"}]}`}}, Found{}, "verify it in a browser"},
		"not eligible":          {"", talk{{load + `{META}}`, `{"ineligibleTiers":[{"reasonCode":"INELIGIBLE_ACCOUNT"}]}`}}, Found{}, "INELIGIBLE_ACCOUNT"},
		"refused":               {"", talk{{load + `{META}}`, `403 {"error":{"message":"secret"}}`}}, Found{}, "asking Antigravity (loadCodeAssist): status 403"},
	} {
		t.Run(name, func(t *testing.T) { c.check(t, &Antigravity{project: c.project}) })
	}
	synctest.Test(t, func(t *testing.T) {
		posts := 0
		send := func(*http.Request) (*http.Response, error) {
			posts++
			return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(`{}`))}, nil
		}
		if _, err := new(Antigravity).Discover(t.Context(), &Call{BaseURL: "https://a"}, send); err == nil || posts != 1+onboardTries {
			t.Errorf("%d requests, %v", posts, err)
		}
	})
}

func TestAntigravityModels(t *testing.T) {
	p := newAntigravity(t, Antigravity{})
	body := []byte(`{"models":{"b":{"quotaInfo":{"resetTime":"2030-01-01T00:00:00Z"}},"a":{"quotaInfo":{"remainingFraction":0.5}},"hidden":{"isInternal":true},
		"chat_1":{},"tab_1":{},"old":{"quotaInfo":{"remainingFraction":1}},"older":{}},
		"deprecatedModelIds":{"older":{"newModelId":"old"},"old":{"newModelId":"a"},"gone":{},"round":{"newModelId":"round"}},
		"webSearchModelIds":["a"]}`)
	if !p.seen.searching("b") {
		t.Error("a search is kept from a model before anything is known")
	}
	names, next, err := p.ModelNames(body)
	if err != nil || next != "" || !slices.Equal(names, []string{"a", "b"}) {
		t.Errorf("got %v, %q, %v", names, next, err)
	}
	for old, want := range map[string]string{"older": "a", "old": "a", "a": "a", "gone": "gone", "round": "round", "x": "x"} {
		if got := p.seen.current(old); got != want {
			t.Errorf("%s is now %s, want %s", old, got, want)
		}
	}
	for model, kind := range map[string]string{"older": "web_search", "b": "agent"} {
		search := Call{Op: ir.Generate, Dialect: ir.Gemini, Model: model, Body: []byte(`{"tools":[{"googleSearch":{}}]}`), Project: "p", BaseURL: "https://a"}
		req, err := p.Request(t.Context(), &search)
		if err != nil || !strings.Contains(dump(t, req), `"requestType":"`+kind+`"`) {
			t.Errorf("a search with %s: %v, %v", model, req, err)
		}
	}
	if got := p.Formerly("a"); !slices.Equal(got, []string{"old", "older"}) {
		t.Errorf("formerly %v", got)
	}
	quota, err := p.ReadQuota(body)
	want := []Quota{{Model: "a", Remaining: 0.5}, {Model: "b", Resets: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)}}
	if err != nil || !slices.Equal(quota, want) {
		t.Errorf("got %+v, %v", quota, err)
	}
	if _, _, err := p.ModelNames([]byte(`<html>`)); err == nil {
		t.Error("HTML is a list")
	}
	req, err := p.ListModels(t.Context(), &Call{BaseURL: "https://a", Project: "p", Bearer: "tok"}, "")
	if err != nil || !strings.Contains(dump(t, req), "POST https://a/v1internal:fetchAvailableModels") {
		t.Errorf("got %v, %v", req, err)
	}
}

// network plays the addresses of Antigravity: what each answers, in which order they were asked.
type network struct {
	answers map[string]int // a status; 0 cannot be reached
	asked   []string
	bodies  []string
}

func (n *network) RoundTrip(r *http.Request) (*http.Response, error) {
	n.asked = append(n.asked, strings.TrimSuffix(r.URL.Host, "cloudcode-pa.googleapis.com"))
	body, _ := io.ReadAll(r.Body)
	n.bodies = append(n.bodies, string(body))
	if r.Host != r.URL.Host {
		return nil, errors.New("the header Host is another one")
	}
	status := n.answers[r.URL.Host]
	if status == 0 {
		return nil, errors.New("cannot be reached")
	}
	return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(r.URL.Host))}, nil
}

func TestAntigravityHosts(t *testing.T) {
	const daily, prod = "daily-cloudcode-pa.googleapis.com", "cloudcode-pa.googleapis.com"
	for name, c := range map[string]struct {
		method      string
		daily, prod int
		asked       []string
		status      int // 0 is an error
	}{
		"the first works":                 {"streamGenerateContent", 200, 200, []string{"daily-"}, 200},
		"the first is at its limit":       {"streamGenerateContent", 429, 200, []string{"daily-", ""}, 200},
		"the first is down":               {"streamGenerateContent", 0, 200, []string{"daily-", ""}, 200},
		"the first has no capacity":       {"streamGenerateContent", 503, 200, []string{"daily-", ""}, 200},
		"the first lacks the model":       {"streamGenerateContent", 404, 200, []string{"daily-", ""}, 200},
		"a wrong request":                 {"streamGenerateContent", 400, 200, []string{"daily-"}, 400},
		"a bad token":                     {"streamGenerateContent", 401, 200, []string{"daily-"}, 401},
		"a refusal":                       {"streamGenerateContent", 403, 200, []string{"daily-"}, 403},
		"both at their limit":             {"streamGenerateContent", 429, 429, []string{"daily-", ""}, 429},
		"a limit says more than an error": {"streamGenerateContent", 429, 0, []string{"daily-", ""}, 429},
		"both down":                       {"streamGenerateContent", 0, 0, []string{"daily-", ""}, 0},
		"what concerns the account":       {"loadCodeAssist", 200, 200, []string{""}, 200},
		"the models":                      {"fetchAvailableModels", 200, 500, []string{"", "daily-"}, 200},
	} {
		n := &network{answers: map[string]int{daily: c.daily, prod: c.prod}}
		p := newAntigravity(t, Antigravity{})
		transport := Transport(p, p.Defaults().BaseURL, n)
		req, _ := http.NewRequest(http.MethodPost, p.Defaults().BaseURL+"/v1internal:"+c.method, strings.NewReader("body"))
		resp, err := transport.RoundTrip(req)
		switch {
		case (err != nil) != (c.status == 0), err == nil && resp.StatusCode != c.status:
			t.Errorf("%s: %v, %v", name, resp, err)
		case !slices.Equal(n.asked, c.asked) || strings.Trim(strings.Join(n.bodies, ""), "body") != "" || len(strings.Join(n.bodies, "")) != 4*len(n.asked):
			t.Errorf("%s: asked %q with %q", name, n.asked, n.bodies)
		}
	}
}

// TestAntigravityHostsRemember asks an address that was down last for five minutes.
func TestAntigravityHostsRemember(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{answers: map[string]int{"a.example": 500, "b.example": 200}}
		p := newAntigravity(t, Antigravity{Hosts: []string{"https://a.example", "https://b.example"}})
		transport := Transport(p, p.Defaults().BaseURL, n)
		ask := func() {
			req, _ := http.NewRequest(http.MethodPost, p.Defaults().BaseURL+"/v1internal:streamGenerateContent", strings.NewReader(""))
			if resp, err := transport.RoundTrip(req); err != nil || resp.StatusCode != 200 {
				t.Errorf("%v, %v", resp, err)
			}
		}
		ask()
		ask()
		time.Sleep(skipTime + time.Second)
		ask()
		if want := []string{"a.example", "b.example", "b.example", "a.example", "b.example"}; !slices.Equal(n.asked, want) {
			t.Errorf("asked %q", n.asked)
		}
	})
	n := &network{answers: map[string]int{"proxy.example": 500}}
	p := newAntigravity(t, Antigravity{})
	if Transport(p, "https://proxy.example", n) != http.RoundTripper(n) || Transport(new(Gemini), "x", n) != http.RoundTripper(n) {
		t.Error("an address that the operator chose is not the only one")
	}
}

func TestGoogleErrors(t *testing.T) {
	limit := func(reason, more string) string {
		return `{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"m","details":[{"reason":"` + reason + `","domain":"cloudcode-pa.googleapis.com","metadata":{` + more + `}}]}}`
	}
	for name, c := range map[string]struct {
		status int
		raw    string
		kind   ir.ErrorKind
		code   string
		became int
		after  time.Duration
		advice string
	}{
		"quota":             {429, limit("QUOTA_EXHAUSTED", `"quotaResetDelay":"25h20m26.17s"`), ir.ErrRateLimit, "QUOTA_EXHAUSTED", 429, 25*time.Hour + 20*time.Minute + 26170*time.Millisecond, ""},
		"rate":              {429, limit("RATE_LIMIT_EXCEEDED", ``), ir.ErrRateLimit, "RATE_LIMIT_EXCEEDED", 429, 0, ""},
		"in an array":       {429, `[` + limit("QUOTA_EXHAUSTED", `"quotaResetDelay":"3s"`) + `]`, ir.ErrRateLimit, "QUOTA_EXHAUSTED", 429, 3 * time.Second, ""},
		"of a stream":       {429, `{"code":429,"message":"Individual quota reached. Resets in 71h15m27s."}`, ir.ErrRateLimit, "", 429, 71*time.Hour + 15*time.Minute + 27*time.Second, ""},
		"capacity":          {429, limit("MODEL_CAPACITY_EXHAUSTED", ``), ir.ErrOverloaded, "MODEL_CAPACITY_EXHAUSTED", 503, 0, ""},
		"capacity in words": {503, `{"error":{"message":"No capacity available for model"}}`, ir.ErrOverloaded, "", 503, 0, ""},
		"verify": {403, `{"error":{"message":"Verify","details":[{"reason":"VALIDATION_REQUIRED","metadata":{"validation_url":"https://accounts.google.com/v?x=1"}}]}}`,
			ir.ErrPermission, "VALIDATION_REQUIRED", 403, 0, "verify it in a browser: https://accounts.google.com/v?x=1"},
		"verify, elsewhere": {403, `{"error":{"details":[{"reason":"VALIDATION_REQUIRED"},{"links":[{"url":"https://google.com.evil.example/"}]}]}}`,
			ir.ErrPermission, "VALIDATION_REQUIRED", 403, 0, "verify it in a browser"},
		"terms":   {403, `{"error":{"message":"disabled in this account for violation of Terms of Service"}}`, ir.ErrPermission, "TERMS_OF_SERVICE", 403, 0, "disabled the service"},
		"version": {400, `{"error":{"message":"This version of Antigravity is no longer supported."}}`, ir.ErrNotFound, "client_version", 404, 0, "other models"},
		"claude": {400, `{"error":{"message":"{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\"prompt is too long: 9 > 8\"}}"}}`,
			ir.ErrContextLength, "invalid_request_error", 400, 0, ""},
		"no JSON": {500, `oops`, "", "", 500, 0, ""},
	} {
		e := &ir.Error{Status: c.status, Raw: []byte(c.raw)}
		for range 2 { // reading it again changes nothing
			new(Antigravity).ReadError(e)
			if e.Kind != c.kind || e.Code != c.code || e.Status != c.became || e.RetryAfter != c.after || (c.advice == "") != (e.Advice == "") || !strings.Contains(e.Advice, c.advice) {
				t.Errorf("%s: %+v", name, e)
			}
			if e.Final != (c.kind == ir.ErrPermission) {
				t.Errorf("%s: final %t", name, e.Final)
			}
			if strings.Contains(e.Advice, "evil") {
				t.Errorf("%s: %s", name, e.Advice)
			}
		}
	}
}

func TestCodeAssistQuota(t *testing.T) {
	p := &CodeAssist{project: "p"}
	req, err := p.QuotaRequest(t.Context(), &Call{BaseURL: "https://a", Bearer: "tok"})
	if err != nil || !strings.HasSuffix(dump(t, req), "Content-Type: application/json\n{\"project\":\"p\"}") {
		t.Errorf("got %v, %v", req, err)
	}
	body := []byte(`{"buckets":[{"modelId":"b","remainingFraction":0.9,"remainingAmount":"9"},{"modelId":"b","remainingFraction":0.2,"resetTime":"2030-01-01T00:00:00Z"},{"modelId":"a"}]}`)
	quota, err := p.ReadQuota(body)
	want := []Quota{{Model: "b", Remaining: 0.2, Resets: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)}, {Model: "a"}}
	if err != nil || !slices.Equal(quota, want) {
		t.Errorf("got %+v, %v", quota, err)
	}
	if names, _, err := p.ModelNames(body); err != nil || !slices.Equal(names, []string{"b", "a"}) {
		t.Errorf("got %v, %v", names, err)
	}
	if _, err := new(CodeAssist).QuotaRequest(t.Context(), &Call{BaseURL: "https://a"}); err == nil {
		t.Error("no project is needed")
	}
}
