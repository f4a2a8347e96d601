package simulator

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// apiError is a refusal, before a dialect words its body.
type apiError struct {
	status  int
	kind    string // the vendor's type of error; empty for the usual one of the status
	code    string // OpenAI's code, or Google's reason
	param   string // OpenAI's param
	message string

	// retryAfter is how long the caller should wait; 0 says nothing.
	retryAfter time.Duration
}

func (e *apiError) Error() string { return e.message }

// invalid is a 400.
func invalid(format string, args ...any) *apiError {
	return &apiError{status: http.StatusBadRequest, message: fmt.Sprintf(format, args...)}
}

func (e *apiError) withCode(code string) *apiError {
	e.code = code
	return e
}

func (e *apiError) withParam(param string) *apiError {
	e.param = param
	return e
}

// setRetryAfter writes the header that OpenAI and Anthropic send.
func (e *apiError) setRetryAfter(h http.Header) {
	if e.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int((e.retryAfter+time.Second-1)/time.Second)))
	}
}

// demandedMessages are the texts of failures on demand that no vendor has a better one for.
var demandedMessages = map[int]string{
	400: "The simulator was asked to refuse this request.",
	401: "The simulator was asked to refuse these credentials.",
	403: "The simulator was asked to deny the permission.",
	404: "The simulator was asked not to find the model.",
	413: "Request exceeds the maximum size.",
	429: "Rate limit reached. Please try again later.",
	500: "The server had an error while processing your request.",
	503: "The model is overloaded. Please try again later.",
	529: "Overloaded",
}

// demanded is a failure that the prompt or the account's options asked for.
func demanded(status int, retryAfter time.Duration) *apiError {
	message, ok := demandedMessages[status]
	if !ok {
		message = fmt.Sprintf("The simulator was asked to fail with %d.", status)
	}
	if retryAfter == 0 && (status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable) {
		retryAfter = time.Second
	}
	return &apiError{status: status, message: message, retryAfter: retryAfter}
}

// sendJSON writes a whole answer.
func sendJSON(w http.ResponseWriter, status int, v any) {
	var body bytes.Buffer
	writeJSON(&body, v)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(body.Bytes())
}
