package aigateway

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/zap"

	"github.com/caddy-ai-gateway/ai-gateway/pool"
)

// publish loads a gateway and makes it one of the running ones until the test ends.
func publish(t *testing.T, block string) *Handler {
	t.Helper()
	ctx, _ := newContext(t)
	h, err := load(t, ctx, block)
	if err != nil {
		t.Fatal(err)
	}
	must(t, h.app.Start())
	t.Cleanup(func() { must(t, h.app.Cleanup()) })
	return h
}

// ask calls the admin API and returns the answer's status and body.
func ask(t *testing.T, method, target, body string) (status int, answer string) {
	t.Helper()
	api := &adminAPI{logger: zap.NewNop()}
	w := httptest.NewRecorder()
	err := api.serve(w, httptest.NewRequest(method, target, strings.NewReader(body)))
	var e caddy.APIError
	if errors.As(err, &e) {
		return e.HTTPStatus, e.Err.Error()
	}
	if err != nil {
		t.Fatalf("%s %s: %v is no error of Caddy's API", method, target, err)
	}
	return w.Code, w.Body.String()
}

// decode calls the admin API for a JSON answer.
func decode[T any](t *testing.T, method, target, body string) (answer T) {
	t.Helper()
	status, text := ask(t, method, target, body)
	if status != http.StatusOK {
		t.Fatalf("%s %s: %d %s", method, target, status, text)
	}
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		t.Fatalf("%s %s: %v in %s", method, target, err, text)
	}
	return answer
}

const adminBlock = `
	name main
	key alice secret-of-alice {
		models gpt-* fast
		concurrency 2
		rate 60/1m
		budget 5/day
		expires 2027-01-31
	}
	key bob secret-of-bob
	account one openai secret-of-one {
		concurrency 4
		base_url https://one.example.com/v1?token=secret-in-url
		models gpt-* special=own
	}
	account two simulator {
		priority 1
	}
	account none gemini {env.ADMIN_TEST_MISSING}
	model fast {
		as demo
		fallback gpt-5
	}`

// admin returns the settings of adminBlock's gateway, which runs until the test ends.
func admin(t *testing.T) *Handler {
	t.Helper()
	return publish(t, strings.ReplaceAll(adminBlock, "?token=secret-in-url", ""))
}

func TestAdminAccounts(t *testing.T) {
	h := admin(t)
	list := decode[[]accountStatus](t, "GET", "/ai_gateway/accounts", "")
	if len(list) != 3 || list[0].Name != "none" || list[1].Name != "one" || list[2].Name != "two" {
		t.Fatalf("%+v", list)
	}
	none, one, two := list[0], list[1], list[2]
	if none.State != stateDisabled || !strings.Contains(none.Reason, "ADMIN_TEST_MISSING") {
		t.Errorf("none: %+v", none)
	}
	if one.State != stateReady || one.Limit != 4 || one.Provider != "openai" || one.BaseURL != "https://one.example.com/v1" ||
		!slices.Equal(one.Models, []string{"gpt-*", "special=own"}) || !slices.Equal(one.Gateways, []string{"main"}) {
		t.Errorf("one: %+v", one)
	}
	if want := fingerprint("secret-of-one"); one.Credential != want || len(want) != len("sha256:12345678") {
		t.Errorf("credential %q", one.Credential)
	}
	if two.Credential != "" || two.Priority != 1 {
		t.Errorf("two: %+v", two)
	}

	lease, err := accountPool(t, h).Acquire(t.Context(), pool.Want{Model: "gpt-5"})
	must(t, err)
	lease.Release(pool.Outcome{Kind: pool.RateLimited, Scope: pool.ScopeModel, RetryAfter: time.Minute, Reason: "slow down"})
	got := decode[accountStatus](t, "GET", "/ai_gateway/accounts/one", "")
	if got.State != stateLimited || got.Reason != "rate_limit: slow down" || time.Until(got.Until) < 50*time.Second || got.Failed != 1 {
		t.Errorf("after a rate limit: %+v", got)
	}
}

