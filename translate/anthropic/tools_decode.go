package anthropic

import (
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

func (d *decoder) tools() {
	if !d.r.Array() {
		return
	}
	for i := 0; d.r.Element(); i++ {
		if t, ok := d.tool(i); ok {
			d.req.Tools = d.mem.AddTool(d.req.Tools, &t)
		}
	}
}

// tool reads one tool. Older versions of Claude Code wrap MCP tools as
// {"type":"custom","custom":{…}}, other clients as functions of OpenAI; a
// wrapped tool without a schema is skipped.
func (d *decoder) tool(at int) (ir.Tool, bool) {
	r := &d.r
	start := r.Offset()
	t := ir.Tool{Kind: ir.ToolFunction, At: at}
	wrapped := false
	r.Object()
	for r.Member() {
		switch key := r.Key(); {
		case r.Null():
		case (key == "custom" || key == "function") && r.Kind() == jsonx.Object:
			wrapped = true
			r.Object()
			for r.Member() {
				if !r.Null() {
					d.toolMember(&t)
				}
			}
		case key == "type":
			t.Version = r.String()
		default:
			d.toolMember(&t)
		}
	}
	if r.Err() != nil {
		return t, false
	}
	if wrapped {
		t.Version = ""
		return t, len(t.Schema) > 0
	}
	kind, typ := toolType(t.Version)
	if kind != ir.ToolFunction && (kind != ir.ToolServer || typ != t.Version || len(t.Schema) == 0) {
		t.Kind, t.Type, t.Ext = kind, typ, nil
		t.Config = d.body[start:r.Offset():r.Offset()]
		switch typ {
		case "web_search":
			t.Search = readSearch(t.Config)
		case "computer":
			t.Description = readScreen(t.Config)
		case ir.ToolsetType:
			t.MCP = readToolset(&t)
		}
	}
	return t, true
}

func (d *decoder) toolMember(t *ir.Tool) {
	r := &d.r
	switch r.Key() {
	case "name":
		t.Name = r.String()
	case "description":
		t.Description = r.Text()
	case "input_schema", "parameters":
		t.Schema = r.Raw()
	case "strict":
		t.Strict = ir.Some(r.Bool())
	case "cache_control":
		t.Cache = readCache(r)
	default:
		t.Ext = d.mem.AddField(t.Ext, r.Key(), r.Raw())
	}
}

// readSearch reads what dialects agree on about web search. The tool itself
// has been walked already, so that what is odd in it stays unread.
func readSearch(config []byte) *ir.Search {
	var r jsonx.Reader
	r.Reset(config)
	s := &ir.Search{}
	r.Object()
	for r.Member() {
		if r.Null() {
			continue
		}
		switch r.Key() {
		case "allowed_domains":
			s.AllowedDomains = readStrings(&r)
		case "blocked_domains":
			s.BlockedDomains = readStrings(&r)
		case "max_uses":
			s.MaxUses = ir.Some(int(r.Int()))
		case "user_location":
			l := &ir.Location{}
			readLocation(&r, l)
			s.Location = l
		}
	}
	return s
}

// readScreen tells in words how large the screen of a computer tool is, by
// which the model counts its coordinates. It is empty when the tool does not
// say.
func readScreen(config []byte) ir.Text {
	var r jsonx.Reader
	r.Reset(config)
	var width, height string
	r.Object()
	for r.Member() {
		if r.Kind() != jsonx.Number {
			r.Skip()
			continue
		}
		switch r.Key() {
		case "display_width_px":
			width = string(r.Raw())
		case "display_height_px":
			height = string(r.Raw())
		}
	}
	if width == "" || height == "" {
		return ""
	}
	return ir.Text("The screen is " + width + " by " + height + " pixels.")
}

func readLocation(r *jsonx.Reader, l *ir.Location) {
	r.Object()
	for r.Member() {
		if r.Kind() != jsonx.String {
			continue
		}
		switch r.Key() {
		case "city":
			l.City = r.String()
		case "region":
			l.Region = r.String()
		case "country":
			l.Country = r.String()
		case "timezone":
			l.Timezone = r.String()
		}
	}
}

func readStrings(r *jsonx.Reader) []string {
	var list []string
	r.Array()
	for r.Element() {
		list = append(list, r.String())
	}
	return list
}
