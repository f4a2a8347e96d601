package handlers

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/pool"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// The errors that the gateway gives of its own accord, with the statuses and
// texts that clients know from the vendors.

func invalidKey() error {
	return &ir.Error{Kind: ir.ErrAuth, Status: http.StatusUnauthorized, Type: "authentication_error", Code: "invalid_api_key", Message: "Invalid API key"}
}

func keyExpired() error {
	return &ir.Error{Kind: ir.ErrBilling, Status: http.StatusForbidden, Type: "billing_error", Message: "This API key has expired"}
}

func modelMissing(d ir.Dialect) error {
	if d == ir.Gemini {
		return ir.Invalid("", "Missing model in URL")
	}
	return ir.Invalid("model", "model is required")
}

// maxModel is how long a model's name may be, in bytes: names are kept with
// what was used and with what is known of accounts, and clients choose them.
const maxModel = 512

// checkModel returns an error for a model's name that can be none.
func checkModel(env *ir.Envelope) error {
	switch {
	case env.Model == "":
		return modelMissing(env.Dialect)
	case len(env.Model) > maxModel:
		return ir.Invalid("model", "The name of the model is longer than %d bytes", maxModel)
	}
	return nil
}

func notFound(message string) error {
	return &ir.Error{Kind: ir.ErrNotFound, Status: http.StatusNotFound, Code: "unknown_url", Message: message}
}

func wrongMethod(got, want string) error {
	return &ir.Error{Kind: ir.ErrInvalidRequest, Status: http.StatusMethodNotAllowed, Message: "method " + got + " is not allowed here; use " + want}
}

func upgradeRefused() error {
	return &ir.Error{
		Kind: ir.ErrInvalidRequest, Status: http.StatusUpgradeRequired, Code: "websocket_not_supported",
		Message: "WebSocket is not supported here; use HTTP with server-sent events",
	}
}

func notStored(id string) error {
	return &ir.Error{
		Kind: ir.ErrNotFound, Status: http.StatusNotFound, Code: "response_not_found",
		Message: "Response with id '" + id + "' not found.",
	}
}

func emptyAnswer() *ir.Error {
	return &ir.Error{Kind: ir.ErrUpstream, Status: http.StatusBadGateway, Type: "upstream_error", Message: "Empty upstream response"}
}

// poolError tells the client why no account could be had.
func poolError(err error, c *call, model string) error {
	var nobody *pool.NobodyError
	var full *pool.FullError
	var late *pool.TimeoutError
	switch {
	case errors.As(err, &nobody) && nobody.Members == 0:
		if err := c.tooStrict(model, c.g.Models.find(model)); err != nil {
			return err
		}
		return c.unknownModel(model)
	case errors.As(err, &nobody) && nobody.RateLimited:
		return &ir.Error{
			Kind: ir.ErrRateLimit, Status: http.StatusTooManyRequests, Type: "rate_limit_error", Code: "rate_limit_exceeded",
			Message: "Upstream rate limit exceeded, please retry later", RetryAfter: nobody.RetryAfter,
		}
	case errors.As(err, &nobody):
		return &ir.Error{
			Kind: ir.ErrOverloaded, Status: http.StatusServiceUnavailable, Type: "upstream_error",
			Message: "No available accounts", RetryAfter: nobody.RetryAfter,
		}
	case errors.As(err, &full):
		return busy("Too many pending requests, please retry later")
	case errors.As(err, &late):
		return busy("Concurrency limit exceeded for account, please retry later")
	default:
		return left("the client closed the connection")
	}
}

// left is the error of requests whose client did not wait for the answer. One
// that has only ended its side of the connection may still read it.
func left(message string) *ir.Error {
	return &ir.Error{Kind: ir.ErrCancelled, Status: StatusGone, Message: message}
}

func busy(message string) error {
	return &ir.Error{
		Kind: ir.ErrRateLimit, Status: http.StatusTooManyRequests, Type: "rate_limit_error", Code: "rate_limit_exceeded",
		Message: message, RetryAfter: time.Second,
	}
}

// retryAfter sets the headers that tell clients when to come back: whole
// seconds, at least one, since several clients understand nothing else. OpenAI's
// SDKs go by the milliseconds, which therefore say the same.
func (c *call) retryAfter(h http.Header, e *ir.Error) {
	wait := e.RetryAfter
	if e.Oversize.Known() {
		h.Set("X-Should-Retry", "false") // which the SDKs of OpenAI and Anthropic obey: it would be too large again
		return
	}
	if wait <= 0 && (e.Status == http.StatusTooManyRequests || e.Status == http.StatusServiceUnavailable) {
		wait = time.Second
	}
	if wait <= 0 {
		return
	}
	seconds := max(1, int64(math.Ceil(wait.Seconds())))
	h.Set("Retry-After", strconv.FormatInt(seconds, 10))
	if c.route.dialect == ir.Chat || c.route.dialect == ir.Responses {
		h.Set("Retry-After-Ms", strconv.FormatInt(seconds*1000, 10))
	}
}

func asError(err error) *ir.Error {
	var e *ir.Error
	if errors.As(err, &e) {
		return e
	}
	return &ir.Error{Kind: ir.ErrInternal, Status: http.StatusInternalServerError, Message: "the gateway failed to answer"}
}
