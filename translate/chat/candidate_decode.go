package chat

import (
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// candidate is one of the alternative answers of a stream. Text, thinking and
// refusal are open one at a time; calls stay open to the end, since servers may
// mix their fragments.
type candidate struct {
	index   int
	trip    *ir.Trip
	next    int         // index of the next part
	open    ir.PartKind // the kind of the open text, 0 when none is open
	at      int         // its index
	calls   []*openCall
	audio   *openAudio
	tags    *tagSplitter // nil unless thoughts come inside the text
	finish  ir.Text
	called  bool
	refused bool
}

// openCall is a call whose fragments are still coming.
type openCall struct {
	wire    int // the upstream's index
	part    int // -1 until its name is known
	id      string
	name    string
	custom  bool
	argued  bool   // arguments have come
	pending []byte // arguments that came before the name, as escaped text
	sig     string
	signed  bool
}

type openAudio struct {
	part       int
	id         string
	transcript []byte
}

func newCandidate(index int, trip *ir.Trip) *candidate {
	c := &candidate{index: index, trip: trip}
	if trip.Target != nil && trip.Target.Caps.ThinkTags {
		c.tags = &tagSplitter{}
	}
	return c
}

// take appends what a chunk says of the candidate.
func (c *candidate) take(out []ir.Event, d *choice) []ir.Event {
	if d.reasoning != "" {
		out = c.text(out, ir.PartThinking, d.reasoning)
	}
	for i := range d.pieces {
		out = c.piece(out, d.pieces[i])
	}
	if c.open == ir.PartText {
		out = c.notes(out, d)
	}
	if d.refusal != "" {
		c.refused = true
		out = c.text(out, ir.PartRefusal, d.refusal)
	}
	if d.hasAudio {
		out = c.takeAudio(out, &d.audio)
	}
	for _, u := range d.images {
		out = c.image(out, u)
	}
	for i := range d.calls {
		out = c.call(out, &d.calls[i])
	}
	if d.finish != "" {
		c.finish = d.finish.Clone()
	}
	return out
}

// piece appends a stretch of content.
func (c *candidate) piece(out []ir.Event, p piece) []ir.Event {
	switch {
	case p.thought:
		return c.text(out, ir.PartThinking, p.text)
	case c.tags != nil:
		thought, text := c.tags.split(p.text)
		return c.tagged(out, thought, text)
	default:
		return c.text(out, ir.PartText, p.text)
	}
}

// text appends a piece of text, in the open part if it is of its kind.
func (c *candidate) text(out []ir.Event, kind ir.PartKind, text ir.Text) []ir.Event {
	if c.open != kind {
		out = c.closeText(out)
		p := &ir.Part{Kind: kind}
		if kind == ir.PartThinking {
			p.Think = &ir.Thinking{}
		}
		c.open, c.at = kind, c.next
		out = c.start(out, p)
	}
	return ir.AppendText(out, c.index, c.at, text)
}

func (c *candidate) tagged(out []ir.Event, thought, text ir.Text) []ir.Event {
	if thought != "" {
		out = c.text(out, ir.PartThinking, thought)
	}
	if text != "" {
		out = c.text(out, ir.PartText, text)
	}
	return out
}

// notes appends what is said about the open text.
func (c *candidate) notes(out []ir.Event, d *choice) []ir.Event {
	for i := range d.citations {
		cite := d.citations[i]
		out = append(out, ir.Event{Kind: ir.EventCitation, Cand: c.index, Index: c.at, Citation: &cite})
	}
	if len(d.logprobs) > 0 {
		out = append(out, ir.Event{Kind: ir.EventLogprobs, Cand: c.index, Index: c.at, Logprobs: d.logprobs})
	}
	return out
}

func (c *candidate) start(out []ir.Event, p *ir.Part) []ir.Event {
	out = append(out, ir.Event{Kind: ir.EventPartStart, Cand: c.index, Index: c.next, Part: p})
	c.next++
	return out
}

func (c *candidate) stop(out []ir.Event, part int) []ir.Event {
	return append(out, ir.Event{Kind: ir.EventPartStop, Cand: c.index, Index: part})
}

func (c *candidate) closeText(out []ir.Event) []ir.Event {
	if c.open == 0 {
		return out
	}
	c.open = 0
	return c.stop(out, c.at)
}

// close ends all open parts.
func (c *candidate) close(out []ir.Event) []ir.Event {
	if c.tags != nil {
		thought, text := c.tags.rest()
		out = c.tagged(out, thought, text)
	}
	out = c.closeText(out)
	if a := c.audio; a != nil {
		final := &ir.Part{Kind: ir.PartAudio, Media: &ir.Media{ID: a.id, Source: ir.SourceBase64, Transcript: ir.Text(a.transcript)}}
		out = append(out, ir.Event{Kind: ir.EventPartStop, Cand: c.index, Index: a.part, Part: final})
	}
	for _, call := range c.calls {
		if call.part < 0 {
			call.name = "tool"
			out = c.startCall(out, call)
			out = c.arguments(out, call, ir.Args{})
		}
		out = c.stop(out, call.part)
	}
	return out
}

// find returns the call that a fragment continues, nil for a new one. Servers
// that send no index, or the same for all, tell calls apart by their ids.
func (c *candidate) find(p *callPiece) *openCall {
	var same *openCall
	for i := len(c.calls) - 1; i >= 0 && same == nil; i-- {
		if p.index < 0 || c.calls[i].wire == p.index {
			same = c.calls[i]
		}
	}
	if same == nil {
		return nil
	}
	if p.id == "" || same.id == "" || p.id == same.id {
		return same
	}
	if same.argued || p.name != "" {
		return nil
	}
	return same
}

// call appends what a fragment says of a call.
func (c *candidate) call(out []ir.Event, p *callPiece) []ir.Event {
	call := c.find(p)
	if call == nil {
		if p.id == "" && p.name == "" && p.args.Empty() {
			return out
		}
		call = &openCall{wire: max(p.index, 0), part: -1}
		c.calls = append(c.calls, call)
		c.called = true
	}
	if call.id == "" {
		call.id = strings.Clone(p.id)
	}
	if p.sigValue != "" && call.sig == "" {
		call.sig = p.sigValue
	}
	if call.part < 0 {
		call.custom = call.custom || p.custom
		if p.name == "" {
			call.hold(p.args)
			return out
		}
		call.name = strings.Clone(p.name)
		out = c.startCall(out, call)
	}
	out = c.sign(out, call)
	return c.arguments(out, call, p.args)
}

// hold keeps arguments that come before the call has a name.
func (o *openCall) hold(a ir.Args) {
	if a.Empty() {
		return
	}
	o.argued = true
	if len(a.JSON) > 0 {
		o.pending = a.AppendString(o.pending)
		return
	}
	o.pending = append(o.pending, a.Text...)
}

func (c *candidate) startCall(out []ir.Event, call *openCall) []ir.Event {
	out = c.closeText(out)
	if call.id == "" {
		call.id = c.trip.NewID("call_")
	}
	call.part = c.next
	head := &ir.ToolCall{ID: call.id, Name: call.name, Type: ir.TypeFunction}
	if call.custom {
		head.Type = ir.TypeCustom
	}
	return c.start(out, &ir.Part{Kind: ir.PartToolCall, Call: head})
}

// sign appends a call's signature, once.
func (c *candidate) sign(out []ir.Event, call *openCall) []ir.Event {
	if call.sig == "" || call.signed {
		return out
	}
	call.signed = true
	return append(out, ir.Event{Kind: ir.EventSignature, Cand: c.index, Index: call.part, Sig: signatureOf(c.trip, call.sig)})
}

// signatureOf is a signature that Google's compatibility endpoint gave.
func signatureOf(trip *ir.Trip, value string) *ir.Sig {
	s := &ir.Sig{Value: value, Family: ir.SigGemini, Target: ir.SignsCall}
	if trip.Target != nil {
		s.Model, s.Scope = trip.Target.Model, trip.Target.Scope
	}
	return s
}

func (c *candidate) arguments(out []ir.Event, call *openCall, a ir.Args) []ir.Event {
	text := a.Text
	switch {
	case len(call.pending) > 0:
		call.hold(a)
		text, call.pending = ir.Text(call.pending), nil
	case len(a.JSON) > 0:
		call.argued = true
		return append(out, ir.Event{Kind: ir.EventDelta, Cand: c.index, Index: call.part, JSON: a.JSON})
	case text == "":
		return out
	}
	call.argued = true
	return ir.AppendText(out, c.index, call.part, text)
}

func (c *candidate) takeAudio(out []ir.Event, m *ir.Media) []ir.Event {
	if c.audio == nil {
		out = c.closeText(out)
		c.audio = &openAudio{part: c.next, id: m.ID}
		out = c.start(out, &ir.Part{Kind: ir.PartAudio, Media: &ir.Media{ID: m.ID, Source: ir.SourceBase64, MIME: answerMIME(c.trip)}})
	}
	c.audio.transcript = append(c.audio.transcript, m.Transcript...)
	if m.Data == "" {
		return out
	}
	return ir.AppendText(out, c.index, c.audio.part, m.Data)
}

// answerMIME is the type of spoken answers: what the client asked for, and for
// Google's clients the one that they know, which is what pcm16 is.
func answerMIME(trip *ir.Trip) string {
	if r := trip.Request; r != nil && (r.Dialect == ir.Gemini || r.Dialect == ir.CodeAssist) {
		return "audio/L16;codec=pcm;rate=24000"
	}
	if trip.Request == nil || trip.Request.Output.AudioFormat == "" {
		return "audio/wav"
	}
	return audioMIME(trip.Request.Output.AudioFormat)
}

func (c *candidate) image(out []ir.Event, u ir.Text) []ir.Event {
	out = c.closeText(out)
	part := c.next
	p, data := imagePart(u)
	out = c.start(out, p)
	if data != "" {
		out = ir.AppendText(out, c.index, part, data)
	}
	return c.stop(out, part)
}

// imagePart is the part for a generated image, with its data apart.
func imagePart(u ir.Text) (*ir.Part, ir.Text) {
	m := &ir.Media{}
	p := &ir.Part{Kind: ir.PartImage, Media: m}
	mime, data, ok := splitDataURL(u)
	if !ok {
		m.Source, m.URL = ir.SourceURL, strings.Clone(u.String())
		return p, ""
	}
	m.Source, m.MIME = ir.SourceBase64, orElse(strings.Clone(mime), "image/png")
	return p, data
}
