package handlers

import (
	"net/http"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/pool"
	"github.com/caddy-ai-gateway/ai-gateway/providers"
	"github.com/caddy-ai-gateway/ai-gateway/stored"
	"github.com/caddy-ai-gateway/ai-gateway/translate"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/sse"
)

// state is what a request of the Responses API has to do with what is stored.
type state struct {
	said    ir.Stored // as the client wrote it
	parent  string    // the response or conversation that it goes on with, if the gateway has it
	history []ir.Item // the items of parent
	own     []ir.Item // of the request's own input; nil until they are needed
	pin     string    // the account that has what it goes on with
}

// owner is under whom the client's responses are stored: nobody else knows
// their ids. Callers without a key are told apart by their addresses, but count
// as one when there is no room for all that is kept: anybody can have many.
func (c *call) owner() string {
	if c.key.Anonymous() {
		return c.g.Name + "/" + c.key.Name + "\x00" + ClientAddr(c.r).Unmap().String()
	}
	return c.g.Name + "/" + c.key.Name
}

// recall finds what the request goes on with. What the gateway has stored
// itself is put in front of the request's input; what an account has stored
// pins the request to that account.
func (c *call) recall() error {
	if c.g.Stored == nil || c.route.dialect != ir.Responses {
		return c.recallThread()
	}
	said := c.env.Stored
	c.state = &state{said: said}
	if err := c.continued(); err != nil {
		return err
	}
	resolved := c.state.pin == "" && c.body.HoldsSummary()
	if resolved || c.state.pin == "" && (c.state.parent != "" || c.body.Refers()) {
		c.state.own = c.body.Items(c.roomForItems(), func(id string) (ir.Item, bool) {
			it, ok := c.g.Stored.Item(c.owner(), id)
			resolved = resolved || ok
			return it, ok
		})
	}
	c.body.Keep(&ir.Keeping{
		ID: translate.NewID("resp_gw"), Store: said.Store.Or(true), Background: said.Background,
		Previous: said.Previous, Conversation: said.Conversation,
	})
	if c.state.parent == "" && !resolved {
		return nil
	}
	return c.body.Continue(c.state.history, c.state.own)
}

// continued finds the response or conversation that the request names.
func (c *call) continued() error {
	previous, conversation := strings.TrimSpace(c.state.said.Previous), c.state.said.Conversation
	id, missing := previous, previousNotFound(previous)
	switch {
	case previous != "" && conversation != "":
		return mutuallyExclusive()
	case conversation != "":
		id, missing = conversation, conversationNotFound(conversation)
	case previous == "":
		return nil
	}
	found, ok := c.g.Stored.Get(c.owner(), id)
	switch {
	case !ok || found.Conversation != (conversation != ""):
		return missing
	case found.Pending:
		return ir.Invalid("previous_response_id", "Response with id '%s' is still in progress.", id)
	case found.Account != "" && c.account(found.Account) == nil:
		return missing
	}
	c.env.Hints.Known = found.Session
	if found.Account != "" {
		c.state.pin = found.Account
		return nil
	}
	if c.state.history, ok = c.g.Stored.History(c.owner(), id); !ok {
		return missing
	}
	c.state.parent = id
	return nil
}

// account returns the account of that name if it may answer this client.
func (c *call) account(name string) *pool.Account {
	for _, a := range c.g.Pool.Accounts() {
		if a.Name == name && !a.Disabled && c.allowed(a, plain) {
			return a
		}
	}
	return nil
}

// pin is the name of the only account that can answer, empty for any.
func (c *call) pin() string {
	if c.state == nil {
		return c.thread
	}
	return c.state.pin
}

// save stores an answer that the gateway has translated, with the request's
// own items before it.
func (c *call) save(object []byte) {
	output := translate.OutputItems(object)
	r := stored.Response{
		ID: c.body.Keeping().ID, Parent: c.state.parent, Body: object, Model: c.env.Model, Session: c.session.Key,
		Items: append(c.ownItems(), output...), Output: len(output),
	}
	if !c.state.said.Background {
		c.g.Stored.Put(c.owner(), r, c.state.history)
		return
	}
	if c.g.Runs.End(c.owner(), r.ID) { // else it has been cancelled
		c.g.Stored.Replace(c.owner(), r, c.state.history)
	}
}

