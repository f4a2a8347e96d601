package simulator

// The tables of POST /v1/chat/completions, as in OpenAI's API reference.

// effort is the reasoning effort of both OpenAI APIs.
var effort = oneOf("none", "minimal", "low", "medium", "high", "xhigh", "max")

var serviceTier = oneOf("auto", "default", "flex", "scale", "priority", "fast", "ultrafast")

// openAIToolName is the pattern of the names of functions and schemas.
const openAIToolName = `^[a-zA-Z0-9_-]+$`

// chatCallIDs is how long the id of a call may be.
const chatCallIDs = 40

var cacheBreakpoint = object(map[string]*shape{"mode": oneOf("explicit"), "ttl": oneOf("30m", "12h")}, "mode")

var chatTextPart = object(map[string]*shape{
	"type": str(), "text": str(), "prompt_cache_breakpoint": cacheBreakpoint,
}, "type", "text")

var chatUserPart = byTag("type", map[string]*shape{
	"text": chatTextPart,
	"image_url": object(map[string]*shape{
		"type": str(),
		"image_url": object(map[string]*shape{
			"url": str().nonEmpty(), "detail": oneOf("auto", "low", "high", "original"),
		}, "url"),
		"prompt_cache_breakpoint": cacheBreakpoint,
	}, "type", "image_url"),
	"input_audio": object(map[string]*shape{
		"type": str(), "prompt_cache_breakpoint": cacheBreakpoint,
		"input_audio": object(map[string]*shape{"data": str().nonEmpty(), "format": oneOf("wav", "mp3")}, "data", "format"),
	}, "type", "input_audio"),
	"file": object(map[string]*shape{
		"type": str(), "prompt_cache_breakpoint": cacheBreakpoint,
		"file": object(map[string]*shape{"file_data": str(), "file_id": str(), "filename": str()}),
	}, "type", "file"),
})

var chatTextContent = either(str(), listOf(byTag("type", map[string]*shape{"text": chatTextPart})).nonEmpty())

var chatCall = byTag("type", map[string]*shape{
	"function": object(map[string]*shape{
		"id": str().nonEmpty().upTo(chatCallIDs), "type": str(),
		"function": object(map[string]*shape{
			"name": str().nonEmpty().upTo(64).like(openAIToolName), "arguments": str(),
		}, "name", "arguments"),
	}, "id", "type", "function"),
	"custom": object(map[string]*shape{
		"id": str().nonEmpty().upTo(chatCallIDs), "type": str(),
		"custom": object(map[string]*shape{"name": str().nonEmpty().upTo(64), "input": str()}, "name", "input"),
	}, "id", "type", "custom"),
})

var chatSystem = object(map[string]*shape{"role": str(), "content": chatTextContent, "name": str()}, "role", "content")

var chatMessage = byTag("role", map[string]*shape{
	"system":    chatSystem,
	"developer": chatSystem,
	"user": object(map[string]*shape{
		"role": str(), "content": either(str(), listOf(chatUserPart).nonEmpty()), "name": str(),
	}, "role", "content"),
	"assistant": object(map[string]*shape{
		"role": str(), "name": str(), "refusal": str(),
		"content": either(str(), listOf(byTag("type", map[string]*shape{
			"text":    chatTextPart,
			"refusal": object(map[string]*shape{"type": str(), "refusal": str()}, "type", "refusal"),
		})).nonEmpty()),
		"tool_calls":    listOf(chatCall).nonEmpty(),
		"function_call": object(map[string]*shape{"name": str(), "arguments": str()}, "name", "arguments"),
		"audio":         object(map[string]*shape{"id": str()}, "id"),
		"annotations":   listOf(anyObject()),
		// OpenAI's compatible servers take back the thoughts that they have shown; OpenAI's models do not.
		"reasoning_content": str(),
	}, "role"),
	"tool": object(map[string]*shape{
		"role": str(), "content": chatTextContent, "tool_call_id": str().nonEmpty().upTo(chatCallIDs),
	}, "role", "content", "tool_call_id"),
	"function": object(map[string]*shape{"role": str(), "content": str(), "name": str()}, "role", "content", "name"),
})

var chatFunction = object(map[string]*shape{
	"name": str().nonEmpty().upTo(64).like(openAIToolName), "description": str(), "parameters": anyObject(), "strict": boolean(),
}, "name")

