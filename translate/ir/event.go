package ir

// EventKind tells what an Event says.
type EventKind uint8

// The kinds of events, and which fields of Event they use besides Cand and
// Index. A stream is: one EventStart; parts, each from EventPartStart to
// EventPartStop, of which several may be open at once; one EventStop per
// candidate after its last EventPartStop; EventEnd. EventError ends the stream
// at any place instead.
const (
	EventStart     EventKind = iota + 1 // ID, Model, Created, Usage when known by then; first, exactly once
	EventPartStart                      // Part: kind and header (call id and name, redacted data, server item); Index increases by one per candidate in order of starts
	EventDelta                          // Text, or JSON for arguments that arrive as a raw object; only between start and stop of the part
	EventCitation                       // Citation; of a text that may have ended, since some tell their sources last
	EventSignature                      // Sig; at most once per part, before its stop
	EventLogprobs                       // Logprobs
	EventPartStop                       // Part when the upstream sends a complete version, else nil
	EventUsage                          // Usage; cumulative, the last wins
	EventStop                           // Stop; once per candidate
	EventPing                           //
	EventError                          // Err; last
	EventEnd                            // last
)

// Event is one step of a streamed answer. Texts and byte slices in it, also
// behind its pointers, alias the frame they were read from and are valid until
// the next one is decoded; plain strings (ids, names, signatures) are copies
// that last. Fields that a kind does not use are zero.
type Event struct {
	Kind  EventKind
	Cand  int // candidate
	Index int // part within the candidate

	Text Text   // EventDelta: a piece of text, thinking, refusal, media data (base64) or arguments
	JSON []byte // EventDelta: a piece of arguments as raw JSON text (Gemini); Text is empty then

	Part     *Part
	Sig      *Sig
	Citation *Citation
	Logprobs []TokenLogprob
	Usage    *Usage
	Stop     Stop
	Err      *Error

	ID, Model string // EventStart
	Created   int64  // EventStart; unix seconds, 0 means unknown
	Tier      string // EventStart or EventUsage, when the upstream says which tier served
	Estimated bool   // EventUsage; the counts are an estimate, since the upstream counts nothing
}

// AppendText appends an EventDelta. It writes over one that lies behind out as
// it is, but for its text: a decoder's events lie in the same place for every
// frame, and clearing one costs as much as reading the frame.
func AppendText(out []Event, cand, index int, text Text) []Event {
	if n := len(out); n < cap(out) {
		if e := &out[:n+1][n]; e.Kind == EventDelta && e.JSON == nil {
			e.Cand, e.Index, e.Text = cand, index, text
			return out[:n+1]
		}
	}
	return append(out, Event{Kind: EventDelta, Cand: cand, Index: index, Text: text})
}

// AppendDelta appends a delta of arguments or text to dst as the inside of a
// JSON string, whichever form it came in.
func (e *Event) AppendDelta(dst []byte) []byte {
	if e.JSON != nil {
		return AppendEscaped(dst, e.JSON)
	}
	return append(dst, e.Text...)
}

// Decoder reads an upstream's stream of one dialect. It serves one answer and
// one goroutine.
type Decoder interface {
	// Decode appends to out what one frame says: name is the SSE event's name
	// (empty for unnamed ones), data its data. A frame that cannot be read
	// becomes an EventError. After EventEnd or EventError nothing is appended.
	Decode(out []Event, name string, data []byte) []Event
	// Close is called at the end of the upstream's bytes and appends what is
	// missing: open parts' stops, the held EventStop and EventEnd, or an
	// EventError of kind ErrTruncated when the answer was cut.
	Close(out []Event) []Event
}

// Encoder writes the client's stream of one dialect: it owns the order of its
// events, the open part, indices, terminators and error frames. It serves one
// answer and one goroutine.
type Encoder interface {
	// Append appends to dst the wire form of an event: nothing, one frame or
	// several. After an EventEnd or EventError it appends nothing more.
	Append(dst []byte, e *Event) []byte
	// Ping appends the dialect's keep-alive, nothing where clients cannot take
	// one.
	Ping(dst []byte) []byte
}
