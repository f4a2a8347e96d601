package simulator

import "maps"

// The tables of POST /v1/responses, as in OpenAI's API reference.

// itemID is the shape of the id of an item that begins with a prefix.
func itemID(prefix string) *shape { return str().upTo(64).like("^" + prefix) }

var responseInputPart = byTag("type", map[string]*shape{
	"input_text": object(map[string]*shape{"type": str(), "text": str(), "prompt_cache_breakpoint": cacheBreakpoint}, "type", "text"),
	"input_image": object(map[string]*shape{
		"type": str(), "image_url": str().nonEmpty(), "file_id": str(), "detail": oneOf("low", "high", "auto", "original"),
		"prompt_cache_breakpoint": cacheBreakpoint,
	}, "type"),
	"input_file": object(map[string]*shape{
		"type": str(), "file_id": str(), "file_data": str(), "file_url": str(), "filename": str(), "detail": str(),
		"prompt_cache_breakpoint": cacheBreakpoint,
	}, "type"),
	"input_audio": object(map[string]*shape{
		"type": str(), "input_audio": object(map[string]*shape{"data": str().nonEmpty(), "format": oneOf("wav", "mp3")}, "data", "format"),
	}, "type", "input_audio"),
})

var responseOutputPart = byTag("type", map[string]*shape{
	"output_text": object(map[string]*shape{
		"type": str(), "text": str(), "annotations": listOf(anyObject()), "logprobs": listOf(anyObject()),
	}, "type", "text"),
	"refusal": object(map[string]*shape{"type": str(), "refusal": str()}, "type", "refusal"),
})

var itemStatus = oneOf("in_progress", "completed", "incomplete", "failed")

func responseMessage(part *shape) *shape {
	return object(map[string]*shape{
		"type": oneOf("message"), "role": str(), "id": itemID("msg"), "status": itemStatus,
		"phase": oneOf("commentary", "final_answer"), "content": either(str(), listOf(part)),
	}, "role", "content")
}

var responseMessageItem = byTag("role", map[string]*shape{
	"user":      responseMessage(responseInputPart),
	"system":    responseMessage(responseInputPart),
	"developer": responseMessage(responseInputPart),
	"assistant": responseMessage(responseOutputPart),
})

// callID is the id of a call in the Responses API.
var callID = str().nonEmpty().upTo(64)

var toolOutput = either(str(), listOf(responseInputPart))

func textList(kind string) *shape {
	return listOf(object(map[string]*shape{"type": oneOf(kind), "text": str()}, "type", "text"))
}

// looseItems are the types of items that only a hosted tool or a newer client makes; nobody looks into them.
var looseItems = []string{
	"web_search_call", "file_search_call", "computer_call", "computer_call_output", "code_interpreter_call",
	"image_generation_call", "local_shell_call", "local_shell_call_output", "shell_call", "shell_call_output",
	"apply_patch_call", "apply_patch_call_output", "mcp_list_tools", "mcp_approval_request", "mcp_approval_response",
	"mcp_call", "tool_search_call", "tool_search_output", "additional_tools", "configuration_update", "program",
	"program_output", "compaction", "compaction_trigger",
}

var responseItem = byTag("type", loose(looseItems, map[string]*shape{
	"":        responseMessageItem,
	"message": responseMessageItem,
	"function_call": object(map[string]*shape{
		"type": str(), "id": itemID("fc"), "call_id": callID, "name": str().nonEmpty().upTo(64).like(openAIToolName),
		"arguments": str(), "status": itemStatus, "namespace": str(), "async": boolean(), "caller": anything(),
	}, "call_id", "name", "arguments"),
	"function_call_output": object(map[string]*shape{
		"type": str(), "id": itemID("fc"), "call_id": callID, "output": toolOutput, "status": itemStatus,
		"name": str(), "namespace": str(),
	}, "output"),
	"custom_tool_call": object(map[string]*shape{
		"type": str(), "id": itemID("ctc"), "call_id": callID, "name": str().nonEmpty().upTo(64), "input": str(),
		"status": itemStatus, "namespace": str(), "caller": anything(),
	}, "call_id", "name", "input"),
	"custom_tool_call_output": object(map[string]*shape{
		"type": str(), "id": itemID("ctc"), "call_id": callID, "output": toolOutput, "status": itemStatus, "name": str(),
	}, "call_id", "output"),
	"reasoning": object(map[string]*shape{
		"type": str(), "id": itemID("rs"), "summary": textList("summary_text"), "content": textList("reasoning_text"),
		"encrypted_content": str(), "status": itemStatus,
	}, "summary"),
	"item_reference": object(map[string]*shape{"type": str(), "id": str().nonEmpty()}, "id"),
}))

