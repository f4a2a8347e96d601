package pool

import "github.com/caddyserver/caddy/v2"

// First uses the first account of the configuration until it is full, then the next.
type First struct{}

// CaddyModule returns the Caddy module information.
func (First) CaddyModule() caddy.ModuleInfo {
	return moduleInfo("first", func() caddy.Module { return new(First) })
}

// Score returns the account's place.
func (First) Score(c *Candidate, _ *Choice) float64 { return float64(c.Index) }

// Interface guard
var _ Policy = First{}
