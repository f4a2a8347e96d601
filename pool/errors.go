package pool

import (
	"fmt"
	"time"
)

// NobodyError says that no account can answer, and that waiting for a slot would not help.
type NobodyError struct {
	Model string

	// Members is how many accounts could have been asked: enabled, allowed and serving the model. If it is 0 the
	// gateway does not have the model for this caller.
	Members int

	// Disabled is how many accounts would be members if they were enabled. It is counted only if Members is 0.
	Disabled int

	// Excluded is how many members the caller itself excluded.
	Excluded int

	// RateLimited reports that there are members and that every one of them is in cooldown for a rate limit.
	RateLimited bool

	// RetryAfter is the time until the first member comes back from its cooldown; 0 if none is in cooldown.
	RetryAfter time.Duration
}

// Error says what is wrong with the accounts, for logs.
func (e *NobodyError) Error() string {
	switch {
	case e.Members == 0 && e.Disabled > 0:
		return fmt.Sprintf("choosing an account: the only accounts for model %q are disabled; give them a credential", e.Model)
	case e.Members == 0:
		return fmt.Sprintf("choosing an account: no account that the caller may use serves model %q", e.Model)
	case e.RateLimited:
		return fmt.Sprintf("choosing an account: %s for model %q is rate limited, %s", e.members(), e.Model, e.back())
	case e.RetryAfter > 0 && e.Excluded > 0:
		return fmt.Sprintf("choosing an account: %s for model %q is in cooldown, or was tried or cannot serve this request (%d of %d); %s",
			e.members(), e.Model, e.Excluded, e.Members, e.back())
	case e.RetryAfter > 0:
		return fmt.Sprintf("choosing an account: %s for model %q is in cooldown; %s", e.members(), e.Model, e.back())
	}
	return fmt.Sprintf("choosing an account: %s for model %q was tried or cannot serve this request", e.members(), e.Model)
}

// members names those who could have been asked, as the beginning of a sentence in the singular.
func (e *NobodyError) members() string {
	if e.Members == 1 {
		return "the only account"
	}
	return fmt.Sprintf("each of the %d accounts", e.Members)
}

// back says when the first account comes back, in whole seconds, and never that it is back already.
func (e *NobodyError) back() string {
	in := max(time.Second, e.RetryAfter.Round(time.Second))
	if e.Members == 1 {
		return fmt.Sprintf("it comes back in %v", in)
	}
	return fmt.Sprintf("the first comes back in %v", in)
}

// FullError says that every account that could answer is full and that no more requests may wait.
type FullError struct {
	Model   string
	Waiting int // how many wait already
}

// Error says how many wait, for logs.
func (e *FullError) Error() string {
	return fmt.Sprintf("choosing an account: every account for model %q is full and %d requests wait already; "+
		"raise the accounts' concurrency or the waiting list", e.Model, e.Waiting)
}

// TimeoutError says that no account had a free slot in time.
type TimeoutError struct {
	Model  string
	Waited time.Duration
}

// Error says how long the request waited, for logs.
func (e *TimeoutError) Error() string {
	return fmt.Sprintf("choosing an account: no account for model %q had a free slot within %v; "+
		"raise the accounts' concurrency or the time to wait", e.Model, e.Waited)
}
