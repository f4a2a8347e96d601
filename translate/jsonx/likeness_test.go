package jsonx

import (
	"fmt"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// learnText learns from an object whose text stands between its only brackets
// of this kind: <text>. They become the quotes.
func learnText(l *Likeness, form string) bool {
	start, end := strings.IndexByte(form, '<'), strings.IndexByte(form, '>')
	return l.Learn(quoted(form), ir.Span{Start: start, End: end + 1}, func(key string) bool { return key != "t" && key != "fixed" })
}

func quoted(form string) []byte { return []byte(strings.NewReplacer("<", `"`, ">", `"`).Replace(form)) }

func TestLikeness(t *testing.T) {
	tests := []struct {
		name    string
		learned []string
		object  string
		text    string // empty for one that is not like them
	}{
		{"nothing was learned", nil, `{"t":<a>}`, ""},
		{"itself", []string{`{"t":<a>}`}, `{"t":<a>}`, "a"},
		{"another text", []string{`{"t":<a>}`}, `{"t":<b\n\u00e9ü>}`, `b\n\u00e9ü`},
		{"a repaired text", []string{`{"t":<a>}`}, `{"t":<\ud83d>}`, `\ufffd`},
		{"no text", []string{`{"t":<a>}`}, `{"t":<>}`, ""},
		{"from no text", []string{`{"t":<>}`}, `{"t":<b>}`, "b"},
		{"a deep text", []string{`{"x":{"y":[{"t":<a>}]}}`}, `{"x":{"y":[{"t":<b>}]}}`, "b"},
		{"another end", []string{`{"t":<a>}`}, `{"t":<a>} `, ""},
		{"no end", []string{`{"t":<a>}`}, `{"t":<a>`, ""},
		{"no end of the text", []string{`{"t":<a>}`}, `{"t":<a`, ""},
		{"another member", []string{`{"t":<a>}`}, `{"t":<a>,"x":1}`, ""},
		{"a bad escape", []string{`{"t":<a>}`}, `{"t":<\x>}`, ""},
		{"a control character", []string{`{"t":<a>}`}, "{\"t\":<\n>}", ""},
		{"a number that never differed", []string{`{"n":1,"t":<a>}`}, `{"n":2,"t":<b>}`, ""},
		{"a number", []string{`{"n":1,"t":<a>}`, `{"n":2,"t":<b>}`}, `{"n":1234567890123456789012,"t":<c>}`, "c"},
		{"no number", []string{`{"n":1,"t":<a>}`, `{"n":2,"t":<b>}`}, `{"n":null,"t":<c>}`, ""},
		{"no digits", []string{`{"n":1,"t":<a>}`, `{"n":2,"t":<b>}`}, `{"n":,"t":<c>}`, ""},
		{"a zero in front", []string{`{"n":1,"t":<a>}`, `{"n":2,"t":<b>}`}, `{"n":01,"t":<c>}`, ""},
		{"zero", []string{`{"n":1,"t":<a>}`, `{"n":2,"t":<b>}`}, `{"n":0,"t":<c>}`, "c"},
		{"a fraction", []string{`{"n":1,"t":<a>}`, `{"n":2,"t":<b>}`}, `{"n":1.5,"t":<c>}`, ""},
		{"from a fraction", []string{`{"n":1.5,"t":<a>}`, `{"n":-2,"t":<b>}`}, `{"n":3,"t":<c>}`, "c"},
		{"a string", []string{`{"t":<a>,"s":"x"}`, `{"t":<b>,"s":""}`}, `{"t":<c>,"s":"a\"}"}`, "c"},
		{"a bad string", []string{`{"t":<a>,"s":"x"}`, `{"t":<b>,"s":""}`}, `{"t":<c>,"s":"\x"}`, ""},
		{"one of two", []string{`{"s":"x","t":<a>,"n":1}`, `{"s":"y","t":<b>,"n":1}`}, `{"s":"z","t":<c>,"n":1}`, "c"},
		{"the other of two", []string{`{"s":"x","t":<a>,"n":1}`, `{"s":"y","t":<b>,"n":1}`}, `{"s":"z","t":<c>,"n":2}`, ""},
		{"both at last", []string{`{"s":"x","t":<a>,"n":1}`, `{"s":"y","t":<b>,"n":1}`, `{"s":"y","t":<b>,"n":2}`}, `{"s":"z","t":<c>,"n":3}`, "c"},
		{"what is read", []string{`{"fixed":1,"t":<a>}`, `{"fixed":2,"t":<b>}`}, `{"fixed":3,"t":<c>}`, ""},
		{"other members", []string{`{"n":1,"t":<a>}`, `{"n":2,"m":1,"t":<b>}`}, `{"n":3,"m":1,"t":<c>}`, ""},
		{"many members", []string{`{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1,"t":<a>}`, `{"a":2,"b":2,"c":2,"d":2,"e":2,"f":2,"g":2,"h":2,"i":1,"t":<a>}`},
			`{"a":3,"b":3,"c":3,"d":3,"e":3,"f":3,"g":3,"h":3,"i":1,"t":<b>}`, "b"},
		{"too many members", []string{`{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1,"t":<a>}`, `{"a":2,"b":2,"c":2,"d":2,"e":2,"f":2,"g":2,"h":2,"i":2,"t":<a>}`},
			`{"a":3,"b":3,"c":3,"d":3,"e":3,"f":3,"g":3,"h":3,"i":3,"t":<b>}`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var l Likeness
			for _, form := range tt.learned {
				if !learnText(&l, form) {
					t.Fatal("not learned:", form)
				}
			}
			data := quoted(tt.object)
			text, ok := l.Match(data)
			if string(text) != tt.text || ok != (tt.text != "") || l.Is(data) != ok {
				t.Errorf("got %q, %v; want %q", text, ok, tt.text)
			}
			if l.Forget(); l.Is(data) {
				t.Error("it is still known")
			}
		})
	}
}

