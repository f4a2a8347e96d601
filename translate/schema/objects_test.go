package schema

import "testing"

func TestForObjects(t *testing.T) {
	for raw, want := range map[string]bool{
		`{"type":"object"}`:                       true,
		`{"properties":{"a":{}},"type":"OBJECT"}`: true,
		`{"type":["object","null"]}`:              true,
		`{"description":"of any type"}`:           true,
		``:                                        true,
		`{"type":"array","items":{"type":"object"}}`: false,
		`{"type":"STRING"}`:                          false,
		`{"enum":["a","b"]}`:                         false,
	} {
		if got := ForObjects([]byte(raw)); got != want {
			t.Errorf("%s: %v", raw, got)
		}
	}
}
