package responses

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// errorRow is how a kind of error is written for a client.
type errorRow struct{ typ, code string }

var errorRows = map[ir.ErrorKind]errorRow{
	ir.ErrInvalidRequest: {"invalid_request_error", ""},
	ir.ErrUnsupported:    {"invalid_request_error", "unsupported_for_target"},
	ir.ErrContextLength:  {"invalid_request_error", "context_length_exceeded"},
	ir.ErrAuth:           {"authentication_error", "invalid_api_key"},
	ir.ErrBilling:        {"billing_error", ""},
	ir.ErrPermission:     {"permission_error", ""},
	ir.ErrNotFound:       {"invalid_request_error", "model_not_found"},
	ir.ErrConflict:       {"invalid_request_error", "conflict"},
	ir.ErrTooLarge:       {"invalid_request_error", "request_too_large"},
	ir.ErrRateLimit:      {"rate_limit_error", "rate_limit_exceeded"},
	ir.ErrQuota:          {"insufficient_quota", "insufficient_quota"},
	ir.ErrCancelled:      {"api_error", ""},
	ir.ErrInternal:       {"api_error", ""},
	ir.ErrUnimplemented:  {"invalid_request_error", "not_implemented"},
	ir.ErrUpstream:       {"upstream_error", ""},
	ir.ErrTruncated:      {"upstream_error", "upstream_stream_truncated"},
	ir.ErrOverloaded:     {"upstream_error", ""},
	ir.ErrTimeout:        {"upstream_error", ""},
}

// AppendError appends an error body. The dialect has no place for the request
// id, which travels in a header.
func (Codec) AppendError(dst []byte, e *ir.Error, _ string) []byte {
	row := errorRows[e.Kind]
	if e.Type != "" {
		row.typ = e.Type
	}
	if e.Code != "" {
		row.code = e.Code
	}
	if row.typ == "" {
		row.typ = "api_error"
	}
	dst = append(dst, `{"error":{"message":`...)
	dst = ir.AppendQuoted(dst, e.Message)
	dst = append(dst, `,"type":`...)
	dst = ir.AppendQuoted(dst, row.typ)
	dst = append(dst, `,"param":`...)
	dst = appendOrNull(dst, e.Param)
	dst = append(dst, `,"code":`...)
	return append(appendOrNull(dst, row.code), `}}`...)
}

// failedCode returns the code inside a failed answer. Codex reads it: it waits
// after rate_limit_exceeded and gives up after context_length_exceeded.
func failedCode(e *ir.Error) string {
	switch e.Kind {
	case ir.ErrRateLimit:
		return "rate_limit_exceeded"
	case ir.ErrContextLength:
		return "context_length_exceeded"
	case ir.ErrQuota:
		return "insufficient_quota"
	case ir.ErrInvalidRequest:
		if e.Code != "" && e.Upstream == ir.Responses {
			return e.Code
		}
		return "invalid_prompt"
	default:
		return "server_error"
	}
}

// fault is what an error body or event says.
type fault struct {
	message, typ, code, param string
	wait                      time.Duration
	resetsAt                  int64
}

// readFault reads {"error":{…}}, a bare error object, or the {"detail":…} of
// ChatGPT's back end.
func readFault(body []byte) (f fault) {
	var r jsonx.Reader
	r.Reset(body)
	if r.Kind() == jsonx.Object {
		f.read(&r)
	}
	return f
}

func (f *fault) read(r *jsonx.Reader) {
	for open := r.Object(); open && r.Member(); {
		switch r.Key() {
		case "error":
			switch r.Kind() {
			case jsonx.Object:
				f.read(r)
			case jsonx.String:
				f.message = r.String()
			}
		case "message", "detail":
			if r.Kind() == jsonx.String {
				f.message = r.String()
			}
		case "type":
			if t := optional(r); t != "error" && t != "response.failed" {
				f.typ = t
			}
		case "code":
			if r.Kind() == jsonx.Number {
				f.code = string(r.Number())
			} else {
				f.code = optional(r)
			}
		case "param":
			f.param = optional(r)
		case "resets_in_seconds":
			if r.Kind() == jsonx.Number {
				f.wait = time.Duration(r.Float() * float64(time.Second))
			}
		case "resets_at":
			if r.Kind() == jsonx.Number {
				f.resetsAt = int64(r.Float())
			}
		}
	}
}

// codeKinds are the codes and types that say more than a status does.
var codeKinds = map[string]struct {
	kind   ir.ErrorKind
	status int // for errors inside a stream, which have none
}{
	"context_length_exceeded":   {ir.ErrContextLength, 400},
	"insufficient_quota":        {ir.ErrQuota, 429},
	"usage_limit_reached":       {ir.ErrQuota, 429},
	"usage_not_included":        {ir.ErrPermission, 403},
	"billing_hard_limit":        {ir.ErrBilling, 402},
	"rate_limit_exceeded":       {ir.ErrRateLimit, 429},
	"rate_limit_error":          {ir.ErrRateLimit, 429},
	"server_is_overloaded":      {ir.ErrOverloaded, 503},
	"slow_down":                 {ir.ErrOverloaded, 503},
	"overloaded_error":          {ir.ErrOverloaded, 503},
	"server_error":              {ir.ErrUpstream, 500},
	"vector_store_timeout":      {ir.ErrTimeout, 504},
	"model_not_found":           {ir.ErrNotFound, 404},
	"invalid_api_key":           {ir.ErrAuth, 401},
	"upstream_stream_truncated": {ir.ErrTruncated, 502},
}

