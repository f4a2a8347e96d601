package responses

import (
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// isUnasked reports whether an item is the output of a tool that nobody has
// called: it names its tool and has no call_id, both of which are optional in
// OpenAI's API. Codex tells the model the goal of a conversation so.
func (it *item) isUnasked(t itemType) bool {
	return t.tool == ir.TypeFunction && it.name != "" && strings.TrimSpace(it.callID) == ""
}

// unasked adds such an output as context beside what the user says, in a tag
// of the tool's name, since the other dialects know no result without a call.
func (d *decoder) unasked(it *item) {
	d.turns.speak(ir.RoleUser, d.items.msg)
	var res ir.ToolResult
	d.plainOutput(it, &res)
	tag := tagOf(it.name)
	before, after := ir.Text("<"+tag+`>\n`), ir.Text(`\n</`+tag+">")
	if len(res.Parts) == 1 && res.Parts[0].Kind == ir.PartText {
		p := res.Parts[0]
		p.Text = before + p.Text + after
		d.turns.add(p)
		return
	}
	d.turns.add(ir.Part{Kind: ir.PartText, Text: before, At: d.items.whole()})
	for i := range res.Parts {
		d.turns.add(res.Parts[i])
	}
	d.turns.add(ir.Part{Kind: ir.PartText, Text: after, At: d.items.whole()})
}

// tagOf returns a tool's name as far as it can name a tag.
func tagOf(name string) string {
	tag := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '_', r == '-':
			return r
		default:
			return -1
		}
	}, name)
	if tag == "" {
		return "tool_output"
	}
	return tag
}
