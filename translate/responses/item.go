package responses

import (
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// item is what one input or output item says, whatever its type: the members
// mean the same in all of them.
type item struct {
	typ, id, role, phase string

	callID, name, namespace string
	args                    ir.Args // arguments, or input of a custom tool
	action, operation       []byte

	output    []byte // when it is no string
	outputStr ir.Text
	hasOutput bool

	content, summary []byte
	encrypted        string
	label            string // mcp_call
	code             []byte
	result           ir.Text // image_generation_call
	format           string

	hasParts bool // the content stands in itemReader.parts
	ext      []ir.Field
	raw      []byte
}

// itemReader reads items. It needs their document and memory.
type itemReader struct {
	body   []byte // the document that holds the items
	answer bool   // the items are an upstream's: citations and log probabilities are read
	mem    *ir.Arena
	parts  []ir.Part // content of the message being read

	msg    int    // index of the item, for errors and notes
	part   int    // index in its content; -1 means the whole item
	member string // member being read
}

// itemMark in front of a name tells that a part's Ext field belongs to the
// part's item, not to the part itself.
const itemMark = "@"

// itemFields are the marked names of the usual members, so that no string is
// built for them.
var itemFields = map[string]string{
	"status": "@status", "phase": "@phase", "content": "@content", "summary": "@summary", "raw": "@raw",
}

func itemField(name string) string {
	if marked, ok := itemFields[name]; ok {
		return marked
	}
	return itemMark + name
}

// read reads one item.
func (d *itemReader) read(r *jsonx.Reader, it *item) {
	start := r.Offset()
	d.parts, d.part, d.member = d.parts[:0], -1, ""
	if r.Kind() == jsonx.Null {
		r.Fail("expected object, found null")
	}
	for open := r.Object(); open && r.Member(); {
		d.member = r.Key()
		switch d.member {
		case "type":
			it.typ = r.String()
		case "id":
			it.id = r.String()
		case "role":
			it.role = r.String()
		case "content":
			d.contentMember(r, it)
		case "call_id":
			it.callID = r.String()
		case "name":
			it.name = r.String()
		case "arguments", "input":
			it.args = readArgs(r)
		case "output":
			it.readOutput(r)
		default:
			d.rareMember(r, it)
		}
	}
	if r.Err() != nil {
		return
	}
	it.raw = d.body[start:r.Offset():r.Offset()]
	d.member, d.part = "", -1
}

// rareMember reads the members that most items lack.
func (d *itemReader) rareMember(r *jsonx.Reader, it *item) {
	switch d.member {
	case "summary":
		it.summary = rawOrNil(r)
	case "encrypted_content":
		it.encrypted = r.String()
	case "namespace":
		it.namespace = r.String()
	case "phase":
		it.phase = r.String()
	case "action":
		it.action = rawOrNil(r)
	case "operation":
		it.operation = rawOrNil(r)
	case "server_label":
		it.label = r.String()
	case "code":
		it.code = rawOrNil(r)
	case "result":
		if r.Kind() == jsonx.String {
			it.result = r.Text()
		}
	case "output_format":
		it.format = r.String()
	default:
		if raw := r.Raw(); len(raw) > 0 && raw[0] != 'n' {
			it.ext = d.mem.AddField(it.ext, itemField(d.member), raw)
		}
	}
}

// contentMember reads a message's content in place when it is known to be one,
// and keeps it for later otherwise.
func (d *itemReader) contentMember(r *jsonx.Reader, it *item) {
	if it.typ == "message" || it.typ == "" && it.role != "" {
		d.content(r)
		it.hasParts = true
		return
	}
	it.content = r.Raw()
}

// lateContent reads the content of a message whose type came behind it.
func (d *itemReader) lateContent(r *jsonx.Reader, it *item) {
	if it.hasParts || len(it.content) == 0 {
		return
	}
	d.member = "content"
	sub := r.Sub(it.content)
	d.content(&sub)
	d.adopt(r, &sub)
}

// adopt makes an error of a reader over a piece the error of the whole.
func (d *itemReader) adopt(r, sub *jsonx.Reader) {
	if err, ok := sub.Err().(*jsonx.SyntaxError); ok && err != nil && r.Err() == nil {
		*r = *sub
	}
}

func (it *item) readOutput(r *jsonx.Reader) {
	it.hasOutput = true
	if r.Kind() == jsonx.String {
		it.outputStr = r.Text()
		return
	}
	it.output = rawOrNil(r)
}

// readArgs reads arguments: a string by the dialect, an object from servers
// that leave out the quotes.
func readArgs(r *jsonx.Reader) ir.Args {
	switch r.Kind() {
	case jsonx.String:
		return ir.Args{Text: r.Text()}
	case jsonx.Null:
		r.Null()
		return ir.Args{}
	default:
		return ir.Args{JSON: r.Raw()}
	}
}

// rawOrNil reads any value, null as nil.
func rawOrNil(r *jsonx.Reader) []byte {
	if r.Null() {
		return nil
	}
	return r.Raw()
}

// optional reads a string where others send other things, which are skipped.
func optional(r *jsonx.Reader) string {
	if r.Kind() != jsonx.String {
		r.Skip()
		return ""
	}
	return r.String()
}
