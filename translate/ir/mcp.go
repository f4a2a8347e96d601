package ir

// MCP is a server of the Model Context Protocol that the upstream calls
// itself, as far as dialects agree on what is said of one. Token and Headers
// are secrets of the client: no note and no log line holds them.
type MCP struct {
	Label    string
	URL      string // empty for a server that only its own vendor knows by name
	Token    string // OAuth token, without the word Bearer
	Headers  []MCPHeader
	Only     []string // the tools that may be used, when Limited
	Limited  bool
	Except   []string // tools that may not be used
	ReadOnly bool     // only tools that change nothing may be used
	Approval Approval
	Toolset  bool // a separate member of the request limits its tools
}

// MCPHeader is what a server is sent with every request.
type MCPHeader struct{ Name, Value string }

// Approval says whether the client must agree before the server is called.
type Approval uint8

// The approvals.
const (
	ApprovalNever Approval = iota
	ApprovalUnset          // the client has not said it, and by the vendor's default it must
	ApprovalAsked          // for some tool, or for all of them
)

// ToolsetType is the type of a tool that only tells which tools of an MCP
// server may be used.
const ToolsetType = "mcp_toolset"

// Merged reports whether the tool only repeats what its MCP server says in
// MCP, so that encoders of other dialects leave it out.
func (t *Tool) Merged() bool { return t.Kind == ToolServer && t.Type == ToolsetType && t.MCP != nil }

// SendMCP reports what of an MCP server cannot be said to the target: whether
// its tools may be used as the client wants matters too much to guess. ok is
// false when the server cannot be sent at all. The target limits, and can send
// headers, as told.
func (r *Request) SendMCP(t *Target, tool *Tool, limits, headers bool) (ok bool, err error) {
	path := r.PathOfTool(tool)
	m := tool.MCP
	if m == nil || m.URL == "" || m.Label == "" {
		return false, t.Lose(tool.Class(&r.ToolChoice), CodeDrop, path, "the MCP server has no URL")
	}
	member := mcpMembers[column(r.Dialect)]
	for _, f := range [...]struct {
		lost      bool
		name, why string
	}{
		{m.Approval == ApprovalAsked, member.approval, "the model does not ask before it calls a server"},
		{m.ReadOnly, member.limits, "tools cannot be limited to those that only read"},
		{len(m.Except) > 0, member.limits, "single tools cannot be excluded"},
		{m.Limited && !limits, member.limits, "tools cannot be limited"},
		{len(m.Headers) > 0 && !headers, member.headers, "only a token can be sent to the server"},
	} {
		if f.lost {
			return false, t.Lose(Required, CodeDrop, path+f.name, f.why)
		}
	}
	if m.Approval == ApprovalUnset {
		err = t.Lose(Semantic, CodeApprox, path+member.approval, "never asked for")
	}
	return err == nil, err
}

// mcpMembers are where the dialects tell of an MCP server what not all can.
var mcpMembers = [4]struct{ approval, limits, headers string }{
	1: {".require_approval", ".allowed_tools", ".headers"},
	3: {headers: ".mcpServers[0].streamableHttpTransport.headers"},
}
