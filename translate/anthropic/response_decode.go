package anthropic

import (
	"net/http"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// DecodeResponse reads a whole message.
func (Codec) DecodeResponse(body []byte, trip *ir.Trip) (*ir.Response, error) {
	d := responseDecoder{body: body, trip: trip, counts: noCounts()}
	d.r.Reset(body)
	if d.r.Kind() != jsonx.Object {
		return nil, noMessage()
	}
	d.r.Object()
	for d.r.Member() {
		d.member()
	}
	if d.r.End() != nil {
		return nil, noMessage()
	}
	if d.kind == "error" {
		return nil, streamError(body)
	}
	if !d.hasContent {
		return nil, noMessage()
	}
	d.stop.settle(d.calls)
	d.resp.Candidates = []ir.Candidate{{Parts: d.parts, Stop: d.stop.Stop}}
	d.resp.Usage, d.resp.Tier = d.counts.usage(), d.counts.tier
	return &d.resp, nil
}

func noMessage() *ir.Error {
	return &ir.Error{Kind: ir.ErrUpstream, Status: http.StatusBadGateway, Message: "the upstream's answer is no message", Upstream: ir.Anthropic}
}

type responseDecoder struct {
	r          jsonx.Reader
	body       []byte
	trip       *ir.Trip
	resp       ir.Response
	kind       string
	parts      []ir.Part
	calls      int
	stop       stop
	counts     counts
	hasContent bool
}

func (d *responseDecoder) member() {
	r := &d.r
	if r.Null() {
		return
	}
	switch r.Key() {
	case "type":
		d.kind = r.String()
	case "id":
		d.resp.ID = r.String()
	case "model":
		d.resp.Model = r.String()
	case "content":
		d.hasContent = true
		r.Array()
		var b block
		for r.Element() {
			b.read(r, d.body)
			d.add(&b)
		}
	case "usage":
		d.counts.add(r)
	default:
		if !d.stop.member(r) {
			d.resp.Ext = append(d.resp.Ext, keep(r))
		}
	}
}

func (d *responseDecoder) add(b *block) {
	if d.r.Err() != nil {
		return
	}
	p, ok := answerPart(b, d.body, d.trip)
	if !ok {
		return
	}
	switch {
	case p.Call != nil && isJSONTool(p.Call.Name, d.trip):
		p = ir.Part{Kind: ir.PartText, Text: ir.Text(p.Call.Args.AppendString(nil))}
	case p.Call != nil:
		d.calls++
	}
	d.parts = append(d.parts, p)
}

// answerPart returns the part that a block of an answer stands for.
func answerPart(b *block, doc []byte, trip *ir.Trip) (ir.Part, bool) {
	var p ir.Part
	switch b.typ {
	case "text":
		p.Kind, p.Text = ir.PartText, b.text
		if len(b.citations) > 0 {
			var r jsonx.Reader
			r.Reset(doc)
			sub := r.Sub(b.citations)
			p.Citations = readCitations(&sub, doc)
		}
		return p, p.Text != ""
	case "thinking":
		p.Kind, p.Text = ir.PartThinking, b.text
		p.Think = &ir.Thinking{Summary: true, Sig: signature(b.signature, ir.SignsThink, trip)}
	case "redacted_thinking":
		p.Kind = ir.PartThinking
		p.Think = &ir.Thinking{Redacted: true, Sig: signature(b.data, signsRedacted, trip)}
	case "tool_use":
		p.Kind = ir.PartToolCall
		p.Call = &ir.ToolCall{ID: callID(b.id, trip), Name: b.name, Args: b.args(), Type: ir.TypeFunction}
	default:
		opaquePart(&p, b)
	}
	return p, true
}

// signature returns a signature that this answer's upstream has made.
func signature(value string, target ir.SigTarget, trip *ir.Trip) *ir.Sig {
	if value == "" {
		return nil
	}
	s := &ir.Sig{Value: value, Family: ir.SigAnthropic, Target: target}
	if t := trip.Target; t != nil {
		s.Model, s.Scope = t.Model, t.Scope
	}
	return s
}

func callID(id string, trip *ir.Trip) string {
	if id == "" && trip.NewID != nil {
		return trip.NewID("call_")
	}
	return id
}

// isJSONTool reports whether a call is the answer of a model that was made to
// answer in JSON by a forced tool.
func isJSONTool(name string, trip *ir.Trip) bool {
	return name == jsonTool && trip.Request.Format.Kind == ir.FormatSchema &&
		(trip.Target == nil || !trip.Target.Caps.StructuredOutput) && trip.Request.Tool("", jsonTool) == nil
}

// stop collects why an answer ended.
type stop struct {
	ir.Stop
	seen bool
}

// member reads a member of a message or of a message_delta's delta that tells
// of its end. It reports false for any other.
func (s *stop) member(r *jsonx.Reader) bool {
	switch r.Key() {
	case "stop_reason":
		if r.Null() {
			return true
		}
		s.Raw = strings.Clone(r.String())
		s.Reason, s.seen = stopReason(s.Raw), true
	case "stop_sequence":
		s.Sequence = r.Text().Clone()
	case "stop_details":
		s.details(r)
	default:
		return false
	}
	return true
}

func (s *stop) details(r *jsonx.Reader) {
	if !r.Object() {
		return
	}
	for r.Member() {
		switch key := r.Key(); {
		case r.Kind() != jsonx.String:
		case key == "explanation":
			s.Detail = r.Text().Clone()
		case key == "category":
			s.Category = strings.Clone(r.String())
		}
	}
}

// settle corrects the reason by what was seen: with a call for the client the
// answer waits for its result, without one it does not.
func (s *stop) settle(calls int) {
	switch {
	case calls > 0 && (s.Reason == ir.StopEnd || s.Reason == ir.StopOther || s.Reason == ""):
		s.Reason = ir.StopToolUse
	case calls == 0 && (s.Reason == ir.StopToolUse || s.Reason == ""):
		s.Reason = ir.StopEnd
	}
}
