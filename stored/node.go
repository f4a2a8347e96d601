package stored

import (
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// node holds the items of one response. It goes on with its parent, and lives
// as long as an entry or another node refers to it, so that conversations share
// what they have in common and a response may go while the next ones stay.
//
// Its items lie in two pieces of memory without pointers: a conversation has
// many of them, and the garbage collector visits everything that is kept.
type node struct {
	owner  string
	parent *node
	raw    []byte // the items one after the other
	ids    string // and their ids, each with its call's
	places []place
	refs   int
}

// place is where an item ends in its node; it begins where the one before ends.
type place struct{ raw, id, callID int }

// itemOverhead is what an item takes besides its bytes and ids, roughly.
const itemOverhead = 80

// nodeOf makes the node of a response, nil for one that an account has.
func nodeOf(owner string, r *Response) *node {
	if r.Account != "" {
		return nil
	}
	return newNode(owner, r.Items)
}

// newNode copies items into a node, to which one refers.
func newNode(owner string, items []ir.Item) *node {
	n := &node{owner: owner, refs: 1, places: make([]place, 0, len(items))}
	raw, id := 0, 0
	for i := range items {
		raw += len(items[i].Raw)
		id += len(items[i].ID) + len(items[i].CallID)
	}
	n.raw = make([]byte, 0, raw)
	var ids strings.Builder
	ids.Grow(id)
	for i := range items {
		it := &items[i]
		n.raw = append(n.raw, it.Raw...)
		ids.WriteString(it.ID)
		mid := ids.Len()
		ids.WriteString(it.CallID)
		n.places = append(n.places, place{len(n.raw), mid, ids.Len()})
	}
	n.ids = ids.String()
	return n
}

// item returns an item, which aliases the node.
func (n *node) item(i int) ir.Item {
	var from place
	if i > 0 {
		from = n.places[i-1]
	}
	to := n.places[i]
	return ir.Item{ID: n.ids[from.callID:to.id], CallID: n.ids[to.id:to.callID], Raw: n.raw[from.raw:to.raw:to.raw]}
}

// size is how much memory the node takes, roughly.
func (n *node) size() int64 {
	return int64(len(n.raw)+len(n.ids)) + int64(len(n.places))*itemOverhead
}
