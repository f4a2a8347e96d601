package handlers

import (
	"strings"
	"sync"

	"github.com/caddy-ai-gateway/ai-gateway/access"
	"github.com/caddy-ai-gateway/ai-gateway/pool"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// circles remembers which accounts may answer requests of one kind, so that a
// request among thousands of accounts does not ask about each of them. The
// answer is the configuration's, and holds as long as that. The zero value is
// empty; it is safe for concurrent use.
type circles struct {
	mu    sync.RWMutex
	found map[circleKind]circle
	size  int // of all, as weigh counts it
}

// circle is the accounts that may answer, and whether one of them is reached
// through a proxy, which may be dead.
type circle struct {
	*pool.Circle
	proxied bool
}

// circleKind is everything by which the accounts of requests differ.
type circleKind struct {
	model    string // as accounts know it
	block    *Model // nil for one that names no accounts
	key      *access.Key
	provider string // of the route's prefix
	dialect  ir.Dialect
	op       ir.Op
	strict   bool
}

// maxCircles bounds what is remembered: so many accounts, of 24 bytes each, in
// all circles together. Clients can make up names of models.
const maxCircles = 1 << 19

// circle returns the accounts that may answer the request for a model.
func (c *call) circle(block *Model, model string) circle {
	kind := circleKind{
		model: model, provider: c.route.provider, dialect: c.route.dialect, op: c.env.Op, strict: c.strict || block.Strict,
	}
	if block.Accounts != nil {
		kind.block = block
	}
	if len(c.key.Accounts) > 0 {
		kind.key = c.key
	}
	known := &c.g.circles
	known.mu.RLock()
	found, ok := known.found[kind]
	known.mu.RUnlock()
	if ok {
		return found
	}
	found = c.findCircle(block, model)
	kind.model = strings.Clone(model) // what came with the request may lie in its body
	known.remember(kind, found)
	return found
}

func (c *call) findCircle(block *Model, model string) (found circle) {
	model = strings.Clone(model)
	allowed := func(a *pool.Account) bool {
		may := c.allowed(a, block) && c.offers(a, model)
		found.proxied = found.proxied || may && upstreamOf(a).route().Proxied()
		return may
	}
	found.Circle = c.g.Pool.Circle(model, allowed, func(a *pool.Account) int {
		if upstreamOf(a).Provider.Dialect(c.route.dialect, c.env.Op, model) == c.route.dialect {
			return 0
		}
		return 1
	})
	return found
}

// remember keeps a circle. Some others make way for it if there are too many.
func (k *circles) remember(kind circleKind, found circle) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.found == nil {
		k.found = make(map[circleKind]circle)
	}
	for old, c := range k.found {
		if k.size <= maxCircles {
			break
		}
		k.size -= c.weigh()
		delete(k.found, old)
	}
	if _, ok := k.found[kind]; !ok {
		k.size += found.weigh()
	}
	k.found[kind] = found
}

// weigh returns how much the circle counts; one without accounts is something
// to remember, too.
func (c circle) weigh() int { return c.Len() + 32 }
