package pool

import (
	"slices"
	"strings"
	"testing"
)

func TestServes(t *testing.T) {
	tests := []struct {
		models   []string
		model    string
		upstream string
		how      Match
	}{
		{[]string{"gpt-*", "o3"}, "gpt-5", "gpt-5", Pattern},
		{[]string{"gpt-*", "o3"}, "o3", "o3", Exact},
		{[]string{"gpt-*", "o3"}, "o3-mini", "", None},
		{[]string{"gpt-*"}, "GPT-5", "", None},
		{[]string{"fast=gpt-5-mini"}, "fast", "gpt-5-mini", Exact},
		{[]string{"fast=gpt-5-mini"}, "gpt-5-mini", "", None},
		{[]string{"gpt-*=gpt-5"}, "gpt-4", "gpt-5", Pattern},
		{[]string{"gpt-*=first", "gpt-5=second"}, "gpt-5", "second", Exact},
		{[]string{"gpt-*=first", "gpt-5*=second"}, "gpt-5", "first", Pattern},
		{[]string{"gpt-5=first", "gpt-5=second"}, "gpt-5", "first", Exact},
		{[]string{"*"}, "anything/at:all", "anything/at:all", Bare},
		{[]string{"**"}, "anything", "anything", Bare},
		{[]string{"*=one"}, "anything", "one", Bare},
		{[]string{"*", "gpt-*"}, "gpt-5", "gpt-5", Pattern},
		{[]string{"a=b=c"}, "a", "b=c", Exact},
		{nil, "gpt-5", "", None},
	}
	for _, test := range tests {
		models, err := ParseModels(test.models)
		if err != nil {
			t.Fatal(err)
		}
		a := Account{Models: models}
		upstream, how, ok := a.Serves(test.model)
		if upstream != test.upstream || how != test.how || ok != (test.how != None) {
			t.Errorf("%q serves %q: %q, %v, %v; want %q, %v", test.models, test.model, upstream, how, ok, test.upstream, test.how)
		}
	}
}

func TestParseModelsRefuses(t *testing.T) {
	for text, want := range map[string]string{"": "empty pattern", "=x": "empty pattern", "x=": "missing", "x=y*": "not a pattern"} {
		_, err := ParseModels([]string{"good", text})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseModels(%q): error %v does not say %q", text, err, want)
		}
	}
}

func TestModelNames(t *testing.T) {
	models, err := ParseModels([]string{"gpt-*", "fast=gpt-5-mini", "o3", "*"})
	if err != nil {
		t.Fatal(err)
	}
	if got := models.Names(); !slices.Equal(got, []string{"fast", "o3"}) {
		t.Errorf("names %q", got)
	}
}
