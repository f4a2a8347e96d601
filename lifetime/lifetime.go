// Package lifetime keeps the state of accounts and of keys alive across configurations, and for the requests that
// outlive them.
package lifetime

import (
	"sync"
	"sync/atomic"

	"github.com/caddyserver/caddy/v2"
)

// Lifetime keeps a state in a pool that all configurations of the process share: as long as some configuration holds it,
// and as long as requests run on it that no configuration holds any more. A stream may outlive the configuration that it
// began in, and a later one that has the same account or key again must find that stream's slot taken.
//
// It is part of the state, whose Destruct must call Ended. All methods are safe for concurrent use.
type Lifetime struct {
	place Place

	mu   sync.Mutex
	held int         // how many configurations hold the state
	gone atomic.Bool // none does
	kept atomic.Bool // its requests hold it instead
}

// Place is where a state is kept, and what is asked of it.
type Place struct {
	Pool  *caddy.UsagePool
	Key   any
	State caddy.Destructor
	Busy  func() bool // whether requests run on the state
	Kept  func()      // called when the requests begin to hold it; may be nil
	Freed func()      // called when they have let it go; may be nil
}

// Begin says where the state is kept. It is called once, before anybody else has the state.
func (l *Lifetime) Begin(p Place) { l.place = p }

// Held says that a configuration has taken the state from the pool. Each Held needs a Drop.
func (l *Lifetime) Held() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held++
	l.gone.Store(false)
}

// Drop ends what Held began.
func (l *Lifetime) Drop() {
	l.mu.Lock()
	l.held--
	l.gone.Store(l.held <= 0)
	l.mu.Unlock()
	l.leave()
}

// leave gives back one reference of the pool's.
func (l *Lifetime) leave() {
	_, _ = l.place.Pool.Delete(l.place.Key) // its only error is Destruct's
}

// Gone reports whether no configuration holds the state.
func (l *Lifetime) Gone() bool { return l.gone.Load() }

// Ended says that nobody holds the state in the pool any more. Requests that run on it then hold it.
func (l *Lifetime) Ended() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.gone.Store(true)
	l.store()
}

// Keep sees to it that the state stays while the request runs that has just made it busy. It is one atomic load unless
// every configuration with the state is gone.
func (l *Lifetime) Keep() {
	if !l.gone.Load() {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.gone.Load() {
		l.store()
	}
}

// LetGo ends what Keep and Ended began, if the request that has just ended was the last one.
func (l *Lifetime) LetGo() {
	if !l.kept.Load() {
		return
	}
	l.mu.Lock()
	freed := l.kept.Load() && !l.place.Busy()
	if freed {
		l.kept.Store(false)
	}
	l.mu.Unlock()
	if !freed {
		return
	}
	l.leave()
	if l.place.Freed != nil {
		l.place.Freed()
	}
}

// store puts the state back if requests run on it. The caller holds mu.
func (l *Lifetime) store() {
	if l.kept.Load() || !l.place.Busy() {
		return
	}
	now, _ := l.place.Pool.LoadOrStore(l.place.Key, l.place.State)
	if now != any(l.place.State) {
		// A configuration has begun another state of the same key meanwhile; this one ends with its requests.
		l.leave()
		return
	}
	if l.place.Kept != nil {
		l.place.Kept()
	}
	l.kept.Store(true)
}
