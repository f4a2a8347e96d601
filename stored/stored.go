// Package stored keeps the responses and conversations that clients of
// OpenAI's Responses API go on with by their ids, for upstreams that keep
// nothing themselves; of those that do, it keeps which account has a response.
//
// It knows nothing of what is in them: items are bytes with ids.
package stored

import "github.com/caddy-ai-gateway/ai-gateway/translate/ir"

// Store keeps responses and conversations. Everything has an owner, and what
// one owner has stored does not exist for another. Owners whose names are the
// same up to a NUL share their part of the room. What it returns must not be
// changed. It is safe for concurrent use.
type Store interface {
	// Put keeps a copy of a response, but its body as it is. history are the items of what it goes on with, for
	// the case that this is not there any more.
	Put(owner string, r Response, history []ir.Item)

	// Replace is Put for a response that is there, and reports whether it was.
	// One that has been deleted does not come back. Without Items it keeps
	// those that it has.
	Replace(owner string, r Response, history []ir.Item) bool

	// Get returns a response or conversation.
	Get(owner, id string) (Response, bool)

	// History returns the items of a response or conversation, and of all that
	// it goes on with, the oldest first.
	History(owner, id string) ([]ir.Item, bool)

	// Item returns an item by its id, or a call by its call's id.
	Item(owner, id string) (ir.Item, bool)

	// Delete forgets a response or conversation and reports whether it was
	// there. What goes on with it keeps its items.
	Delete(owner, id string) bool
}

// Response is a response or a conversation.
type Response struct {
	ID string

	// Parent is the response or conversation that this one goes on with; empty
	// if there is none. A conversation takes the items of what goes on with it.
	Parent string

	// Body is the object as clients get it; nil when an account has it. It must
	// not be changed once it is stored.
	Body []byte

	// Items are its own, the answer's output behind the request's input. What
	// Get returns does not hold them, see Store.History.
	Items []ir.Item

	// Output is how many of the items are the answer's.
	Output int

	// Conversation tells that this is a conversation, not a response.
	Conversation bool

	// Pending tells that the answer is still being made.
	Pending bool

	// Account is the name of the account that keeps the response; empty when
	// the gateway does.
	Account string

	// Session is the key of the conversation that the response belongs to, as
	// it was found for its own request; empty if there was none.
	Session string

	// Model is the name by which the client asked for the model.
	Model string
}
