package pool

import (
	"slices"
	"time"
)

// Class is a kind of trouble with its own length of cooldown.
type Class int

// The classes of cooldown.
const (
	ErrorClass Class = iota
	RateLimitClass
	OverloadClass
	AuthClass
	Classes // how many there are

	// HandClass is the class of cooldowns that people impose. They have no length of their own.
	HandClass = Classes
)

var classNames = [Classes]string{"error", "rate_limit", "overload", "auth"}

// String returns the class as the Caddyfile, logs and the admin API write it.
func (c Class) String() string {
	if c == HandClass {
		return "frozen"
	}
	if c < 0 || c >= Classes {
		return "unknown"
	}
	return classNames[c]
}

// ignorable reports whether cooldowns of the class give way when they would take too much of a pool: using such an
// account is then worth a try, while one without quota or a good credential cannot answer.
func (c Class) ignorable() bool {
	return c == ErrorClass || c == OverloadClass
}

// probeTime is how long one probe keeps other requests from an account whose cooldown is over. An upstream that hangs
// on the probe must not hold up the account for as long as it hangs.
const probeTime = 30 * time.Second

// maxCooldowns bounds the list of one account, since the model names in it may come from clients.
const maxCooldowns = 64

// jitterShare is the part of a cooldown by which chance may lengthen it, so that accounts that failed together do not
// come back together.
const jitterShare = 0.2

// cooldown keeps an account from one model, or from all when model is empty, until a time. From then on one request at
// a time may probe the account (half-open): its success ends the cooldown, its failure begins a longer one. Without any
// request it is forgotten at the end of its class's longest time.
type cooldown struct {
	class     Class
	model     string // as the upstream calls it
	failures  int    // in a row; the length doubles with each
	stamp     int64  // of the last failure that lengthened it
	until     time.Time
	forgotten time.Time
	probe     int64 // stamp of the lease that probes; 0 is none
	probeEnd  time.Time
	reason    string // of the last failure, for people
}

// cooldowns is an immutable list: readers load it without a lock, writers replace it.
type cooldowns []cooldown

// applies reports whether the cooldown concerns model at all.
func (c *cooldown) applies(model string, now time.Time) bool {
	return (c.model == "" || c.model == model) && now.Before(c.forgotten)
}

// standing is what an account's cooldowns mean for one model at one moment.
type standing struct {
	down        bool // a cooldown runs
	probing     bool // a cooldown is over, but another request still finds out whether the trouble is
	ripe        bool // a cooldown is over and the next request is its probe
	rateLimited bool // a rate limit is among what runs
	ignorable   bool // what keeps the account out may be ignored in a panic
	until       time.Time
	failed      int64 // stamp of the last failure among what keeps the account out
}

// blocked reports whether a request must keep away.
func (s *standing) blocked() bool {
	return s.down || s.probing
}

func (list cooldowns) standing(model string, now time.Time) standing {
	s := standing{ignorable: true}
	for i := range list {
		c := &list[i]
		if !c.applies(model, now) {
			continue
		}
		end := c.until
		switch {
		case now.Before(c.until):
			s.down = true
			s.rateLimited = s.rateLimited || c.class == RateLimitClass
		case c.probe != 0 && now.Before(c.probeEnd):
			s.probing = true
			end = c.probeEnd
		default:
			s.ripe = true
			continue
		}
		s.ignorable = s.ignorable && c.class.ignorable()
		s.failed = max(s.failed, c.stamp)
		if end.After(s.until) {
			s.until = end
		}
	}
	return s
}

// probed returns the list with the lease of that stamp as the probe of all that is ripe for model.
func (list cooldowns) probed(model string, stamp int64, now time.Time) cooldowns {
	list = slices.Clone(list)
	for i := range list {
		if c := &list[i]; c.applies(model, now) && !now.Before(c.until) {
			c.probe, c.probeEnd = stamp, now.Add(probeTime)
		}
	}
	return list
}

// unprobed returns the list without that lease as a probe.
func (list cooldowns) unprobed(stamp int64) cooldowns {
	list = slices.Clone(list)
	for i := range list {
		if list[i].probe == stamp {
			list[i].probe = 0
		}
	}
	return list
}

// succeeded returns the list after a success for model of the lease of that stamp. It ends what began before the lease
// did: the end of a long stream says nothing about a limit that was reached meanwhile.
func (list cooldowns) succeeded(model string, stamp int64) cooldowns {
	return slices.DeleteFunc(slices.Clone(list), func(c cooldown) bool {
		return (c.model == "" || c.model == model) && c.stamp < stamp
	})
}

// failure is one reason for a cooldown.
type failure struct {
	class  Class
	model  string // "" concerns the whole account
	hint   time.Duration
	lease  int64   // stamp of the lease that failed
	stamp  int64   // of this moment
	jitter float64 // from 0 to 1
	span   Span
	reason string
}

// failed returns the list after a failure. Requests that were on their way when the cooldown began fail with it and do
// not lengthen it, unless the upstream asks for more.
func (list cooldowns) failed(f failure, now time.Time) cooldowns {
	list = slices.DeleteFunc(slices.Clone(list), func(c cooldown) bool { return !now.Before(c.forgotten) })
	at := slices.IndexFunc(list, func(c cooldown) bool { return c.class == f.class && c.model == f.model })
	if at < 0 {
		list = append(list.bounded(), cooldown{class: f.class, model: f.model})
		at = len(list) - 1
	}
	c := &list[at]
	running := now.Before(c.until)
	fresh := f.lease > c.stamp
	if fresh {
		c.failures++
	}
	length := f.length(c.failures)
	if running && !fresh && f.hint <= 0 {
		length = 0
	}
	if fresh || !running {
		c.stamp = f.stamp
	}
	if until := now.Add(length); until.After(c.until) {
		c.until = until
	}
	c.forgotten = c.until.Add(f.span.Max)
	c.probe = 0
	c.reason = f.reason
	return list
}

// length returns how long the cooldown after so many failures in a row lasts.
func (f *failure) length(failures int) time.Duration {
	if f.hint > 0 {
		return min(f.hint, f.span.Max)
	}
	length := f.span.Min
	for range failures - 1 {
		if length >= f.span.Max {
			break
		}
		length *= 2
	}
	length += time.Duration(float64(length) * jitterShare * f.jitter)
	return min(length, f.span.Max)
}

// bounded returns the list with place for one more. Of those for single models the one that ends first goes first.
func (list cooldowns) bounded() cooldowns {
	for len(list) >= maxCooldowns {
		first := -1
		for i := range list {
			if list[i].model != "" && (first < 0 || list[i].until.Before(list[first].until)) {
				first = i
			}
		}
		list = slices.Delete(list, first, first+1)
	}
	return list
}
