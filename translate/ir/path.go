package ir

import "strconv"

// FieldID names a member of a request in all dialects at once.
type FieldID uint8

// The fields that notes and errors speak of.
const (
	FieldMaxOutput FieldID = iota
	FieldTemperature
	FieldTopP
	FieldTopK
	FieldFreqPenalty
	FieldPresPenalty
	FieldSeed
	FieldLogitBias
	FieldStop
	FieldN
	FieldLogprobs
	FieldTopLogprobs
	FieldReasoning
	FieldEffort
	FieldFormat
	FieldVerbosity
	FieldModalities
	FieldAudio
	FieldToolChoice
	FieldParallel
	FieldStore
	FieldPrevID
	FieldConversation
	FieldBackground
	FieldPrompt
	FieldTruncation
	FieldCacheKey
	FieldTier
	FieldSpeed
	FieldUser
	FieldSafetyID
	FieldLabels
	FieldSafety
	FieldCachedContent
	FieldSystem
	numFields
)

// fieldPaths holds, for each field, its path in chat, responses, anthropic and
// gemini requests; an empty one means that the dialect has no such field.
var fieldPaths = [numFields][4]string{
	FieldMaxOutput:     {"max_completion_tokens", "max_output_tokens", "max_tokens", "generationConfig.maxOutputTokens"},
	FieldTemperature:   {"temperature", "temperature", "temperature", "generationConfig.temperature"},
	FieldTopP:          {"top_p", "top_p", "top_p", "generationConfig.topP"},
	FieldTopK:          {"top_k", "", "top_k", "generationConfig.topK"},
	FieldFreqPenalty:   {"frequency_penalty", "", "", "generationConfig.frequencyPenalty"},
	FieldPresPenalty:   {"presence_penalty", "", "", "generationConfig.presencePenalty"},
	FieldSeed:          {"seed", "", "", "generationConfig.seed"},
	FieldLogitBias:     {"logit_bias", "", "", ""},
	FieldStop:          {"stop", "", "stop_sequences", "generationConfig.stopSequences"},
	FieldN:             {"n", "", "", "generationConfig.candidateCount"},
	FieldLogprobs:      {"logprobs", "include", "", "generationConfig.responseLogprobs"},
	FieldTopLogprobs:   {"top_logprobs", "top_logprobs", "", "generationConfig.logprobs"},
	FieldReasoning:     {"reasoning_effort", "reasoning", "thinking", "generationConfig.thinkingConfig"},
	FieldEffort:        {"reasoning_effort", "reasoning.effort", "output_config.effort", "generationConfig.thinkingConfig.thinkingLevel"},
	FieldFormat:        {"response_format", "text.format", "output_config.format", "generationConfig.responseSchema"},
	FieldVerbosity:     {"verbosity", "text.verbosity", "", ""},
	FieldModalities:    {"modalities", "", "", "generationConfig.responseModalities"},
	FieldAudio:         {"audio", "", "", "generationConfig.speechConfig"},
	FieldToolChoice:    {"tool_choice", "tool_choice", "tool_choice", "toolConfig.functionCallingConfig"},
	FieldParallel:      {"parallel_tool_calls", "parallel_tool_calls", "tool_choice.disable_parallel_tool_use", ""},
	FieldStore:         {"store", "store", "", "store"},
	FieldPrevID:        {"", "previous_response_id", "", ""},
	FieldConversation:  {"", "conversation", "", ""},
	FieldBackground:    {"", "background", "", ""},
	FieldPrompt:        {"", "prompt", "", ""},
	FieldTruncation:    {"", "truncation", "", ""},
	FieldCacheKey:      {"prompt_cache_key", "prompt_cache_key", "", ""},
	FieldTier:          {"service_tier", "service_tier", "service_tier", "serviceTier"},
	FieldSpeed:         {"", "", "speed", ""},
	FieldUser:          {"user", "user", "metadata.user_id", ""},
	FieldSafetyID:      {"safety_identifier", "safety_identifier", "", ""},
	FieldLabels:        {"metadata", "metadata", "", "labels"},
	FieldSafety:        {"", "", "", "safetySettings"},
	FieldCachedContent: {"", "", "", "cachedContent"},
	FieldSystem:        {"messages", "instructions", "system", "systemInstruction"},
}

func column(d Dialect) int {
	switch d {
	case Responses:
		return 1
	case Anthropic:
		return 2
	case Gemini, CodeAssist:
		return 3
	default:
		return 0
	}
}

// Path returns the field's path in the client's own request.
func (r *Request) Path(f FieldID) string {
	if f == FieldFormat && r.Format.Member != "" {
		return r.Format.Member
	}
	return fieldPaths[f][column(r.Dialect)]
}

var (
	turnLists = [4]string{"messages[", "input[", "messages[", "contents["}
	partLists = [4]string{"].content[", "].content[", "].content[", "].parts["}

	systemParts = [4]string{"messages[", "instructions[", "system[", "systemInstruction.parts["}
)

// PathOf returns the path of a message, content or item, or of one of its
// parts, in the client's own request.
func (r *Request) PathOf(at Loc) string {
	c := column(r.Dialect)
	if at.Msg < 0 && at.Part >= 0 { // a part of the system prompt
		return systemParts[c] + strconv.Itoa(at.Part) + "]"
	}
	if at.Part < 0 {
		return turnLists[c] + strconv.Itoa(max(at.Msg, 0)) + "]"
	}
	return turnLists[c] + strconv.Itoa(max(at.Msg, 0)) + partLists[c] + strconv.Itoa(at.Part) + "]"
}

// PathOfURL returns the path of a media part's URL in the client's request.
func (r *Request) PathOfURL(at Loc, kind PartKind) string {
	switch {
	case r.Dialect == Chat && kind == PartImage:
		return r.PathOf(at) + ".image_url.url"
	case r.Dialect == Responses && kind == PartImage:
		return r.PathOf(at) + ".image_url"
	case r.Dialect == Responses:
		return r.PathOf(at) + ".file_url"
	case r.Dialect == Anthropic:
		return r.PathOf(at) + ".source.url"
	case column(r.Dialect) == 3:
		return r.PathOf(at) + ".fileData.fileUri"
	default:
		return r.PathOf(at)
	}
}

// PathOfSchema returns the path of a tool or, without one, of the answer's form.
func (r *Request) PathOfSchema(t *Tool) string {
	if t == nil {
		return r.Path(FieldFormat)
	}
	return r.PathOfTool(t)
}

// PathOfTool returns the path of a tool in the client's own request.
func (r *Request) PathOfTool(t *Tool) string {
	switch {
	case t.In != "":
		return t.In + "[" + strconv.Itoa(t.At) + "]"
	case t.At < 0: // asked for by a member of its own
		return "web_search_options"
	case t.Kind == ToolServer && t.Type == "mcp" && r.Dialect == Anthropic:
		return "mcp_servers[" + strconv.Itoa(t.At) + "]"
	default:
		return "tools[" + strconv.Itoa(t.At) + "]"
	}
}
