package handlers

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/pool"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// slowWriter is a client that reads nothing for a while.
type slowWriter struct {
	*httptest.ResponseRecorder
	pause time.Duration
}

func (w slowWriter) Write(b []byte) (int, error) {
	time.Sleep(w.pause)
	return w.ResponseRecorder.Write(b)
}

// torn is an upstream whose stream breaks off after some content.
type torn struct{ frames []string }

func (u torn) RoundTrip(*http.Request) (*http.Response, error) {
	resp := newAnswer(http.StatusOK, "")
	resp.Header.Set("Content-Type", eventStream)
	resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(strings.Join(u.frames, "")), &failing{errors.New("connection reset")}))
	return resp, nil
}

// TestSlowClientBlamesNobody does not blame an account whose upstream breaks off an answer that the client did not read.
func TestSlowClientBlamesNobody(t *testing.T) {
	for name, test := range map[string]struct {
		pause time.Duration
		kind  pool.Kind
	}{
		"a client that reads":                     {0, pool.Failed},
		"a client that reads after half a minute": {30 * time.Second, pool.Unjudged},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := speeches[ir.Anthropic]
				g, _ := newGateway(t, gatewaySpec{
					accounts: []accountSpec{{name: "a", dialect: ir.Anthropic, url: "http://upstream.invalid", transport: torn{append(append([]string(nil), s.preamble...), s.content[0])}}},
					tweak:    func(g *Gateway) { g.Stream.Ping = 0 },
				})
				w := slowWriter{httptest.NewRecorder(), test.pause}
				r := httptest.NewRequest(http.MethodPost, s.path, strings.NewReader(s.askStream))
				r.Header.Set("Authorization", "Bearer "+clientSecret)
				if err := g.ServeHTTP(w, prepare(w, r), nil); err != nil {
					t.Error(err)
				}
				got := g.Pool.Accounts()[0].State.Snapshot()
				if got.LastFailure != test.kind || (len(got.Cooldowns) == 0) != (test.kind == pool.Unjudged) {
					t.Errorf("the account has %v and %d cooldowns, want %v", got.LastFailure, len(got.Cooldowns), test.kind)
				}
				if body := w.Body.String(); !strings.Contains(body, "event: error") {
					t.Errorf("the client is not told: %s", body)
				}
			})
		})
	}
}
