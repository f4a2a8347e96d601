package responses

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// itemPrefixes are how OpenAI's ids of items begin.
var itemPrefixes = map[string]string{
	"message": "msg_", "reasoning": "rs_", "function_call": "fc_", "function_call_output": "fc_",
	"custom_tool_call": "ctc_", "custom_tool_call_output": "ctc_", "compaction": "cmp_",
}

// InputItems returns the items of a request's input as they are stored: each
// with an id, texts as messages, and references, as far as find knows them, as
// the items that they stand for. An input that is none gives nothing. The items
// alias the body, or room, which is written to.
func InputItems(room, body []byte, env *ir.Envelope, newID func(prefix string) string, find func(id string) (ir.Item, bool)) []ir.Item {
	var whole jsonx.Reader
	whole.Reset(body)
	whole.Recall(&env.Outline)
	r := whole.Sub(body[env.TurnsAt.Start:env.TurnsAt.End])
	in := input{room: room, newID: newID, find: find}
	switch r.Kind() {
	case jsonx.String, jsonx.Object:
		in.add(&r)
	case jsonx.Array:
		for open := r.Array(); open && r.Element(); {
			if k := r.Kind(); k != jsonx.String && k != jsonx.Object {
				return nil // the decoder says what is wrong
			}
			in.add(&r)
		}
	}
	return in.items
}

// input makes the items of a request's input.
type input struct {
	room  []byte // what is not in the body goes here
	newID func(prefix string) string
	find  func(id string) (ir.Item, bool)
	items []ir.Item

	edits []edit // used for each item anew
	front []byte
}

// add takes the text or object that is next.
func (in *input) add(r *jsonx.Reader) {
	if r.Kind() == jsonx.String {
		in.items = append(in.items, in.textItem(r.Text()))
		return
	}
	raw := r.Raw()
	in.items = append(in.items, in.item(r.Sub(raw), raw))
}

// textItem makes a message of a text of the user.
func (in *input) textItem(text ir.Text) ir.Item {
	id := in.newID("msg_")
	start := len(in.room)
	raw := ir.AppendQuoted(append(in.room, `{"id":`...), id)
	raw = append(raw, `,"type":"message","status":"completed","role":"user","content":[{"type":"input_text","text":`...)
	in.room = append(text.AppendJSON(raw), `}]}`...)
	return ir.Item{ID: id, Raw: in.since(start)}
}

// since is what has been written to the room.
func (in *input) since(start int) []byte { return in.room[start:len(in.room):len(in.room)] }

// facts are what an item's storing needs to know of it.
type facts struct {
	typ, id, callID, role string
	open                  int // behind the opening brace; places count from the item's beginning
	idAt, contentAt       ir.Span
	empty, textual        bool // no members; the content is a string
}

// factsOf reads an item by a Reader of it alone.
func factsOf(r jsonx.Reader) (f facts, ok bool) {
	if r.Kind() != jsonx.Object {
		return f, false
	}
	base := r.Offset()
	r.Object()
	f.open, f.empty = r.Offset()-base, true
	for r.Member() {
		f.empty = false
		start := r.Offset() - base
		switch r.Key() {
		case "type":
			f.typ = r.TextIfAny().String()
		case "id":
			f.id = r.TextIfAny().String()
			f.idAt = ir.Span{Start: start, End: r.Offset() - base}
		case "call_id":
			f.callID = r.TextIfAny().String()
		case "role":
			f.role = r.TextIfAny().String()
		case "content":
			f.textual = r.Kind() == jsonx.String
			r.Skip()
			f.contentAt = ir.Span{Start: start, End: r.Offset() - base}
		}
	}
	return f, r.End() == nil
}

// isCall reports whether the item is a tool's call and not its output.
func (f *facts) isCall() bool { return itemTypes[f.typ].kind == kindCall }

// item completes an item: with an id, and as OpenAI lists a message that
// was sent in its short form.
func (in *input) item(r jsonx.Reader, raw []byte) ir.Item {
	f, ok := factsOf(r)
	if !ok {
		return ir.Item{Raw: raw}
	}
	if f.typ == "item_reference" {
		if known, ok := in.find(f.id); ok {
			return known
		}
		return ir.Item{Raw: raw}
	}
	if f.typ == "compaction" {
		if known, ok := summaryItem(raw, in.newID); ok {
			return known
		}
	}
	it := ir.Item{ID: f.id, Raw: raw}
	if f.isCall() {
		it.CallID = f.callID
	}
	edits, front := in.edits[:0], in.front[:0]
	if f.id == "" {
		typ := f.typ
		if typ == "" && f.role != "" {
			typ = "message"
		}
		it.ID = in.newID(cmp.Or(itemPrefixes[typ], "item_"))
		if f.idAt.Len() > 0 { // null, or no string
			edits = append(edits, edit{f.idAt, ir.AppendQuoted(nil, it.ID)})
		} else {
			front = append(ir.AppendQuoted(append(front, `"id":`...), it.ID), ',')
		}
	}
	if f.typ == "" && f.role != "" {
		front = append(front, `"type":"message",`...)
	}
	if len(front) > 0 {
		if f.empty {
			front = front[:len(front)-1]
		}
		edits = append(edits, edit{ir.Span{Start: f.open, End: f.open}, front})
	}
	if f.textual && f.role != "" {
		edits = append(edits, edit{f.contentAt, contentList(raw[f.contentAt.Start:f.contentAt.End], f.role)})
	}
	if len(edits) > 0 {
		start := len(in.room)
		in.room = apply(in.room, raw, edits)
		it.Raw = in.since(start)
	}
	in.edits, in.front = edits, front
	return it
}

