package handlers

import (
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/pool"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

const tooLargeNow = `{"error":{"message":"Request too large for m in organization org-secret on tokens per min (TPM): Limit 30000, ` +
	`Requested 37571. The input or output tokens must be reduced in order to run successfully.","type":"tokens","param":null,"code":"rate_limit_exceeded"}}`

// TestOversize has a request that alone is over an account's tokens a minute: another account may take it, the account
// is asked for the next ones at once, and if nobody takes it the client hears that waiting is of no use.
func TestOversize(t *testing.T) {
	for _, upstream := range []ir.Dialect{ir.Chat, ir.Responses} {
		for _, status := range []int{429, 413} {
			s := speeches[upstream]
			f, small, large := twoAccounts(t, upstream, fails(status, tooLargeNow), says(200, "application/json", s.whole), nil)
			if got := f.post(s.path, s.ask); got.status != 200 {
				t.Fatalf("%s %d: %d %s", upstream, status, got.status, got.body)
			}
			if n, m := len(small.requests()), len(large.requests()); n != 1 || m != 1 {
				t.Errorf("%s %d: asked %d and %d times", upstream, status, n, m)
			}
			if a := f.account("bad"); len(a.Cooldowns) != 0 || a.Failed != 0 || a.LastFailure != pool.Unjudged {
				t.Errorf("%s %d: the account is blamed: %+v", upstream, status, a)
			}
			if got := f.post(s.path, s.ask); got.status != 200 || len(small.requests()) != 2 {
				t.Errorf("%s %d: the account is not asked again: %d", upstream, status, got.status)
			}
		}
	}
}

func TestOversizeForAll(t *testing.T) {
	for _, client := range dialects {
		for _, status := range []int{429, 413} {
			s := speeches[client]
			f, first, second := twoAccounts(t, ir.Chat, fails(status, tooLargeNow), fails(status, tooLargeNow), nil)
			for _, ask := range []struct{ path, body string }{{s.path, s.ask}, {s.streamPath, s.askStream}} {
				got := f.post(ask.path, ask.body)
				said := errorOf(got.body)
				if got.status != status || !strings.HasPrefix(said, "Request too large") || !strings.Contains(said, "Limit 30000, Requested 37571") || strings.Contains(got.body, "org-secret") {
					t.Errorf("%s %d: %d %s", client, status, got.status, got.body)
				}
				if got.header.Get("X-Should-Retry") != "false" || got.header.Get("Retry-After") != "" {
					t.Errorf("%s %d: %v", client, status, got.header)
				}
				wantDialect(t, "oversize", client, got)
			}
			if n, m := len(first.requests()), len(second.requests()); n != 2 || m != 2 {
				t.Errorf("%s %d: asked %d and %d times", client, status, n, m)
			}
		}
	}
}
