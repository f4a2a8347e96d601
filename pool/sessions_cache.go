package pool

import (
	"hash/maphash"
	"sync"
	"time"

	"github.com/dgraph-io/ristretto/v2"
)

// The cache is made for more bindings than are expected: when it is full, ristretto turns away what is new, and for
// sessions that is what counts. With room to spare only the time ends a binding.
const (
	cacheRoom     = 4 // times the expected number of bindings fit in
	cacheCounters = 2 // for each expected binding; they only matter when it is full, and a million take 8 MiB
)

// Bindings that the cache has not yet taken are kept in an exact map, in parts that lock apart from each other.
const (
	cacheParts   = 64
	cachePending = 64 // the most in one part

	// cacheDelay is how long the cache may need to take a binding before it counts as lost.
	cacheDelay = time.Second
)

// sessionsKey is the key of the process's sessions in shared.
type sessionsKey struct{}

// cacheSessions are the sessions of the whole process, in a ristretto cache. Ristretto takes what is new only after a
// while and in a burst not at all; it may find an old value for a moment when two are set before it has taken the
// first; and it panics when it is closed while something is set. The parts' locks and maps make up for all three.
type cacheSessions struct {
	seed  maphash.Seed
	parts [cacheParts]cachePart

	mu     sync.Mutex // guards what follows
	size   int
	closed bool
	opened sync.Once
	cache  *ristretto.Cache[string, uint32]
	names  accountNames
}

type cachePart struct {
	sync.Mutex
	pending map[string]pending
}

// pending is a binding that the cache may not have taken yet.
type pending struct {
	binding
	since time.Time // when the cache was last given it
}

func newCacheSessions() *cacheSessions {
	return &cacheSessions{seed: maphash.MakeSeed()}
}

// expect makes the cache large enough for size bindings. It never shrinks while it is in use.
func (c *cacheSessions) expect(size int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if size <= c.size {
		return
	}
	c.size = size
	if c.cache != nil {
		c.cache.UpdateMaxCost(int64(size) * cacheRoom)
	}
}

// open makes the cache when it is first needed, so that a configuration which is only validated costs nothing.
func (c *cacheSessions) open() *ristretto.Cache[string, uint32] {
	c.opened.Do(func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.closed {
			return
		}
		size := int64(max(c.size, 1))
		cache, err := ristretto.NewCache(&ristretto.Config[string, uint32]{
			NumCounters:        max(size*cacheCounters, 1000),
			MaxCost:            max(size*cacheRoom, 100),
			BufferItems:        64,
			IgnoreInternalCost: true,
		})
		if err == nil { // it only complains about numbers that are not positive
			c.cache = cache
		}
	})
	return c.cache
}

func (c *cacheSessions) part(session string) *cachePart {
	return &c.parts[maphash.String(c.seed, session)%cacheParts]
}

func (c *cacheSessions) Get(session string) string {
	part := c.part(session)
	part.Lock()
	defer part.Unlock()
	return c.get(part, session)
}

// get returns the account of a binding. The caller holds the part's lock.
func (c *cacheSessions) get(part *cachePart, session string) string {
	account := c.cached(session)
	waiting, ok := part.pending[session]
	if !ok {
		return account
	}
	if !time.Now().Before(waiting.until) {
		delete(part.pending, session)
		return account
	}
	if account == waiting.account {
		delete(part.pending, session) // the cache has taken it
	}
	return waiting.account
}

// cached returns what the cache knows. The caller holds the part's lock.
func (c *cacheSessions) cached(session string) string {
	cache := c.open()
	if cache == nil {
		return ""
	}
	id, ok := cache.Get(session)
	if !ok {
		return ""
	}
	return c.names.name(id)
}

// freshness is the part of its time by which a binding may be older than its last use: a conversation that is asked every
// second need not be written every time.
const freshness = 64

func (c *cacheSessions) Bind(session, from, to string, ttl time.Duration) string {
	part := c.part(session)
	part.Lock()
	defer part.Unlock()
	now := c.get(part, session)
	if now != "" && now != from && now != to {
		return now
	}
	cache := c.open()
	if cache == nil {
		return to
	}
	_, waiting := part.pending[session]
	if left, ok := cache.GetTTL(session); ok && now == to && !waiting && left <= ttl && left >= ttl-ttl/freshness {
		return to
	}
	if waiting && now != to {
		// What the cache is about to take would outlive what it is told now, but for a deletion in between.
		cache.Del(session)
	}
	cache.SetWithTTL(session, c.names.id(to), 1, ttl)
	if now == "" || waiting {
		c.reserve(part, session, binding{to, time.Now().Add(ttl)})
	}
	return to // a change of what the cache has is exact
}

// reserve keeps the binding until the cache has it. The caller holds the part's lock.
func (c *cacheSessions) reserve(part *cachePart, session string, b binding) {
	if part.pending == nil {
		part.pending = make(map[string]pending)
	}
	now := time.Now()
	if len(part.pending) >= cachePending {
		c.sweep(part, now)
	}
	part.pending[session] = pending{b, now}
}

// sweep makes room among the pending: what the cache has taken goes, and what it has lost it gets again. If it is behind
// with what it was given, it is waited for, since a session that is forgotten would go to a second account. Only what
// it turns away for good, being full, is left to its luck. The caller holds the part's lock.
func (c *cacheSessions) sweep(part *cachePart, now time.Time) {
	c.settle(part, now)
	for range 2 { // a binding that a full buffer did not take is given again in the first round
		if len(part.pending) < cachePending {
			return
		}
		c.cache.Wait()
		c.settle(part, now.Add(2*cacheDelay))
	}
	for session := range part.pending {
		if len(part.pending) < cachePending {
			return
		}
		delete(part.pending, session)
	}
}

// settle forgets those of the pending that the cache has taken, and gives it again what it had time to take by now. The
// caller holds the part's lock.
func (c *cacheSessions) settle(part *cachePart, now time.Time) {
	for session, p := range part.pending {
		ttl := time.Until(p.until)
		switch {
		case ttl <= 0 || c.cached(session) == p.account:
			delete(part.pending, session)
		case now.Sub(p.since) > cacheDelay:
			c.cache.SetWithTTL(session, c.names.id(p.account), 1, ttl)
			p.since = now
			part.pending[session] = p
		}
	}
}

func (c *cacheSessions) Forget(session string) {
	part := c.part(session)
	part.Lock()
	defer part.Unlock()
	delete(part.pending, session)
	if cache := c.open(); cache != nil {
		cache.Del(session)
		cache.Wait() // a binding that the cache has not taken yet would show up for a moment
	}
}

// Len returns about how many bindings there are.
func (c *cacheSessions) Len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cache == nil {
		return 0
	}
	return int(c.cache.MaxCost() - c.cache.RemainingCost())
}

// Destruct closes the cache when no pool has it any more. A request that is late finds no binding and makes none.
func (c *cacheSessions) Destruct() error {
	for i := range c.parts {
		c.parts[i].Lock()
		defer c.parts[i].Unlock()
		c.parts[i].pending = nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	if c.cache != nil {
		c.cache.Close()
		c.cache = nil
	}
	return nil
}
