package anthropic

import (
	"bytes"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// mcp writes the servers that Anthropic calls itself.
func (e *encoder) mcp() {
	n := 0
	for _, t := range e.sent {
		if t.Kind != ir.ToolServer || t.Type != "mcp" {
			continue
		}
		if n++; n == 1 {
			e.name("mcp_servers")
			e.dst = append(e.dst, '[')
		} else {
			e.dst = append(e.dst, ',')
		}
		if e.native {
			e.raw(t.Config)
			continue
		}
		e.dst = ir.AppendQuoted(append(e.dst, `{"type":"url","name":`...), t.MCP.Label)
		e.name("url")
		e.dst = ir.AppendQuoted(e.dst, t.MCP.URL)
		if t.MCP.Token != "" {
			e.name("authorization_token")
			e.dst = ir.AppendQuoted(e.dst, t.MCP.Token)
		}
		e.dst = append(e.dst, '}')
	}
	if n > 0 {
		e.dst = append(e.dst, ']')
	}
}

// toolset writes which tools of a server may be used. Every server needs one.
func (e *encoder) toolset(m *ir.MCP) {
	e.dst = ir.AppendQuoted(append(e.dst, `{"type":"mcp_toolset","mcp_server_name":`...), m.Label)
	if m.Limited {
		e.dst = append(e.dst, `,"default_config":{"enabled":false},"configs":{`...)
		for i, tool := range m.Only {
			if i > 0 {
				e.dst = append(e.dst, ',')
			}
			e.dst = append(ir.AppendQuoted(e.dst, tool), `:{"enabled":true}`...)
		}
		e.dst = append(e.dst, '}')
	}
	e.dst = append(e.dst, '}')
}

// mcpBeta is the beta by which a server is used. The first one, whose servers
// name their tools themselves, has no toolsets.
func mcpBeta(t *ir.Tool) string {
	if bytes.Contains(t.Config, []byte(`"tool_configuration"`)) {
		return "mcp-client-2025-04-04"
	}
	return betaMCP
}
