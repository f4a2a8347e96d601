package gemini

import (
	"errors"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// tools reads the tool objects. One object may hold any number of functions
// and server tools; each becomes a tool of its own.
func (d *decoder) tools() {
	r := &d.r
	if r.Kind() == jsonx.Object {
		d.tool(0)
		return
	}
	in := r.Array()
	for at := 0; in && r.Element(); at++ {
		d.tool(at)
	}
}

func (d *decoder) tool(at int) {
	r := &d.r
	object(r)
	for r.Member() {
		switch key := r.Key(); key {
		case "functionDeclarations", "function_declarations":
			d.functions(at)
		default:
			if !r.Null() {
				d.serverTool(at, key)
			}
		}
	}
}

func (d *decoder) functions(at int) {
	r := &d.r
	if r.Kind() == jsonx.Object {
		d.function(at)
		return
	}
	for in := r.Array(); in && r.Element(); {
		d.function(at)
	}
}

func (d *decoder) function(at int) {
	r := &d.r
	t := ir.Tool{Kind: ir.ToolFunction, At: at}
	object(r)
	for r.Member() {
		switch key := r.Key(); key {
		case "name":
			t.Name = r.String()
		case "description":
			t.Description = r.Text()
		case "parameters":
			if raw := r.RawIfAny(); raw != nil && t.Schema == nil {
				t.Schema, t.OpenAPI = raw, true
			}
		case "parametersJsonSchema", "parameters_json_schema":
			if raw := r.RawIfAny(); raw != nil {
				t.Schema, t.OpenAPI = raw, false
			}
		case "responseJsonSchema", "response_json_schema":
			t.OutputSchema = r.RawIfAny()
		default:
			if !r.Null() {
				t.Ext = d.mem.AddField(t.Ext, key, r.Raw())
			}
		}
	}
	if r.Err() == nil && t.Name == "" {
		r.Fail("a function needs a name")
	}
	d.req.Tools = d.mem.AddTool(d.req.Tools, &t)
}

func (d *decoder) serverTool(at int, key string) {
	raw := d.r.Raw()
	if camel(key) == mcpKey {
		d.mcpServers(at, raw)
		return
	}
	t := ir.Tool{Kind: ir.ToolServer, Version: camel(key), Config: raw, At: at}
	if t.Type = serverTools[t.Version]; t.Type == "" {
		t.Type = t.Version
	}
	t.Name = t.Type
	if t.Type == "web_search" {
		t.Search = d.search(raw)
	}
	d.req.Tools = d.mem.AddTool(d.req.Tools, &t)
}

// search reads what other vendors know of a search tool's options.
func (d *decoder) search(raw []byte) *ir.Search {
	r := d.r.Sub(raw)
	var s ir.Search
	for in := r.Object(); in && r.Member(); {
		if camel(r.Key()) == "excludeDomains" {
			s.BlockedDomains = appendStrings(nil, &r)
		}
	}
	if s.BlockedDomains == nil {
		return nil
	}
	return &s
}

// toolConfig reads which functions the model may or must call.
func (d *decoder) toolConfig() {
	r := &d.r
	for in := r.Object(); in && r.Member(); {
		switch key := r.Key(); key {
		case "functionCallingConfig", "function_calling_config":
			if raw := r.RawIfAny(); raw != nil {
				d.toolChoice(raw)
			}
		default:
			d.keep("toolConfig.", key)
		}
	}
}

// keep puts a member of a nested object that is not known aside, under the path
// at which it stood.
func (d *decoder) keep(prefix, key string) {
	if !d.r.Null() {
		d.req.Ext = d.mem.AddField(d.req.Ext, prefix+key, d.r.Raw())
	}
}

func (d *decoder) toolChoice(raw []byte) {
	r := d.r.Sub(raw)
	c := ir.ToolChoice{Raw: raw}
	mode := ""
	for in := r.Object(); in && r.Member(); {
		switch camel(r.Key()) {
		case "mode":
			mode = strings.ToUpper(r.String())
		case "allowedFunctionNames":
			c.Names = appendStrings(nil, &r)
		case "streamFunctionCallArguments":
			d.req.StreamOpts.ArgDeltas = r.OptBool()
		}
	}
	if r.Err() != nil {
		d.failIn("functionCallingConfig", r.Err())
		return
	}
	switch {
	case mode == "NONE":
		c.Mode, c.Names = ir.ChoiceNone, nil
	case mode == "ANY" && len(c.Names) == 0:
		c.Mode = ir.ChoiceRequired
	case mode == "ANY" && len(c.Names) == 1:
		c.Mode = ir.ChoiceSpecific
	case len(c.Names) > 0:
		c.Mode, c.Required = ir.ChoiceAllowed, mode == "ANY"
	case mode == "AUTO", mode == "VALIDATED":
		c.Mode = ir.ChoiceAuto
	}
	d.req.ToolChoice = c
}

// failIn fails because of an error in a piece that was read on its own.
func (d *decoder) failIn(where string, err error) {
	var syntax *jsonx.SyntaxError
	if errors.As(err, &syntax) {
		d.r.Fail("%s: %s", where, syntax.Msg)
	}
}
