package simulator

import (
	"strings"

	"github.com/tidwall/gjson"
)

// checkChat tells why OpenAI would refuse a request, nil if it would not.
func checkChat(b gjson.Result) *apiError {
	if err := chatRequest.check(openAI{}, nil, b); err != nil {
		return err
	}
	for _, rule := range []func(gjson.Result) *apiError{
		checkMetadata, checkChatLimits, onlyWithTools, checkChatTools, checkChatChoice, checkChatFormat, checkChatMessages,
	} {
		if err := rule(b); err != nil {
			return err
		}
	}
	return nil
}

func checkChatLimits(b gjson.Result) *apiError {
	model := b.Get("model").String()
	has := func(name string) bool { return b.Get(name).Exists() && b.Get(name).Type != gjson.Null }
	switch {
	case has("max_tokens") && isReasoning(model):
		return invalid("Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.").
			withParam("max_tokens").withCode("unsupported_parameter")
	case has("max_tokens") && has("max_completion_tokens"):
		return invalid("Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.").
			withParam("max_tokens").withCode("invalid_parameter_combination")
	case has("top_logprobs") && !b.Get("logprobs").Bool():
		return invalid("The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.").withParam("top_logprobs")
	case has("stream_options") && !b.Get("stream").Bool():
		return invalid("The 'stream_options' parameter is only allowed when 'stream' is enabled.").withParam("stream_options")
	case has("functions") && has("tools"):
		return invalid("'functions' and 'tools' cannot both be specified.").withParam("functions")
	}
	return checkReasoningModel(b, b.Get("reasoning_effort").String())
}

// onlyWithTools refuses members that need tools.
func onlyWithTools(b gjson.Result) *apiError {
	if len(b.Get("tools").Array()) > 0 || len(b.Get("functions").Array()) > 0 {
		return nil
	}
	for _, name := range []string{"tool_choice", "parallel_tool_calls"} {
		v := b.Get(name)
		if v.Exists() && v.Type != gjson.Null && v.String() != "none" {
			return invalid("'%s' is only allowed when 'tools' are specified.", name).withParam(name)
		}
	}
	return nil
}

func checkChatTools(b gjson.Result) *apiError {
	var names []string
	for i, t := range b.Get("tools").Array() {
		f := t.Get("function")
		if t.Get("type").String() == "custom" {
			names = append(names, t.Get("custom.name").String())
			continue
		}
		names = append(names, f.Get("name").String())
		param := (openAI{}).name(at("tools", i, "function", "parameters"))
		if err := checkFunctionSchema(f.Get("name").String(), f.Get("parameters"), f.Get("strict").Bool(), param); err != nil {
			return err
		}
	}
	for i, f := range b.Get("functions").Array() {
		names = append(names, f.Get("name").String())
		param := (openAI{}).name(at("functions", i, "parameters"))
		if err := checkFunctionSchema(f.Get("name").String(), f.Get("parameters"), false, param); err != nil {
			return err
		}
	}
	return checkNames(names)
}

func checkChatChoice(b gjson.Result) *apiError {
	for _, wanted := range chatChosen(b) {
		if !contains(chatToolNames(b), wanted) {
			return invalid("Invalid value for 'tool_choice': the tool '%s' is not in 'tools'.", wanted).
				withParam("tool_choice").withCode("invalid_value")
		}
	}
	return nil
}

// chatChosen are the names in tool_choice.
func chatChosen(b gjson.Result) []string {
	c := b.Get("tool_choice")
	var names []string
	for _, n := range []gjson.Result{c.Get("function.name"), c.Get("custom.name"), b.Get("function_call.name")} {
		if n.Exists() {
			names = append(names, n.String())
		}
	}
	for _, t := range c.Get("allowed_tools.tools").Array() {
		names = append(names, t.Get(t.Get("type").String()+".name").String())
	}
	return names
}

func chatToolNames(b gjson.Result) []string {
	var names []string
	for _, t := range b.Get("tools").Array() {
		names = append(names, t.Get(t.Get("type").String()+".name").String())
	}
	for _, f := range b.Get("functions").Array() {
		names = append(names, f.Get("name").String())
	}
	return names
}

