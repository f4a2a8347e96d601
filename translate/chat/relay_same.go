package chat

import (
	"bytes"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// same knows chunks again that differ from an earlier one in nothing but their
// text. What was unremarkable about that one need not be looked for again,
// which is most of what relaying a stream costs. No member can hide in a text:
// it ends with the first quote that is not escaped.
type same struct {
	like  jsonx.Likeness
	model ir.Span // of the model's name; empty when it need not be known
	lead  int     // where data stood in the event the last time
}

// textMarks are the members that hold the text of a chunk.
var textMarks = [...][]byte{
	[]byte(`"content"`), []byte(`"reasoning_content"`), []byte(`"reasoning"`), []byte(`"arguments"`), []byte(`"input"`),
}

// learn takes an unremarkable chunk as the pattern of those that follow. model
// is where the model's name stands in it.
func (s *same) learn(data []byte, model ir.Span) {
	text := textSpan(data)
	loose := unread
	if model.Len() > 0 {
		loose = unreadButModel
	}
	if text.Len() == 0 || !s.like.Learn(data, text, loose) {
		return
	}
	if s.model = model; s.like.Place(model, len(data)) != model {
		s.like.Forget()
	}
}

func unreadButModel(key string) bool { return key != "model" && unread(key) }

// textSpan is where a text of the chunk stands, with its quotes.
func textSpan(data []byte) ir.Span {
	for _, mark := range textMarks {
		value := memberValue(data, mark)
		if len(value) < 3 || value[0] != '"' || value[1] == '"' {
			continue
		}
		var r jsonx.Reader
		r.Reset(value)
		if n := len(r.Raw()); n > 0 {
			start := len(data) - len(value)
			return ir.Span{Start: start, End: start + n}
		}
	}
	return ir.Span{}
}

// offset is where data stands in the event's bytes, -1 when it was put together
// from several lines.
func (s *same) offset(raw, data []byte) int {
	if len(raw) >= s.lead+len(data) && &raw[s.lead] == &data[0] {
		return s.lead
	}
	i := bytes.Index(raw, data)
	s.lead = max(i, 0)
	return i
}
