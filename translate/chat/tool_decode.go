package chat

import (
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// serverTools are the types, or single members, by which clients of servers
// that run tools themselves name them.
var serverTools = map[string]string{
	"google_search": "web_search", "googleSearch": "web_search", "web_search": "web_search",
	"web_search_preview": "web_search", "openrouter:web_search": "web_search",
	"code_execution": "code_execution", "codeExecution": "code_execution", "code_interpreter": "code_execution",
	"url_context": "web_fetch", "urlContext": "web_fetch", "web_fetch": "web_fetch",
	"google_maps": "google_maps", "googleMaps": "google_maps", "file_search": "file_search",
}

func (d *decoder) tools() {
	r := &d.r
	if !r.Array() {
		return
	}
	at := 0
	for ; r.Element(); at++ {
		start := r.Offset()
		t := ir.Tool{Kind: ir.ToolFunction, At: at}
		if !r.Object() {
			continue
		}
		typ, server := "", ""
		for r.Member() {
			switch key := r.Key(); key {
			case "type":
				typ = r.String()
			case "function", "custom":
				if key == "custom" {
					t.Kind = ir.ToolCustom
				}
				for in := r.Object(); in && r.Member(); {
					d.toolMember(&t, r.Key())
				}
			default:
				if name, ok := serverTools[key]; ok && r.Kind() == jsonx.Object {
					server = name
				}
				d.toolMember(&t, key)
			}
		}
		if r.Err() != nil {
			return
		}
		settleTool(&t, typ, server, d.body[start:r.Offset()])
		d.req.Tools = d.mem.AddTool(d.req.Tools, &t)
	}
}

// settleTool decides the kind of a tool by its type, or by its only member.
func settleTool(t *ir.Tool, typ, server string, raw []byte) {
	switch {
	case typ == "custom" && t.Schema == nil:
		t.Kind = ir.ToolCustom
		return
	case typ == "function" || typ == "custom":
		return
	case typ == "" && server == "":
		return
	}
	if server == "" {
		server = typ
		if name, ok := serverTools[typ]; ok {
			server = name
		}
	}
	*t = ir.Tool{Kind: ir.ToolServer, Type: server, Version: typ, Name: server, Config: raw, At: t.At}
	if server == "web_search" {
		t.Search = &ir.Search{}
	}
}

// toolMember reads a member of function, of custom, or of a flat tool.
func (d *decoder) toolMember(t *ir.Tool, key string) {
	r := &d.r
	switch key {
	case "name":
		t.Name = r.String()
	case "description":
		t.Description = r.Text()
	case "parameters", "input_schema":
		t.Schema = r.RawIfAny()
	case "strict":
		t.Strict = r.OptBool()
	case "format":
		d.grammar(t)
	case "cache_control":
		t.Cache = d.cacheHint()
	default:
		if !r.Null() {
			t.Ext = d.mem.AddField(t.Ext, key, r.Raw())
		}
	}
}

// grammar reads a custom tool's format, nested as in Chat or flat as in
// Responses.
func (d *decoder) grammar(t *ir.Tool) {
	r := &d.r
	if r.Kind() != jsonx.Object {
		r.Skip()
		return
	}
	var g ir.Grammar
	for in := r.Object(); in && r.Member(); {
		if r.Key() == "grammar" {
			for in := r.Object(); in && r.Member(); {
				grammarMember(r, &g)
			}
			continue
		}
		grammarMember(r, &g)
	}
	if g.Definition != "" {
		t.Grammar = &g
	}
}

func grammarMember(r *jsonx.Reader, g *ir.Grammar) {
	switch r.Key() {
	case "syntax":
		g.Syntax = r.String()
	case "definition":
		g.Definition = r.Text()
	}
}

// functions reads the deprecated list of functions.
func (d *decoder) functions() {
	r := &d.r
	if !r.Array() {
		return
	}
	for r.Element() {
		t := ir.Tool{Kind: ir.ToolFunction, At: len(d.req.Tools)}
		for in := r.Object(); in && r.Member(); {
			d.toolMember(&t, r.Key())
		}
		if r.Err() == nil {
			d.req.Tools, d.req.Functions = d.mem.AddTool(d.req.Tools, &t), true
		}
	}
}

// functionChoice reads the deprecated function_call of a request.
func (d *decoder) functionChoice() {
	if d.req.ToolChoice.Mode != ir.ChoiceUnset {
		d.r.Skip()
		return
	}
	d.toolChoice()
}

// choiceModes are the words of tool_choice, with Anthropic's any.
var choiceModes = map[ir.Text]ir.ChoiceMode{
	"auto": ir.ChoiceAuto, "none": ir.ChoiceNone, "required": ir.ChoiceRequired, "any": ir.ChoiceRequired,
}

func (d *decoder) toolChoice() {
	r := &d.r
	c := ir.ToolChoice{}
	switch r.Kind() {
	case jsonx.String:
		word := r.Text()
		mode, ok := choiceModes[word]
		if !ok && r.Err() == nil {
			d.refuse("unknown value %q", word.String())
		}
		c.Mode = mode
	case jsonx.Null:
		r.Null()
		return
	default:
		start := r.Offset()
		typ := d.choiceObject(&c)
		if r.Err() != nil {
			return
		}
		c.Raw = d.body[start:r.Offset()]
		d.settleChoice(&c, typ)
	}
	d.req.ToolChoice = c
}

// choiceObject reads a choice in the form of an object and returns its type.
func (d *decoder) choiceObject(c *ir.ToolChoice) (typ ir.Text) {
	r := &d.r
	for in := r.Object(); in && r.Member(); {
		switch r.Key() {
		case "type":
			typ = r.Text()
		case "name":
			c.Names = append(c.Names, r.String())
		case "function", "custom":
			d.choiceName(c)
		case "allowed_tools":
			for in := r.Object(); in && r.Member(); {
				d.allowedMember(c)
			}
		default:
			d.allowedMember(c)
		}
	}
	return typ
}

func (d *decoder) allowedMember(c *ir.ToolChoice) {
	r := &d.r
	switch r.Key() {
	case "mode":
		c.Required = r.Text() == "required"
	case "tools":
		if !r.Array() {
			return
		}
		for r.Element() {
			for in := r.Object(); in && r.Member(); {
				switch r.Key() {
				case "name":
					c.Names = append(c.Names, r.String())
				case "function", "custom":
					d.choiceName(c)
				}
			}
		}
	}
}

func (d *decoder) choiceName(c *ir.ToolChoice) {
	r := &d.r
	for in := r.Object(); in && r.Member(); {
		if r.Key() == "name" {
			c.Names = append(c.Names, r.String())
		}
	}
}

func (d *decoder) settleChoice(c *ir.ToolChoice, typ ir.Text) {
	mode, isWord := choiceModes[typ]
	switch {
	case typ == "allowed_tools":
		c.Mode = ir.ChoiceAllowed
	case isWord:
		c.Mode = mode
	case len(c.Names) > 0:
		c.Mode, c.Names = ir.ChoiceSpecific, c.Names[:1]
	case typ != "" && typ != "function" && typ != "custom" && typ != "tool":
		c.Mode, c.Server = ir.ChoiceRequired, typ.String()
		if name, ok := serverTools[c.Server]; ok {
			c.Server = name
		}
	default:
		d.refuse("the choice names no tool")
	}
}
