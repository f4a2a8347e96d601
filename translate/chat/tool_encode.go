package chat

import (
	"slices"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// tools writes the tools and what belongs to them. A request without tools has
// neither a choice nor parallel_tool_calls: OpenAI refuses both.
func (e *encoder) tools(dst []byte) []byte {
	if e.caps.NoTools {
		e.withoutTools()
		return dst
	}
	start := len(dst)
	dst = append(appendKey(dst, "tools"), '[')
	first := len(dst)
	for i := range e.req.Tools {
		t := &e.req.Tools[i]
		if e.filtered(t) {
			continue
		}
		before := len(dst)
		if before > first {
			dst = append(dst, ',')
		}
		item := len(dst)
		if dst = e.tool(dst, t); len(dst) == item {
			dst = dst[:before]
		}
	}
	none := len(dst) == first
	if dst = append(dst, ']'); none {
		dst = dst[:start]
	}
	dst = e.searchOptions(dst)
	if none {
		return dst
	}
	dst = e.toolChoice(dst)
	if p := e.req.Parallel; p.Set {
		switch {
		case e.caps.ParallelFlag:
			dst = appendBool(dst, "parallel_tool_calls", p.V)
		case !p.V:
			e.drop(ir.FieldParallel)
		}
	}
	return dst
}

// withoutTools notes the tools of a target that takes none. A call that must be
// made cannot be made there.
func (e *encoder) withoutTools() {
	class := ir.Semantic
	if e.req.ToolChoice.Forced() {
		class = ir.Required
	}
	for i := range e.req.Tools {
		e.lose(class, ir.CodeDrop, e.req.PathOfTool(&e.req.Tools[i]), "it takes no tools")
	}
}

// filtered reports whether the client's choice leaves the tool out and the
// target cannot be told so in another way.
func (e *encoder) filtered(t *ir.Tool) bool {
	c := &e.req.ToolChoice
	return c.Mode == ir.ChoiceAllowed && !e.allowedTools() && !slices.Contains(c.Names, t.Name)
}

// allowedTools reports whether the target knows tool_choice allowed_tools.
func (e *encoder) allowedTools() bool { return e.t.Provider == "openai" }

// tool writes one tool, or nothing when the target has no form for it.
func (e *encoder) tool(dst []byte, t *ir.Tool) []byte {
	if t.Kind == ir.ToolServer {
		return e.serverTool(dst, t)
	}
	if t.Kind == ir.ToolCustom && e.caps.CustomTools {
		return e.customTool(dst, t)
	}
	description, raw, ok := t.Declared()
	if !ok {
		e.lose(t.Class(&e.req.ToolChoice), ir.CodeDrop, e.req.PathOfTool(t), "")
		return dst
	}
	dst = append(dst, `{"type":"function","function":{`...)
	dst = appendString(dst, "name", e.t.Names.Wire(t.Namespace, t.Name))
	if description != "" {
		dst = appendText(dst, "description", description)
	}
	strict := false
	if len(raw) > 0 {
		raw, strict = e.schema(raw, t.OpenAPI, t)
		dst = appendRaw(dst, "parameters", raw)
	}
	if t.Strict.Set {
		dst = e.strict(dst, t.Strict, strict, t)
	}
	return append(dst, "}}"...)
}

func (e *encoder) customTool(dst []byte, t *ir.Tool) []byte {
	dst = append(dst, `{"type":"custom","custom":{`...)
	dst = appendString(dst, "name", e.t.Names.Wire(t.Namespace, t.Name))
	if t.Description != "" {
		dst = appendText(dst, "description", t.Description)
	}
	if g := t.Grammar; g != nil {
		dst = append(appendKey(dst, "format"), `{"type":"grammar","grammar":{`...)
		dst = appendText(dst, "definition", g.Definition)
		dst = append(appendString(dst, "syntax", g.Syntax), "}}"...)
	}
	return append(dst, "}}"...)
}

// serverTool writes a tool that the server runs: clients of this dialect get
// their own words through to servers that may know them; OpenAI has only the
// web search of its search models.
func (e *encoder) serverTool(dst []byte, t *ir.Tool) []byte {
	if t.Type == "web_search" && e.searchModel() {
		return dst
	}
	if e.same && t.At >= 0 && e.t.Provider != "openai" {
		return append(dst, t.Config...)
	}
	e.lose(t.Class(&e.req.ToolChoice), ir.CodeDrop, e.toolPath(t), "")
	return dst
}

// toolPath is the tool's place in the client's request.
func (e *encoder) toolPath(t *ir.Tool) string {
	if t.At < 0 {
		return "web_search_options"
	}
	return e.req.PathOfTool(t)
}

// searchOptions writes web_search_options for a model that searches by them.
func (e *encoder) searchOptions(dst []byte) []byte {
	if !e.searchModel() {
		return dst
	}
	for i := range e.req.Tools {
		t := &e.req.Tools[i]
		if t.Kind != ir.ToolServer || t.Type != "web_search" {
			continue
		}
		if e.same && t.At < 0 {
			return appendRaw(dst, "web_search_options", t.Config)
		}
		dst = append(appendKey(dst, "web_search_options"), '{')
		if s := t.Search; s != nil {
			dst = appendSearch(dst, s)
		}
		return append(dst, '}')
	}
	return dst
}

func appendSearch(dst []byte, s *ir.Search) []byte {
	if s.ContextSize != "" {
		dst = appendString(dst, "search_context_size", s.ContextSize)
	}
	l := s.Location
	if l == nil {
		return dst
	}
	dst = append(appendKey(dst, "user_location"), `{"type":"approximate","approximate":{`...)
	for _, f := range [...]struct{ key, value string }{
		{"city", l.City}, {"country", l.Country}, {"region", l.Region}, {"timezone", l.Timezone},
	} {
		if f.value != "" {
			dst = appendString(dst, f.key, f.value)
		}
	}
	return append(dst, "}}"...)
}

func (e *encoder) toolChoice(dst []byte) []byte {
	c := &e.req.ToolChoice
	if c.Server != "" {
		e.drop(ir.FieldToolChoice)
		return dst
	}
	switch c.Mode {
	case ir.ChoiceAuto:
		return appendString(dst, "tool_choice", "auto")
	case ir.ChoiceNone:
		return appendString(dst, "tool_choice", "none")
	case ir.ChoiceRequired:
		return appendString(dst, "tool_choice", "required")
	case ir.ChoiceSpecific:
		if len(c.Names) > 0 {
			return e.choose(appendKey(dst, "tool_choice"), c.Names[0])
		}
	case ir.ChoiceAllowed:
		return e.allow(dst)
	}
	return dst
}

// allow writes the set of tools that may be called, or only whether one must
// be where the list of tools was cut to the set.
func (e *encoder) allow(dst []byte) []byte {
	c := &e.req.ToolChoice
	mode := "auto"
	if c.Required {
		mode = "required"
	}
	if !e.allowedTools() {
		return appendString(dst, "tool_choice", mode)
	}
	dst = append(appendKey(dst, "tool_choice"), `{"type":"allowed_tools","allowed_tools":{`...)
	dst = append(appendString(dst, "mode", mode), `,"tools":[`...)
	for i, name := range c.Names {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = e.choose(dst, name)
	}
	return append(dst, "]}}"...)
}

// choose writes the choice of one tool.
func (e *encoder) choose(dst []byte, name string) []byte {
	namespace, kind := "", "function"
	for i := range e.req.Tools {
		if t := &e.req.Tools[i]; t.Name == name && t.Kind != ir.ToolServer {
			namespace = t.Namespace
			if t.Kind == ir.ToolCustom && e.caps.CustomTools {
				kind = "custom"
			}
			break
		}
	}
	dst = append(append(append(dst, `{"type":"`...), kind...), `","`...)
	dst = append(append(dst, kind...), `":{"name":`...)
	return append(ir.AppendQuoted(dst, e.t.Names.Wire(namespace, name)), "}}"...)
}
