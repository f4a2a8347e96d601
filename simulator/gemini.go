package simulator

import (
	"fmt"
	"net/http"
	"strings"
	"unicode"

	"github.com/tidwall/gjson"
)

// gemini is the voice of the Gemini API, as of its public error messages.
type gemini struct{}

func (gemini) nullIsAbsent() bool { return true }

// alias reads both spellings that the JSON form of protocol buffers allows.
func (gemini) alias(name string) string {
	if !strings.Contains(name, "_") || strings.HasPrefix(name, "_") {
		return name
	}
	var b strings.Builder
	upper := false
	for _, r := range name {
		switch {
		case r == '_':
			upper = true
		case upper:
			b.WriteRune(unicode.ToUpper(r))
			upper = false
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// snake is how Google spells members in messages.
func snake(name string) string {
	var b strings.Builder
	for _, r := range name {
		if unicode.IsUpper(r) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// of reads a member in either spelling.
func (v gemini) of(m gjson.Result, names ...string) gjson.Result {
	for _, name := range names {
		if !m.IsObject() {
			return gjson.Result{}
		}
		m = member(v, m, name)
	}
	return m
}

func (gemini) requestHeader() string { return "" }

func (gemini) credential(r *http.Request) string {
	if key := r.Header.Get("X-Goog-Api-Key"); key != "" {
		return key
	}
	if key := r.URL.Query().Get("key"); key != "" {
		return key
	}
	return bearer(r)
}

func (gemini) unauthorized(credential string) *apiError {
	if credential == "" {
		return &apiError{status: http.StatusUnauthorized, message: "Method doesn't allow unregistered callers " +
			"(callers without established identity). Please use API Key or other form of API consumer identity to call this API."}
	}
	return &apiError{status: http.StatusUnauthorized, code: "API_KEY_INVALID", message: "API key not valid. Please pass a valid API key."}
}

func (gemini) badJSON(empty bool) *apiError {
	if empty {
		return invalid("Invalid JSON payload received. Unexpected end of string.")
	}
	return invalid("Invalid JSON payload received. Unable to parse the body.")
}

func (gemini) notFound(r *http.Request) *apiError {
	return &apiError{status: http.StatusNotFound, message: "The requested URL " + r.URL.Path + " was not found on this server."}
}

func (gemini) wrongMethod(r *http.Request) *apiError {
	return &apiError{status: http.StatusMethodNotAllowed, message: "Method " + r.Method + " is not allowed for " + r.URL.Path + "."}
}

func (gemini) noModel(model string) *apiError {
	return &apiError{status: http.StatusNotFound, message: "models/" + model + " is not found for API version v1beta, " +
		"or is not supported for generateContent. Call ListModels to see the list of available models and their supported methods."}
}

// geminiStatuses are the canonical codes by status.
var geminiStatuses = map[int]string{
	http.StatusUnauthorized:          "UNAUTHENTICATED",
	http.StatusForbidden:             "PERMISSION_DENIED",
	http.StatusNotFound:              "NOT_FOUND",
	http.StatusConflict:              "ABORTED",
	http.StatusRequestEntityTooLarge: "INVALID_ARGUMENT",
	http.StatusTooManyRequests:       "RESOURCE_EXHAUSTED",
	499:                              "CANCELLED",
	http.StatusInternalServerError:   "INTERNAL",
	http.StatusNotImplemented:        "UNIMPLEMENTED",
	http.StatusGatewayTimeout:        "DEADLINE_EXCEEDED",
}

// geminiError is the body of an error, and the payload of one inside of a stream.
type geminiError struct {
	Error geminiErrorInner `json:"error"`
}

type geminiErrorInner struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
	Status  string `json:"status"`
	Details []any  `json:"details,omitempty"`
}

const googleType = "type.googleapis.com/google.rpc."

func (e *apiError) gemini() geminiError {
	status := geminiStatuses[e.status]
	switch {
	case status == "" && e.status >= 500:
		status = "UNAVAILABLE"
	case status == "":
		status = "INVALID_ARGUMENT"
	}
	inner := geminiErrorInner{Code: e.status, Message: e.message, Status: status}
	if e.code != "" {
		inner.Details = append(inner.Details, map[string]string{
			"@type": googleType + "ErrorInfo", "reason": e.code, "domain": "googleapis.com",
		})
	}
	if e.retryAfter > 0 {
		inner.Details = append(inner.Details, map[string]string{
			"@type": googleType + "RetryInfo", "retryDelay": fmt.Sprintf("%gs", e.retryAfter.Seconds()),
		})
	}
	return geminiError{inner}
}

func (gemini) fail(w http.ResponseWriter, err *apiError) { sendJSON(w, err.status, err.gemini()) }

func (gemini) name(p *path) string { return p.brackets(snake) }

func (v gemini) unknown(p *path, name string) *apiError {
	if p == nil {
		return invalid("Invalid JSON payload received. Unknown name \"%s\": Cannot find field.", name)
	}
	return invalid("Invalid JSON payload received. Unknown name \"%s\" at '%s': Cannot find field.", name, v.name(p))
}

// wrong is a complaint about one member of a request.
func (v gemini) wrong(p *path, format string, args ...any) *apiError {
	return invalid("* GenerateContentRequest.%s: %s\n", v.name(p), fmt.Sprintf(format, args...))
}

func (v gemini) missing(p *path) *apiError {
	steps := p.steps()
	return v.wrong(p, "%s is not specified", snake(steps[len(steps)-1].name))
}

// geminiKindNames are the types of protocol buffers.
var geminiKindNames = []struct {
	kind kind
	name string
}{
	{kindString, "TYPE_STRING"}, {kindNumber, "TYPE_FLOAT"}, {kindInteger, "TYPE_INT32"}, {kindBool, "TYPE_BOOL"},
	{kindArray, "TYPE_REPEATED"}, {kindObject, "TYPE_MESSAGE"},
}

func (v gemini) wrongKind(p *path, want *shape, got gjson.Result) *apiError {
	for _, one := range geminiKindNames {
		if want.kinds&one.kind != 0 {
			return invalid("Invalid value at '%s' (%s), %s", v.name(p), one.name, shorten(got.Raw))
		}
	}
	return invalid("Invalid value at '%s', %s", v.name(p), shorten(got.Raw))
}

func (v gemini) badEnum(p *path, _ []string, got gjson.Result) *apiError {
	return invalid("Invalid value at '%s' (TYPE_ENUM), %s", v.name(p), shorten(got.Raw))
}

func (v gemini) badTag(p *path, tag, got string, _ []string) *apiError {
	return invalid("Invalid value at '%s' (TYPE_ENUM), \"%s\"", v.name(p.field(tag)), got)
}

func (v gemini) outOfRange(p *path, want *shape, got gjson.Result) *apiError {
	return v.wrong(p, "%s must be in the range [%s, %s], but was %s.", p.name, digits(want.low), digits(want.high), got.Raw)
}

func (v gemini) badLength(p *path, want *shape, _ int) *apiError {
	return v.wrong(p, "must have between %d and %d characters.", want.minLen, want.maxLen)
}

func (v gemini) badPattern(p *path, _ string) *apiError {
	return invalid("Invalid value at '%s'", v.name(p))
}

func (v gemini) badCount(p *path, want *shape, count int) *apiError {
	if count < want.minItems {
		return v.wrong(p, "%s must not be empty.", v.name(at(lastNames(p)...)))
	}
	return v.wrong(p, "must have at most %d values, but has %d.", want.maxItems, count)
}

// lastNames are the names of the members on the way to a place, as in contents.parts.
func lastNames(p *path) []any {
	var names []any
	for _, s := range p.steps() {
		if s.number < 0 && !s.union {
			names = append(names, s.name)
		}
	}
	return names
}

func shorten(text string) string {
	if len(text) > 100 {
		return strings.ToValidUTF8(text[:100], "") + "..."
	}
	return text
}
