package handlers

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/access"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// TestCredentialOrder takes the key from the dialect's own place first.
func TestCredentialOrder(t *testing.T) {
	all := map[string]string{"Authorization": "Bearer bearer", "X-Api-Key": "xapi", "X-Goog-Api-Key": "goog"}
	orders := map[ir.Dialect][]string{
		ir.Chat:      {"bearer", "xapi", "goog", "query"},
		ir.Responses: {"bearer", "xapi", "goog", "query"},
		ir.Anthropic: {"xapi", "bearer", "goog", "query"},
		ir.Gemini:    {"goog", "query", "bearer", "xapi"},
	}
	headerOf := map[string]string{"bearer": "Authorization", "xapi": "X-Api-Key", "goog": "X-Goog-Api-Key"}
	for d, order := range orders {
		r := httptest.NewRequest("POST", "/v1/x?key=query", nil)
		for name, value := range all {
			r.Header.Set(name, value)
		}
		for _, want := range order {
			if got := credential(r, d); got != want {
				t.Errorf("%s: got %q, want %q", d, got, want)
			}
			if want == "query" {
				r.URL.RawQuery = "key="
				continue
			}
			r.Header.Set(headerOf[want], " ") // empty places are passed over
		}
		if got := credential(r, d); got != "" {
			t.Errorf("%s: got %q where there is none", d, got)
		}
	}
}

func TestBearer(t *testing.T) {
	for header, want := range map[string]string{
		"Bearer abc": "abc", "bearer abc": "abc", "BEARER  abc ": "abc", "Basic abc": "", "abc": "", "Bearer": "", "": "",
	} {
		r := &http.Request{Header: http.Header{"Authorization": {header}}}
		if got := bearer(r); got != want {
			t.Errorf("%q: got %q, want %q", header, got, want)
		}
	}
}

// TestAuthenticate covers keys that are missing, wrong, expired, anonymous.
func TestAuthenticate(t *testing.T) {
	yesterday := time.Now().Add(-24 * time.Hour)
	keyed := []access.Key{{Name: "alice", Secret: clientSecret}, {Name: "old", Secret: "sk-old", Expires: yesterday}}
	tests := map[string]struct {
		keys      []access.Key
		anonymous bool
		bearer    string
		status    int
		name      string
	}{
		"right":                    {keyed, false, "Bearer " + clientSecret, 200, "alice"},
		"missing":                  {keyed, false, "", 401, ""},
		"wrong":                    {keyed, false, "Bearer " + clientSecret + "x", 401, ""},
		"expired":                  {keyed, false, "Bearer sk-old", 403, "old"},
		"anonymous beside keys":    {keyed, true, "", 200, "anonymous"},
		"wrong beside anonymous":   {keyed, true, "Bearer nonsense", 401, ""},
		"anonymous without keys":   {nil, true, "", 200, "anonymous"},
		"anything without keys":    {nil, true, "Bearer nonsense", 200, "anonymous"},
		"digest in place of a key": {keyed, false, "Bearer sha256:" + strings.Repeat("0", 64), 401, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { // each with a guard of its own
			up := newUpstream(t, func(w http.ResponseWriter, r *http.Request) {
				for d, s := range speeches {
					if d == ir.Anthropic && strings.HasSuffix(r.URL.Path, "messages") {
						says(200, "application/json", s.whole)(w, r)
					}
				}
			})
			f := serve(t, gatewaySpec{keys: test.keys, anonymous: test.anonymous, accounts: []accountSpec{{name: "a", dialect: ir.Anthropic, url: up.URL}}})
			asked := 0
			for _, d := range dialects {
				for _, request := range []string{"POST " + speeches[d].path, "GET /v1/models/m"} {
					method, path, _ := strings.Cut(request, " ")
					body := ""
					if method == "POST" {
						body = speeches[d].ask
					}
					got := f.do(method, path, body, "Authorization", test.bearer)
					asked++
					if got.status != test.status {
						t.Errorf("%s, %s: got %d %s", name, request, got.status, got.body)
					}
					if test.status == 401 && errorOf(got.body) != "Invalid API key" {
						t.Errorf("%s, %s: got %s", name, request, got.body)
					}
					if got := f.lastFields(asked)["ai_key"]; got != test.name {
						t.Errorf("%s: the log names key %q, want %q", name, got, test.name)
					}
				}
			}
			if n := len(up.requests()); test.status != 200 && n != 0 {
				t.Errorf("%s: the upstream was asked %d times", name, n)
			}
		})
	}
}

// TestRefusalBeforeBody: who may not call does not make the gateway read.
func TestRefusalBeforeBody(t *testing.T) {
	g, _ := newGateway(t, gatewaySpec{})
	body := &countingReader{}
	r := httptest.NewRequest("POST", "/v1/messages", body)
	w := httptest.NewRecorder()
	_ = g.ServeHTTP(w, prepare(w, r), nil)
	if w.Code != 401 || body.n != 0 {
		t.Errorf("got %d after %d reads", w.Code, body.n)
	}
}

type countingReader struct{ n int }

func (r *countingReader) Read(p []byte) (int, error) {
	r.n++
	return copy(p, " "), nil
}
