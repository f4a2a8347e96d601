package sdktest

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/sdktest/internal/grammar"
)

// downs are the ways in which the first account fails before it has answered anything.
var downs = []struct{ name, always string }{
	{"429", "fail with 429"},
	{"401", "fail with 401"},
	{"500", "fail with 500"},
	{"503", "fail with 503"},
	{"529", "fail with 529"},
	{"cut", "cut before content"},
	{"error", "error before content"},
}

// next is the dialect of the second account, other than that of the first.
func next(dialect string) string {
	for i, d := range dialects {
		if d == dialect {
			return dialects[(i+1)%len(dialects)]
		}
	}
	return dialect
}

func failoverModel(client, first string, streamed bool) string {
	return fmt.Sprintf("sim-%s-%s-%s-%v", next(first), client, first, streamed)
}

// failoverSites have, for every kind of failure, a fresh first account for every test, and healthy second ones.
func failoverSites() []site {
	all := limitSites()
	for _, down := range downs {
		var b strings.Builder
		b.WriteString("expose_account\n")
		for _, d := range dialects {
			fmt.Fprintf(&b, "account well-%s-%s simulator {\nspeaks %s\nmodels sim-%s-*\npriority 1\n}\n", down.name, d, d, d)
		}
		for _, c := range dialects {
			for _, d := range dialects {
				for _, streamed := range []bool{false, true} {
					model := failoverModel(c, d, streamed)
					fmt.Fprintf(&b, "account down-%s-%s simulator {\nspeaks %s\nmodels %s\nalways %s\n}\n", down.name, model, d, model, down.always)
				}
			}
		}
		all = append(all, site{"down-" + down.name + ".test", b.String()})
	}
	return all
}

// TestFailover: another account answers, and the client sees one clean answer.
func TestFailover(t *testing.T) {
	for _, down := range downs {
		t.Run(down.name, func(t *testing.T) {
			t.Parallel()
			for _, m := range makers {
				for _, first := range dialects {
					for _, streamed := range []bool{false, true} {
						t.Run(fmt.Sprintf("%s to %s and %s/streamed=%v", m.dialect, first, next(first), streamed), func(t *testing.T) {
							rec := newRecorder(t, grammar.Dialect(m.dialect))
							c := &cell{t, m.make(t, rec, "down-"+down.name+".test"), rec, upstream{next(first), failoverModel(m.dialect, first, streamed)}, streamed}
							c.want("text", c.ask(ask{Turns: user("Good morning.")}).Text, "You said: Good morning.")
							c.want("account", rec.last().header.Get("X-Ai-Gateway-Upstream"), "well-"+down.name+"-"+next(first))
						})
					}
				}
			}
		})
	}
}

// limitSites are those of TestLimits.
func limitSites() []site {
	chain := func(name string, attempts int, always ...string) site {
		var b strings.Builder
		b.WriteString("expose_account\n")
		if attempts > 0 {
			fmt.Fprintf(&b, "failover {\nattempts %d\n}\n", attempts)
		}
		for _, c := range dialects {
			for i, words := range always {
				fmt.Fprintf(&b, "account %s-%s-%d simulator {\nspeaks %s\nmodels sim-%s\npriority %d\n", name, c, i, dialects[i%len(dialects)], c, i)
				if words != "" {
					fmt.Fprintf(&b, "always %s\n", words)
				}
				b.WriteString("}\n")
			}
		}
		return site{name + ".test", b.String()}
	}
	const broken = "fail with 500"
	return []site{
		chain("two-attempts", 2, broken, broken, ""),
		chain("three-attempts", 3, broken, broken, ""),
		chain("four-attempts", 0, broken, broken, broken, broken, ""),
		chain("all-limited", 0, "fail with 429 retry after 30s", "fail with 429 retry after 7s"),
		chain("torn-midway", 0, "cut after 3 words", ""),
	}
}

// TestLimits: how often the gateway tries, and what the client is told when nobody can answer.
func TestLimits(t *testing.T) {
	tests := []struct {
		host                      string
		account                   string // the number of the one that answers; empty for an error
		status                    int
		openai, anthropic, gemini string
	}{
		{"two-attempts.test", "", 502, "upstream_error", "api_error", "UNAVAILABLE"},
		{"three-attempts.test", "2", 0, "", "", ""},
		{"four-attempts.test", "", 502, "upstream_error", "api_error", "UNAVAILABLE"},
		{"all-limited.test", "", 429, "rate_limit_error", "rate_limit_error", "RESOURCE_EXHAUSTED"},
	}
	for _, tt := range tests {
		for _, m := range makers {
			t.Run(tt.host+"/"+m.dialect, func(t *testing.T) {
				rec := newRecorder(t, grammar.Dialect(m.dialect))
				c := &cell{t, m.make(t, rec, tt.host), rec, upstream{"", "sim-" + m.dialect}, true}
				r, err := c.try(ask{Turns: user("Good morning.")})
				if tt.account == "" {
					c.fails(err, tt.status, tt.openai, tt.anthropic, tt.gemini)
					if tt.status == 429 {
						c.retryAfter(7)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				c.want("text", r.Text, "You said: Good morning.")
				c.want("account", rec.last().header.Get("X-Ai-Gateway-Upstream"), strings.TrimSuffix(tt.host, ".test")+"-"+m.dialect+"-"+tt.account)
			})
		}
	}
}

// retryAfter checks that the client may come back when the first account does, a second of slack aside.
func (c *cell) retryAfter(seconds int) {
	c.Helper()
	got, err := strconv.Atoi(c.rec.last().header.Get("Retry-After"))
	if err != nil || got > seconds+1 || got < seconds-1 {
		c.Errorf("Retry-After %q, want about %d", c.rec.last().header.Get("Retry-After"), seconds)
	}
}

// TestNeverSpliced: once the client has content, a torn stream ends with an error, although another account is well.
// A whole answer has not begun before it is complete, so that the other account answers.
func TestNeverSpliced(t *testing.T) {
	for _, m := range makers {
		for _, streamed := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s/streamed=%v", m.dialect, streamed), func(t *testing.T) {
				rec := newRecorder(t, grammar.Dialect(m.dialect))
				rec.relayed = m.dialect == dialects[0]
				c := &cell{t, m.make(t, rec, "torn-midway.test"), rec, upstream{"", "sim-" + m.dialect}, streamed}
				r, err := c.try(ask{Turns: user("Good morning, please.")})
				if streamed {
					c.brokenOff(r, err)
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				c.want("text", r.Text, "You said: Good morning, please.")
			})
		}
	}
}
