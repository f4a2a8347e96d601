package gemini

import "github.com/caddy-ai-gateway/ai-gateway/translate/ir"

// openCalls are the calls of the last model turn, which the next contents
// answer.
type openCalls struct {
	list   []openCall
	byID   map[string]int   // the first call of an id, once there are many
	byName map[string][]int // the calls of a name that may still be free, in order
	madeUp map[string][]int // those of them whose id was made up
}

type openCall struct {
	call     *ir.ToolCall
	answered bool
}

// manyCalls is how many calls make a map faster than a walk.
const manyCalls = 32

func (o *openCalls) reset() {
	o.list, o.byID, o.byName, o.madeUp = o.list[:0], nil, nil, nil
}

func (o *openCalls) add(call *ir.ToolCall) {
	o.list = append(o.list, openCall{call: call})
	switch {
	case o.byID != nil:
		o.enter(len(o.list) - 1)
	case len(o.list) == manyCalls:
		o.byID, o.byName, o.madeUp = make(map[string]int, 2*manyCalls), map[string][]int{}, map[string][]int{}
		for i := range o.list {
			o.enter(i)
		}
	}
}

func (o *openCalls) enter(i int) {
	call := o.list[i].call
	if _, ok := o.byID[call.ID]; !ok {
		o.byID[call.ID] = i
	}
	o.byName[call.Name] = append(o.byName[call.Name], i)
	if madeUp(call.ID) {
		o.madeUp[call.Name] = append(o.madeUp[call.Name], i)
	}
}

// match joins a result with its call: by id, else by the earliest unanswered
// call of the same name.
func (o *openCalls) match(res *ir.ToolResult) {
	if res.CallID != "" {
		if i, ok := o.withID(res.CallID); ok {
			o.list[i].answered = true
			return
		}
	}
	if i, ok := o.free(res.Name, res.CallID == ""); ok {
		o.list[i].answered = true
		res.CallID = o.list[i].call.ID
		return
	}
	if res.CallID == "" {
		res.CallID = res.Name
	}
}

func (o *openCalls) withID(id string) (int, bool) {
	if o.byID != nil {
		i, ok := o.byID[id]
		return i, ok
	}
	for i := range o.list {
		if o.list[i].call.ID == id {
			return i, true
		}
	}
	return 0, false
}

// free returns the earliest unanswered call of a name. A result that names an
// id answers only a call whose id was made up.
func (o *openCalls) free(name string, anyID bool) (int, bool) {
	if o.byID == nil {
		for i := range o.list {
			c := &o.list[i]
			if !c.answered && c.call.Name == name && (anyID || madeUp(c.call.ID)) {
				return i, true
			}
		}
		return 0, false
	}
	names := o.madeUp
	if anyID {
		names = o.byName
	}
	list := names[name]
	for len(list) > 0 && o.list[list[0]].answered {
		list = list[1:]
	}
	names[name] = list
	if len(list) == 0 {
		return 0, false
	}
	return list[0], true
}
