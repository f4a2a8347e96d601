package anthropic

import (
	"bytes"
	"slices"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// The features that a request must opt into by header.
const (
	betaInterleaved       = "interleaved-thinking-2025-05-14"
	betaStructuredOutputs = "structured-outputs-2025-11-13"
	betaContextManagement = "context-management-2025-06-27"
	betaCompact           = "compact-2026-01-12"
	betaMCP               = "mcp-client-2025-11-20"
	betaTaskBudgets       = "task-budgets-2026-03-13"
	betaFastMode          = "fast-mode-2026-02-01"
	betaFiles             = "files-api-2025-04-14"
	betaMidSystem         = "mid-conversation-system-2026-04-07"
)

// countable are the members unknown to the decoder that the counting endpoint
// takes.
var countable = map[string]bool{"context_management": true}

// betas lists what the request as it will be written needs.
func (e *encoder) betas() []string {
	var list []string
	add := func(needed bool, beta string) {
		if needed && beta != "" && !slices.Contains(list, beta) {
			list = append(list, beta)
		}
	}
	// Models that choose for themselves when to think interleave unasked.
	add(e.plan.kind == "enabled" && len(e.sent) > 0 && e.t.Caps.Thinking == ir.ThinkingBudget, betaInterleaved)
	strict := false
	for _, t := range e.sent {
		strict = strict || t.Strict.Or(false)
		if t.Kind == ir.ToolServer && t.Type == "mcp" {
			add(true, mcpBeta(t))
		}
		add(t.Kind == ir.ToolServer && (!e.native || len(t.Config) == 0), serverTools[t.Type].beta)
	}
	caps := &e.t.Caps
	add(strict && (caps.StrictTools || caps.StructuredOutput), betaStructuredOutputs)
	add(e.req.Format.Kind == ir.FormatSchema && caps.StructuredOutput, betaStructuredOutputs)
	add(e.native && e.req.Speed == "fast", betaFastMode)
	add(usesFiles(e.req.Turns), betaFiles)
	add(caps.MidSystem && slices.ContainsFunc(e.req.Turns, func(t ir.Turn) bool { return t.Role == ir.RoleSystem }), betaMidSystem)
	if e.native {
		for i := range e.req.Ext {
			f := &e.req.Ext[i]
			switch f.Name {
			case "context_management":
				add(true, betaContextManagement)
				add(bytes.Contains(f.Raw, []byte("compact_")), betaCompact)
			case "output_config.task_budget":
				add(true, betaTaskBudgets)
			case "betas":
				for _, b := range readBetas(f.Raw) {
					add(true, b)
				}
			}
		}
	}
	if e.t.Provider == "vertex" {
		list = slices.DeleteFunc(list, func(b string) bool { return !ir.OnVertex(b) })
	}
	return list
}

func usesFiles(turns []ir.Turn) bool {
	for i := range turns {
		for j := range turns[i].Parts {
			if m := turns[i].Parts[j].Media; m != nil && m.Source == ir.SourceFileID {
				return true
			}
		}
	}
	return false
}

// readBetas reads the list that SDKs put into the body.
func readBetas(raw []byte) []string {
	var r jsonx.Reader
	r.Reset(raw)
	if r.Kind() != jsonx.Array {
		return nil
	}
	list := readStrings(&r)
	if r.Err() != nil {
		return nil
	}
	return list
}
