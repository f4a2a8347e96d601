package anthropic

import (
	"net/http"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// rest writes the members that are neither limits nor content.
func (e *encoder) rest() {
	req := e.req
	counting := req.Op == ir.CountTokens
	e.mark(req.Cache.AutoLast, new(int))
	if e.native && !counting {
		e.object("metadata", e.metadata)
	}
	if !counting {
		e.tier()
	}
	if e.native && req.Speed != "" && e.t.Provider != "vertex" {
		e.name("speed")
		e.dst = ir.AppendQuoted(e.dst, req.Speed)
	}
	e.mcp()
	if !e.native {
		return
	}
	for i := range req.Ext {
		f := &req.Ext[i]
		switch {
		case holder(f.Name) != "" || f.Name == "betas" || counting && !countable[f.Name]:
		case f.Name == "context_management":
			e.contextManagement(f.Raw)
		default:
			e.fields(req.Ext[i : i+1])
		}
	}
}

func (e *encoder) metadata() {
	if id := e.req.Meta.ClientUserID; id != "" {
		e.name("user_id")
		e.dst = ir.AppendQuoted(e.dst, id)
	}
	e.held("metadata.")
}

// object writes an object whose members, each with a comma in front, are
// written by write; nothing when there are none.
func (e *encoder) object(name string, write func()) {
	start := len(e.dst)
	e.name(name)
	e.dst = append(e.dst, '{')
	empty := len(e.dst)
	write()
	if len(e.dst) == empty {
		e.dst = e.dst[:start]
		return
	}
	e.dst = append(append(e.dst[:empty], e.dst[empty+1:]...), '}')
}

// holders are the members inside which unknown ones are kept as holder.name.
var holders = [...]string{"thinking.", "output_config.", "metadata."}

func holder(name string) string {
	for _, h := range holders {
		if strings.HasPrefix(name, h) {
			return h
		}
	}
	return ""
}

// held writes the members that an object held which only Anthropic knows.
func (e *encoder) held(in string) {
	if !e.native {
		return
	}
	for i := range e.req.Ext {
		f := &e.req.Ext[i]
		if strings.HasPrefix(f.Name, in) {
			e.fields([]ir.Field{{Name: f.Name[len(in):], Raw: f.Raw}})
		}
	}
}

// tier writes service_tier, which Vertex does not know.
func (e *encoder) tier() {
	word := ""
	switch e.req.Tier {
	case "":
		return
	case "auto", "priority":
		word = "auto"
	case "default", "standard_only":
		word = "standard_only"
	}
	if word == "" || e.t.Provider == "vertex" {
		e.drop(ir.FieldTier)
		return
	}
	e.name("service_tier")
	e.dst = append(append(append(e.dst, '"'), word...), '"')
}

// contextManagement writes the edits of the context but, when the model does
// not think, those that clear thinking, which are refused then.
func (e *encoder) contextManagement(raw []byte) {
	if e.plan.on() {
		e.name("context_management")
		e.raw(raw)
		return
	}
	var r jsonx.Reader
	r.Reset(raw)
	start := len(e.dst)
	e.name("context_management")
	e.dst = append(e.dst, `{"edits":[`...)
	n := 0
	r.Object()
	for r.Member() {
		if r.Key() != "edits" || r.Kind() != jsonx.Array {
			continue
		}
		r.Array()
		for r.Element() {
			edit := r.Raw()
			if editType(edit, "clear_thinking") {
				continue
			}
			if n++; n > 1 {
				e.dst = append(e.dst, ',')
			}
			e.raw(edit)
		}
	}
	if e.dst = append(e.dst, `]}`...); n == 0 {
		e.dst = e.dst[:start]
	}
}

func editType(raw []byte, prefix string) bool {
	var r jsonx.Reader
	r.Reset(raw)
	found := false
	for in := r.Object(); in && r.Member(); {
		if r.Key() == "type" && r.Kind() == jsonx.String {
			found = strings.HasPrefix(r.String(), prefix)
		}
	}
	return found
}

// Header returns the betas that the request's features need.
func (Codec) Header(req *ir.Request, t *ir.Target) http.Header {
	target := *t
	target.Notes, target.Strict = &ir.Notes{}, false
	e := newEncoder(req, &target)
	list := e.betas()
	if len(list) == 0 {
		return nil
	}
	return http.Header{"Anthropic-Beta": {strings.Join(list, ",")}}
}
