package translate

import (
	"slices"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// same are members whose silence is right, since the other dialect's default,
// or its path, says the same. Wherever one of them is not silent, its table
// counts.
var same = map[string]string{
	"chat stream":                                            "Gemini's path tells it",
	"responses stream":                                       "Gemini's path tells it",
	"anthropic stream":                                       "Gemini's path tells it",
	"chat stream_options.include_usage":                      "the gateway asks every upstream for usage and shows it to who asked",
	"anthropic service_tier":                                 "Gemini serves at the standard tier unless asked",
	"anthropic thinking<disabled>":                           "a model that does not reason need not be told",
	"anthropic thinking.display":                             "a model with a budget shows or omits by itself",
	"responses reasoning.summary":                            "Claude up to 4.6 shows its thinking by default",
	"gemini generationConfig.thinkingConfig.includeThoughts": "Claude up to 4.6 shows its thinking by default",
	"gemini contents.parts.thoughtSignature":                 "a signature says nothing to others than its vendor",
}

// TestFields translates a request with and without each member that has a
// probe: what becomes of it must be what its table says, and never silence.
func TestFields(t *testing.T) {
	used := map[string]bool{}
	for _, from := range benchDialects {
		table, err := FieldsOf(from)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range probes(t, from) {
			name := string(from) + " " + p.Path
			var seen []Fate
			for _, to := range benchDialects {
				for _, model := range able[to] {
					if to == from {
						continue
					}
					v := p.observe(t, from, to, model)
					seen = append(seen, v.fate)
					for _, n := range v.notes {
						checkNote(t, from, n)
					}
				}
			}
			want, ok := table.Fate(SectionRequest, p.Path)
			if got := worst(seen, same[name] != ""); !ok || got != want {
				t.Errorf("%s is said to be %q, but becomes %q: %v", name, want, got, seen)
			}
			silence := slices.Contains(seen, silent)
			if silence && same[name] == "" && !wholeTool(p.Path) {
				t.Errorf("%s is lost silently: %v", name, seen)
			}
			used[name] = silence
		}
	}
	for name := range same {
		if !used[name] {
			t.Errorf("%s is excused but never silent", name)
		}
	}
}

// wholeTool tells of members of server tools that Chat Completions loses as a
// whole, with a note that the request without the member has as well.
func wholeTool(path string) bool {
	return slices.Contains([]string{
		"tools.filters", "tools.user_location", "tools.max_uses", "tools.allowed_domains", "tools.external_web_access",
		"tools.googleSearch.excludeDomains", "tools.googleSearch.timeRangeFilter", "tools.googleSearchRetrieval.dynamicRetrievalConfig",
		"mcp_servers.tool_configuration", "tools.max_content_tokens",
	}, path)
}

// worst returns the one fate that a table tells: a member that some target
// takes is translated.
func worst(seen []Fate, excused bool) Fate {
	for _, f := range []Fate{FateTranslated, FateRequired, FateSemantic, FateHint} {
		if slices.Contains(seen, f) {
			return f
		}
	}
	if excused && slices.Contains(seen, silent) {
		return FateAnswer
	}
	return silent
}

// checkNote fails for a note whose path a user would not find in the request.
func checkNote(t *testing.T, from ir.Dialect, n ir.Note) {
	t.Helper()
	if n.Path == "" || strings.ContainsAny(n.Path, "@") || strings.Contains(n.Path, "[-") {
		t.Errorf("%s: the note %+v does not say where", from, n)
	}
}

// TestFieldTables reads the tables as a whole.
func TestFieldTables(t *testing.T) {
	for _, d := range benchDialects {
		table, err := FieldsOf(d)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range table.List {
			parent := f.Path[:max(0, strings.LastIndexAny(f.Path, ".<"))]
			if _, ok := table.Fate(f.Section, parent); parent != "" && !ok {
				t.Errorf("%s: %s is named without %s", d, f.Path, parent)
			}
		}
	}
	if _, err := FieldsOf("klingon"); err == nil {
		t.Error("there is a table of a dialect that does not exist")
	}
	var f Fields
	for _, line := range []string{"hint x", "odd a: b", "hint a b"} {
		if f = (Fields{fates: map[[2]string]Fate{}}); f.read("request", line) == nil {
			t.Errorf("%q is taken for a line", line)
		}
	}
	if _, ok := f.Fate("request", "unheard.of"); ok {
		t.Error("an unknown member has a fate")
	}
}
