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

// Weak is what it takes to tell a conversation that its client does not name.
type Weak struct {
	// Decoded is the request, if it has been decoded already.
	Decoded *ir.Request

	// Open decodes the conversation's beginning: it may leave out the pieces that
	// it is given. It is called when the request is not written as usual.
	Open func(omit []ir.Span) (*ir.Request, error)

	// Scratch is memory to work in, best of [ScratchSize] bytes. Nothing refers to
	// it afterwards.
	Scratch []byte
}

// ScratchSize is how much memory it takes to tell a conversation that is told by
// a body of n bytes.
func ScratchSize(n int) int { return min(n, maxRaw+maxComponent) + 1<<10 }

// Of returns the session of a request whose envelope has been read from body.
// Without weak there are only strong keys. What cannot be decoded has no session.
func Of(env *ir.Envelope, body []byte, who Caller, weak *Weak) Session {
	start := lookAt(env, body)
	s := named(env, body)
	s.Continues = start.continues
	s.OneShot = start.oneShot(env, body)
	if s.Key != "" || weak == nil {
		return s
	}
	if hash := weak.hash(env, body, who, &start); hash != "" {
		s.Key, s.Source = hash, "content"
	}
	return s
}

// hash returns the key by the conversation's beginning, or "".
func (w *Weak) hash(env *ir.Envelope, body []byte, who Caller, start *opening) string {
	if w.Decoded == nil {
		var room [4]saying // of which most conversations need two
		b := beginning{said: room[:0]}
		if b.read(env, body, start) {
			if hash, valid := b.hash(who, w.Scratch); valid {
				return hash
			}
		}
	}
	req, err := w.Decoded, error(nil)
	if req == nil {
		req, err = w.Open(start.omit(env, body))
	}
	if err != nil {
		return ""
	}
	b := ofRequest(req)
	hash, _ := b.hash(who, w.Scratch)
	return hash
}

// Tag is what logs may tell of the session: 16 hex digits of the key's hash,
// empty if there is none. So many tell a million sessions apart, so that the
// tag serves as the session's name within its client's.
func (s *Session) Tag() string {
	if s.Key == "" {
		return ""
	}
	var room [64]byte // for the usual keys
	h := sha256.Sum256(append(room[:0], s.Key...))
	return tag("", h[:], 16)
}

// sum is the SHA-256 of a value in lower-case hex.
func sum(value string) string {
	h := sha256.Sum256([]byte(value))
	return hex.EncodeToString(h[:])
}

// tag is the prefix and the first n hex digits of a hash, in lower case.
func tag(prefix string, hash []byte, n int) string {
	var room [len("c:") + 2*sha256.Size]byte
	return string(hex.AppendEncode(append(room[:0], prefix...), hash[:n/2]))
}
