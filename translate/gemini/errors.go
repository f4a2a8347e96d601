package gemini

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// statuses are Google's names for HTTP statuses.
var statuses = map[int]string{
	400: "INVALID_ARGUMENT",
	401: "UNAUTHENTICATED",
	402: "FAILED_PRECONDITION",
	403: "PERMISSION_DENIED",
	404: "NOT_FOUND",
	405: "UNIMPLEMENTED",
	408: "DEADLINE_EXCEEDED",
	409: "ABORTED",
	413: "INVALID_ARGUMENT",
	422: "INVALID_ARGUMENT",
	426: "FAILED_PRECONDITION",
	429: "RESOURCE_EXHAUSTED",
	499: "CANCELLED",
	500: "INTERNAL",
	501: "UNIMPLEMENTED",
	502: "UNAVAILABLE",
	503: "UNAVAILABLE",
	504: "DEADLINE_EXCEEDED",
	529: "UNAVAILABLE",
}

// kinds tell what an upstream's status means.
var kinds = map[int]ir.ErrorKind{
	400: ir.ErrInvalidRequest,
	401: ir.ErrAuth,
	402: ir.ErrBilling,
	403: ir.ErrPermission,
	404: ir.ErrNotFound,
	408: ir.ErrTimeout,
	409: ir.ErrConflict,
	413: ir.ErrTooLarge,
	422: ir.ErrInvalidRequest,
	429: ir.ErrRateLimit,
	499: ir.ErrCancelled,
	500: ir.ErrInternal,
	501: ir.ErrUnimplemented,
	502: ir.ErrUpstream,
	503: ir.ErrOverloaded,
	504: ir.ErrTimeout,
	529: ir.ErrOverloaded,
}

// statusCodes are the HTTP statuses of the names, for errors inside a stream
// whose code is missing.
var statusCodes = map[string]int{
	"INVALID_ARGUMENT": 400, "FAILED_PRECONDITION": 400, "OUT_OF_RANGE": 400, "UNAUTHENTICATED": 401,
	"PERMISSION_DENIED": 403, "NOT_FOUND": 404, "ABORTED": 409, "ALREADY_EXISTS": 409, "RESOURCE_EXHAUSTED": 429,
	"CANCELLED": 499, "INTERNAL": 500, "UNKNOWN": 500, "DATA_LOSS": 500, "UNIMPLEMENTED": 501, "UNAVAILABLE": 503,
	"DEADLINE_EXCEEDED": 504,
}

// AppendError appends an error body for a client. The dialect has no place for
// the request id.
func (Codec) AppendError(dst []byte, e *ir.Error, _ string) []byte {
	return appendError(dst, e)
}

func appendError(dst []byte, e *ir.Error) []byte {
	code := e.Status
	if code == 0 {
		code = http.StatusInternalServerError
	}
	if code == 529 { // no status that Google knows
		code = http.StatusServiceUnavailable
	}
	status := statuses[code]
	if status == "" {
		status = "INTERNAL"
		if code >= 400 && code < 500 {
			status = "INVALID_ARGUMENT"
		}
	}
	message := e.Message
	if e.Param != "" && !strings.Contains(message, e.Param) {
		message = e.Param + ": " + message
	}
	dst = append(dst, `{"error":{"code":`...)
	dst = strconv.AppendInt(dst, int64(code), 10)
	dst = appendString(dst, "message", message)
	dst = appendString(dst, "status", status)
	if code == http.StatusTooManyRequests && e.RetryAfter > 0 {
		dst = append(dst, `,"details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"`...)
		dst = strconv.AppendInt(dst, int64(math.Ceil(e.RetryAfter.Seconds())), 10) // as Retry-After says
		dst = append(dst, `s"}]`...)
	}
	return append(dst, "}}"...)
}

// DecodeError reads an upstream's error answer.
func (Codec) DecodeError(status int, header http.Header, body []byte) *ir.Error {
	e := &ir.Error{Status: status, Upstream: ir.Gemini, Raw: body}
	var info errorInfo
	info.readBody(body)
	info.fill(e)
	if e.RetryAfter == 0 {
		e.RetryAfter = retryAfter(header)
	}
	return e
}

// streamError reads the error of a chunk: the value of its member error.
func streamError(raw []byte) *ir.Error {
	var info errorInfo
	var r jsonx.Reader
	r.Reset(raw)
	info.read(&r)
	e := &ir.Error{Status: info.code, Upstream: ir.Gemini, Raw: append([]byte(nil), raw...)}
	if e.Status < 400 || e.Status > 599 {
		e.Status = statusCodes[info.status]
	}
	if e.Status == 0 {
		e.Status = http.StatusBadGateway
	}
	info.fill(e)
	return e
}

// retryAfter reads the header of that name: seconds, or a date, which counts
// from the answer's own.
func retryAfter(h http.Header) time.Duration {
	v := h.Get("Retry-After")
	if n, err := strconv.ParseFloat(v, 64); err == nil && n > 0 && n < 1e7 {
		return time.Duration(n * float64(time.Second))
	}
	until, err := http.ParseTime(v)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return 0
	}
	return max(0, until.Sub(now))
}
