// Package access decides who may call the gateway and what for.
package access

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"

	"github.com/caddyserver/caddy/v2"
)

// Keys are the client keys of one gateway in one generation of the configuration. They never change after New and are
// safe for concurrent use.
type Keys struct {
	keys      []Key
	anonymous *Key
	guard     *Guard

	life struct {
		sync.Mutex
		attached, published bool
	}
}

// New builds the keys of a gateway from what its configuration says. The secrets are turned into digests, so that the
// result holds none of them; the given keys are not changed. With anonymous, callers without a credential are let in
// too, and if there is no key at all, callers with any credential. Each key is attached to its State, which it shares with
// the keys of the same name in the whole process; nothing that another can see changes before Publish. An error names the
// key and says what to do; it never shows a secret. Whoever builds keys closes them.
func New(keys []Key, anonymous bool) (*Keys, error) {
	if len(keys) == 0 && !anonymous {
		return nil, errors.New("nobody could call the gateway: it has no key and no allow_anonymous; " +
			"write key <name> <secret>, or allow_anonymous if everybody who reaches it may use it")
	}
	k := &Keys{keys: make([]Key, 0, len(keys))}
	names := make(map[string]bool, len(keys))
	secrets := make(map[[sha256.Size]byte]string, len(keys))
	for _, key := range keys {
		if err := key.prepare(); err != nil {
			return nil, err
		}
		if anonymous && key.Name == anonymousName {
			return nil, fmt.Errorf("key %s: with allow_anonymous this name stands for callers without a key; choose another", key.Name)
		}
		if names[key.Name] {
			return nil, fmt.Errorf("key %s: two keys have this name; give each its own", key.Name)
		}
		if other, ok := secrets[key.digest]; ok {
			return nil, fmt.Errorf("key %s: it has the same secret as key %s; give each its own", key.Name, other)
		}
		names[key.Name] = true
		secrets[key.digest] = key.Name
		k.keys = append(k.keys, key)
	}
	if anonymous {
		k.anonymous = &Key{Name: anonymousName, anonymous: true}
	}
	if err := k.attach(); err != nil {
		return nil, err
	}
	return k, nil
}

// all calls f for every key, the anonymous one included.
func (k *Keys) all(f func(*Key)) {
	for i := range k.keys {
		f(&k.keys[i])
	}
	if k.anonymous != nil {
		f(k.anonymous)
	}
}

func (k *Keys) attach() error {
	value, _, err := shared.LoadOrNew(guardKey{}, func() (caddy.Destructor, error) { return new(Guard), nil })
	if err != nil {
		return fmt.Errorf("attaching the guard: %w", err)
	}
	k.guard = value.(*Guard)
	k.life.attached = true
	k.all(func(key *Key) {
		if err == nil {
			key.state, err = attach(key)
		}
	})
	if err != nil {
		k.Close()
	}
	return err
}

// Publish makes the limits of the keys the ones that hold, for requests of other generations too. It belongs into the
// start of a generation, when nothing can fail any more that would leave the older one running.
func (k *Keys) Publish() {
	k.life.Lock()
	defer k.life.Unlock()
	if k.life.published || !k.life.attached {
		return
	}
	k.life.published = true
	k.all(func(key *Key) { key.state.publish(k, &key.Limits) })
}

// Close withdraws what Publish did and lets go of the keys' states. Requests that still run go on as before. Close may be
// called more than once.
func (k *Keys) Close() {
	k.life.Lock()
	defer k.life.Unlock()
	if !k.life.attached {
		return
	}
	k.life.attached = false
	k.all(func(key *Key) {
		if key.state == nil {
			return // New has failed
		}
		if k.life.published {
			key.state.unpublish(k)
		}
		key.state.life.Drop()
	})
	_, _ = shared.Delete(guardKey{}) // its only error is the guard's Destruct's
}

// Guard returns what answers wrong keys.
func (k *Keys) Guard() *Guard { return k.guard }

// All returns the keys in the order in which they were given, and behind them the one that stands for callers without
// a key, if they are let in.
func (k *Keys) All() []*Key {
	var list []*Key
	k.all(func(key *Key) { list = append(list, key) })
	return list
}

// Find returns the key whose secret was presented, or false if the caller must be refused. An empty presented means
// that the caller sent no credential. The secret is compared as a SHA-256 digest, and with every key in the same time,
// so that the time taken tells nothing about how near a guess was. An expired key is found; the caller asks
// [Key.Expired].
func (k *Keys) Find(presented string) (*Key, bool) {
	if presented == "" || len(k.keys) == 0 {
		return k.anonymous, k.anonymous != nil
	}
	found := search(k.keys, presented)
	if found < 0 {
		return nil, false
	}
	return &k.keys[found], true
}
