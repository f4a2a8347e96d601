package aigateway

import (
	"slices"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/handlers"
)

// TestFormerNames serves the names that a kind's models had before without listing them, unless the operator wrote them.
func TestFormerNames(t *testing.T) {
	const login = `
		oauth {
			preset google
			client_id id
		}
	}`
	h := publish(t, `
	allow_anonymous
	account default antigravity {`+login+`
	account own antigravity {
		models claude-* gemini-3.1-pro=gemini-pro-agent`+login)
	accounts := accountPool(t, h).Accounts()
	for i, former := range []bool{true, false} {
		a := accounts[i]
		up := a.Value.(*handlers.Upstream)
		upstream, _, ok := a.Serves("gemini-3.1-pro")
		if !ok || upstream != "gemini-pro-agent" || up.Former["gemini-3.1-pro"] != former || slices.Contains(up.Patterns, "gemini-3.1-pro") == former {
			t.Errorf("%s: %t %s, former %v, patterns %v", a.Name, ok, upstream, up.Former, up.Patterns)
		}
	}
}
