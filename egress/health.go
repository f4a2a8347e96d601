package egress

import (
	"sync"
	"sync/atomic"
	"time"
)

// A proxy that is dead is left alone for a while when there is another way, at first for a short one.
const (
	shortestDown = 2 * time.Second
	longestDown  = time.Minute
)

// health is what is known of a route's proxy.
type health struct {
	until atomic.Int64 // when the proxy is tried again, in Unix nanoseconds; 0 while it is well

	mu     sync.Mutex
	length time.Duration
	fault  *ProxyError
}

// Down reports whether the route's proxy was dead a moment ago, and of what. Whoever has another way takes that; who has
// none may still try. The first request that gets through ends it.
func (r *Route) Down() (fault *ProxyError, down bool) {
	if r == nil || r.health.until.Load() == 0 {
		return nil, false
	}
	h := &r.health
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.fault, time.Now().UnixNano() < h.until.Load()
}

// failed notes a fault. One that only concerns an upstream says that the proxy is alive.
func (h *health) failed(fault *ProxyError) {
	if !fault.Dead {
		h.worked()
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	h.fault = fault
	if now.UnixNano() < h.until.Load() {
		return // it was on its way when the first one failed
	}
	h.length = min(max(2*h.length, shortestDown), longestDown)
	h.until.Store(now.Add(h.length).UnixNano())
}

// worked notes that a request got through.
func (h *health) worked() {
	if h.until.Load() == 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.until.Store(0)
	h.length, h.fault = 0, nil
}
