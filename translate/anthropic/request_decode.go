package anthropic

import (
	"strconv"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// billingHeader begins the first system block of Claude Code, which differs
// from version to version. It is Anthropic's own attribution and would only
// spoil the prompt caches of other vendors, so it ends here.
const billingHeader = "x-anthropic-billing-header:"

// DecodeRequest reads a body of /v1/messages or /v1/messages/count_tokens in
// one walk.
func (Codec) DecodeRequest(body []byte, env *ir.Envelope) (*ir.Request, error) {
	mem := env.Memory(body)
	d := decoder{body: body, req: mem.Request(), mem: mem, parts: mem.Scratch[0], inner: mem.Scratch[1], msg: -1, part: -1}
	d.req.Op, d.req.Dialect, d.req.Model, d.req.Stream, d.req.Raw = env.Op, ir.Anthropic, env.Model, env.Stream, body
	d.r.Reset(body)
	d.r.Recall(&env.Outline)
	if d.r.Kind() == jsonx.Null {
		d.r.Fail("expected object, found null")
	}
	d.r.Object()
	for d.r.Member() {
		d.top = d.r.Key()
		d.member()
	}
	mem.Scratch[0], mem.Scratch[1] = d.parts, d.inner
	if err := d.finish(); err != nil {
		return nil, err
	}
	return d.req, nil
}

// decoder is the state of one walk over a request.
type decoder struct {
	r    jsonx.Reader
	body []byte
	req  *ir.Request
	mem  *ir.Arena

	parts []ir.Part // of the message being read
	inner []ir.Part // of the result being read
	block block
	room  block // for the blocks of a result

	forCall, forText *ir.Sig // signatures for the next call and text of the turn

	// Where the walk is, for errors.
	top       string
	msg, part int
	err       error // of a value that was read on its own
}

func (d *decoder) member() {
	r, req := &d.r, d.req
	switch r.Key() {
	case "model":
		req.Model = r.String()
	case "messages":
		d.messages()
	case "system":
		d.system()
	case "stream":
		req.Stream = r.Bool()
	case "tools":
		d.tools()
	case "mcp_servers":
		d.mcpServers()
	default:
		d.option()
	}
}

// finish reports the first error, and settles what only the whole body tells.
func (d *decoder) finish() error {
	if d.err != nil {
		return d.explain(d.err)
	}
	if err := d.r.End(); err != nil {
		return d.explain(err)
	}
	d.finishOptions()
	return nil
}

// explain tells apart what is no JSON from what is JSON of another shape, and
// says where in the request the latter stands.
func (d *decoder) explain(err error) error {
	if !jsonx.Valid(d.body) {
		return unparsable(err)
	}
	path := d.top
	if d.top == "messages" && d.msg >= 0 {
		path += "[" + strconv.Itoa(d.msg) + "]"
		if d.part >= 0 {
			path += ".content[" + strconv.Itoa(d.part) + "]"
		}
	}
	if path == "" {
		return unparsable(err)
	}
	return ir.Invalid(path, "%s: %s", path, err.Error())
}

func (d *decoder) system() {
	switch d.r.Kind() {
	case jsonx.String:
		d.systemText(d.r.Text(), nil)
	case jsonx.Null:
		d.r.Null()
	case jsonx.Object:
		d.systemBlock()
	default:
		d.r.Array()
		for d.r.Element() {
			d.systemBlock()
		}
	}
}

func (d *decoder) systemBlock() {
	b := &d.block
	b.read(&d.r, d.body)
	d.systemText(b.text, b)
}

func (d *decoder) systemText(text ir.Text, b *block) {
	if text == "" || text.HasPrefix(billingHeader) {
		return
	}
	p := ir.Part{Kind: ir.PartText, Role: ir.RoleSystem, Text: text, At: ir.Loc{Msg: -1, Part: len(d.req.System)}}
	if b != nil {
		p.Cache, p.Ext = b.cache, b.ext
		if b.citations != nil {
			p.Ext = append(p.Ext, ir.Field{Name: "citations", Raw: b.citations})
		}
	}
	d.req.System = d.mem.AddPart(d.req.System, &p)
}

func (d *decoder) messages() {
	if !d.r.Array() {
		return
	}
	d.req.Turns = nil
	for d.r.Element() {
		d.msg, d.part = len(d.req.Turns), -1
		d.message()
	}
}

func (d *decoder) message() {
	r := &d.r
	turn := ir.Turn{Role: ir.RoleUser, At: d.msg}
	d.parts = d.parts[:0]
	d.forCall, d.forText = nil, nil
	if r.Kind() == jsonx.String {
		d.text(r.Text())
	} else {
		r.Object()
		for r.Member() {
			switch r.Key() {
			case "role":
				turn.Role = d.role()
			case "content":
				d.content()
				if r.Err() == nil {
					d.part = -1
				}
			default:
				turn.Ext = d.mem.AddField(turn.Ext, r.Key(), r.Raw())
			}
		}
	}
	if d.forText != nil { // the signature of an empty last text
		d.parts = append(d.parts, ir.Part{Kind: ir.PartText, Sig: d.forText, At: ir.Loc{Msg: d.msg, Part: -1}})
	}
	turn.Parts = d.mem.Keep(d.parts)
	d.req.Turns = d.mem.AddTurn(d.req.Turns, &turn)
}

func (d *decoder) role() ir.Role {
	word := d.r.String()
	role, ok := roles[word]
	if !ok {
		d.r.Fail("unknown role")
	}
	return role
}

func (d *decoder) content() {
	r := &d.r
	switch r.Kind() {
	case jsonx.String:
		d.text(r.Text())
	case jsonx.Null:
		r.Null()
	case jsonx.Object:
		d.readBlock(0)
	case jsonx.Array:
		r.Array()
		for i := 0; r.Element(); i++ {
			d.readBlock(i)
		}
	default:
		r.Fail("content: expected string or array, found %s", r.Kind())
	}
}

func (d *decoder) text(text ir.Text) {
	if text != "" {
		d.parts = append(d.parts, ir.Part{Kind: ir.PartText, Text: text, At: ir.Loc{Msg: d.msg, Part: -1}})
	}
}

func (d *decoder) readBlock(i int) {
	d.part = i
	d.block.read(&d.r, d.body)
	if d.r.Err() == nil {
		d.add(&d.block, ir.Loc{Msg: d.msg, Part: i})
	}
}

// fail records the error of a value that a reader of its own walked.
func (d *decoder) fail(err error) {
	if d.err == nil && err != nil {
		d.err = err
		d.r.Fail("unreadable value") // ends the walk; what is told is d.err
	}
}
