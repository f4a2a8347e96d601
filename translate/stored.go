package translate

import (
	"bytes"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/responses"
)

// What the Responses API stores belongs to the account that has answered. For
// accounts that store nothing the gateway does: it puts what a request goes on
// with in front of its input, so that everything behind sees a conversation
// that is whole.

// Items returns the items of a Responses request's own input as they are
// stored. find resolves references to items that are stored already.
func (c *Call) Items(find func(id string) (ir.Item, bool)) []ir.Item {
	return responses.InputItems(c.body, c.env, NewID, find)
}

// ItemsOf is Items for a list of items that is not a request's.
func ItemsOf(list []byte, find func(id string) (ir.Item, bool)) []ir.Item {
	return responses.InputItems(list, &ir.Envelope{TurnsAt: ir.Span{End: len(list)}}, NewID, find)
}

// Continue puts items in the place of the request's input and takes out what
// refers to something stored. From then on no account is sent the client's own
// bytes.
func (c *Call) Continue(history, own []ir.Item) error {
	body := responses.Expand(c.body, c.env, history, own)
	env := *c.env
	env.ModelAt, env.TurnsAt, env.ToolsAt, env.PrivateAt = ir.Span{}, ir.Span{}, ir.Span{}, ir.Span{}
	hints := env.Hints
	env.Stored = ir.Stored{}
	if err := c.client.ReadEnvelope(body, &env); err != nil {
		return err
	}
	env.Hints = hints // they tell the session, which is the same
	*c.env = env
	c.body, c.req, c.expanded = body, nil, true
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

// OutputItems returns the items of a response object's output. They alias it.
func OutputItems(object []byte) []ir.Item { return responses.OutputItems(object) }

// Announced returns the id of an answer of the Responses API, of which data is
// the whole or a frame of its stream, and whether the upstream stores it. The
// id is empty for a frame that tells none.
func Announced(data []byte) (id string, stores bool) { return responses.Announced(data) }

// RenameStored returns a response object with the client's name of the model.
func RenameStored(object []byte, model string) []byte { return responses.Rename(nil, object, model) }

// Refers reports whether the request's input may hold references to items that
// are stored.
func (c *Call) Refers() bool {
	return bytes.Contains(c.body[c.env.TurnsAt.Start:c.env.TurnsAt.End], []byte(`"item_reference"`))
}
