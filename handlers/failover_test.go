package handlers

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/pool"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// twoAccounts is a gateway whose account bad is asked before the account good.
func twoAccounts(t *testing.T, d ir.Dialect, bad, good http.HandlerFunc, tweak func(*Gateway)) (f *fixture, first, second *upstream) {
	t.Helper()
	first, second = newUpstream(t, bad), newUpstream(t, good)
	f = serve(t, gatewaySpec{
		accounts: []accountSpec{
			{name: "bad", dialect: d, url: first.URL},
			{name: "good", dialect: d, url: second.URL, priority: 1},
		},
		tweak: tweak,
	})
	return f, first, second
}

// TestFailover covers every upstream, relayed and translated: an account that
// fails before content is left, and the answer is the next one's and nothing
// else.
func TestFailover(t *testing.T) {
	for _, up := range dialects {
		u := speeches[up]
		faults := map[string]struct {
			step http.HandlerFunc
			kind pool.Kind
		}{
			"500":                     {fails(500, `{"error":{"message":"boom"}}`), pool.Failed},
			"429":                     {fails(429, `{"error":{"message":"slow down"}}`, "Retry-After", "7"), pool.RateLimited},
			"529":                     {fails(529, `{"error":{"message":"full"}}`), pool.Overloaded},
			"503":                     {fails(503, ``), pool.Overloaded},
			"401":                     {fails(401, `{"error":{"message":"bad key"}}`), pool.Unauthorized},
			"403":                     {fails(403, `{"error":{"message":"no"}}`), pool.Unauthorized},
			"402":                     {fails(402, `{"error":{"message":"pay"}}`), pool.RateLimited},
			"408":                     {fails(408, `{}`), pool.Failed},
			"redirect":                {fails(302, ``, "Location", "http://127.0.0.1:1/"), pool.Failed},
			"hang-up":                 {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, pool.Failed},
			"empty":                   {says(200, "application/json", ""), pool.Failed},
			"empty stream":            {says(200, eventStream, ""), pool.Failed},
			"error in a stream":       {streams([]string{u.preamble[0], u.mistake}, nil), pool.Overloaded},
			"only an error":           {streams([]string{u.mistake}, nil), pool.Overloaded},
			"cut before content":      {streams(u.preamble, cuts), pool.Failed},
			"ends before content":     {streams(u.preamble, nil), pool.Failed},
			"error body with 200":     {says(200, "application/json", `{"error":{"code":503,"message":"overloaded","type":"overloaded_error","status":"UNAVAILABLE"}}`), pool.Unjudged},
			"a web page with 200":     {says(200, "text/html", "<!DOCTYPE html>\n<p>Sign in</p>\n"), pool.Unjudged},
			"a page called JSON":      {says(200, "application/json", "<!DOCTYPE html>\n<p>Sign in</p>\n"), pool.Unjudged},
			"half a JSON":             {says(200, "application/json", u.whole[:len(u.whole)/2]), pool.Unjudged},
			"JSON of something else":  {says(200, "application/json", `{"ok":true}`), pool.Unjudged},
			"204":                     {says(204, "application/json", ""), pool.Failed},
			"frames that are no JSON": {streams([]string{data("{oops"), data("{oops")}, nil), pool.Unjudged},
		}
		for name, fault := range faults {
			for _, client := range []ir.Dialect{up, other(up)} {
				for _, stream := range []bool{false, true} {
					if client != up && !stream {
						continue // TestDeliver covers that way
					}
					c := speeches[client]
					path, ask, good := c.path, c.ask, says(200, "application/json", u.whole)
					label := string(client) + "→" + string(up) + " " + name
					if stream {
						path, ask, good = c.streamPath, c.askStream, streams(u.stream(), nil)
						label += " streamed"
					}
					t.Run(label, func(t *testing.T) {
						f, first, second := twoAccounts(t, up, fault.step, good, nil)
						got := f.post(path, ask)
						wantHello(t, client, got)
						if len(first.requests()) != 1 || len(second.requests()) != 1 {
							t.Errorf("asked %d and %d times", len(first.requests()), len(second.requests()))
						}
						s := f.account("bad")
						if fault.kind != pool.Unjudged && s.LastFailure != fault.kind || s.Failed != 1 {
							t.Errorf("the account is judged %v, %d failures; want %v", s.LastFailure, s.Failed, fault.kind)
						}
						if f.account("good").Succeeded != 1 {
							t.Error("the second account's success is not noted")
						}
						f.settled()
					})
				}
			}
		}
	}
}

