package simulator

import (
	"net/http"
	"strings"

	"github.com/tidwall/gjson"
)

// anthropic is the voice of Anthropic's API, as of its public error messages.
type anthropic struct{}

func (anthropic) nullIsAbsent() bool       { return false }
func (anthropic) alias(name string) string { return name }

func (anthropic) requestHeader() string { return "Request-Id" }

func (anthropic) credential(r *http.Request) string {
	if key := r.Header.Get("X-Api-Key"); key != "" {
		return key
	}
	return bearer(r)
}

func (anthropic) unauthorized(credential string) *apiError {
	if credential == "" {
		return &apiError{status: http.StatusUnauthorized, message: "x-api-key header is required"}
	}
	return &apiError{status: http.StatusUnauthorized, message: "invalid x-api-key"}
}

func (anthropic) badJSON(empty bool) *apiError {
	if empty {
		return invalid("A maximum of one request body is expected, but the request body is empty.")
	}
	return invalid("The request body is not valid JSON.")
}

func (anthropic) notFound(*http.Request) *apiError {
	return &apiError{status: http.StatusNotFound, message: "Not Found"}
}

func (anthropic) wrongMethod(*http.Request) *apiError {
	return &apiError{status: http.StatusMethodNotAllowed, kind: "invalid_request_error", message: "Method Not Allowed"}
}

func (anthropic) noModel(model string) *apiError {
	return &apiError{status: http.StatusNotFound, message: "model: " + model}
}

// anthropicKinds are the types of errors by status.
var anthropicKinds = map[int]string{
	http.StatusUnauthorized:          "authentication_error",
	http.StatusPaymentRequired:       "billing_error",
	http.StatusForbidden:             "permission_error",
	http.StatusNotFound:              "not_found_error",
	http.StatusRequestEntityTooLarge: "request_too_large",
	http.StatusTooManyRequests:       "rate_limit_error",
	http.StatusServiceUnavailable:    "overloaded_error",
	http.StatusGatewayTimeout:        "timeout_error",
	529:                              "overloaded_error",
}

// anthropicError is the body of an error, and the payload of one inside of a stream.
type anthropicError struct {
	Type      string              `json:"type"`
	Error     anthropicErrorInner `json:"error"`
	RequestID string              `json:"request_id,omitempty"`
}

type anthropicErrorInner struct {
	Type    string            `json:"type"`
	Message string            `json:"message"`
	Details *anthropicDetails `json:"details,omitempty"`
}

// anthropicDetails tell the vendor's SDKs what to do about an error.
type anthropicDetails struct {
	Code        string   `json:"error_code"`
	Unsupported []string `json:"unsupported"`
}

func (e *apiError) anthropic(requestID string) anthropicError {
	kind := e.kind
	if kind == "" {
		kind = anthropicKinds[e.status]
	}
	switch {
	case kind == "" && e.status >= 500:
		kind = "api_error"
	case kind == "":
		kind = "invalid_request_error"
	}
	inner := anthropicErrorInner{Type: kind, Message: e.message}
	if e.code == threadUnsupported {
		inner.Details = &anthropicDetails{e.code, []string{"model"}}
	}
	return anthropicError{"error", inner, requestID}
}

func (anthropic) fail(w http.ResponseWriter, err *apiError) {
	err.setRetryAfter(w.Header())
	sendJSON(w, err.status, err.anthropic(w.Header().Get("Request-Id")))
}

func (anthropic) unknown(p *path, name string) *apiError {
	return invalid("%s: Extra inputs are not permitted", p.field(name).dots())
}

func (anthropic) missing(p *path) *apiError { return invalid("%s: Field required", p.dots()) }

// anthropicKindNames say what is expected instead of a value of another type.
var anthropicKindNames = []struct {
	kind kind
	name string
}{
	{kindString, "string"}, {kindArray, "list"}, {kindObject, "dictionary"}, {kindNumber, "number"},
	{kindInteger, "integer"}, {kindBool, "boolean"},
}

func (anthropic) wrongKind(p *path, want *shape, _ gjson.Result) *apiError {
	for _, one := range anthropicKindNames {
		if want.kinds&one.kind != 0 {
			return invalid("%s: Input should be a valid %s", p.dots(), one.name)
		}
	}
	return invalid("%s: Input should be null", p.dots())
}

func (anthropic) badEnum(p *path, enum []string, _ gjson.Result) *apiError {
	return invalid("%s: Input should be %s", p.dots(), strings.ReplaceAll(quotedList(enum, "or"), ", or", " or"))
}

func (anthropic) badTag(p *path, tag, got string, known []string) *apiError {
	return invalid("%s: Input tag '%s' found using '%s' does not match any of the expected tags: %s",
		p.dots(), got, tag, strings.ReplaceAll(quotedList(known, "and"), ", and", ","))
}

func (anthropic) outOfRange(p *path, want *shape, got gjson.Result) *apiError {
	if got.Num < want.low {
		return invalid("%s: Input should be greater than or equal to %s", p.dots(), digits(want.low))
	}
	return invalid("%s: Input should be less than or equal to %s", p.dots(), digits(want.high))
}

func (anthropic) badLength(p *path, want *shape, length int) *apiError {
	if length < want.minLen {
		return invalid("%s: String should have at least %d character%s", p.dots(), want.minLen, plural(want.minLen))
	}
	return invalid("%s: String should have at most %d character%s", p.dots(), want.maxLen, plural(want.maxLen))
}

func (anthropic) badPattern(p *path, pattern string) *apiError {
	return invalid("%s: String should match pattern '%s'", p.dots(), pattern)
}

func (anthropic) badCount(p *path, want *shape, count int) *apiError {
	if count < want.minItems {
		return invalid("%s: List should have at least %d item%s after validation, not %d", p.dots(), want.minItems, plural(want.minItems), count)
	}
	return invalid("%s: List should have at most %d item%s after validation, not %d", p.dots(), want.maxItems, plural(want.maxItems), count)
}

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}

// checkVersion checks the headers anthropic-version and anthropic-beta.
func checkVersion(h http.Header) *apiError {
	switch version := h.Get("Anthropic-Version"); version {
	case "2023-06-01", "2026-10-21":
	case "":
		return invalid("anthropic-version: header is required")
	default:
		return invalid("anthropic-version: \"%s\" is not a valid version", version)
	}
	for _, beta := range betas(h) {
		if !betaName.MatchString(beta) {
			return invalid("Unexpected value(s) `%s` for the `anthropic-beta` header. Please consult our documentation at docs.anthropic.com or try again without the header.", beta)
		}
	}
	return nil
}

// betas are the values of the anthropic-beta headers.
func betas(h http.Header) []string {
	var all []string
	for _, line := range h.Values("Anthropic-Beta") {
		for _, b := range strings.Split(line, ",") {
			if b = strings.TrimSpace(b); b != "" {
				all = append(all, b)
			}
		}
	}
	return all
}

// hasBeta tells whether a beta of any of these names was asked for, whatever its date.
func hasBeta(h http.Header, names ...string) bool {
	for _, b := range betas(h) {
		for _, name := range names {
			if rest, ok := strings.CutPrefix(b, name+"-"); ok && betaDate.MatchString(rest) {
				return true
			}
		}
	}
	return false
}
