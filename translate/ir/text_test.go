package ir

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
	"unsafe"
)

func TestPlain(t *testing.T) {
	tests := []struct {
		name, plain string
		want        Text
	}{
		{"empty", "", ""},
		{"nothing to escape", "a <b> & 'c' / \x7f é 日本 😀", "a <b> & 'c' / \x7f é 日本 😀"},
		{"quotes and backslashes", `say "a\b"`, `say \"a\\b\"`},
		{"short escapes", "\n\r\t\b\f", `\n\r\t\b\f`},
		{"control characters", "\x00\x1b\x1f", `\u0000\u001b\u001f`},
		{"line separators", "a\u2028b\u2029c\u2027\u202a", `a\u2028b\u2029c` + "\u2027\u202a"},
		{"invalid UTF-8", "a\xffb\xe2\x80", `a\ufffdb\ufffd\ufffd`},
		{"the replacement character itself", "a\ufffdb", "a\ufffdb"},
		{"escape in the second word", "12345678\"0123456", `12345678\"0123456`},
		{"space and ! beside quotes", "  !! \"!\" !!", `  !! \"!\" !!`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Plain(tt.plain); got != tt.want {
				t.Errorf("Plain(%q) = %s, want %s", tt.plain, got, tt.want)
			}
			if got := string(AppendEscaped([]byte("x"), []byte(tt.plain))); got != "x"+string(tt.want) {
				t.Errorf("AppendEscaped(%q) = %s", tt.plain, got)
			}
			if got := string(AppendQuoted(nil, tt.plain)); got != `"`+string(tt.want)+`"` {
				t.Errorf("AppendQuoted(%q) = %s", tt.plain, got)
			}
			if got := Plain(tt.plain).String(); got != strings.ToValidUTF8(tt.plain, "\ufffd") && tt.name != "invalid UTF-8" {
				t.Errorf("Plain(%q).String() = %q", tt.plain, got)
			}
		})
	}
}

