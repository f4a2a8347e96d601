package schema

// convertGemini does the work of Gemini.
func convertGemini(raw []byte, o GeminiOptions) (entry, error) {
	if o.JSON && !o.NonemptyObjects {
		if same, _ := plain(raw, geminiPlain); same {
			return entry{same: true, ok: true}, nil
		}
	}
	return rebuildGemini(raw, o)
}

func rebuildGemini(raw []byte, o GeminiOptions) (entry, error) {
	rules := openAPIRefs
	if o.JSON {
		rules = geminiJSONRefs
	}
	rules.mergeRoot = o.Parameters
	n, err := prepare(raw, rules)
	if err != nil {
		return entry{}, err
	}
	if o.Parameters || n.empty() {
		n.flatten(laterWins)
		n.flattenRoot()
		n.asObject()
	}
	if o.JSON {
		g := geminiJSON{nonempty: o.NonemptyObjects}
		g.convert(n)
		n.pruneDefinitions()
	} else {
		a := openAPI{nonempty: o.NonemptyObjects}
		a.convert(n)
		if o.Claude {
			a.forClaude(n, o.Parameters)
		}
		err = a.err
	}
	return entry{out: n.append(nil), ok: !n.bare(o)}, err
}

// bare reports whether a converted root asks for nothing that is worth to be
// sent.
func (n *node) bare(o GeminiOptions) bool {
	if len(n.schemas("properties")) > 0 {
		return false
	}
	if o.Claude {
		return !o.Parameters && n.is("type", `"object"`)
	}
	if !o.JSON {
		return n.is("type", `"OBJECT"`)
	}
	extra := n.child("additionalProperties")
	return o.Parameters && (extra == nil || extra.literal == nothing)
}

// convertAnthropic does the work of Anthropic and RenamedKeys.
func convertAnthropic(raw []byte, o AnthropicOptions) (entry, error) {
	if o == (AnthropicOptions{}) {
		if same, _ := plain(raw, anthropicPlain); same {
			return entry{same: true}, nil
		}
	}
	return rebuildAnthropic(raw, o)
}

func rebuildAnthropic(raw []byte, o AnthropicOptions) (entry, error) {
	a := anthropic{o}
	n, err := prepare(raw, a.refs())
	if err != nil {
		return entry{}, err
	}
	a.root(n)
	a.convert(n)
	n.pruneDefinitions()
	var renamed map[string]string
	if !o.Format {
		renamed = n.renameKeys()
	}
	return entry{out: n.append(nil), renamed: renamed}, nil
}

// convertOpenAI does the work of OpenAI.
func convertOpenAI(raw []byte) (entry, error) {
	if same, strict := plain(raw, openAIPlain); same {
		return entry{same: true, strict: strict}, nil
	}
	return rebuildOpenAI(raw)
}

func rebuildOpenAI(raw []byte) (entry, error) {
	n, err := prepare(raw, openAIRefs)
	if err != nil {
		return entry{}, err
	}
	openAIRoot(n)
	forOpenAI(n)
	n.pruneDefinitions()
	return entry{out: n.append(nil), strict: strict(n)}, nil
}

// convertFromOpenAPI does the work of FromOpenAPI.
func convertFromOpenAPI(raw []byte) (entry, error) {
	n, err := load(raw, openAPIAliases)
	if err != nil {
		return entry{}, err
	}
	fromOpenAPI(n)
	if n.literal != object {
		n = &node{}
	}
	return entry{out: n.append(nil)}, nil
}

// prepare reads, repairs and resolves a schema.
func prepare(raw []byte, rules refRules) (*node, error) {
	n, err := load(raw, nil)
	if err != nil {
		return nil, err
	}
	return resolve(n, rules)
}
