package handlers

import (
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/pool"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// TestDesk has every attempt lie on a desk of its own, the first one on the
// call's: timers of an earlier attempt may still run.
func TestDesk(t *testing.T) {
	c := newDesk()
	first := c.attempt(new(pool.Lease), "m", plain)
	if first.desk != c.desk {
		t.Error("the first attempt is not on the call's desk")
	}
	second, third := c.attempt(new(pool.Lease), "m", plain), c.attempt(new(pool.Lease), "m", plain)
	for i, a := range []*attempt{second, third} {
		if a.desk == c.desk || a == first || a.call != c || a.target != nil || a.sent {
			t.Errorf("attempt %d: %+v", i+2, a)
		}
	}
	if second.desk == third.desk {
		t.Error("two attempts share a desk")
	}
	bare := &call{env: new(ir.Envelope)}
	if a := bare.attempt(new(pool.Lease), "m", plain); a.desk == nil || a.call != bare {
		t.Errorf("a call without a desk has %+v", a)
	}
}

// TestBorrowing goes on when a call has borrowed more than its desk has room for.
func TestBorrowing(t *testing.T) {
	c := newDesk()
	c.g = new(Gateway)
	returned := 0
	c.g.buffers.returned = func([]byte) { returned++ }
	const n = len(c.desk.buffers) + 3
	for range n {
		c.borrow(1)
	}
	c.giveBack()
	if returned != n {
		t.Errorf("%d of %d buffers came back", returned, n)
	}
}