func TestTextString(t *testing.T) {
	tests := []struct {
		name string
		text Text
		want string
	}{
		{"empty", "", ""},
		{"no escape", "añ日", "añ日"},
		{"all escapes", `\"\\\/\b\f\n\r\t\u0041\u00e9\u65E5`, "\"\\/\b\f\n\r\tAé日"},
		{"pair", `\ud83d\ude00!`, "😀!"},
		{"lone high", `a\ud83db`, "a\ufffdb"},
		{"lone low", `a\ude00b`, "a\ufffdb"},
		{"high before another escape", `\ud83d\n`, "\ufffd\n"},
		{"two highs, then a low", `\ud83d\ud83d\ude00`, "\ufffd😀"},
		{"low before high", `\ude00\ud83d`, "\ufffd\ufffd"},
		{"NUL", `\u0000`, "\x00"},
		{"escaped backslash before n", `\\n`, `\n`},
		{"dangling backslash", `a\`, `a\`},
		{"not an escape", `\x\u12`, `\x\u12`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.text.String(); got != tt.want {
				t.Errorf("String(%s) = %q, want %q", tt.text, got, tt.want)
			}
			if got := string(tt.text.AppendDecoded([]byte("x"))); got != "x"+tt.want {
				t.Errorf("AppendDecoded(%s) = %q", tt.text, got)
			}
			for n := range len(tt.want) + 2 {
				got := string(tt.text.AppendStart([]byte("x"), n))
				if !strings.HasPrefix("x"+tt.want, got) || len(got) < 1+min(n, len(tt.want)) || len(got) > n+utf8.UTFMax {
					t.Errorf("AppendStart(%s, %d) = %q", tt.text, n, got)
				}
			}
		})
	}
}

func TestTextJoinsSurrogates(t *testing.T) {
	high, low := Text(`smile \ud83d`), Text(`\ude00.`)
	if got := (high + low).String(); got != "smile 😀." {
		t.Errorf("got %q", got)
	}
}

func TestTextAppendJSON(t *testing.T) {
	if got := string(Text(`a\n`).AppendJSON([]byte(`{"a":`))); got != `{"a":"a\n"` {
		t.Errorf("got %s", got)
	}
}

func TestTextClone(t *testing.T) {
	buf := []byte("abc")
	text := Text(unsafe.String(&buf[0], len(buf)))
	clone := text.Clone()
	buf[0] = 'x'
	if text != "xbc" || clone != "abc" {
		t.Errorf("text %s, clone %s", text, clone)
	}
}

func TestTextTrim(t *testing.T) {
	tests := []struct{ text, right, both Text }{
		{"", "", ""},
		{" \t a b ", " \t a b", "a b"},
		{`\n\t\ra\r\n \u0020\u000A`, `\n\t\ra`, "a"},
		{`\f\u000b\u00a0\u3000\u2028` + "\u3000\u00a0", "", ""},
		{`a\\n`, `a\\n`, `a\\n`},
		{`a\\\n`, `a\\`, `a\\`},
		{`a\\u0020`, `a\\u0020`, `a\\u0020`},
		{`a\\\u0020`, `a\\`, `a\\`},
		{`\u0020a\u0041`, `\u0020a\u0041`, `a\u0041`},
		{`a\b`, `a\b`, `a\b`},
		{`n`, `n`, `n`},
		{`u0020`, `u0020`, `u0020`},
		{`a\"`, `a\"`, `a\"`},
		{`\ud83d\ude00 `, `\ud83d\ude00`, `\ud83d\ude00`},
	}
	for _, tt := range tests {
		if got := tt.text.TrimRight(); got != tt.right {
			t.Errorf("TrimRight(%s) = %s, want %s", tt.text, got, tt.right)
		}
		if got := tt.text.TrimSpace(); got != tt.both {
			t.Errorf("TrimSpace(%s) = %s, want %s", tt.text, got, tt.both)
		}
		if got := tt.text.Blank(); got != (tt.both == "") {
			t.Errorf("Blank(%s) = %v", tt.text, got)
		}
	}
}

func TestTextHasPrefixContains(t *testing.T) {
	tests := []struct {
		text            Text
		plain           string
		prefix, contain bool
	}{
		{"", "", true, true},
		{"", "a", false, false},
		{"abc", "ab", true, true},
		{"abc", "bc", false, true},
		{"abc", "abcd", false, false},
		{`a\nb`, "a\nb", true, true},
		{`a\nb`, "anb", false, false},
		{`a\nb`, "nb", false, false},
		{`a\nb`, `\n`, false, false},
		{`a\\nb`, `\n`, false, true},
		{`\u0061bc`, "abc", true, true},
		{`x\u0061bc`, "abc", false, true},
		{`x\u0061bc`, "0061", false, false},
		{`é\u00e9`, "éé", true, true},
		{`\ud83d\ude00`, "😀", true, true},
		{`x \ud83d\ude00`, "\ufffd", false, false},
		{`a "quoted\"`, `"quoted"`, false, true},
		{`abcab\t`, "ab\t", false, true},
		{`abcab\t`, "", true, true},
		{`aab\t`, "ab", false, true},
	}
	for _, tt := range tests {
		if got := tt.text.HasPrefix(tt.plain); got != tt.prefix {
			t.Errorf("HasPrefix(%s, %q) = %v", tt.text, tt.plain, got)
		}
		if got := tt.text.Contains(tt.plain); got != tt.contain {
			t.Errorf("Contains(%s, %q) = %v", tt.text, tt.plain, got)
		}
	}
}

func TestTextAllocations(t *testing.T) {
	plain := strings.Repeat("nothing to escape — ", 20)
	escaped := Plain(strings.Repeat("a line\n", 20))
	buf := make([]byte, 0, 4096)
	var sink int
	tests := map[string]func(){
		"Plain":         func() { sink += len(Plain(plain)) },
		"String":        func() { sink += len(Text(plain).String()) },
		"AppendDecoded": func() { sink += len(escaped.AppendDecoded(buf)) },
		"AppendQuoted":  func() { sink += len(AppendQuoted(buf, plain)) },
		"TrimSpace":     func() { sink += len(escaped.TrimSpace()) },
		"Contains": func() {
			if escaped.Contains("another") {
				sink++
			}
		},
	}
	for name, f := range tests {
		if n := testing.AllocsPerRun(10, f); n != 0 {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
}

// FuzzText compares escaping and decoding with encoding/json and, for the
// methods on escaped text, with the same operation on the decoded string.
func FuzzText(f *testing.F) {
	for _, s := range []string{"", "a", `\n`, `\\n`, `\ud83d\ude00 `, `a\ud83d`, "\u2028", "\xff\xfe", ` \u0020\t\\t `, "12345678\"\x01", "é\\u00e9\x7f"} {
		f.Add(s, "a")
	}
	f.Fuzz(func(t *testing.T, s, other string) {
		checkEscaping(t, s)
		var want string
		if json.Unmarshal([]byte(`"`+s+`"`), &want) != nil || !utf8.ValidString(s) {
			_ = Text(s).String() // must not panic
			_ = Text(s).TrimSpace()
			_ = Text(s).Contains(other)
			return
		}
		text := Text(s)
		if got := text.String(); got != want {
			t.Errorf("String(%q) = %q, want %q", s, got, want)
		}
		if got, w := text.TrimSpace().String(), strings.TrimFunc(want, unicode.IsSpace); got != w {
			t.Errorf("TrimSpace(%q) = %q, want %q", s, got, w)
		}
		if got, w := text.TrimRight().String(), strings.TrimRightFunc(want, unicode.IsSpace); got != w {
			t.Errorf("TrimRight(%q) = %q, want %q", s, got, w)
		}
		if got, w := text.Blank(), strings.TrimSpace(want) == ""; got != w {
			t.Errorf("Blank(%q) = %v", s, got)
		}
		if got, w := text.HasPrefix(other), strings.HasPrefix(want, other); got != w && utf8.ValidString(other) {
			t.Errorf("HasPrefix(%q, %q) = %v", s, other, got)
		}
		if got, w := text.Contains(other), strings.Contains(want, other); got != w && utf8.ValidString(other) {
			t.Errorf("Contains(%q, %q) = %v", s, other, got)
		}
	})
}

func checkEscaping(t *testing.T, s string) {
	quoted := AppendQuoted(nil, s)
	if string(quoted[1:len(quoted)-1]) != string(Plain(s)) {
		t.Errorf("AppendQuoted(%q) = %s, Plain = %s", s, quoted, Plain(s))
	}
	reference, _ := json.Marshal(s) // replaces invalid UTF-8 as we do
	var got, want string
	if err := json.Unmarshal(quoted, &got); err != nil {
		t.Fatalf("AppendQuoted(%q) = %s: %v", s, quoted, err)
	}
	if err := json.Unmarshal(reference, &want); err != nil {
		t.Fatal(err)
	}
	if got != want || Plain(s).String() != want {
		t.Errorf("AppendQuoted(%q) = %s, decoded %q, want %q", s, quoted, got, want)
	}
	if strings.ContainsAny(string(quoted), "\u2028\u2029\n\r") {
		t.Errorf("AppendQuoted(%q) leaves a line end: %s", s, quoted)
	}
}

func BenchmarkText(b *testing.B) {
	plain := strings.Repeat("prose without anything to escape, ", 300)
	code := Plain(strings.Repeat("if v, ok := m[\"k\"]; ok {\n\treturn\n}\n", 300))
	decoded := code.String()
	buf := make([]byte, 0, 64<<10)
	cases := []struct {
		name string
		size int
		f    func()
	}{
		{"Plain", len(plain), func() { Plain(plain) }},
		{"AppendQuoted", len(decoded), func() { AppendQuoted(buf, decoded) }},
		{"AppendDecoded", len(code), func() { code.AppendDecoded(buf) }},
		{"Contains", len(code), func() { code.Contains("absent") }},
	}
	for _, c := range cases {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(c.size))
			b.ReportAllocs()
			for b.Loop() {
				c.f()
			}
		})
	}
}
