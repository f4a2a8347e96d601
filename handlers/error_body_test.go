package handlers

import (
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/usage"
)

// TestErrorBodies wants what upstreams say in the log only where that is switched on, and then without secrets.
func TestErrorBodies(t *testing.T) {
	u := speeches[ir.Anthropic]
	for _, on := range []bool{false, true} {
		f, _, _ := twoAccounts(t, ir.Anthropic,
			fails(500, `{"type":"error","error":{"type":"api_error","message":"cannot read `+prompt+` with sk-ant-api03-abcdefghijklmnopqrstuvwxyz0123456789"}}`),
			says(200, "application/json", u.whole), func(g *Gateway) { g.ErrorBodies = on })
		wantHello(t, ir.Anthropic, f.post(u.path, u.ask))
		entries := f.logs.FilterMessage("upstream failed").All()
		if len(entries) != 1 {
			t.Fatalf("%d lines", len(entries))
		}
		body, _ := entries[0].ContextMap()["body"].(string)
		if on != strings.Contains(body, "cannot read "+prompt) || strings.Contains(body, "abcdefghijklmnopqrstuvwxyz0123456789") {
			t.Errorf("switched on: %t; the body in the log is %q", on, body)
		}
	}
}

// TestCostIsLogged wants the price of a request in the access log.
func TestCostIsLogged(t *testing.T) {
	u := speeches[ir.Chat]
	price, err := usage.ParsePrice([]string{"1000", "2000"})
	if err != nil {
		t.Fatal(err)
	}
	up := newUpstream(t, says(200, "application/json", u.whole))
	f := serve(t, gatewaySpec{
		accounts: []accountSpec{{name: "a", dialect: ir.Chat, url: up.URL}},
		models:   Models{exactModel(Model{Name: "m", Price: &price})},
	})
	wantHello(t, ir.Chat, f.post(u.path, u.ask))
	if _, there := f.lastFields(1)["ai_cost_usd"]; !there {
		t.Errorf("the access log has no cost: %v", f.lastFields(1))
	}
}
