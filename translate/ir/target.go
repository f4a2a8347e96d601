package ir

import (
	"crypto/sha256"
	"encoding/hex"
)

// Target is the account that a request is encoded for: what it speaks, what
// its model can do, and what was lost on the way there.
type Target struct {
	Dialect  Dialect
	Provider string // the account's kind: openai, openai_compatible, anthropic, gemini, vertex, code_assist, …
	Model    string // the upstream's name of the model
	Caps     Caps
	Scope    string // the account's tag in signatures: 8 hex digits; empty means unknown
	Bound    string // the scope that the session was bound to before; empty means unknown
	Strict   bool
	NoExtra  bool   // has refused the member in which Google's signatures stand in Chat Completions
	Session  string // strong session key, empty when there is none
	Names    *Names // tool names on this target's wire
	Notes    *Notes
}

// CacheKey returns the prompt_cache_key for a session whose client sends none:
// OpenAI routes requests with the same key to the same cache. It is a UUID made
// of the session's SHA-256, so that it does not tell the session, and empty
// without a session or where the vendor may not know the member.
func (t *Target) CacheKey() string {
	if t.Session == "" || t.Provider != "openai" {
		return ""
	}
	sum := sha256.Sum256([]byte(t.Session))
	sum[6] = sum[6]&0x0F | 0x50 // version 5, made from a name
	sum[8] = sum[8]&0x3F | 0x80
	h := hex.EncodeToString(sum[:16])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// Class tells how much a field or part matters when the target lacks it.
type Class uint8

// The classes of loss.
const (
	Hint     Class = iota // dropped with an info note
	Semantic              // dropped or changed with a warn note; refused in strict mode
	Required              // always refused
)

// Lose reports that the part of the client's request at path cannot be sent as
// it is: by a note with the code, or by an error when the class or strict mode
// forbids to go on without it. The detail says in a few words why, or what is
// sent instead, and holds no content.
func (t *Target) Lose(class Class, code, path, detail string) error {
	if class == Required || class == Semantic && t.Strict {
		why := detail
		if why == "" {
			why = "there is no equivalent"
		}
		return Unsupported(path, "%s cannot be sent to model %s by this gateway: %s", path, t.Model, why)
	}
	level := Info
	if class == Semantic {
		level = Warn
	}
	t.Notes.Add(Note{Code: code, Path: path, Level: level, Detail: detail})
	return nil
}

// Repair notes that the gateway mended the request where the target would
// have refused it. Mending is no loss: strict mode allows it.
func (t *Target) Repair(code, path, detail string) {
	t.Notes.Add(Note{Code: code, Path: path, Level: Warn, Detail: detail})
}

// Trip is what the translation of an answer must know of the request's way.
type Trip struct {
	Request *Request // the client's
	Target  *Target
	Model   string                     // the name that the client asked for, which the answer carries
	Created int64                      // unix seconds, for dialects whose answers are dated when the upstream's is not
	NewID   func(prefix string) string // a fresh id: the prefix and 24 random hex digits

	Keeping *Keeping // Responses clients: what the gateway itself stores; nil for nothing

	Array bool     // Gemini clients: the stream is one JSON array
	Betas []string // features that the client has opted into by header (Anthropic)
}
