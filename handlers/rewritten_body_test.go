package handlers

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// TestRewrittenBodyIsKept relays a long body that the gateway has written
// itself to one account after the other: it lies in no buffer that may go back.
func TestRewrittenBodyIsKept(t *testing.T) {
	var turn atomic.Int64
	up := newUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		if turn.Add(1)%2 == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		echo(t, ir.Responses)(w, r)
	})
	f := serve(t, gatewaySpec{
		accounts: []accountSpec{
			{name: "a", dialect: ir.Responses, url: up.URL}, {name: "b", dialect: ir.Responses, url: up.URL},
		},
		models: Models{exactModel(Model{Name: "m", Instructions: "Be plain."})},
	})
	ask := marked(speeches[ir.Responses].ask, "mark-0001")
	got := f.post(responses, ask)
	if got.status != http.StatusOK || !strings.Contains(got.body, "mark-0001") || turn.Load() != 2 {
		t.Errorf("%d requests: %d %s", turn.Load(), got.status, got.body)
	}
	for i, r := range up.requests() {
		if !strings.Contains(r.body, `"instructions":"Be plain."`) {
			t.Errorf("request %d lacks the instructions", i)
		}
	}
}

// TestUnwrappedBodyIsReadLate is TestBodyIsReadLate for a body that stands in an
// envelope.
func TestUnwrappedBodyIsReadLate(t *testing.T) {
	late := &lateReader{answer: speeches[ir.Gemini].whole, read: make(chan struct{})}
	f := serve(t, gatewaySpec{accounts: []accountSpec{{name: "a", dialect: ir.Gemini, url: "http://upstream.invalid", transport: late}}})
	got := f.post("/v1internal:generateContent", `{"model":"m","project":"p","request":`+marked(speeches[ir.Gemini].ask, "mark-0001")+`}`)
	if got.status != http.StatusOK {
		t.Fatalf("status %d: %s", got.status, got.body)
	}
	close(late.read)
	late.wg.Wait()
	for _, body := range late.bodies {
		if _, err := markOf(body); err != nil {
			t.Error(err)
		}
	}
}
