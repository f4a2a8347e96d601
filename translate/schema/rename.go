package schema

import (
	"crypto/sha256"
	"encoding/hex"
)

const (
	maxKey    = 64 // characters of a property's key
	keptOfKey = 55 // characters of a key that stay before the hash
)

// renameKeys renames the root's properties whose keys Anthropic refuses, one
// of which fails the whole request, and returns original → renamed.
// https://github.com/anthropics/claude-code/issues/79418
func (n *node) renameKeys() map[string]string {
	m := n.get("properties")
	if m == nil {
		return nil
	}
	taken := make(keySet)
	for _, s := range m.subs {
		if validKey(s.name) {
			taken[s.name] = true
		}
	}
	if len(taken) == len(m.subs) {
		return nil
	}
	renamed := make(map[string]string)
	for i, s := range m.subs {
		if validKey(s.name) {
			continue
		}
		key := cleanKey(s.name)
		if !validKey(key) || taken[key] {
			key = hashedKey(s.name, taken)
		}
		taken[key] = true
		renamed[s.name] = key
		m.subs[i].name = key
	}
	n.renameRequired(renamed)
	return renamed
}

func (n *node) renameRequired(renamed map[string]string) {
	m := n.get("required")
	if m == nil {
		return
	}
	all := m.strings()
	for i, name := range all {
		if key, ok := renamed[name]; ok {
			all[i] = key
		}
	}
	n.putStrings("required", all)
}

// validKey reports whether Anthropic takes the key of a root property:
// ^[a-zA-Z0-9_.-]{1,64}$.
func validKey(key string) bool {
	if key == "" || len(key) > maxKey {
		return false
	}
	for i := range len(key) {
		if !keyByte(key[i]) {
			return false
		}
	}
	return true
}

func keyByte(c byte) bool {
	return 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || c == '_' || c == '.' || c == '-'
}

// cleanKey has an underscore for every character that a key must not have.
func cleanKey(key string) string {
	clean := make([]byte, 0, len(key))
	for _, r := range key {
		if r < 0x80 && keyByte(byte(r)) {
			clean = append(clean, byte(r))
			continue
		}
		clean = append(clean, '_')
	}
	return string(clean)
}

// hashedKey is a key that is told apart by a hash of the original.
func hashedKey(original string, taken keySet) string {
	start := cleanKey(original)
	start = start[:min(len(start), keptOfKey)]
	sum := sha256.Sum256([]byte(original))
	key := start + "_" + hex.EncodeToString(sum[:4])
	for taken[key] {
		sum = sha256.Sum256(sum[:])
		key = start + "_" + hex.EncodeToString(sum[:4])
	}
	return key
}
