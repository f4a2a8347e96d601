package handlers

import (
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// instruct gives a client of the Responses API that sends no instructions those
// of the model's block. Codex sends its own, in a message when it sends no
// instructions.
func (c *call) instruct() error {
	if c.route.dialect != ir.Responses || c.env.Op != ir.Generate {
		return nil
	}
	text := c.g.Models.find(c.env.Model).Instructions
	if text == "" || c.isCodex() {
		return nil
	}
	return c.body.Instruct(text)
}

// isCodex reports whether the client is one of the Codex family: codex_cli_rs,
// codex_exec, codex_vscode, codex-tui and the like.
func (c *call) isCodex() bool {
	for _, name := range [...]string{"Originator", "User-Agent"} {
		value := strings.ToLower(c.r.Header.Get(name))
		if strings.HasPrefix(value, "codex_") || strings.HasPrefix(value, "codex-") || strings.HasPrefix(value, "codex/") {
			return true
		}
	}
	return false
}
