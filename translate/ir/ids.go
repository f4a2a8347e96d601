package ir

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// WireID returns a tool call's id as a target takes it: unchanged when it is
// made of letters, digits, '_' and '-' and no longer than max, else its legal
// characters up to max-17, '_' and 16 hex digits of the original's SHA-256. A
// call and its result go through the same function, so no table is needed.
func WireID(id string, max int) string {
	if len(id) <= max && isLegalID(id) {
		return id
	}
	legal := strings.Map(legalIDRune, id)
	sum := sha256.Sum256([]byte(id))
	cut := min(len(legal), max-17)
	return legal[:cut] + "_" + hex.EncodeToString(sum[:8])
}

func isLegalID(id string) bool {
	for i := range len(id) {
		if !legalIDBytes[id[i]] {
			return false
		}
	}
	return true
}

// legalIDBytes are the bytes that legalIDRune leaves as they are.
var legalIDBytes = func() (table [256]bool) {
	for c := range rune(0x80) {
		table[c] = legalIDRune(c) == c
	}
	return table
}()

func legalIDRune(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-' {
		return r
	}
	return '_'
}

// thoughtSuffix is how LiteLLM hides a signature in a call id.
const thoughtSuffix = "__thought__"

// CleanID strips what other gateways append to call ids.
func CleanID(id string) string {
	if i := strings.Index(id, thoughtSuffix); i > 0 {
		return id[:i]
	}
	return id
}

// PrefixID returns the upstream's id with the client dialect's prefix, unless
// it has it already.
func PrefixID(prefix, id string) string {
	if strings.HasPrefix(id, prefix) {
		return id
	}
	return prefix + id
}
