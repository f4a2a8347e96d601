package pool

import "github.com/caddyserver/caddy/v2"

// Random chooses by chance, in proportion to the accounts' weights.
type Random struct{}

// CaddyModule returns the Caddy module information.
func (Random) CaddyModule() caddy.ModuleInfo {
	return moduleInfo("random", func() caddy.Module { return new(Random) })
}

// Score returns when an event that happens as often as the account's weight says would first happen: which of several
// such events is the first is in proportion to how often they happen.
func (Random) Score(c *Candidate, choice *Choice) float64 {
	first := choice.Rand().ExpFloat64()
	if c.Weight > 1 {
		first /= float64(c.Weight)
	}
	return first
}

// Interface guard
var _ Policy = Random{}
