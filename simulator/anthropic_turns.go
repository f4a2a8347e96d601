package simulator

import (
	"strings"
	"unicode"

	"github.com/tidwall/gjson"
)

// block is one content block with its place.
type block struct {
	gjson.Result
	at *path
}

func (b block) kind() string { return b.Get("type").String() }

// message is what one role says; neighbours of the same role are one message, as for Anthropic.
type message struct {
	role   string
	at     *path
	blocks []block
}

// isBlank tells whether a text is nothing but white space.
func isBlank(text string) bool { return strings.TrimSpace(text) == "" }

// checkTurns checks the messages: their blocks, and what they are to each other.
func (s *Simulator) checkTurns(b gjson.Result, beta func(...string) bool) *apiError {
	last := len(b.Get("messages").Array()) - 1
	for i, m := range b.Get("messages").Array() {
		if err := checkAnthropicMessage(m, i, i == last, beta); err != nil {
			return err
		}
	}
	messages := mergeMessages(b)
	if messages[0].role != "user" {
		return invalid("messages: first message must use the \"user\" role")
	}
	if err := s.checkBlocks(messages); err != nil {
		return err
	}
	if err := checkToolTurns(messages); err != nil {
		return err
	}
	if b.Get("thinking.type").String() == "enabled" {
		if err := checkLoopThinks(messages); err != nil {
			return err
		}
	}
	return checkPrefill(b, messages)
}

func checkAnthropicMessage(m gjson.Result, i int, last bool, beta func(...string) bool) *apiError {
	place, role := at("messages", i), m.Get("role").String()
	table := anthropicMessageByRole[role]
	switch {
	case !m.IsObject():
		return anthropic{}.wrongKind(place, anyObject(), m)
	case !m.Get("role").Exists():
		return anthropic{}.missing(place.field("role"))
	case role == "system" && !beta("mid-conversation-system"):
		return invalid("%s: role 'system' is not supported on this model", place.dots())
	case table == nil:
		return anthropic{}.badEnum(place.field("role"), []string{"user", "assistant"}, m.Get("role"))
	}
	if err := table.check(anthropic{}, place, m); err != nil {
		return err
	}
	content := m.Get("content")
	if (content.Type == gjson.String && content.String() == "" || content.IsArray() && len(content.Array()) == 0) && !(last && role == "assistant") {
		return invalid("%s: all messages must have non-empty content except for the optional final assistant message", place.dots())
	}
	if content.Type == gjson.String && isBlank(content.String()) && content.String() != "" {
		return invalid("messages: text content blocks must contain non-whitespace text")
	}
	return nil
}

// mergeMessages joins neighbours of the same role.
func mergeMessages(b gjson.Result) []message {
	var all []message
	for i, m := range b.Get("messages").Array() {
		role, place := m.Get("role").String(), at("messages", i)
		if len(all) == 0 || all[len(all)-1].role != role {
			all = append(all, message{role: role, at: place})
		}
		last := &all[len(all)-1]
		content := m.Get("content")
		if content.Type == gjson.String {
			if content.String() != "" {
				text := gjson.Parse(`{"type":"text","text":` + content.Raw + `}`)
				last.blocks = append(last.blocks, block{text, place.field("content")})
			}
			continue
		}
		for j, v := range content.Array() {
			last.blocks = append(last.blocks, block{v, place.field("content").index(j)})
		}
	}
	return all
}

// checkBlocks checks texts, media and signatures.
func (s *Simulator) checkBlocks(messages []message) *apiError {
	for _, m := range messages {
		for _, x := range m.blocks {
			if err := checkText(x); err != nil {
				return err
			}
			if err := s.checkSignature(x); err != nil {
				return err
			}
			for _, media := range append([]gjson.Result{x.Result}, x.Get("content").Array()...) {
				if err := checkAnthropicMedia(media, x.at); err != nil {
					return err
				}
			}
			if x.kind() != "tool_result" {
				continue
			}
			for k, inner := range x.Get("content").Array() {
				if err := checkText(block{inner, x.at.field("content").index(k)}); err != nil && x.Get("content").IsArray() {
					return err
				}
			}
		}
	}
	return nil
}

func checkText(x block) *apiError {
	if x.kind() != "text" {
		return nil
	}
	text := x.Get("text").String()
	switch {
	case text == "" && x.Get("cache_control").IsObject():
		return invalid("%s.cache_control: cache_control cannot be set for empty text blocks", x.at.dots())
	case text == "":
		return invalid("messages: text content blocks must be non-empty")
	case isBlank(text):
		return invalid("messages: text content blocks must contain non-whitespace text")
	}
	return nil
}

func (s *Simulator) checkSignature(x block) *apiError {
	switch x.kind() {
	case "thinking":
		if !s.signer.valid(signedThought, x.Get("signature").String(), x.Get("thinking").String()) {
			return invalid("%s: Invalid `signature` in `thinking` block", x.at.dots())
		}
	case "redacted_thinking":
		if !s.signer.valid(signedRedacted, x.Get("data").String(), "") {
			return invalid("%s: Invalid `data` in `redacted_thinking` block", x.at.dots())
		}
	}
	return nil
}

