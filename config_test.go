package aigateway

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// TestCaps sets every capability and checks that each changes exactly one thing that encoders read.
func TestCaps(t *testing.T) {
	values := map[Kind]string{KindBool: "on", KindInt: "7", KindWord: "", KindList: ""}
	fields := make(map[int]string)
	for _, c := range Caps {
		value := values[c.Kind]
		if c.Words != nil {
			value = c.Words[len(c.Words)-1]
		}
		raw, err := c.parse(value)
		if err != nil {
			t.Errorf("%s %s: %v", c.Name, value, err)
			continue
		}
		// A capability that encoders know by its absence is on in the zero value.
		off := ir.Caps{NoSampling: true, NoStop: true, NoPenalties: true, OneOfTempTopP: true}
		set := off
		if err := c.apply(raw, &set); err != nil {
			t.Errorf("%s: %v", c.Name, err)
		}
		changed := changedFields(off, set)
		if len(changed) != 1 {
			t.Errorf("%s changes %d fields", c.Name, len(changed))
			continue
		}
		if other := fields[changed[0]]; other != "" {
			t.Errorf("%s and %s change the same field", c.Name, other)
		}
		fields[changed[0]] = c.Name
	}
}

func changedFields(a, b ir.Caps) []int {
	var changed []int
	before, after := reflect.ValueOf(a), reflect.ValueOf(b)
	for i := range before.NumField() {
		if !reflect.DeepEqual(before.Field(i).Interface(), after.Field(i).Interface()) {
			changed = append(changed, i)
		}
	}
	return changed
}

func TestApplyCaps(t *testing.T) {
	account := Account{Caps: map[string]json.RawMessage{
		"prefill": json.RawMessage("false"), "max_output": json.RawMessage("64000"), "thinking": json.RawMessage(`"level"`),
		"levels": json.RawMessage(`["low","high"]`), "sampling": json.RawMessage("false"), "stop": json.RawMessage("true"),
	}}
	got := ir.Caps{Prefill: true, MaxOutput: 1, NoStop: true, Family: "gemini"}
	if err := account.applyCaps(&got); err != nil {
		t.Fatal(err)
	}
	want := ir.Caps{
		Family: "gemini", MaxOutput: 64000, Thinking: ir.ThinkingLevel, Levels: []string{"low", "high"}, NoSampling: true,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
}

func TestPlainPath(t *testing.T) {
	for path, want := range map[string]bool{
		"a": true, "a.b.0.c": true, `a\.b`: true, "generationConfig.topK": true, `a.\*`: true, "a.-1": true,
		"": false, ".a": false, "a.": false, "a..b": false, "a.#": false, "a*": false, "a?": false, "a|b": false,
		"@this": false, "a.#(x=1)": false, "{a,b}": false, "[0]": false, `a\`: false,
	} {
		if got := isPlainPath(path); got != want {
			t.Errorf("%q: got %v", path, got)
		}
	}
}

// FuzzEditPath checks that no path makes the check panic, and that what it takes has no operator of gjson's.
func FuzzEditPath(f *testing.F) {
	for _, seed := range []string{"a.b", `a\.b`, "a.#", "@x", "\\"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, path string) {
		if !isPlainPath(path) {
			return
		}
		escaped := false
		for _, r := range path {
			if !escaped && (r == '*' || r == '?' || r == '#' || r == '|') {
				t.Fatalf("%q was taken", path)
			}
			escaped = !escaped && r == '\\'
		}
	})
}
