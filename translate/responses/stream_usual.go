package responses

import (
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// say appends what an event says that brings a piece of text.
type say func(d *streamDecoder, out []ir.Event, e *event) []ir.Event

// deltas are those events.
var deltas = map[string]say{
	"response.output_text.delta": func(d *streamDecoder, out []ir.Event, e *event) []ir.Event {
		return d.logprobs(d.text(out, e, ir.PartText, e.content, e.delta), e)
	},
	"response.refusal.delta": func(d *streamDecoder, out []ir.Event, e *event) []ir.Event {
		return d.text(out, e, ir.PartRefusal, e.content, e.delta)
	},
	"response.reasoning_summary_text.delta": func(d *streamDecoder, out []ir.Event, e *event) []ir.Event {
		return d.thought(out, e, e.index, true, e.delta)
	},
	"response.reasoning_text.delta": func(d *streamDecoder, out []ir.Event, e *event) []ir.Event {
		return d.thought(out, e, e.content, false, e.delta)
	},
	"response.function_call_arguments.delta": (*streamDecoder).arguments,
	"response.custom_tool_call_input.delta":  (*streamDecoder).arguments,
}

// usual is what most events of a stream are like: a delta of the same place
// with another text. Events that are like it need not be decoded.
type usual struct {
	like  jsonx.Likeness
	event event
	say   say
}

// learn makes the event that was just read the usual one if it is a delta and
// nothing else.
func (u *usual) learn(e *event, data []byte) {
	say := deltas[e.typ]
	if say == nil || e.texts != 1 || e.delta == "" || e.item != nil || e.annotation != nil || e.response != nil || e.logprobs != nil || e.failure {
		return
	}
	if u.like.Learn(data, e.textAt, unread) {
		u.say, u.event = say, event{output: e.output, content: e.content, index: e.index}
	}
}

// unread reports whether nobody reads a delta's member. OpenAI numbers its
// events and pads them, and some servers change an item's id from event to
// event.
func unread(key string) bool {
	switch key {
	case "sequence_number", "obfuscation", "item_id":
		return true
	}
	return false
}

// take appends what an event says that is like the usual one, with another
// text.
func (u *usual) take(d *streamDecoder, out []ir.Event, text ir.Text) []ir.Event {
	u.event.delta = text
	return u.say(d, out, &u.event)
}
