package responses

import (
	"cmp"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// toolSearch is a tool that finds further ones. OpenAI runs it itself, or the
// client does where its execution says so, as Codex lets its own tools be found
// (https://platform.openai.com/docs/guides/tools-tool-search).
const toolSearch = "tool_search"

// byClient reports whether the client runs what has such an execution.
func byClient(execution string) bool { return execution == `"client"` }

// rowOf returns what becomes of an item. A search for tools that the client
// runs is called and answered like any other tool of its own.
func rowOf(it *item) (row itemType, known bool) {
	row, known = itemTypes[it.typ]
	if (it.typ == "tool_search_call" || it.typ == "tool_search_output") && byClient(it.member("@execution")) {
		row.tool, row.kind = ir.TypeToolSearch, kindCall
		if row.side == user {
			row.kind = kindOutput
		} else {
			row.name = toolSearch
		}
	}
	return row, known
}

// findTools adds the tools that a search has found to those of the request,
// where they can be called from the beginning, and tells the model their names.
func (d *decoder) findTools(it *item) ir.Text {
	first := len(d.req.Tools)
	d.additionalTools(it)
	var text strings.Builder
	for i := first; i < len(d.req.Tools); i++ {
		t := &d.req.Tools[i]
		t.Found, d.found = true, true
		if t.Kind == ir.ToolServer {
			continue
		}
		text.WriteString("\n- ")
		if t.Namespace != "" {
			text.WriteString(t.Namespace + "__")
		}
		text.WriteString(t.Name)
	}
	if text.Len() == 0 {
		return "No tool was found."
	}
	return ir.Plain("These tools were found and can be called now:" + text.String())
}

// sortFound puts found tools behind the others and leaves out those that are
// there already: a search may find what another one has found.
func sortFound(tools []ir.Tool) []ir.Tool {
	type name struct{ namespace, name string }
	sorted, seen := make([]ir.Tool, 0, len(tools)), make(map[name]bool, len(tools))
	for _, found := range [...]bool{false, true} {
		for i := range tools {
			t := &tools[i]
			key := name{t.Namespace, cmp.Or(t.Name, t.Version)}
			if t.Found != found || found && seen[key] {
				continue
			}
			seen[key] = true
			sorted = append(sorted, *t)
		}
	}
	return sorted
}
