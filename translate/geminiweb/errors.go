package geminiweb

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// The codes of errors that say what is to be done.
const (
	CodeTemporary    = 1013
	CodeModelLimit   = 1037 // of this model
	CodeOtherModel   = 1050 // the conversation is another model's
	CodeModelInvalid = 1052
	CodeAddress      = 1060 // the address that the request came from
	CodeConversation = 1096 // the conversation's ids are refused
)

// problems are the codes of errors in an answer with status 200. The status is the one that stands for the error.
var problems = map[int]ir.Error{
	CodeTemporary:    {Kind: ir.ErrUpstream, Status: http.StatusBadGateway, Message: "the web app has a temporary error"},
	CodeModelLimit:   {Kind: ir.ErrRateLimit, Status: http.StatusTooManyRequests, Message: "the model's usage limit is reached", RetryAfter: 15 * time.Minute},
	CodeOtherModel:   {Kind: ir.ErrUpstream, Status: http.StatusBadGateway, Message: "the conversation belongs to another model"},
	CodeModelInvalid: {Kind: ir.ErrNotFound, Status: http.StatusNotFound, Message: "the web app does not know the model, or not in this form"},
	CodeAddress:      {Kind: ir.ErrQuota, Status: http.StatusTooManyRequests, Message: "the address is blocked for a time", RetryAfter: 30 * time.Minute},
	CodeConversation: {Kind: ir.ErrUpstream, Status: http.StatusBadGateway, Message: "the conversation is refused"},
}

// codePrefix stands in front of a code in an error's code.
const codePrefix = "web_"

// Problem returns the error that a code stands for.
func Problem(code int) *ir.Error {
	e, known := problems[code]
	if !known {
		// Nobody knows what it means. Another account would be led into the same, and each question is seen by Google.
		e = ir.Error{Kind: ir.ErrUpstream, Status: http.StatusBadGateway, Message: "the web app has an error that is not known", Hopeless: true}
	}
	e.Code, e.Upstream = codePrefix+strconv.Itoa(code), ir.GeminiWeb
	return &e
}

// kinds tell what a status means whose body says nothing.
var kinds = map[int]ir.ErrorKind{
	400: ir.ErrInvalidRequest, 401: ir.ErrAuth, 403: ir.ErrPermission, 404: ir.ErrNotFound, 408: ir.ErrTimeout,
	413: ir.ErrTooLarge, 429: ir.ErrRateLimit, 500: ir.ErrUpstream, 502: ir.ErrUpstream, 503: ir.ErrOverloaded, 504: ir.ErrTimeout,
}

// limited is how long an account is left alone that is asked too often, if nobody says how long.
const limited = time.Minute

// DecodeError reads an error as the provider writes it: {"error":{"kind","code","message"}}.
func (Codec) DecodeError(status int, header http.Header, body []byte) *ir.Error {
	e := &ir.Error{Status: status, Upstream: ir.GeminiWeb, Kind: kinds[status], Message: "the web app refuses the request"}
	if said := gjson.GetBytes(body, "error"); jsonx.Valid(body) && said.IsObject() {
		e.Kind = ir.ErrorKind(said.Get("kind").String())
		e.Code = said.Get("code").String()
		e.Message = said.Get("message").String()
	}
	if e.Kind == "" {
		e.Kind = ir.ErrUpstream
	}
	if number, web := strings.CutPrefix(e.Code, codePrefix); web {
		code, err := strconv.Atoi(number)
		e.Hopeless = err == nil && Problem(code).Hopeless
	}
	if n, err := strconv.Atoi(header.Get("Retry-After")); err == nil && n > 0 && n < 1e7 {
		e.RetryAfter = time.Duration(n) * time.Second
	} else if status == http.StatusTooManyRequests {
		e.RetryAfter = limited
	}
	return e
}