func accountPool(t *testing.T, h *Handler) *pool.Pool {
	t.Helper()
	r, ok := h.gateway.(running)
	if !ok {
		t.Fatal("the gateway is not built")
	}
	return r.Pool
}

func TestAdminByHand(t *testing.T) {
	h := admin(t)
	steps := []struct {
		call, body string
		state      accountState
		reason     string
		answers    bool
	}{
		{"freeze?duration=10m&reason=resting", "", stateFrozen, "frozen: resting", false},
		{"freeze", `{"duration":"2h","reason":"longer"}`, stateFrozen, "frozen: longer", false},
		{"unfreeze", "", stateReady, "", true},
		{"unfreeze", "", stateReady, "", true},
		{"disable", "", stateOff, "taken out of use by hand", false},
		{"enable", "", stateReady, "", true},
	}
	for _, step := range steps {
		got := decode[accountStatus](t, "POST", "/ai_gateway/accounts/one/"+step.call, step.body)
		if got.State != step.state || got.Reason != step.reason {
			t.Errorf("%s: %s %q", step.call, got.State, got.Reason)
		}
		lease, err := accountPool(t, h).Acquire(t.Context(), pool.Want{Model: "gpt-5"})
		if (err == nil) != step.answers {
			t.Errorf("%s: choosing it says %v", step.call, err)
		}
		if err == nil {
			lease.Release(pool.Outcome{})
		}
	}
}

func TestAdminKeys(t *testing.T) {
	admin(t)
	list := decode[[]keyStatus](t, "GET", "/ai_gateway/keys", "")
	if len(list) != 2 {
		t.Fatalf("%+v", list)
	}
	alice := list[0]
	if alice.Name != "alice" || alice.Concurrency != 2 || alice.Rate == nil || alice.Rate.Limit != "60/1m" || alice.Rate.Remaining != 60 ||
		alice.Budget != "5.00 USD per day" || alice.Expires == nil || alice.Expires.Format(time.DateOnly) != "2027-02-01" {
		t.Errorf("%+v %+v", alice, alice.Rate)
	}
	if bob := list[1]; bob.Rate != nil || bob.Budget != "" || bob.Expires != nil {
		t.Errorf("%+v", bob)
	}
}

func TestAdminModels(t *testing.T) {
	admin(t)
	names := func(target string) string {
		var list []string
		for _, m := range decode[[]struct {
			Model    string
			Accounts []string
		}](t, "GET", target, "") {
			list = append(list, m.Model+" "+strings.Join(m.Accounts, "+"))
		}
		return strings.Join(list, ", ")
	}
	if got, want := names("/ai_gateway/models"), "demo two, fast two, gpt-* one, sim-* two, special one"; got != want {
		t.Errorf("all models: %s, want %s", got, want)
	}
	if got, want := names("/ai_gateway/models?key=alice&gateway=main"), "fast two, gpt-* one, sim-* two"; got != want {
		t.Errorf("alice's models: %s, want %s", got, want)
	}
}

func TestAdminExplain(t *testing.T) {
	admin(t)
	got := decode[struct{ Chosen, Text string }](t, "GET", "/ai_gateway/explain?model=fast&key=alice&dialect=gemini", "")
	if got.Chosen != "two" || !strings.Contains(got.Text, "two") {
		t.Errorf("%+v", got)
	}
}

func TestAdminGateways(t *testing.T) {
	admin(t)
	publish(t, "name second\nkey carol secret-of-carol\naccount two simulator {\npriority 1\n}")
	list := decode[[]gatewayStatus](t, "GET", "/ai_gateway/gateways", "")
	if len(list) != 2 || list[0].Name != "main" || list[1].Name != "second" || !slices.Equal(list[0].Keys, []string{"alice", "bob"}) {
		t.Errorf("%+v", list)
	}
	two := decode[accountStatus](t, "GET", "/ai_gateway/accounts/two", "")
	if !slices.Equal(two.Gateways, []string{"main", "second"}) {
		t.Errorf("two is in %v", two.Gateways)
	}
}

