package responses

import (
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// mcpMembers reads what is said of an MCP server, and returns what only this
// dialect knows. A server that has no URL is known to OpenAI alone.
func (d *decoder) mcpMembers(r *jsonx.Reader, list []ir.Field, m *ir.MCP) (ext []ir.Field) {
	m.Approval = ir.ApprovalUnset
	for _, f := range list {
		if string(f.Raw) == "null" {
			continue
		}
		sub := r.Sub(f.Raw)
		switch f.Name {
		case "server_url":
			m.URL = optional(&sub)
		case "authorization":
			m.Token = strings.TrimPrefix(optional(&sub), "Bearer ")
		case "headers":
			readHeaders(&sub, m)
		case "allowed_tools":
			readAllowed(&sub, m)
		case "require_approval":
			m.Approval = ir.ApprovalAsked
			if sub.Kind() == jsonx.String && sub.String() == "never" {
				m.Approval = ir.ApprovalNever
			}
		default:
			ext = append(ext, f)
		}
		d.items.adopt(r, &sub)
	}
	return ext
}

// readHeaders reads the headers for a server. The one that proves who asks is
// what every dialect has.
func readHeaders(r *jsonx.Reader, m *ir.MCP) {
	if r.Kind() != jsonx.Object {
		return
	}
	for open := r.Object(); open && r.Member(); {
		name, value := r.Key(), optional(r)
		token, bearer := strings.CutPrefix(value, "Bearer ")
		if bearer && strings.EqualFold(name, "Authorization") && m.Token == "" {
			m.Token = token
			continue
		}
		m.Headers = append(m.Headers, ir.MCPHeader{Name: name, Value: value})
	}
}

// readAllowed reads which tools of a server may be used: a list of names, or
// what they must be like.
func readAllowed(r *jsonx.Reader, m *ir.MCP) {
	switch r.Kind() {
	case jsonx.Array:
		m.Only, m.Limited = readStrings(r), true
	case jsonx.Object:
		for open := r.Object(); open && r.Member(); {
			switch {
			case r.Key() == "tool_names":
				m.Only, m.Limited = readStrings(r), true
			case r.Key() == "read_only" && r.Kind() == jsonx.Bool:
				m.ReadOnly = r.Bool()
			default:
				r.Skip()
			}
		}
	}
}

// mcp writes an MCP server, read from another dialect's declaration. What
// others call of themselves is never asked for.
func (w *writer) mcp(t *ir.Tool) {
	ok, err := w.req.SendMCP(w.t, t, true, true)
	if err != nil && w.err == nil {
		w.err = err
	}
	if !ok {
		return
	}
	m := t.MCP
	w.raw(`{"type":"mcp","server_label":`)
	w.dst = ir.AppendQuoted(w.dst, m.Label)
	w.quoted("server_url", m.URL)
	if m.Token != "" {
		w.quoted("authorization", m.Token)
	}
	for i, h := range m.Headers {
		if i == 0 {
			w.raw(`,"headers":{`)
		} else {
			w.raw(`,`)
		}
		w.dst = append(ir.AppendQuoted(w.dst, h.Name), ':')
		w.dst = ir.AppendQuoted(w.dst, h.Value)
	}
	if len(m.Headers) > 0 {
		w.raw(`}`)
	}
	if m.Limited {
		w.raw(`,"allowed_tools":[`)
		for i, tool := range m.Only {
			if i > 0 {
				w.raw(`,`)
			}
			w.dst = ir.AppendQuoted(w.dst, tool)
		}
		w.raw(`]`)
	}
	w.raw(`,"require_approval":"never"}`)
}
