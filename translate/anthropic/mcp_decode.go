package anthropic

import (
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// mcpServers reads the servers that Anthropic calls itself.
func (d *decoder) mcpServers() {
	if !d.r.Array() {
		return
	}
	for i := 0; d.r.Element(); i++ {
		t := ir.Tool{Kind: ir.ToolServer, Type: "mcp", At: i, Config: d.r.Raw(), MCP: &ir.MCP{}}
		sub := d.r.Sub(t.Config)
		sub.Object()
		for sub.Member() {
			serverMember(&sub, &t)
		}
		d.fail(sub.Err())
		t.Name = t.MCP.Label
		d.req.Tools = d.mem.AddTool(d.req.Tools, &t)
	}
}

func serverMember(r *jsonx.Reader, t *ir.Tool) {
	m := t.MCP
	switch key := r.Key(); {
	case r.Null():
	case key == "type":
		r.Skip()
	case key == "name":
		m.Label = r.String()
	case key == "url":
		m.URL = r.String()
	case key == "authorization_token":
		m.Token = r.String()
	case key == "tool_configuration": // the form of the first beta, before toolsets
		for in := r.Object(); in && r.Member(); {
			switch {
			case r.Null():
			case r.Key() == "enabled":
				m.Limited = !r.Bool() || m.Limited
			case r.Key() == "allowed_tools":
				m.Only, m.Limited = readStrings(r), true
			}
		}
	default:
		t.Ext = append(t.Ext, keep(r))
	}
}

// readToolset reads which tools of a server may be used. The tool itself has
// been walked already, so that what is odd in it stays unread.
func readToolset(t *ir.Tool) *ir.MCP {
	var r jsonx.Reader
	r.Reset(t.Config)
	m := &ir.MCP{Toolset: true}
	on := true
	var settings []toolSetting
	for in := r.Object(); in && r.Member(); {
		switch key := r.Key(); {
		case key == "mcp_server_name" && r.Kind() == jsonx.String:
			m.Label = r.String()
		case key == "default_config" && r.Kind() == jsonx.Object:
			on = enabled(&r, true, "default_config.", &t.Ext)
		case key == "configs" && r.Kind() == jsonx.Object:
			for in := r.Object(); in && r.Member(); {
				name := r.Key()
				settings = append(settings, toolSetting{name, r.Raw()})
			}
		default:
			r.Skip()
		}
	}
	m.Limited = !on
	for _, s := range settings {
		r.Reset(s.config)
		switch use := r.Kind() == jsonx.Object && enabled(&r, on, "configs."+s.tool+".", &t.Ext); {
		case use && !on:
			m.Only = append(m.Only, s.tool)
		case !use && on:
			m.Except = append(m.Except, s.tool)
		}
	}
	return m
}

// toolSetting is what a toolset says of one tool.
type toolSetting struct {
	tool   string
	config []byte
}

// enabled reads whether a tool may be used from the object that is next, and
// puts aside what else it says.
func enabled(r *jsonx.Reader, or bool, path string, ext *[]ir.Field) bool {
	for in := r.Object(); in && r.Member(); {
		if r.Key() == "enabled" && r.Kind() == jsonx.Bool {
			or = r.Bool()
			continue
		}
		*ext = append(*ext, ir.Field{Name: path + r.Key(), Raw: r.Raw()})
	}
	return or
}

// joinToolsets puts what toolsets say into the servers that they are about. A
// toolset without a server stays a tool of its own.
func joinToolsets(tools []ir.Tool) {
	var sets map[string]*ir.MCP // by the server's name
	for i := range tools {
		set := tools[i].MCP
		if set == nil || !set.Toolset {
			continue
		}
		if sets == nil {
			sets = make(map[string]*ir.MCP)
		}
		sets[set.Label] = set
	}
	if sets == nil {
		return
	}
	served := make(map[string]bool, len(sets))
	for i := range tools {
		m := tools[i].MCP
		if m == nil || m.Toolset {
			continue
		}
		if set := sets[m.Label]; set != nil && !m.Limited {
			m.Only, m.Except, m.Limited = set.Only, set.Except, set.Limited
		}
		served[m.Label] = true
	}
	for i := range tools {
		if m := tools[i].MCP; m != nil && m.Toolset && !served[m.Label] {
			tools[i].MCP = nil
		}
	}
}