func TestAdminErrors(t *testing.T) {
	admin(t)
	publish(t, "name second\nallow_anonymous")
	for _, tt := range []struct {
		method, target, body string
		status               int
		text                 string
	}{
		{"GET", "/ai_gateway/", "", 404, "nothing at"},
		{"GET", "/ai_gateway/nothing", "", 404, "nothing at"},
		{"GET", "/ai_gateway/accounts/nobody", "", 404, `no account "nobody"`},
		{"POST", "/ai_gateway/accounts/nobody/freeze", "", 404, `no account "nobody"`},
		{"POST", "/ai_gateway/accounts", "", 405, "use GET"},
		{"GET", "/ai_gateway/accounts/one/freeze", "", 405, "use POST"},
		{"POST", "/ai_gateway/accounts/one/freeze?duration=soon", "", 400, "the duration must be"},
		{"POST", "/ai_gateway/accounts/one/freeze?duration=-1h", "", 400, "the duration must be"},
		{"POST", "/ai_gateway/accounts/one/freeze", `{"for":1}`, 400, "unknown field"},
		{"POST", "/ai_gateway/logging?level=loud", "", 400, "DEBUG, INFO, WARN or ERROR"},
		{"GET", "/ai_gateway/models", "", 400, "one of: main, second"},
		{"GET", "/ai_gateway/models?gateway=third", "", 404, `no gateway "third"`},
		{"GET", "/ai_gateway/models?gateway=main&key=nobody", "", 404, "no key nobody"},
		{"GET", "/ai_gateway/explain?gateway=main", "", 400, "?model="},
		{"GET", "/ai_gateway/explain?gateway=main&model=x&dialect=latin", "", 400, "the dialect must be"},
		{"GET", "/ai_gateway/explain?gateway=main&model=claude-x&key=alice", "", 404, "may not ask for"},
	} {
		status, text := ask(t, tt.method, tt.target, tt.body)
		if status != tt.status || !strings.Contains(text, tt.text) {
			t.Errorf("%s %s: %d %s, want %d %s", tt.method, tt.target, status, text, tt.status, tt.text)
		}
	}
}

// TestAdminHoldsNoSecret looks for the secrets of the configuration in everything that can be read.
func TestAdminHoldsNoSecret(t *testing.T) {
	publish(t, adminBlock)
	for _, path := range []string{"accounts", "accounts/one", "gateways", "keys", "models", "explain?model=gpt-5"} {
		status, text := ask(t, "GET", "/ai_gateway/"+path, "")
		if status != http.StatusOK || strings.Contains(text, "secret-") {
			t.Errorf("%s: %d %s", path, status, text)
		}
	}
}

// TestAdminAfterTheEnd wants nothing of a gateway that is gone.
func TestAdminAfterTheEnd(t *testing.T) {
	h := admin(t)
	must(t, h.app.Cleanup())
	if list := decode[[]accountStatus](t, "GET", "/ai_gateway/accounts", ""); len(list) != 0 {
		t.Errorf("%+v", list)
	}
	if status, _ := ask(t, "GET", "/ai_gateway/models", ""); status != http.StatusNotFound {
		t.Errorf("status %d", status)
	}
}

func TestConfigFile(t *testing.T) {
	for want, args := range map[string][]string{
		"Caddyfile": {"caddy", "run"},
		"a":         {"caddy", "run", "--config", "a"},
		"b":         {"caddy", "run", "--watch", "--config=b"},
		"c":         {"caddy", "run", "-c", "c"},
	} {
		if got := configFile(args); got != want {
			t.Errorf("%v: %s, want %s", args, got, want)
		}
	}
}
