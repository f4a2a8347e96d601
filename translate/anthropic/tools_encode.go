package anthropic

import (
	"slices"
	"strconv"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/schema"
)

const emptySchema = `{"type":"object","properties":{}}`

// serverTools are the tools that Anthropic runs itself, for clients that ask
// for the like of them in another dialect.
var serverTools = map[string]struct{ version, beta string }{
	"web_search":     {"web_search_20250305", ""},
	"web_fetch":      {"web_fetch_20250910", "web-fetch-2025-09-10"},
	"code_execution": {"code_execution_20250825", "code-execution-2025-08-25"},
}

// chooseTools decides which tools are offered and what the choice among them
// is. A list of allowed tools becomes the list of tools.
func (e *encoder) chooseTools() {
	req := e.req
	e.choice = req.ToolChoice
	allowed := e.choice.Mode == ir.ChoiceAllowed
	e.sent, e.renamed = make([]*ir.Tool, 0, len(req.Tools)), make([]renaming, 0, len(req.Tools))
	for i := range req.Tools {
		t := &req.Tools[i]
		if allowed && !slices.Contains(e.choice.Names, t.Name) && (t.Kind != ir.ToolServer || e.choice.Server != t.Type) {
			continue
		}
		if e.offered(t) {
			e.sent = append(e.sent, t)
		}
	}
	if allowed {
		e.choice.Mode = ir.ChoiceAuto
		if e.choice.Required {
			e.choice.Mode = ir.ChoiceRequired
		}
	}
	if len(e.sent) == 0 {
		e.choice = ir.ToolChoice{}
	}
	if !e.native && e.choice.Mode == ir.ChoiceSpecific && len(e.choice.Names) == 0 && !e.sends(e.choice.Server) {
		e.drop(ir.FieldToolChoice) // a name that no tool has is refused
		e.choice = ir.ToolChoice{}
	}
}

// sends reports whether a server tool of this type is in the list.
func (e *encoder) sends(server string) bool {
	return slices.ContainsFunc(e.sent, func(t *ir.Tool) bool { return t.Kind == ir.ToolServer && t.Type == server })
}

// offered reports whether the target has a form for the tool.
func (e *encoder) offered(t *ir.Tool) bool {
	switch {
	case e.native, t.Kind == ir.ToolFunction, t.Kind == ir.ToolCustom:
		return true
	case t.Kind == ir.ToolServer && t.Type == "mcp" && e.t.Provider != "vertex":
		ok, err := e.req.SendMCP(e.t, t, true, false)
		if err != nil && e.err == nil {
			e.err = err
		}
		return ok
	case t.Merged():
		return false
	case t.Kind == ir.ToolServer:
		if _, ok := serverTools[t.Type]; ok {
			return true
		}
	case t.Kind == ir.ToolTyped:
		if _, _, ok := t.Declared(); ok {
			return true
		}
	}
	e.lose(t.Class(&e.req.ToolChoice), ir.CodeDrop, e.req.PathOfTool(t), "")
	return false
}

// tools writes the tools and the choice among them.
func (e *encoder) tools() {
	if e.asJSON {
		e.dst = append(e.dst, `,"tools":[{"name":"`+jsonTool+`","description":"Respond with a JSON object.","input_schema":`...)
		f := &e.req.Format
		e.inputSchema(f.Schema, f.OpenAPI, false, nil)
		e.dst = append(e.dst, `}],"tool_choice":{"type":"tool","name":"`+jsonTool+`","disable_parallel_tool_use":true}`...)
		return
	}
	n := 0
	for _, t := range e.sent {
		if e.native && t.Kind == ir.ToolServer && t.Type == "mcp" {
			continue // its toolset is in the list
		}
		if n++; n == 1 {
			e.name("tools")
			e.dst = append(e.dst, '[')
		} else {
			e.dst = append(e.dst, ',')
		}
		e.tool(t)
	}
	if n > 0 {
		e.dst = append(e.dst, ']')
		e.toolChoice()
	}
}

func (e *encoder) tool(t *ir.Tool) {
	switch {
	case e.native && len(t.Config) > 0:
		e.raw(t.Config)
		e.marks.passed(t.Cache)
	case t.MCP != nil:
		e.toolset(t.MCP)
	case t.Kind == ir.ToolServer:
		e.serverTool(t)
	default:
		e.function(t)
	}
}

func (e *encoder) function(t *ir.Tool) {
	description, raw, _ := t.Declared()
	e.dst = append(e.dst, '{')
	if e.native && t.Version == "custom" {
		e.dst = append(e.dst, `"type":"custom",`...)
	}
	e.dst = append(e.dst, `"name":`...)
	e.dst = ir.AppendQuoted(e.dst, e.t.Names.Wire(t.Namespace, t.Name))
	if description != "" {
		e.name("description")
		e.text(description)
	}
	strict := t.Strict.Or(false)
	if caps := &e.t.Caps; strict && !caps.StrictTools && !caps.StructuredOutput {
		e.lose(ir.Hint, ir.CodeDrop, e.req.PathOfTool(t)+".strict", "")
		strict = false
	}
	e.name("input_schema")
	e.inputSchema(raw, t.OpenAPI, strict, t)
	if strict {
		e.dst = append(e.dst, `,"strict":true`...)
	}
	e.mark(t.Cache, &e.marks.tools)
	switch {
	case len(t.Ext) == 0:
	case e.native:
		e.fields(t.Ext)
	default:
		e.dropFields(t.Ext, func() string { return e.req.PathOfTool(t) })
	}
	e.dst = append(e.dst, '}')
}

