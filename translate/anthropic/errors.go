package anthropic

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// errorTypes are the API's error types: what they mean, and the status that
// they stand for inside a stream, where no other tells it.
var errorTypes = map[string]struct {
	kind   ir.ErrorKind
	status int
}{
	"invalid_request_error": {ir.ErrInvalidRequest, 400},
	"authentication_error":  {ir.ErrAuth, 401},
	"billing_error":         {ir.ErrBilling, 402},
	"permission_error":      {ir.ErrPermission, 403},
	"not_found_error":       {ir.ErrNotFound, 404},
	"request_too_large":     {ir.ErrTooLarge, 413},
	"rate_limit_error":      {ir.ErrRateLimit, 429},
	"api_error":             {ir.ErrUpstream, 500},
	"timeout_error":         {ir.ErrTimeout, 504},
	"overloaded_error":      {ir.ErrOverloaded, 529},
}

// statusKinds are the meanings of HTTP statuses.
var statusKinds = map[int]ir.ErrorKind{
	400: ir.ErrInvalidRequest, 422: ir.ErrInvalidRequest,
	401: ir.ErrAuth,
	402: ir.ErrBilling,
	403: ir.ErrPermission,
	404: ir.ErrNotFound,
	408: ir.ErrTimeout, 504: ir.ErrTimeout,
	409: ir.ErrConflict,
	413: ir.ErrTooLarge,
	429: ir.ErrRateLimit,
	501: ir.ErrUnimplemented,
	503: ir.ErrOverloaded, 529: ir.ErrOverloaded,
}

// statusTypes are the error types by which clients are told of a status.
var statusTypes = map[int]string{
	400: "invalid_request_error", 409: "invalid_request_error", 415: "invalid_request_error", 422: "invalid_request_error",
	401: "authentication_error",
	402: "billing_error",
	403: "permission_error",
	404: "not_found_error", 405: "invalid_request_error",
	413: "request_too_large",
	429: "rate_limit_error",
	503: "overloaded_error", 529: "overloaded_error",
	408: "timeout_error", 504: "timeout_error",
}

// kindTypes are the error types where there is no status: inside streams.
var kindTypes = map[ir.ErrorKind]string{
	ir.ErrInvalidRequest: "invalid_request_error", ir.ErrUnsupported: "invalid_request_error", ir.ErrContextLength: "invalid_request_error",
	ir.ErrConflict: "invalid_request_error",
	ir.ErrAuth:     "authentication_error", ir.ErrBilling: "billing_error", ir.ErrPermission: "permission_error",
	ir.ErrNotFound: "not_found_error", ir.ErrTooLarge: "request_too_large",
	ir.ErrRateLimit: "rate_limit_error", ir.ErrQuota: "rate_limit_error",
	ir.ErrOverloaded: "overloaded_error", ir.ErrTimeout: "timeout_error",
}

// DecodeError reads an error answer of Anthropic or, for Claude on Vertex, of
// Google, also inside an array.
func (Codec) DecodeError(status int, header http.Header, body []byte) *ir.Error {
	e := &ir.Error{Kind: ir.ErrUpstream, Status: status, Upstream: ir.Anthropic, Raw: body}
	w := readErrorWords(body)
	e.Message, e.Type = w.message, w.typ
	if kind, ok := statusKinds[status]; ok {
		e.Kind = kind
	} else if t, ok := errorTypes[w.typ]; ok && status < 500 {
		e.Kind = t.kind
	}
	refine(e)
	if e.Message == "" {
		e.Message = http.StatusText(status)
	}
	e.RetryAfter = retryAfter(header)
	return e
}

// refine tells apart what one status stands for several of.
func refine(e *ir.Error) {
	m := strings.ToLower(e.Message)
	switch {
	case e.Kind != ir.ErrInvalidRequest && e.Kind != ir.ErrTooLarge && e.Kind != ir.ErrPermission:
	case strings.Contains(m, "credit balance is too low"):
		e.Kind = ir.ErrBilling
	case e.Kind == ir.ErrInvalidRequest && (strings.Contains(m, "prompt is too long") || strings.Contains(m, "exceed context limit")):
		e.Kind, e.Code = ir.ErrContextLength, "context_length_exceeded"
	}
}

// errorWords are what an error body says.
type errorWords struct{ typ, message string }

func readErrorWords(body []byte) (w errorWords) {
	var r jsonx.Reader
	r.Reset(body)
	switch r.Kind() {
	case jsonx.Array:
		r.Array()
		for r.Element() {
			if w.message == "" && r.Kind() == jsonx.Object {
				w.read(&r)
			}
		}
	case jsonx.Object:
		w.read(&r)
	}
	return w
}