// roomForItems lends what the request's items lie in.
func (c *call) roomForItems() []byte { return c.borrow(c.body.RoomForItems()).b }

// ownItems are the items of the request's own input, which last until the call
// ends.
func (c *call) ownItems() []ir.Item {
	if c.state.own == nil {
		c.state.own = c.body.Items(c.roomForItems(), func(id string) (ir.Item, bool) { return c.g.Stored.Item(c.owner(), id) })
	}
	return c.state.own[:len(c.state.own):len(c.state.own)]
}

// keeping returns the answer as it must be watched so that later requests can
// go on with it.
func (a *attempt) keeping(answer translate.Answer) translate.Answer {
	switch {
	case a.env.Thread.Used && a.exchange.Relayed() && a.env.Op == ir.Generate:
		return &threadNoter{Answer: answer, attempt: a}
	case a.state == nil || a.env.Op != ir.Generate:
		return answer
	case !a.exchange.Relayed():
		a.body.Keeping().Object = nil
		if !a.body.Keeping().Store && !a.state.said.Background {
			return answer
		}
		return &keeper{Answer: answer, call: a.call}
	case a.state.said.Store.Or(true):
		return &noter{Answer: answer, attempt: a}
	default:
		return answer
	}
}

// keeper stores an answer that the gateway has translated, before the client
// has seen its end and can refer to it.
type keeper struct {
	translate.Answer
	call  *call
	saved bool
}

func (k *keeper) Frame(dst []byte, ev sse.Event) []byte {
	dst = k.Answer.Frame(dst, ev)
	k.look()
	return dst
}

func (k *keeper) Close(dst []byte) []byte {
	dst = k.Answer.Close(dst)
	k.look()
	return dst
}

func (k *keeper) Body(dst, body []byte) []byte {
	dst = k.Answer.Body(dst, body)
	k.look()
	return dst
}

func (k *keeper) look() {
	object := k.call.body.Keeping().Object
	if object == nil || k.saved || k.Seen().Err != nil {
		return
	}
	k.saved = true
	k.call.save(object)
}

// noter remembers which account has an answer.
type noter struct {
	translate.Answer
	attempt *attempt
	looks   int
	noted   bool
}

// maxLooks is in how many frames an answer's id is looked for. It comes in the
// first one.
const maxLooks = 3

func (n *noter) Frame(dst []byte, ev sse.Event) []byte {
	if !n.noted && n.looks < maxLooks && len(ev.Data) > 0 {
		n.looks++
		n.note(ev.Data)
	}
	return n.Answer.Frame(dst, ev)
}

func (n *noter) Body(dst, body []byte) []byte {
	n.note(body)
	return n.Answer.Body(dst, body)
}

func (n *noter) note(data []byte) {
	id, stores := translate.Announced(data)
	if id == "" {
		return
	}
	n.noted = true
	if _, ok := upstreamOf(n.attempt.lease.Account).Provider.(providers.Keeper); !ok || !stores {
		return
	}
	n.attempt.g.Stored.Put(n.attempt.owner(), stored.Response{
		ID: id, Account: n.attempt.lease.Account.Name, Model: n.attempt.env.Model, Session: n.attempt.session.Key,
	}, nil)
}

func previousNotFound(id string) *ir.Error {
	e := ir.Invalid("previous_response_id", "Previous response with id '%s' not found.", id)
	e.Code = "previous_response_not_found"
	return e
}

func conversationNotFound(id string) *ir.Error {
	return &ir.Error{
		Kind: ir.ErrNotFound, Status: http.StatusNotFound, Code: "conversation_not_found", Param: "conversation",
		Message: "Conversation with id '" + id + "' not found.",
	}
}

func mutuallyExclusive() *ir.Error {
	e := ir.Invalid("previous_response_id", "Mutually exclusive parameters: 'previous_response_id' and 'conversation'. "+
		"Ensure you are only providing one of: 'previous_response_id' or 'conversation'.")
	e.Code = "mutually_exclusive_parameters"
	return e
}
