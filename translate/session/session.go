// Package session tells which conversation a request belongs to, so that all
// of its requests can go to the same account: for the sake of the vendor's
// prompt cache, and because vendors take back only the signatures that they
// have made for the same account.
//
// Clients name their conversations in different ways, which are tried in order.
// When none is there, the key is a hash of how the conversation began.
package session

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// Session identifies the conversation of one request.
type Session struct {
	// Key is the same for all requests of the conversation; empty if there is
	// none. It may hold what the client sent: logs get Tag instead.
	Key string

	// Alias is a second key by which later requests of the conversation may
	// come; usually empty.
	Alias string

	// Source says what the key was made of, such as a header's name.
	Source string

	// Strong reports that the client named the conversation itself. Weak keys
	// are made of content, which several conversations may share.
	Strong bool

	// Continues reports that the conversation holds an answer already.
	Continues bool

	// OneShot reports that nothing will follow the answer, as far as one can
	// tell: a title, a probe.
	OneShot bool
}

// Caller is who asks. Conversations of different callers with the same content
// have different keys.
type Caller struct {
	Tenant string // the gateway
	Key    string // the name of the caller's key
}

// Of returns the session of a request whose envelope has been read from body.
// When the client does not name it, open is called to decode the conversation's
// beginning: it may leave out the pieces that it is given. Without open there
// are only strong keys. What cannot be decoded has no session.
func Of(env *ir.Envelope, body []byte, who Caller, open func(omit []ir.Span) (*ir.Request, error)) Session {
	start := lookAt(env, body)
	s := named(env, body)
	s.Continues = start.continues
	s.OneShot = start.oneShot(env, body)
	if s.Key != "" || open == nil {
		return s
	}
	req, err := open(start.omit(env, body))
	if err != nil {
		return s
	}
	if hash := contentHash(req, who); hash != "" {
		s.Key, s.Source = "c:"+hash, "content"
	}
	return s
}

// Tag is what logs may tell of the session: 16 hex digits of the key's hash,
// empty if there is none. So many tell a million sessions apart, so that the
// tag serves as the session's name within its client's.
func (s *Session) Tag() string {
	if s.Key == "" {
		return ""
	}
	h := sha256.Sum256([]byte(s.Key))
	return tag(h[:], 16)
}

// sum is the SHA-256 of a value in lower-case hex.
func sum(value string) string {
	h := sha256.Sum256([]byte(value))
	return hex.EncodeToString(h[:])
}

// tag is the first n hex digits of a hash, in lower case.
func tag(hash []byte, n int) string {
	var digits [2 * sha256.Size]byte
	return string(hex.AppendEncode(digits[:0], hash)[:n])
}