// blamesRequest reports whether a code tells of the client's own request.
func blamesRequest(code string) bool {
	return strings.HasPrefix(code, "invalid_") || strings.Contains(code, "image_") || strings.HasSuffix(code, "_image") ||
		strings.Contains(code, "policy") || code == "data_residency_mismatch" || code == "unsupported_image_media_type"
}

// statusKinds are the kinds that a status tells by itself.
var statusKinds = map[int]ir.ErrorKind{
	400: ir.ErrInvalidRequest, 401: ir.ErrAuth, 402: ir.ErrBilling, 403: ir.ErrPermission, 404: ir.ErrNotFound,
	405: ir.ErrInvalidRequest, 408: ir.ErrTimeout, 409: ir.ErrConflict, 413: ir.ErrTooLarge, 415: ir.ErrInvalidRequest,
	422: ir.ErrInvalidRequest, 429: ir.ErrRateLimit, 499: ir.ErrCancelled, 501: ir.ErrUnimplemented,
	503: ir.ErrOverloaded, 504: ir.ErrTimeout, 529: ir.ErrOverloaded,
}

// DecodeError reads an upstream's error answer.
func (Codec) DecodeError(status int, header http.Header, body []byte) *ir.Error {
	f := readFault(body)
	kind, ok := statusKinds[status]
	if !ok {
		kind = ir.ErrUpstream
	}
	for _, code := range [...]string{f.typ, f.code} {
		// A code refines what the status says; it does not contradict it.
		if k, ok := codeKinds[code]; ok && k.status/100 == status/100 {
			kind = k.kind
		}
	}
	if f.message == "" {
		f.message = http.StatusText(status)
	}
	return &ir.Error{
		Kind: kind, Status: status, Message: f.message, Code: f.code, Type: f.typ, Param: f.param,
		RetryAfter: retryAfter(header, &f), Upstream: ir.Responses, Raw: body, Oversize: ir.ReadOversize(f.message),
	}
}

// streamError is the error that ends a stream or is the whole answer. It outlives
// the frame that it was read from.
func streamError(f *fault) *ir.Error {
	e := &ir.Error{
		Kind: ir.ErrUpstream, Status: 500, Upstream: ir.Responses,
		Message: strings.Clone(f.message), Code: strings.Clone(f.code), Param: strings.Clone(f.param),
		RetryAfter: f.wait, Oversize: ir.ReadOversize(f.message),
	}
	if e.Message == "" {
		e.Message = "the upstream failed"
	}
	for _, code := range [...]string{f.typ, f.code} {
		if k, ok := codeKinds[code]; ok {
			e.Kind, e.Status = k.kind, k.status
		} else if blamesRequest(code) {
			e.Kind, e.Status = ir.ErrInvalidRequest, 400
		}
	}
	return e
}

// truncated is the error for a stream that ended before its terminal event.
func truncated() *ir.Error {
	return &ir.Error{
		Kind: ir.ErrTruncated, Status: http.StatusBadGateway, Code: "upstream_stream_truncated",
		Message: "the upstream's answer ended before it was complete",
	}
}

// retryAfter returns how long an upstream wants to be left alone: what it says
// in Retry-After, else when the budget that is used up comes back.
func retryAfter(h http.Header, f *fault) time.Duration {
	if ms, err := strconv.ParseFloat(h.Get("Retry-After-Ms"), 64); err == nil && ms > 0 {
		return time.Duration(ms * float64(time.Millisecond))
	}
	if v := h.Get("Retry-After"); v != "" {
		if s, err := strconv.ParseFloat(v, 64); err == nil {
			return time.Duration(max(s, 0) * float64(time.Second))
		}
		if at, err := http.ParseTime(v); err == nil {
			return max(at.Sub(date(h)), 0)
		}
	}
	if f.wait > 0 {
		return f.wait
	}
	if f.resetsAt > 0 {
		return max(time.Unix(f.resetsAt, 0).Sub(date(h)), 0)
	}
	var wait time.Duration
	for _, budget := range [...]string{"Requests", "Tokens"} {
		if h.Get("X-Ratelimit-Remaining-"+budget) != "0" {
			continue
		}
		if d, err := time.ParseDuration(h.Get("X-Ratelimit-Reset-" + budget)); err == nil {
			wait = max(wait, d)
		}
	}
	for _, window := range [...]string{"Primary", "Secondary"} { // of the backend of ChatGPT accounts
		used, err := strconv.ParseFloat(h.Get("X-Codex-"+window+"-Used-Percent"), 64)
		if err != nil || used < 100 {
			continue
		}
		if s, err := strconv.ParseInt(h.Get("X-Codex-"+window+"-Reset-After-Seconds"), 10, 64); err == nil && s < 1e9 {
			wait = max(wait, time.Duration(s)*time.Second)
		}
	}
	return wait
}

// date is the upstream's clock, or ours when it does not tell.
func date(h http.Header) time.Time {
	if at, err := http.ParseTime(h.Get("Date")); err == nil {
		return at
	}
	return time.Now()
}
