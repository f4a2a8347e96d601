package gemini

import (
	"strconv"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// mcpKey is the member of a tool object that lists MCP servers.
const mcpKey = "mcpServers"

// mcpServers reads the servers that Google calls itself; each becomes a tool of
// its own.
func (d *decoder) mcpServers(at int, raw []byte) {
	r := d.r.Sub(raw)
	if r.Kind() == jsonx.Object {
		d.mcpServer(at, 0, raw)
		return
	}
	in := r.Kind() == jsonx.Array && r.Array()
	for i := 0; in && r.Element(); i++ {
		d.mcpServer(at, i, r.Raw())
	}
	if r.Err() != nil {
		d.failIn(mcpKey, r.Err())
	}
}

func (d *decoder) mcpServer(at, i int, raw []byte) {
	config := append(append(make([]byte, 0, len(raw)+2), '['), raw...)
	t := ir.Tool{Kind: ir.ToolServer, Type: "mcp", Version: mcpKey, Config: append(config, ']'), At: at, MCP: &ir.MCP{}}
	path := mcpKey + "[" + strconv.Itoa(i) + "]."
	r := d.r.Sub(raw)
	in := r.Kind() == jsonx.Object && r.Object()
	for in && r.Member() {
		switch key := camel(r.Key()); {
		case r.Null():
		case key == "name":
			t.MCP.Label = r.String()
		case key == "streamableHttpTransport" && r.Kind() == jsonx.Object:
			readTransport(&r, &t, path+key+".")
		default:
			t.Ext = append(t.Ext, ir.Field{Name: path + key, Raw: r.Raw()})
		}
	}
	if r.Err() != nil {
		d.failIn(mcpKey, r.Err())
	}
	t.Name = t.MCP.Label
	d.req.Tools = append(d.req.Tools, t)
}

func readTransport(r *jsonx.Reader, t *ir.Tool, path string) {
	for in := r.Object(); in && r.Member(); {
		switch key := camel(r.Key()); {
		case r.Null():
		case key == "url":
			t.MCP.URL = r.String()
		case key == "headers" && r.Kind() == jsonx.Object:
			for in := r.Object(); in && r.Member(); {
				name, value := r.Key(), r.String()
				token, bearer := strings.CutPrefix(value, "Bearer ")
				if bearer && strings.EqualFold(name, "Authorization") {
					t.MCP.Token = token
					continue
				}
				t.MCP.Headers = append(t.MCP.Headers, ir.MCPHeader{Name: name, Value: value})
			}
		default:
			t.Ext = append(t.Ext, ir.Field{Name: path + key, Raw: r.Raw()})
		}
	}
}

// mcpServer writes a server of a client of another dialect.
func (e *encoder) mcpServer(m *ir.MCP) {
	e.dst = appendString(append(appendComma(e.dst), `{"mcpServers":[{`...), "name", m.Label)
	e.dst = append(e.dst, `,"streamableHttpTransport":{`...)
	e.dst = appendString(e.dst, "url", m.URL)
	if m.Token != "" || len(m.Headers) > 0 {
		e.dst = append(appendKey(e.dst, "headers"), '{')
		if m.Token != "" {
			e.dst = appendString(e.dst, "Authorization", "Bearer "+m.Token)
		}
		for _, h := range m.Headers {
			e.dst = appendString(e.dst, h.Name, h.Value)
		}
		e.dst = append(e.dst, '}')
	}
	e.dst = append(e.dst, "}}]}"...)
}
