package translate

import (
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/responses"
)

// What the Responses API stores belongs to the account that has answered. For
// accounts that store nothing the gateway does: it puts what a request goes on
// with in front of its input, so that everything behind sees a conversation
// that is whole.

// Items returns the items of a Responses request's own input as they are
// stored. find resolves references to items that are stored already. The items
// alias the body, or room, which is written to; see RoomForItems.
func (c *Call) Items(room []byte, find func(id string) (ir.Item, bool)) []ir.Item {
	return responses.InputItems(room, c.body, c.env, newIDs(), find)
}

// RoomForItems is how much room Items should be given.
func (c *Call) RoomForItems() int { return c.env.TurnsAt.Len() + c.env.TurnsAt.Len()/8 + 1<<10 }

// ItemsOf is Items for a list of items that is not a request's.
func ItemsOf(list []byte, find func(id string) (ir.Item, bool)) []ir.Item {
	return responses.InputItems(nil, list, &ir.Envelope{TurnsAt: ir.Span{End: len(list)}}, NewID, find)
}

// Continue puts items in the place of the request's input and takes out what
// refers to something stored. From then on no account is sent the client's own
// bytes.
func (c *Call) Continue(history, own []ir.Item) error {
	if err := c.rewrite(responses.Expand(c.body, c.env, history, own)); err != nil {
		return err
	}
	c.expanded = true
	return nil
}

// Instruct gives a Responses request that has no instructions some.
func (c *Call) Instruct(text string) error {
	body, none := responses.Instruct(c.body, c.env, text)
	if !none {
		return nil
	}
	return c.rewrite(body)
}

// rewrite puts another body in the place of the client's. What the client has
// said of itself stays.
func (c *Call) rewrite(body []byte) error {
	env := *c.env
	env.ModelAt, env.TurnsAt, env.ToolsAt, env.PrivateAt = ir.Span{}, ir.Span{}, ir.Span{}, ir.Span{}
	env.Stored = ir.Stored{}
	hints, model := env.Hints, env.Model
	if err := c.client.ReadEnvelope(body, &env); err != nil {
		return err
	}
	env.Hints, env.Model = hints, model // they tell the session, which is the same
	env.Stored.Previous, env.Stored.Conversation = strings.Clone(env.Stored.Previous), strings.Clone(env.Stored.Conversation)
	*c.env = env
	c.body, c.req = body, nil
	return nil
}

// Keep tells what the gateway stores of the call's answer.
func (c *Call) Keep(k *ir.Keeping) { c.keeping = k }

// Keeping is what Keep was told, nil for nothing.
func (c *Call) Keeping() *ir.Keeping { return c.keeping }

// Queued returns the object that a client of the Responses API gets for an
// answer that is made in the background. It fails with a 400 *ir.Error when
// the request cannot be read.
func (c *Call) Queued(created int64) ([]byte, error) {
	trip, err := c.trip(&ir.Target{Dialect: c.env.Dialect, Notes: &ir.Notes{}}, c.env.Model, created)
	if err != nil {
		return nil, err
	}
	trip.Keeping = c.keeping
	return responses.AppendQueued(nil, trip), nil
}

// AnswerSize is about how long the client's whole answer is, of an upstream's of
// n bytes. One for a client of the Responses API repeats the request but for its
// input.
func (c *Call) AnswerSize(n int, relayed bool) int {
	n += 512
	if c.env.Dialect == ir.Responses && !relayed {
		n += len(c.body) - c.env.TurnsAt.Len() + 1<<10
	}
	return n
}

// OutputItems returns the items of a response object's output. They alias it.
func OutputItems(object []byte) []ir.Item { return responses.OutputItems(object) }

// Announced returns the id of an answer of the Responses API, of which data is
// the whole or a frame of its stream, and whether the upstream stores it. The
// id is empty for a frame that tells none.
func Announced(data []byte) (id string, stores bool) { return responses.Announced(data) }

// Replay appends the stream of a response object, see responses.Replay.
func Replay(dst, object []byte, after int64) []byte { return responses.Replay(dst, object, after) }

// RenameStored returns a response object with the client's name of the model.
func RenameStored(object []byte, model string) []byte { return responses.Rename(nil, object, model) }

// Refers reports whether the request's input may hold references to items that
// are stored.
func (c *Call) Refers() bool {
	return c.env.Outline.Has(c.body, ir.WordReference)
}