// loose adds types that may hold anything.
func loose(types []string, known map[string]*shape) map[string]*shape {
	all := maps.Clone(known)
	for _, t := range types {
		all[t] = anyObject()
	}
	return all
}

var responseFunction = object(map[string]*shape{
	"type": str(), "name": str().nonEmpty().upTo(64).like(openAIToolName), "parameters": anyObject(), "strict": boolean(),
	"description": str(), "defer_loading": boolean(), "allowed_callers": listOf(str()), "output_schema": anyObject(), "async": boolean(),
}, "name")

var responseCustomTool = object(map[string]*shape{
	"type": str(), "name": str().nonEmpty().upTo(64).like(openAIToolName), "description": str(), "defer_loading": boolean(),
	"allowed_callers": listOf(str()), "async": boolean(),
	"format": byTag("type", map[string]*shape{
		"text": object(map[string]*shape{"type": str()}),
		"grammar": object(map[string]*shape{
			"type": str(), "definition": str(), "syntax": oneOf("lark", "regex"),
		}, "definition", "syntax"),
	}),
}, "name")

// hostedTools are the types of tools that OpenAI or the client runs.
var hostedTools = []string{
	"web_search", "web_search_2025_08_26", "web_search_preview", "web_search_preview_2025_03_11", "file_search",
	"code_interpreter", "image_generation", "mcp", "computer", "computer_use_preview", "local_shell", "shell",
	"apply_patch", "tool_search", "programmatic_tool_calling",
}

var responseTool = byTag("type", loose(hostedTools, map[string]*shape{
	"function": responseFunction,
	"custom":   responseCustomTool,
	"namespace": object(map[string]*shape{
		"type": str(), "name": str().nonEmpty().upTo(64).like(openAIToolName), "description": str(),
		"tools": listOf(byTag("type", map[string]*shape{"function": responseFunction, "custom": responseCustomTool})).nonEmpty(),
	}, "name", "tools"),
}))

var responseChoice = either(oneOf("none", "auto", "required"), byTag("type", loose(hostedTools, map[string]*shape{
	"function": object(map[string]*shape{"type": str(), "name": str(), "namespace": str()}, "name"),
	"custom":   object(map[string]*shape{"type": str(), "name": str(), "namespace": str()}, "name"),
	"allowed_tools": object(map[string]*shape{
		"type": str(), "mode": oneOf("auto", "required"), "tools": listOf(anyObject()).nonEmpty(),
	}, "mode", "tools"),
})))

var responseTextConfig = object(map[string]*shape{
	"verbosity": oneOf("low", "medium", "high"),
	"format": byTag("type", map[string]*shape{
		"text":        object(map[string]*shape{"type": str()}),
		"json_object": object(map[string]*shape{"type": str()}),
		"json_schema": object(with(jsonSchemaFormat, map[string]*shape{"type": str()}), "name", "schema"),
	}),
})

var responseReasoning = object(map[string]*shape{
	"effort": effort, "summary": oneOf("auto", "concise", "detailed"), "generate_summary": oneOf("auto", "concise", "detailed"),
	"context": oneOf("auto", "current_turn", "all_turns"), "mode": oneOf("standard", "pro"),
})

// responseCountable are the members that count towards the tokens of the input.
var responseCountable = map[string]*shape{
	"model": str(), "input": either(str(), listOf(responseItem)), "instructions": str(), "tools": listOf(responseTool),
	"tool_choice": responseChoice, "text": responseTextConfig, "reasoning": responseReasoning, "parallel_tool_calls": boolean(),
	"previous_response_id": str(), "conversation": either(str(), object(map[string]*shape{"id": str()}, "id")),
	"truncation": oneOf("auto", "disabled"),
}

var responseRequest = object(with(openAIShared, with(responseCountable, map[string]*shape{
	"max_output_tokens": atLeast(16),
	"max_tool_calls":    atLeast(1),
	"background":        boolean(),
	"prompt":            anyObject(),
	"include": listOf(oneOf(
		"file_search_call.results", "web_search_call.results", "web_search_call.action.sources",
		"message.input_image.image_url", "computer_call_output.output.image_url", "code_interpreter_call.outputs",
		"reasoning.encrypted_content", "message.output_text.logprobs",
	)),
	"context_management": listOf(anyObject()),
	"access_programs":    anyObject(),
	"stream_options":     object(map[string]*shape{"include_obfuscation": boolean()}),
	// What Codex says about itself.
	"client_metadata": anyObject(),
})), "model", "input")

var responseCountRequest = object(with(responseCountable, map[string]*shape{"personality": str()}), "model", "input")
