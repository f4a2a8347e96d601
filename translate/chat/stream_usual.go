package chat

import (
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// usual is what most chunks of a stream are like: a piece of one candidate's
// text, of its thinking, or of a call's arguments, and nothing else that is new.
// Chunks that are like it need not be decoded, which takes six times as long.
type usual struct {
	like jsonx.Likeness
	cand *candidate
	kind ir.PartKind // what the text is

	call   int // whose arguments it is, as the upstream counts
	custom bool
}

// learn makes the chunk that was just read the usual one if it is plain enough.
func (d *streamDecoder) learn(data []byte) {
	c, kind, call := &d.choice, ir.PartThinking, callPiece{}
	if c.texts != 1 || c.finish != "" || c.refusal != "" || c.hasAudio || c.hasUsage ||
		len(c.images) > 0 || len(c.citations) > 0 || len(c.logprobs) > 0 {
		return
	}
	switch {
	case len(c.calls) == 1:
		kind, call = ir.PartToolCall, c.calls[0]
		if call.id != "" || call.name != "" || call.sigValue != "" || call.args.Text == "" || len(call.args.JSON) > 0 {
			return
		}
	case len(c.calls) > 1:
		return
	case len(c.pieces) == 1 && !c.pieces[0].thought:
		kind = ir.PartText
	}
	if u := &d.usual; u.like.Learn(data, c.textAt, unread) {
		u.cand, u.kind, u.call, u.custom = d.candidate(c.index), kind, call.index, call.custom
	}
}

// unread reports whether nobody reads a chunk's member once the answer has
// begun. Some servers number their chunks or date each, and OpenAI pads them.
func unread(key string) bool {
	switch key {
	case "choices", "usage", "x_groq", "service_tier", "error":
		return false
	}
	return true
}

// take appends what a chunk says that is like the usual one, with another text.
func (u *usual) take(out []ir.Event, text ir.Text) []ir.Event {
	switch u.kind {
	case ir.PartText:
		return u.cand.piece(out, piece{text: text})
	case ir.PartThinking:
		return u.cand.text(out, ir.PartThinking, text)
	default:
		p := callPiece{index: u.call}
		p.custom, p.args.Text = u.custom, text
		return u.cand.call(out, &p)
	}
}
