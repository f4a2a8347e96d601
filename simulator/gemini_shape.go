package simulator

import "strings"

// The tables of generateContent, as in the reference of the Gemini API.

// googleEnum is an enum; the API also takes its values in lower case.
func googleEnum(values ...string) *shape {
	all := append([]string{}, values...)
	for _, v := range values {
		all = append(all, strings.ToLower(v))
	}
	return oneOf(all...)
}

// googleInt is a whole number, which the JSON form of protocol buffers also allows as a string.
func googleInt(low, high float64) *shape { return either(integer(low, high), str().like(`^-?\d+$`)) }

const int32Max = 1<<31 - 1

var (
	geminiBlob = object(map[string]*shape{"mimeType": str(), "data": str(), "displayName": str()}, "mimeType", "data")
	geminiFile = object(map[string]*shape{"fileUri": str(), "mimeType": str(), "displayName": str()}, "fileUri")
)

// geminiData are the members of a part of which it must have exactly one.
var geminiData = map[string]*shape{
	"text":       str(),
	"inlineData": geminiBlob,
	"fileData":   geminiFile,
	"functionCall": object(map[string]*shape{
		"id": str(), "name": str().nonEmpty(), "args": anyObject(), "partialArgs": listOf(anyObject()), "willContinue": boolean(),
	}, "name"),
	"functionResponse": object(map[string]*shape{
		"id": str(), "name": str().nonEmpty(), "response": anyObject(), "willContinue": boolean(), "scheduling": str(),
		"parts": listOf(object(map[string]*shape{"inlineData": geminiBlob, "fileData": geminiFile})),
	}, "name", "response"),
	"executableCode":      object(map[string]*shape{"code": str(), "language": str(), "id": str()}, "code", "language"),
	"codeExecutionResult": object(map[string]*shape{"outcome": str(), "output": str(), "id": str()}, "outcome"),
	"toolCall":            anyObject(),
	"toolResponse":        anyObject(),
}

var geminiPart = object(with(geminiData, map[string]*shape{
	"thought": boolean(), "thoughtSignature": str(), "partMetadata": anyObject(), "speechMetadata": anyObject(),
	"videoMetadata":   object(map[string]*shape{"startOffset": str(), "endOffset": str(), "fps": number(0, 24)}),
	"mediaResolution": either(anyObject(), str()), "mediaProcessing": anything(), "audioTranscription": anything(),
}))

var geminiContent = object(map[string]*shape{"role": str(), "parts": listOf(geminiPart)})

// systemContent may also be a text or the parts alone, as some SDKs send it.
var systemContent = object(map[string]*shape{"role": str(), "parts": either(listOf(geminiPart), geminiPart)})

var geminiFunction = object(map[string]*shape{
	"name": str().nonEmpty(), "description": str(), "parameters": anyObject(), "parametersJsonSchema": anyObject(),
	"response": anyObject(), "responseJsonSchema": anyObject(), "behavior": googleEnum("UNSPECIFIED", "BLOCKING", "NON_BLOCKING"),
}, "name")

var geminiTool = object(map[string]*shape{
	"functionDeclarations": listOf(geminiFunction), "googleSearch": anyObject(), "googleSearchRetrieval": anyObject(),
	"urlContext": anyObject(), "codeExecution": anyObject(), "googleMaps": anyObject(), "fileSearch": anyObject(),
	"computerUse": anyObject(), "mcpServers": listOf(anyObject()),
})

var geminiToolConfig = object(map[string]*shape{
	"functionCallingConfig": object(map[string]*shape{
		"mode":                 googleEnum("MODE_UNSPECIFIED", "AUTO", "ANY", "NONE", "VALIDATED"),
		"allowedFunctionNames": listOf(str()),
	}),
	"retrievalConfig": anyObject(), "includeServerSideToolInvocations": boolean(),
})

var geminiConfig = object(map[string]*shape{
	"temperature": number(0, 2), "topP": number(0, 1), "topK": googleInt(0, int32Max), "candidateCount": googleInt(1, 8),
	"maxOutputTokens": googleInt(1, int32Max), "stopSequences": listOf(str().nonEmpty()).count(0, 5), "seed": googleInt(-int32Max, int32Max),
	"responseLogprobs": boolean(), "logprobs": googleInt(0, 20), "presencePenalty": number(-2, 1.9999), "frequencyPenalty": number(-2, 1.9999),
	"responseMimeType": oneOf("text/plain", "application/json", "text/x.enum"), "responseSchema": anyObject(),
	"responseJsonSchema": anyObject(), "_responseJsonSchema": anyObject(),
	"responseModalities": listOf(googleEnum("MODALITY_UNSPECIFIED", "TEXT", "IMAGE", "AUDIO")),
	"speechConfig":       anyObject(), "imageConfig": anyObject(), "enableEnhancedCivicAnswers": boolean(),
	"mediaResolution": str(), "audioTranscriptionConfig": anyObject(),
	"thinkingConfig": object(map[string]*shape{
		"includeThoughts": boolean(), "thinkingBudget": googleInt(-1, int32Max),
		"thinkingLevel": googleEnum("THINKING_LEVEL_UNSPECIFIED", "MINIMAL", "LOW", "MEDIUM", "HIGH"),
	}),
})

var geminiFields = map[string]*shape{
	"contents":          either(listOf(geminiContent), geminiContent),
	"systemInstruction": systemContent,
	"tools":             listOf(geminiTool),
	"toolConfig":        geminiToolConfig,
	"safetySettings": listOf(object(map[string]*shape{
		"category": str(), "threshold": googleEnum("HARM_BLOCK_THRESHOLD_UNSPECIFIED", "BLOCK_LOW_AND_ABOVE",
			"BLOCK_MEDIUM_AND_ABOVE", "BLOCK_ONLY_HIGH", "BLOCK_NONE", "OFF"),
	}, "category", "threshold")),
	"generationConfig": geminiConfig, "cachedContent": str(), "store": boolean(), "continuationToken": str(),
	"serviceTier": googleEnum("UNSPECIFIED", "FLEX", "STANDARD", "PRIORITY"),
}

var geminiRequest = object(geminiFields)

var geminiCountRequest = object(map[string]*shape{
	"contents":               geminiFields["contents"],
	"generateContentRequest": object(with(geminiFields, map[string]*shape{"model": str()}), "model"),
})

var embedFields = map[string]*shape{
	"model": str(), "content": geminiContent, "taskType": str(), "title": str(),
	"outputDimensionality": googleInt(1, 3072), "embedContentConfig": anyObject(),
}

var (
	embedRequest      = object(embedFields, "content")
	batchEmbedRequest = object(map[string]*shape{"requests": listOf(object(embedFields, "model", "content")).count(1, 100)}, "requests")
)
