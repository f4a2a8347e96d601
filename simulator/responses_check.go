package simulator

import (
	"net/http"
	"strings"

	"github.com/tidwall/gjson"
)

// checkResponse tells why OpenAI would refuse a request, nil if it would not. The items are those of the request, after
// those of the stored response that it continues.
func (s *Simulator) checkResponse(b gjson.Result, items []gjson.Result) *apiError {
	for _, rule := range []func(gjson.Result) *apiError{checkMetadata, checkResponseLimits, checkResponseTools} {
		if err := rule(b); err != nil {
			return err
		}
	}
	earlier := len(items) - len(b.Get("input").Array())
	if err := checkResponseCalls(items, earlier); err != nil {
		return err
	}
	return s.checkResponseItems(items, earlier)
}

func checkResponseLimits(b gjson.Result) *apiError {
	has := func(name string) bool { return b.Get(name).Exists() && b.Get(name).Type != gjson.Null }
	switch {
	case has("stream_options") && !b.Get("stream").Bool():
		return invalid("The 'stream_options' parameter is only allowed when 'stream' is enabled.").withParam("stream_options")
	case has("previous_response_id") && has("conversation"):
		return invalid("Mutually exclusive parameters: 'previous_response_id' and 'conversation'.").
			withParam("previous_response_id").withCode("mutually_exclusive_parameters")
	case has("conversation"):
		return &apiError{status: http.StatusNotFound, param: "conversation",
			message: "Conversation with id '" + b.Get("conversation").String() + b.Get("conversation.id").String() + "' not found."}
	case b.Get("text.format.type").String() == "json_object" &&
		!strings.Contains(strings.ToLower(b.Get("input").Raw+b.Get("instructions").Raw), "json"):
		return invalid("Response input messages must contain the word 'json' in some form to use 'text.format' of type 'json_object'.").
			withParam("input")
	}
	if f := b.Get("text.format"); f.Get("type").String() == "json_schema" {
		if err := checkFormatSchema(f, "text.format.schema"); err != nil {
			return err
		}
	}
	return checkReasoningModel(b, b.Get("reasoning.effort").String())
}

func checkResponseTools(b gjson.Result) *apiError {
	var names []string
	for i, t := range b.Get("tools").Array() {
		inner := t.Get("tools").Array()
		if t.Get("type").String() != "namespace" {
			inner = []gjson.Result{t}
		}
		for _, f := range inner {
			name := f.Get("name").String()
			if t.Get("type").String() == "namespace" {
				names = append(names, t.Get("name").String()+"."+name)
			} else if name != "" {
				names = append(names, name)
			}
			if f.Get("type").String() != "function" {
				continue
			}
			// OpenAI's default is strict.
			strict := f.Get("strict").Type != gjson.False
			if err := checkFunctionSchema(name, f.Get("parameters"), strict, (openAI{}).name(at("tools", i, "parameters"))); err != nil {
				return err
			}
		}
	}
	if err := checkNames(names); err != nil {
		return err
	}
	if c := b.Get("tool_choice"); len(b.Get("tools").Array()) == 0 && (c.IsObject() || c.String() == "required") {
		return invalid("Tool choice '%s' must be specified with 'tools' parameter.", wantedChoice(c)).withParam("tool_choice")
	}
	for _, wanted := range responseChosen(b) {
		if !contains(names, wanted) && !strings.Contains(strings.Join(names, " ")+" ", "."+wanted+" ") {
			return invalid("Tool choice '%s' not found in 'tools' parameter.", wanted).withParam("tool_choice")
		}
	}
	return nil
}

// wantedChoice is what a tool_choice is called in messages.
func wantedChoice(c gjson.Result) string {
	if c.IsObject() {
		return c.Get("type").String()
	}
	return c.String()
}

// responseChosen are the names in tool_choice.
func responseChosen(b gjson.Result) []string {
	c := b.Get("tool_choice")
	var names []string
	if n := c.Get("name"); n.Exists() && c.Get("type").String() != "mcp" {
		names = append(names, n.String())
	}
	for _, t := range c.Get("tools").Array() {
		if n := t.Get("name"); n.Exists() {
			names = append(names, n.String())
		}
	}
	return names
}

