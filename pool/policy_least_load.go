package pool

import "github.com/caddyserver/caddy/v2"

// LeastLoad spreads requests by how full accounts are for their size and weight. It is the default.
type LeastLoad struct{}

// CaddyModule returns the Caddy module information.
func (LeastLoad) CaddyModule() caddy.ModuleInfo {
	return moduleInfo("least_load", func() caddy.Module { return new(LeastLoad) })
}

// Score returns the account's load for its weight.
func (LeastLoad) Score(c *Candidate, _ *Choice) float64 {
	load := c.Load()
	if c.Weight > 1 {
		load /= float64(c.Weight)
	}
	return load
}

func isLeastLoad(p Policy) bool {
	switch p.(type) {
	case LeastLoad, *LeastLoad:
		return true
	}
	return false
}

// Interface guard
var _ Policy = LeastLoad{}
