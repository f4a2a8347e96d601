package pool

import (
	"strings"
	"time"
)

// Outcome is what a request's end says about the account that it ran on.
type Outcome struct {
	// Kind is what happened. Only the kinds from Failed on count against the account.
	Kind Kind

	// Scope is what a failure puts into cooldown. Its zero value is nothing: the fault was not the account's.
	Scope Scope

	// RetryAfter is when the upstream said it may be asked again, counted from now; 0 if it did not say.
	RetryAfter time.Duration

	// FirstByte is the time from sending the request to the first content; 0 if there was none.
	FirstByte time.Duration

	// Total is the time from sending the request to the end of its answer; 0 if it was not answered in full.
	Total time.Duration

	// Final says that the account answers nothing until a person has put it right: it goes out of use until it is switched
	// on again.
	Final bool

	// Reason says in a few words what went wrong, for people. It must hold neither secrets nor what users wrote. Of a long
	// one only the beginning is kept.
	Reason string
}

// maxReason is how many bytes of a reason are kept.
const maxReason = 320

// reason returns the outcome's reason, cut to a length that may be kept.
func (o *Outcome) reason() string {
	if len(o.Reason) <= maxReason {
		return o.Reason
	}
	return strings.ToValidUTF8(o.Reason[:maxReason], "") + "…"
}

// Kind is the verdict on a request's end.
type Kind int

// The verdicts. The zero value says nothing about the account, so an outcome that nobody filled in does no harm.
const (
	Unjudged     Kind = iota // cancelled by the client, or never sent
	Succeeded                // answered
	ClientFault              // refused for the request's own sake; any account would do the same
	ProxyFailed              // the upstream was not reached, for the sake of a proxy in between
	Failed                   // a server error, a broken connection, no answer in time
	RateLimited              // rate limit or quota used up
	Overloaded               // the upstream has no capacity left
	Unauthorized             // the credential is not accepted
)

var kindNames = [...]string{"unjudged", "succeeded", "client_fault", "proxy_failed", "failed", "rate_limited", "overloaded", "unauthorized"}

// String returns the kind as logs and the admin API write it.
func (k Kind) String() string {
	if k < 0 || int(k) >= len(kindNames) {
		return "unknown"
	}
	return kindNames[k]
}

// Class returns the class of cooldown that the kind leads to, or false if it is no failure.
func (k Kind) Class() (Class, bool) {
	switch k {
	case Failed:
		return ErrorClass, true
	case RateLimited:
		return RateLimitClass, true
	case Overloaded:
		return OverloadClass, true
	case Unauthorized:
		return AuthClass, true
	}
	return 0, false
}

// Scope is how far a failure reaches.
type Scope int

// The scopes of a failure.
const (
	ScopeNone    Scope = iota // nothing is put into cooldown
	ScopeAccount              // the account, whatever the model
	ScopeModel                // the account for this one model
)
