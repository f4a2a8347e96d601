package providers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

func TestCodeAssistRequest(t *testing.T) {
	for _, c := range []struct {
		project string
		call    Call
		want    string
	}{{
		"", Call{
			Op: ir.Generate, Dialect: ir.Gemini, Model: "gemini-2.5-pro", Stream: true, Body: []byte(`{"contents":[]}`), Bearer: "tok", Project: "found",
			RequestID: "req_1", Session: "5e55", Client: clientHeader(), SameDialect: true,
		},
		`POST https://cloudcode-pa.googleapis.com/v1internal:streamGenerateContent?alt=sse
Accept: text/event-stream
Accept-Encoding: identity
Authorization: Bearer tok
Content-Type: application/json
{"model":"gemini-2.5-pro","project":"found","user_prompt_id":"req_1","request":{"contents":[],"session_id":"5e55"}}`,
	}, {
		"mine", Call{Op: ir.Generate, Dialect: ir.Gemini, Model: "models/m", Body: []byte(`{}`), Bearer: "tok", Project: "found"},
		`POST https://cloudcode-pa.googleapis.com/v1internal:generateContent
Accept: application/json
Authorization: Bearer tok
Content-Type: application/json
{"model":"m","project":"mine","request":{}}`,
	}, {
		"", Call{Op: ir.CountTokens, Dialect: ir.Gemini, Model: "m", Body: []byte(`{"contents":[1],"tools":[]}`), Bearer: "tok"},
		`POST https://cloudcode-pa.googleapis.com/v1internal:countTokens
Accept: application/json
Authorization: Bearer tok
Content-Type: application/json
{"request":{"model":"models/m","contents":[1]}}`,
	}} {
		p := &CodeAssist{Project: c.project}
		if err := p.Provision(caddy.Context{}); err != nil {
			t.Fatal(err)
		}
		c.call.BaseURL = p.Defaults().BaseURL
		req, err := p.Request(t.Context(), &c.call)
		if err != nil {
			t.Fatal(err)
		}
		if got := dump(t, req); got != c.want {
			t.Errorf("got:\n%s\nwant:\n%s", got, c.want)
		}
		if agent := req.UserAgent(); !strings.HasPrefix(agent, "ai-gateway/") {
			t.Errorf("User-Agent %q", agent)
		}
	}
	p := new(CodeAssist)
	for _, call := range []Call{{Op: ir.Embed, Dialect: ir.Gemini}, {Op: ir.Generate, Dialect: ir.Chat}, {Op: ir.Generate, Dialect: ir.Gemini, Body: []byte(`{`)}} {
		if _, err := p.Request(t.Context(), &call); err == nil {
			t.Errorf("%+v was built", call)
		}
	}
	for _, project := range []string{"123456", "A b", "{env.TEST_NOT_SET}"} {
		if err := (&CodeAssist{Project: project}).Provision(caddy.Context{}); err == nil {
			t.Errorf("the project %q was taken", project)
		}
	}
}

// talk plays Code Assist: what it is asked, and what it answers.
type talk []struct{ asked, answer string }

func (s *talk) send(t *testing.T) func(*http.Request) (*http.Response, error) {
	return func(r *http.Request) (*http.Response, error) {
		body := ""
		if r.Body != nil {
			raw, _ := io.ReadAll(r.Body)
			body = " " + string(raw)
		}
		got := r.Method + " " + r.URL.Path + strings.Replace(body, `"metadata":{"ideType":"IDE_UNSPECIFIED","platform":"PLATFORM_UNSPECIFIED","pluginType":"GEMINI"`, `META`, 1)
		if r.Header.Get("Authorization") != "Bearer tok" {
			t.Errorf("%s came without the token", got)
		}
		if len(*s) == 0 {
			t.Errorf("asked once more: %s", got)
			return nil, errors.New("no more")
		}
		step := (*s)[0]
		*s = (*s)[1:]
		if got != step.asked {
			t.Errorf("asked %s\nwant  %s", got, step.asked)
		}
		status := 200
		if n, rest, ok := strings.Cut(step.answer, " "); ok && len(n) == 3 {
			_, _ = fmt.Sscan(n, &status)
			step.answer = rest
		}
		return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(step.answer))}, nil
	}
}

// discovery is a search for an account's project: what is said, and what is found or why nothing is.
type discovery struct {
	project string // that the configuration names
	talk    talk
	want    Found
	fails   string
}

