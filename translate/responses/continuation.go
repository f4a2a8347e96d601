package responses

import (
	"slices"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// What clients are told when the outputs of tools do not belong to any call.
const (
	needsCallID = "function_call_output requires call_id or previous_response_id; if relying on history, ensure store=true and reuse previous_response_id"
	needsCall   = "function_call_output requires item_reference ids matching each call_id, or previous_response_id/tool_call context; if relying on history, ensure store=true and reuse previous_response_id"
)

// continuation finds out whether a request can be answered from itself: an
// upstream of another dialect knows nothing of what OpenAI has stored.
type continuation struct {
	calls []string
	open  []string // call ids of outputs that no call before them covers
	blank bool     // an output has no call id
	refs  []reference
}

// reference is an item that stands in for a stored one.
type reference struct {
	id string
	at int
}

func (c *continuation) call(mem *ir.Arena, id string) { c.calls = mem.AddString(c.calls, id) }

func (c *continuation) reference(id string, at int) { c.refs = append(c.refs, reference{id, at}) }

// output takes note of a tool's output. Its call is usually among the last
// ones, so these are looked at first.
func (c *continuation) output(id string) {
	if strings.TrimSpace(id) == "" {
		c.blank = true
		return
	}
	for i := len(c.calls) - 1; i >= 0; i-- {
		if c.calls[i] == id {
			return
		}
	}
	c.open = append(c.open, id)
}

// verify fails when the request relies on something that is not in it.
func (c *continuation) verify(req *ir.Request) *ir.Error {
	if id := req.State.PrevID; strings.TrimSpace(id) != "" {
		err := ir.Invalid("previous_response_id", "Previous response with id '%s' not found.", id)
		err.Code = "previous_response_not_found"
		return err
	}
	if err := stored(req); err != nil {
		return err
	}
	if c.blank {
		return ir.Invalid("input", needsCallID)
	}
	for _, id := range c.open {
		if !slices.Contains(c.calls, id) && !c.referred(id) {
			return ir.Invalid("input", needsCall)
		}
	}
	for _, ref := range c.refs {
		if !c.known(req, ref.id) {
			return ir.Invalid(req.PathOf(ir.Loc{Msg: ref.at, Part: -1}),
				"Item with id '%s' not found: items that OpenAI has stored are not known to the model that was chosen. Send the item itself instead of an item_reference.", ref.id)
		}
	}
	return nil
}

// stored refuses what only the account that keeps the client's state can do.
func stored(req *ir.Request) *ir.Error {
	const why = "%s needs an account that speaks OpenAI's Responses API itself"
	switch {
	case req.State.Conversation != "":
		return ir.Unsupported("conversation", why, "conversation")
	case req.State.Prompt != nil:
		return ir.Unsupported("prompt", why, "prompt")
	case req.State.Background:
		return ir.Unsupported("background", why, "background")
	default:
		return nil
	}
}

func (c *continuation) referred(id string) bool {
	return slices.ContainsFunc(c.refs, func(r reference) bool { return r.id == id })
}

// known reports whether a referenced item is in the request anyway.
func (c *continuation) known(req *ir.Request, id string) bool {
	if slices.Contains(c.calls, id) {
		return true
	}
	for i := range req.Turns {
		for j := range req.Turns[i].Parts {
			if req.Turns[i].Parts[j].ItemID == id {
				return true
			}
		}
	}
	return false
}
