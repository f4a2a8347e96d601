package glob

import (
	"strings"
	"testing"
)

func TestMatch(t *testing.T) {
	tests := []struct {
		pattern string
		yes     []string
		no      []string
	}{
		{"gpt-5", []string{"gpt-5"}, []string{"", "gpt-5-mini", "GPT-5", "xgpt-5"}},
		{"gpt-*", []string{"gpt-", "gpt-5", "gpt-5/mini"}, []string{"gpt", "Gpt-5", "xgpt-5"}},
		{"*-latest", []string{"-latest", "claude-latest"}, []string{"latest", "claude-latest-2"}},
		{"*", []string{"", "a", "a/b", "日本"}, nil},
		{"**", []string{"", "a"}, nil},
		{"a*a", []string{"aa", "aba", "aaa"}, []string{"a", "ab", "ba"}},
		{"a*b*c", []string{"abc", "aXbYc", "abbc", "abcbc"}, []string{"ac", "acb", "abcd"}},
		{"*b*", []string{"b", "abc"}, []string{"", "ac"}},
		{"a*bc*bc", []string{"abcbc", "abcXbc"}, []string{"abc", "abcb"}},
		{"o?", []string{"o?"}, []string{"o1", "o"}},
		{"[ab]*", []string{"[ab]", "[ab]x"}, []string{"a", "b"}},
		{"meta/*/chat", []string{"meta/llama/chat", "meta/a/b/chat", "meta//chat"}, []string{"meta/chat"}},
	}
	for _, test := range tests {
		g, err := Compile(test.pattern)
		if err != nil {
			t.Fatalf("Compile(%q): %v", test.pattern, err)
		}
		for _, name := range test.yes {
			if !g.Match(name) {
				t.Errorf("%q does not match %q", test.pattern, name)
			}
		}
		for _, name := range test.no {
			if g.Match(name) {
				t.Errorf("%q matches %q", test.pattern, name)
			}
		}
	}
}

func TestCompile(t *testing.T) {
	if _, err := Compile(""); err == nil {
		t.Error("an empty pattern was accepted")
	}
	tests := []struct {
		pattern, text string
		literal, all  bool
	}{
		{"gpt-5", "gpt-5", true, false},
		{"*", "*", false, true},
		{"***", "*", false, true},
		{"a**b*", "a*b*", false, false},
		{"*a*", "*a*", false, false},
	}
	for _, test := range tests {
		g, err := Compile(test.pattern)
		if err != nil {
			t.Fatal(err)
		}
		if g.String() != test.text || g.Literal() != test.literal || g.All() != test.all {
			t.Errorf("%q: String %q, Literal %v, All %v", test.pattern, g.String(), g.Literal(), g.All())
		}
	}
	var zero Glob
	if !zero.Match("") || zero.Match("a") {
		t.Error("the zero Glob must match the empty name and no other")
	}
}

func TestList(t *testing.T) {
	list, err := CompileList([]string{"gpt-*", "o3"})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"gpt-5": true, "o3": true, "o3-mini": false, "": false} {
		if got := list.Match(name); got != want {
			t.Errorf("Match(%q) = %v", name, got)
		}
	}
	if List(nil).Match("a") {
		t.Error("an empty list matched")
	}
	if _, err := CompileList([]string{"a", ""}); err == nil || !strings.Contains(err.Error(), "pattern 2") {
		t.Errorf("error %v does not say which pattern is wrong", err)
	}
}

// TestLinear would not end within a lifetime if the matcher tried every way to cut the name.
func TestLinear(t *testing.T) {
	g, err := Compile(strings.Repeat("a*", 1000) + "b")
	if err != nil {
		t.Fatal(err)
	}
	if g.Match(strings.Repeat("a", 100_000)) {
		t.Error("matched a name without b")
	}
}

// recursive is the definition of a match, written as plainly as it can be.
func recursive(pattern, name string) bool {
	if pattern == "" {
		return name == ""
	}
	if pattern[0] == '*' {
		return recursive(pattern[1:], name) || name != "" && recursive(pattern, name[1:])
	}
	return name != "" && name[0] == pattern[0] && recursive(pattern[1:], name[1:])
}

func FuzzMatch(f *testing.F) {
	f.Add("a*b*c", "aXbYc")
	f.Add("*a*a*", "aa")
	f.Add("ab*ba", "aba")
	f.Add("?*", "x")
	f.Fuzz(func(t *testing.T, pattern, name string) {
		if len(pattern) > 12 || len(name) > 16 || pattern == "" {
			return
		}
		g, err := Compile(pattern)
		if err != nil {
			t.Fatalf("Compile(%q): %v", pattern, err)
		}
		if got, want := g.Match(name), recursive(pattern, name); got != want {
			t.Errorf("%q against %q: %v, want %v", pattern, name, got, want)
		}
		again, err := Compile(g.String())
		if err != nil || again.Match(name) != g.Match(name) {
			t.Errorf("%q does not match as its own text %q does (%v)", pattern, g.String(), err)
		}
	})
}

func BenchmarkMatch(b *testing.B) {
	g, err := Compile("claude-*")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		g.Match("claude-sonnet-4-5")
	}
}
