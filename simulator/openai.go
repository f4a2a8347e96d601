package simulator

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"
)

// openAI is the voice of OpenAI's APIs, as of its public error messages.
type openAI struct{}

func (openAI) nullIsAbsent() bool       { return true }
func (openAI) alias(name string) string { return name }

func (openAI) requestHeader() string { return "X-Request-Id" }

func (openAI) credential(r *http.Request) string { return bearer(r) }

func (openAI) unauthorized(credential string) *apiError {
	if credential == "" {
		return &apiError{status: http.StatusUnauthorized, kind: "invalid_request_error", message: "You didn't provide an API key. " +
			"You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY)."}
	}
	return &apiError{status: http.StatusUnauthorized, kind: "invalid_request_error", code: "invalid_api_key",
		message: "Incorrect API key provided. You can find your API key at https://platform.openai.com/account/api-keys."}
}

func (openAI) badJSON(bool) *apiError {
	return invalid("We could not parse the JSON body of your request. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.")
}

func (openAI) notFound(r *http.Request) *apiError {
	return &apiError{status: http.StatusNotFound, code: "unknown_url", message: fmt.Sprintf("Invalid URL (%s %s)", r.Method, r.URL.Path)}
}

func (openAI) wrongMethod(r *http.Request) *apiError {
	return &apiError{status: http.StatusMethodNotAllowed, code: "method_not_supported",
		message: fmt.Sprintf("Not allowed to %s on %s.", r.Method, r.URL.Path)}
}

func (openAI) noModel(model string) *apiError {
	return &apiError{status: http.StatusNotFound, code: "model_not_found", param: "model",
		message: fmt.Sprintf("The model `%s` does not exist or you do not have access to it.", model)}
}

// openAIKinds are the types of errors by status.
var openAIKinds = map[int]string{
	http.StatusUnauthorized:        "authentication_error",
	http.StatusForbidden:           "permission_error",
	http.StatusTooManyRequests:     "rate_limit_error",
	http.StatusInternalServerError: "server_error",
	http.StatusServiceUnavailable:  "overloaded_error",
}

// openAIError is the body of an error, and the payload of one inside of a stream.
type openAIError struct {
	Message string  `json:"message"`
	Type    string  `json:"type"`
	Param   *string `json:"param"`
	Code    *string `json:"code"`
}

func (e *apiError) openAI() openAIError {
	kind := e.kind
	if kind == "" {
		kind = openAIKinds[e.status]
	}
	code := e.code
	switch {
	case kind == "" && e.status >= 500:
		kind = "server_error"
	case kind == "":
		kind = "invalid_request_error"
	case kind == "rate_limit_error" && code == "":
		code = "rate_limit_exceeded"
	}
	return openAIError{e.message, kind, orNil(e.param), orNil(code)}
}

func (openAI) fail(w http.ResponseWriter, err *apiError) {
	err.setRetryAfter(w.Header())
	if err.retryAfter > 0 {
		w.Header().Set("Retry-After-Ms", strconv.FormatInt(err.retryAfter.Milliseconds(), 10))
	}
	sendJSON(w, err.status, map[string]openAIError{"error": err.openAI()})
}

func (openAI) name(p *path) string { return p.brackets(func(name string) string { return name }) }

func (v openAI) unknown(p *path, name string) *apiError {
	full := v.name(p.field(name))
	return invalid("Unknown parameter: '%s'.", full).withParam(full).withCode("unknown_parameter")
}

func (v openAI) missing(p *path) *apiError {
	full := v.name(p)
	if full == "model" {
		return invalid("you must provide a model parameter")
	}
	return invalid("Missing required parameter: '%s'.", full).withParam(full).withCode("missing_required_parameter")
}

func (v openAI) wrongKind(p *path, want *shape, got gjson.Result) *apiError {
	full := v.name(p)
	return invalid("Invalid type for '%s': expected %s, but got %s instead.", full, openAIKindNames(want.kinds), openAIValueName(got)).
		withParam(full).withCode("invalid_type")
}

