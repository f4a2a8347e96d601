package handlers

import (
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-ai-gateway/ai-gateway/access"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// threaded is a request of the Messages API in a thread.
func threaded(thread string, stream bool) string {
	ask := speeches[ir.Anthropic].ask
	if stream {
		ask = speeches[ir.Anthropic].askStream
	}
	return strings.TrimSuffix(ask, "}") + `,"thread":` + thread + `}`
}

const (
	begun     = `{"type":"create"}`
	continued = `{"type":"continue","previous_message_id":"msg_1"}`
)

// TestThreadStays sends what goes on with a thread to the account that has it,
// whichever else would be asked, and to no other when that fails.
func TestThreadStays(t *testing.T) {
	speech := speeches[ir.Anthropic]
	for name, stream := range map[string]bool{"whole": false, "streamed": true} {
		t.Run(name, func(t *testing.T) {
			fine := says(200, "application/json", speech.whole)
			if stream {
				fine = streams(speech.stream(), nil)
			}
			boom := fails(500, `{"type":"error","error":{"type":"api_error","message":"boom"}}`)
			first, second := newUpstream(t, boom, fine, fine), newUpstream(t, fine, fine, boom)
			f := twoScopes(t, ir.Anthropic, "m", first, second)
			f.post("/v1/messages", threaded(begun, stream))     // the second has it, since the first has failed
			f.post("/v1/messages", threaded(continued, stream)) // which goes on there
			if len(first.requests()) != 1 || len(second.requests()) != 2 || second.requests()[1].body != threaded(continued, stream) {
				t.Errorf("asked the first %v, the second %v", first.requests(), second.requests())
			}
			got := f.post("/v1/messages", threaded(continued, stream))
			if got.status != 404 || gjson.Get(got.body, "error.details.error_code").Str != "thread_not_found" || len(first.requests()) != 1 {
				t.Errorf("got %d %s, asked the first %v", got.status, got.body, first.requests())
			}
		})
	}
}

// TestThreadElsewhere refuses what goes on with a thread that no account is
// known to have, in the words that have clients send the whole conversation.
func TestThreadElsewhere(t *testing.T) {
	fine := says(200, "application/json", speeches[ir.Anthropic].whole)
	first, second := newUpstream(t, fine, fine), newUpstream(t)
	f := serve(t, gatewaySpec{
		keys: []access.Key{{Name: "alice", Secret: clientSecret}, {Name: "bob", Secret: "sk-bob-0123456789"}},
		accounts: []accountSpec{
			{name: "first", dialect: ir.Anthropic, url: first.URL},
			{name: "second", dialect: ir.Anthropic, url: second.URL, models: []string{"other"}},
		},
	})
	refused := func(what, body string, headers ...string) {
		t.Helper()
		asked := len(first.requests())
		got := f.post("/v1/messages", body, headers...)
		if got.status != 404 || gjson.Get(got.body, "error.details.error_code").Str != "thread_not_found" || len(first.requests()) != asked {
			t.Errorf("%s: %d %s", what, got.status, got.body)
		}
	}
	refused("nobody's", threaded(continued, false))
	if got := f.post("/v1/messages", threaded(begun, false)); got.status != 200 {
		t.Fatalf("got %d %s", got.status, got.body)
	}
	refused("another client's", threaded(continued, false), "Authorization", "Bearer sk-bob-0123456789")
	refused("another model", strings.Replace(threaded(continued, false), `"m"`, `"other"`, 1))
	if got := f.post("/v1/messages", threaded(continued, false)); got.status != 200 {
		t.Errorf("its own: %d %s", got.status, got.body)
	}
	if got := f.do("GET", "/v1/responses/msg_1", ""); got.status != 404 {
		t.Errorf("it is a response, too: %d %s", got.status, got.body)
	}
	first.Close()
	if got := f.post("/v1/messages", threaded(continued, false)); got.status != 502 {
		t.Errorf("nobody else could answer: %d %s", got.status, got.body)
	}
}

// TestNoThread leaves it to the vendor to refuse what is no thread.
func TestNoThread(t *testing.T) {
	up := newUpstream(t, says(200, "application/json", speeches[ir.Anthropic].whole))
	f := serve(t, gatewaySpec{accounts: []accountSpec{{name: "only", dialect: ir.Anthropic, url: up.URL}}})
	for _, odd := range []string{`"x"`, `null`, `{"type":"continue","previous_message_id":5}`} {
		if got := f.post("/v1/messages", threaded(odd, false)); got.status != 200 {
			t.Errorf("%s: %d %s", odd, got.status, got.body)
		}
	}
}