func (w *errorWords) read(r *jsonx.Reader) {
	for in := r.Object(); in && r.Member(); {
		key := r.Key()
		switch {
		case key == "error" && r.Kind() == jsonx.Object:
			w.inner(r)
		case (key == "error" || key == "message" || key == "detail") && r.Kind() == jsonx.String && w.message == "":
			w.message = strings.Clone(r.String())
		}
	}
}

func (w *errorWords) inner(r *jsonx.Reader) {
	for in := r.Object(); in && r.Member(); {
		if r.Kind() != jsonx.String {
			continue
		}
		switch r.Key() {
		case "type":
			w.typ = strings.Clone(r.String())
		case "message":
			w.message = strings.Clone(r.String())
		}
	}
}

// streamError reads the data of an error event.
func streamError(data []byte) *ir.Error {
	w := readErrorWords(data)
	e := &ir.Error{Kind: ir.ErrUpstream, Status: 500, Message: w.message, Type: w.typ, Upstream: ir.Anthropic, Raw: append([]byte(nil), data...)}
	if t, ok := errorTypes[w.typ]; ok {
		e.Kind, e.Status = t.kind, t.status
	}
	refine(e)
	if e.Message == "" {
		e.Message = "the upstream reported an error"
	}
	return e
}

// truncated is the error of an answer that was cut.
func truncated() *ir.Error {
	return &ir.Error{
		Kind: ir.ErrTruncated, Status: http.StatusBadGateway, Code: "upstream_stream_truncated",
		Message: "the upstream's answer ended before it was complete",
	}
}

// limitBuckets are the limits that the API tells of in its headers, each with
// what remains and when it is full again.
var limitBuckets = [...]string{
	"Anthropic-Ratelimit-Requests", "Anthropic-Ratelimit-Tokens", "Anthropic-Ratelimit-Input-Tokens", "Anthropic-Ratelimit-Output-Tokens",
	"Anthropic-Priority-Input-Tokens", "Anthropic-Priority-Output-Tokens", "Anthropic-Fast-Input-Tokens", "Anthropic-Fast-Output-Tokens",
}

// retryAfter returns how long the upstream wants to be left alone: by
// Retry-After, else until the last of the exhausted limits is full again.
func retryAfter(h http.Header) time.Duration {
	if ms, err := strconv.ParseFloat(h.Get("Retry-After-Ms"), 64); err == nil && ms > 0 {
		return seconds(ms / 1000)
	}
	if v := h.Get("Retry-After"); v != "" {
		if s, err := strconv.ParseFloat(v, 64); err == nil && s > 0 {
			return seconds(s)
		}
		if at, err := http.ParseTime(v); err == nil {
			return max(time.Until(at), 0)
		}
	}
	var wait time.Duration
	for _, b := range limitBuckets {
		if h.Get(b+"-Remaining") != "0" {
			continue
		}
		if at, err := time.Parse(time.RFC3339, h.Get(b+"-Reset")); err == nil {
			wait = max(wait, time.Until(at))
		}
	}
	if h.Get("Anthropic-Ratelimit-Unified-Status") == "rejected" {
		if at, err := strconv.ParseInt(h.Get("Anthropic-Ratelimit-Unified-Reset"), 10, 64); err == nil {
			wait = max(wait, time.Until(time.Unix(at, 0)))
		}
	}
	return wait
}

// seconds bounds what an upstream may claim to a year.
func seconds(s float64) time.Duration {
	return time.Duration(math.Min(s, 365*24*3600) * float64(time.Second))
}

// AppendError appends an error body.
func (Codec) AppendError(dst []byte, e *ir.Error, requestID string) []byte {
	dst = append(dst, `{"type":"error","error":{"type":"`...)
	dst = append(append(dst, errorType(e)...), `","message":`...)
	dst = ir.AppendQuoted(dst, e.Message)
	if e.Kind == ir.ErrUnsupported && e.Param == "thread" {
		dst = append(dst, unthreaded...)
	}
	if e.Kind == ir.ErrNotFound && e.Param == "thread" {
		dst = append(dst, threadLost...)
	}
	dst = append(dst, '}')
	if requestID != "" {
		dst = append(dst, `,"request_id":`...)
		dst = ir.AppendQuoted(dst, requestID)
	}
	return append(dst, '}')
}

// unthreaded has the tool runners of Anthropic's SDKs, which keep conversations
// in threads with the vendor, send the whole conversation instead.
const unthreaded = `,"details":{"error_code":"thread_unsupported_request","unsupported":["model"]}`

// threadLost has Anthropic's clients send the whole conversation again and
// begin another thread with it.
const threadLost = `,"details":{"error_code":"thread_not_found"}`

func errorType(e *ir.Error) string {
	if e.Kind == ir.ErrBilling {
		return "billing_error"
	}
	if word, ok := statusTypes[e.Status]; ok {
		return word
	}
	if word, ok := kindTypes[e.Kind]; ok {
		return word
	}
	return "api_error"
}