var grammar = byTag("type", map[string]*shape{
	"text": object(map[string]*shape{"type": str()}),
	"grammar": object(map[string]*shape{
		"type":    str(),
		"grammar": object(map[string]*shape{"definition": str(), "syntax": oneOf("lark", "regex")}, "definition", "syntax"),
	}, "grammar"),
})

var chatTool = byTag("type", map[string]*shape{
	"function": object(map[string]*shape{"type": str(), "function": chatFunction}, "type", "function"),
	"custom": object(map[string]*shape{
		"type": str(),
		"custom": object(map[string]*shape{
			"name": str().nonEmpty().upTo(64).like(openAIToolName), "description": str(), "format": grammar,
		}, "name"),
	}, "type", "custom"),
})

var named = object(map[string]*shape{"name": str()}, "name")

var chatToolChoice = either(oneOf("none", "auto", "required"), byTag("type", map[string]*shape{
	"function": object(map[string]*shape{"type": str(), "function": named}, "type", "function"),
	"custom":   object(map[string]*shape{"type": str(), "custom": named}, "type", "custom"),
	"allowed_tools": object(map[string]*shape{
		"type": str(),
		"allowed_tools": object(map[string]*shape{
			"mode": oneOf("auto", "required"), "tools": listOf(anyObject()).nonEmpty(),
		}, "mode", "tools"),
	}, "type", "allowed_tools"),
}))

// jsonSchemaFormat are the members that both OpenAI APIs have for a schema.
var jsonSchemaFormat = map[string]*shape{
	"name": str().nonEmpty().upTo(64).like(openAIToolName), "description": str(), "schema": anyObject(), "strict": boolean(),
}

var chatFormat = byTag("type", map[string]*shape{
	"text":        object(map[string]*shape{"type": str()}),
	"json_object": object(map[string]*shape{"type": str()}),
	"json_schema": object(map[string]*shape{"type": str(), "json_schema": object(jsonSchemaFormat, "name")}, "json_schema"),
})

// openAIShared are the members that both OpenAI APIs have.
var openAIShared = map[string]*shape{
	"model": str(), "stream": boolean(), "store": boolean(), "metadata": anyObject(),
	"temperature": number(0, 2), "top_p": number(0, 1), "top_logprobs": integer(0, 20),
	"parallel_tool_calls": boolean(), "service_tier": serviceTier,
	"user": str().upTo(64), "safety_identifier": str().upTo(128), "prompt_cache_key": str().upTo(64),
	"prompt_cache_retention": oneOf("in_memory", "in-memory", "24h"), "prompt_cache_options": anyObject(),
	"moderation": anyObject(),
}

var chatRequest = object(with(openAIShared, map[string]*shape{
	"messages":              listOf(chatMessage).nonEmpty(),
	"max_tokens":            atLeast(1),
	"max_completion_tokens": atLeast(1),
	"n":                     integer(1, 128),
	"stop":                  either(str(), listOf(str()).count(0, 4)),
	"frequency_penalty":     number(-2, 2),
	"presence_penalty":      number(-2, 2),
	"logit_bias":            anyObject(),
	"logprobs":              boolean(),
	"seed":                  integer(-9223372036854775808, 9223372036854775807),
	"stream_options": object(map[string]*shape{
		"include_usage": boolean(), "include_obfuscation": boolean(),
	}),
	"tools":              listOf(chatTool).nonEmpty(),
	"tool_choice":        chatToolChoice,
	"functions":          listOf(chatFunction).nonEmpty(),
	"function_call":      either(oneOf("none", "auto"), named),
	"response_format":    chatFormat,
	"reasoning_effort":   effort,
	"verbosity":          oneOf("low", "medium", "high"),
	"modalities":         listOf(oneOf("text", "audio")),
	"audio":              anyObject(),
	"prediction":         anyObject(),
	"web_search_options": anyObject(),
}), "messages", "model")

var embeddingRequest = object(map[string]*shape{
	"model": str(), "dimensions": atLeast(1), "encoding_format": oneOf("float", "base64"), "user": str(),
	"input": either(str().nonEmpty(), listOf(either(str().nonEmpty(), atLeast(0), listOf(atLeast(0)).nonEmpty())).count(1, 2048)),
}, "model", "input")