// answeredBy are the types of calls and of their outputs.
var answeredBy = map[string]string{
	"function_call": "function_call_output", "custom_tool_call": "custom_tool_call_output",
}

// checkResponseCalls checks that every output has its call before it and every call its output after it, once.
func checkResponseCalls(items []gjson.Result, earlier int) *apiError {
	open := map[string]string{} // the type of output that each call waits for
	answered := map[string]bool{}
	var order []string
	for i, item := range items {
		kind, id := item.Get("type").String(), item.Get("call_id").String()
		param := (openAI{}).name(at("input", max(i-earlier, 0)))
		output, isCall := answeredBy[kind]
		switch {
		case kind == "function_call_output" && id == "" && item.Get("name").String() != "":
			// What a client tells the model as a tool that nobody has called.
		case kind == "function_call_output" && !item.Get("call_id").Exists():
			return openAI{}.missing(at("input", max(i-earlier, 0)).field("call_id"))
		case isCall && (open[id] != "" || answered[id]):
			return invalid("Duplicate item found with call_id %s. Remove duplicate items from your input and try again.", id).withParam("input")
		case isCall:
			open[id] = output
			order = append(order, id)
		case strings.HasSuffix(kind, "call_output") && answeredOutput(kind):
			if answered[id] {
				return invalid("Duplicate item found with call_id %s. Remove duplicate items from your input and try again.", id).withParam("input")
			}
			if open[id] != kind {
				return invalid("No tool call found for %s with call_id %s.", strings.ReplaceAll(strings.TrimSuffix(kind, "_output"), "_", " ")+" output", id).
					withParam(param)
			}
			delete(open, id)
			answered[id] = true
		}
	}
	for _, id := range order {
		if open[id] != "" {
			return invalid("No tool output found for %s %s.", strings.ReplaceAll(strings.TrimSuffix(open[id], "_output"), "_", " "), id).
				withParam("input")
		}
	}
	return nil
}

func answeredOutput(kind string) bool {
	for _, output := range answeredBy {
		if output == kind {
			return true
		}
	}
	return false
}

// checkResponseItems checks single items and what must follow them.
func (s *Simulator) checkResponseItems(items []gjson.Result, earlier int) *apiError {
	for i, item := range items {
		place := at("input", max(i-earlier, 0))
		switch item.Get("type").String() {
		case "reasoning":
			if err := s.checkReasoningItem(items, i, place); err != nil {
				return err
			}
		case "function_call":
			// OpenAI does not check the arguments, they are text that a model wrote.
		default:
			for j, p := range append(item.Get("content").Array(), item.Get("output").Array()...) {
				if err := checkResponsePart(p, place.field("content").index(j)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (s *Simulator) checkReasoningItem(items []gjson.Result, i int, place *path) *apiError {
	item := items[i]
	id := item.Get("id").String()
	if i+1 == len(items) || !followsReasoning(items[i+1]) {
		return invalid("Item '%s' of type 'reasoning' was provided without its required following item.", id).withParam("input")
	}
	sealed := item.Get("encrypted_content").String()
	if sealed != "" && !s.signer.valid(signedReasoning, sealed, "") {
		return invalid("The encrypted content %s... could not be verified. Reason: Encrypted content organization_id did not match the target organization.", sealed[:min(len(sealed), 6)]).
			withParam("input").withCode("invalid_encrypted_content")
	}
	if _, stored := s.items.get(id); sealed == "" && id != "" && !stored {
		return noItem(id, "input")
	}
	return nil
}

// followsReasoning tells whether an item is one that a model makes after it has thought.
func followsReasoning(item gjson.Result) bool {
	kind := item.Get("type").String()
	switch {
	case kind == "message" || kind == "":
		return item.Get("role").String() == "assistant"
	case kind == "reasoning", kind == "compaction", kind == "program":
		return true
	}
	return strings.HasSuffix(kind, "_call")
}

func checkResponsePart(p gjson.Result, place *path) *apiError {
	switch p.Get("type").String() {
	case "input_image":
		url := p.Get("image_url")
		if !url.Exists() && !p.Get("file_id").Exists() {
			return (openAI{}).missing(place.field("image_url"))
		}
		if url.Exists() {
			return checkOpenAIImage(url.String(), place.field("image_url"))
		}
	case "input_file":
		return checkOpenAIFile(p, place)
	}
	return nil
}