// contentList makes a list of a message's content that is one string.
func contentList(text []byte, role string) []byte {
	if role == "assistant" {
		return append(append([]byte(`[{"type":"output_text","annotations":[],"text":`), text...), "}]"...)
	}
	return append(append([]byte(`[{"type":"input_text","text":`), text...), "}]"...)
}

// apply appends body with the edits made.
func apply(dst, body []byte, edits []edit) []byte {
	slices.SortFunc(edits, func(a, b edit) int { return cmp.Or(a.at.Start-b.at.Start, a.at.End-b.at.End) })
	dst = slices.Grow(dst, len(body)+64)
	from := 0
	for _, e := range edits {
		dst = append(append(dst, body[from:e.at.Start]...), e.with...)
		from = e.at.End
	}
	return append(dst, body[from:]...)
}

// OutputItems returns the items of a response object's output. They alias it.
func OutputItems(object []byte) []ir.Item {
	var r jsonx.Reader
	r.Reset(object)
	var items []ir.Item
	for open := r.Kind() == jsonx.Object && r.Object(); open && r.Member(); {
		if r.Key() != "output" || r.Kind() != jsonx.Array {
			continue
		}
		for open := r.Array(); open && r.Element(); {
			raw := r.Raw()
			f, _ := factsOf(r.Sub(raw))
			it := ir.Item{ID: f.id, Raw: raw}
			if f.isCall() {
				it.CallID = f.callID
			}
			items = append(items, it)
		}
	}
	return items
}

// Expand returns the body with the given items in the place of its input, and
// without what refers to anything that is stored.
func Expand(body []byte, env *ir.Envelope, lists ...[]ir.Item) []byte {
	input := []byte{'['}
	for _, items := range lists {
		for i := range items {
			if len(input) > 1 {
				input = append(input, ',')
			}
			input = append(input, items[i].Raw...)
		}
	}
	input = append(input, ']')
	edits, cuts := []edit{}, []ir.Span{}
	for _, m := range [...]struct {
		name string
		at   ir.Span
	}{
		{"previous_response_id", env.Stored.PreviousAt}, {"conversation", env.Stored.ConversationAt},
		{"background", env.Stored.BackgroundAt},
	} {
		if m.at.Len() == 0 {
			continue
		}
		if at := jsonx.MemberSpan(body, m.name, m.at); at.Len() > 0 {
			cuts = append(cuts, at)
		} else { // the name is written with escapes
			edits = append(edits, edit{m.at, []byte("null")})
		}
	}
	member := append([]byte(`"input":`), input...)
	switch {
	case env.TurnsAt.Len() > 0:
		edits = append(edits, edit{env.TurnsAt, input})
	case len(cuts) > 0:
		edits, cuts = append(edits, edit{cuts[0], member}), cuts[1:]
	case env.Empty:
		edits = append(edits, edit{ir.Span{Start: env.Open, End: env.Open}, member})
	default:
		edits = append(edits, edit{ir.Span{Start: env.Open, End: env.Open}, append(member, ',')})
	}
	for _, at := range jsonx.Cuts(body, cuts) {
		edits = append(edits, edit{at: at})
	}
	return apply(nil, body, edits)
}

// Announced returns the id of the answer that an upstream's whole body, or one
// frame of its stream, tells, and whether the upstream stores it. The id is
// empty for a frame that tells none.
func Announced(data []byte) (id string, stores bool) {
	if object := responseIn(data); object != nil {
		data = object
	}
	var r jsonx.Reader
	r.Reset(data)
	object := ""
	stores = true
	for open := r.Kind() == jsonx.Object && r.Object(); open && r.Member(); {
		switch r.Key() {
		case "id":
			id = strings.Clone(r.TextIfAny().String())
		case "object":
			object = r.TextIfAny().String()
		case "store":
			stores = string(bytes.TrimSpace(r.Raw())) != "false"
		}
	}
	if object != "response" && !strings.HasPrefix(id, "resp_") {
		return "", false
	}
	return id, stores
}

// Rename appends a response object with the client's name of the model.
func Rename(dst, object []byte, model string) []byte {
	at := modelIn(object)
	if at == nil || model == "" {
		return append(dst, object...)
	}
	start := offset(object, at)
	return jsonx.Splice(dst, object, start, start+len(at), ir.AppendQuoted(nil, model))
}

// AppendQueued appends the object of an answer whose making has not begun.
func AppendQueued(dst []byte, trip *ir.Trip) []byte {
	o := object{id: trip.Keeping.ID, created: trip.Created, status: "queued"}
	return o.appendTo(dst, trip)
}
