package jsonx

import (
	"encoding/json"
	"strings"
	"testing"
	"unsafe"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

func TestText(t *testing.T) {
	tests := []struct {
		name, body string
		want       ir.Text
	}{
		{"empty", `""`, ""},
		{"plain", `"hello"`, "hello"},
		{"escapes stay", `"a\n\"\u0041\/\u0000"`, `a\n\"\u0041\/\u0000`},
		{"pair stays", `"\ud83d\ude00\uD83D\uDE00"`, `\ud83d\ude00\uD83D\uDE00`},
		{"UTF-8 stays", `"é 日本 😀 …"`, "é 日本 😀 …"},
		{"long", `"` + strings.Repeat("0123456\\n", 9) + `"`, ir.Text(strings.Repeat("0123456\\n", 9))},
		{"lone high", `"a\ud83d"`, `a\ufffd`},
		{"lone high before text", `"a\ud83d 123456"`, `a\ufffd 123456`},
		{"lone high before an escape", `"\ud83d\n\ude00"`, `\ufffd\n\ufffd`},
		{"two lows", `"\ude00\ude01"`, `\ufffd\ufffd`},
		{"high before a pair", `"\ud83d\ud83d\ude00"`, `\ufffd\ud83d\ude00`},
		{"invalid UTF-8", "\"a\xff\\nb\xe2\x80\"", `a\ufffd\nb\ufffd\ufffd`},
		{"raw line separator", "\"\u2028\"", `\u2028`},
		{"raw paragraph separator", "\"\u2029\"", `\u2029`},
		{"raw separators", "\"a\u2028b\u2029\"", `a\u2028b\u2029`},
		{"all at once", "\"é\\\\\xc3\\ud83d\\\"\u2028 \\ud83d\\ude00\"", `é\\\ufffd\ufffd\"\u2028 \ud83d\ude00`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := reader(tt.body)
			if got := r.Text(); got != tt.want || r.End() != nil {
				t.Errorf("got %s, %v, want %s", got, r.Err(), tt.want)
			}
			r = reader(`{` + tt.body + `:1}`)
			r.Object()
			if !r.Member() || r.Key() != tt.want.String() {
				t.Errorf("as a key: got %q, %v", r.Key(), r.Err())
			}
		})
	}
}

// TestStringEnd puts each kind of end at each place of the eight bytes that
// are looked at together, behind text that could mislead the scan.
func TestStringEnd(t *testing.T) {
	fillers := []string{"a", " ", "!", "#", "\x7f", "é", `\\`, `\"`, `\u005c`, `\ud83d\ude00`, "[", "]"}
	for _, filler := range fillers {
		for n := range 30 {
			content := strings.Repeat(filler, n)
			body := `["` + content + `","next"]`
			r := reader(body)
			r.Array()
			r.Element()
			if got := string(r.Text()); got != content || r.Err() != nil {
				t.Fatalf("%s: got %q, %v", body, got, r.Err())
			}
			for _, bad := range []string{"\x01", "\x1f", "\n", `\x`, `\u00g0`} {
				r := reader(`["` + content + bad + `456789012345"]`)
				r.Skip()
				e, ok := r.Err().(*SyntaxError)
				if !ok || e.Offset != 2+len(content) {
					t.Fatalf("%q after %q: %v", bad, content, r.Err())
				}
			}
		}
	}
}

func TestTextAliases(t *testing.T) {
	body := []byte(`{"key":"a\nb é"}`)
	var r Reader
	r.Reset(body)
	r.Object()
	r.Member()
	if unsafe.StringData(r.Key()) != &body[2] {
		t.Error("the key was copied")
	}
	if text := r.Text(); unsafe.StringData(string(text)) != &body[8] {
		t.Error("the text was copied")
	}
}

