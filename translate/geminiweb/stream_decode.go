package geminiweb

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// The names of events besides the app's frames, which have none.
const (
	EventImage = "image" // a picture that the provider has fetched: {"mime","data"}, or {} for one that it could not get
	EventFinal = "final" // the one frame of an answer that is shown when it is complete
)

// decoder reads an answer frame by frame.
type decoder struct {
	trip *ir.Trip
	out  []ir.Event

	started, ended bool
	done           bool // the candidate is complete, or the turn is in the history
	saw            bool // a part with a body has come
	status         int  // a bare status, which means something only if nothing else comes

	next     int         // index of the next part
	open     ir.PartKind // at index next-1, else 0
	thoughts track
	answer   track
	said     Body
	links    []string
	sizes    estimate
	stops    stopper
}

func newDecoder(trip *ir.Trip) *decoder {
	d := &decoder{trip: trip}
	if trip.Request != nil {
		for _, s := range trip.Request.Sampling.Stop {
			if s != "" {
				d.stops.words = append(d.stops.words, s.String())
			}
		}
	}
	return d
}

// Decode implements ir.Decoder.
func (d *decoder) Decode(out []ir.Event, name string, data []byte) []ir.Event {
	if d.ended || len(bytes.TrimSpace(data)) == 0 {
		return out
	}
	d.out = out
	switch name {
	case EventImage:
		d.image(gjson.ParseBytes(data))
	default:
		if !jsonx.Valid(data) || data[0] != '[' {
			d.fail(bad("the web app's answer cannot be read", "bad_frame"))
			break
		}
		Parts(data, func(kind string, part gjson.Result) { d.part(kind, part, name == EventFinal) })
	}
	out, d.out = d.out, nil
	return out
}

func (d *decoder) emit(e ir.Event) { d.out = append(d.out, e) }

func (d *decoder) fail(e *ir.Error) {
	if !d.ended {
		d.ended = true
		d.emit(ir.Event{Kind: ir.EventError, Err: e})
	}
}

func (d *decoder) part(kind string, part gjson.Result, final bool) {
	switch {
	case d.ended:
	case kind == "e":
		d.finish()
	case kind == "wrb.fr":
		code, status := Failure(part)
		if code != 0 {
			d.fail(Problem(code))
			return
		}
		if status != 0 {
			d.status = status
		}
		if body, ok := ReadBody(part); ok {
			d.body(&body, final)
		}
	}
}

// body takes what is new of a snapshot.
func (d *decoder) body(b *Body, whole bool) {
	d.start(b)
	if b.Model != "" && d.said.Model == "" {
		d.said.Model = b.Model
		if !SameModel(b.Model, d.trip.Target.Model) {
			d.trip.Target.Notes.Add(ir.Note{Code: "model.rerouted", Path: "model", Level: ir.Warn})
		}
	}
	d.done = d.done || b.Done || b.Context != ""
	if b.Choice == "" {
		return
	}
	d.saw = true
	if b.Candidates > 1 {
		d.trip.Target.Notes.Add(ir.Note{Code: ir.CodeDrop, Path: "candidates", Level: ir.Info, Detail: "another draft"})
	}
	if len(b.Links) > 0 {
		d.links = b.Links
	}
	final := b.Done || !b.Sound
	answer, thoughts := b.Clean()
	cut, met := d.stops.cut(answer, final)
	d.text(ir.PartThinking, d.thoughts.next(thoughts, final || answer != ""), whole)
	d.text(ir.PartText, d.answer.next(cut, final || met), whole)
	if met {
		d.finish()
	}
}

func (d *decoder) start(b *Body) {
	if d.started {
		return
	}
	d.started = true
	d.emit(ir.Event{Kind: ir.EventStart, ID: strings.TrimPrefix(b.Reply, "r_"), Model: strings.Clone(b.Model)})
}

// pieceRunes is about how long the pieces of an answer are that has come at once.
const pieceRunes = 40

// text emits a piece of text or of thoughts.
func (d *decoder) text(kind ir.PartKind, piece string, whole bool) {
	if piece == "" {
		return
	}
	if d.open != kind {
		d.begin(kind)
	}
	d.sizes.add(piece)
	for piece != "" {
		n := len(piece)
		if whole {
			n = pieceEnd(piece)
		}
		d.emit(ir.Event{Kind: ir.EventDelta, Index: d.next - 1, Text: ir.Plain(piece[:n])})
		piece = piece[n:]
	}
}

