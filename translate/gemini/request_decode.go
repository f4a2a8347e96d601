package gemini

import (
	"strconv"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// decoder reads one request by one walk over its body.
type decoder struct {
	body []byte
	r    jsonx.Reader
	req  *ir.Request
	mem  *ir.Arena

	field  string // the top-level member being read, for errors
	member string // the member of generationConfig
	msg    int    // index in contents, -1 outside of it
	part   int    // index in the content's parts, -1 outside of them

	wire    wirePart
	scratch []ir.Part
	ids     []byte // to hash the id of a call that has none
	open    openCalls
	openAt  int // index of the last content that held calls
	ordinal int // of the next call in its content
	format  schemaFormat
}

// DecodeRequest reads the body of generateContent, streamGenerateContent or
// countTokens.
func (Codec) DecodeRequest(body []byte, env *ir.Envelope) (*ir.Request, error) {
	mem := env.Memory(body)
	d := decoder{body: body, msg: -1, part: -1, openAt: -1, mem: mem, req: mem.Request(), scratch: mem.Scratch[0][:0]}
	d.req.Op, d.req.Dialect, d.req.Model, d.req.Stream, d.req.Raw = env.Op, env.Dialect, env.Model, env.Stream, body
	d.r.Reset(body)
	d.r.Recall(&env.Outline)
	d.top()
	mem.Scratch[0] = d.scratch
	if err := d.r.End(); err != nil {
		return nil, unreadable(body, d.path(), err)
	}
	d.format.finish(d.req)
	if len(d.req.Turns) == 0 {
		return nil, ir.Invalid("contents", "contents: at least one content with parts is required")
	}
	return d.req, nil
}

// path names the place that is being read.
func (d *decoder) path() string {
	switch {
	case d.member != "":
		return configPrefix + d.member
	case d.msg < 0:
		return d.field
	}
	return d.req.PathOf(ir.Loc{Msg: d.msg, Part: d.part})
}

// top reads the members of a request.
func (d *decoder) top() {
	r := &d.r
	object(r)
	for r.Member() {
		d.field = r.Key()
		switch key := r.Key(); key {
		case "contents":
			d.contents()
		case "systemInstruction", "system_instruction":
			d.system()
		case "tools":
			d.tools()
		case "toolConfig", "tool_config":
			d.toolConfig()
		case "generationConfig", "generation_config":
			d.generationConfig()
		case "model":
			r.Skip() // the path decides
		case "generateContentRequest", "generate_content_request": // countTokens
			if !r.Null() {
				d.top()
			}
		default:
			d.option(key)
		}
	}
	if r.Err() == nil {
		d.field = ""
	}
}

// option reads the members that most requests lack.
func (d *decoder) option(key string) {
	r, req := &d.r, d.req
	switch key {
	case "safetySettings", "safety_settings":
		req.Safety = r.RawIfAny()
	case "cachedContent", "cached_content":
		req.Cache.ContentRef = r.String()
	case "labels":
		d.labels()
	case "serviceTier", "service_tier":
		req.Tier = tierOf(r.String())
	case "store":
		req.State.Store = r.OptBool()
	default:
		if !r.Null() {
			req.Ext = d.mem.AddField(req.Ext, key, r.Raw())
		}
	}
}

func (d *decoder) labels() {
	r := &d.r
	for in := r.Object(); in && r.Member(); {
		d.req.Meta.Labels = append(d.req.Meta.Labels, ir.Label{Key: ir.Plain(r.Key()), Value: r.Text()})
	}
}

// tierOf reads a serviceTier.
func tierOf(s string) string {
	switch s = strings.TrimPrefix(strings.ToLower(s), "service_tier_"); s {
	case "", "unspecified":
		return ""
	case "standard":
		return "default"
	}
	return s
}

// system reads the instructions: a content, its parts, or just a string.
func (d *decoder) system() {
	r := &d.r
	if r.Kind() != jsonx.Object {
		d.systemParts()
		return
	}
	for in := r.Object(); in && r.Member(); {
		switch r.Key() {
		case "parts":
			d.systemParts()
		case "text": // a part in the place of a content
			d.systemText(r.Text())
		case "role":
			r.Skip() // instructions are nobody's turn
		default:
			d.keep("systemInstruction.", r.Key())
		}
	}
}

func (d *decoder) systemParts() {
	r := &d.r
	var p wirePart
	if k := r.Kind(); k == jsonx.Object || k == jsonx.String {
		readPart(r, &p)
		d.systemPart(&p)
		return
	}
	for in := r.Array(); in && r.Element(); {
		readPart(r, &p)
		d.systemPart(&p)
	}
}

func (d *decoder) systemPart(p *wirePart) {
	if d.r.Err() != nil {
		return
	}
	if p.media != nil || p.call || p.result != nil || p.server != nil {
		d.r.Fail("only text can stand in the system instruction")
		return
	}
	d.systemText(p.text)
}

func (d *decoder) systemText(text ir.Text) {
	if text == "" {
		return
	}
	d.req.System = d.mem.AddPart(d.req.System, &ir.Part{
		Kind: ir.PartText, Role: ir.RoleSystem, Text: text, At: ir.Loc{Msg: -1, Part: len(d.req.System)},
	})
}

// contents reads the conversation: a list, or a single content or text in the
// place of one.
func (d *decoder) contents() {
	r := &d.r
	d.msg = 0
	switch r.Kind() {
	case jsonx.Object, jsonx.String:
		d.content()
	default:
		d.msg = -1
		for in := r.Array(); in && r.Element(); {
			d.msg++
			d.content()
		}
	}
	if r.Err() == nil {
		d.msg = -1
	}
}

func (d *decoder) content() {
	r := &d.r
	d.scratch = d.scratch[:0]
	turn := ir.Turn{Role: ir.RoleUser, At: d.msg}
	if r.Kind() == jsonx.String {
		d.partAt(0)
	} else {
		d.members(&turn)
	}
	if r.Err() != nil {
		return
	}
	d.part = -1
	turn.Parts = d.mem.Keep(d.scratch)
	last := len(d.req.Turns) - 1
	switch {
	case len(turn.Parts) == 0:
	case turn.Role == ir.RoleAssistant && last >= 0 && d.req.Turns[last].Role == ir.RoleAssistant:
		d.req.Turns[last].Parts = joinChunks(d.req.Turns[last].Parts, turn.Parts)
		d.req.Turns[last].Ext = append(d.req.Turns[last].Ext, turn.Ext...)
	default:
		d.req.Turns = d.mem.AddTurn(d.req.Turns, &turn)
	}
}

// members reads what a content's object holds.
func (d *decoder) members(turn *ir.Turn) {
	r := &d.r
	object(r)
	for r.Member() {
		switch key := r.Key(); key {
		case "role":
			turn.Role = d.role(r.String())
		case "parts":
			d.parts()
		default:
			if !r.Null() {
				turn.Ext = d.mem.AddField(turn.Ext, key, r.Raw())
			}
		}
	}
}

// role reads a content's role; results of functions once had one of their own.
func (d *decoder) role(name string) ir.Role {
	switch strings.ToLower(name) {
	case "user", "function", "":
		return ir.RoleUser
	case "model", "assistant":
		return ir.RoleAssistant
	case "system", "developer":
		return ir.RoleSystem
	}
	d.r.Fail("unknown role %s, expected user or model", strconv.Quote(name))
	return ""
}

func (d *decoder) parts() {
	r := &d.r
	if r.Kind() != jsonx.Array {
		if !r.Null() {
			d.partAt(0)
		}
		return
	}
	in := r.Array()
	for i := 0; in && r.Element(); i++ {
		d.partAt(i)
	}
	if r.Err() == nil {
		d.part = -1
	}
}
