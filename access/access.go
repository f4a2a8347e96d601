// Package access decides who may call the gateway and what for.
package access

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
)

// Keys are the client keys of one gateway. They never change after New and are safe for concurrent use.
type Keys struct {
	keys      []Key
	anonymous *Key
}

// New builds the keys of a gateway from what its configuration says. The secrets are turned into digests, so that the
// result holds none of them; the given keys are not changed. With anonymous, callers without a credential are let in
// too, and if there is no key at all, callers with any credential. An error names the key and says what to do; it never
// shows a secret.
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
	return k, nil
}

// Find returns the key whose secret was presented, or false if the caller must be refused. An empty presented means
// that the caller sent no credential. The secret is compared as a SHA-256 digest, and with every key in the same time,
// so that the time taken tells nothing about how near a guess was. An expired key is found; the caller asks
// [Key.Expired].
func (k *Keys) Find(presented string) (*Key, bool) {
	if presented == "" || len(k.keys) == 0 {
		return k.anonymous, k.anonymous != nil
	}
	digest := sha256.Sum256([]byte(presented))
	found := -1
	for i := range k.keys {
		same := subtle.ConstantTimeCompare(digest[:], k.keys[i].digest[:])
		found = subtle.ConstantTimeSelect(same, i, found)
	}
	if found < 0 {
		return nil, false
	}
	return &k.keys[found], true
}