// TestNoFailover covers the errors that any account would answer with.
func TestNoFailover(t *testing.T) {
	for _, status := range []int{400, 413, 422} {
		for _, client := range dialects {
			for _, up := range dialects {
				t.Run(string(client)+"→"+string(up)+" "+http.StatusText(status), func(t *testing.T) {
					body := `{"error":{"message":"field x is wrong, says org-abcdef123456","type":"invalid_request_error","code":"bad_x","status":"INVALID_ARGUMENT"}}`
					f, _, second := twoAccounts(t, up, fails(status, body), says(200, "application/json", speeches[up].whole), nil)
					got := f.post(speeches[client].path, speeches[client].ask)
					if got.status != status || !strings.Contains(got.body, "field x is wrong, says [redacted]") {
						t.Errorf("got %d %s", got.status, got.body)
					}
					if n := len(second.requests()); n != 0 {
						t.Errorf("the other account was asked %d times", n)
					}
					if s := f.account("bad"); s.Failed != 0 || len(s.Cooldowns) != 0 {
						t.Errorf("the client's fault counts against the account: %+v", s)
					}
					f.settled()
				})
			}
		}
	}
}

// TestNotFoundFailsOver asks another account that lists the model before it
// tells the client that there is none.
func TestNotFoundFailsOver(t *testing.T) {
	f, _, second := twoAccounts(t, ir.Chat, fails(404, `{"error":{"message":"no such model"}}`), says(200, "application/json", speeches[ir.Chat].whole), nil)
	wantHello(t, ir.Chat, f.post("/v1/chat/completions", speeches[ir.Chat].ask))
	if len(second.requests()) != 1 || f.account("bad").Failed != 0 {
		t.Error("404 did not go to the other account, or counts against the first")
	}
}

// TestExhausted covers what the client is told when every account has failed.
func TestExhausted(t *testing.T) {
	tests := []struct {
		upstream, status int
		message          string
	}{
		{401, 502, "Upstream authentication failed, please contact administrator"},
		{403, 502, "Upstream access forbidden, please contact administrator"},
		{429, 429, "Upstream rate limit exceeded, please retry later"},
		{529, 503, "Upstream service overloaded, please retry later"},
		{500, 502, "Upstream service temporarily unavailable"},
		{503, 502, "Upstream service temporarily unavailable"},
		{402, 502, "Upstream request failed"},
		{418, 502, "Upstream request failed"},
	}
	for _, test := range tests {
		for _, client := range dialects {
			t.Run(string(client)+" "+http.StatusText(test.upstream), func(t *testing.T) {
				step := fails(test.upstream, `{"error":{"message":"the vendor's own words"}}`)
				f, _, _ := twoAccounts(t, ir.Chat, step, step, nil)
				got := f.post(speeches[client].path, speeches[client].ask)
				if got.status != test.status || errorOf(got.body) != test.message {
					t.Errorf("got %d %s", got.status, got.body)
				}
				wait := got.header.Get("Retry-After")
				if again := test.status == 429 || test.status == 503; again != (wait != "") {
					t.Errorf("Retry-After is %q", wait)
				}
			})
		}
	}
}

