package responses

import (
	"strconv"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// decoder reads one request by one walk over its body.
type decoder struct {
	r     jsonx.Reader
	req   *ir.Request
	mem   *ir.Arena
	items itemReader
	turns turns
	check continuation

	field   string // member of the top level, for errors
	inItems bool
	input   bool      // the request has an input
	found   bool      // some of its tools were found by a search
	bad     *ir.Error // what the reader does not know of
}

// instructionsAt marks the part of System that came from `instructions`.
const instructionsAt = -1

// DecodeRequest reads a Responses request for an upstream of another dialect.
// It fails when the request continues something that is stored elsewhere.
func (Codec) DecodeRequest(body []byte, env *ir.Envelope) (*ir.Request, error) {
	mem := env.Memory(body)
	d := &decoder{req: mem.Request(), mem: mem, turns: turns{mem: mem}}
	d.req.Op, d.req.Dialect, d.req.Raw = ir.Generate, ir.Responses, body
	if env != nil && env.Op != "" {
		d.req.Op = env.Op
	}
	d.items.body, d.items.mem, d.items.parts = body, mem, mem.Scratch[0]
	d.r.Reset(body)
	if env != nil {
		d.r.Recall(&env.Outline)
	}
	if d.r.Kind() == jsonx.Null {
		d.r.Fail("expected object, found null")
	}
	for open := d.r.Object(); open && d.r.Member(); {
		d.field = d.r.Key()
		if !d.r.Null() {
			d.topLevel()
		}
	}
	mem.Scratch[0] = d.items.parts
	if err := d.r.End(); err != nil {
		return nil, d.explain(body, err)
	}
	if d.bad != nil {
		return nil, d.bad
	}
	d.turns.close()
	d.req.Turns = d.turns.list
	if d.found {
		d.req.Tools = sortFound(d.req.Tools)
	}
	if err := d.check.verify(d.req); err != nil {
		return nil, err
	}
	if !d.input {
		return nil, ir.Invalid("input", "Missing required parameter: 'input'.")
	}
	if len(d.req.Turns) == 0 && len(d.req.System) == 0 {
		return nil, ir.Invalid("input", "input: expected at least one item")
	}
	return d.req, nil
}

// topLevel reads one member of the request.
func (d *decoder) topLevel() {
	r, req := &d.r, d.req
	switch d.field {
	case "model":
		req.Model = r.String()
	case "input":
		d.input = true
		d.readInput()
	case "instructions":
		d.instructions()
	case "tools":
		d.tools()
	case "tool_choice":
		req.ToolChoice = readChoice(r)
	case "stream":
		req.Stream = r.Bool()
	case "max_output_tokens":
		req.Sampling.MaxOutput = ir.Some(int(r.Int()))
	case "temperature":
		req.Sampling.Temperature = ir.Some(r.Float())
	case "top_p":
		req.Sampling.TopP = ir.Some(r.Float())
	case "top_logprobs":
		req.Sampling.TopLogprobs = ir.Some(int(r.Int()))
	case "parallel_tool_calls":
		req.Parallel = ir.Some(r.Bool())
	case "reasoning":
		d.reasoningOptions()
	case "text":
		d.textOptions()
	case "include":
		d.include()
	default:
		d.rareField()
	}
}

// readInput reads a string, an item, or a list of items.
func (d *decoder) readInput() {
	switch d.r.Kind() {
	case jsonx.String:
		if text := d.r.Text(); text != "" {
			d.turns.speak(ir.RoleUser, 0)
			d.turns.add(ir.Part{Kind: ir.PartText, Text: text, At: ir.Loc{Msg: 0, Part: -1}})
		}
	case jsonx.Object:
		d.inItems = true
		d.item()
		d.inItems = d.r.Err() != nil
	case jsonx.Array:
		d.inItems = true
		d.r.Array()
		for d.items.msg = -1; d.r.Element(); {
			d.items.msg++
			d.item()
		}
		d.inItems = d.r.Err() != nil
	default:
		d.r.Fail("expected string or array, found %s", d.r.Kind())
	}
}

func (d *decoder) item() {
	if d.r.Kind() == jsonx.String { // some send plain texts among the items
		d.turns.speak(ir.RoleUser, d.items.msg)
		d.turns.add(ir.Part{Kind: ir.PartText, Text: d.r.Text(), At: ir.Loc{Msg: d.items.msg, Part: -1}})
		return
	}
	var it item
	d.items.read(&d.r, &it)
	if d.r.Err() == nil {
		d.place(&it)
	}
}

// instructions are the first of the system's words.
func (d *decoder) instructions() {
	d.items.parts, d.items.msg = d.items.parts[:0], 0
	d.items.content(&d.r)
	var own []ir.Part
	for _, p := range d.items.parts {
		if p.Kind == ir.PartText && p.Text != "" {
			p.Role, p.At = ir.RoleDeveloper, ir.Loc{Msg: instructionsAt, Part: -1}
			own = d.mem.AddPart(own, &p)
		}
	}
	for i := range d.req.System {
		own = d.mem.AddPart(own, &d.req.System[i])
	}
	d.req.System = own
}

// refuse makes the request fail because of the item that is being placed.
func (d *decoder) refuse(member, why string) {
	if d.bad == nil {
		path := "input[" + strconv.Itoa(d.items.msg) + "]." + member
		d.bad = ir.Invalid(path, "%s: %s", path, why)
	}
}

// explain turns the reader's error into one that names the place: the offset
// alone for a body that is no JSON.
func (d *decoder) explain(body []byte, err error) *ir.Error {
	if !jsonx.Valid(body) || d.field == "" {
		return unparsable(err)
	}
	path := d.field
	if d.inItems {
		path += "[" + strconv.Itoa(d.items.msg) + "]"
		if d.items.member != "" {
			path += "." + d.items.member
		}
		if d.items.part >= 0 && d.items.member == "content" {
			path += "[" + strconv.Itoa(d.items.part) + "]"
		}
	}
	return ir.Invalid(path, "%s: %s", path, err.Error())
}
