package schema

// anthropic converts schemas for Anthropic's tools and structured answers.
type anthropic struct {
	AnthropicOptions
}

// refs tells which references Anthropic takes: those to definitions and, since
// it is plain JSON Schema, those to the root.
func (a *anthropic) refs() refRules {
	rules := refRules{definitions: true, self: true, mergeAllOf: a.Strict, mergeRoot: !a.Format}
	if a.Strict {
		rules.siblings = dropSiblings
	}
	return rules
}

// strictFormats are the string formats of Anthropic's strict form.
var strictFormats = setOf("date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid")

// convert converts one node with all below it.
func (a *anthropic) convert(n *node) {
	if n.literal != object {
		return
	}
	if a.Strict {
		n.flatten(laterWins)
	}
	modernize(n)
	if a.Vertex && !a.Strict {
		a.forVertex(n)
	}
	if a.Strict {
		a.close(n)
	}
	for _, m := range n.members {
		for _, s := range m.subs {
			a.convert(s.node)
		}
	}
	if !a.Strict {
		n.keep(draft2020Keys)
		n.sayHints()
	}
}

// forVertex removes what Claude on Vertex does not take.
func (a *anthropic) forVertex(n *node) {
	for _, key := range []string{"minItems", "maxItems"} {
		if m, ok := n.take(key); ok {
			n.lose(&m)
		}
	}
	if m := n.get("additionalProperties"); m != nil && m.subs[0].node.literal == object {
		m.subs = []sub{{node: &node{literal: nothing}}}
	}
}

// close brings a node into the strict form: what Anthropic cannot compile into
// a grammar is said in words, and objects take no other keys.
func (a *anthropic) close(n *node) {
	if m, ok := n.take("oneOf"); ok {
		n.merge(&node{members: []member{{key: "anyOf", form: list, subs: m.subs}}}, ownWins)
	}
	if ref, ok := n.take("$ref"); ok {
		n.members, n.hints = []member{ref}, nil
		return
	}
	n.sayConstraints()
	n.keep(anthropicStrictKeys)
	n.hints = nil
	if n.isType("object") || n.has("properties") {
		n.put(member{key: "additionalProperties", form: one, subs: []sub{{node: &node{literal: nothing}}}})
	} else {
		n.drop("additionalProperties")
	}
	n.filterRequired()
}

// root makes the root of a tool's schema the plain object that Anthropic
// demands there.
func (a *anthropic) root(n *node) {
	if a.Format && !n.empty() {
		return
	}
	n.flattenRoot()
	n.asObject()
	n.filterRequired()
}

// flattenRoot merges the unions of the root into it. The first definition of
// a property wins.
func (n *node) flattenRoot() {
	if n.literal != object {
		return
	}
	n.mergeAllOf(ownWins)
	n.mergeUnions()
	n.drop("not", "enum", "const", "items", "prefixItems", "nullable")
}

// modernize writes what older drafts and OpenAPI write otherwise as JSON
// Schema 2020-12 does.
func modernize(n *node) {
	nullableToType(n)
	tupleToPrefix(n)
	for _, b := range []struct{ exclusive, inclusive string }{
		{"exclusiveMinimum", "minimum"}, {"exclusiveMaximum", "maximum"},
	} {
		exclusive := n.is(b.exclusive, "true")
		if exclusive || n.is(b.exclusive, "false") {
			n.drop(b.exclusive)
		}
		if limit := n.get(b.inclusive); exclusive && limit != nil {
			limit.key = b.exclusive
		}
	}
}
