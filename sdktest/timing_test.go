package sdktest

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/sdktest/internal/grammar"
)

// timingSites are those of the tests below: in each, the accounts of every client's model fail slowly.
func timingSites() []site {
	build := func(name, options string, accounts ...string) site {
		var b strings.Builder
		b.WriteString("expose_account\n" + options + "\n")
		for _, c := range dialects {
			for _, d := range dialects {
				for i, own := range accounts {
					fmt.Fprintf(&b, "account %s-%s-%s-%d simulator {\nspeaks %s\nmodels sim-%s-%s\npriority %d\n%s\n}\n", name, c, d, i, d, c, d, i, own)
				}
			}
		}
		return site{name + ".test", b.String()}
	}
	return []site{
		build("ping", "stream {\nping 50ms\n}", "first_byte 400ms"),
		build("ping-then-next", "stream {\nping 50ms\n}", "first_byte 250ms\nalways error before content", "first_byte 150ms"),
		build("ping-then-error", "stream {\nping 50ms\n}", "first_byte 250ms\nalways error before content"),
		build("silent", "stream {\nfirst_byte 150ms\n}", "first_byte 1m", ""),
		build("stalled", "stream {\nfirst_byte 150ms\nidle 150ms\n}", "always stall before content", ""),
		build("held", "stream {\nfirst_byte 400ms\nidle 400ms\nhold 64 256KiB 100ms\n}", "always stall before content", ""),
	}
}

// timed asks a site's model of the pair for a stream.
func timed(t *testing.T, host string, run func(c *cell, d string)) {
	t.Parallel()
	for _, m := range makers {
		for _, d := range dialects {
			t.Run(m.dialect+" to "+d, func(t *testing.T) {
				t.Parallel()
				rec := newRecorder(t, grammar.Dialect(m.dialect))
				rec.relayed = m.dialect == d
				run(&cell{t, m.make(t, rec, host), rec, upstream{d, "sim-" + m.dialect + "-" + d}, true}, d)
			})
		}
	}
}

// pinged checks that keep-alives came, which Gemini's clients do not take.
func (c *cell) pinged() {
	c.Helper()
	pings := c.rec.last().report.Pings
	if c.client.Dialect() == "gemini" {
		if pings > 0 {
			c.Errorf("%d pings", pings)
		}
		return
	}
	if pings < 1 {
		c.Errorf("%d pings: %s", pings, c.rec.last().body)
	}
}

func TestPing(t *testing.T) {
	timed(t, "ping.test", func(c *cell, _ string) {
		c.want("text", c.ask(ask{Turns: user("Good morning.")}).Text, "You said: Good morning.")
		c.pinged()
	})
}

// TestPingThenNext: keep-alives fix the status, but not the account.
func TestPingThenNext(t *testing.T) {
	timed(t, "ping-then-next.test", func(c *cell, _ string) {
		c.want("text", c.ask(ask{Turns: user("Good morning.")}).Text, "You said: Good morning.")
		c.pinged()
	})
}

// TestPingThenError: behind a keep-alive an error can only be told inside of the stream.
func TestPingThenError(t *testing.T) {
	timed(t, "ping-then-error.test", func(c *cell, _ string) {
		_, err := c.try(ask{Turns: user("Good morning.")})
		if err == nil {
			c.Fatal("there is no error")
		}
		if _, ok := c.client.Failure(err); !ok {
			c.Errorf("the SDK does not type the error: %T %v", err, err)
		}
		if a := c.rec.last(); a.status != http.StatusOK || a.report.Ending != grammar.Failed {
			c.Errorf("status %d, ending %q: %s", a.status, a.report.Ending, a.body)
		}
		c.pinged()
	})
}

// TestSilent: an upstream that says nothing is given up for the next one.
func TestSilent(t *testing.T) {
	timed(t, "silent.test", func(c *cell, d string) {
		c.want("text", c.ask(ask{Turns: user("Good morning.")}).Text, "You said: Good morning.")
		c.want("account", c.rec.last().header.Get("X-Ai-Gateway-Upstream"), "silent-"+c.client.Dialect()+"-"+d+"-1")
	})
}

// TestStalled: so is one that falls silent before any content.
func TestStalled(t *testing.T) {
	timed(t, "stalled.test", func(c *cell, d string) {
		c.want("text", c.ask(ask{Turns: user("Good morning.")}).Text, "You said: Good morning.")
		c.want("account", c.rec.last().header.Get("X-Ai-Gateway-Upstream"), "stalled-"+c.client.Dialect()+"-"+d+"-1")
	})
}

// TestStalledMidway: silence behind content is an error inside of the stream.
func TestStalledMidway(t *testing.T) {
	timed(t, "stalled.test", func(c *cell, _ string) {
		r, err := c.try(ask{Turns: user("stall after 3 words. Tell me more of it, please.")})
		c.brokenOff(r, err)
	})
}

// TestHeld: once the beginning was held back long enough it goes out, and with it the chance of another account.
// Gemini's streams begin with content, and so there is nothing to hold.
func TestHeld(t *testing.T) {
	timed(t, "held.test", func(c *cell, d string) {
		if d == "gemini" {
			c.want("text", c.ask(ask{Turns: user("Good morning.")}).Text, "You said: Good morning.")
			return
		}
		_, err := c.try(ask{Turns: user("Good morning.")})
		if err == nil {
			c.Fatal("there is no error")
		}
		if a := c.rec.last(); a.status != http.StatusOK || a.report.Ending != grammar.Failed {
			c.Errorf("status %d, ending %q: %s", a.status, a.report.Ending, a.body)
		}
	})
}

// TestHTTP2 has all clients speak HTTP/2 without TLS.
func TestHTTP2(t *testing.T) {
	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(true)
	h2 := newTransport(&protocols)
	defer h2.CloseIdleConnections()
	for _, m := range makers {
		for _, up := range upstreams {
			t.Run(m.dialect+" to "+up.String(), func(t *testing.T) {
				rec := newRecorder(t, grammar.Dialect(m.dialect))
				rec.base = protocolCheck{t, h2}
				for _, streamed := range []bool{false, true} {
					textScenario(&cell{t, m.make(t, rec, up.host()), rec, up, streamed})
				}
			})
		}
	}
}

// protocolCheck insists on HTTP/2.
type protocolCheck struct {
	t    *testing.T
	base http.RoundTripper
}

func (p protocolCheck) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := p.base.RoundTrip(r)
	if err == nil && resp.ProtoMajor != 2 {
		p.t.Errorf("the answer came over %s", resp.Proto)
	}
	return resp, err
}
