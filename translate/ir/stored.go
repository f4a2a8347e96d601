package ir

// Item is one item of a conversation in the Responses API, as it is stored.
type Item struct {
	ID     string
	CallID string // of a tool's call; empty for every other item
	Raw    []byte // with the id in it
}

// Stored is what a Responses request says of what is stored, as its envelope
// tells.
type Stored struct {
	Store        Opt[bool] // OpenAI stores unless it is false
	Background   bool      // the client does not wait for the answer
	Previous     string    // previous_response_id
	Conversation string

	PreviousAt, ConversationAt, BackgroundAt Span // of the values; empty when absent
}

// Keeping is what the gateway itself does for a client of the Responses API
// whose upstream stores nothing. The answer repeats it.
type Keeping struct {
	ID           string // of the answer
	Store        bool
	Background   bool
	Previous     string
	Conversation string

	Object []byte // the response object as it was written for the client, if it is stored; nil until the answer has ended
}
