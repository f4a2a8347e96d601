package ir

// Seen is what an answer has told so far, whichever way it takes through the
// gateway. The pool judges by it and usage is booked from it.
type Seen struct {
	Content bool // the first content has come: text, thinking, a tool's name, media
	Done    bool // the dialect's terminal event has come
	Stop    Stop
	Usage   Usage
	Guessed bool   // Usage is an estimate
	Err     *Error // an error inside the answer
	Events  int    // frames so far
}

// Note takes over what an event tells.
func (s *Seen) Note(e *Event) {
	switch e.Kind {
	case EventStart, EventUsage:
		if e.Usage != nil {
			s.Usage.Merge(e.Usage)
			s.Guessed = e.Estimated
		}
	case EventPartStart:
		s.Content = s.Content || e.Part.IsContent()
	case EventDelta:
		s.Content = s.Content || e.Text != "" || len(e.JSON) > 0
	case EventStop:
		if s.Stop.Reason == "" {
			s.Stop = Stop{Reason: e.Stop.Reason, Category: e.Stop.Category, Raw: e.Stop.Raw}
		}
	case EventError:
		s.Err, s.Done = e.Err, true
	case EventEnd:
		s.Done = true
	}
}

// IsContent reports whether the part is an answer already when it starts: a
// named tool call, redacted thinking, media, or text that is there at once.
func (p *Part) IsContent() bool {
	switch p.Kind {
	case PartText, PartThinking, PartRefusal:
		return p.Text != "" || p.Think != nil && p.Think.Redacted
	case PartToolCall:
		return p.Call.Name != ""
	default:
		return true
	}
}

// Relay is the straight pipe of one dialect: it hands the upstream's bytes on
// as they are, reads from the same bytes what Seen holds, and edits only what
// must differ (the model's name when it was renamed, a usage chunk that the
// client did not ask for). It serves one answer and one goroutine, and it does
// not allocate per frame.
type Relay interface {
	// Frame appends to dst what the client gets for one frame of the
	// upstream's stream: raw itself unless something must be edited. For an
	// error inside the stream it appends nothing and sets Seen().Err, but not
	// Seen().Done: Fail is called next.
	Frame(dst []byte, name string, data, raw []byte) []byte
	// Close is called at the end of the upstream's bytes. When the answer was
	// cut it appends the dialect's error frame and sets Seen().Err.
	Close(dst []byte) []byte
	// Fail ends the stream with the dialect's error frame, for an error that
	// the gateway found, such as an upstream that fell silent.
	Fail(dst []byte, e *Error) []byte
	// Body appends to dst what the client gets for a whole answer.
	Body(dst, body []byte) []byte
	// Seen returns what the answer has told so far.
	Seen() *Seen
}
