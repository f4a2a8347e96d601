package pool

import (
	"math/rand/v2"
	"time"
)

// Namespace is where Caddy finds the policies of this package and those of others.
const Namespace = "ai_gateway.policies"

// Policy decides which of the accounts that could answer a request does. It is a Caddy module in [Namespace], so that
// others can add one with xcaddy; it may implement Caddy's Provisioner and Unmarshaler for options of its own.
//
// For one choice the pool visits its accounts in one pass, worse priorities after better ones, and calls Score once for
// each candidate: accounts that serve the model, may be used, are not in cooldown, have a free slot, and share the
// lowest priority that has any such. The lowest score goes first. A tie goes to the account that speaks the client's
// dialect, then to the one that was used longest ago, then to the one of the lowest [Account.Tie]. NaN goes last. The choice is then tried: if another request was
// faster and took the last slot, everything begins anew.
//
// One policy serves a whole gateway. Its methods are called by many requests at once, some of them under a lock, so
// they must be quick, must not block or allocate, and must not call into the pool. What it keeps about accounts is lost
// with a reload unless it stands in [Candidate.Record] and its like.
type Policy interface {
	// Score says how much the account suits; less is better.
	Score(*Candidate, *Choice) float64
}

// Counting is a Policy that keeps count of its choices. Chosen is called once for a choice that is not a trial, after
// every Score of it, with the account that goes first.
type Counting interface {
	Policy
	Chosen(*Candidate, *Choice)
}

// Sampled is a Policy whose Score is dear. Of more than 256 candidates, Score is called for a random 128.
type Sampled interface {
	Policy
	Sampled()
}

// Candidate is an account that could answer now, as a policy sees it. It is the same one in every choice of a pool.
type Candidate struct {
	// Account is the account's settings in this generation of the configuration.
	Account *Account

	// Weight is the account's share among those of its priority, at least 1.
	Weight int

	// Index is the account's place in the configuration, from 0.
	Index int

	state *State
}

// unlimited is the number of slots that an account without a limit counts as.
const unlimited = 100

// Load returns how full the account is: the requests that run on it or wait for it alone, in percent of its slots. An
// account without a limit counts as one of 100.
func (c *Candidate) Load() float64 {
	busy := c.state.inUse.Load() + c.state.waiting.Load()
	if busy == 0 {
		return 0
	}
	size := c.state.limit.Load()
	if size <= 0 {
		size = unlimited
	}
	return float64(busy) * 100 / float64(size)
}

// Record returns how often the account has succeeded and failed of late: each at least 1, older requests counting less
// with every newer one. It survives reloads.
func (c *Candidate) Record() (successes, failures float64) {
	return c.state.record.get()
}

// FirstByte returns the moving average of the time to the first content, or 0 while too few requests have had any.
func (c *Candidate) FirstByte() time.Duration {
	return time.Duration(c.state.pace.Load())
}

// Choice is one choice in progress. It is used by one goroutine at a time.
type Choice struct {
	trial  bool
	weight int
	random *lottery
}

// Trial reports that nobody will be sent where the choice leads; a policy that keeps count must not count it.
func (c *Choice) Trial() bool { return c.trial }

// Weight returns the weight of all candidates scored so far, the one being scored included.
func (c *Choice) Weight() int { return c.weight }

// Rand returns the choice's own source of chance. It must not be kept.
func (c *Choice) Rand() *rand.Rand { return c.random.rand() }
