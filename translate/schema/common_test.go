package schema

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestRepairs(t *testing.T) {
	check(t, toAnthropic, []example{
		{"property map", `{"city":{"type":"string","required":true},"days":{"type":"integer","required":false},"type":{"type":"string"}}`,
			`{"type":"object","properties":{"city":{"type":"string"},"days":{"type":"integer"},"type":{"type":"string"}},"required":["city"]}`},
		{"property beside keywords", `{"type":"object","properties":{"a":{"type":"string"}},"b":{"description":"B"},"required":["a"]}`,
			`{"type":"object","properties":{"a":{"type":"string"},"b":{"description":"B"}},"required":["a"]}`},
		{"nested property map", `{"type":"object","properties":{"data":{"name":{"type":"string","required":true}}}}`,
			`{"type":"object","properties":{"data":{"type":"object","properties":{"name":{"type":"string"}},"required":["name"]}}}`},
		{"objects that are no schemas", `{"type":"object","properties":{"a":{"type":"string"}},"ui":{"widget":"x"},"x-meta":{"type":"y"}}`,
			`{"type":"object","properties":{"a":{"type":"string"}}}`},
		{"boolean required", `{"type":"object","properties":{"a":{"type":"string","required":true},"b":{"type":"object","required":true,"properties":{}}},"required":["a"]}`,
			`{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"object","properties":{}}},"required":["a","b"]}`},
		{"null pieces", `{"type":"object","properties":{"a":{"type":"string","description":null,"enum":null,"items":null,"default":null},"b":null},"required":null,"additionalProperties":null}`,
			`{"type":"object","properties":{"a":{"type":"string","default":null},"b":{}}}`},
		{"null properties", `{"type":"object","properties":null}`, `{"type":"object","properties":{}}`},
		{"values of the wrong kind", `{"type":"object","properties":{"a":{"type":7,"description":["x"],"minLength":"a","maxLength":-1,"uniqueItems":"yes","enum":"x","anyOf":{"a":1},"pattern":3,"title":{}}}}`,
			`{"type":"object","properties":{"a":{}}}`},
		{"numbers in strings", `{"type":"object","properties":{"a":{"type":"number","minimum":"0.5","exclusiveMaximum":"9"},"b":{"type":"array","minItems":"1","maxItems":2.0}}}`,
			`{"type":"object","properties":{"a":{"type":"number","minimum":0.5,"exclusiveMaximum":9},"b":{"type":"array","minItems":1,"maxItems":2}}}`},
		{"types of other languages", `{"type":"OBJECT","properties":{"a":{"type":"str"},"b":{"type":["INT","None"]},"c":{"type":"list","items":{"type":"float"}},"d":{"type":"any"},"e":{"type":"file"},"f":{"type":[]}}}`,
			`{"type":"object","properties":{"a":{"type":"string"},"b":{"type":["integer","null"]},"c":{"type":"array","items":{"type":"number"}},"d":{},"e":{"description":"type: file"},"f":{}}}`},
		{"members twice", `{"type":"string","type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"},"a":{"type":"integer"}}}`,
			`{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"string"}}}`},
		{"no schema", `"x"`, `{"type":"object","properties":{}}`},
		{"a list", `[]`, `{"type":"object","properties":{}}`},
		{"true", `true`, `{"type":"object","properties":{}}`},
		{"white space", " \n ", `{"type":"object","properties":{}}`},
	})
}

// TestKeepsBytes compares the bytes, since order and numbers must survive.
func TestKeepsBytes(t *testing.T) {
	in := `{"type":"object","x-a":1,"properties":{"z":{"type":"integer","const":12345678901234567890},"a":{"type":"string","description":"\u00e9 \"<&>\" \\n ы","minLength":1}},"required":["z"]}`
	want := `{"type":"object","properties":{"z":{"type":"integer","enum":[12345678901234567890]},"a":{"type":"string","description":"\u00e9 \"<&>\" \\n ы (minLength: 1)"}},"required":["z"]}`
	got, err := toGeminiJSON([]byte(in))
	if err != nil || string(got) != want {
		t.Errorf("%v\ngot  %s\nwant %s", err, got, want)
	}
}

func TestErrors(t *testing.T) {
	nested := func(n int) string {
		return strings.Repeat(`{"type":"array","items":`, n) + `{"type":"string"}` + strings.Repeat(`}`, n)
	}
	many := strings.Repeat(`{},`, maxNodes)
	var doubling strings.Builder // every definition holds the next one twice
	for i := range 40 {
		fmt.Fprintf(&doubling, `"d%d":{"properties":{"a":{"$ref":"#/$defs/d%d"},"b":{"$ref":"#/$defs/d%d"}}},`, i, i+1, i+1)
	}
	var chain strings.Builder
	for i := range 200 {
		fmt.Fprintf(&chain, `"d%d":{"items":{"$ref":"#/$defs/d%d"}},`, i, i+1)
	}
	refs := func(defs string) string {
		return `{"type":"object","properties":{"a":{"$ref":"#/$defs/d0"}},"$defs":{` + strings.TrimSuffix(defs, ",") + `}}`
	}
	unions := strings.Repeat(`{"items":`, 30) + `{"type":"string"}` + strings.Repeat(`,"anyOf":[{"minItems":1},{"minItems":2}]}`, 30)
	for _, e := range []struct {
		name, in string
		f        conversion
		want     error
	}{
		{"deep enough", `{"type":"object","properties":{"a":` + nested(maxDepth-2) + `}}`, toOpenAPI, nil},
		{"too deep", nested(maxDepth + 1), toOpenAI, errDepth},
		{"too many", `{"anyOf":[` + strings.TrimSuffix(many, ",") + `]}`, toAnthropic, errNodes},
		{"references that double", refs(doubling.String()), toOpenAPI, errExpanded},
		{"references that double may stay", refs(doubling.String()), toGeminiJSON, nil},
		{"references that nest too deep", refs(chain.String()), toOpenAPI, errDepth},
		{"unions that double", `{"type":"object","properties":{"a":` + unions + `}}`, toOpenAPI, errExpanded},
		{"no JSON", `{"type":`, toOpenAPI, errAny},
		{"no JSON inside of data", `{"type":"object","default":{"a" 1}}`, toAnthropic, errInvalid},
		{"more than one value", `{} {}`, FromOpenAPI, errAny},
	} {
		t.Run(e.name, func(t *testing.T) {
			_, err := e.f([]byte(e.in))
			if e.want == errAny && err != nil {
				return
			}
			if !errors.Is(err, e.want) {
				t.Errorf("got %v, want %v", err, e.want)
			}
		})
	}
}

var errAny = errors.New("any error")
