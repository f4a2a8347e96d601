package simulator

import (
	"strings"
	"testing"
)

// TestListedModels checks that an account of each vendor finds its vendor's names in the list that it asks for, and that
// names which are given stand alone.
func TestListedModels(t *testing.T) {
	version := []string{"Anthropic-Version", "2023-06-01"}
	for _, c := range []struct {
		target    string
		headers   []string
		own, none string
	}{
		{"/v1/models", nil, `"gpt-5"`, "claude-haiku"},
		{"/v1/models", version, `"claude-haiku-4-5"`, "gemini-2"},
		{"/v1beta/models", nil, `"models/gemini-2.5-flash"`, `/gpt-5"`},
	} {
		status, _, answer := ask(t, New(Options{}), "GET", c.target, "", c.headers...)
		if status != 200 || !strings.Contains(answer, c.own) || strings.Contains(answer, c.none) || !strings.Contains(answer, `demo"`) {
			t.Errorf("%s %v answers %d without %s and demo, or with %s: %s", c.target, c.headers, status, c.own, c.none, answer)
		}
		status, _, answer = ask(t, New(Options{Models: []string{"only"}}), "GET", c.target, "", c.headers...)
		if status != 200 || !strings.Contains(answer, `only"`) || strings.Contains(answer, c.own) {
			t.Errorf("%s %v answers %d %s, want only the given name", c.target, c.headers, status, answer)
		}
	}
}
