package translate

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// TestAnswerFields changes every member of the samples, in whole answers and
// in streams, and looks at what clients of the other dialects read and at what
// the gateway learns: its table must say translated where something differs,
// and must not where nothing does.
func TestAnswerFields(t *testing.T) {
	for _, d := range benchDialects {
		table, err := FieldsOf(d)
		if err != nil {
			t.Fatal(err)
		}
		reached := map[[2]string]bool{}
		for _, s := range tales(t, d) {
			before := s.read(t, d)
			for _, path := range s.places() {
				at := [2]string{s.section(d), path}
				reached[at] = reached[at] || s.reaches(t, d, path, before)
			}
		}
		for at, yes := range reached {
			fate, ok := table.Fate(at[0], at[1])
			switch {
			case !ok && strings.HasSuffix(at[1], ">"): // the vendor has a constant for it, and no choice
			case !ok:
				t.Errorf("%s: the table's [%s] does not name %s", d, at[0], at[1])
			case yes != (fate == FateTranslated):
				t.Errorf("%s: %s of [%s] is said to be %q; that it reaches clients of other dialects is %v", d, at[1], at[0], fate, yes)
			}
		}
		for _, f := range table.List {
			if f.Section != SectionRequest && f.Fate == FateTranslated && !sampled(f, reached) {
				t.Errorf("%s: %s of [%s] is said to be translated, but no sample has it", d, f.Path, f.Section)
			}
		}
	}
}

// sampled reports whether a line of a table is one of the places, or covers
// one.
func sampled(f Field, places map[[2]string]bool) bool {
	base, star := strings.CutSuffix(f.Path, "*")
	kinds := strings.HasSuffix(f.Path, "<*>")
	if kinds {
		base, star = strings.TrimSuffix(f.Path, "*>"), true
	}
	for at := range places {
		if at[0] == f.Section && (at[1] == f.Path || star && strings.HasPrefix(at[1], base)) {
			return true
		}
	}
	return false
}

// TestAnswerFieldsLeft puts the members that are said to reach nobody, and that
// no sample has, into every sample where their place is: nothing changes, and
// above all nothing breaks.
func TestAnswerFieldsLeft(t *testing.T) {
	for _, d := range benchDialects {
		table, err := FieldsOf(d)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range tales(t, d) {
			before := s.read(t, d)
			present := s.places()
			for _, f := range table.List {
				if f.Section != s.section(d) || f.Fate != FateKept && f.Fate != FateLost || slices.Contains(present, f.Path) || strings.ContainsAny(f.Path, "*<") {
					continue
				}
				if problem := s.ignores(t, d, f.Path, before); problem != "" {
					t.Errorf("%s: %s of [%s] is said to be %q, but %s", d, f.Path, f.Section, f.Fate, problem)
				}
			}
		}
	}
}

// ignores returns what happens when a member is put in that nobody reads, ""
// for nothing. Of values of different types an answer may be refused for some,
// but not for all.
func (s *told) ignores(tb testing.TB, d ir.Dialect, path string, before []string) string {
	tb.Helper()
	accepted := false
	for _, value := range []any{"odd", true, map[string]any{"odd": json.Number("1")}, []any{map[string]any{"type": "odd"}}} {
		other, n := s.with(path, value)
		if n == 0 {
			return ""
		}
		after := other.read(tb, d)
		if slices.Equal(after, before) {
			accepted = true
		} else if !slices.ContainsFunc(after, refused) {
			return fmt.Sprintf("with %v clients read something else", value)
		}
	}
	if !accepted {
		return "no value of it is taken"
	}
	return ""
}

// refused reports whether an answer, as told.read returns it, could not be read.
func refused(text string) bool { return strings.Contains(text, "\n"+string(ir.ErrUpstream)+" ") }

var tokenBytes = regexp.MustCompile(`"bytes":\[[^\]]*\]`)

// TestAnswerSamplesStreamed holds the streams among the samples against the
// whole answers that they tell: clients that ask for whole answers read the
// same.
func TestAnswerSamplesStreamed(t *testing.T) {
	pairs := map[ir.Dialect][][2]int{ // a whole answer, and its stream
		ir.Responses: {{0, 3}, {0, 7}, {1, 4}},
		ir.Gemini:    {{0, 4}, {1, 5}, {2, 6}, {3, 8}},
	}
	for d, list := range pairs {
		all := tales(t, d)
		for _, p := range list {
			if all[p[0]].streamed || !all[p[1]].streamed {
				t.Fatalf("%s: sample %d is streamed, or %d is not", d, p[0], p[1])
			}
			whole, stream := all[p[0]].read(t, d), all[p[1]].read(t, d)
			for i := 0; i < len(whole); i += 2 { // each second one is for a client that streams
				want, _, _ := strings.Cut(whole[i], "\n{InputTotal")
				if d == ir.Responses { // whose streams tell no bytes of tokens
					want = tokenBytes.ReplaceAllString(want, `"bytes":null`)
					stream[i] = tokenBytes.ReplaceAllString(stream[i], `"bytes":null`)
				}
				got, _, _ := strings.Cut(stream[i], "\n{InputTotal")
				if !reflect.DeepEqual(nameless(t, []byte(got)), nameless(t, []byte(want))) {
					t.Errorf("%s: the stream %d gives\n%s\nthe whole answer %d\n%s", d, p[1], got, p[0], want)
				}
			}
		}
	}
}
