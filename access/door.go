package access

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"github.com/caddyserver/caddy/v2"
)

// Door lets in who knows one of its keys, which have no limits: those who operate the gateways, not their clients. Who
// guesses is slowed down and blocked by the same Guard that the clients' keys have. It is safe for concurrent use.
type Door struct {
	keys  []Key
	guard *Guard
	close func()
}

// NewDoor checks the keys and prepares them for lookup. At least one must be given; of each only name and secret count.
// Whoever makes a Door closes it.
func NewDoor(keys []Key) (*Door, error) {
	if len(keys) == 0 {
		return nil, errors.New("it has no key, so that nobody could use it; write key <name> <secret>")
	}
	d := &Door{keys: make([]Key, 0, len(keys))}
	for _, key := range keys {
		if err := key.prepare(); err != nil {
			return nil, err
		}
		for i := range d.keys {
			if d.keys[i].Name == key.Name {
				return nil, fmt.Errorf("key %s: two keys have this name; give each its own", key.Name)
			}
			if d.keys[i].digest == key.digest {
				return nil, fmt.Errorf("key %s: it has the same secret as key %s; give each its own", key.Name, d.keys[i].Name)
			}
		}
		d.keys = append(d.keys, key)
	}
	value, _, err := shared.LoadOrNew(guardKey{}, func() (caddy.Destructor, error) { return new(Guard), nil })
	if err != nil {
		return nil, fmt.Errorf("attaching the guard: %w", err)
	}
	d.guard = value.(*Guard)
	d.close = sync.OnceFunc(func() { _, _ = shared.Delete(guardKey{}) })
	return d, nil
}

// Close lets go of the guard. Requests that still run go on as before. It may be called more than once.
func (d *Door) Close() { d.close() }

// Open returns the name of the key whose secret was presented, or false if the caller must be refused. A wrong secret
// counts against the address that it came from: Open may take some time to refuse it, and returns for how long the
// address is blocked if it is.
func (d *Door) Open(ctx context.Context, presented string, from netip.Addr) (name string, blocked time.Duration, ok bool) {
	if presented == "" {
		return "", 0, false
	}
	if i := search(d.keys, presented); i >= 0 {
		return d.keys[i].Name, 0, true
	}
	return "", d.guard.Wrong(ctx, from), false
}

// search returns the index of the key with the secret, or -1. It takes the same time for every key.
func search(keys []Key, presented string) int {
	digest := sha256.Sum256([]byte(presented))
	found := -1
	for i := range keys {
		same := subtle.ConstantTimeCompare(digest[:], keys[i].digest[:])
		found = subtle.ConstantTimeSelect(same, i, found)
	}
	return found
}
