package anthropic

import (
	"strconv"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// AppendResponse appends a message. Messages have one candidate; others are
// left out.
func (Codec) AppendResponse(dst []byte, resp *ir.Response, trip *ir.Trip) []byte {
	var c ir.Candidate
	if len(resp.Candidates) > 0 {
		c = resp.Candidates[0]
	}
	dst = appendMessageHead(dst, resp.ID, trip)
	dst = append(dst, '[')
	called := false
	for i, b := range answerBlocks(c.Parts, trip) {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = b.append(dst, i, trip)
		called = called || b.typ == toolUse
	}
	dst = append(dst, `],`...)
	dst = appendStop(dst, c.Stop, called, trip)
	dst = append(dst, `,"usage":`...)
	dst = appendUsage(dst, &resp.Usage, resp.Tier, 0)
	if trip.Request.Dialect == ir.Anthropic && trip.Target != nil && trip.Target.Dialect == ir.Anthropic {
		for i := range resp.Ext {
			dst = append(ir.AppendQuoted(append(dst, ','), resp.Ext[i].Name), ':')
			dst = jsonx.AppendCompact(dst, resp.Ext[i].Raw)
		}
	}
	return append(dst, '}')
}

// appendMessageHead appends a message up to its content.
func appendMessageHead(dst []byte, id string, trip *ir.Trip) []byte {
	switch {
	case id != "":
		id = ir.PrefixID("msg_", id)
	case trip.NewID != nil:
		id = trip.NewID("msg_")
	}
	dst = append(dst, `{"id":`...)
	dst = ir.AppendQuoted(dst, id)
	dst = append(dst, `,"type":"message","role":"assistant","model":`...)
	dst = ir.AppendQuoted(dst, trip.Model)
	return append(dst, `,"content":`...)
}

// appendStop appends stop_reason and what belongs to it.
func appendStop(dst []byte, s ir.Stop, called bool, trip *ir.Trip) []byte {
	dst = append(dst, `"stop_reason":"`...)
	dst = append(append(dst, stopWord(s.Reason, called, trip)...), `","stop_sequence":`...)
	if s.Reason == ir.StopSequence && s.Sequence != "" {
		dst = s.Sequence.AppendJSON(dst)
	} else {
		dst = append(dst, "null"...)
	}
	if s.Reason != ir.StopRefusal || s.Category == "" && s.Detail == "" {
		return dst
	}
	dst = append(dst, `,"stop_details":{"type":"refusal","category":`...)
	if s.Category == "" {
		dst = append(dst, "null"...)
	} else {
		dst = ir.AppendQuoted(dst, s.Category)
	}
	dst = append(dst, `,"explanation":`...)
	return append(s.Detail.AppendJSON(dst), '}')
}

// The types of blocks that an answer consists of.
const (
	textType       = "text"
	thinkingType   = "thinking"
	redactedType   = "redacted_thinking"
	toolUse        = "tool_use"
	rawType        = "raw" // as Anthropic wrote it
	compactionType = "compaction"
)

// answerBlock is one block of an answer.
type answerBlock struct {
	typ  string
	part *ir.Part
	text ir.Text // textType, thinkingType
	sig  string  // thinkingType, redactedType
}

// answerBlocks returns the blocks for an answer's parts. Signatures of calls
// and texts, which Messages has no place for, ride on the thinking before them,
// or on an empty one. Unsigned thinking that comes after text is left out, as
// in a stream, so that the text stays in one piece.
func answerBlocks(parts []ir.Part, trip *ir.Trip) []answerBlock {
	l := blockList{list: make([]answerBlock, 0, len(parts)+1), trip: trip}
	for i := range parts {
		l.add(&parts[i])
	}
	l.dropLate()
	return l.list
}

type blockList struct {
	list   []answerBlock
	trip   *ir.Trip
	texted bool // a text block stands
	late   ir.Text
}

func (l *blockList) add(p *ir.Part) {
	switch {
	case p.Kind == ir.PartThinking:
		l.thinking(p)
	case p.Kind == ir.PartText || p.Kind == ir.PartRefusal:
		l.carry(p.Sig)
		dropped := l.dropLate()
		if p.Text == "" {
			return
		}
		if last := len(l.list) - 1; dropped && last >= 0 && l.list[last].typ == textType {
			l.list[last].text += p.Text
			return
		}
		l.texted = true
		l.push(answerBlock{typ: textType, part: p, text: p.Text})
	case p.Kind == ir.PartToolCall:
		l.carry(p.Sig)
		l.dropLate()
		l.push(answerBlock{typ: toolUse, part: p})
	case isNative(p):
		l.dropLate()
		l.push(answerBlock{typ: rawType, part: p})
	}
}

func (l *blockList) push(b answerBlock) { l.list = append(l.list, b) }

func (l *blockList) thinking(p *ir.Part) {
	typ, sig := thinkingForm(p.Think, p.Text == "")
	switch {
	case typ == redactedType:
		l.push(answerBlock{typ: redactedType, sig: sig})
	case p.Text == "" && sig == "":
	case sig == "" && l.texted:
		l.late += p.Text
	default:
		l.push(answerBlock{typ: thinkingType, text: p.Text, sig: sig})
	}
}

// carry puts the signature of the next block into the thinking before it.
func (l *blockList) carry(s *ir.Sig) {
	value := sigValue(s)
	if value == "" {
		return
	}
	last := len(l.list) - 1
	if l.late == "" && last >= 0 && l.list[last].typ == thinkingType && l.list[last].sig == "" {
		l.list[last].sig = value
		return
	}
	l.push(answerBlock{typ: thinkingType, text: l.late, sig: value})
	l.late = ""
}

func (l *blockList) dropLate() bool {
	if l.late == "" {
		return false
	}
	l.late = ""
	noteLate(l.trip)
	return true
}

// isNative reports whether Anthropic wrote the part itself.
func isNative(p *ir.Part) bool {
	return p.Server != nil && p.Server.Dialect == ir.Anthropic && len(p.Server.Raw) > 0 ||
		p.Opaque != nil && p.Opaque.Dialect == ir.Anthropic && len(p.Opaque.Raw) > 0
}

// thinkingForm returns the type of block for thinking, and its signature.
func thinkingForm(t *ir.Thinking, empty bool) (typ, sig string) {
	if t == nil {
		return thinkingType, ""
	}
	sig = sigValue(t.Sig)
	if sig != "" && (t.Redacted || empty && t.Sig.Family == ir.SigOpenAI) {
		return redactedType, sig
	}
	return thinkingType, sig
}

// sigValue returns a signature as the client gets it: Anthropic's own as it
// is, others inside a carrier.
func sigValue(s *ir.Sig) string {
	switch {
	case s == nil || s.Value == "":
		return ""
	case s.Family == ir.SigAnthropic:
		return s.Value
	default:
		return s.Carrier()
	}
}

// clientCallID returns a call's id for the client. Ids that the gateway made
// up get the prefix that Anthropic's have.
func clientCallID(id string, trip *ir.Trip) string {
	if id == "" && trip.NewID != nil {
		return trip.NewID("toolu_")
	}
	if hex, ok := strings.CutPrefix(id, "call_"); ok && len(hex) == 24 && strings.Trim(hex, "0123456789abcdef") == "" {
		return "toolu_" + hex
	}
	return id
}

// callName returns a call's name; one that the upstream never told gets one
// by its place.
func callName(name string, index int) string {
	if name == "" {
		return "tool_" + strconv.Itoa(index)
	}
	return name
}

func (b *answerBlock) append(dst []byte, index int, trip *ir.Trip) []byte {
	switch b.typ {
	case textType:
		dst = b.text.AppendJSON(append(dst, `{"type":"text","text":`...))
		dst, _ = appendCitations(dst, b.part.Citations)
	case thinkingType:
		dst = b.text.AppendJSON(append(dst, `{"type":"thinking","thinking":`...))
		dst = ir.AppendQuoted(append(dst, `,"signature":`...), b.sig)
	case redactedType:
		dst = ir.AppendQuoted(append(dst, `{"type":"redacted_thinking","data":`...), b.sig)
	case toolUse:
		c := b.part.Call
		dst = ir.AppendQuoted(append(dst, `{"type":"tool_use","id":`...), clientCallID(c.ID, trip))
		dst = ir.AppendQuoted(append(dst, `,"name":`...), callName(c.Name, index))
		dst = c.Args.AppendObject(append(dst, `,"input":`...))
	default:
		return appendNative(dst, b.part)
	}
	return append(dst, '}')
}

// appendNative appends a block as Anthropic wrote it; what came in pieces
// after its start is put in.
func appendNative(dst []byte, p *ir.Part) []byte {
	if p.Opaque != nil {
		if p.Kind == ir.PartCompaction && p.Text != "" {
			return append(p.Text.AppendJSON(append(dst, `{"type":"compaction","content":`...)), '}')
		}
		return jsonx.AppendCompact(dst, p.Opaque.Raw)
	}
	s := p.Server
	if p.Kind != ir.PartServerCall || s.Args.Text == "" {
		return jsonx.AppendCompact(dst, s.Raw)
	}
	dst = ir.AppendQuoted(append(dst, `{"type":"server_tool_use","id":`...), s.ID)
	dst = ir.AppendQuoted(append(dst, `,"name":`...), s.Tool)
	return append(s.Args.AppendObject(append(dst, `,"input":`...)), '}')
}

func noteLate(trip *ir.Trip) {
	note(trip, ir.Note{Code: "reasoning.late_dropped", Path: "content", Level: ir.Warn})
}

func note(trip *ir.Trip, n ir.Note) {
	if trip.Target != nil && trip.Target.Notes != nil {
		trip.Target.Notes.Add(n)
	}
}
