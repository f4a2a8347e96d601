package chat

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// errorForms are type and code by which clients are told of an error; an empty
// code is null.
var errorForms = map[ir.ErrorKind]struct{ typ, code string }{
	ir.ErrInvalidRequest: {"invalid_request_error", ""},
	ir.ErrUnsupported:    {"invalid_request_error", "unsupported_for_target"},
	ir.ErrContextLength:  {"invalid_request_error", "context_length_exceeded"},
	ir.ErrAuth:           {"authentication_error", "invalid_api_key"},
	ir.ErrBilling:        {"billing_error", ""},
	ir.ErrPermission:     {"permission_error", ""},
	ir.ErrNotFound:       {"invalid_request_error", ""},
	ir.ErrConflict:       {"invalid_request_error", "conflict"},
	ir.ErrTooLarge:       {"invalid_request_error", "request_too_large"},
	ir.ErrRateLimit:      {"rate_limit_error", "rate_limit_exceeded"},
	ir.ErrQuota:          {"insufficient_quota", "insufficient_quota"},
	ir.ErrOverloaded:     {"overloaded_error", ""},
	ir.ErrUpstream:       {"upstream_error", ""},
	ir.ErrTruncated:      {"upstream_error", "upstream_stream_truncated"},
	ir.ErrTimeout:        {"upstream_error", ""},
	ir.ErrUnimplemented:  {"invalid_request_error", ""},
	ir.ErrInternal:       {"api_error", ""},
	ir.ErrCancelled:      {"api_error", ""},
}

// AppendError appends an error body. The dialect has no place for the request
// id.
func (Codec) AppendError(dst []byte, e *ir.Error, _ string) []byte {
	form, ok := errorForms[e.Kind]
	if !ok {
		form.typ = "api_error"
	}
	typ, code := form.typ, form.code
	if e.Code != "" {
		code = e.Code
	}
	if e.Type != "" && e.Upstream == "" {
		typ = e.Type
		code = e.Code
	}
	dst = append(dst, `{"error":{"message":`...)
	dst = ir.AppendQuoted(dst, e.Message)
	dst = ir.AppendQuoted(append(dst, `,"type":`...), typ)
	dst = appendNullable(append(dst, `,"param":`...), e.Param)
	dst = appendNullable(append(dst, `,"code":`...), code)
	return append(dst, "}}"...)
}

func appendNullable(dst []byte, s string) []byte {
	if s == "" {
		return append(dst, "null"...)
	}
	return ir.AppendQuoted(dst, s)
}

// statusKinds are the kinds that HTTP statuses tell.
var statusKinds = map[int]ir.ErrorKind{
	400: ir.ErrInvalidRequest, 401: ir.ErrAuth, 402: ir.ErrBilling, 403: ir.ErrPermission, 404: ir.ErrNotFound,
	408: ir.ErrTimeout, 409: ir.ErrConflict, 413: ir.ErrTooLarge, 422: ir.ErrInvalidRequest, 429: ir.ErrRateLimit,
	499: ir.ErrCancelled, 500: ir.ErrUpstream, 501: ir.ErrUnimplemented, 502: ir.ErrUpstream, 503: ir.ErrOverloaded,
	504: ir.ErrTimeout, 529: ir.ErrOverloaded,
}

// wordKinds are the kinds that an error's code or type tells, where they tell
// more than the status or where there is no status.
var wordKinds = map[string]struct {
	kind   ir.ErrorKind
	status int
}{
	"context_length_exceeded":  {ir.ErrContextLength, 400},
	"insufficient_quota":       {ir.ErrQuota, 429},
	"billing_hard_limit":       {ir.ErrBilling, 429},
	"billing_not_active":       {ir.ErrBilling, 429},
	"rate_limit_exceeded":      {ir.ErrRateLimit, 429},
	"rate_limit_error":         {ir.ErrRateLimit, 429},
	"requests":                 {ir.ErrRateLimit, 429},
	"tokens":                   {ir.ErrRateLimit, 429},
	"overloaded_error":         {ir.ErrOverloaded, 503},
	"server_is_overloaded":     {ir.ErrOverloaded, 503},
	"engine_overloaded_error":  {ir.ErrOverloaded, 503},
	"service_unavailable":      {ir.ErrOverloaded, 503},
	"invalid_api_key":          {ir.ErrAuth, 401},
	"authentication_error":     {ir.ErrAuth, 401},
	"permission_error":         {ir.ErrPermission, 403},
	"model_not_found":          {ir.ErrNotFound, 404},
	"invalid_request_error":    {ir.ErrInvalidRequest, 400},
	"content_policy_violation": {ir.ErrInvalidRequest, 400},
	"content_filter":           {ir.ErrInvalidRequest, 400},
	"server_error":             {ir.ErrUpstream, 500},
	"api_error":                {ir.ErrUpstream, 500},
	"timeout":                  {ir.ErrTimeout, 504},
}

// contextWords tell that a conversation is too long where servers say so in
// words only.
var contextWords = [...]string{"maximum context length", "context length exceeded", "context window", "prompt is too long"}

// DecodeError reads an upstream's error answer.
func (Codec) DecodeError(status int, header http.Header, body []byte) *ir.Error {
	e := &ir.Error{Status: status, Kind: kindOf(status), Upstream: ir.Chat, Raw: body}
	e.RetryAfter = retryAfter(header)
	readErrorBody(e, body)
	for _, word := range [...]string{e.Code, e.Type} {
		w, ok := wordKinds[word]
		if !ok {
			continue
		}
		if sharper(e, w.kind) {
			e.Kind = w.kind
		}
		break
	}
	if e.Kind == ir.ErrInvalidRequest && tooLong(e.Message) {
		e.Kind = ir.ErrContextLength
	}
	e.Oversize = ir.ReadOversize(e.Message)
	return e
}

