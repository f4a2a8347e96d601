package pool

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// Options are the settings of a pool. Begin with [DefaultOptions]: a zero here means zero.
type Options struct {
	// Policy decides among the accounts that could answer. Nil means [LeastLoad].
	Policy Policy

	// Gateway is the gateway's name. Sessions of different gateways have nothing to do with each other.
	Gateway string

	// SessionTTL is how long a session stays with its account after its last request; 0 has no sessions.
	SessionTTL time.Duration

	// MaxSessions is how many sessions are expected at once. The process has room for some more; beyond that, new ones
	// may find no place. The largest number of all pools holds.
	MaxSessions int

	// Sessions keeps what sessions are on which accounts. Nil means the process's own, which all pools share.
	Sessions Sessions

	// Slow says when a session leaves an account for its slowness.
	Slow Slowness

	// StickyWaiting is how many requests may wait for one account that their sessions are on while another account is
	// free; 0 lets none wait.
	StickyWaiting int

	// StickyWaitFor is how long such a request may wait before it uses another account; 0 lets none wait.
	StickyWaitFor time.Duration

	// Waiting is how many requests may wait while every account that could answer is full; 0 lets none wait.
	Waiting int

	// WaitFor is how long a request may wait; 0 lets none wait.
	WaitFor time.Duration

	// Cooldown is how long each class of failure keeps an account out.
	Cooldown [Classes]Span

	// Changed is called when an account goes into a cooldown, and when a success shows that the trouble is over. It is
	// called by the request's goroutine, with no lock held. Nil is not called.
	Changed func(Change)

	// Panic is the percentage of a pool that cooldowns may take. Beyond it, and when they would take the only account,
	// cooldowns of the classes error and overload are ignored, those of the accounts that failed longest ago first.
	Panic int

	// Random is the source of jitter and of what policies draw; the pool locks it. Nil means one with a random seed.
	Random rand.Source
}

// Span is the length of a class's cooldowns: the first is Min, every further failure doubles it up to Max. What the
// upstream itself asks for replaces the length, up to Max.
type Span struct{ Min, Max time.Duration }

// DefaultOptions returns the options of a gateway that says nothing about them.
func DefaultOptions() Options {
	return Options{
		SessionTTL:    time.Hour,
		MaxSessions:   100_000,
		Slow:          Slowness{Factor: 3, Floor: 2 * time.Second},
		StickyWaiting: 3,
		StickyWaitFor: 5 * time.Second,
		Waiting:       100,
		WaitFor:       30 * time.Second,
		Cooldown: [Classes]Span{
			ErrorClass:     {5 * time.Second, 5 * time.Minute},
			RateLimitClass: {5 * time.Second, 30 * time.Minute},
			OverloadClass:  {2 * time.Second, time.Minute},
			AuthClass:      {10 * time.Minute, 10 * time.Minute},
		},
		Panic: 50,
	}
}

func (o *Options) validate() error {
	if o.SessionTTL < 0 || o.MaxSessions < 0 {
		return fmt.Errorf("sticky: %d sessions for %v; neither may be negative", o.MaxSessions, o.SessionTTL)
	}
	if o.StickyWaiting < 0 || o.StickyWaitFor < 0 {
		return fmt.Errorf("wait sticky: %d requests for %v; neither may be negative", o.StickyWaiting, o.StickyWaitFor)
	}
	if o.Waiting < 0 || o.WaitFor < 0 {
		return fmt.Errorf("wait fallback: %d requests for %v; neither may be negative", o.Waiting, o.WaitFor)
	}
	for class, span := range o.Cooldown {
		if span.Min <= 0 || span.Max < span.Min {
			return fmt.Errorf("cooldown %v: from %v to %v; the first must be positive and not above the second",
				Class(class), span.Min, span.Max)
		}
	}
	if o.Panic < 0 || o.Panic > 100 {
		return fmt.Errorf("cooldown panic: %d is not a percentage from 0 to 100", o.Panic)
	}
	return nil
}
