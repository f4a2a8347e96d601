package handlers

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// ending is an upstream's body that has its last event, and ends some time
// after it.
type ending struct {
	*strings.Reader
	ctx   context.Context
	after time.Duration // until the end; less than 0 for together with the last event
	reads int           // of what stands behind the last event
	ended bool
}

func (e *ending) Read(p []byte) (int, error) {
	n, err := e.Reader.Read(p)
	switch {
	case n > 0 && e.after < 0 && e.Len() == 0:
		e.ended = true
		return n, io.EOF
	case n > 0:
		return n, nil
	}
	e.reads++
	select {
	case <-time.After(e.after):
		e.ended = true
		return 0, err
	case <-e.ctx.Done():
		return 0, context.Cause(e.ctx)
	}
}

func (e *ending) Close() error { return nil }

// lingering is an upstream with such a body.
type lingering struct {
	after time.Duration
	last  *ending
}

func (u *lingering) RoundTrip(r *http.Request) (*http.Response, error) {
	text := strings.Join(speeches[ir.Anthropic].stream(), "")
	u.last = &ending{Reader: strings.NewReader(text), ctx: r.Context(), after: u.after}
	resp := newAnswer(http.StatusOK, "")
	resp.Header.Set("Content-Type", eventStream)
	resp.Body = u.last
	return resp, nil
}

// TestDrain waits a little for the end of a body whose stream has ended, so that
// its connection can be used again, but not for long, and not for an end that
// has come already.
func TestDrain(t *testing.T) {
	for name, test := range map[string]struct {
		after, took time.Duration
		reads       int
		ended       bool
	}{
		"with the last event": {-1, 0, 0, true},
		"soon":                {50 * time.Millisecond, 50 * time.Millisecond, 1, true},
		"late":                {time.Minute, drainTime, 1, false},
	} {
		for _, stream := range []bool{true, false} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := speeches[ir.Anthropic]
					u := &lingering{after: test.after}
					g, _ := newGateway(t, gatewaySpec{accounts: []accountSpec{{name: "a", dialect: ir.Anthropic, url: "http://upstream.invalid", transport: u}}})
					ask := s.askStream
					if !stream {
						ask = s.ask
					}
					w := httptest.NewRecorder()
					r := httptest.NewRequest(http.MethodPost, s.path, strings.NewReader(ask))
					r.Header.Set("Authorization", "Bearer "+clientSecret)
					begin := time.Now()
					if err := g.ServeHTTP(w, prepare(w, r), nil); err != nil {
						t.Fatal(err)
					}
					if took := time.Since(begin); took < test.took || took > test.took+10*time.Millisecond {
						t.Errorf("it took %v, want %v", took, test.took)
					}
					if u.last.reads != test.reads || u.last.ended != test.ended {
						t.Errorf("%d reads, ended: %v", u.last.reads, u.last.ended)
					}
					if !test.ended && !errors.Is(context.Cause(u.last.ctx), errIdle) {
						t.Errorf("the cause is %v", context.Cause(u.last.ctx))
					}
					if body := w.Body.String(); w.Code != http.StatusOK || stream && !strings.Contains(body, "message_stop") {
						t.Errorf("got %d %s", w.Code, body)
					}
				})
			})
		}
	}
}
