package handlers

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/pool"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// notebook is an observer that keeps what it hears.
type notebook struct {
	mu       sync.Mutex
	attempts []Attempt
	events   []Event
}

func (n *notebook) Attempted(a *Attempt) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.attempts = append(n.attempts, *a)
}

func (n *notebook) Done(e *Event) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.events = append(n.events, *e)
}

// TestObserver covers what an observer hears of a request that fails over, and of one whose stream breaks off.
func TestObserver(t *testing.T) {
	u := speeches[ir.Chat]
	cut := streams(append(append([]string(nil), u.preamble...), u.content...), cuts)
	for _, tt := range []struct {
		name     string
		bad      http.HandlerFunc
		statuses []int // of the attempts
		kinds    []pool.Kind
		cut      bool
		status   int // what the client was told
	}{
		{"failing over", fails(429, `{"error":{"message":"slow down"}}`), []int{429, 200}, []pool.Kind{pool.RateLimited, pool.Succeeded}, false, 200},
		{"cut off", cut, []int{502}, []pool.Kind{pool.Failed}, true, 502},
		{"the client's fault", fails(400, `{"error":{"message":"no"}}`), []int{400}, []pool.Kind{pool.ClientFault}, false, 400},
	} {
		t.Run(tt.name, func(t *testing.T) {
			heard := new(notebook)
			f, _, _ := twoAccounts(t, ir.Chat, tt.bad, streams(u.stream(), nil),
				func(g *Gateway) { g.Observer = heard })
			f.post(u.streamPath, u.askStream)
			f.eventually("the request has ended", func() bool {
				heard.mu.Lock()
				defer heard.mu.Unlock()
				return len(heard.events) > 0
			})
			heard.mu.Lock()
			defer heard.mu.Unlock()
			if len(heard.events) != 1 || len(heard.attempts) != len(tt.statuses) {
				t.Fatalf("%d events, %d attempts", len(heard.events), len(heard.attempts))
			}
			for i, a := range heard.attempts {
				if a.Number != i+1 || a.Status != tt.statuses[i] || a.Outcome.Kind != tt.kinds[i] || a.Key != "alice" || a.Model != "m" ||
					a.Client != ir.Chat || a.Upstream != ir.Chat || a.Duration <= 0 || a.Cut != tt.cut ||
					(a.Outcome.FirstByte > 0) != (tt.cut || a.Status == 200) {
					t.Errorf("attempt %d: %+v", i, a)
				}
			}
			e := heard.events[0]
			if e.Status != tt.status || e.Attempts != len(tt.statuses) || e.Account != heard.attempts[len(tt.statuses)-1].Account ||
				!strings.HasPrefix(e.RequestID, "req_") || e.RequestID != heard.attempts[0].RequestID {
				t.Errorf("%+v", e)
			}
		})
	}
}

// TestReportsAreWiped gives back what an observer was told: nothing of a request
// is kept alive by it, and nobody can go on reading it by mistake.
func TestReportsAreWiped(t *testing.T) {
	var g Gateway
	r := g.reports.get()
	r.attempt = Attempt{RequestID: "req_1", Account: new(pool.Account), Notes: []ir.Note{{Code: "x"}}}
	r.event = Event{RequestID: "req_1", Account: r.attempt.Account}
	g.reports.put(r)
	if r.attempt.Account != nil || r.attempt.Notes != nil || r.attempt.RequestID != "" || r.event != (Event{}) {
		t.Errorf("left over: %+v", r)
	}
}

// TestRequestIDs have the form that logs and clients know, and do not repeat.
func TestRequestIDs(t *testing.T) {
	seen := make(map[string]bool)
	for range 1000 {
		id := requestID()
		if hex, ok := strings.CutPrefix(id, "req_"); !ok || len(hex) != 24 || strings.Trim(hex, "0123456789abcdef") != "" || seen[id] {
			t.Fatalf("got %s", id)
		}
		seen[id] = true
	}
}
