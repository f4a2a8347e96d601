package ir

import (
	"net/http"
	"strings"
)

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

	Unwrapped bool // Gemini: the body came inside of Code Assist's envelope

	ModelAt      Span      // the value of `model` in the body, quotes included; empty when the path names it
	StreamOptsAt Span      // Chat: the value of `stream_options`; empty when absent
	OldLimitAt   Span      // Chat: the value of `max_tokens`, unless `max_completion_tokens` is there too; empty when absent
	NewLimit     bool      // Chat: `max_completion_tokens` is there
	Usage        Opt[bool] // Chat: whether the client asked for stream_options.include_usage
	Open         int       // offset behind the body's opening brace, where a member can be put in
	Empty        bool      // the body's object has no members

	TurnsAt   Span     // the value of `messages`, `input` or `contents`; empty when absent
	SystemAt  Span     // the value of `system`, `instructions` or `systemInstruction`; empty when absent
	Scattered bool     // what the conversation begins with may also stand elsewhere than in these two
	ToolsAt   Span     // the value of `tools`; empty when absent
	PrivateAt Span     // Responses: the value of `client_metadata`, which is for OpenAI only; empty when absent
	MaxOutput Opt[int] // the most tokens that the answer may have
	Hints     Hints
	Stored    Stored // Responses: what the request says of what is stored
	Thread    Thread // Anthropic: the conversation that the vendor keeps

	Outline Outline // of the body, for the decoder
	Arena   *Arena  // where the decoder puts the request; nil for memory of its own
}

// Rivals reports whether a member of the body's object, about to be read, names
// a model beside the one that the gateway goes by: a second `model`, of which
// some readers take the first and some the last, or one like `Model`, which
// readers that do not mind case take for it. Keys and prices are for one model,
// so that no other may be asked.
func (e *Envelope) Rivals(member string) bool {
	return len(member) == len("model") && strings.EqualFold(member, "model") && (member != "model" || e.ModelAt.Len() > 0)
}

// Place notes where the turns or the system's words stand. What stands twice is
// scattered.
func (e *Envelope) Place(at *Span, start, end int) {
	e.Scattered = e.Scattered || at.Len() > 0
	*at = Span{start, end}
}

// Hints are the members of a body by which clients name the conversation that
// a request belongs to. They alias the body, are the client's secrets, and are
// empty where the body has no string.
type Hints struct {
	UserID       Text   // metadata.user_id
	EndUser      Text   // OpenAI's user
	CacheKey     Text   // prompt_cache_key
	Conversation Text   // conversation or its id, else conversation_id
	Session      Text   // session_id or sessionId
	Previous     Text   // previous_response_id
	Known        string // the session of the response that this goes on with, where the gateway has stored that
}

// Thread is what an Anthropic request says of a conversation whose turns are
// with the vendor, in the account that has answered them.
type Thread struct {
	Used     bool   // the body has one
	Previous string // the message that the request goes on with; empty when it begins a thread
}

// Span is a piece of a body: the bytes from Start up to End.
type Span struct{ Start, End int }

// Len returns the number of bytes in the span.
func (s Span) Len() int { return s.End - s.Start }
