package aigateway

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/pool"
)

// oneSession is a session's name as logs write it.
const oneSession = "0123456789abcdef"

// begin lets a client's session choose its account.
func begin(t *testing.T, h *Handler, client, session string) {
	t.Helper()
	lease, err := accountPool(t, h).Acquire(t.Context(), pool.Want{
		Model: "gpt-5", Client: client, Session: pool.Session{Key: session, Strong: true},
	})
	must(t, err)
	lease.Release(pool.Outcome{Kind: pool.Succeeded, FirstByte: 200 * time.Millisecond, Total: 2 * time.Second})
}

func TestAdminSessions(t *testing.T) {
	h := admin(t)
	publish(t, "name second\nsticky off\nallow_anonymous\naccount two simulator {\npriority 1\n}")
	begin(t, h, "alice", oneSession)
	begin(t, h, "bob", oneSession)
	begin(t, h, "bob", "fedcba9876543210")

	all := decode[sessionsStatus](t, "GET", "/ai_gateway/sessions", "")
	if len(all.Gateways) != 2 || !all.Gateways[0].Sticky || all.Gateways[0].TTLSeconds != 3600 || all.Gateways[1].Sticky {
		t.Errorf("%+v", all)
	}
	found := decode[[]sessionStatus](t, "GET", "/ai_gateway/sessions/"+oneSession, "")
	if len(found) != 2 || found[0] != (sessionStatus{oneSession, "main", "alice", "one"}) || found[1].Key != "bob" {
		t.Fatalf("found %+v", found)
	}
	gone := decode[[]sessionStatus](t, "DELETE", "/ai_gateway/sessions/"+oneSession+"?key=alice&gateway=main", "")
	if len(gone) != 1 || gone[0].Key != "alice" {
		t.Errorf("forgotten: %+v", gone)
	}
	left := decode[[]sessionStatus](t, "GET", "/ai_gateway/sessions/"+oneSession, "")
	if len(left) != 1 || left[0].Key != "bob" {
		t.Errorf("left: %+v", left)
	}
	for target, want := range map[string]int{
		oneSession + "?key=alice":      http.StatusNotFound,
		oneSession + "?gateway=second": http.StatusNotFound,
		"0000000000000000":             http.StatusNotFound,
		"claude:raw":                   http.StatusBadRequest,
	} {
		if status, text := ask(t, "DELETE", "/ai_gateway/sessions/"+target, ""); status != want {
			t.Errorf("%s: %d %s", target, status, text)
		}
	}
}

func TestAdminLatency(t *testing.T) {
	h := admin(t)
	before := decode[accountStatus](t, "GET", "/ai_gateway/accounts/one", "")
	if before.SuccessRate != nil || before.ErrorRate != nil || before.TotalSeconds != 0 {
		t.Errorf("before the first request: %+v", before)
	}
	for range 3 {
		begin(t, h, "alice", oneSession)
	}
	lease, err := accountPool(t, h).Acquire(t.Context(), pool.Want{Model: "gpt-5"})
	must(t, err)
	lease.Release(pool.Outcome{Kind: pool.Failed, Scope: pool.ScopeModel, Total: time.Hour})
	got := decode[accountStatus](t, "GET", "/ai_gateway/accounts/one", "")
	if got.SuccessRate == nil || *got.SuccessRate < 0.7 || *got.SuccessRate > 0.8 || *got.ErrorRate+*got.SuccessRate != 1 {
		t.Errorf("rates %v %v", got.SuccessRate, got.ErrorRate)
	}
	if got.FirstByteSeconds != 0.2 || got.TotalSeconds != 2 {
		t.Errorf("averages %v %v", got.FirstByteSeconds, got.TotalSeconds)
	}
}

func TestSessionCommands(t *testing.T) {
	h := admin(t)
	begin(t, h, "alice", oneSession)
	at := "--address=" + endpoint(t)
	for _, tt := range []struct {
		args []string
		want string // in what is printed, or else in the error
		bad  bool
	}{
		{[]string{at}, "1h0m0s", false},
		{[]string{"find", oneSession, at}, "alice  one", false},
		{[]string{"find", oneSession, at, "--key", "bob"}, "no session", true},
		{[]string{"forget", oneSession, at, "--json"}, `"account":"one"`, false},
		{[]string{"find", oneSession, at}, "no session", true},
		{[]string{"forget", at}, "accepts 1 arg", true},
	} {
		out, err := command(t, sessionsCommand(), tt.args...)
		if err != nil {
			out += err.Error()
		}
		if (err != nil) != tt.bad || !strings.Contains(out, tt.want) {
			t.Errorf("%v: %v\n%s", tt.args, err, out)
		}
	}
}
