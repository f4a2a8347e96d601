package schema

import (
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// maxListed is how many values of an enum a hint names.
const maxListed = 100

// spoken are the constraints that become a hint where a target does not take
// them: what they ask for can be said in a few words.
var spoken = setOf("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "pattern",
	"format", "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties", "minContains", "maxContains",
	"contentEncoding", "contentMediaType", "readOnly", "writeOnly", "deprecated", "$ref")

// lose notes what a removed member asked for.
func (n *node) lose(m *member) {
	if !spoken[m.key] || m.form != data {
		return
	}
	if value, ok := spokenValue(m.raw); ok {
		n.hint(ir.Text(m.key) + ": " + value)
	}
}

// spokenValue is a scalar as it is said. What is false asks for nothing.
func spokenValue(raw []byte) (ir.Text, bool) {
	switch kindOf(raw) {
	case jsonx.String:
		return stringText(raw), true
	case jsonx.Number:
		return ir.Text(raw), true
	case jsonx.Bool:
		return "true", string(raw) == "true"
	}
	return "", false
}

// hint notes something for the description, once.
func (n *node) hint(t ir.Text) {
	for _, h := range n.hints {
		if h == t {
			return
		}
	}
	n.hints = append(n.hints, t)
}

// sayHints moves the hints into the description, in brackets when there is
// one already.
func (n *node) sayHints() {
	if len(n.hints) == 0 {
		return
	}
	said := joinTexts(n.hints)
	if description, ok := n.text("description"); ok && description != "" {
		said = description + " (" + said + ")"
	}
	n.hints = nil
	n.putRaw("description", said.AppendJSON(nil))
}

func joinTexts(texts []ir.Text) ir.Text {
	var b strings.Builder
	for i, t := range texts {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(string(t))
	}
	return ir.Text(b.String())
}

// allowedValues is the hint that stands for an enum.
func allowedValues(values [][]byte) ir.Text {
	var b strings.Builder
	b.WriteString("Allowed: ")
	for i, raw := range values {
		if i > 0 {
			b.WriteString(", ")
		}
		if i == maxListed {
			b.WriteString("…")
			break
		}
		b.WriteString(string(shown(raw)))
	}
	return ir.Text(b.String())
}

// shown is any value as it stands in a description.
func shown(raw []byte) ir.Text {
	if kindOf(raw) == jsonx.String {
		return stringText(raw)
	}
	return ir.Plain(string(jsonx.AppendCompact(nil, raw)))
}

// constraintWords are the constraints that Anthropic's strict form takes in
// words only, in the order in which they are said. It is the order of the AI
// SDK's sanitizer, whose wording Claude is used to.
var constraintWords = []struct{ key, words string }{
	{"minimum", "minimum"}, {"maximum", "maximum"},
	{"exclusiveMinimum", "exclusive minimum"}, {"exclusiveMaximum", "exclusive maximum"}, {"multipleOf", "multiple of"},
	{"minLength", "min length"}, {"maxLength", "max length"}, {"pattern", "pattern"},
	{"minItems", "min items"}, {"maxItems", "max items"}, {"uniqueItems", "unique items"},
	{"minProperties", "min properties"}, {"maxProperties", "max properties"}, {"not", "not"},
}

// sayConstraints moves the constraints into a line of their own at the end of
// the description.
func (n *node) sayConstraints() {
	said := n.hints
	for _, c := range constraintWords {
		m, ok := n.take(c.key)
		if !ok {
			continue
		}
		value, ok := spokenValue(m.raw)
		if m.form == one {
			value, ok = ir.Plain(string(m.subs[0].node.append(nil))), true
		}
		if ok {
			said = append(said, ir.Text(c.words)+": "+value)
		}
	}
	if format, ok := n.text("format"); ok && !strictFormats[format.String()] {
		n.drop("format")
		said = append(said, "format: "+format)
	}
	n.hints = nil
	if len(said) == 0 {
		return
	}
	line := joinTexts(said) + "."
	if description, ok := n.text("description"); ok && description != "" {
		line = description + `\n` + line
	}
	n.putRaw("description", line.AppendJSON(nil))
}