func TestInt(t *testing.T) {
	tests := []struct {
		body string
		want int64
	}{
		{"0", 0}, {"-0", 0}, {"1", 1}, {"-17", -17}, {"1.0", 1}, {"1.000", 1}, {"1e3", 1000}, {"12.5e1", 125},
		{"-2.5E+1", -25}, {"100e-2", 1}, {"9223372036854775807", 1<<63 - 1}, {"-9223372036854775808", -1 << 63},
		{"9007199254740993.0", 9007199254740993}, {`"42"`, 42}, {`"-9223372036854775808"`, -1 << 63}, {`"1.0"`, 1}, {"null", 0},
	}
	for _, tt := range tests {
		r := reader(tt.body)
		if got := r.Int(); got != tt.want || r.End() != nil {
			t.Errorf("Int of %s = %d, %v", tt.body, got, r.Err())
		}
	}
	for _, body := range []string{"0.5", "1e-1", "1e19", "9223372036854775808e0", "-9223372036854775809", `""`, `"1 "`, `" 1"`, `"0x10"`, `"1_000"`, "[]", "false"} {
		r := reader(body)
		if got := r.Int(); got != 0 || r.Err() == nil {
			t.Errorf("Int of %s = %d, %v", body, got, r.Err())
		}
	}
}

func TestNumber(t *testing.T) {
	for body, want := range map[string]string{
		"1": "1", "-0.10e+05": "-0.10e+05", `"12"`: "12", `"1e9"`: "1e9",
		"123456789012345678901234567890.5": "123456789012345678901234567890.5",
	} {
		r := reader(" " + body + " ")
		if got := string(r.Number()); got != want || r.End() != nil {
			t.Errorf("Number of %s = %s, %v", body, got, r.Err())
		}
	}
	r := reader("0.25")
	if got := r.Float(); got != 0.25 || r.End() != nil {
		t.Errorf("Float = %v, %v", got, r.Err())
	}
}

func TestBool(t *testing.T) {
	r := reader("[true,false]")
	r.Array()
	r.Element()
	if !r.Bool() {
		t.Error("true is false")
	}
	r.Element()
	if r.Bool() {
		t.Error("false is true")
	}
	if r.Element() || r.End() != nil {
		t.Error(r.Err())
	}
}

func TestRaw(t *testing.T) {
	r := reader(`{"a": {"x" : [1, "]\"" ]} , "b": 12 ,"c":"s\n","d":null}`)
	want := []string{`{"x" : [1, "]\"" ]}`, `12`, `"s\n"`, `null`}
	r.Object()
	for i := 0; r.Member(); i++ {
		if got := string(r.Raw()); got != want[i] {
			t.Errorf("%s: got %s, want %s", r.Key(), got, want[i])
		}
	}
	if err := r.End(); err != nil {
		t.Error(err)
	}
}

func TestAppendCompact(t *testing.T) {
	tests := []struct{ raw, want string }{
		{"", ""},
		{"{}", "{}"},
		{" { \"a b\" :\t[ 1 ,\r\n2 ] , \"c\\\" d\" : \" e \" } ", `{"a b":[1,2],"c\" d":" e "}`},
		{"\n\n", ""},
		{`[ "unterminated `, `["unterminated `},
	}
	for _, tt := range tests {
		if got := string(AppendCompact([]byte("x"), []byte(tt.raw))); got != "x"+tt.want {
			t.Errorf("%q: got %q, want %q", tt.raw, got, tt.want)
		}
	}
}

func TestValidAndIsObject(t *testing.T) {
	tests := []struct {
		raw           string
		valid, object bool
	}{
		{"", false, false}, {" ", false, false}, {"{}", true, true}, {" {\"a\":[{}]}\n", true, true}, {"[]", true, false},
		{"1", true, false}, {"{", false, false}, {"{}x", false, false}, {`{"a":{"b":1,}}`, false, false}, {`{"a":[1 2]}`, false, false},
		{`[[],[[]],{"a":{}}]`, true, false},
	}
	for _, tt := range tests {
		if got := Valid([]byte(tt.raw)); got != tt.valid || got != json.Valid([]byte(tt.raw)) {
			t.Errorf("Valid(%q) = %v", tt.raw, got)
		}
		if got := IsObject([]byte(tt.raw)); got != tt.object {
			t.Errorf("IsObject(%q) = %v", tt.raw, got)
		}
	}
}

func TestSplice(t *testing.T) {
	body := []byte("0123456789")
	if got := string(Splice([]byte("x"), body, 3, 5, []byte("abc"))); got != "x012abc56789" {
		t.Errorf("got %s", got)
	}
	if got := string(Splice(nil, body, 10, 10, nil)); got != "0123456789" {
		t.Errorf("got %s", got)
	}
}
