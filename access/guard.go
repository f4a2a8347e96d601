package access

import (
	"container/list"
	"context"
	"net/netip"
	"sync"
	"time"
)

// Guard slows addresses down that present wrong keys, and blocks them after too many. It knows nothing of good keys:
// whoever presents one is let in from everywhere, so that nobody can lock out another behind the same address. It lives
// as long as the process has a gateway and remembers a bounded number of addresses. It is safe for concurrent use.
type Guard struct {
	mu      sync.Mutex
	known   map[netip.Prefix]*list.Element
	recent  list.List // of *offender, the latest first
	delayed int       // requests that are being slowed down
}

// offender is an address, or a subscriber's IPv6 network, that wrong keys came from.
type offender struct {
	from    netip.Prefix
	fails   int
	blocks  int // times that it was blocked
	last    time.Time
	blocked time.Time // until when
}

const (
	freeFails  = 5  // are not slowed down: people mistype
	slowFails  = 20 // are; the next one blocks
	firstDelay = 100 * time.Millisecond
	maxDelay   = 2 * time.Second
	firstBlock = time.Minute
	maxBlock   = 15 * time.Minute
	forgetting = 30 * time.Minute // without a wrong key, after which an address is new
	maxKnown   = 8192             // addresses
	maxDelayed = 256              // requests that are slowed down at a time; more would cost what they are to save
)

// Destruct has nothing to end.
func (g *Guard) Destruct() error { return nil }

// Wrong counts a wrong key from an address. It waits before it returns when the address has been wrong too often, and
// returns for how long the address is blocked if it is.
func (g *Guard) Wrong(ctx context.Context, from netip.Addr) (blocked time.Duration) {
	if !from.IsValid() {
		return 0
	}
	delay, blocked := g.count(network(from), time.Now())
	if delay == 0 {
		return blocked
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.delayed--
	return 0
}

// count returns what is to be done with a wrong key. With a delay, delayed is already counted up.
func (g *Guard) count(from netip.Prefix, now time.Time) (delay, blocked time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	o := g.find(from)
	if now.Sub(o.last) > forgetting {
		*o = offender{from: from}
	}
	if now.Before(o.blocked) {
		return 0, o.blocked.Sub(now)
	}
	o.fails++
	o.last = now
	switch {
	case o.fails <= freeFails:
		return 0, 0
	case o.fails > slowFails:
		blocked = min(firstBlock<<min(o.blocks, 10), maxBlock)
		o.blocks++
		o.blocked = now.Add(blocked)
		o.fails = freeFails // it begins again with the delays
		return 0, blocked
	case g.delayed >= maxDelayed:
		return 0, 0
	}
	g.delayed++
	return min(firstDelay<<(o.fails-freeFails-1), maxDelay), 0
}

// find returns what is known of an address and makes it the latest. The caller holds mu.
func (g *Guard) find(from netip.Prefix) *offender {
	if e, ok := g.known[from]; ok {
		g.recent.MoveToFront(e)
		return e.Value.(*offender)
	}
	if len(g.known) >= maxKnown {
		last := g.recent.Remove(g.recent.Back()).(*offender)
		delete(g.known, last.from)
	}
	if g.known == nil {
		g.known = make(map[netip.Prefix]*list.Element)
	}
	o := &offender{from: from}
	g.known[from] = g.recent.PushFront(o)
	return o
}

// network is whom an address belongs to: an IPv6 subscriber has a /64 to choose from.
func network(a netip.Addr) netip.Prefix {
	a = a.Unmap().WithZone("")
	bits := a.BitLen()
	if a.Is6() {
		bits = 64
	}
	p, _ := a.Prefix(bits) // the number of bits fits
	return p
}
