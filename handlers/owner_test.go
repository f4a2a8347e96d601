package handlers

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// TestAnonymousOwners wants callers without a key to be strangers to each other, by the address that Caddy knows.
func TestAnonymousOwners(t *testing.T) {
	account, _ := simulatedAs("only", ir.Gemini)
	g, _ := newGateway(t, gatewaySpec{anonymous: true, accounts: []accountSpec{account}})
	ask := func(method, path, body, remote, client string) (int, string) {
		r, _ := http.NewRequest(method, path, strings.NewReader(body))
		r.RequestURI, r.RemoteAddr = path, remote
		w := newRecorder()
		r = prepare(w, r)
		if client != "" { // what a trusted proxy has told
			caddyhttp.SetVar(r.Context(), caddyhttp.ClientIPVarKey, client)
		}
		_ = g.ServeHTTP(w, r, nil)
		return w.status, w.body.String()
	}
	const body = `{"model":"demo","input":"say hello"}`
	for name, who := range map[string]struct{ remote, client, otherRemote, otherClient, same string }{
		"addresses":       {"192.0.2.1:1000", "", "192.0.2.2:1000", "", "192.0.2.1:2000"},
		"IPv6":            {"[2001:db8::1]:1000", "", "[2001:db8::2]:1000", "", "[2001:db8::1]:2000"},
		"behind a proxy":  {"192.0.2.9:1000", "203.0.113.1", "192.0.2.9:1000", "203.0.113.2", "192.0.2.9:2000"},
		"mapped into one": {"[::ffff:192.0.2.1]:1000", "", "[::ffff:192.0.2.2]:1000", "", "192.0.2.1:2000"},
	} {
		status, answer := ask("POST", responses, body, who.remote, who.client)
		id := gjson.Get(answer, "id").String()
		if status != 200 || id == "" {
			t.Fatalf("%s: %d %s", name, status, answer)
		}
		goesOn := `{"model":"demo","input":"and then?","previous_response_id":"` + id + `"}`
		if status, _ := ask("GET", responses+"/"+id, "", who.same, who.client); status != 200 {
			t.Errorf("%s: who has stored it gets %d", name, status)
		}
		if status, _ := ask("POST", responses, goesOn, who.same, who.client); status != 200 {
			t.Errorf("%s: who has stored it goes on with %d", name, status)
		}
		if status, answer := ask("GET", responses+"/"+id, "", who.otherRemote, who.otherClient); status != 404 {
			t.Errorf("%s: a stranger gets %d %s", name, status, answer)
		}
		if status, answer := ask("POST", responses, goesOn, who.otherRemote, who.otherClient); status != 400 {
			t.Errorf("%s: a stranger goes on with %d %s", name, status, answer)
		}
		if status, _ := ask("DELETE", responses+"/"+id, "", who.otherRemote, who.otherClient); status != 404 {
			t.Errorf("%s: a stranger deletes it: %d", name, status)
		}
	}
}
