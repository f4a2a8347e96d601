package pool

import "github.com/caddyserver/caddy/v2"

// RoundRobin lets the accounts take turns in proportion to their weights, without giving any of them two turns in a row
// that it could have had apart. It is the smooth weighted round-robin of nginx
// (https://github.com/nginx/nginx/commit/52327e0627f49dbda1e8db695e63a4b0af4448b1): every candidate earns its weight, the
// richest is chosen and pays what all have earned. So an account that was full or in cooldown neither loses its place
// nor comes back with a backlog of turns.
type RoundRobin struct{}

// CaddyModule returns the Caddy module information.
func (RoundRobin) CaddyModule() caddy.ModuleInfo {
	return moduleInfo("round_robin", func() caddy.Module { return new(RoundRobin) })
}

// Score lets the account earn its weight and returns what it has, negated.
func (RoundRobin) Score(c *Candidate, choice *Choice) float64 {
	if choice.Trial() {
		return -float64(c.state.turn.Load() + int64(c.Weight))
	}
	return -float64(c.state.turn.Add(int64(c.Weight)))
}

// Chosen lets the account pay.
func (RoundRobin) Chosen(c *Candidate, choice *Choice) {
	c.state.turn.Add(-int64(choice.Weight()))
}

// Interface guard
var _ Counting = RoundRobin{}
