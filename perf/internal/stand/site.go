package stand

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// accounts are the four kinds of accounts, by what they are asked in.
var accounts = []struct{ dialect, provider, base, option string }{
	{"openai", "openai_compatible", "/v1", "api chat"},
	{"responses", "openai_compatible", "/v1", "api responses"},
	{"anthropic", "anthropic", "", ""},
	{"gemini", "gemini", "", ""},
}

// Site is what a gateway's site says.
type Site struct {
	Accounts int      // of each dialect
	Dialects []string // of the accounts; nil for all
	NoUsage  bool
}

// Gateway is a site with what users have on: a key, accounts for each dialect,
// sessions that stick, and usage in SQLite.
func (s *Stand) Gateway(site Site) string {
	var b strings.Builder
	fmt.Fprintf(&b, "ai_gateway {\n\tkey perf %s\n", Key)
	for _, a := range accounts {
		if site.Dialects != nil && !slices.Contains(site.Dialects, a.dialect) {
			continue
		}
		for n := range site.Accounts {
			fmt.Fprintf(&b, "\taccount %s-%d %s sk-account-%s-%d {\n\t\tbase_url %s%s\n\t\tmodels %s\n",
				a.dialect, n, a.provider, a.dialect, n, s.Upstream, a.base, Model[a.dialect])
			if a.option != "" {
				fmt.Fprintf(&b, "\t\t%s\n", a.option)
			}
			b.WriteString("\t}\n")
		}
	}
	if site.NoUsage {
		b.WriteString("\tusage off\n")
	} else {
		fmt.Fprintf(&b, "\tusage sqlite %s\n", filepath.Join(s.Dir, "usage.db"))
	}
	b.WriteString("}\n")
	return b.String()
}

// Proxy is a site with Caddy's own reverse_proxy.
func (s *Stand) Proxy() string {
	return "reverse_proxy " + strings.TrimPrefix(s.Upstream, "http://") + " {\n\tflush_interval -1\n}\n"
}
