package ir

import "net/http"

// Envelope is what the gateway reads of a request before it knows who will
// answer it: enough to check the key, to choose an account and, when the
// account speaks the client's dialect, to relay the body without decoding it.
type Envelope struct {
	Op      Op
	Dialect Dialect
	Header  http.Header // of the client's request; read only

	Model  string // from the body, or from the path (Gemini)
	Stream bool   // from the body, or from the path (Gemini)
	Array  bool   // Gemini: the stream is one JSON array, not server-sent events

	ModelAt      Span      // the value of `model` in the body, quotes included; empty when the path names it
	StreamOptsAt Span      // Chat: the value of `stream_options`; empty when absent
	Usage        Opt[bool] // Chat: whether the client asked for stream_options.include_usage
	Open         int       // offset behind the body's opening brace, where a member can be put in
	Empty        bool      // the body's object has no members
}

// Span is a piece of a body: the bytes from Start up to End.
type Span struct{ Start, End int }

// Len returns the number of bytes in the span.
func (s Span) Len() int { return s.End - s.Start }
