package translate

import (
	"slices"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// report notes what only the client's own dialect has a place for, so that no
// encoder of another one can lose it silently. What an encoder has noted
// already is not noted twice. It fails in strict mode where the loss changes
// the meaning.
func report(req *ir.Request, t *ir.Target) error {
	r := reporter{req: req, t: t}
	r.options()
	for i := range req.Tools {
		r.tool(&req.Tools[i])
	}
	for i := range req.System {
		r.part(&req.System[i])
		r.instruction(&req.System[i])
	}
	for i := range req.Turns {
		turn := &req.Turns[i]
		whole := ir.Loc{Msg: turn.At, Part: -1}
		if turn.Name != "" && t.Dialect != ir.Chat {
			r.hint(req.PathOf(whole) + ".name")
		}
		if len(turn.Ext) > 0 {
			r.members(turn.Ext, func() string { return req.PathOf(whole) })
		}
		for j := range turn.Parts {
			r.part(&turn.Parts[j])
			if turn.Role == ir.RoleSystem && (t.Dialect == ir.Anthropic || t.Dialect == ir.Gemini) {
				r.instruction(&turn.Parts[j])
			}
		}
	}
	return r.err
}

// instruction reports what is no text in an instruction.
func (r *reporter) instruction(p *ir.Part) {
	if p.Kind != ir.PartText && r.err == nil {
		r.err = r.t.Lose(ir.Semantic, ir.CodeDrop, r.req.PathOf(p.At), "only text can be an instruction")
	}
}

type reporter struct {
	req *ir.Request
	t   *ir.Target
	err error
}

func (r *reporter) hint(path string) {
	_ = r.t.Lose(ir.Hint, ir.CodeDrop, path, "") // hints are never refused
}

// options reports members of the top level.
func (r *reporter) options() {
	req, to := r.req, r.t.Dialect
	openai := to == ir.Chat || to == ir.Responses
	speaks := func(word string) bool { return slices.Contains(req.Output.Modalities, word) }
	for _, f := range [...]struct {
		lost bool
		path string
	}{
		{req.StreamOpts.Obfuscation.Or(false), "stream_options.include_obfuscation"},
		{req.StreamOpts.ArgDeltas.Or(false), "toolConfig.functionCallingConfig.streamFunctionCallArguments"},
		{req.Cache.Retention != "" && !openai, "prompt_cache_retention"},
		{(req.Cache.Mode != "" || req.Cache.TTL != "") && !(openai && r.t.Caps.CacheBreakpoints), "prompt_cache_options"},
		{req.Cache.AutoLast != nil && to != ir.Anthropic, "cache_control"},
		{len(req.State.Compaction) > 0, "context_management"},
		{req.Meta.ClientUserID != "" && to != ir.Anthropic, "metadata.user_id"},
		{req.Reasoning.Context != "" && to != ir.Responses, "reasoning.context"},
		{r.unshown(), summaryPaths[req.Dialect]},
		{len(req.Output.Speech) > 0 && to != ir.Gemini && !speaks("audio"), "generationConfig.speechConfig"},
		{len(req.Output.Image) > 0 && to != ir.Gemini && !speaks("image"), "generationConfig.imageConfig"},
	} {
		if f.lost && r.err == nil {
			r.err = r.t.Lose(req.ExtClass(f.path), ir.CodeDrop, f.path, "")
		}
	}
}

// summaryPaths name the member by which a client asks to see reasoning.
var summaryPaths = map[ir.Dialect]string{
	ir.Responses: "reasoning.summary",
	ir.Anthropic: "thinking.display",
	ir.Gemini:    "generationConfig.thinkingConfig.includeThoughts",
}

// unshown reports whether a wish to see the reasoning has no place: Chat
// Completions shows what a server shows by itself.
func (r *reporter) unshown() bool {
	return r.t.Dialect == ir.Chat && r.req.Reasoning.Summary != "" && r.req.Reasoning.Summary != "none"
}

// tool reports the members of a tool.
func (r *reporter) tool(t *ir.Tool) {
	vendors := (t.Kind == ir.ToolServer || t.Kind == ir.ToolTyped) && r.req.Dialect != ir.Responses
	if len(t.Ext) == 0 && t.OutputSchema == nil && t.Cache == nil && !t.Strict.V && !vendors {
		return
	}
	path := r.req.PathOfTool(t)
	if vendors && !t.Merged() && t.Type != "mcp" && !r.told(path) {
		r.config(t, path)
	}
	r.members(t.Ext, func() string { return path })
	if t.OutputSchema != nil {
		r.hint(path + "." + outputSchema(r.req.Dialect))
	}
	if t.Cache != nil && r.t.Dialect != ir.Anthropic {
		r.hint(path + cacheName(r.req.Dialect))
	}
	if t.Strict.V && r.t.Dialect == ir.Gemini {
		r.hint(path + ".strict")
	}
}

// told reports whether the loss of the whole is noted already.
func (r *reporter) told(path string) bool {
	return slices.ContainsFunc(r.t.Notes.List(), func(n ir.Note) bool { return n.Path == path && n.Code == ir.CodeDrop })
}

// config reports the members of a vendor's tool that no other vendor knows.
func (r *reporter) config(t *ir.Tool, path string) {
	if r.req.Dialect == ir.Gemini {
		path += "." + t.Version
	}
	var read jsonx.Reader
	read.Reset(t.Config)
	if read.Kind() != jsonx.Object {
		return
	}
	for in := read.Object(); in && read.Member(); {
		name := read.Key()
		if !slices.Contains(sharedConfig, name) && !empty(read.Raw()) {
			r.hint(path + "." + name)
		}
	}
}

// sharedConfig are the members of vendors' tools that encoders of other
// dialects read, or tell of themselves.
var sharedConfig = []string{
	"type", "name", "cache_control", "max_uses", "allowed_domains", "blocked_domains", "user_location", "search_context_size",
	"excludeDomains", "exclude_domains", "display_width_px", "display_height_px",
}

func outputSchema(d ir.Dialect) string {
	if d == ir.Gemini {
		return "response"
	}
	return "output_schema"
}

func cacheName(d ir.Dialect) string {
	if d == ir.Anthropic {
		return ".cache_control"
	}
	return ".prompt_cache_breakpoint"
}

// part reports what stands at one part.
func (r *reporter) part(p *ir.Part) {
	if len(p.Ext) > 0 {
		r.members(p.Ext, func() string { return r.req.PathOf(p.At) })
	}
	if len(p.Citations) > 0 {
		r.hint(r.req.PathOf(p.At) + citationsName(r.req.Dialect))
	}
	if p.Cache != nil && !r.caches() {
		r.hint(r.req.PathOf(p.At) + cacheName(r.req.Dialect))
	}
	if p.Media != nil {
		r.media(p)
	}
	if p.Result != nil {
		for i := range p.Result.Parts {
			r.part(&p.Result.Parts[i])
		}
	}
}

// caches reports whether the target takes hints at single parts.
func (r *reporter) caches() bool {
	return r.t.Dialect == ir.Anthropic || r.t.Dialect != ir.Gemini && r.t.Caps.CacheBreakpoints
}

func citationsName(d ir.Dialect) string {
	if d == ir.Anthropic {
		return ".citations"
	}
	return ".annotations"
}

// media reports what is said about a file besides the file itself.
func (r *reporter) media(p *ir.Part) {
	m, to := p.Media, r.t.Dialect
	if m.Detail != "" && m.Detail != "auto" && to == ir.Anthropic {
		r.hint(r.req.PathOf(p.At) + detailName(r.req.Dialect))
	}
	if m.Citations.V && to != ir.Anthropic {
		r.hint(r.req.PathOf(p.At) + ".citations")
	}
	if to == ir.Gemini && m.Source != ir.SourceText {
		if m.Title != "" {
			r.hint(r.req.PathOf(p.At) + ".title")
		}
		if m.Name != "" {
			r.hint(r.req.PathOf(p.At) + fileName(r.req.Dialect))
		}
	}
	if len(m.Ext) > 0 {
		r.members(m.Ext, func() string { return r.req.PathOf(p.At) })
	}
	if m.Context != "" && to != ir.Anthropic && r.err == nil {
		r.err = r.t.Lose(ir.Semantic, ir.CodeDrop, r.req.PathOf(p.At)+".context", "")
	}
}

func fileName(d ir.Dialect) string {
	if d == ir.Chat {
		return ".file.filename"
	}
	return ".filename"
}

func detailName(d ir.Dialect) string {
	if d == ir.Chat {
		return ".image_url.detail"
	}
	return ".detail"
}

// members reports members of what stands at path that only their own dialect
// knows.
func (r *reporter) members(list []ir.Field, path func() string) {
	for _, f := range list {
		name := f.Name
		if name == "@phase" {
			name = "phase"
		}
		if !strings.HasPrefix(name, "@") && !empty(f.Raw) { // the other marked ones only repeat what the part says
			r.hint(path() + "." + name)
		}
	}
}

// empty reports whether a member says nothing.
func empty(raw []byte) bool {
	switch string(raw) {
	case "null", "[]", "{}", `""`:
		return true
	}
	return false
}
