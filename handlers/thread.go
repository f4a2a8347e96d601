package handlers

import (
	"fmt"
	"net/http"

	"github.com/tidwall/gjson"

	"github.com/caddy-ai-gateway/ai-gateway/stored"
	"github.com/caddy-ai-gateway/ai-gateway/translate"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/sse"
)

// threadOwner is under whom the messages of the client's threads are known,
// apart from the responses that have ids of their own.
func (c *call) threadOwner() string { return c.owner() + "\x00thread" }

// recallThread finds the account that has the thread which a request of the
// Messages API goes on with: the earlier turns are nowhere else. Of any other it
// says what Anthropic says of a thread that it does not have any more, upon
// which its clients send the whole conversation and begin another thread.
func (c *call) recallThread() error {
	id := c.env.Thread.Previous
	if c.g.Stored == nil || c.route.dialect != ir.Anthropic || id == "" {
		return nil
	}
	found, known := c.g.Stored.Get(c.threadOwner(), id)
	if !known || !c.hasModel(found.Account) {
		return threadNotFound("thread: the gateway does not know which account has message %s, or that account does not serve model %s", short(id), short(c.env.Model))
	}
	c.thread = found.Account
	return nil
}

func threadNotFound(format string, args ...any) error {
	return &ir.Error{
		Kind: ir.ErrNotFound, Status: http.StatusNotFound, Code: "thread_not_found", Param: "thread",
		Message: fmt.Sprintf(format, args...) + `; send the whole conversation again with thread {"type":"create"}`,
	}
}

// leaveThread turns the failure of the account that has the thread into what
// has the client send the whole conversation, if another account may answer it.
func (c *call) leaveThread(err error, block *Model) error {
	if err == nil || c.thread == "" || !mayFallBack(err) {
		return err
	}
	c.thread = ""
	if len(c.serving(block.upstreamName(c.env.Model), block)) < 2 {
		return err
	}
	return threadNotFound("thread: the account that has message %s cannot answer now", short(c.env.Thread.Previous))
}

// hasModel reports whether an account of that name may answer the request.
func (c *call) hasModel(name string) bool {
	block := c.g.Models.find(c.env.Model)
	for _, a := range c.g.Pool.Accounts() {
		if _, _, serves := a.Serves(block.upstreamName(c.env.Model)); a.Name == name && serves {
			return !a.Disabled && c.allowed(a, block)
		}
	}
	return false
}

// threadNoter remembers which account has the message that the next request of
// a thread goes on with.
type threadNoter struct {
	translate.Answer
	attempt *attempt
	looks   int
}

// Frame implements translate.Answer. The id comes in the first frame.
func (n *threadNoter) Frame(dst []byte, ev sse.Event) []byte {
	if n.looks < maxLooks && len(ev.Data) > 0 {
		n.looks++
		n.note(gjson.GetBytes(ev.Data, "message.id"))
	}
	return n.Answer.Frame(dst, ev)
}

// Body implements translate.Answer.
func (n *threadNoter) Body(dst, body []byte) []byte {
	n.note(gjson.GetBytes(body, "id"))
	return n.Answer.Body(dst, body)
}

func (n *threadNoter) note(id gjson.Result) {
	if id.Type != gjson.String || id.Str == "" {
		return
	}
	n.looks = maxLooks
	n.attempt.g.Stored.Put(n.attempt.threadOwner(), stored.Response{
		ID: id.String(), Account: n.attempt.lease.Account.Name, Model: n.attempt.env.Model, Session: n.attempt.session.Key,
	}, nil)
}
