package geminiweb

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Chain returns the fingerprint of a conversation after one more has spoken. Space around what they said does not count,
// since clients keep it or not.
func Chain(before, role, said string) string {
	sum := sha256.Sum256([]byte(before + "\x00" + role + "\x00" + strings.TrimSpace(said)))
	return hex.EncodeToString(sum[:16])
}
