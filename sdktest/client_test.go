package sdktest

import (
	"context"
	"testing"
)

// ask is a request in no dialect: what the scenarios want from any client.
type ask struct {
	Model     string
	System    string
	Turns     []turn
	Tools     []tool
	Force     bool // a tool must be called
	MaxTokens int
	Stop      []string
	Schema    map[string]any // of the answer
	Think     bool
}

// turn is one of: what the user says, the client's own copy of an answer, or the results of tools.
type turn struct {
	User    string
	Image   []byte // PNG
	Reply   *reply
	Results []result
}

// tool is a function that the model may call.
type tool struct {
	Name, Description string
	Parameters        map[string]any
}

// call is a call that the model made.
type call struct{ ID, Name, Arguments string }

// result is what a call led to.
type result struct {
	Call   call
	Output string
}

// usage counts tokens inclusively: cached ones are part of the input, reasoning is part of the output.
type usage struct{ Input, Output, Cached, Reasoning int64 }

// reply is an answer in no dialect.
type reply struct {
	Text     string
	Thinking string
	Refusal  string
	Calls    []call
	Stop     string // the vendor's word
	StopText string // the stop sequence, where the dialect tells it
	Usage    usage
	Signed   bool // the answer carries a signature that the next turn brings back
	native   any  // what the client sends back in the next turn
}

// failure is an error as the SDK types it.
type failure struct {
	Status  int // 0 when the SDK does not tell, as inside of a stream
	Kind    string
	Message string
}

// client is one vendor's SDK.
type client interface {
	// Dialect is the API that the SDK speaks.
	Dialect() string

	// Send asks for a whole answer.
	Send(ctx context.Context, a ask) (*reply, error)

	// Stream asks for a streamed answer and puts it together with the SDK's own accumulator. It calls each, if it is
	// not nil, after every event. What came before an error is returned with it.
	Stream(ctx context.Context, a ask, each func()) (*reply, error)

	// Failure reads the error of the other methods; false if it is none of the SDK's types.
	Failure(err error) (failure, bool)
}

// makers are the rows of the matrix.
var makers = []struct {
	dialect string
	make    func(t testing.TB, rec *recorder, host string) client
}{
	{"chat", newChatClient},
	{"responses", newResponsesClient},
	{"anthropic", newAnthropicClient},
	{"gemini", newGeminiClient},
}

// user is a conversation of one turn.
func user(text string) []turn { return []turn{{User: text}} }