func (d *discovery) check(t *testing.T, provider Discoverer) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		got, err := provider.Discover(ctx, &Call{BaseURL: "https://example.com", Bearer: "tok"}, d.talk.send(t))
		if d.fails != "" {
			if err == nil || !strings.Contains(err.Error(), d.fails) || strings.Contains(err.Error(), "secret") {
				t.Errorf("got %v", err)
			}
		} else if err != nil || got != d.want {
			t.Errorf("got %+v, %v", got, err)
		}
		if len(d.talk) > 0 {
			t.Errorf("not asked: %v", d.talk)
		}
	})
}

const load, onboard = "POST /v1internal:loadCodeAssist ", "POST /v1internal:onboardUser "

func TestDiscover(t *testing.T) {
	for name, c := range map[string]discovery{
		"known": {"", talk{{load + `{META}}`, `{"currentTier":{"id":"free-tier"},"cloudaicompanionProject":"made-1"}`}}, Found{"made-1", "free-tier"}, ""},
		"paid": {"", talk{{load + `{META}}`, `{"currentTier":{"id":"standard-tier"},"paidTier":{"id":"g1-pro-tier"},"cloudaicompanionProject":{"id":"made-1"}}`}},
			Found{"made-1", "g1-pro-tier"}, ""},
		"configured": {"mine", talk{{load + `{"cloudaicompanionProject":"mine",META,"duetProject":"mine"}}`, `{"currentTier":"standard-tier"}`}}, Found{"mine", "standard-tier"}, ""},
		"free": {"mine", talk{
			{load + `{"cloudaicompanionProject":"mine",META,"duetProject":"mine"}}`, `{"allowedTiers":[{"id":"x y"},{"id":"standard-tier"},{"id":"free-tier","isDefault":true}]}`},
			{onboard + `{"tierId":"free-tier",META}}`, `{"name":"operations/o-1","done":false}`},
			{"GET /v1internal/operations/o-1", `{"name":"operations/o-1"}`},
			{"GET /v1internal/operations/o-1", `{"name":"operations/o-1","done":true,"response":{"cloudaicompanionProject":{"id":"made-2"}}}`},
		}, Found{"made-2", "free-tier"}, ""},
		"first tier": {"mine", talk{
			{load + `{"cloudaicompanionProject":"mine",META,"duetProject":"mine"}}`, `{"allowedTiers":[{"id":""},{"id":"standard-tier"}]}`},
			{onboard + `{"tierId":"standard-tier","cloudaicompanionProject":"mine",META}}`, `{"done":true}`},
		}, Found{"mine", "standard-tier"}, ""},
		"no tier": {"", talk{{load + `{META}}`, `{}`}, {onboard + `{"tierId":"legacy-tier",META}}`, `{"done":true}`}}, Found{}, "set the account's project"},
		"perimeter": {"mine", talk{{load + `{"cloudaicompanionProject":"mine",META,"duetProject":"mine"}}`,
			`403 {"error":{"status":"PERMISSION_DENIED","details":[{"reason":"SECURITY_POLICY_VIOLATED"}]}}`}}, Found{"mine", "standard-tier"}, ""},
		"needs a project": {"", talk{{load + `{META}}`, `{"currentTier":{"id":"standard-tier"},"cloudaicompanionProject":"12345"}`}}, Found{}, "set the account's project"},
		"not allowed":     {"", talk{{load + `{META}}`, `{"ineligibleTiers":[{"reasonCode":"INELIGIBLE_ACCOUNT"}]}`}}, Found{}, "INELIGIBLE_ACCOUNT"},
		"refused":         {"", talk{{load + `{META}}`, `403 {"error":{"status":"PERMISSION_DENIED","message":"secret words"}}`}}, Found{}, "status 403: PERMISSION_DENIED"},
		"html":            {"", talk{{load + `{META}}`, `<html>secret words</html>`}}, Found{}, "no JSON"},
		"odd operation":   {"", talk{{load + `{META}}`, `{}`}, {onboard + `{"tierId":"legacy-tier",META}}`, `{"name":"../x?y"}`}}, Found{}, "no operation"},
	} {
		t.Run(name, func(t *testing.T) { c.check(t, &CodeAssist{project: c.project}) })
	}
}

func TestDiscoverEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		send := func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(`{"name":"o"}`))}, nil
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := new(CodeAssist).Discover(ctx, &Call{BaseURL: "https://example.com"}, send); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}
