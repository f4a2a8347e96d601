package aigateway

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// listing is an upstream that lists a model, and notes who has asked for that.
type listing struct {
	*httptest.Server
	mu    sync.Mutex
	asked map[string]int // by key
	hold  chan struct{}  // answers come when it is closed
}

func newListing(t *testing.T) *listing {
	l := &listing{asked: make(map[string]int), hold: make(chan struct{})}
	l.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		l.mu.Lock()
		if r.URL.Path == "/v1/models" {
			l.asked[key]++
		}
		l.mu.Unlock()
		<-l.hold
		if key == "sk-wrong" {
			w.WriteHeader(http.StatusUnauthorized)
		}
		_, _ = io.WriteString(w, `{"object":"list","data":[{"id":"m","object":"model"}]}`)
	}))
	t.Cleanup(l.Close)
	return l
}

func (l *listing) count(key string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.asked[key]
}

// TestWarm looks at all accounts after the start, which does not wait for that, and on a reload at the new ones.
func TestWarm(t *testing.T) {
	upstream := newListing(t)
	block := func(names ...string) string {
		b := "key reload sk-reload\nwarm\n"
		for _, name := range names {
			b += compatible(name, upstream.URL)
		}
		return b
	}
	s := newSite(t)
	must(t, s.load(t, block("one", "wrong"))) // no answer has come yet
	close(upstream.hold)
	checked := func(name string) bool {
		state := states()[name]
		return state != nil && state.Snapshot().Check != nil
	}
	eventually(t, "both accounts are looked at", func() bool { return checked("one") && checked("wrong") })
	must(t, s.load(t, block("one", "wrong", "two")))
	eventually(t, "the new account is looked at", func() bool { return checked("two") })
	for _, name := range []string{"one", "wrong", "two"} {
		if n := upstream.count("sk-" + name); n != 1 {
			t.Errorf("%s was looked at %d times", name, n)
		}
	}
	down := states()["wrong"].Snapshot()
	if len(down.Cooldowns) != 1 || !strings.Contains(down.Check.Problem, "401") || len(states()["one"].Snapshot().Cooldowns) != 0 {
		t.Errorf("the account with a wrong key: %+v", down)
	}
	var table strings.Builder
	found := down.Check
	must(t, printAccounts(&table, []accountStatus{{Name: "x", Check: &accountCheck{found.At, 1, found.Problem}}}, time.Now()))
	if !strings.Contains(table.String(), fmt.Sprintf("when looked at: %s, ", found.Problem)) {
		t.Errorf("the status shows\n%s", &table)
	}
}