// inputSchema writes a tool's schema or, without a tool, that of the format.
func (e *encoder) inputSchema(raw []byte, openAPI, strict bool, tool *ir.Tool) {
	if len(raw) == 0 || string(raw) == "null" || string(raw) == "{}" {
		e.dst = append(e.dst, emptySchema...)
		return
	}
	if out := e.cleaned(raw, openAPI, strict, tool); len(out) > 0 {
		e.raw(out)
		return
	}
	e.dst = append(e.dst, emptySchema...)
}

func (e *encoder) serverTool(t *ir.Tool) {
	e.dst = append(append(e.dst, `{"type":"`...), serverTools[t.Type].version...)
	e.dst = append(append(append(e.dst, `","name":"`...), t.Type...), '"')
	if s := t.Search; s != nil {
		if s.MaxUses.Set {
			e.name("max_uses")
			e.dst = strconv.AppendInt(e.dst, int64(s.MaxUses.V), 10)
		}
		e.domains("allowed_domains", s.AllowedDomains)
		if len(s.AllowedDomains) == 0 { // the API takes one of the two
			e.domains("blocked_domains", s.BlockedDomains)
		}
		e.location(s.Location)
	}
	e.dst = append(e.dst, '}')
}

func (e *encoder) domains(name string, list []string) {
	for i, d := range list {
		if i == 0 {
			e.name(name)
			e.dst = append(e.dst, '[')
		} else {
			e.dst = append(e.dst, ',')
		}
		e.dst = ir.AppendQuoted(e.dst, d)
	}
	if len(list) > 0 {
		e.dst = append(e.dst, ']')
	}
}

func (e *encoder) location(l *ir.Location) {
	if l == nil {
		return
	}
	e.dst = append(e.dst, `,"user_location":{"type":"approximate"`...)
	for _, f := range [...][2]string{{"city", l.City}, {"region", l.Region}, {"country", l.Country}, {"timezone", l.Timezone}} {
		if f[1] != "" {
			e.name(f[0])
			e.dst = ir.AppendQuoted(e.dst, f[1])
		}
	}
	e.dst = append(e.dst, '}')
}

// toolChoice writes the choice. That calls must not run in parallel needs one,
// too.
func (e *encoder) toolChoice() {
	parallel := e.req.Parallel.Or(true)
	c := &e.choice
	switch c.Mode {
	case ir.ChoiceNone:
		e.dst = append(e.dst, `,"tool_choice":{"type":"none"}`...)
		return
	case ir.ChoiceRequired:
		e.dst = append(e.dst, `,"tool_choice":{"type":"any"`...)
	case ir.ChoiceSpecific:
		e.dst = append(e.dst, `,"tool_choice":{"type":"tool","name":`...)
		e.dst = ir.AppendQuoted(e.dst, e.forcedName())
	case ir.ChoiceAuto:
		e.dst = append(e.dst, `,"tool_choice":{"type":"auto"`...)
	default:
		if parallel {
			return
		}
		e.dst = append(e.dst, `,"tool_choice":{"type":"auto"`...)
	}
	if !parallel {
		e.dst = append(e.dst, `,"disable_parallel_tool_use":true`...)
	}
	e.dst = append(e.dst, '}')
}

// forcedName returns the wire name of the tool that must be called.
func (e *encoder) forcedName() string {
	c := &e.choice
	if len(c.Names) == 0 {
		return c.Server
	}
	for _, t := range e.sent {
		switch {
		case t.Name != c.Names[0]:
		case t.Kind == ir.ToolServer:
			return t.Name
		default:
			return e.t.Names.Wire(t.Namespace, t.Name)
		}
	}
	return e.t.Names.Wire("", c.Names[0])
}

// renames returns which keys of a call's arguments Anthropic knows by other
// names.
func (e *encoder) renames(call *ir.ToolCall) map[string]string {
	tool := e.t.Names.Run(call.Namespace, call.Name)
	if tool == nil || len(tool.Schema) == 0 {
		return nil
	}
	for i := range e.renamed {
		if e.renamed[i].tool == tool {
			return e.renamed[i].keys
		}
	}
	keys := schema.RenamedKeys(tool.Schema)
	e.renamed = append(e.renamed, renaming{tool, keys})
	return keys
}

// renaming is what renames has found out about a tool.
type renaming struct {
	tool *ir.Tool
	keys map[string]string
}
