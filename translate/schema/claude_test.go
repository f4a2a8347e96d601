package schema

import (
	"bytes"
	"testing"
)

func TestClaudeBehindGoogle(t *testing.T) {
	check(t, geminiWith(GeminiOptions{Claude: true, Parameters: true}), []example{
		{"types and constraints",
			`{"$schema":"x","type":"object","additionalProperties":false,"properties":{"n":{"type":"integer","minimum":1,"maximum":9},
			"s":{"type":"string","minLength":2,"format":"date-time","description":"When"},"l":{"type":"array","items":{"type":"string"},"minItems":1}},"required":["n","gone"]}`,
			`{"type":"object","properties":{"n":{"type":"integer","description":"minimum: 1; maximum: 9"},
			"s":{"type":"string","description":"When (minLength: 2; format: date-time)"},
			"l":{"type":"array","items":{"type":"string"},"description":"minItems: 1"}},"required":["n"]}`},
		{"enums of strings stay, others are said",
			`{"type":"object","properties":{"a":{"enum":["x","y"]},"b":{"type":"integer","enum":[1,2]},"c":{"const":"z"}}}`,
			`{"type":"object","properties":{"a":{"type":"string","enum":["x","y"]},"b":{"type":"integer","description":"Allowed: 1, 2"},"c":{"type":"string","enum":["z"]}}}`},
		{"null", `{"type":"object","properties":{"a":{"type":["string","null"]}}}`,
			`{"type":"object","properties":{"a":{"type":"string","description":"may be null"}}}`},
		{"the strongest branch",
			`{"type":"object","properties":{"a":{"description":"D","anyOf":[{"type":"string"},{"type":"array","items":{"type":"string"}},{"type":"object","properties":{"k":{"type":"string"}}}]}}}`,
			`{"type":"object","properties":{"a":{"type":"object","properties":{"k":{"type":"string"}},"description":"D (one of several forms)"}}}`},
		{"no object without a property", `{"type":"object","properties":{"o":{"type":"object"}}}`,
			`{"type":"object","properties":{"o":{"type":"object","properties":{"_":{"type":"string"}},"required":["_"]}}}`},
		{"no parameters", `{"type":"object","properties":{}}`, `{"type":"object","properties":{"_":{"type":"string"}},"required":["_"]}`},
		{"a cycle", `{"type":"object","properties":{"n":{"$ref":"#"}}}`,
			`{"type":"object","properties":{"n":{"type":"object","description":"See: root","properties":{"_":{"type":"string"}},"required":["_"]}}}`},
	})
	check(t, geminiWith(GeminiOptions{Claude: true}), []example{
		{"an answer", `{"type":"object","properties":{"a":{"type":["integer","null"]}}}`,
			`{"type":"object","properties":{"a":{"type":"integer","nullable":true}}}`},
		{"an answer of any shape", `{}`, `"omitted"`},
	})
}

// FuzzClaudeBehindGoogle wants no keyword in capitals, and no union, in what comes out.
func FuzzClaudeBehindGoogle(f *testing.F) {
	for _, g := range goldens(f) {
		f.Add([]byte(g.Schema))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		out, _, err := Gemini(raw, GeminiOptions{Claude: true, Parameters: true})
		if err != nil {
			return
		}
		n, err := load(out, nil)
		if err != nil {
			t.Fatalf("%s became %s: %v", raw, out, err)
		}
		var walk func(*node)
		walk = func(n *node) {
			for _, m := range n.members {
				if !claudeKeys[m.key] {
					t.Errorf("%s became %s, which has %s", raw, out, m.key)
				}
				for _, s := range m.subs {
					walk(s.node)
				}
			}
			if typ := n.get("type"); typ == nil || bytes.ContainsAny(typ.raw, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") {
				t.Errorf("%s became %s, where a type is missing or in capitals", raw, out)
			}
			if n.isType("object") && len(n.schemas("properties")) == 0 {
				t.Errorf("%s became %s, where an object has no properties", raw, out)
			}
		}
		walk(n)
	})
}
