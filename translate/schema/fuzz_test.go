package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"
)

// odd are schemas at the rim of what the conversions meet.
var odd = []string{
	``, `null`, `true`, `false`, `{}`, `[]`, `"x"`, `1`, `{`, `{"type":"object","properties":null,"required":null}`,
	`{"type":"object","type":"string","properties":{"a":{},"a":{"type":"string"}}}`,
	`{"properties":{"a":{"required":true,"type":"STRING"},"b":null,"c":"string","d":true,"e":false}}`,
	`{"type":"object","properties":{"a":{"$ref":"#"},"b":{"$ref":"#/properties/a"},"c":{"$ref":"#/properties/c"},"d":{"$ref":"#/$defs/%"}}}`,
	`{"$ref":"#","properties":{"a":{"$ref":"#/$defs/a"}},"$defs":{"a":{"anyOf":[{"$ref":"#/$defs/b"},{"type":"null"}]},"b":{"allOf":[{"$ref":"#/$defs/a"}]}}}`,
	`{"$defs":{"a":{"required":["x"],"properties":{"x":{"$ref":"#/definitions/a"}}}},"definitions":{"a":{"$ref":"#/$defs/a","title":"T"}},"$ref":"#/$defs/a"}`,
	`{"anyOf":[{"type":["object","null"],"properties":{"a b":{}},"required":["a b"]},true],"oneOf":[{"allOf":[{"anyOf":[]}]}],"not":{},"enum":[1]}`,
	`{"type":"object","properties":{"p":{"type":["string","array","object","integer","null"],"enum":["a",1,null,[],{}],"items":[{"const":{"a":null}},true],"anyOf":[{"nullable":true},{"enum":[]}]}}}`,
	`{"type":"array","items":[{"type":"a\"b"}],"additionalItems":{},"minItems":"1","maxItems":1e2,"exclusiveMinimum":"7","minimum":-0.5e-7,"description":"\u00e9\"\\\n\ud800"}`,
	`{"type":"object","properties":{"\u0000\ud83d\ude00":{"format":"email","pattern":"\\d+\"","description":""}},"required":["\u0000😀"],"if":{},"then":{"properties":{"z":{}}},"else":true}`,
	"{\n \"type\" : \"object\" ,\r\n \"properties\" : { \"a\" : { \"type\" : \"string\" , \"default\" : { \"x\" : [ 1 , 2 ] } } } }",
}

func addSeeds(f *testing.F) {
	for _, g := range goldens(f) {
		f.Add([]byte(g.Schema))
	}
	for _, s := range odd {
		f.Add([]byte(s))
	}
}

// checkConversion checks what must hold for any input: only invalid JSON and
// the limits are errors, the output is valid, has nothing that the target does
// not take, and does not change when it is converted again.
func checkConversion(t *testing.T, name string, raw []byte) {
	f := conversionByName[name]
	before := bytes.Clone(raw)
	out, err := f(raw)
	if !bytes.Equal(raw, before) {
		t.Fatalf("%s changed its input %q to %q", name, before, raw)
	}
	limit := errors.Is(err, errDepth) || errors.Is(err, errNodes) || errors.Is(err, errExpanded)
	if err != nil {
		if !limit && json.Valid(raw) && bytes.Count(raw, []byte("["))+bytes.Count(raw, []byte("{")) < 500 {
			t.Fatalf("%s(%q): %v", name, raw, err)
		}
		return
	}
	if !json.Valid(out) {
		t.Fatalf("%s(%q) = %q", name, raw, out)
	}
	if string(out) == `"omitted"` {
		return
	}
	if p := dialects[name].problem(parseJSON(t, out)); p != "" {
		t.Fatalf("%s(%q)\n= %s\nhas %s", name, raw, out, p)
	}
	again, err := f(out)
	if errors.Is(err, errDepth) || errors.Is(err, errNodes) || errors.Is(err, errExpanded) {
		return // the conversion made it deeper or bigger
	}
	if err != nil || !sameJSON(t, again, out) {
		t.Fatalf("%s(%q)\n= %s\nand again %s, %v", name, raw, out, again, err)
	}
}

// checkPlain checks that the look at the bytes says yes only to schemas that
// the tree does not change.
func checkPlain(t *testing.T, raw []byte, rules *plainRules, rebuild func([]byte) (entry, error)) {
	same, strict := plain(raw, rules)
	if !same {
		return
	}
	e, err := rebuild(raw)
	if err != nil || !sameJSON(t, e.out, raw) {
		t.Fatalf("%q is plain, but becomes %s, %v", raw, e.out, err)
	}
	if rules == openAIPlain && strict != e.strict {
		t.Fatalf("%q: strict is %v by its bytes and %v by its tree", raw, strict, e.strict)
	}
}

// fuzz checks both the bytes as they are and the schema that they stand for.
func fuzz(f *testing.F, check func(*testing.T, []byte)) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		check(t, raw)
		check(t, generated(raw))
	})
}

func FuzzGemini(f *testing.F)      { fuzz(f, checkGemini) }
func FuzzAnthropic(f *testing.F)   { fuzz(f, checkAnthropic) }
func FuzzOpenAI(f *testing.F)      { fuzz(f, checkOpenAI) }
func FuzzFromOpenAPI(f *testing.F) { fuzz(f, checkFromOpenAPI) }

func checkGemini(t *testing.T, raw []byte) {
	checkConversion(t, "gemini_openapi", raw)
	checkConversion(t, "gemini_json", raw)
	for _, parameters := range []bool{false, true} {
		checkPlain(t, raw, geminiPlain, func(raw []byte) (entry, error) {
			return rebuildGemini(raw, GeminiOptions{JSON: true, Parameters: parameters})
		})
	}
}

func checkAnthropic(t *testing.T, raw []byte) {
	checkConversion(t, "anthropic", raw)
	checkConversion(t, "anthropic_strict", raw)
	checkPlain(t, raw, anthropicPlain, func(raw []byte) (entry, error) { return rebuildAnthropic(raw, AnthropicOptions{}) })
	checkRenaming(t, raw)
}

func checkOpenAI(t *testing.T, raw []byte) {
	checkConversion(t, "openai", raw)
	checkPlain(t, raw, openAIPlain, rebuildOpenAI)
}

func checkFromOpenAPI(t *testing.T, raw []byte) { checkConversion(t, "from_openapi", raw) }

// checkRenaming checks that the converted schema has the renamed keys.
func checkRenaming(t *testing.T, raw []byte) {
	renamed := RenamedKeys(raw)
	if renamed == nil {
		return
	}
	out, err := Anthropic(raw, AnthropicOptions{})
	if err != nil {
		t.Fatal(err)
	}
	properties, _ := parseJSON(t, out).(map[string]any)["properties"].(map[string]any)
	used := map[string]bool{}
	for original, key := range renamed {
		if _, ok := properties[key]; !ok || used[key] || original == key {
			t.Fatalf("%q: %q was renamed to %q in %s", raw, original, key, out)
		}
		used[key] = true
	}
}
