package handlers

import (
	"net/http"
	"testing"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-ai-gateway/ai-gateway/providers"
)

// TestLastQuotaWaitsForNobody tells what is known while a vendor that does not answer is being asked.
func TestLastQuotaWaitsForNobody(t *testing.T) {
	gate := make(chan struct{})
	up := newUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		<-gate
		says(200, "application/json", `{"buckets":[{"modelId":"m","remainingFraction":0.25}]}`)(w, r)
	})
	p := &providers.CodeAssist{Project: "mine"}
	if err := p.Provision(caddy.Context{}); err != nil {
		t.Fatal(err)
	}
	f := serve(t, gatewaySpec{accounts: []accountSpec{{name: "a", provider: p, url: up.URL}}})
	a := f.Pool.Accounts()[0]
	upstreamOf(a).Secret, upstreamOf(a).Source = "", &tokens{current: "first-token"}
	asked := make(chan error)
	go func() {
		_, err := AskQuota(t.Context(), a)
		asked <- err
	}()
	f.eventually("the vendor is asked", func() bool { return len(up.requests()) == 1 })
	known := make(chan Quota)
	go func() { known <- LastQuota(a) }()
	select {
	case q := <-known:
		if q.Left != nil {
			t.Errorf("got %+v", q)
		}
		close(gate)
	case err := <-asked:
		t.Fatalf("it waits until the vendor has been asked, with %v", err)
	}
	if err := <-asked; err != nil || len(LastQuota(a).Left) != 1 {
		t.Errorf("got %+v, %v", LastQuota(a), err)
	}
}
