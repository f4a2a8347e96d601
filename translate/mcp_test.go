package translate

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// The same server as the three dialects declare it.
const (
	mcpAtResponses = `{"type":"mcp","server_label":"wiki","server_url":"https://example.com/mcp","authorization":"secret","require_approval":"never"%s}`
	mcpAtAnthropic = `"mcp_servers":[{"type":"url","name":"wiki","url":"https://example.com/mcp","authorization_token":"secret"}],"tools":[{"type":"mcp_toolset","mcp_server_name":"wiki"%s}]`
	mcpAtGemini    = `{"mcpServers":[{"name":"wiki","streamableHttpTransport":{"url":"https://example.com/mcp","headers":{"Authorization":"Bearer secret"%s}}}]}`
)

// mcpBody is a request that names the server, with a limit or a header more.
func mcpBody(d ir.Dialect, more string) string {
	switch d {
	case ir.Responses:
		return `{"model":"m","input":"x","tools":[` + fmt.Sprintf(mcpAtResponses, more) + `]}`
	case ir.Anthropic:
		return `{"model":"m","max_tokens":99,` + fmt.Sprintf(mcpAtAnthropic, more) + `,"messages":[{"role":"user","content":"x"}]}`
	default:
		return `{"contents":[{"role":"user","parts":[{"text":"x"}]}],"tools":[` + fmt.Sprintf(mcpAtGemini, more) + `]}`
	}
}

// TestMCPServers sends a server that the upstream calls itself to every
// dialect that has such, and refuses it, without telling its secret, where it
// cannot be said or not with the limits that the client has set.
func TestMCPServers(t *testing.T) {
	const allowed = `,"allowed_tools":["look"]`
	for _, c := range []struct {
		from ir.Dialect
		more string
		to   ir.Dialect
		want string // part of the body, or of the error when it begins with "!"
	}{
		{ir.Responses, "", ir.Anthropic, `"mcp_servers":[{"type":"url","name":"wiki","url":"https://example.com/mcp","authorization_token":"secret"}]`},
		{ir.Responses, "", ir.Anthropic, `"tools":[{"type":"mcp_toolset","mcp_server_name":"wiki"}]`},
		{ir.Responses, allowed, ir.Anthropic, `"mcp_server_name":"wiki","default_config":{"enabled":false},"configs":{"look":{"enabled":true}}}`},
		{ir.Responses, `,"allowed_tools":{"tool_names":["look"]}`, ir.Anthropic, `"configs":{"look":{"enabled":true}}`},
		{ir.Responses, "", ir.Gemini, fmt.Sprintf(mcpAtGemini, "")},
		{ir.Responses, `,"headers":{"X-Team":"a"}`, ir.Gemini, fmt.Sprintf(mcpAtGemini, `,"X-Team":"a"`)},
		{ir.Responses, `,"headers":{"X-Team":"a"}`, ir.Anthropic, "!tools[0].headers"},
		{ir.Responses, allowed, ir.Gemini, "!tools[0].allowed_tools"},
		{ir.Responses, `,"allowed_tools":{"read_only":true}`, ir.Anthropic, "!tools[0].allowed_tools"},
		{ir.Responses, `,"require_approval":"always"`, ir.Anthropic, "!tools[0].require_approval"},
		{ir.Responses, `,"require_approval":{"never":{"tool_names":["look"]}}`, ir.Gemini, "!tools[0].require_approval"},
		{ir.Responses, "", ir.Chat, "!tools[0]"},
		{ir.Anthropic, "", ir.Responses, `"tools":[{"type":"mcp","server_label":"wiki","server_url":"https://example.com/mcp","authorization":"secret","require_approval":"never"}]`},
		{ir.Anthropic, `,"default_config":{"enabled":false},"configs":{"look":{"enabled":true},"write":{"enabled":false}}`, ir.Responses, `"allowed_tools":["look"]`},
		{ir.Anthropic, `,"configs":{"write":{"enabled":false}}`, ir.Responses, "!mcp_servers[0]"},
		{ir.Anthropic, "", ir.Gemini, fmt.Sprintf(mcpAtGemini, "")},
		{ir.Anthropic, `,"default_config":{"enabled":false}`, ir.Gemini, "!mcp_servers[0]"},
		{ir.Anthropic, "", ir.Chat, "!mcp_servers[0]"},
		{ir.Gemini, "", ir.Responses, `"authorization":"secret","require_approval":"never"`},
		{ir.Gemini, `,"X-Team":"a"`, ir.Responses, `"headers":{"X-Team":"a"}`},
		{ir.Gemini, "", ir.Anthropic, `"tools":[{"type":"mcp_toolset","mcp_server_name":"wiki"}]`},
		{ir.Gemini, `,"X-Team":"a"`, ir.Anthropic, "!tools[0].mcpServers[0].streamableHttpTransport.headers"},
	} {
		p := Preview{From: c.from, To: c.to, Model: able[c.to][0]}
		sent, err := p.Request([]byte(mcpBody(c.from, c.more)))
		param, refusal := strings.CutPrefix(c.want, "!")
		if !refusal {
			if err != nil || !strings.Contains(string(sent.Body), c.want) || len(sent.Notes) > 0 {
				t.Errorf("%s%s to %s: %v, %v in\n%s\nwithout\n%s", c.from, c.more, c.to, err, sent.Notes, sent.Body, c.want)
			}
			continue
		}
		var e *ir.Error
		if !errors.As(err, &e) || e.Param != param || strings.Contains(e.Message, "secret") {
			t.Errorf("%s%s to %s: refused with %v, want one about %s", c.from, c.more, c.to, err, param)
		}
	}
}

// TestMCPBeta checks that the upstream is told that it may call servers, in the
// words of the form that the servers have.
func TestMCPBeta(t *testing.T) {
	p := Preview{From: ir.Responses, To: ir.Anthropic, Model: able[ir.Anthropic][0]}
	sent, err := p.Request([]byte(mcpBody(ir.Responses, "")))
	if err != nil || sent.Header.Get("Anthropic-Beta") != "mcp-client-2025-11-20" {
		t.Errorf("%v, %v", sent.Header, err)
	}
}

// TestMCPApproval warns of a server that by its vendor's default asks before it
// is called, and that nobody asks for elsewhere; strict mode refuses it.
func TestMCPApproval(t *testing.T) {
	body := strings.Replace(mcpBody(ir.Responses, ""), `,"require_approval":"never"`, "", 1)
	p := Preview{From: ir.Responses, To: ir.Anthropic, Model: able[ir.Anthropic][0]}
	sent, err := p.Request([]byte(body))
	if err != nil || len(sent.Notes) != 1 || sent.Notes[0].Path != "tools[0].require_approval" || sent.Notes[0].Level != ir.Warn {
		t.Errorf("%v, %v", sent.Notes, err)
	}
	p.Strict = true
	var e *ir.Error
	if _, err := p.Request([]byte(body)); !errors.As(err, &e) || e.Param != "tools[0].require_approval" {
		t.Errorf("strict mode gives %v", err)
	}
}
