package anthropic

import (
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// The roles of messages. Since 2026 a system message may stand in the middle
// of a conversation.
var roles = map[string]ir.Role{
	"": ir.RoleUser, "user": ir.RoleUser, "human": ir.RoleUser,
	"assistant": ir.RoleAssistant, "model": ir.RoleAssistant,
	"system": ir.RoleSystem, "developer": ir.RoleSystem,
}

// stopReasons maps the API's words to the hub's.
var stopReasons = map[string]ir.StopReason{
	"end_turn":                      ir.StopEnd,
	"max_tokens":                    ir.StopLength,
	"stop_sequence":                 ir.StopSequence,
	"tool_use":                      ir.StopToolUse,
	"pause_turn":                    ir.StopPause,
	"refusal":                       ir.StopRefusal,
	"model_context_window_exceeded": ir.StopContextWindow,
	"compaction":                    ir.StopCompaction,
}

func stopReason(word string) ir.StopReason {
	if r, ok := stopReasons[word]; ok {
		return r
	}
	return ir.StopOther
}

// stopWords maps the hub's reasons to the API's words; what is not listed ends
// as end_turn.
var stopWords = map[ir.StopReason]string{
	ir.StopSequence:      "stop_sequence",
	ir.StopLength:        "max_tokens",
	ir.StopToolUse:       "tool_use",
	ir.StopContentFilter: "refusal",
	ir.StopRefusal:       "refusal",
	ir.StopRecitation:    "refusal",
	ir.StopPause:         "pause_turn",
	ir.StopContextWindow: "model_context_window_exceeded",
}

// betaContextWindow is the feature without which clients may not know the stop
// reason model_context_window_exceeded.
const betaContextWindow = "model-context-window-exceeded-2025-08-26"

// stopWord returns the stop reason for the client. called tells whether a
// tool_use block was written: only then, and then always unless the answer was
// cut, is the reason tool_use.
func stopWord(reason ir.StopReason, called bool, trip *ir.Trip) string {
	word, ok := stopWords[reason]
	if !ok {
		word = "end_turn"
	}
	switch {
	case word == "tool_use" && !called:
		return "end_turn"
	case word == "end_turn" && called:
		return "tool_use"
	case word == "model_context_window_exceeded" && !hasBeta(trip.Betas, betaContextWindow):
		return "max_tokens"
	}
	return word
}

func hasBeta(betas []string, want string) bool {
	for _, b := range betas {
		if b == want {
			return true
		}
	}
	return false
}

// toolTypes are the typed tools by the beginnings of their versioned names;
// the first that fits counts.
var toolTypes = []struct {
	prefix string
	kind   ir.ToolKind
	typ    string
}{
	{"web_search", ir.ToolServer, "web_search"},
	{"web_fetch", ir.ToolServer, "web_fetch"},
	{"code_execution", ir.ToolServer, "code_execution"},
	{"tool_search_tool", ir.ToolServer, "tool_search"},
	{"mcp_toolset", ir.ToolServer, "mcp_toolset"},
	{"advisor", ir.ToolServer, "advisor"},
	{"bash_", ir.ToolTyped, "bash"},
	{"text_editor_", ir.ToolTyped, "text_editor"},
	{"memory_", ir.ToolTyped, "memory"},
	{"computer_toolset", ir.ToolTyped, "computer_toolset"},
	{"browser_toolset", ir.ToolTyped, "browser_toolset"},
	{"computer_", ir.ToolTyped, "computer"},
}

// toolType classifies a tool by its type; "" and custom are functions.
func toolType(version string) (ir.ToolKind, string) {
	if version == "" || version == "custom" || version == "function" {
		return ir.ToolFunction, ""
	}
	for _, t := range toolTypes {
		if strings.HasPrefix(version, t.prefix) {
			return t.kind, t.typ
		}
	}
	return ir.ToolServer, version
}

// citationKinds maps the types of citations.
var citationKinds = map[string]string{
	"char_location":              "char",
	"page_location":              "page",
	"content_block_location":     "block",
	"web_search_result_location": "url",
	"search_result_location":     "search_result",
}

// signsRedacted marks the opaque data of a redacted_thinking block, so that it
// comes back as such after a journey through a client of another dialect.
const signsRedacted ir.SigTarget = "redacted"

// imageTypes are the images that Claude takes, with the beginnings of their
// base64 forms, by which an image without a type is recognised.
var imageTypes = []struct{ mime, magic string }{
	{"image/jpeg", "/9j/"}, {"image/png", "iVBORw0KGgo"}, {"image/gif", "R0lGOD"}, {"image/webp", "UklGR"},
}

// imageType returns the media type as Claude takes it, or "".
func imageType(mime string, data ir.Text) string {
	mime, _, _ = strings.Cut(strings.ToLower(mime), ";")
	if mime == "image/jpg" {
		mime = "image/jpeg"
	}
	for _, t := range imageTypes {
		if t.mime == mime || mime == "" && strings.HasPrefix(string(data), t.magic) {
			return t.mime
		}
	}
	return ""
}
