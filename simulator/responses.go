package simulator

import (
	"encoding/json"
	"net/http"

	"github.com/tidwall/gjson"
)

// storedResponse is a response that a later request may continue.
type storedResponse struct {
	body  json.RawMessage // the response object
	items []gjson.Result  // of its input and its output
	input int             // how many of them are input
}

// createResponse answers POST /v1/responses.
func (s *Simulator) createResponse(w http.ResponseWriter, r *http.Request, q query) {
	c, items, err := s.readResponse(q.body, responseRequest)
	if err != nil {
		openAI{}.fail(w, err)
		return
	}
	setOpenAIHeaders(w.Header())
	s.perform(w, r, c, &responseSpeaker{
		simulator: s, request: q.body, items: items,
		sealed:   q.body.Get(`include.#(=="reasoning.encrypted_content")`).Exists(),
		summary:  q.body.Get("reasoning.summary").String() != "" || q.body.Get("reasoning.generate_summary").String() != "",
		isStored: q.body.Get("store").Type != gjson.False,
	})
}

// countResponse answers POST /v1/responses/input_tokens.
func (s *Simulator) countResponse(w http.ResponseWriter, _ *http.Request, q query) {
	c, _, err := s.readResponse(q.body, responseCountRequest)
	if err != nil {
		openAI{}.fail(w, err)
		return
	}
	sendJSON(w, http.StatusOK, map[string]any{"object": "response.input_tokens", "input_tokens": c.countInput()})
}

// readResponse checks a request and makes a conversation of it; the items include those of the response that it
// continues, and references are resolved.
func (s *Simulator) readResponse(b gjson.Result, table *shape) (*conversation, []gjson.Result, *apiError) {
	if err := table.check(openAI{}, nil, b); err != nil {
		return nil, nil, err
	}
	items, err := s.allItems(b)
	if err != nil {
		return nil, nil, err
	}
	if err := s.checkResponse(b, items); err != nil {
		return nil, nil, err
	}
	if model := b.Get("model").String(); isMissing(model) {
		return nil, nil, openAI{}.noModel(model)
	}
	return responseConversation(b, items), items, nil
}

// allItems are the items of the stored response and of the request; a text is one message of the user.
func (s *Simulator) allItems(b gjson.Result) ([]gjson.Result, *apiError) {
	var items []gjson.Result
	if id := b.Get("previous_response_id").String(); id != "" {
		stored, ok := s.responses.get(id)
		if !ok {
			return nil, invalid("Previous response with id '%s' not found.", id).
				withParam("previous_response_id").withCode("previous_response_not_found")
		}
		items = append(items, stored.items...)
	}
	if input := b.Get("input"); input.Type == gjson.String {
		message, _ := json.Marshal(map[string]string{"type": "message", "role": "user", "content": input.String()})
		return append(items, gjson.ParseBytes(message)), nil
	}
	for i, item := range b.Get("input").Array() {
		if item.Get("type").String() == "item_reference" {
			id := item.Get("id").String()
			raw, ok := s.items.get(id)
			if !ok {
				return nil, noItem(id, (openAI{}).name(at("input", i)))
			}
			item = gjson.Parse(raw)
		}
		items = append(items, item)
	}
	return items, nil
}

func noItem(id, param string) *apiError {
	return &apiError{status: http.StatusNotFound, param: param, message: "Item with id '" + id + "' not found. Items are not " +
		"persisted when `store` is set to false. Try again with `store` set to true, or remove this item from your input."}
}

func responseConversation(b gjson.Result, items []gjson.Result) *conversation {
	c := &conversation{
		model:     b.Get("model").String(),
		stream:    b.Get("stream").Bool(),
		answers:   1,
		maxTokens: int(b.Get("max_output_tokens").Int()),
		tools:     readResponseTools(b),
		choice:    readResponseChoice(b),
		format:    readChatFormat(b.Get("text.format")),
		serial:    b.Get("parallel_tool_calls").Type == gjson.False,
	}
	if instructions := b.Get("instructions").String(); instructions != "" {
		c.system = append(c.system, instructions)
	}
	c.reasoning.on = b.Get("reasoning").IsObject() && b.Get("reasoning.effort").String() != "none"
	for _, item := range items {
		c.readResponseItem(item)
	}
	return c
}