func (v openAI) badEnum(p *path, enum []string, got gjson.Result) *apiError {
	full := v.name(p)
	return invalid("Invalid value: '%s'. Supported values are: %s.", got.String(), quotedList(enum, "and")).
		withParam(full).withCode("invalid_value")
}

func (v openAI) badTag(p *path, tag, got string, known []string) *apiError {
	full := v.name(p.field(tag))
	return invalid("Invalid value: '%s'. Supported values are: %s.", got, quotedList(known, "and")).
		withParam(full).withCode("invalid_value")
}

func (v openAI) outOfRange(p *path, want *shape, got gjson.Result) *apiError {
	full, kind := v.name(p), "decimal"
	if want.kinds&kindNumber == 0 {
		kind = "integer"
	}
	if got.Num < want.low {
		return invalid("Invalid '%s': %s below minimum value. Expected a value >= %s, but got %s instead.", full, kind, digits(want.low), got.Raw).
			withParam(full).withCode(kind + "_below_min_value")
	}
	return invalid("Invalid '%s': %s above maximum value. Expected a value <= %s, but got %s instead.", full, kind, digits(want.high), got.Raw).
		withParam(full).withCode(kind + "_above_max_value")
}

func (v openAI) badLength(p *path, want *shape, length int) *apiError {
	full := v.name(p)
	if length < want.minLen {
		return invalid("Invalid '%s': empty string. Expected a string with minimum length %d, but got an empty string instead.", full, want.minLen).
			withParam(full).withCode("empty_string")
	}
	return invalid("Invalid '%s': string too long. Expected a string with maximum length %d, but got a string with length %d instead.", full, want.maxLen, length).
		withParam(full).withCode("string_above_max_length")
}

func (v openAI) badPattern(p *path, pattern string) *apiError {
	full := v.name(p)
	return invalid("Invalid '%s': string does not match pattern. Expected a string that matches the pattern '%s'.", full, pattern).
		withParam(full).withCode("invalid_value")
}

func (v openAI) badCount(p *path, want *shape, count int) *apiError {
	full := v.name(p)
	if count < want.minItems {
		return invalid("Invalid '%s': empty array. Expected an array with minimum length %d, but got an empty array instead.", full, want.minItems).
			withParam(full).withCode("empty_array")
	}
	return invalid("Invalid '%s': array too long. Expected an array with maximum length %d, but got an array with length %d instead.", full, want.maxItems, count).
		withParam(full).withCode("array_above_max_length")
}

// openAIKindNames says which types are expected.
func openAIKindNames(k kind) string {
	var names []string
	for _, one := range []struct {
		kind kind
		name string
	}{
		{kindString, "a string"}, {kindNumber, "a decimal"}, {kindInteger, "an integer"}, {kindBool, "a boolean"},
		{kindObject, "an object"}, {kindArray, "an array of objects"}, {kindNull, "null"},
	} {
		if k&one.kind != 0 && !(one.kind == kindInteger && k&kindNumber != 0) {
			names = append(names, one.name)
		}
	}
	if len(names) == 1 {
		return names[0]
	}
	return "one of " + strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}

func openAIValueName(v gjson.Result) string {
	k := kindOf(v)
	if k&kindInteger != 0 {
		k = kindInteger
	}
	return strings.TrimSuffix(openAIKindNames(k), " of objects")
}

func digits(n float64) string {
	if math.IsInf(n, 0) {
		return "any"
	}
	return strconv.FormatFloat(n, 'f', -1, 64)
}

// quotedList writes 'a', 'b', and 'c'.
func quotedList(values []string, last string) string {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = "'" + v + "'"
	}
	switch n := len(quoted); n {
	case 0, 1:
		return strings.Join(quoted, "")
	case 2:
		return quoted[0] + " " + last + " " + quoted[1]
	default:
		return strings.Join(quoted[:n-1], ", ") + ", " + last + " " + quoted[n-1]
	}
}

func orNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
