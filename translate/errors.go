package translate

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// mapped is what a client sees of an upstream's error that is not the
// client's own fault. Upstreams' words stay inside the gateway: they tell of
// accounts, keys and projects.
type mapped struct {
	status  int
	kind    ir.ErrorKind
	typ     string
	code    string
	message string
}

var mappings = map[int]mapped{
	401: {502, ir.ErrUpstream, "upstream_error", "", "Upstream authentication failed, please contact administrator"},
	403: {502, ir.ErrUpstream, "upstream_error", "", "Upstream access forbidden, please contact administrator"},
	429: {429, ir.ErrRateLimit, "rate_limit_error", "rate_limit_exceeded", "Upstream rate limit exceeded, please retry later"},
	529: {503, ir.ErrOverloaded, "upstream_error", "", "Upstream service overloaded, please retry later"},
	500: {502, ir.ErrUpstream, "upstream_error", "", "Upstream service temporarily unavailable"},
	502: {502, ir.ErrUpstream, "upstream_error", "", "Upstream service temporarily unavailable"},
	503: {502, ir.ErrUpstream, "upstream_error", "", "Upstream service temporarily unavailable"},
	504: {502, ir.ErrUpstream, "upstream_error", "", "Upstream service temporarily unavailable"},
}

var unexpected = mapped{502, ir.ErrUpstream, "upstream_error", "", "Upstream request failed"}

// ClientFault reports whether an upstream's error tells of the client's own
// request, so that the client may read it. Some vendors answer with status 400
// what is wrong with the account.
func ClientFault(e *ir.Error) bool {
	switch e.Kind {
	case ir.ErrAuth, ir.ErrPermission, ir.ErrBilling, ir.ErrQuota:
		return false
	}
	switch e.Status {
	case http.StatusBadRequest, http.StatusNotFound, http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		return true
	}
	return false
}

// ClientError returns what the client is told of an upstream's error: its own
// faults with their text, without secrets; everything else by a fixed sentence.
// An error inside a stream keeps its kind, since no status tells it.
func ClientError(e *ir.Error, inStream bool) *ir.Error {
	if e.Upstream == "" {
		return e // the gateway's own
	}
	if e.Oversize.Known() {
		return oversize(e)
	}
	if ClientFault(e) {
		out := *e
		out.Message, out.Raw, out.Type = Scrub(e.Message), nil, ""
		return &out
	}
	m, ok := mappings[statusOf(e, inStream)]
	if !ok {
		m = unexpected
	}
	out := &ir.Error{Kind: m.kind, Status: m.status, Type: m.typ, Code: m.code, Message: m.message, RetryAfter: e.RetryAfter}
	if inStream {
		out.Kind, out.Type = e.Kind, ""
	}
	return out
}

// oversize tells the client in the vendor's words that the request is too large
// at any time, without those about the organization.
func oversize(e *ir.Error) *ir.Error {
	status, kind := http.StatusTooManyRequests, ir.ErrRateLimit
	if e.Status == http.StatusRequestEntityTooLarge {
		status, kind = e.Status, ir.ErrTooLarge
	}
	return &ir.Error{
		Kind: kind, Status: status, Type: "tokens", Code: "rate_limit_exceeded", Oversize: e.Oversize,
		Message: fmt.Sprintf("Request too large on tokens per min (TPM): Limit %d, Requested %d. The input or output tokens must be reduced in order "+
			"to run successfully.", e.Oversize.Limit, e.Oversize.Requested),
	}
}

// statusOf returns the status by which an error is mapped: inside a stream, and
// where a vendor's status misleads, the one that goes with its kind.
func statusOf(e *ir.Error, inStream bool) int {
	switch {
	case inStream && e.Kind == ir.ErrOverloaded:
		return 529
	case e.Status == http.StatusBadRequest && e.Kind == ir.ErrAuth:
		return http.StatusUnauthorized
	case e.Status == http.StatusBadRequest && e.Kind == ir.ErrPermission:
		return http.StatusForbidden
	default:
		return e.Status
	}
}

// ContextLength puts in front the words by which Claude Code recognises that a
// conversation must be compacted.
func ContextLength(e *ir.Error, client ir.Dialect) *ir.Error {
	const words = "prompt is too long: "
	if e.Kind != ir.ErrContextLength || client != ir.Anthropic || strings.HasPrefix(e.Message, words[:len(words)-2]) {
		return e
	}
	out := *e
	out.Message = words + e.Message
	return &out
}
