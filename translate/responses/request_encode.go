package responses

import (
	"slices"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// writer writes one request for an upstream.
type writer struct {
	dst []byte
	req *ir.Request
	t   *ir.Target
	own bool  // the client speaks this dialect too
	gpt bool  // the upstream is the backend of a ChatGPT account
	err error // the first thing that could not be left out

	items     int  // input items so far
	reasoning int  // where trailing reasoning items begin in dst; -1 when there are none
	thoughts  int  // how many they are
	unthought bool // reasoning was left out
	skip      int  // cache hints that are over the limit
	custom    []string
}

// AppendRequest appends the body for an upstream that speaks Responses.
func (Codec) AppendRequest(dst []byte, req *ir.Request, t *ir.Target) ([]byte, error) {
	work := req.Copy()
	ir.Normalize(work, t)
	from := len(dst)
	w := &writer{
		dst: slices.Grow(dst, len(req.Raw)+len(req.Raw)/8+2048), req: work, t: t,
		own: req.Dialect == ir.Responses, reasoning: -1, gpt: t.Caps.Codex && req.Op == ir.Generate,
	}
	if w.gpt {
		w.forCodex()
	}
	w.request()
	if w.err != nil {
		return dst, w.err
	}
	return dropNUL(w.dst, from), nil
}

// request writes all members; the counting endpoint takes fewer.
func (w *writer) request() {
	w.raw(`{"model":`)
	w.dst = ir.AppendQuoted(w.dst, w.t.Model)
	w.conversation()
	w.tools()
	w.parallel()
	w.reasoningOptions()
	w.textOptions()
	if w.own && w.req.State.Truncation != "" {
		w.quoted("truncation", w.req.State.Truncation)
	}
	if w.req.Op != ir.CountTokens {
		w.sampling()
		w.state()
		w.meta()
		w.unknown()
	}
	w.raw(`}`)
}

// conversation writes what was said. The system's words are instructions,
// unless they must stay messages to keep their cache hints or, for clients of
// the same dialect, their ids and places.
func (w *writer) conversation() {
	system := w.systemParts()
	asItems := len(w.req.Turns) == 0
	if w.t.Caps.CacheBreakpoints {
		asItems = asItems || slices.ContainsFunc(system, func(p ir.Part) bool { return p.Cache != nil })
	}
	w.limitHints(system, asItems)
	n := len(system)
	switch {
	case w.own:
		n = 0
		for n < len(system) && system[n].At.Msg == instructionsAt {
			n++
		}
	case asItems:
		n = 0
	}
	if n > 0 {
		w.raw(`,"instructions":"`)
		for i := range system[:n] {
			if i > 0 {
				w.raw(`\n\n`)
			}
			w.dst = append(w.dst, system[i].Text...)
			w.lostHint(&system[i])
		}
		w.raw(`"`)
	} else if w.gpt {
		w.raw(`,"instructions":""`)
	}
	w.raw(`,"input":[`)
	for n < len(system) {
		n += w.message(system[n:], w.systemRole(system[n].Role))
	}
	for i := range w.req.Turns {
		w.turn(&w.req.Turns[i])
	}
	w.raw(`]`)
}

// systemParts are the system's words, and nothing but words from clients of
// other dialects, without the line in which Claude Code
// names its version: it differs from one request to the next and would undo
// every other vendor's prompt cache.
func (w *writer) systemParts() []ir.Part {
	parts := w.req.System
	if words := w.formatWords(); words != "" {
		parts = append(slices.Clip(parts), ir.Part{Kind: ir.PartText, Role: ir.RoleSystem, Text: words, At: ir.Loc{Msg: instructionsAt, Part: -1}})
	}
	unsaid := func(p ir.Part) bool {
		return !w.own && p.Kind != ir.PartText || w.req.Dialect == ir.Anthropic && p.Text.HasPrefix("x-anthropic-billing-header:")
	}
	if !slices.ContainsFunc(parts, unsaid) {
		return parts
	}
	return slices.DeleteFunc(slices.Clone(parts), unsaid)
}

func (w *writer) systemRole(role ir.Role) ir.Role {
	if w.own && role != "" && !w.gpt {
		return role
	}
	if w.gpt || w.t.Caps.DeveloperRole || role == ir.RoleDeveloper {
		return ir.RoleDeveloper
	}
	return ir.RoleSystem
}

func (w *writer) parallel() {
	p := w.req.Parallel
	switch {
	case !p.Set || len(w.req.Tools) == 0 && !w.own && !w.gpt:
	case !w.t.Caps.ParallelFlag:
		if !p.V {
			w.lose(ir.FieldParallel.Class(), ir.CodeDrop, w.req.Path(ir.FieldParallel), "")
		}
	default:
		w.boolean("parallel_tool_calls", p.V)
	}
}

// state writes what the upstream shall keep. Other dialects' clients never
// come back to a stored answer, so nothing is stored for them.
func (w *writer) state() {
	s := &w.req.State
	switch {
	case !w.own:
		w.raw(`,"store":false`)
		if s.Store.Or(false) {
			w.lose(ir.FieldStore.Class(), ir.CodeDrop, w.req.Path(ir.FieldStore), "")
		}
		if s.Compaction != nil {
			w.lose(ir.Hint, ir.CodeDrop, "context_management", "")
		}
	default:
		if s.Store.Set {
			w.boolean("store", s.Store.V)
		}
		if s.Compaction != nil {
			w.dst = appendMember(w.dst, "context_management", s.Compaction)
		}
	}
	w.includeList()
	if w.req.Stream {
		w.raw(`,"stream":true`)
	}
	if w.own {
		if o := w.req.StreamOpts.Obfuscation; o.Set {
			w.raw(`,"stream_options":{"include_obfuscation":`)
			w.flag(o.V)
			w.nested("stream_options.", true)
			w.raw(`}`)
		} else {
			w.object("stream_options")
		}
	}
}

// includeList asks for encrypted reasoning whenever nothing is stored, since
// the next turn needs it then.
func (w *writer) includeList() {
	stored := w.req.State.Store.Or(w.own)
	from := len(w.dst)
	w.raw(`,"include":[`)
	start := len(w.dst)
	add := func(s string) {
		if len(w.dst) > start {
			w.raw(`,`)
		}
		w.dst = ir.AppendQuoted(w.dst, s)
	}
	if !w.own || !stored || w.req.Reasoning.IncludeEncrypted {
		add(includeEncrypted)
	}
	if w.logprobs() {
		add(includeLogprobs)
	}
	if w.own {
		for _, f := range w.req.Ext {
			if f.Name == "include" {
				eachString(f.Raw, func(s string) {
					if s != includeEncrypted && s != includeLogprobs {
						add(s)
					}
				})
			}
		}
	}
	if len(w.dst) == start {
		w.dst = w.dst[:from]
		return
	}
	w.raw(`]`)
}

// unknown writes the client's members that the decoder did not know: to an
// upstream of the same dialect as they are, to others not at all.
func (w *writer) unknown() {
	for _, f := range w.req.Ext {
		switch {
		case !w.own:
			w.lose(w.req.ExtClass(f.Name), ir.CodeDrop, f.Name, "")
		case f.Name == "include" || strings.Contains(f.Name, "."):
		default:
			w.dst = appendMember(w.dst, f.Name, f.Raw)
		}
	}
}

// nested writes the unknown members of one of the request's objects, whose
// names begin with prefix. more tells whether a member stands before them.
func (w *writer) nested(prefix string, more bool) {
	if !w.own {
		return
	}
	for _, f := range w.req.Ext {
		if name, ok := strings.CutPrefix(f.Name, prefix); ok {
			if more {
				w.raw(`,`)
			}
			w.dst = append(ir.AppendQuoted(w.dst, name), ':')
			w.dst = append(w.dst, f.Raw...)
			more = true
		}
	}
}

// object writes a member that has unknown members only.
func (w *writer) object(name string) {
	for _, f := range w.req.Ext {
		if w.own && strings.HasPrefix(f.Name, name+".") {
			w.raw(`,"` + name + `":{`)
			w.nested(name+".", false)
			w.raw(`}`)
			return
		}
	}
}

func eachString(raw []byte, do func(string)) {
	var r jsonx.Reader
	r.Reset(raw)
	for open := r.Array(); open && r.Element(); {
		if s := optional(&r); s != "" {
			do(s)
		}
	}
}

func (w *writer) raw(s string) { w.dst = append(w.dst, s...) }

// quoted writes a member that is a string.
func (w *writer) quoted(name, value string) {
	w.raw(`,"` + name + `":`)
	w.dst = ir.AppendQuoted(w.dst, value)
}

func (w *writer) boolean(name string, v bool) {
	w.raw(`,"` + name + `":`)
	w.flag(v)
}

func (w *writer) flag(v bool) {
	if v {
		w.raw(`true`)
		return
	}
	w.raw(`false`)
}

// lose notes what cannot be sent, or makes the request fail.
func (w *writer) lose(class ir.Class, code, path, detail string) {
	if err := w.t.Lose(class, code, path, detail); err != nil && w.err == nil {
		w.err = err
	}
}