func TestLikenessRefuses(t *testing.T) {
	var l Likeness
	for _, form := range []string{`{"t":<a>`, `{"t":<a>}x`, `{"t":<` + strings.Repeat("a", maxLikeness) + `>}`} {
		if learnText(&l, form) || l.Is(quoted(form)) {
			t.Errorf("learned %.20s", form)
		}
	}
}

// TestLikenessGivesUp bounds what is spent on objects that are never alike, and
// still finds out when they become so.
func TestLikenessGivesUp(t *testing.T) {
	var l Likeness
	learned := 0
	const n = 10 * seldom
	for i := range n {
		if form := fmt.Sprintf(`{"t":<a>,"x":{"n":%d}}`, i); learnText(&l, form) {
			learned++
		}
	}
	if learned > maxVain+n/seldom || learned < maxVain {
		t.Errorf("learned from %d of %d", learned, n)
	}
	for i := 0; !l.Is([]byte(`{"t":"b"}`)); i++ {
		if learnText(&l, `{"t":<a>}`); i > seldom {
			t.Fatal("it never learns again")
		}
	}
	if !learnText(&l, `{"t":<a>,"x":1}`) {
		t.Error("it is still weary after it has recognised one")
	}
}

func TestLikenessPlace(t *testing.T) {
	var l Likeness
	learnText(&l, `{"a":1,"n":1,"b":2,"t":<a>,"c":3}`)
	learnText(&l, `{"a":1,"n":2,"b":2,"t":<a>,"c":3}`)
	object := `{"a":1,"n":333,"b":2,"t":<bbbb>,"c":3}`
	if !l.Is(quoted(object)) {
		t.Fatal("it is not alike")
	}
	learned := `{"a":1,"n":2,"b":2,"t":<a>,"c":3}`
	for part, found := range map[string]bool{`"a":1`: true, `"b":2`: false, `"c":3`: true} {
		start := strings.Index(learned, part)
		at := l.Place(ir.Span{Start: start, End: start + len(part)}, len(object))
		if got := object[at.Start:at.End]; found && got != part || !found && got != "" {
			t.Errorf("%s stands at %q", part, got)
		}
	}
}

func TestTextAt(t *testing.T) {
	for data, want := range map[string]struct {
		text string
		size int
	}{
		`"a"`: {"a", 3}, `"",1`: {"", 2}, `"a\"b" `: {`a\"b`, 6}, `"\ud83d"`: {`\ufffd`, 8}, `"é"`: {"é", 4},
		``: {}, `"`: {}, `"a`: {}, ` "a"`: {}, `null`: {}, `"\x"`: {}, "\"\n\"": {},
	} {
		if text, size := TextAt([]byte(data)); string(text) != want.text || size != want.size {
			t.Errorf("%s gives %q, %d", data, text, size)
		}
	}
}
