package handlers

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/tidwall/gjson"
	"go.uber.org/zap"

	"github.com/caddy-ai-gateway/ai-gateway/pool"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// allowed are the statuses that the gateway may answer with.
var allowed = map[int]bool{
	200: true, 400: true, 401: true, 403: true, 404: true, 405: true, 413: true, 415: true, 422: true, 426: true, 429: true, 502: true, 503: true,
}

// FuzzServe sends arbitrary requests to a gateway whose upstreams answer
// arbitrary bytes: it never panics, and what the client gets is JSON or a
// stream of JSON, with a status that the gateway may give.
func FuzzServe(f *testing.F) {
	for _, d := range dialects {
		s := speeches[d]
		f.Add("POST", s.path, "gzip", s.ask, "application/json", s.whole, 200)
		f.Add("POST", s.path, "", s.ask, "application/json", s.whole, 200)
		f.Add("POST", s.streamPath, "", s.askStream, eventStream, strings.Join(s.stream(), ""), 200)
		f.Add("POST", s.streamPath, "", s.askStream, eventStream, s.preamble[0]+s.mistake, 200)
		f.Add("POST", s.path, "", s.ask, "application/json", `{"error":{"message":"x"}}`, 400)
		f.Add("POST", s.path, "zstd", s.ask, "text/html", "<p>", 503)
	}
	f.Add("GET", "/v1/models?key=x&limit=1", "", "", "", "", 200)
	f.Add("POST", "/v1beta/models/%2F..:countTokens", "", "{}", "application/json", `{"totalTokens":1}`, 200)
	f.Add("POST", "/v1beta/models/m:streamGenerateContent", "", speeches[ir.Gemini].ask, "application/json", "[{},", 200)
	f.Add("HEAD", "/responses/%zz", "", "", "", "", 302)
	var answer func() (*http.Response, error)
	transport := answering(func(*http.Request) (*http.Response, error) { return answer() })
	var accounts []accountSpec
	for _, d := range dialects {
		accounts = append(accounts, accountSpec{name: string(d), dialect: d, url: "http://upstream", transport: transport, models: []string{"*", "m"}})
	}
	g, _ := newGateway(f, gatewaySpec{
		accounts: accounts,
		tweak:    func(g *Gateway) { g.MaxBody = 64 << 10; g.Logger = zap.NewNop() },
		pool: func(o *pool.Options) { // so that failures do not end the test's reach
			for class := range o.Cooldown {
				o.Cooldown[class] = pool.Span{Min: 1, Max: 1}
			}
		},
	})
	f.Fuzz(func(t *testing.T, method, target, coding, body, kind, reply string, status int) {
		if status < 200 || status > 599 {
			status = 200
		}
		answer = func() (*http.Response, error) {
			return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {kind}}, Body: io.NopCloser(strings.NewReader(reply))}, nil
		}
		u, err := url.ParseRequestURI(target)
		if err != nil || u.Host != "" {
			return
		}
		r := prepareRequest("/", strings.NewReader(body))
		r.Method, r.URL, r.RequestURI = method, u, target
		r.Header.Set("Content-Encoding", coding)
		w := newRecorder()
		handedOn := false
		next := caddyhttp.HandlerFunc(func(http.ResponseWriter, *http.Request) error { handedOn = true; return nil })
		if err := g.ServeHTTP(w, prepare(w, r), next); err != nil {
			t.Fatalf("an error is returned: %v", err)
		}
		for _, a := range g.Pool.Accounts() {
			if n := a.State.Snapshot().InUse; n != 0 {
				t.Fatalf("%s has %d slots in use", a.Name, n)
			}
		}
		if handedOn {
			return
		}
		checkAnswer(t, w, status, reply)
	})
}

// checkAnswer wants of an answer what its status and type promise. Only where
// an upstream breaks its own JSON in depth may a relay do so too.
func checkAnswer(t *testing.T, w *recorder, upstream int, reply string) {
	t.Helper()
	got := w.body.String()
	if !allowed[w.status] && (w.status != upstream || upstream >= 500) {
		t.Fatalf("the status is %d: %s", w.status, got)
	}
	switch w.header.Get("Content-Type") {
	case "application/json":
		if !gjson.Valid(got) && (w.status != 200 || gjson.Valid(reply)) {
			t.Fatalf("this is no JSON: %d %q", w.status, got)
		}
	case eventStream:
		if w.status != 200 {
			t.Fatalf("a stream with status %d", w.status)
		}
		if !strings.HasSuffix(strings.ReplaceAll(got, "\r\n", "\n"), "\n\n") && got != "" {
			t.Fatalf("the stream ends inside an event: %q", got)
		}
	default:
		t.Fatalf("the content type is %q", w.header.Get("Content-Type"))
	}
}
