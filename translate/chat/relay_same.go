package chat

import (
	"bytes"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// same knows chunks again that differ from an earlier one in nothing but their
// text. What was unremarkable about that one need not be looked for again,
// which is most of what relaying a stream costs.
type same struct {
	head, tail []byte  // what stands around the text, with its quotes
	model      ir.Span // of the model's name in head; empty when it need not be known
	tries      int
}

// maxTries bounds what is spent on an upstream whose chunks are never alike.
const maxTries = 8

var textMark = []byte(`"content"`)

// knows reports whether data is such a chunk. A text with a quote in it is not
// known, so that no member can hide in it.
func (s *same) knows(data []byte) bool {
	n := len(data) - len(s.head) - len(s.tail)
	if len(s.head) == 0 || n < 0 || !bytes.HasPrefix(data, s.head) || !bytes.HasSuffix(data, s.tail) {
		return false
	}
	text := data[len(s.head) : len(s.head)+n]
	return bytes.IndexByte(text, '"') < 0 && (n == 0 || text[n-1] != '\\')
}

// learn takes an unremarkable chunk as the pattern of those that follow. model
// is where the model's name stands in it.
func (s *same) learn(data []byte, model ir.Span) {
	if s.tries++; s.tries > maxTries {
		return
	}
	value := memberValue(data, textMark)
	if len(value) == 0 || value[0] != '"' {
		return
	}
	start := len(data) - len(value) + 1
	n := bytes.IndexByte(data[start:], '"')
	if n < 0 || bytes.IndexByte(data[start:start+n], '\\') >= 0 || model.End > start {
		return
	}
	kept := append(s.head[:0:0], data...)
	s.head, s.tail, s.model = kept[:start:start], kept[start+n:], model
}
