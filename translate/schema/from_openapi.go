package schema

// openAPIAliases are the names that Google's APIs take for keywords in the
// spelling of protocol buffers.
var openAPIAliases = map[string]string{
	"any_of": "anyOf", "one_of": "oneOf", "all_of": "allOf", "prefix_items": "prefixItems",
	"min_items": "minItems", "max_items": "maxItems", "min_length": "minLength", "max_length": "maxLength",
	"min_properties": "minProperties", "max_properties": "maxProperties",
	"property_ordering": "propertyOrdering", "additional_properties": "additionalProperties",
}

// fromOpenAPI brings a node with all below it from OpenAPI into JSON Schema.
// Types in upper case and numbers in strings are already repaired.
func fromOpenAPI(n *node) {
	if n.literal != object {
		return
	}
	if format, ok := n.text("format"); ok && format == "enum" {
		n.drop("format")
	}
	modernize(n)
	n.keep(draft2020Keys)
	for _, m := range n.members {
		for _, s := range m.subs {
			fromOpenAPI(s.node)
		}
	}
	n.sayHints()
}
