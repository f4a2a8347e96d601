package gemini

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// partAt reads the part that is next, the i-th of its content, and puts what it
// means behind the content's other parts.
func (d *decoder) partAt(i int) {
	d.part = i
	p := &d.wire
	start := d.r.Offset()
	readPart(&d.r, p)
	if d.r.Err() != nil {
		return
	}
	out := ir.Part{At: ir.Loc{Msg: d.msg, Part: i}, Ext: p.ext}
	switch {
	case p.call:
		d.call(p, &out)
	case p.result != nil:
		d.result(p, &out)
	case p.media != nil:
		out.Kind, out.Media = mediaKind(p.media), p.media
		out.Sig = ir.ParseSig(p.sig, ir.SignsText, "")
		if p.thought {
			out.Ext = append(out.Ext, ir.Field{Name: "thought", Raw: []byte("true")})
		}
	case p.server != nil:
		out.Kind, out.Server = serverPart(p.serverKey, p.server)
		out.Sig = ir.ParseSig(p.sig, ir.SignsCall, "")
	case p.thought && (p.hasText || p.sig != ""):
		out.Kind, out.Text = ir.PartThinking, p.text
		out.Think = d.mem.Think()
		out.Think.Summary, out.Think.Sig = true, ir.ParseSig(p.sig, ir.SignsThink, "")
	case p.text != "" || p.sig != "":
		out.Kind, out.Text = ir.PartText, p.text
		out.Sig = ir.ParseSig(p.sig, ir.SignsText, "")
	case len(p.ext) > 0 && !p.hasText:
		out.Kind, out.Ext = ir.PartOpaque, nil
		out.Opaque = &ir.Opaque{Dialect: ir.Gemini, Type: p.ext[0].Name, Raw: d.body[start:d.r.Offset()]}
	default:
		return // an empty part says nothing
	}
	d.scratch = append(d.scratch, out)
}

// call reads a functionCall. One that has no id gets one that depends on
// nothing but the history in front of it, so that it is the same in every
// request of the conversation and prompt caches stay warm.
func (d *decoder) call(p *wirePart, out *ir.Part) {
	if d.openAt != d.msg {
		if d.openAt != d.msg-1 {
			d.open.reset()
		}
		d.openAt, d.ordinal = d.msg, 0
	}
	call := d.mem.Call()
	*call = ir.ToolCall{ID: p.id, Name: p.name, Type: ir.TypeFunction, Args: ir.Args{JSON: p.args}}
	if call.ID == "" {
		call.ID = d.callID(p)
	} else {
		call.Native = !madeUp(call.ID)
	}
	d.ordinal++
	out.Kind, out.Call = ir.PartToolCall, call
	out.Sig = ir.ParseSig(p.sig, ir.SignsCall, "")
	for _, f := range p.callExt {
		out.Ext = append(out.Ext, ir.Field{Name: "functionCall." + f.Name, Raw: f.Raw})
	}
	d.open.add(call)
}

// callID hashes the place, the name and the arguments of a call.
func (d *decoder) callID(p *wirePart) string {
	b := strconv.AppendInt(d.ids[:0], int64(d.msg), 10)
	b = strconv.AppendInt(append(b, '|'), int64(d.ordinal), 10)
	b = append(append(b, '|'), p.name...)
	b = append(b, '|')
	if p.args == nil {
		b = append(b, "{}"...)
	} else {
		b = jsonx.AppendCompact(b, p.args)
	}
	d.ids = b
	sum := sha256.Sum256(b)
	return d.mem.String(hex.AppendEncode(append(b[:0], callPrefix...), sum[:12]))
}

// callPrefix begins the ids that are made up for calls without one.
const callPrefix = "call_"

// madeUp reports whether an id has the form of those that gateways make up for
// calls without one.
func madeUp(id string) bool {
	hash, ok := strings.CutPrefix(id, callPrefix)
	if !ok || len(hash) != 24 {
		return false
	}
	return strings.Trim(hash, "0123456789abcdef") == ""
}

// result takes a functionResponse.
func (d *decoder) result(p *wirePart, out *ir.Part) {
	w := p.result
	res := d.mem.Result()
	*res = ir.ToolResult{CallID: w.id, Name: w.name, Type: ir.TypeFunction, IsError: w.isError, JSON: d.body[w.from:w.to:w.to]}
	out.Kind, out.Result = ir.PartToolResult, res
	for _, f := range w.ext {
		out.Ext = append(out.Ext, ir.Field{Name: "functionResponse." + f.Name, Raw: f.Raw})
	}
	text := w.text
	if w.asJSON {
		text = jsonText(res.JSON)
	}
	list := d.scratch[len(d.scratch):]
	if text != "" {
		list = append(list, ir.Part{Kind: ir.PartText, Text: text, At: out.At})
	}
	for i := range w.parts {
		switch q := &w.parts[i]; {
		case q.media != nil:
			list = append(list, ir.Part{Kind: mediaKind(q.media), Media: q.media, Ext: q.ext, At: out.At})
		case q.text != "":
			list = append(list, ir.Part{Kind: ir.PartText, Text: q.text, At: out.At})
		}
	}
	res.Parts = d.mem.Keep(list)
	d.open.match(res)
}

// jsonText is JSON as text.
func jsonText(raw []byte) ir.Text {
	return ir.Text(ir.AppendEscaped(make([]byte, 0, len(raw)+len(raw)/8), jsonx.AppendCompact(nil, raw)))
}

// serverPart reads a part about a tool that Google ran itself.
func serverPart(key string, raw []byte) (ir.PartKind, *ir.ServerItem) {
	s := &ir.ServerItem{Tool: "code_execution", Dialect: ir.Gemini, Raw: raw}
	var r jsonx.Reader
	r.Reset(raw)
	var output ir.Text
	for in := r.Object(); in && r.Member(); {
		switch camel(r.Key()) {
		case "id":
			s.ID = r.String()
		case "toolType":
			kind := strings.ToUpper(r.String())
			if s.Tool = serverCalls[kind]; s.Tool == "" {
				s.Tool = strings.ToLower(kind)
			}
		case "args":
			s.Args.JSON = r.RawIfAny()
		case "outcome":
			s.Status = r.String()
		case "output":
			output = r.Text()
		}
	}
	switch key {
	case "executableCode":
		s.Args.JSON = raw
		return ir.PartServerCall, s
	case "toolCall":
		return ir.PartServerCall, s
	}
	s.CallID = s.ID
	if output != "" {
		s.Parts = []ir.Part{{Kind: ir.PartText, Text: output}}
	}
	return ir.PartServerResult, s
}
