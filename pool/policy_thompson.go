package pool

import (
	"math"
	"math/rand/v2"

	"github.com/caddyserver/caddy/v2"
)

// Thompson learns which accounts succeed: each draws from the beta distribution of its successes and failures of late,
// and the highest draw goes first. Good accounts get most requests, and doubtful ones now and then one that shows
// whether they have become better. Weights do not count.
type Thompson struct{}

// CaddyModule returns the Caddy module information.
func (Thompson) CaddyModule() caddy.ModuleInfo {
	return moduleInfo("thompson", func() caddy.Module { return new(Thompson) })
}

// Score returns the account's draw, negated.
func (Thompson) Score(c *Candidate, choice *Choice) float64 {
	successes, failures := c.Record()
	return -beta(choice.Rand(), successes, failures)
}

// Sampled limits the draws for a large pool.
func (Thompson) Sampled() {}

// beta draws from the beta distribution by two draws from gamma distributions. Both parameters must be at least 1.
func beta(r *rand.Rand, a, b float64) float64 {
	x := gamma(r, a)
	return x / (x + gamma(r, b))
}

// gamma draws from the gamma distribution of that shape, at least 1, and scale 1, by the method of Marsaglia and Tsang
// (https://doi.org/10.1145/358407.358414).
func gamma(r *rand.Rand, shape float64) float64 {
	if shape == 1 {
		return r.ExpFloat64()
	}
	d := shape - 1.0/3
	c := 1 / math.Sqrt(9*d)
	for {
		x := r.NormFloat64()
		v := 1 + c*x
		if v <= 0 {
			continue
		}
		v *= v * v
		u, square := r.Float64(), x*x
		if u < 1-0.0331*square*square || math.Log(u) < square/2+d*(1-v+math.Log(v)) {
			return d * v
		}
	}
}

// Interface guard
var _ Sampled = Thompson{}
