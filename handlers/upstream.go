package handlers

import (
	"net/http"
	"strings"
	"sync"

	"github.com/caddy-ai-gateway/ai-gateway/credentials"
	"github.com/caddy-ai-gateway/ai-gateway/egress"
	"github.com/caddy-ai-gateway/ai-gateway/pool"
	"github.com/caddy-ai-gateway/ai-gateway/providers"
	"github.com/caddy-ai-gateway/ai-gateway/translate/caps"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// Upstream is how one account is asked. It is the Value of its pool.Account,
// set up when the configuration is loaded, and safe for concurrent use.
type Upstream struct {
	Name      string // the account's
	Provider  providers.Provider
	Transport http.RoundTripper
	BaseURL   string
	Secret    string             // a key; empty for an account with a Source
	Source    credentials.Source // of tokens; nil for an account with a key or with nothing
	Header    http.Header        // the operator's
	Scope     string             // the account's tag in signatures: 8 hex digits
	Override  func(*ir.Caps)     // what the operator knows better of the account's models; nil for nothing
	Patterns  []string           // the account's models as written, without renamings

	Former map[string]bool // names that its models had before: they are answered, but not listed

	steady providers.Steady

	found discovery
	known sync.Map // capsKey → ir.Caps
	list  modelList
}

type capsKey struct {
	dialect ir.Dialect
	model   string
}

// maxKnown bounds what is remembered of names that clients make up.
const maxKnown = 1000

// capsOf returns what a model can do at this account.
func (u *Upstream) capsOf(d ir.Dialect, model string) ir.Caps {
	key := capsKey{d, model}
	if c, ok := u.known.Load(key); ok {
		return c.(ir.Caps)
	}
	c := caps.Of(u.Provider.Platform(), d, model)
	if u.Override != nil {
		u.Override(&c)
	}
	n := 0
	u.known.Range(func(any, any) bool { n++; return n < maxKnown })
	if n < maxKnown {
		u.known.Store(key, c)
	}
	return c
}

// hasPatterns reports whether the account serves more than it names.
func (u *Upstream) hasPatterns() bool {
	for _, p := range u.Patterns {
		if strings.Contains(p, "*") {
			return true
		}
	}
	return false
}

// route is how the account's requests leave, if proxies can be told of it.
func (u *Upstream) route() *egress.Route {
	route, _ := u.Transport.(*egress.Route)
	return route
}

func upstreamOf(a *pool.Account) *Upstream { return a.Value.(*Upstream) }
