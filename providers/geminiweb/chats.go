package geminiweb

import (
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/translate/geminiweb"
)

// chat is a conversation in the app that can be continued.
type chat struct {
	model string
	meta  [metaSize]string
	turn  int
	used  time.Time
}

// The bounds of what is remembered.
const (
	maxChats = 1000
	chatLife = 12 * time.Hour
)

// resume makes the question the next one of a conversation, if the app knows all that was said before. It is false for
// one that must tell everything.
func (s *Session) resume(d *draft, q *question) bool {
	if !s.Sticky || d.session == "" {
		return false
	}
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	c, ok := s.state.chats[d.session+d.body.Get(geminiweb.MemberHistory).String()]
	if !ok || c.model != d.model || time.Since(c.used) > chatLife {
		return false
	}
	q.metadata, q.turn = c.meta, c.turn
	q.prompt = d.body.Get(geminiweb.MemberLast).String()
	return true
}

// remember keeps a conversation under what has been said in it.
func (s *Session) remember(t *stream, b *geminiweb.Body) {
	if !s.Sticky || t.draft.session == "" || t.last.Choice == "" {
		return
	}
	meta := t.question.metadata
	for i := range meta {
		if raw := b.Meta(i); raw != "" && raw != "null" {
			meta[i] = raw
		}
	}
	meta[2] = quoted(t.last.Choice)
	if b.Context != "" {
		meta[metaSize-1] = quoted(b.Context)
	}
	t.question.metadata = meta
	said, _ := t.last.Clean()
	key := t.draft.session + geminiweb.Chain(t.draft.body.Get(geminiweb.MemberThrough).String(), "assistant", said)
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	if len(s.state.chats) >= maxChats {
		s.forget()
	}
	s.state.chats[key] = chat{t.draft.model, meta, t.question.turn + 1, time.Now()}
}

// forget drops what is old, and else anything. The caller holds the lock.
func (s *Session) forget() {
	for key, c := range s.state.chats {
		if time.Since(c.used) > chatLife {
			delete(s.state.chats, key)
		}
	}
	for key := range s.state.chats {
		if len(s.state.chats) < maxChats {
			return
		}
		delete(s.state.chats, key)
	}
}
