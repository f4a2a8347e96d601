package responses

import (
	"strings"
	"unicode/utf8"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// openKind tells what kind of item is announced and not completed.
type openKind uint8

const (
	openNone openKind = iota
	openMessage
	openReasoning
	openCall
)

// openItem is the item that is announced and not completed. Its buffers are
// used again by the next one.
type openItem struct {
	kind     openKind
	id       string
	upstream string // the message's id at the upstream
	phase    []byte
	call     *ir.ToolCall

	content   []byte // finished parts of a message
	at        int    // content_index of the open part
	inPart    bool   // a content part is open
	refusal   bool   // it is a refusal
	text      []byte // of the open part, the summary, or the arguments
	citations []byte
	cited     int
	logprobs  []byte
	front     []byte // what every delta of the open part begins with
}

// announceItem makes an item the open one.
func (e *encoder) announceItem(dst []byte, kind openKind, prefix string) []byte {
	dst = e.closeItem(dst, "completed")
	o := &e.open
	*o = openItem{
		kind: kind, id: e.itemID(prefix), content: o.content[:0], text: o.text[:0], citations: o.citations[:0],
		logprobs: o.logprobs[:0], front: o.front[:0],
	}
	return dst
}

// itemID keeps the id of an upstream of the same dialect and makes one up
// otherwise.
func (e *encoder) itemID(prefix string) string {
	id := e.part.head.ItemID
	if e.trip.Target != nil && e.trip.Target.Dialect == ir.Responses && strings.HasPrefix(id, prefix) {
		return id
	}
	return newID(e.trip, prefix)
}

// added writes output_item.added with the item in the form that it has now.
func (e *encoder) added(dst []byte) []byte {
	dst = e.event(dst, "response.output_item.added")
	dst = e.place(dst)
	dst = append(dst, `,"item":`...)
	dst = e.item(dst, "in_progress", "")
	return e.close(dst)
}

// place writes the open item's index.
func (e *encoder) place(dst []byte) []byte {
	return appendInt(append(dst, `,"output_index":`...), int64(e.index))
}

// inItem begins an event about the open item.
func (e *encoder) inItem(dst []byte, typ string) []byte {
	dst = e.event(dst, typ)
	dst = append(dst, `,"item_id":"`...)
	dst = append(dst, ir.Plain(e.open.id)...)
	return e.place(append(dst, '"'))
}

func (e *encoder) inContent(dst []byte, typ string) []byte {
	dst = e.inItem(dst, typ)
	return appendInt(append(dst, `,"content_index":`...), int64(e.open.at))
}

// openText opens a message and a content part, or goes on with those that are
// open.
func (e *encoder) openText(dst []byte, refusal bool) []byte {
	o := &e.open
	if o.kind != openMessage || o.upstream != e.part.head.ItemID {
		dst = e.announceItem(dst, openMessage, "msg_")
		o.upstream = e.part.head.ItemID
		for _, f := range e.part.head.Ext {
			o.phase = f.Raw
		}
		dst = e.added(dst)
	}
	if o.inPart && o.refusal == refusal {
		return dst
	}
	dst = e.closeContent(dst)
	o.inPart, o.refusal = true, refusal
	e.refused = e.refused || refusal
	dst = e.inContent(dst, "response.content_part.added")
	dst = append(dst, `,"part":`...)
	dst = e.close(e.contentPart(dst))
	if refusal {
		o.front = e.inContent(o.front[:0], "response.refusal.delta")
	} else {
		o.front = e.inContent(o.front[:0], "response.output_text.delta")
	}
	o.front = append(o.front, `,"delta":"`...)
	return dst
}

// contentPart writes the open content part.
func (e *encoder) contentPart(dst []byte) []byte {
	o := &e.open
	if o.refusal {
		dst = append(dst, `{"type":"refusal","refusal":"`...)
		return append(append(dst, o.text...), `"}`...)
	}
	dst = append(dst, `{"type":"output_text","text":"`...)
	dst = append(dst, o.text...)
	dst = append(dst, `","annotations":[`...)
	dst = append(dst, o.citations...)
	dst = append(dst, `],"logprobs":[`...)
	dst = append(dst, o.logprobs...)
	return append(dst, `]}`...)
}

// closeContent completes the open content part.
func (e *encoder) closeContent(dst []byte) []byte {
	o := &e.open
	if !o.inPart {
		return dst
	}
	if o.refusal {
		dst = e.inContent(dst, "response.refusal.done")
		dst = append(dst, `,"refusal":"`...)
		dst = append(append(dst, o.text...), '"')
	} else {
		dst = e.inContent(dst, "response.output_text.done")
		dst = append(dst, `,"text":"`...)
		dst = append(dst, o.text...)
		dst = append(dst, `","logprobs":[`...)
		dst = append(append(dst, o.logprobs...), ']')
	}
	dst = e.close(dst)
	dst = e.inContent(dst, "response.content_part.done")
	dst = append(dst, `,"part":`...)
	dst = e.close(e.contentPart(dst))
	if len(o.content) > 0 {
		o.content = append(o.content, ',')
	}
	o.content = e.contentPart(o.content)
	o.inPart = false
	o.at++
	o.text, o.citations, o.logprobs, o.cited = o.text[:0], o.citations[:0], o.logprobs[:0], 0
	return dst
}

// openReasoning opens a reasoning item; its summary's only part opens with the
// first text.
func (e *encoder) openReasoning(dst []byte) []byte {
	return e.added(e.announceItem(dst, openReasoning, "rs_"))
}

func (e *encoder) inSummary(dst []byte, typ string) []byte {
	return append(e.inItem(dst, typ), `,"summary_index":0`...)
}

func (e *encoder) openSummary(dst []byte) []byte {
	o := &e.open
	o.inPart = true
	dst = e.inSummary(dst, "response.reasoning_summary_part.added")
	dst = append(dst, `,"part":{"type":"summary_text","text":""}`...)
	dst = e.close(dst)
	o.front = e.inSummary(o.front[:0], "response.reasoning_summary_text.delta")
	o.front = append(o.front, `,"delta":"`...)
	return dst
}

func (e *encoder) closeSummary(dst []byte) []byte {
	o := &e.open
	if !o.inPart {
		return dst
	}
	dst = e.inSummary(dst, "response.reasoning_summary_text.done")
	dst = append(dst, `,"text":"`...)
	dst = append(append(dst, o.text...), '"')
	dst = e.close(dst)
	dst = e.inSummary(dst, "response.reasoning_summary_part.done")
	dst = append(dst, `,"part":{"type":"summary_text","text":"`...)
	dst = append(append(dst, o.text...), `"}`...)
	return e.close(dst)
}

// carrier writes the live part's signature as a reasoning item of its own,
// directly before the item that it signs.
func (e *encoder) carrier(dst []byte) []byte {
	if e.encrypted() == "" {
		return dst
	}
	dst = e.closeItem(e.openReasoning(dst), "completed")
	e.part.sig = nil
	return dst
}

// openCall opens a function call or a custom tool's.
func (e *encoder) openCall(dst []byte) []byte {
	call := e.part.head.Call
	prefix, typ := "fc_", "response.function_call_arguments.delta"
	if call.Type == ir.TypeCustom {
		prefix, typ = "ctc_", "response.custom_tool_call_input.delta"
	}
	if call.ID == "" {
		call.ID = newID(e.trip, "call_")
	}
	dst = e.announceItem(dst, openCall, prefix)
	e.open.call = call
	dst = e.added(dst)
	e.open.front = append(e.inItem(e.open.front[:0], typ), `,"delta":"`...)
	return dst
}

func (e *encoder) closeArguments(dst []byte) []byte {
	if e.open.call.Type == ir.TypeCustom {
		dst = append(e.inItem(dst, "response.custom_tool_call_input.done"), `,"input":"`...)
	} else {
		dst = append(e.inItem(dst, "response.function_call_arguments.done"), `,"arguments":"`...)
	}
	return e.close(append(append(dst, e.open.text...), '"'))
}

// write writes a delta of the open item and keeps its text.
func (e *encoder) write(dst []byte, ev *ir.Event) []byte {
	o := &e.open
	if o.kind == openReasoning && !o.inPart {
		dst = e.openSummary(dst)
	}
	dst = append(dst, o.front...)
	from := len(dst)
	dst = ev.AppendDelta(dst)
	o.text = append(o.text, dst[from:]...)
	if o.kind == openMessage && !o.refusal {
		dst = append(dst, `","logprobs":[]`...)
	} else {
		dst = append(dst, '"')
	}
	return e.close(dst)
}

// citation adds an annotation to the open text. Places in it are counted from
// the start of the part that the upstream sent.
func (e *encoder) citation(dst []byte, c *ir.Citation) []byte {
	o := &e.open
	if o.kind != openMessage || !o.inPart || o.refusal {
		return dst
	}
	mark := len(o.citations)
	if mark > 0 {
		o.citations = append(o.citations, ',')
	}
	from := len(o.citations)
	o.citations = appendCitation(o.citations, c, runes(o.text[:e.part.base]), runes(o.text))
	if len(o.citations) == from {
		o.citations = o.citations[:mark]
		return dst
	}
	dst = e.inContent(dst, "response.output_text.annotation.added")
	dst = appendInt(append(dst, `,"annotation_index":`...), int64(o.cited))
	dst = append(dst, `,"annotation":`...)
	dst = append(dst, o.citations[from:]...)
	o.cited++
	return e.close(dst)
}

// runes counts the characters of escaped text.
func runes(text []byte) int { return utf8.RuneCountInString(ir.Text(text).String()) }

// closeItem completes the open item, if there is one.
func (e *encoder) closeItem(dst []byte, status string) []byte {
	o := &e.open
	encrypted := ""
	switch o.kind {
	case openNone:
		return dst
	case openMessage:
		dst = e.closeContent(dst)
	case openReasoning:
		encrypted = e.encrypted()
		dst = e.closeSummary(dst)
	case openCall:
		dst = e.closeArguments(dst)
	}
	dst = e.done(dst, e.item(e.comma(), status, encrypted))
	o.kind = openNone
	return dst
}

// comma returns the finished items, ready for one more.
func (e *encoder) comma() []byte {
	if len(e.output) > 0 {
		return append(e.output, ',')
	}
	return e.output
}

// done takes the finished items with the new one and writes
// output_item.done.
func (e *encoder) done(dst, output []byte) []byte {
	from := len(e.output)
	if from > 0 {
		from++
	}
	e.output = output
	dst = e.event(dst, "response.output_item.done")
	dst = e.place(dst)
	dst = append(dst, `,"item":`...)
	dst = append(dst, e.output[from:]...)
	e.index++
	return e.close(dst)
}