func kindOf(status int) ir.ErrorKind {
	if kind, ok := statusKinds[status]; ok {
		return kind
	}
	if status >= 400 && status < 500 {
		return ir.ErrInvalidRequest
	}
	return ir.ErrUpstream
}

// sharper reports whether a body's word may correct what the status says:
// within the same class of errors it knows more, across classes it does not.
func sharper(e *ir.Error, kind ir.ErrorKind) bool {
	switch kind {
	case ir.ErrContextLength:
		return e.Status == 400 || e.Status == 413 || e.Status == 422
	case ir.ErrQuota, ir.ErrBilling:
		return e.Status == 429 || e.Status == 403 || e.Status == 402
	case ir.ErrNotFound:
		return e.Status == 400 || e.Status == 403
	case ir.ErrOverloaded:
		return e.Status >= 500 || e.Status == 429
	case ir.ErrAuth:
		return e.Status == 400 || e.Status == 403
	default:
		return false
	}
}

func tooLong(message string) bool {
	message = strings.ToLower(message)
	for _, words := range contextWords {
		if strings.Contains(message, words) {
			return true
		}
	}
	return false
}

// readErrorBody reads message, type, code and param, in OpenAI's form or in
// those of servers that say {"error":"…"}, {"message":"…"} or {"detail":…}.
func readErrorBody(e *ir.Error, body []byte) {
	if !jsonx.Valid(body) { // gjson's own check would go as deep as the body does
		e.Message = plainMessage(e.Status, body)
		return
	}
	root := gjson.ParseBytes(body)
	if root.IsArray() {
		root = root.Get("0") // Google's compatibility endpoint
	}
	obj := root.Get("error")
	switch {
	case obj.Type == gjson.String:
		e.Message = obj.Str
	case obj.IsObject():
		root = obj
		fallthrough
	default:
		e.Message = firstString(root, "message", "detail", "detail.0.msg", "msg")
		e.Type, e.Param = stringOf(root.Get("type")), stringOf(root.Get("param"))
		e.Code = root.Get("code").String()
	}
	if n, err := strconv.Atoi(e.Code); err == nil {
		e.Code = ""
		if e.Status == 0 && n >= 400 && n < 600 {
			e.Status = n
		}
	}
	if e.Message == "" {
		e.Message = plainMessage(e.Status, nil)
	}
}

func stringOf(v gjson.Result) string {
	if v.Type != gjson.String {
		return ""
	}
	return v.Str
}

func firstString(v gjson.Result, paths ...string) string {
	for _, p := range paths {
		if s := stringOf(v.Get(p)); s != "" {
			return s
		}
	}
	return ""
}

// plainMessage is the message of a body that is no JSON: its text when it is
// short, else what the status says.
func plainMessage(status int, body []byte) string {
	body = bytes.TrimSpace(body)
	if len(body) > 0 && len(body) <= 512 && !isPage(body) {
		return string(bytes.ToValidUTF8(body, []byte("\ufffd")))
	}
	if text := http.StatusText(status); text != "" {
		return text
	}
	if status == 0 {
		return "the upstream reported an error"
	}
	return "the upstream answered with status " + strconv.Itoa(status)
}

// isPage reports whether an answer is a web page instead of JSON, as proxies
// in front of servers send them.
func isPage(body []byte) bool {
	body = bytes.TrimSpace(body)
	return len(body) > 0 && body[0] == '<'
}

// retryAfter reads how long to wait: retry-after-ms, or retry-after in seconds
// or as a date, else until the budgets that are used up are full again.
func retryAfter(h http.Header) time.Duration {
	if ms, err := strconv.ParseFloat(h.Get("Retry-After-Ms"), 64); err == nil && ms > 0 && ms < 1e12 {
		return time.Duration(ms * float64(time.Millisecond))
	}
	value := h.Get("Retry-After")
	if s, err := strconv.ParseFloat(value, 64); err == nil && s > 0 && s < 1e9 {
		return time.Duration(s * float64(time.Second))
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(time.Until(at), 0)
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
	return wait
}

// decodeStreamError reads an error object that came with status 200: its own
// words are all that tell what it is.
func decodeStreamError(body []byte) *ir.Error {
	e := &ir.Error{Upstream: ir.Chat, Raw: bytes.Clone(body), Kind: ir.ErrUpstream}
	readErrorBody(e, body)
	e.Message, e.Code = strings.Clone(e.Message), strings.Clone(e.Code)
	e.Type, e.Param = strings.Clone(e.Type), strings.Clone(e.Param)
	known := false
	for _, word := range [...]string{e.Code, e.Type} {
		w, ok := wordKinds[word]
		if !ok {
			continue
		}
		e.Kind, known = w.kind, true
		if e.Status == 0 {
			e.Status = w.status
		}
		break
	}
	if e.Status == 0 {
		e.Status = http.StatusBadGateway
	}
	if !known {
		e.Kind = kindOf(e.Status)
	}
	e.Oversize = ir.ReadOversize(e.Message)
	if e.Kind == ir.ErrInvalidRequest && tooLong(e.Message) {
		e.Kind = ir.ErrContextLength
	}
	return e
}
