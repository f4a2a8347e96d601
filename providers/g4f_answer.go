package providers

import (
	"bytes"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// g4fEar follows one answer of a server of gpt4free. The server asks several providers in turn, and goes on to the next
// one even when some of an answer has been sent, so that two answers may follow each other in one.
type g4fEar struct {
	origin   string // of the server, to which its links are relative
	provider string
	ids      map[string]string // call ids, which begin anew with every answer, and those that take their place
	said     bool              // content, reasoning or a call
	opening  string            // of the content
}

// bareID is an id that the server counts.
var bareID = regexp.MustCompile(`^call_\d+$`)

// Hear implements Ear.
func (g *g4fEar) Hear(data []byte) ([]byte, *ir.Error) {
	chunk := gjson.ParseBytes(data)
	if !chunk.IsObject() || chunk.Get("error").Exists() {
		return data, nil
	}
	if who := chunk.Get("provider").String(); who != "" {
		if g.provider != "" && g.provider != who && g.said {
			return nil, g4fFailed(ir.ErrTruncated, "provider_switched")
		}
		g.provider = who
	}
	for _, path := range []string{"choices.0.delta", "choices.0.message"} {
		delta := chunk.Get(path)
		content, reasoning, calls := delta.Get("content").String(), delta.Get("reasoning"), delta.Get("tool_calls").Array()
		if len(g.opening) < len(htmlStart) {
			g.opening += strings.TrimLeft(content, " \r\n\t")
		}
		if html := strings.ToLower(g.opening); strings.HasPrefix(html, htmlStart) || strings.HasPrefix(html, "<html") {
			return nil, g4fFailed(ir.ErrUpstream, "html_answer")
		}
		if tag := strings.TrimSpace(reasoning.String()); tag == "<think>" || tag == "</think>" {
			data, reasoning = replaced(data, reasoning, "null"), gjson.Result{}
		}
		data = g.rename(g.relink(data), calls)
		g.said = g.said || content != "" || reasoning.String() != "" || len(calls) > 0
	}
	return data, nil
}

// mediaLink is the start of a link to what the server keeps, in Markdown or HTML, as JSON writes it.
var mediaLink = regexp.MustCompile(`(\]\(|=\\"|=')/media/`)

// relink has the server's links to pictures, sounds and videos lead to the server from everywhere.
func (g *g4fEar) relink(data []byte) []byte {
	if g.origin == "" || !bytes.Contains(data, []byte("/media/")) {
		return data
	}
	return mediaLink.ReplaceAll(data, []byte("${1}"+strings.ReplaceAll(g.origin, "$", "$$")+"/media/"))
}

// origin is the scheme and the host of a URL; empty if it has none.
func origin(baseURL string) string {
	u, err := url.Parse(baseURL)
	if err != nil || u.Scheme == "" || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

const htmlStart = "<!doctype"

// rename gives calls ids that do not repeat.
func (g *g4fEar) rename(data []byte, calls []gjson.Result) []byte {
	for _, c := range calls {
		id := c.Get("id")
		if !bareID.MatchString(id.String()) {
			continue
		}
		if g.ids[id.String()] == "" {
			if g.ids == nil {
				g.ids = map[string]string{}
			}
			g.ids[id.String()] = "call_" + strings.ReplaceAll(newUUID(), "-", "")[:24]
		}
		data = []byte(strings.Replace(string(data), id.Raw, `"`+g.ids[id.String()]+`"`, 1))
	}
	return data
}

// replaced puts another value in the place of one that was read from data.
func replaced(data []byte, value gjson.Result, with string) []byte {
	if value.Index == 0 {
		return data
	}
	out := append([]byte(nil), data[:value.Index]...)
	return append(append(out, with...), data[value.Index+len(value.Raw):]...)
}

// Done implements Ear: an answer without a word is none.
func (g *g4fEar) Done() *ir.Error {
	if g.said {
		return nil
	}
	return g4fFailed(ir.ErrUpstream, "empty_answer")
}

func g4fFailed(kind ir.ErrorKind, code string) *ir.Error {
	return &ir.Error{Kind: kind, Status: http.StatusBadGateway, Code: code, Upstream: ir.Chat, Message: "the upstream failed"}
}

// g4fFaults are the server's errors by the class of exception that begins the message, or by words in it. The first
// that fits counts.
var g4fFaults = []struct {
	pattern *regexp.Regexp
	kind    ir.ErrorKind
	status  int
}{
	{regexp.MustCompile(`G4F API key`), ir.ErrAuth, 401},
	{regexp.MustCompile(`^(ModelNotFoundError|ProviderNotFoundError)|does not exist`), ir.ErrNotFound, 404},
	{regexp.MustCompile(`^RateLimitError|Response 429|^ResponseError: Error 429`), ir.ErrRateLimit, 429},
	// Whoever stands behind the server lacks a credential: that is the model's trouble, not the account's.
	{regexp.MustCompile(`^(MissingAuthError|NoValidHarFileError)|Add a "api_key"|^(PaymentRequiredError|ConversationLimitError)`), ir.ErrRateLimit, 429},
	{regexp.MustCompile(`(?i)context length|context_length|too many tokens|maximum context`), ir.ErrContextLength, 400},
	{regexp.MustCompile(`^BadRequestError|Response 4(00|13)`), ir.ErrInvalidRequest, 400},
	{regexp.MustCompile(`^ResponseError: Error 404`), ir.ErrNotFound, 404},
	{regexp.MustCompile(`^TimeoutError|timed out`), ir.ErrTimeout, 504},
}

// readG4FError reads what a server of gpt4free means. Its messages may hold addresses, paths and keys of who stands behind
// it, so that clients are given none of them.
func readG4FError(e *ir.Error) {
	if len(e.Raw) == 0 {
		return
	}
	body := gjson.ParseBytes(e.Raw)
	message := body.Get("error.message").String()
	if message == "" {
		message = body.Get("message").String()
	}
	switch {
	case e.Status == http.StatusUnprocessableEntity:
		e.Kind, e.Code = ir.ErrInvalidRequest, "unprocessable"
	case strings.HasPrefix(message, "RetryProviderError") || strings.Contains(strings.TrimSpace(message), "\n"):
		e.Kind, e.Status, e.Code = combined(message)
	default:
		e.Kind, e.Status, e.Code = g4fFault(message, e.Status)
	}
	e.Message, e.Raw, e.Type = "the server could not get an answer ("+e.Code+")", nil, ""
}

func g4fFault(message string, status int) (ir.ErrorKind, int, string) {
	class, _, ok := strings.Cut(message, ":")
	if !ok || strings.Trim(class, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789") != "" {
		class = "upstream"
	}
	for _, f := range g4fFaults {
		if f.pattern.MatchString(message) {
			return f.kind, f.status, class
		}
	}
	if status == http.StatusUnauthorized || status == http.StatusForbidden {
		return ir.ErrRateLimit, http.StatusTooManyRequests, class
	}
	return ir.ErrUpstream, http.StatusBadGateway, class
}

// combined judges the errors of all providers that were tried: what all have in common, else none of it.
func combined(message string) (ir.ErrorKind, int, string) {
	kind, status := ir.ErrorKind(""), 0
	for line := range strings.Lines(message) {
		line = strings.TrimPrefix(strings.TrimSpace(line), "RetryProviderError: ")
		_, fault, ok := strings.Cut(line, ": ")
		if !ok || strings.HasSuffix(line, ":") {
			continue
		}
		k, s, _ := g4fFault(fault, http.StatusInternalServerError)
		if kind != "" && k != kind || k == ir.ErrInvalidRequest {
			return ir.ErrUpstream, http.StatusBadGateway, "RetryProviderError"
		}
		kind, status = k, s
	}
	if kind == "" {
		return ir.ErrUpstream, http.StatusBadGateway, "RetryProviderError"
	}
	return kind, status, "RetryProviderError"
}
