package ir

import (
	"fmt"
	"time"
)

// ErrorKind classifies errors of upstreams and of the gateway.
type ErrorKind string

// The kinds of errors.
const (
	ErrInvalidRequest ErrorKind = "invalid_request"
	ErrUnsupported    ErrorKind = "unsupported_for_target" // the target cannot express it
	ErrAuth           ErrorKind = "auth"
	ErrBilling        ErrorKind = "billing"
	ErrPermission     ErrorKind = "permission"
	ErrNotFound       ErrorKind = "not_found"
	ErrConflict       ErrorKind = "conflict"
	ErrTooLarge       ErrorKind = "too_large"
	ErrRateLimit      ErrorKind = "rate_limit"
	ErrQuota          ErrorKind = "quota_exhausted"
	ErrCancelled      ErrorKind = "cancelled"
	ErrInternal       ErrorKind = "internal"
	ErrUnimplemented  ErrorKind = "unimplemented"
	ErrUpstream       ErrorKind = "upstream"
	ErrTruncated      ErrorKind = "upstream_truncated"
	ErrOverloaded     ErrorKind = "overloaded"
	ErrTimeout        ErrorKind = "timeout"
	ErrContextLength  ErrorKind = "context_length"
)

// Error is an error in no dialect. Message is for the client's eyes and holds
// no secret.
type Error struct {
	Kind       ErrorKind
	Status     int // HTTP status towards the client, or of the upstream when decoded
	Message    string
	Code       string        // the vendor's code, when there is one
	Type       string        // the vendor's type, when it must be kept
	Param      string        // the place in the client's request
	RetryAfter time.Duration // 0 means unknown
	Upstream   Dialect       // the dialect it was decoded from; empty for the gateway's own
	Raw        []byte        // the upstream's body
	Hopeless   bool          // another account would fare no better
	Advice     string        // what the account's operator must do, for their eyes alone
	Final      bool          // the account is of no use until they have done it
	Oversize   Oversize      // the request alone is over the account's limit, smaller ones are not
}

// Error returns the kind, the status and the message.
func (e *Error) Error() string {
	if e.Param != "" {
		return fmt.Sprintf("%s (%d): %s: %s", e.Kind, e.Status, e.Param, e.Message)
	}
	return fmt.Sprintf("%s (%d): %s", e.Kind, e.Status, e.Message)
}

// Invalid returns a 400 for a client's request.
func Invalid(param, format string, args ...any) *Error {
	return &Error{Kind: ErrInvalidRequest, Status: 400, Message: fmt.Sprintf(format, args...), Param: param}
}

// Unsupported returns a 400 that says that the chosen upstream cannot express
// the part of the request at param.
func Unsupported(param, format string, args ...any) *Error {
	return &Error{Kind: ErrUnsupported, Status: 400, Code: string(ErrUnsupported), Message: fmt.Sprintf(format, args...), Param: param}
}

// Unfetched returns a 400 that says that nobody fetches the medium whose URL
// stands at param.
func Unfetched(param, model string) *Error {
	err := Unsupported(param, "%s: model %s does not fetch media from an https URL and this gateway does not do it either; send the data itself", param, model)
	err.Code = "unsupported_media_url"
	return err
}
