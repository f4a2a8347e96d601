package schema

// openAIRefs: OpenAI takes references to definitions and to the root.
var openAIRefs = refRules{definitions: true, self: true, mergeRoot: true}

// forOpenAI brings a node with all below it into JSON Schema 2020-12, with
// items in every array.
func forOpenAI(n *node) {
	if n.literal != object {
		return
	}
	modernize(n)
	if n.isType("array") && !n.has("items") {
		n.put(member{key: "items", form: one, subs: []sub{{node: &node{}}}})
	}
	n.drop("$schema")
	n.keep(draft2020Keys)
	for _, m := range n.members {
		for _, s := range m.subs {
			forOpenAI(s.node)
		}
	}
	n.sayHints()
}

// openAIRoot makes an object of the root. A text format of another type, such
// as an enum for servers like vLLM, stays.
func openAIRoot(n *node) {
	if n.literal == object && !n.empty() && !n.isType("object") && !n.mergeable() {
		return
	}
	n.flattenRoot()
	n.asObject()
	n.filterRequired()
}

const (
	maxStrictProperties = 5000
	maxStrictDepth      = 10
)

// strictKeys are the keywords of strict mode.
// https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
var strictKeys = setOf("$id", "$ref", "$anchor", "$comment", "$defs", "definitions", "type", "enum", "const", "title", "description",
	"format", "pattern", "minLength", "maxLength", "minimum", "maximum", "multipleOf", "exclusiveMinimum", "exclusiveMaximum",
	"properties", "required", "additionalProperties", "items", "minItems", "maxItems", "anyOf")

// openAIFormats are the string formats of strict mode.
var openAIFormats = setOf("date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid")

// strictCheck tells whether a schema is one that strict mode takes.
type strictCheck struct {
	properties int
}

// strict reports whether the root satisfies the rules of strict mode.
func strict(root *node) bool {
	var c strictCheck
	t := root.types()
	return len(t) == 1 && t[0] == "object" && c.node(root, 0) && c.properties <= maxStrictProperties
}

func (c *strictCheck) node(n *node, depth int) bool {
	if n.literal != object || depth > maxStrictDepth {
		return false
	}
	if n.has("$ref") {
		return len(n.members) == 1
	}
	if !n.has("type") && !n.has("anyOf") || !c.object(n) {
		return false
	}
	if format, ok := n.text("format"); ok && n.isType("string") && !openAIFormats[format.String()] {
		return false
	}
	for _, m := range n.members {
		if !strictKeys[m.key] {
			return false
		}
		if m.key == "additionalProperties" {
			continue
		}
		for _, s := range m.subs {
			if !c.node(s.node, depth+1) {
				return false
			}
		}
	}
	return true
}

// object reports whether an object takes no other keys and requires its own.
func (c *strictCheck) object(n *node) bool {
	if !n.isType("object") && !n.has("properties") {
		return true
	}
	if extra := n.child("additionalProperties"); extra == nil || extra.literal != nothing {
		return false
	}
	var required []string
	if m := n.get("required"); m != nil {
		required = m.strings()
	}
	properties := n.schemas("properties")
	c.properties += len(properties)
	if len(required) != len(properties) {
		return false
	}
	set := setOf(required...)
	for _, s := range properties {
		if !set[s.name] {
			return false
		}
	}
	return true
}
