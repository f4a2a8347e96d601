package simulator

import (
	"regexp"
	"slices"

	"github.com/tidwall/gjson"
)

// checkClaude tells why Claude behind Antigravity would refuse a request in Gemini's dialect, nil if it would not. The
// rules are Anthropic's, found by those who have met their errors.
func (s *Simulator) checkClaude(b gjson.Result) *apiError {
	for _, rule := range []func() *apiError{
		func() *apiError { return checkClaudeConfig(b) },
		func() *apiError { return checkClaudeTools(b) },
		func() *apiError { return s.checkContentsSigned("claude", b, s.checkClaudeSignature) },
		func() *apiError { return checkClaudeContents(b) },
	} {
		if err := rule(); err != nil {
			return err
		}
	}
	return nil
}

const claudeMaxOutput = 64000

func claudeThinks(b gjson.Result) bool { return b.Get("generationConfig.thinkingConfig").Exists() }

func checkClaudeConfig(b gjson.Result) *apiError {
	c := b.Get("generationConfig")
	budget, limit := c.Get("thinkingConfig.thinkingBudget").Int(), c.Get("maxOutputTokens").Int()
	mode := b.Get("toolConfig.functionCallingConfig.mode").String()
	switch {
	case limit > claudeMaxOutput:
		return invalid("max_tokens: %d > %d, which is the maximum allowed number of output tokens", limit, claudeMaxOutput)
	case !claudeThinks(b):
		return nil
	case c.Get("thinkingConfig.thinkingLevel").Exists():
		return invalid("thinking: Extra inputs are not permitted")
	case budget < 1024:
		return invalid("thinking.enabled.budget_tokens: Input should be greater than or equal to 1024")
	case limit <= budget:
		return invalid("`max_tokens` must be greater than `thinking.budget_tokens`")
	case mode == "ANY":
		return invalid("Thinking may not be enabled when tool_choice forces tool use.")
	}
	return nil
}

func checkClaudeTools(b gjson.Result) *apiError {
	names := map[string]bool{}
	for _, f := range geminiDeclarations(b) {
		name := f.Get("name").String()
		switch {
		case !geminiName.MatchString(name):
			return invalid("tools.%s.name: String should match pattern", name)
		case names[name]:
			return invalid("tools: Tool names must be unique.")
		}
		names[name] = true
		if f.Get("parameters.type").String() != "object" {
			return invalid("tools.%s.custom.input_schema.type: Input should be 'object'", name)
		}
		if err := checkClaudeSchema(f.Get("parameters"), f.at.field("parameters"), 0); err != nil {
			return err
		}
	}
	for _, t := range b.Get("tools").Array() {
		if !t.Get("functionDeclarations").Exists() {
			return invalid("tools: server tools are not supported by this model")
		}
	}
	return checkCallingConfig(b.Get("toolConfig.functionCallingConfig"), names)
}

// claudeSchemaKeys are the keywords that both of the validators on the way take.
var claudeSchemaKeys = []string{"type", "description", "enum", "items", "properties", "required"}

var claudeSchemaTypes = []string{"string", "number", "integer", "boolean", "array", "object"}

func checkClaudeSchema(s gjson.Result, place *path, depth int) *apiError {
	say := gemini{}
	if !s.IsObject() || depth > 100 || !contains(claudeSchemaTypes, s.Get("type").String()) {
		return invalid("%s: JSON schema is invalid. It must match JSON Schema draft 2020-12", say.name(place))
	}
	var err *apiError
	s.ForEach(func(k, _ gjson.Result) bool {
		if !contains(claudeSchemaKeys, k.String()) {
			err = say.unknown(place, k.String())
		}
		return err == nil
	})
	properties := s.Get("properties").Map()
	switch {
	case err != nil:
		return err
	case s.Get("type").String() == "object" && len(properties) == 0:
		return invalid("%s: an object without properties cannot be validated", say.name(place))
	case s.Get("type").String() == "array" && !s.Get("items").Exists():
		return say.wrong(place.field("items"), "missing field.")
	}
	for _, r := range s.Get("required").Array() {
		if _, ok := properties[r.String()]; !ok {
			return say.wrong(place.field("required"), "property is not defined")
		}
	}
	for _, v := range s.Get("enum").Array() {
		if v.Type != gjson.String {
			return invalid("Invalid value at '%s' (TYPE_STRING), %s", say.name(place.field("enum")), v.Raw)
		}
	}
	s.Get("properties").ForEach(func(k, v gjson.Result) bool {
		err = checkClaudeSchema(v, place.field("properties").field(k.String()), depth+1)
		return err == nil
	})
	if items := s.Get("items"); err == nil && items.Exists() {
		err = checkClaudeSchema(items, place.field("items"), depth+1)
	}
	return err
}

var claudeCallID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// checkClaudeContents checks texts, ids and the order of what Claude said.
func checkClaudeContents(b gjson.Result) *apiError {
	contents := contentsOf(b)
	for _, c := range contents {
		for j, p := range c.parts {
			place := gemini{}.name(c.at.field("parts").index(j))
			thought := p.Get("thought").Bool()
			for _, item := range []string{"functionCall", "functionResponse"} {
				if f := p.Get(item); f.Exists() && !claudeCallID.MatchString(f.Get("id").String()) {
					return invalid("%s.%s.id: Field required", place, item)
				}
			}
			switch {
			case p.Get("text").Exists() && isBlank(p.Get("text").String()):
				return invalid("messages: text content blocks must contain non-whitespace text (%s)", place)
			case !thought:
			case c.role != "model":
				return invalid("%s: thinking stands in turns of the model alone", place)
			case !p.Get("thoughtSignature").Exists():
				return invalid("%s.thinking.signature: Field required", place)
			case j > 0 && !c.parts[j-1].Get("thought").Bool():
				return invalid("%s: thinking must come before what follows from it", place)
			}
		}
	}
	return checkClaudeLoop(b, contents)
}

// checkClaudeLoop checks that the turn whose calls are being answered begins with thinking, while the model thinks.
func checkClaudeLoop(b gjson.Result, contents []content) *apiError {
	last := contents[len(contents)-1]
	if last.role == "model" {
		return invalid("This model does not support assistant message prefill. The conversation must end with a user message.")
	}
	for i, c := range slices.Backward(contents) {
		if c.role != "model" {
			continue
		}
		answered := i+1 < len(contents) && len(contents[i+1].with("functionResponse")) > 0
		if claudeThinks(b) && answered && !c.parts[0].Get("thought").Bool() {
			return invalid("%s: Expected `thinking` or `redacted_thinking`, but found `tool_use`. When `thinking` is enabled, a final `assistant` "+
				"message must start with a thinking block", gemini{}.name(c.at))
		}
		break
	}
	return nil
}
