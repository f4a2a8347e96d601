package responses

import (
	"slices"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// toolFields are the members of a tool that are read while its type may not be
// known yet.
type toolFields struct {
	typ, name    string
	description  ir.Text
	schema       []byte
	outputSchema []byte
	strict       ir.Opt[bool]
	format       []byte
	function     []byte // the form of Chat Completions
	tools        []byte // namespace
	label        string
	search       *ir.Search
	ext          []ir.Field // members that only this dialect knows
}

// tools reads the list of tools. Those of a namespace stand in the list like
// the others and know its name.
func (d *decoder) tools() {
	if !d.r.Array() {
		return
	}
	for at := 0; d.r.Element(); at++ {
		d.tool(&d.r, at, "", nil)
	}
}

// tool reads one tool. inside is the namespace around it as the client wrote
// it.
func (d *decoder) tool(r *jsonx.Reader, at int, namespace string, inside []byte) {
	start := r.Offset()
	var f toolFields
	if r.Kind() == jsonx.Null {
		r.Fail("expected object, found null")
	}
	for open := r.Object(); open && r.Member(); {
		f.read(r)
	}
	if r.Err() != nil {
		return
	}
	raw := d.req.Raw[start:r.Offset():r.Offset()]
	if f.typ == "namespace" {
		d.namespace(r, &f, at, raw)
		return
	}
	if f.function != nil {
		sub := r.Sub(f.function)
		for open := sub.Object(); open && sub.Member(); {
			f.read(&sub)
		}
		d.items.adopt(r, &sub)
	}
	if inside != nil {
		raw = inside
	}
	tool := ir.Tool{
		Kind: ir.ToolFunction, Name: f.name, Namespace: namespace, Description: f.description, Schema: f.schema,
		OutputSchema: f.outputSchema, Strict: f.strict, Config: raw, At: at,
	}
	f.classify(&tool)
	if tool.MCP != nil {
		tool.MCP.Label = f.label
		tool.Ext = d.mcpMembers(r, f.ext, tool.MCP)
	} else if tool.Kind != ir.ToolServer || tool.Search != nil || tool.Type == "code_execution" { // what other server tools hold is read from Config
		tool.Ext = f.ext
	}
	d.req.Tools = d.mem.AddTool(d.req.Tools, &tool)
}

func (f *toolFields) read(r *jsonx.Reader) {
	switch r.Key() {
	case "type":
		f.typ = r.String()
	case "name":
		f.name = r.String()
	case "description":
		f.description = r.Text()
	case "parameters":
		f.schema = rawOrNil(r)
	case "strict":
		if !r.Null() {
			f.strict = ir.Some(r.Bool())
		}
	case "output_schema":
		f.outputSchema = rawOrNil(r)
	case "format":
		f.format = rawOrNil(r)
	case "function":
		f.function = rawOrNil(r)
	case "tools":
		f.tools = rawOrNil(r)
	case "server_label":
		f.label = r.String()
	case "filters", "user_location", "search_context_size":
		f.readSearch(r)
	default:
		f.ext = append(f.ext, ir.Field{Name: r.Key(), Raw: r.Raw()})
	}
}

// classify fills in what depends on the tool's type.
func (f *toolFields) classify(t *ir.Tool) {
	switch f.typ {
	case "function", "":
		return
	case "custom":
		t.Kind, t.Grammar = ir.ToolCustom, readGrammar(f.format)
		return
	}
	t.Version = f.typ
	if f.typ == toolSearch && f.runByClient() {
		t.Kind, t.Type, t.Name = ir.ToolTyped, toolSearch, toolSearch
		return
	}
	if typ, ok := typedTools[f.typ]; ok {
		t.Kind, t.Type, t.Name = ir.ToolTyped, string(typ), f.typ
		return
	}
	t.Kind, t.Type = ir.ToolServer, serverTools[f.typ]
	switch t.Type {
	case "":
		t.Type = f.typ
	case "web_search":
		t.Search = f.search
		if t.Search == nil {
			t.Search = &ir.Search{}
		}
	case "mcp":
		t.Name, t.MCP = f.label, &ir.MCP{}
	}
}

// runByClient reports whether the tool says that the client executes it.
func (f *toolFields) runByClient() bool {
	return slices.ContainsFunc(f.ext, func(m ir.Field) bool { return m.Name == "execution" && byClient(string(m.Raw)) })
}

func (d *decoder) namespace(r *jsonx.Reader, f *toolFields, at int, raw []byte) {
	if f.tools == nil {
		return
	}
	sub := r.Sub(f.tools)
	first := len(d.req.Tools)
	for open := sub.Array(); open && sub.Element(); {
		d.tool(&sub, at, f.name, raw)
	}
	if first < len(d.req.Tools) && f.description != "" { // no other dialect has a place for what describes several tools
		t := &d.req.Tools[first]
		t.Ext = append(t.Ext, ir.Field{Name: "description", Raw: f.description.AppendJSON(nil)})
	}
	d.items.adopt(r, &sub)
}

// readGrammar reads a custom tool's format; plain text is no grammar.
func readGrammar(raw []byte) *ir.Grammar {
	var g ir.Grammar
	var r jsonx.Reader
	r.Reset(raw)
	for open := r.Kind() == jsonx.Object && r.Object(); open && r.Member(); {
		switch r.Key() {
		case "syntax":
			g.Syntax = optional(&r)
		case "definition":
			g.Definition = r.Text()
		}
	}
	if g.Definition == "" || r.Err() != nil {
		return nil
	}
	return &g
}

// readSearch reads the members of a web search that other dialects know.
func (f *toolFields) readSearch(r *jsonx.Reader) {
	if f.search == nil {
		f.search = &ir.Search{}
	}
	switch r.Key() {
	case "search_context_size":
		f.search.ContextSize = optional(r)
	case "user_location":
		f.search.Location = readLocation(r)
	case "filters":
		if r.Kind() != jsonx.Object { // file_search has filters of another form
			r.Skip()
			return
		}
		for open := r.Object(); open && r.Member(); {
			switch r.Key() {
			case "allowed_domains":
				f.search.AllowedDomains = readStrings(r)
			case "blocked_domains":
				f.search.BlockedDomains = readStrings(r)
			}
		}
	}
}

func readLocation(r *jsonx.Reader) *ir.Location {
	if r.Kind() != jsonx.Object {
		r.Skip()
		return nil
	}
	loc := &ir.Location{}
	for open := r.Object(); open && r.Member(); {
		switch r.Key() {
		case "city":
			loc.City = optional(r)
		case "region":
			loc.Region = optional(r)
		case "country":
			loc.Country = optional(r)
		case "timezone":
			loc.Timezone = optional(r)
		}
	}
	return loc
}

// readStrings reads a list of strings and skips what is none.
func readStrings(r *jsonx.Reader) []string {
	var list []string
	if r.Kind() != jsonx.Array {
		r.Skip()
		return nil
	}
	for open := r.Array(); open && r.Element(); {
		if s := optional(r); s != "" {
			list = append(list, s)
		}
	}
	return list
}

// readChoice reads tool_choice.
func readChoice(r *jsonx.Reader) ir.ToolChoice {
	if r.Kind() == jsonx.String {
		start := r.String()
		switch start {
		case "none":
			return ir.ToolChoice{Mode: ir.ChoiceNone, Raw: []byte(`"none"`)}
		case "required", "any":
			return ir.ToolChoice{Mode: ir.ChoiceRequired, Raw: []byte(`"required"`)}
		default:
			return ir.ToolChoice{Mode: ir.ChoiceAuto, Raw: []byte(`"auto"`)}
		}
	}
	if r.Kind() != jsonx.Object {
		r.Fail("expected string or object, found %s", r.Kind())
		return ir.ToolChoice{}
	}
	raw := r.Raw()
	sub := r.Sub(raw)
	f, names, mode := readForced(&sub)
	c := ir.ToolChoice{Mode: ir.ChoiceSpecific, Raw: raw}
	switch {
	case f.typ == "allowed_tools":
		c.Mode, c.Names, c.Required = ir.ChoiceAllowed, names, mode == "required"
	case f.typ == "mcp":
		c.Server = f.label
	case serverTools[f.typ] != "":
		c.Server = serverTools[f.typ]
	case typedTools[f.typ] != "":
		c.Names = []string{f.typ}
	case f.name != "":
		c.Names = []string{f.name}
	default:
		c.Server = f.typ
	}
	return c
}

// readForced reads the object form of tool_choice.
func readForced(r *jsonx.Reader) (f toolFields, names []string, mode string) {
	for open := r.Object(); open && r.Member(); {
		switch r.Key() {
		case "mode":
			mode = optional(r)
		case "tools":
			for open := r.Kind() == jsonx.Array && r.Array(); open && r.Element(); {
				raw := r.Raw()
				sub := r.Sub(raw)
				if tool, _, _ := readForced(&sub); tool.name != "" {
					names = append(names, tool.name)
				} else if tool.typ != "" {
					names = append(names, tool.typ)
				}
			}
		case "function", "custom":
			raw := r.Raw()
			sub := r.Sub(raw)
			inner, _, _ := readForced(&sub)
			f.name = inner.name
		case "type", "name", "server_label":
			f.read(r)
		}
	}
	return f, names, mode
}
