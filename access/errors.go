package access

import (
	"fmt"
	"time"
)

// FullError says that a key's requests fill both its slots and its queue.
type FullError struct {
	Key              string
	Running, Waiting int
}

func (e *FullError) Error() string {
	return fmt.Sprintf("key %s: %d requests run and %d wait", e.Key, e.Running, e.Waiting)
}

// TimeoutError says that no slot of the key became free in time.
type TimeoutError struct {
	Key    string
	Waited time.Duration
}

func (e *TimeoutError) Error() string {
	return fmt.Sprintf("key %s: no slot became free within %s", e.Key, e.Waited)
}

// Kind is what a limit is about.
type Kind string

// The kinds of limits.
const (
	Requests Kind = "requests"
	Tokens   Kind = "tokens"
	Money    Kind = "budget"
)

// LimitError says that a limit of the key is used up.
type LimitError struct {
	Key        string
	Kind       Kind
	Limit      string        // for people: 60/1m, or 5.00 USD per day
	RetryAfter time.Duration // until there is something again
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("key %s: its limit of %s is used up: %s", e.Key, e.Kind, e.Limit)
}
