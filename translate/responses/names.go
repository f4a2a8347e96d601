package responses

import "github.com/caddy-ai-gateway/ai-gateway/translate/ir"

// side tells who says an item.
type side uint8

const (
	assistant side = iota
	user
)

// itemKind tells what an item becomes.
type itemKind uint8

const (
	kindOpaque itemKind = iota // understood by this dialect alone
	kindMessage
	kindReasoning
	kindCall       // of a tool that the client runs
	kindOutput     // of such a tool
	kindServer     // a call that the upstream ran itself, with its result
	kindServerBack // what the client returns for one
	kindCompaction
	kindReference
	kindTools // tools for the rest of the conversation
)

// itemType is a row of the table of items.
type itemType struct {
	kind itemKind
	side side
	tool ir.ToolType // of kindCall and kindOutput
	name string      // kindServer: the tool's name in all dialects; typed calls: the function's
}

var itemTypes = map[string]itemType{
	"message":   {kind: kindMessage},
	"reasoning": {kind: kindReasoning},

	"function_call":    {kind: kindCall, tool: ir.TypeFunction},
	"custom_tool_call": {kind: kindCall, tool: ir.TypeCustom},
	"local_shell_call": {kind: kindCall, tool: ir.TypeLocalShell, name: "local_shell"},
	"shell_call":       {kind: kindCall, tool: ir.TypeShell, name: "shell"},
	"apply_patch_call": {kind: kindCall, tool: ir.TypeApplyPatch, name: "apply_patch"},

	"function_call_output":    {kind: kindOutput, side: user, tool: ir.TypeFunction},
	"custom_tool_call_output": {kind: kindOutput, side: user, tool: ir.TypeCustom},
	"local_shell_call_output": {kind: kindOutput, side: user, tool: ir.TypeLocalShell},
	"shell_call_output":       {kind: kindOutput, side: user, tool: ir.TypeShell},
	"apply_patch_call_output": {kind: kindOutput, side: user, tool: ir.TypeApplyPatch},

	"web_search_call":       {kind: kindServer, name: "web_search"},
	"file_search_call":      {kind: kindServer, name: "file_search"},
	"code_interpreter_call": {kind: kindServer, name: "code_execution"},
	"image_generation_call": {kind: kindServer, name: "image_generation"},
	"computer_call":         {kind: kindServer, name: "computer"},
	"mcp_call":              {kind: kindServer, name: "mcp"},
	"computer_call_output":  {kind: kindServerBack, side: user, name: "computer"},

	"compaction":     {kind: kindCompaction},
	"item_reference": {kind: kindReference},

	"additional_tools": {kind: kindTools},

	"mcp_list_tools":        {},
	"mcp_approval_request":  {},
	"mcp_approval_response": {side: user},
	"tool_search_call":      {},
	"tool_search_output":    {side: user},
	"compaction_trigger":    {side: user},
	"configuration_update":  {side: user},
	"program":               {},
	"program_output":        {side: user},
}

// serverTools are the tools that OpenAI runs itself, by the names that all
// dialects share.
var serverTools = map[string]string{
	"web_search":                    "web_search",
	"web_search_2025_08_26":         "web_search",
	"web_search_preview":            "web_search",
	"web_search_preview_2025_03_11": "web_search",
	"file_search":                   "file_search",
	"code_interpreter":              "code_execution",
	"image_generation":              "image_generation",
	"mcp":                           "mcp",
	"computer":                      "computer",
	"computer_use_preview":          "computer",
}

// typedTools are the tools that OpenAI defines and the client runs.
var typedTools = map[string]ir.ToolType{
	"local_shell": ir.TypeLocalShell, "shell": ir.TypeShell, "apply_patch": ir.TypeApplyPatch,
}

// statuses are how an answer's end is told: the status and, for incomplete
// ones, the reason.
var statuses = map[ir.StopReason]struct{ status, reason string }{
	ir.StopLength:        {"incomplete", "max_output_tokens"},
	ir.StopContextWindow: {"incomplete", "max_output_tokens"},
	ir.StopContentFilter: {"incomplete", "content_filter"},
	ir.StopRefusal:       {"incomplete", "content_filter"}, // unless a refusal was delivered
	ir.StopRecitation:    {"incomplete", "content_filter"},
	ir.StopCancelled:     {"incomplete", ""},
}

// statusOf returns the status of an answer and the reason when it is
// incomplete.
func statusOf(stop ir.Stop, refused bool) (status, reason string) {
	s, ok := statuses[stop.Reason]
	if !ok || stop.Reason == ir.StopRefusal && refused {
		return "completed", ""
	}
	return s.status, s.reason
}

// stopOf returns why an upstream's answer ended.
func stopOf(status, reason string, called, refused bool) ir.Stop {
	stop := ir.Stop{Reason: ir.StopEnd, Raw: status}
	switch {
	case status == "incomplete":
		stop.Raw = reason
		switch reason {
		case "max_output_tokens", "max_messages":
			stop.Reason = ir.StopLength
		case "content_filter":
			stop.Reason = ir.StopContentFilter
		default:
			stop.Reason = ir.StopOther
		}
	case status == "cancelled":
		stop.Reason = ir.StopCancelled
	case called:
		stop.Reason = ir.StopToolUse
	case refused:
		stop.Reason = ir.StopRefusal
	}
	return stop
}
