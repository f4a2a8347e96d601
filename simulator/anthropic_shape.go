package simulator

import (
	"maps"
	"regexp"
)

// The tables of POST /v1/messages, as in Anthropic's API reference.

var (
	betaName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*-\d{4}-?\d{2}-?\d{2}$`)
	betaDate = regexp.MustCompile(`^\d{4}-?\d{2}-?\d{2}$`)
)

const (
	anthropicCallID   = `^[a-zA-Z0-9_-]+$`
	anthropicToolName = `^[a-zA-Z0-9_-]{1,128}$`
)

// cacheControl may be null wherever it stands. Its scope needs a beta, which is checked apart.
var cacheControl = byTag("type", map[string]*shape{
	"ephemeral": object(map[string]*shape{"type": str(), "ttl": oneOf("5m", "1h"), "scope": oneOf("global", "organization")}),
}).orNull()

var citationsSwitch = object(map[string]*shape{"enabled": boolean()})

var textBlock = object(map[string]*shape{
	"type": str(), "text": str(), "cache_control": cacheControl, "citations": listOf(anyObject()).orNull(),
}, "text")

var imageSource = byTag("type", map[string]*shape{
	"base64": object(map[string]*shape{"type": str(), "media_type": oneOf(imageTypes...), "data": str()}, "media_type", "data"),
	"url":    object(map[string]*shape{"type": str(), "url": str()}, "url"),
	"file":   object(map[string]*shape{"type": str(), "file_id": str()}, "file_id"),
})

var imageBlock = object(map[string]*shape{
	"type": str(), "source": imageSource, "cache_control": cacheControl, "transformations": listOf(anyObject()),
}, "source")

var documentBlock = object(map[string]*shape{
	"type": str(), "cache_control": cacheControl, "citations": citationsSwitch.orNull(),
	"title": str().orNull(), "context": str().orNull(),
	"source": byTag("type", map[string]*shape{
		"base64":  object(map[string]*shape{"type": str(), "media_type": oneOf("application/pdf"), "data": str()}, "media_type", "data"),
		"text":    object(map[string]*shape{"type": str(), "media_type": oneOf("text/plain"), "data": str()}, "media_type", "data"),
		"url":     object(map[string]*shape{"type": str(), "url": str()}, "url"),
		"file":    object(map[string]*shape{"type": str(), "file_id": str()}, "file_id"),
		"content": object(map[string]*shape{"type": str(), "content": either(str(), listOf(anyObject()))}, "content"),
	}),
}, "source")

var searchResultBlock = object(map[string]*shape{
	"type": str(), "source": str(), "title": str(), "content": listOf(textBlock), "citations": citationsSwitch, "cache_control": cacheControl,
}, "source", "title", "content")

var toolResultBlock = object(map[string]*shape{
	"type": str(), "tool_use_id": str().like(anthropicCallID), "is_error": boolean().orNull(), "cache_control": cacheControl,
	"content": either(str(), listOf(byTag("type", map[string]*shape{
		"text": textBlock, "image": imageBlock, "document": documentBlock, "search_result": searchResultBlock,
		"tool_reference": anyObject(), "browser_state": anyObject(),
	}))),
}, "tool_use_id")

var toolUseBlock = object(map[string]*shape{
	"type": str(), "id": str().like(anthropicCallID), "name": str().like(`^[a-zA-Z0-9_-]{1,200}$`), "input": anyObject(),
	"cache_control": cacheControl, "caller": anything(), "toolset_name": str(),
}, "id", "name", "input")

var userBlock = byTag("type", map[string]*shape{
	"text": textBlock, "image": imageBlock, "document": documentBlock, "search_result": searchResultBlock,
	"tool_result": toolResultBlock, "container_upload": anyObject(), "tool_addition": anyObject(), "tool_removal": anyObject(),
})

// serverBlocks are the blocks of tools that Anthropic runs.
var serverBlocks = []string{
	"server_tool_use", "web_search_tool_result", "web_fetch_tool_result", "code_execution_tool_result",
	"bash_code_execution_tool_result", "text_editor_code_execution_tool_result", "tool_search_tool_result", "mcp_tool_use",
	"mcp_tool_result", "mcp_tool_listing", "container_upload", "compaction", "fallback", "advisor_tool_result",
}

var assistantBlock = byTag("type", loose(serverBlocks, map[string]*shape{
	"text": textBlock, "tool_use": toolUseBlock, "document": documentBlock, "image": imageBlock,
	"thinking": object(map[string]*shape{
		"type": str(), "thinking": str(), "signature": str(),
	}, "thinking", "signature"),
	"redacted_thinking": object(map[string]*shape{"type": str(), "data": str()}, "data"),
}))

func anthropicMessage(block *shape) *shape {
	return object(map[string]*shape{"role": str(), "content": either(str(), listOf(block))}, "role", "content")
}

var anthropicMessageByRole = map[string]*shape{
	"user":      anthropicMessage(userBlock),
	"assistant": anthropicMessage(assistantBlock),
	"system":    anthropicMessage(byTag("type", map[string]*shape{"text": textBlock})),
}

var customTool = object(map[string]*shape{
	"type": oneOf("custom").orNull(), "name": str().like(anthropicToolName), "description": str(),
	"input_schema": anyObject(), "cache_control": cacheControl, "strict": boolean(), "defer_loading": boolean(),
	"eager_input_streaming": boolean().orNull(), "allowed_callers": listOf(str()), "input_examples": listOf(anyObject()),
}, "name", "input_schema")

// thinkingFields are the members that the kinds of thinking share.
var thinkingFields = map[string]*shape{"type": str(), "display": oneOf("summarized", "omitted").orNull()}

var thinkingConfig = byTag("type", map[string]*shape{
	"enabled":       object(with(thinkingFields, map[string]*shape{"budget_tokens": atLeast(1024)}), "budget_tokens"),
	"adaptive":      object(with(thinkingFields, map[string]*shape{"block_binding": anything()})),
	"between_tools": object(thinkingFields),
	"disabled":      object(map[string]*shape{"type": str()}),
})

var anthropicChoice = byTag("type", map[string]*shape{
	"auto": object(map[string]*shape{"type": str(), "disable_parallel_tool_use": boolean()}),
	"any":  object(map[string]*shape{"type": str(), "disable_parallel_tool_use": boolean()}),
	"tool": object(map[string]*shape{"type": str(), "name": str(), "disable_parallel_tool_use": boolean()}, "name"),
	"none": object(map[string]*shape{"type": str()}),
})

var outputFormat = byTag("type", map[string]*shape{
	"json_schema": object(map[string]*shape{"type": str(), "schema": anyObject()}, "schema"),
})

// anthropicCountable are the members that count towards the tokens of the input.
var anthropicCountable = map[string]*shape{
	"model": str().nonEmpty(), "messages": listOf(anything()).count(1, 100_000),
	"system": either(str(), listOf(byTag("type", map[string]*shape{"text": textBlock}))),
	"tools":  listOf(anything()), "tool_choice": anthropicChoice, "thinking": thinkingConfig,
	"output_config": object(map[string]*shape{
		"effort": oneOf("low", "medium", "high", "xhigh", "max").orNull(), "format": outputFormat.orNull(), "task_budget": anything(),
	}),
	"cache_control": cacheControl,
}

// anthropicFields are all members that need no beta.
var anthropicFields = with(anthropicCountable, map[string]*shape{
	"max_tokens": atLeast(0), "stream": boolean(), "temperature": number(0, 1), "top_p": number(0, 1), "top_k": atLeast(0),
	"stop_sequences": listOf(str().nonEmpty()),
	"metadata":       object(map[string]*shape{"user_id": str().upTo(512).orNull()}),
	"service_tier":   oneOf("auto", "standard_only"), "container": anything(), "inference_geo": str(), "diagnostics": anything(),
})

// betaFields are the members that exist only with a beta.
var betaFields = map[string]struct {
	shape *shape
	betas []string
}{
	"context_management": {object(map[string]*shape{"edits": listOf(byTag("type", map[string]*shape{
		"clear_tool_uses_20250919": anyObject(), "clear_thinking_20251015": anyObject(), "compact_20260112": anyObject(),
	}))}).orNull(), []string{"context-management", "compact"}},
	"mcp_servers":           {listOf(anyObject()), []string{"mcp-client"}},
	"speed":                 {oneOf("standard", "fast"), []string{"fast-mode"}},
	"output_format":         {outputFormat, []string{"structured-outputs"}},
	"fallbacks":             {anything(), []string{"server-side-fallback"}},
	"fallback_credit_token": {str(), []string{"fallback-credit"}},
	"compaction":            {anything(), []string{"compact"}},
}

// anthropicRequest is the table of a request with these betas.
func anthropicRequest(base map[string]*shape, hasBeta func(names ...string) bool, required ...string) *shape {
	all := maps.Clone(base)
	for name, field := range betaFields {
		if hasBeta(field.betas...) {
			all[name] = field.shape
		}
	}
	return object(all, required...)
}