func checkAnthropicMedia(v gjson.Result, place *path) *apiError {
	kind, source := v.Get("type").String(), v.Get("source")
	if kind != "image" && kind != "document" {
		return nil
	}
	switch source.Get("type").String() {
	case "base64":
		if _, ok := decodeBase64(source.Get("data").String()); !ok {
			return invalid("%s.%s.source.base64.data: Invalid base64 data", place.dots(), kind)
		}
	case "url":
		if !strings.HasPrefix(source.Get("url").String(), "https://") {
			return invalid("%s.%s.source.url.url: Only HTTPS URLs are supported.", place.dots(), kind)
		}
	case "text":
		if source.Get("data").String() == "" {
			return invalid("%s.%s.source.text.data: String should have at least 1 character", place.dots(), kind)
		}
	}
	return nil
}

// checkToolTurns checks that every tool_use is answered in the very next message, before anything else there, and that
// nothing else is answered.
func checkToolTurns(messages []message) *apiError {
	used := map[string]bool{}
	for i, m := range messages {
		var previous, next message
		if i > 0 {
			previous = messages[i-1]
		}
		if i+1 < len(messages) {
			next = messages[i+1]
		}
		if m.role == "assistant" {
			if err := checkUses(m, next, used); err != nil {
				return err
			}
			continue
		}
		if err := checkResults(m, previous); err != nil {
			return err
		}
	}
	return nil
}

func checkUses(m, next message, used map[string]bool) *apiError {
	answered := map[string]bool{}
	for _, x := range next.blocks {
		if x.kind() != "tool_result" || next.role != "user" {
			break
		}
		answered[x.Get("tool_use_id").String()] = true
	}
	var missing []string
	for _, x := range m.blocks {
		if x.kind() != "tool_use" {
			continue
		}
		id := x.Get("id").String()
		if used[id] {
			return invalid("%s: `tool_use` ids must be unique", x.at.dots())
		}
		used[id] = true
		if !answered[id] {
			missing = append(missing, id)
		}
	}
	if len(missing) > 0 {
		return invalid("%s: `tool_use` ids were found without `tool_result` blocks immediately after: %s. "+
			"Each `tool_use` block must have a corresponding `tool_result` block in the next message.", m.at.dots(), strings.Join(missing, ", "))
	}
	return nil
}

func checkResults(m, previous message) *apiError {
	asked := map[string]bool{}
	for _, x := range previous.blocks {
		if x.kind() == "tool_use" {
			asked[x.Get("id").String()] = true
		}
	}
	seen := map[string]bool{}
	for _, x := range m.blocks {
		if x.kind() != "tool_result" {
			continue
		}
		id := x.Get("tool_use_id").String()
		if !asked[id] {
			return invalid("%s: unexpected `tool_use_id` found in `tool_result` blocks: %s. "+
				"Each `tool_result` block must have a corresponding `tool_use` block in the previous message.", x.at.dots(), id)
		}
		if seen[id] {
			return invalid("%s: each tool_use must have a single result. Found multiple `tool_result` blocks with id: %s", x.at.dots(), id)
		}
		seen[id] = true
	}
	return nil
}

// checkLoopThinks checks that the assistant's turn of a running tool loop begins with its thought.
func checkLoopThinks(messages []message) *apiError {
	last := messages[len(messages)-1]
	if len(messages) < 2 || last.role != "user" || len(last.blocks) == 0 || last.blocks[0].kind() != "tool_result" {
		return nil
	}
	turn := messages[len(messages)-2]
	first := turn.blocks[0]
	if kind := first.kind(); kind != "thinking" && kind != "redacted_thinking" {
		return invalid("%s.type: Expected `thinking` or `redacted_thinking`, but found `%s`. When `thinking` is enabled, a final "+
			"`assistant` message must start with a thinking block (preceeding the lastmost set of `tool_use` and `tool_result` blocks). "+
			"We recommend you include thinking blocks from previous turns. To avoid this requirement, disable `thinking`.", first.at.dots(), kind)
	}
	return nil
}

// checkPrefill checks a last message of the assistant.
func checkPrefill(b gjson.Result, messages []message) *apiError {
	last := messages[len(messages)-1]
	if last.role != "assistant" {
		return nil
	}
	if claudeVersion(b.Get("model").String()) >= 406 {
		return invalid("This model does not support assistant message prefill. The conversation must end with a user message.")
	}
	if thinkingOn(b) {
		return invalid("Expected the conversation to end with a user message when thinking is enabled; assistant message prefill is not supported.")
	}
	if len(last.blocks) == 0 {
		return nil
	}
	final := last.blocks[len(last.blocks)-1].Get("text").String()
	if strings.TrimRightFunc(final, unicode.IsSpace) != final {
		return invalid("messages: final assistant content cannot end with trailing whitespace")
	}
	return nil
}