func (c *conversation) readResponseItem(item gjson.Result) {
	add := func(r role, parts ...part) { c.turns = append(c.turns, turn{role: r, parts: parts}) }
	switch item.Get("type").String() {
	case "", "message":
		parts := readResponseContent(item.Get("content"))
		switch item.Get("role").String() {
		case "user":
			add(roleUser, parts...)
		case "assistant":
			add(roleAssistant, parts...)
		default:
			c.system = append(c.system, joinTexts(parts))
		}
	case "function_call", "custom_tool_call":
		add(roleAssistant, part{
			kind: partCall, id: item.Get("call_id").String(), name: item.Get("name").String(),
			arguments: item.Get("arguments").String() + item.Get("input").String(),
		})
	case "function_call_output", "custom_tool_call_output":
		parts := readResponseContent(item.Get("output"))
		if item.Get("call_id").String() == "" {
			c.system = append(c.system, joinTexts(parts))
			return
		}
		result := part{kind: partResult, id: item.Get("call_id").String(), text: joinTexts(parts)}
		add(roleUser, append([]part{result}, attachmentsOf(parts)...)...)
	}
}

func readResponseContent(content gjson.Result) []part {
	if content.Type == gjson.String {
		return []part{{kind: partText, text: content.String()}}
	}
	var parts []part
	for _, p := range content.Array() {
		switch p.Get("type").String() {
		case "input_text", "output_text", "refusal":
			parts = append(parts, part{kind: partText, text: p.Get("text").String() + p.Get("refusal").String()})
		case "input_image":
			parts = append(parts, attachmentURL(p.Get("image_url").String()+p.Get("file_id").String()))
		case "input_file":
			parts = append(parts, readOpenAIFile(p))
		case "input_audio":
			parts = append(parts, attachmentData("audio/"+p.Get("input_audio.format").String(), p.Get("input_audio.data").String()))
		}
	}
	return parts
}

func attachmentsOf(parts []part) []part {
	var found []part
	for _, p := range parts {
		if p.kind == partAttachment {
			found = append(found, p)
		}
	}
	return found
}

func readResponseTools(b gjson.Result) []tool {
	var tools []tool
	for _, t := range declaredTools(b) {
		switch t.Get("type").String() {
		case "function", "custom":
			tools = append(tools, readResponseTool(t, ""))
		case "namespace":
			for _, inner := range t.Get("tools").Array() {
				tools = append(tools, readResponseTool(inner, t.Get("name").String()))
			}
		}
	}
	return tools
}

// declaredTools are the tools of a request and those that items bring for the rest of the conversation.
func declaredTools(b gjson.Result) []gjson.Result {
	tools := b.Get("tools").Array()
	for _, item := range b.Get("input").Array() {
		if item.Get("type").String() == "additional_tools" {
			tools = append(tools, item.Get("tools").Array()...)
		}
	}
	return tools
}

func readResponseTool(t gjson.Result, namespace string) tool {
	return tool{
		name: t.Get("name").String(), namespace: namespace, description: t.Get("description").String(),
		schema: t.Get("parameters"), custom: t.Get("type").String() == "custom",
	}
}

func readResponseChoice(b gjson.Result) choice {
	c := b.Get("tool_choice")
	mode := c.String()
	if c.IsObject() {
		mode = "required"
	}
	if m := c.Get("mode"); m.Exists() {
		mode = m.String()
	}
	return choice{forbidden: mode == "none", forced: mode == "required", only: responseChosen(b)}
}

// getResponse answers GET /v1/responses/{id}.
func (s *Simulator) getResponse(w http.ResponseWriter, _ *http.Request, q query) {
	stored, ok := s.responses.get(q.id)
	if !ok {
		openAI{}.fail(w, noResponse(q.id))
		return
	}
	sendJSON(w, http.StatusOK, stored.body)
}

// deleteResponse answers DELETE /v1/responses/{id}.
func (s *Simulator) deleteResponse(w http.ResponseWriter, _ *http.Request, q query) {
	if _, ok := s.responses.get(q.id); !ok {
		openAI{}.fail(w, noResponse(q.id))
		return
	}
	s.responses.remove(q.id)
	sendJSON(w, http.StatusOK, map[string]any{"id": q.id, "object": "response", "deleted": true})
}

// listInputItems answers GET /v1/responses/{id}/input_items.
func (s *Simulator) listInputItems(w http.ResponseWriter, _ *http.Request, q query) {
	stored, ok := s.responses.get(q.id)
	if !ok {
		openAI{}.fail(w, noResponse(q.id))
		return
	}
	data := []json.RawMessage{}
	for _, item := range stored.items[:stored.input] {
		data = append(data, json.RawMessage(item.Raw))
	}
	sendJSON(w, http.StatusOK, map[string]any{"object": "list", "data": data, "has_more": false, "first_id": nil, "last_id": nil})
}

func noResponse(id string) *apiError {
	return &apiError{status: http.StatusNotFound, message: "Response with id '" + id + "' not found."}
}