func checkChatFormat(b gjson.Result) *apiError {
	f := b.Get("response_format")
	switch f.Get("type").String() {
	case "json_schema":
		return checkFormatSchema(f.Get("json_schema"), "response_format")
	case "json_object":
		if !strings.Contains(strings.ToLower(b.Get("messages").Raw), "json") {
			return invalid("'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.").
				withParam("messages")
		}
	}
	return nil
}

// checkChatMessages checks what the messages are to each other: every call is answered by the tool messages right
// after it, once each.
func checkChatMessages(b gjson.Result) *apiError {
	strictModel := openAIModel.MatchString(family(b.Get("model").String()))
	seen := map[string]bool{} // all ids of calls
	open := []string{}        // the ids of calls that are not answered yet
	answering := false
	for i, m := range b.Get("messages").Array() {
		role := m.Get("role").String()
		if role != "tool" {
			if err := unanswered(open, i); err != nil {
				return err
			}
			open, answering = nil, false
		}
		switch role {
		case "assistant":
			if err := checkChatAssistant(m, i, strictModel); err != nil {
				return err
			}
			for j, c := range m.Get("tool_calls").Array() {
				id := c.Get("id").String()
				if seen[id] {
					return invalid("Duplicate value for 'tool_call_id' of '%s'.", id).
						withParam((openAI{}).name(at("messages", i, "tool_calls", j, "id"))).withCode("invalid_value")
				}
				seen[id], answering = true, true
				open = append(open, id)
			}
		case "tool":
			if !answering {
				return invalid("Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.").
					withParam((openAI{}).name(at("messages", i, "role")))
			}
			id := m.Get("tool_call_id").String()
			if !contains(open, id) {
				return invalid("Invalid parameter: 'tool_call_id' of '%s' not found in 'tool_calls' of previous message.", id).
					withParam((openAI{}).name(at("messages", i, "tool_call_id")))
			}
			open = without(open, id)
		case "user":
			if err := checkChatMedia(m.Get("content"), i); err != nil {
				return err
			}
		}
	}
	return unanswered(open, len(b.Get("messages").Array())-1)
}

func unanswered(open []string, i int) *apiError {
	if len(open) == 0 {
		return nil
	}
	return invalid("An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. "+
		"The following tool_call_ids did not have response messages: %s", strings.Join(open, ", ")).
		withParam((openAI{}).name(at("messages", i, "role")))
}

func checkChatAssistant(m gjson.Result, i int, strictModel bool) *apiError {
	absent := m.Get("content").Type == gjson.Null
	for _, other := range []string{"tool_calls", "function_call", "refusal", "audio"} {
		absent = absent && m.Get(other).Type == gjson.Null
	}
	if absent {
		return invalid("Invalid value for 'content': expected a string, got null.").
			withParam((openAI{}).name(at("messages", i, "content"))).withCode("invalid_value")
	}
	if strictModel && m.Get("reasoning_content").Exists() {
		return (openAI{}).unknown(at("messages", i), "reasoning_content")
	}
	return nil
}

func checkChatMedia(content gjson.Result, i int) *apiError {
	if !content.IsArray() {
		return nil
	}
	for j, p := range content.Array() {
		place := at("messages", i, "content", j)
		switch p.Get("type").String() {
		case "image_url":
			if err := checkOpenAIImage(p.Get("image_url.url").String(), place.field("image_url").field("url")); err != nil {
				return err
			}
		case "file":
			if err := checkOpenAIFile(p.Get("file"), place.field("file")); err != nil {
				return err
			}
		case "input_audio":
			if _, ok := decodeBase64(p.Get("input_audio.data").String()); !ok {
				return invalid("Invalid base64 audio data.").withParam((openAI{}).name(place))
			}
		}
	}
	return nil
}

func without(values []string, v string) []string {
	var rest []string
	for _, x := range values {
		if x != v {
			rest = append(rest, x)
		}
	}
	return rest
}
