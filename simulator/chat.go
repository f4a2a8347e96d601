package simulator

import (
	"net/http"
	"strings"

	"github.com/tidwall/gjson"
)

// chatCompletions answers POST /v1/chat/completions.
func (s *Simulator) chatCompletions(w http.ResponseWriter, r *http.Request, q query) {
	if err := checkChat(q.body); err != nil {
		openAI{}.fail(w, err)
		return
	}
	c := readChat(q.body)
	if isMissing(c.model) {
		openAI{}.fail(w, openAI{}.noModel(c.model))
		return
	}
	setOpenAIHeaders(w.Header())
	s.perform(w, r, c, chatSpeaker{
		usageAsked: q.body.Get("stream_options.include_usage").Bool(),
		functions:  q.body.Get("functions").Exists(),
	})
}

// setOpenAIHeaders writes the headers of every answer of OpenAI.
func setOpenAIHeaders(h http.Header) {
	h.Set("Openai-Version", "2020-10-01")
	h.Set("X-Ratelimit-Limit-Requests", "10000")
	h.Set("X-Ratelimit-Remaining-Requests", "9999")
	h.Set("X-Ratelimit-Reset-Requests", "6ms")
}

// readChat makes a conversation of a request that was checked.
func readChat(b gjson.Result) *conversation {
	c := &conversation{
		model:   b.Get("model").String(),
		stream:  b.Get("stream").Bool(),
		answers: max(1, int(b.Get("n").Int())),
		tools:   readChatTools(b),
		choice:  readChatChoice(b),
		format:  readChatFormat(b.Get("response_format")),
		serial:  b.Get("parallel_tool_calls").Type == gjson.False,
	}
	c.maxTokens = int(b.Get("max_completion_tokens").Int() + b.Get("max_tokens").Int())
	if stop := b.Get("stop"); stop.Type != gjson.Null {
		for _, s := range stop.Array() {
			c.stops = append(c.stops, s.String())
		}
	}
	effort := b.Get("reasoning_effort").String()
	c.reasoning.on = effort != "" && effort != "none"
	names := map[string]string{}
	for _, m := range b.Get("messages").Array() {
		c.readChatMessage(m, names)
	}
	return c
}

func (c *conversation) readChatMessage(m gjson.Result, names map[string]string) {
	parts := readChatContent(m.Get("content"))
	switch m.Get("role").String() {
	case "system", "developer":
		for _, p := range parts {
			c.system = append(c.system, p.text)
		}
	case "user":
		c.turns = append(c.turns, turn{role: roleUser, parts: parts})
	case "assistant":
		for _, call := range m.Get("tool_calls").Array() {
			f := call.Get(call.Get("type").String())
			id, name := call.Get("id").String(), f.Get("name").String()
			names[id] = name
			parts = append(parts, part{kind: partCall, id: id, name: name, arguments: f.Get("arguments").String() + f.Get("input").String()})
		}
		if f := m.Get("function_call"); f.IsObject() {
			parts = append(parts, part{kind: partCall, name: f.Get("name").String(), arguments: f.Get("arguments").String()})
		}
		c.turns = append(c.turns, turn{role: roleAssistant, parts: parts})
	case "tool", "function":
		id := m.Get("tool_call_id").String()
		name := m.Get("name").String()
		if name == "" {
			name = names[id]
		}
		c.turns = append(c.turns, turn{role: roleUser, parts: []part{{kind: partResult, id: id, name: name, text: joinTexts(parts)}}})
	}
}

func readChatContent(content gjson.Result) []part {
	if !content.IsArray() {
		if content.String() == "" {
			return nil
		}
		return []part{{kind: partText, text: content.String()}}
	}
	var parts []part
	for _, p := range content.Array() {
		switch p.Get("type").String() {
		case "text", "refusal":
			parts = append(parts, part{kind: partText, text: p.Get("text").String() + p.Get("refusal").String()})
		case "image_url":
			parts = append(parts, attachmentURL(p.Get("image_url.url").String()))
		case "input_audio":
			parts = append(parts, attachmentData("audio/"+p.Get("input_audio.format").String(), p.Get("input_audio.data").String()))
		case "file":
			parts = append(parts, readOpenAIFile(p.Get("file")))
		}
	}
	return parts
}

// readOpenAIFile is the attachment of a file of both OpenAI APIs.
func readOpenAIFile(f gjson.Result) part {
	if url := f.Get("file_url").String(); url != "" {
		return part{kind: partAttachment, url: url}
	}
	if id := f.Get("file_id").String(); id != "" {
		return part{kind: partAttachment, url: id}
	}
	return attachmentURL(f.Get("file_data").String())
}

func joinTexts(parts []part) string {
	var texts []string
	for _, p := range parts {
		if p.kind == partText {
			texts = append(texts, p.text)
		}
	}
	return strings.Join(texts, "\n")
}

func readChatTools(b gjson.Result) []tool {
	var tools []tool
	for _, t := range b.Get("tools").Array() {
		f := t.Get(t.Get("type").String())
		tools = append(tools, tool{
			name: f.Get("name").String(), description: f.Get("description").String(),
			schema: f.Get("parameters"), custom: t.Get("type").String() == "custom",
		})
	}
	for _, f := range b.Get("functions").Array() {
		tools = append(tools, tool{name: f.Get("name").String(), description: f.Get("description").String(), schema: f.Get("parameters")})
	}
	return tools
}

func readChatChoice(b gjson.Result) choice {
	c := b.Get("tool_choice")
	if f := b.Get("function_call"); f.Exists() {
		c = f
	}
	mode := c.String()
	if c.IsObject() {
		mode = "required"
	}
	if m := c.Get("allowed_tools.mode"); m.Exists() {
		mode = m.String()
	}
	return choice{forbidden: mode == "none", forced: mode == "required", only: chatChosen(b)}
}

func readChatFormat(f gjson.Result) format {
	kind := f.Get("type").String()
	schema := f.Get("json_schema.schema")
	if !schema.Exists() {
		schema = f.Get("schema")
	}
	return format{json: kind == "json_object" || kind == "json_schema", schema: schema}
}