// TestRetryAfterIsSoonest tells clients when the first account comes back, not
// when the last one that was tried does.
func TestRetryAfterIsSoonest(t *testing.T) {
	f, _, _ := twoAccounts(t, ir.Chat, fails(429, `{}`, "Retry-After", "40"), fails(429, `{}`, "Retry-After", "90"), nil)
	for range 2 { // when the accounts have just failed, and when nobody is asked any more
		got := f.post("/v1/chat/completions", speeches[ir.Chat].ask)
		if got.status != 429 {
			t.Fatalf("got %d %s", got.status, got.body)
		}
		if after := got.header.Get("Retry-After"); after != "40" && after != "39" {
			t.Errorf("Retry-After is %q, want 40", after)
		}
	}
}

// TestAttempts bounds the requests that are sent upstream.
func TestAttempts(t *testing.T) {
	up := newUpstream(t, fails(500, `{}`))
	spec := gatewaySpec{tweak: func(g *Gateway) { g.Attempts = 3 }}
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		spec.accounts = append(spec.accounts, accountSpec{name: name, url: up.URL})
	}
	f := serve(t, spec)
	if got := f.post("/v1/chat/completions", speeches[ir.Chat].ask); got.status != 502 {
		t.Errorf("got %d %s", got.status, got.body)
	}
	if n := len(up.requests()); n != 3 {
		t.Errorf("asked %d times, want 3", n)
	}
}

// TestAccountFaultsWith400 covers vendors that answer 400 although the account
// is to blame: they are no fault of the request.
func TestAccountFaultsWith400(t *testing.T) {
	tests := map[string]struct {
		dialect ir.Dialect
		body    string
		kind    pool.Kind
	}{
		"Anthropic without credit": {ir.Anthropic, `{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the Anthropic API."}}`, pool.RateLimited},
		"Gemini with a bad key":    {ir.Gemini, `{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}`, pool.Unauthorized},
		"a bad key at 400":         {ir.Chat, `{"error":{"message":"Incorrect API key","code":"invalid_api_key"}}`, pool.Unauthorized},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f, _, _ := twoAccounts(t, test.dialect, fails(400, test.body), says(200, "application/json", speeches[test.dialect].whole), nil)
			wantHello(t, ir.Chat, f.post("/v1/chat/completions", speeches[ir.Chat].ask))
			if s := f.account("bad"); s.LastFailure != test.kind || len(s.Cooldowns) != 1 || s.Cooldowns[0].Model != "" {
				t.Errorf("judged %v with cooldowns %+v; want %v for the whole account", s.LastFailure, s.Cooldowns, test.kind)
			}
		})
	}
}

// TestNoSplice breaks streams after content: the client gets the error in its
// dialect and nothing of another account.
func TestNoSplice(t *testing.T) {
	for _, up := range dialects {
		u := speeches[up]
		begun := append(append([]string(nil), u.preamble...), u.content[:len(u.content)-1]...)
		for name, step := range map[string]http.HandlerFunc{
			"cut":   streams(begun, cuts),
			"ends":  streams(begun, nil),
			"error": streams(append(append([]string(nil), begun...), u.mistake), nil),
			"idle":  streams(begun, hangs),
		} {
			for _, client := range dialects {
				t.Run(string(client)+"→"+string(up)+" "+name, func(t *testing.T) {
					f, _, second := twoAccounts(t, up, step, streams(u.stream(), nil), func(g *Gateway) { g.Stream.Idle = 50 * time.Millisecond })
					got := f.post(speeches[client].streamPath, speeches[client].askStream)
					if got.status != 200 || textOf(client, got.body) != "hello " {
						t.Errorf("got %d %s", got.status, got.body)
					}
					if errorOf(got.body) == "" {
						t.Errorf("the stream ends without an error:\n%s", got.body)
					}
					if strings.Contains(got.body, "org-abcdef") {
						t.Errorf("the upstream's words are not scrubbed:\n%s", got.body)
					}
					if len(second.requests()) != 0 {
						t.Error("another account was asked after content")
					}
					if s := f.account("bad"); s.Failed != 1 {
						t.Errorf("the account's failure is not noted: %+v", s)
					}
					f.settled()
				})
			}
		}
	}
}