// pieceEnd is where the first piece of a long text ends: behind a blank, if there is one.
func pieceEnd(s string) int {
	n := 0
	for i, r := range s {
		if n++; n > pieceRunes && r == ' ' {
			return i + 1
		}
	}
	return len(s)
}

func (d *decoder) begin(kind ir.PartKind) {
	d.close()
	header := &ir.Part{Kind: kind}
	if kind == ir.PartThinking {
		header.Think = &ir.Thinking{Summary: true}
	}
	d.emit(ir.Event{Kind: ir.EventPartStart, Index: d.next, Part: header})
	d.next++
	d.open = kind
}

func (d *decoder) close() {
	if d.open != 0 {
		d.emit(ir.Event{Kind: ir.EventPartStop, Index: d.next - 1})
		d.open = 0
	}
}

// image emits a picture.
func (d *decoder) image(v gjson.Result) {
	if !d.started {
		d.start(&Body{})
	}
	data := v.Get("data").String()
	if data == "" {
		d.text(ir.PartText, "\n\n[A picture was made that could not be fetched.]", false)
		return
	}
	d.close()
	d.saw = true
	d.emit(ir.Event{Kind: ir.EventPartStart, Index: d.next, Part: &ir.Part{Kind: ir.PartImage, Media: &ir.Media{
		MIME: strings.Clone(v.Get("mime").String()), Source: ir.SourceBase64,
	}}})
	d.emit(ir.Event{Kind: ir.EventDelta, Index: d.next, Text: ir.Plain(data)})
	d.emit(ir.Event{Kind: ir.EventPartStop, Index: d.next})
	d.next++
}

// finish ends the answer: well, if it was complete.
func (d *decoder) finish() {
	if d.ended {
		return
	}
	switch {
	case d.stops.met != "":
	case !d.saw && !d.done && d.status != 0:
		d.fail(bare(d.status))
		return
	case !d.done:
		d.fail(truncated())
		return
	}
	if len(d.links) > 0 && d.stops.met == "" {
		d.text(ir.PartText, "\n\n"+strings.Join(d.links, "\n"), false)
		d.trip.Target.Notes.Add(ir.Note{Code: ir.CodeApprox, Path: "answer", Level: ir.Info, Detail: "media as links"})
	}
	if d.answer.realigned {
		d.trip.Target.Notes.Add(ir.Note{Code: "delta.realigned", Path: "answer", Level: ir.Info})
	}
	d.close()
	d.ended = true
	usage := d.usage()
	d.emit(ir.Event{Kind: ir.EventUsage, Usage: &usage, Estimated: true})
	stop := ir.Stop{Reason: ir.StopEnd}
	if d.stops.met != "" {
		stop = ir.Stop{Reason: ir.StopSequence, Sequence: ir.Plain(d.stops.met)}
	}
	d.emit(ir.Event{Kind: ir.EventStop, Stop: stop})
	d.emit(ir.Event{Kind: ir.EventEnd})
}

// Close implements ir.Decoder.
func (d *decoder) Close(out []ir.Event) []ir.Event {
	if d.ended {
		return out
	}
	d.out = out
	d.finish()
	out, d.out = d.out, nil
	return out
}

// SameModel says whether the app's name of a model can be the one that was asked for: "3 Flash" for gemini-3-flash.
func SameModel(said, asked string) bool {
	said, asked = bareName(said), bareName(asked)
	return said == "" || strings.Contains(asked, said) || strings.Contains(said, asked)
}

func bareName(s string) string {
	s = strings.ToLower(s)
	for _, drop := range []string{"gemini", "models/", "thinking", "preview", "advanced", "plus"} {
		s = strings.ReplaceAll(s, drop, "")
	}
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

// bare is the error of an answer that held nothing but a status without a code.
func bare(status int) *ir.Error {
	return bad("the web app answered nothing but a status", "status_"+strconv.Itoa(status))
}

func bad(message, code string) *ir.Error {
	return &ir.Error{Kind: ir.ErrUpstream, Status: http.StatusBadGateway, Message: message, Code: code, Upstream: ir.GeminiWeb}
}

func truncated() *ir.Error {
	return &ir.Error{
		Kind: ir.ErrTruncated, Status: http.StatusBadGateway, Code: "upstream_stream_truncated", Upstream: ir.GeminiWeb,
		Message: "the upstream's answer ended before it was complete",
	}
}
