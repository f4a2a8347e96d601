package simulator

import (
	"net/http"
	"strings"

	"github.com/tidwall/gjson"
)

// messages answers POST /v1/messages.
func (s *Simulator) messages(w http.ResponseWriter, r *http.Request, q query) {
	c, err := s.askedMessages(r, q, false)
	if err != nil {
		anthropic{}.fail(w, err)
		return
	}
	setAnthropicHeaders(w.Header())
	s.perform(w, r, c, messageSpeaker{simulator: s})
}

// countMessages answers POST /v1/messages/count_tokens.
func (s *Simulator) countMessages(w http.ResponseWriter, r *http.Request, q query) {
	c, err := s.askedMessages(r, q, true)
	if err != nil {
		anthropic{}.fail(w, err)
		return
	}
	sendJSON(w, http.StatusOK, map[string]int{"input_tokens": c.countInput()})
}

// askedMessages checks a request and reads it.
func (s *Simulator) askedMessages(r *http.Request, q query, count bool) (*conversation, *apiError) {
	if err := s.checkMessages(r.Header, q.body, count); err != nil {
		return nil, err
	}
	c := readMessages(q.body)
	if isMissing(c.model) {
		return nil, anthropic{}.noModel(c.model)
	}
	return c, nil
}

// setAnthropicHeaders writes the headers of every answer of Anthropic.
func setAnthropicHeaders(h http.Header) {
	h.Set("Anthropic-Organization-Id", "00000000-0000-4000-8000-000000000000")
	h.Set("Anthropic-Ratelimit-Requests-Limit", "4000")
	h.Set("Anthropic-Ratelimit-Requests-Remaining", "3999")
	h.Set("Anthropic-Ratelimit-Requests-Reset", "2026-01-01T00:00:00Z")
}

// readMessages makes a conversation of a request that was checked.
func readMessages(b gjson.Result) *conversation {
	c := &conversation{
		model:      b.Get("model").String(),
		stream:     b.Get("stream").Bool(),
		answers:    1,
		maxTokens:  int(b.Get("max_tokens").Int()),
		tools:      readAnthropicTools(b),
		choice:     readAnthropicChoice(b.Get("tool_choice")),
		serial:     b.Get("tool_choice.disable_parallel_tool_use").Bool(),
		reasoning:  readThinking(b),
		marksCache: true,
		prewarm:    b.Get("max_tokens").Exists() && b.Get("max_tokens").Int() == 0,
	}
	for _, s := range b.Get("stop_sequences").Array() {
		c.stops = append(c.stops, s.String())
	}
	for _, place := range []string{"output_config.format", "output_format"} {
		if schema := b.Get(place + ".schema"); schema.Exists() {
			c.format = format{json: true, schema: schema}
		}
	}
	if system := b.Get("system"); system.Type == gjson.String {
		c.system = append(c.system, system.String())
	} else {
		for _, block := range system.Array() {
			c.system = append(c.system, block.Get("text").String())
		}
	}
	for _, m := range b.Get("messages").Array() {
		c.turns = append(c.turns, readAnthropicMessage(m))
	}
	c.readCacheMarks(b)
	return c
}

// readCacheMarks notes which turns carry a cache breakpoint; a breakpoint at the top marks the last turn.
func (c *conversation) readCacheMarks(b gjson.Result) {
	for _, place := range cachePlaces(b) {
		steps := place.at.steps()
		if steps[0].name == "messages" {
			c.turns[steps[1].number].marked = true
		} else {
			c.systemMarked = true
		}
	}
	if b.Get("cache_control").IsObject() {
		c.turns[len(c.turns)-1].marked = true
	}
}

// readThinking tells how the model thinks. Claude 4.7 and later show the thought only if asked.
func readThinking(b gjson.Result) reasoning {
	display := b.Get("thinking.display").String()
	shown := display == "summarized" || display == "" && claudeVersion(b.Get("model").String()) < 407
	return reasoning{on: thinkingOn(b), shown: shown, sealed: true}
}

func readAnthropicMessage(m gjson.Result) turn {
	t := turn{role: map[string]role{"user": roleUser, "assistant": roleAssistant, "system": roleSystem}[m.Get("role").String()]}
	content := m.Get("content")
	if content.Type == gjson.String {
		t.parts = append(t.parts, part{kind: partText, text: content.String()})
		return t
	}
	for _, block := range content.Array() {
		t.parts = append(t.parts, readBlock(block)...)
	}
	return t
}

func readBlock(b gjson.Result) []part {
	switch b.Get("type").String() {
	case "text":
		return []part{{kind: partText, text: b.Get("text").String()}}
	case "image", "document":
		return []part{readSource(b)}
	case "search_result":
		return []part{{kind: partText, text: b.Get("title").String()}}
	case "tool_use":
		return []part{{kind: partCall, id: b.Get("id").String(), name: b.Get("name").String(), arguments: b.Get("input").Raw}}
	case "tool_result":
		return readToolResult(b)
	}
	return nil
}

func readToolResult(b gjson.Result) []part {
	result := part{kind: partResult, id: b.Get("tool_use_id").String(), failed: b.Get("is_error").Bool()}
	content := b.Get("content")
	if content.Type == gjson.String {
		result.text = content.String()
		return []part{result}
	}
	var inner []part
	for _, block := range content.Array() {
		inner = append(inner, readBlock(block)...)
	}
	result.text = joinTexts(inner)
	return append([]part{result}, attachmentsOf(inner)...)
}

func readSource(b gjson.Result) part {
	source := b.Get("source")
	switch source.Get("type").String() {
	case "base64":
		return attachmentData(source.Get("media_type").String(), source.Get("data").String())
	case "text":
		return part{kind: partAttachment, mime: source.Get("media_type").String(), size: len(source.Get("data").String())}
	case "content":
		return part{kind: partAttachment, mime: "text/plain", size: len(source.Get("content").Raw)}
	}
	return part{kind: partAttachment, url: source.Get("url").String() + source.Get("file_id").String()}
}

// typedSchemas are the arguments of the tools that Anthropic has given a schema to.
var typedSchemas = map[string]string{
	"bash":        `{"type":"object","properties":{"command":{"type":"string"}},"required":["command"]}`,
	"text_editor": `{"type":"object","properties":{"command":{"enum":["view"]},"path":{"type":"string"}},"required":["command","path"]}`,
	"memory":      `{"type":"object","properties":{"command":{"enum":["view"]},"path":{"type":"string"}},"required":["command","path"]}`,
	"computer":    `{"type":"object","properties":{"action":{"enum":["screenshot"]}},"required":["action"]}`,
}

func readAnthropicTools(b gjson.Result) []tool {
	var tools []tool
	for _, t := range b.Get("tools").Array() {
		kind := t.Get("type").String()
		schema := t.Get("input_schema")
		if kind != "" && kind != "custom" {
			base := strings.TrimRight(kind, "_0123456789")
			if typedSchemas[base] == "" {
				continue
			}
			schema = gjson.Parse(typedSchemas[base])
		}
		tools = append(tools, tool{name: t.Get("name").String(), description: t.Get("description").String(), schema: schema})
	}
	return tools
}

func readAnthropicChoice(c gjson.Result) choice {
	kind := c.Get("type").String()
	made := choice{forbidden: kind == "none", forced: kind == "any" || kind == "tool"}
	if kind == "tool" {
		made.only = []string{c.Get("name").String()}
	}
	return made
}
