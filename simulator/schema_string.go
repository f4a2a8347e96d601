package simulator

import (
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode/utf8"

	"github.com/tidwall/gjson"
)

// formats are example values of the string formats of JSON Schema.
var formats = map[string]string{
	"date-time": "2026-01-02T03:04:05Z",
	"date":      "2026-01-02",
	"time":      "03:04:05Z",
	"duration":  "P1D",
	"email":     "someone@example.com",
	"hostname":  "example.com",
	"uri":       "https://example.com/",
	"ipv4":      "192.0.2.1",
	"ipv6":      "2001:db8::1",
	"uuid":      "00000000-0000-4000-8000-000000000000",
}

// stringFor makes a string that satisfies a schema: an example of its format, the shortest text that its pattern
// matches, or "sample <name>" in the length that is allowed.
func stringFor(s gjson.Result, name string) string {
	if example, ok := formats[s.Get("format").String()]; ok {
		return example
	}
	least := int(intOf(s.Get("minLength"), 0))
	if pattern := s.Get("pattern"); pattern.Exists() {
		if text, ok := matching(pattern.String()); ok && utf8.RuneCountInString(text) >= least {
			return text
		}
	}
	text := "sample " + name
	for utf8.RuneCountInString(text) < min(least, 100_000) {
		text += " " + name
	}
	if most := s.Get("maxLength"); most.Exists() {
		runes := []rune(text)
		text = string(runes[:min(len(runes), int(max(most.Int(), 0)))])
	}
	return text
}

// matching makes a short text that a regular expression matches.
func matching(pattern string) (string, bool) {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return "", false
	}
	var b strings.Builder
	generate(&b, re.Simplify())
	compiled, err := regexp.Compile(pattern)
	return b.String(), err == nil && compiled.MatchString(b.String())
}

func generate(b *strings.Builder, re *syntax.Regexp) {
	switch re.Op {
	case syntax.OpLiteral:
		b.WriteString(string(re.Rune))
	case syntax.OpCharClass:
		b.WriteRune(ofClass(re.Rune))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		b.WriteByte('a')
	case syntax.OpCapture, syntax.OpPlus:
		generate(b, re.Sub[0])
	case syntax.OpRepeat:
		for range min(re.Min, 1000) {
			generate(b, re.Sub[0])
		}
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			generate(b, sub)
		}
	case syntax.OpAlternate:
		generate(b, re.Sub[0])
	}
}

// ofClass picks a letter or digit of a character class if it holds one.
func ofClass(ranges []rune) rune {
	for _, wanted := range "a0A" {
		for i := 0; i+1 < len(ranges); i += 2 {
			if ranges[i] <= wanted && wanted <= ranges[i+1] {
				return wanted
			}
		}
	}
	if len(ranges) == 0 {
		return 'a'
	}
	return ranges[0]
}
