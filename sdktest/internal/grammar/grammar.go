// Package grammar checks what a server of one of the four dialects writes: streams event by event, whole answers and
// errors, as strictly as the vendors' published schemas and stream descriptions allow. It shares no code with the
// gateway, so that it cannot share its bugs.
package grammar

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// Dialect is one of the APIs.
type Dialect string

// The dialects.
const (
	Chat      Dialect = "chat"
	Responses Dialect = "responses"
	Anthropic Dialect = "anthropic"
	Gemini    Dialect = "gemini"
)

// Ending is how a stream came to its end.
type Ending string

// The endings. A stream that stops before its terminator is Cut, which is an error unless it was expected.
const (
	Complete Ending = "complete"
	Failed   Ending = "failed"
	Cut      Ending = "cut"
)

// Options are what a checker must know of the request.
type Options struct {
	// Usage tells that a Chat client asked for usage in the stream.
	Usage bool

	// Array tells that a Gemini client did not ask for server-sent events, so that the stream is one JSON array.
	Array bool

	// Relayed tells that the upstream speaks the same dialect. A response that fails in the middle of an item is handed
	// on as the upstream wrote it.
	Relayed bool

	// Prefix tells that the client did not read to the end, so that nothing may be concluded from what is missing.
	Prefix bool
}

// Report is what a checker found.
type Report struct {
	Ending Ending
	Events int // without comments and pings
	Pings  int
	Text   string // the visible text of the first answer, put together from its pieces
	errs   []error
}

// Err is everything that is wrong, nil if all is well.
func (r *Report) Err() error { return errors.Join(r.errs...) }

func (r *Report) fail(format string, args ...any) {
	r.errs = append(r.errs, fmt.Errorf(format, args...))
}

// checker reads the events of one stream.
type checker interface {
	event(r *Report, e event)
	end(r *Report, o Options)
}

// Stream checks the body of a streamed answer.
func Stream(d Dialect, body []byte, o Options) *Report {
	r := &Report{Ending: Cut}
	if !utf8.Valid(body) {
		r.fail("the stream is not valid UTF-8")
	}
	if d == Gemini && o.Array {
		checkArray(r, body, o)
		return r
	}
	c := map[Dialect]func() checker{
		Chat:      func() checker { return &chatStream{usage: o.Usage} },
		Responses: func() checker { return &responseStream{relayed: o.Relayed} },
		Anthropic: func() checker { return &messageStream{} },
		Gemini:    func() checker { return &geminiStream{} },
	}[d]()
	for _, e := range split(r, body, d, o) {
		if e.comment {
			r.Pings++
			continue
		}
		r.Events++
		c.event(r, e)
	}
	c.end(r, o)
	if r.Ending == Cut && !o.Prefix {
		r.fail("the stream ends without its terminator")
	}
	return r
}

// Whole checks the body of an answer that does not stream.
func Whole(d Dialect, body []byte) *Report {
	r := &Report{Ending: Complete, Events: 1}
	n := parse(r, "answer", body)
	if len(r.errs) > 0 {
		return r
	}
	switch d {
	case Chat:
		r.Text = wholeChat(n)
	case Responses:
		r.Text = checkResponse(n)
	case Anthropic:
		r.Text = wholeMessage(n)
	case Gemini:
		r.Text = wholeGemini(n)
	}
	return r
}

// Failure checks the body of an error answer, and that it agrees with its status.
func Failure(d Dialect, status int, body []byte) *Report {
	r := &Report{Ending: Failed}
	n := parse(r, "error", body)
	if len(r.errs) > 0 {
		return r
	}
	switch d {
	case Chat, Responses:
		checkOpenAIError(n.object("error"))
	case Anthropic:
		checkAnthropicError(n, status)
	case Gemini:
		checkGeminiError(n.object("error"), status)
	}
	return r
}

// parse reads one JSON object.
func parse(r *Report, where string, raw []byte) node {
	n := node{r: r, where: where}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if err := dec.Decode(&n.v); err != nil {
		r.fail("%s: not JSON: %v: %.200s", where, err, raw)
		return n
	}
	if rest := bytes.TrimSpace(raw[dec.InputOffset():]); len(rest) > 0 {
		r.fail("%s: something follows the JSON: %.100s", where, rest)
	}
	if _, ok := n.v.(map[string]any); !ok {
		r.fail("%s: not an object: %.100s", where, raw)
	}
	return n
}
