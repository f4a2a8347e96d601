package chat

import "github.com/caddy-ai-gateway/ai-gateway/translate/ir"

// stopReasons are the finish reasons of upstreams: OpenAI's own and what
// imitators send in their place.
var stopReasons = map[ir.Text]ir.StopReason{
	"stop":           ir.StopEnd,
	"eos":            ir.StopEnd,
	"eos_token":      ir.StopEnd,
	"end_turn":       ir.StopEnd,
	"length":         ir.StopLength,
	"max_tokens":     ir.StopLength,
	"model_length":   ir.StopLength,
	"tool_calls":     ir.StopToolUse,
	"tool_use":       ir.StopToolUse,
	"function_call":  ir.StopToolUse,
	"content_filter": ir.StopContentFilter,
	"error":          ir.StopError,
}

// finishReasons are the finish reasons for clients. What is not in the table
// is stop.
var finishReasons = map[ir.StopReason]string{
	ir.StopLength:        "length",
	ir.StopContextWindow: "length",
	ir.StopToolUse:       "tool_calls",
	ir.StopContentFilter: "content_filter",
	ir.StopRefusal:       "content_filter",
	ir.StopRecitation:    "content_filter",
}

// finishReason returns a candidate's finish_reason. A refusal that the model
// has put into words of its own is an ordinary end.
func finishReason(s ir.StopReason, worded, functions bool) string {
	if s == ir.StopRefusal && worded || s == "" {
		return "stop"
	}
	if s == ir.StopToolUse && functions {
		return "function_call"
	}
	if reason, ok := finishReasons[s]; ok {
		return reason
	}
	return "stop"
}

// stopOf decides why a candidate ended: by its finish reason, and by what it
// said. Many servers send stop after calls, or calls after tool_calls never
// came. An answer that was cut stays cut.
func stopOf(finish ir.Text, calls, refused bool) ir.Stop {
	reason, known := stopReasons[finish]
	switch {
	case finish == "":
		reason = ir.StopEnd
	case !known:
		reason = ir.StopOther
	}
	switch {
	case calls && (reason == ir.StopEnd || reason == ir.StopOther):
		reason = ir.StopToolUse
	case !calls && reason == ir.StopToolUse:
		reason = ir.StopEnd
	}
	if refused && reason == ir.StopEnd {
		reason = ir.StopRefusal
	}
	return ir.Stop{Reason: reason, Raw: finish.String()}
}
