package sdktest

import (
	"fmt"
	"sync"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/sdktest/internal/grammar"
)

// reloadSites is the site whose only account is another one in every generation of the configuration.
func reloadSites(generation string) []site {
	return []site{{"reload.test", fmt.Sprintf("expose_account\naccount %s simulator {\nspeaks anthropic\n}", generation)}}
}

// TestReload replaces an account while all clients read streams of it: the streams end as if nothing had happened, and
// the next request is answered by the new account. It does not run beside other tests, whose connections a reload ends.
func TestReload(t *testing.T) {
	own := newTransport(nil)
	defer func() {
		if err := load("old"); err != nil {
			t.Error(err)
		}
		own.CloseIdleConnections()
		transport.CloseIdleConnections()
	}()
	var begun, ended sync.WaitGroup
	begun.Add(len(makers))
	for _, m := range makers {
		ended.Go(func() {
			rec := newRecorder(t, grammar.Dialect(m.dialect))
			rec.base = own
			c := m.make(t, rec, "reload.test")
			var once sync.Once
			defer once.Do(begun.Done)
			events := 0
			r, err := c.Stream(t.Context(), ask{Model: "demo", Turns: user("slow 20ms. long 60")}, func() {
				if events++; events == 5 {
					once.Do(begun.Done)
				}
			})
			if err != nil {
				t.Errorf("%s: %v", m.dialect, err)
				return
			}
			if want := longText(60); r.Text != want {
				t.Errorf("%s: got %q", m.dialect, r.Text)
			}
			if got := rec.last().header.Get("X-Ai-Gateway-Upstream"); got != "old" {
				t.Errorf("%s: the stream came from %q", m.dialect, got)
			}
		})
	}
	begun.Wait()
	if err := load("new"); err != nil {
		t.Fatal(err)
	}
	own.CloseIdleConnections()
	for _, m := range makers {
		rec := newRecorder(t, grammar.Dialect(m.dialect))
		rec.base = own
		if _, err := m.make(t, rec, "reload.test").Send(t.Context(), ask{Model: "demo", Turns: user("Hello")}); err != nil {
			t.Errorf("%s: %v", m.dialect, err)
			continue
		}
		if got := rec.last().header.Get("X-Ai-Gateway-Upstream"); got != "new" {
			t.Errorf("%s: the new request was answered by %q", m.dialect, got)
		}
	}
	ended.Wait()
}

// longText is what the simulator says to "long n".
func longText(n int) string {
	text := "word1"
	for i := 2; i <= n; i++ {
		text += fmt.Sprintf(" word%d", i)
	}
	return text
}
