package responses

import (
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// response is what a response object says, whether it is the whole answer or
// stands in an event.
type response struct {
	id, model, status, reason, tier string
	created                         int64
	usage                           ir.Usage
	output                          []byte
	failure                         []byte
	object                          bool
}

func readResponse(r *jsonx.Reader) (a response) {
	a.usage = ir.NoUsage()
	for open := r.Object(); open && r.Member(); {
		switch r.Key() {
		case "id":
			a.id = optional(r)
		case "object":
			a.object = optional(r) == "response"
		case "model":
			a.model = optional(r)
		case "status":
			a.status = optional(r)
		case "created_at":
			if r.Kind() == jsonx.Number {
				a.created = int64(r.Float())
			}
		case "service_tier":
			a.tier = optional(r)
		case "output":
			a.output = rawOrNil(r)
		case "error":
			a.failure = rawOrNil(r)
		case "usage":
			a.usage = readUsage(r)
		case "incomplete_details":
			for open := r.Object(); open && r.Member(); {
				if r.Key() == "reason" {
					a.reason = optional(r)
				}
			}
		}
	}
	return a
}

// DecodeResponse reads a whole answer. The response aliases body.
func (Codec) DecodeResponse(body []byte, trip *ir.Trip) (*ir.Response, error) {
	var r jsonx.Reader
	r.Reset(body)
	if r.Kind() != jsonx.Object {
		return nil, badAnswer("the upstream's answer is no JSON object")
	}
	a := readResponse(&r)
	if err := r.End(); err != nil {
		return nil, badAnswer("reading answer: " + err.Error())
	}
	if a.failure != nil || a.status == "failed" {
		f := readFault(a.failure)
		return nil, streamError(&f)
	}
	if !a.object && a.output == nil {
		return nil, badAnswer("the upstream's answer is no response object")
	}
	var o outputReader
	o.begin(trip)
	parts, err := o.parts(a.output)
	if err != nil {
		return nil, badAnswer("reading answer: " + err.Error())
	}
	return &ir.Response{
		ID: a.id, Model: a.model, Created: a.created, Tier: a.tier, Usage: a.usage,
		Candidates: []ir.Candidate{{Parts: parts, Stop: stopOf(a.status, a.reason, o.called, o.refused)}},
	}, nil
}

// outputReader turns output items into parts.
type outputReader struct {
	trip            *ir.Trip
	items           itemReader
	mem             ir.Arena
	called, refused bool
}

// begin is called once before anything is read.
func (o *outputReader) begin(trip *ir.Trip) {
	o.trip = trip
	o.items.mem, o.items.answer = &o.mem, true
}

// parts reads a list of items.
func (o *outputReader) parts(output []byte) ([]ir.Part, error) {
	if output == nil {
		return nil, nil
	}
	var r jsonx.Reader
	r.Reset(output)
	o.items.body = output
	var parts []ir.Part
	for open := r.Array(); open && r.Element(); {
		parts = o.item(&r, parts)
	}
	return parts, r.End()
}

// item appends the parts of the item that is next.
func (o *outputReader) item(r *jsonx.Reader, parts []ir.Part) []ir.Part {
	var it item
	o.items.read(r, &it)
	o.items.lateContent(r, &it)
	if r.Err() != nil {
		return parts
	}
	from := len(parts)
	parts = o.place(r, &it, parts)
	for i := from; i < len(parts); i++ {
		p := &parts[i]
		p.At, p.Ext, p.ItemID = ir.Loc{}, nil, strings.Clone(it.id)
		ownStrings(p)
		if it.phase != "" {
			p.Ext = []ir.Field{{Name: "@phase", Raw: ir.AppendQuoted(nil, it.phase)}}
		}
		o.note(p)
	}
	return parts
}

// ownStrings copies the plain strings of a part, which outlive the frame that
// they were read from.
func ownStrings(p *ir.Part) {
	switch {
	case p.Call != nil:
		p.Call.ID, p.Call.Name = strings.Clone(p.Call.ID), strings.Clone(p.Call.Name)
		p.Call.Namespace = strings.Clone(p.Call.Namespace)
	case p.Server != nil:
		p.Server.ID, p.Server.CallID = strings.Clone(p.Server.ID), strings.Clone(p.Server.CallID)
		p.Server.Label = strings.Clone(p.Server.Label)
	case p.Opaque != nil:
		p.Opaque.Type = strings.Clone(p.Opaque.Type)
	}
	for i := range p.Citations {
		p.Citations[i].FileID = strings.Clone(p.Citations[i].FileID)
	}
}

// note takes over what the stop reason depends on.
func (o *outputReader) note(p *ir.Part) {
	o.called = o.called || p.Kind == ir.PartToolCall
	o.refused = o.refused || p.Kind == ir.PartRefusal
}

func (o *outputReader) place(r *jsonx.Reader, it *item, parts []ir.Part) []ir.Part {
	t, _ := rowOf(it)
	switch t.kind {
	case kindMessage:
		for _, p := range o.items.parts {
			if p.Kind != ir.PartText && p.Kind != ir.PartRefusal || p.Text != "" {
				parts = append(parts, p)
			}
		}
		return parts
	case kindReasoning:
		p, ok := o.reasoning(r, it)
		if !ok {
			return parts
		}
		return append(parts, p)
	case kindCall:
		p := o.items.callPart(it, t)
		if p.Call.ID == "" {
			p.Call.ID = newID(o.trip, "call_")
		}
		return append(parts, p)
	case kindServer, kindServerBack:
		if t.name == "image_generation" {
			return o.image(it, parts)
		}
		return append(parts, o.items.serverPart(it, t))
	case kindCompaction:
		return append(parts, o.items.opaquePart(it, ir.PartCompaction))
	case kindReference:
		return parts
	default:
		return append(parts, o.items.opaquePart(it, ir.PartOpaque))
	}
}

// reasoning returns a reasoning item's part; one without text and without
// encrypted content leaves nothing.
func (o *outputReader) reasoning(r *jsonx.Reader, it *item) (ir.Part, bool) {
	text, summary := o.items.reasoningText(r, it)
	think := &ir.Thinking{Summary: summary, Sig: signature(o.trip, it.encrypted), ItemID: strings.Clone(it.id)}
	return ir.Part{Kind: ir.PartThinking, Text: text, Think: think}, text != "" || think.Sig != nil
}

// signature returns encrypted reasoning with its provenance.
func signature(trip *ir.Trip, encrypted string) *ir.Sig {
	if encrypted == "" {
		return nil
	}
	s := &ir.Sig{Value: strings.Clone(encrypted), Family: ir.SigOpenAI, Target: ir.SignsThink}
	if trip.Target != nil {
		s.Model, s.Scope = trip.Target.Model, trip.Target.Scope
	}
	return s
}

// image returns a picture that the model has made.
func (o *outputReader) image(it *item, parts []ir.Part) []ir.Part {
	if it.result == "" {
		return parts
	}
	format := it.format
	if format == "" {
		format = "png"
	}
	return append(parts, ir.Part{Kind: ir.PartImage, Media: &ir.Media{
		Source: ir.SourceBase64, MIME: "image/" + format, Data: it.result, ID: strings.Clone(it.id),
	}})
}

// newID returns a fresh id. Trips of tests may have no source of them.
func newID(trip *ir.Trip, prefix string) string {
	if trip.NewID == nil {
		return prefix + "0"
	}
	return trip.NewID(prefix)
}
