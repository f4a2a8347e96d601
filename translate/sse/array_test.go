package sse

import (
	"errors"
	"io"
	"strings"
	"testing"
)

// elements are events as an ArrayReader yields them.
func elements(datas ...string) []got {
	var events []got
	for _, d := range datas {
		events = append(events, got{"", d, d})
	}
	return events
}

func TestArrayReader(t *testing.T) {
	tests := []struct {
		name, stream string
		want         []string
	}{
		{"empty array", " [ ]\n", nil},
		{"one", `[{"a":1}]`, []string{`{"a":1}`}},
		{"as Gemini writes", "[{\n  \"a\": [1, {}]\n}\n,\r\n{\n  \"b\": 2\n}\n]\n", []string{"{\n  \"a\": [1, {}]\n}", "{\n  \"b\": 2\n}"}},
		{"brackets in strings", `[{"a":"]}\"[{"},{"b\\":"\\\\"}]`, []string{`{"a":"]}\"[{"}`, `{"b\\":"\\\\"}`}},
		{"all kinds", `[1, "a,]\"" ,null,[[],[1]],true , -2.5e3]`, []string{"1", `"a,]\""`, "null", "[[],[1]]", "true", "-2.5e3"}},
		{"object alone", " {\"error\":{\"code\":429}} \n", []string{`{"error":{"code":429}}`}},
		{"byte order mark", "\xEF\xBB\xBF[{}]", []string{"{}"}},
	}
	for _, tt := range tests {
		for name, chunked := range chunkings {
			t.Run(tt.name+"/"+name, func(t *testing.T) {
				events, err := drain(NewArrayReader(chunked(strings.NewReader(tt.stream))))
				if err != nil {
					t.Fatal(err)
				}
				checkEvents(t, events, elements(tt.want...))
			})
		}
	}
}

func TestArrayReaderErrors(t *testing.T) {
	tests := []struct {
		name, stream string
		want         []string
		err          string
	}{
		{"empty", "", nil, "unexpected EOF"},
		{"never closed", `[{"a":1}`, []string{`{"a":1}`}, "unexpected EOF"},
		{"open element", `[{"a":1},{"b":`, []string{`{"a":1}`}, "unexpected EOF"},
		{"open string", `[{"a":1},"b\"`, []string{`{"a":1}`}, "unexpected EOF"},
		{"open object", `{"a":`, nil, "unexpected EOF"},
		{"no comma", `[{"a":1} {}]`, []string{`{"a":1}`}, `unexpected byte '{'`},
		{"text behind a string", `["a"b]`, []string{`"a"`}, `unexpected byte 'b'`},
		{"two commas", `[{"a":1},,{}]`, []string{`{"a":1}`}, `unexpected byte ','`},
		{"comma at the end", `[{"a":1},]`, []string{`{"a":1}`}, `unexpected byte ']'`},
		{"wrong bracket", `[1}`, []string{`1`}, `unexpected byte '}'`},
		{"bracket first", `[}`, nil, `unexpected byte '}'`},
		{"not an array", `upstream error`, nil, `unexpected byte 'u'`},
		{"half a byte order mark", "\xEF\xBB", nil, `unexpected byte 'ï'`},
		{"data behind the array", `[{}]x`, []string{`{}`}, `unexpected byte 'x'`},
		{"data behind the object", `{}{}`, []string{`{}`}, `unexpected byte '{'`},
	}
	for _, tt := range tests {
		for name, chunked := range chunkings {
			t.Run(tt.name+"/"+name, func(t *testing.T) {
				events, err := drain(NewArrayReader(chunked(strings.NewReader(tt.stream))))
				if err == nil || !strings.HasSuffix(err.Error(), tt.err) {
					t.Errorf("error is %v, want %s", err, tt.err)
				}
				checkEvents(t, events, elements(tt.want...))
			})
		}
	}
}

func TestArrayReaderReadError(t *testing.T) {
	broken := errors.New("broken")
	events, err := drain(NewArrayReader(&pieces{data: []string{`[{"a":1},{"b"`}, err: broken}))
	if !errors.Is(err, broken) {
		t.Error(err)
	}
	checkEvents(t, events, elements(`{"a":1}`))
	events, err = drain(NewArrayReader(&pieces{data: []string{`[{"a":1}]`}, err: broken}))
	if err != nil {
		t.Error("what breaks off behind the array is reported:", err)
	}
	checkEvents(t, events, elements(`{"a":1}`))
	_, err = drain(NewArrayReader(strings.NewReader(`[1`)))
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error(err)
	}
}

func TestArrayReaderBuffered(t *testing.T) {
	src := &pieces{data: []string{`[{"a":1},{"b":2}`, `,{"c"`, `:3}`, `]`}}
	r := NewArrayReader(src)
	for i, want := range []struct {
		buffered bool
		reads    int
	}{{true, 1}, {false, 1}, {false, 3}} {
		if !r.Next() || r.Buffered() != want.buffered || src.reads != want.reads {
			t.Errorf("element %d: %s, buffered %v, %d reads, %v", i, r.Event().Data, r.Buffered(), src.reads, r.Err())
		}
	}
	if r.Next() || r.Err() != nil {
		t.Error(r.Err())
	}
}

func TestArrayReaderLimit(t *testing.T) {
	for name, chunked := range chunkings {
		r := NewArrayReader(chunked(strings.NewReader(`[{"a":1} , "23456" ,1234567,{"a":12},{}]`)))
		r.limit = 7
		events, err := drain(r)
		if !errors.Is(err, ErrTooLong) {
			t.Errorf("%s: error is %v", name, err)
		}
		checkEvents(t, events, elements(`{"a":1}`, `"23456"`, `1234567`))
	}
	r := NewArrayReader(strings.NewReader(`[12345678]`))
	r.limit = 7
	if events, err := drain(r); len(events) != 0 || !errors.Is(err, ErrTooLong) {
		t.Errorf("a long number: %q, %v", events, err)
	}
}

func TestArrayReaderLargeAndReset(t *testing.T) {
	r := NewArrayReader(strings.NewReader(""))
	for name, chunked := range chunkings {
		n := 100_000
		if strings.Contains(name, "bytes") {
			n = 10_000
		}
		big := `{"data":"` + strings.Repeat(`ab\\\"`, n) + `"}`
		r.Reset(chunked(strings.NewReader(`[{},` + big + `,{}]`)))
		events, err := drain(r)
		if err != nil {
			t.Fatal(name, err)
		}
		checkEvents(t, events, elements(`{}`, big, `{}`))
		if r.Reset(nil); len(r.buf) > keepSize {
			t.Errorf("%s: Reset kept %d bytes", name, len(r.buf))
		}
	}
}
