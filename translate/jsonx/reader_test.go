package jsonx

import (
	"strings"
	"testing"
)

func reader(body string) *Reader {
	var r Reader
	r.Reset([]byte(body))
	return &r
}

func TestReaderWalk(t *testing.T) {
	r := reader(` {"model" : "m", "n":3,"skipped":{"a":[1,{"b":"]}"}]},
		"list":[1, "two" ,null,[],{},true] , "a\u0062":"\u00e9","n":4,"none":null} `)
	var got []string
	if !r.Object() {
		t.Fatal(r.Err())
	}
	for r.Member() {
		switch r.Key() {
		case "model", "ab":
			got = append(got, r.String())
		case "n":
			got = append(got, string(r.Number()))
		case "list":
			r.Array()
			for r.Element() {
				got = append(got, r.Kind().String())
			}
		case "none":
			if r.Array() {
				t.Error("null was entered")
			}
		}
	}
	if err := r.End(); err != nil {
		t.Fatal(err)
	}
	want := "m 3 number string null array object boolean é 4"
	if s := strings.Join(got, " "); s != want {
		t.Errorf("got %s, want %s", s, want)
	}
}

func TestReaderErrors(t *testing.T) {
	deep := strings.Repeat("[", MaxDepth+1)
	tests := []struct{ name, body, want string }{
		{"empty", "", "unexpected end of body at offset 0"},
		{"only space", " \n", "unexpected end of body at offset 2"},
		{"byte order mark", "\xEF\xBB\xBF{}", "expected a value, found a byte order mark at offset 0"},
		{"garbage", "{\"a\":@}", "expected a value, found '@' at offset 5"},
		{"control byte", "\x00", "expected a value, found byte 0x00 at offset 0"},
		{"truncated in object", `{"a":1`, "unexpected end of body at offset 6"},
		{"truncated after colon", `{"a":`, "unexpected end of body at offset 5"},
		{"truncated after key", `{"a"`, "unexpected end of body at offset 4"},
		{"truncated after comma", `{"a":1,`, "unexpected end of body at offset 7"},
		{"truncated array", `[1,`, "unexpected end of body at offset 3"},
		{"truncated string", `{"a":"b`, "unexpected end of body at offset 7"},
		{"truncated escape", `"\`, "unexpected end of body at offset 1"},
		{"truncated unicode escape", `"\u12`, "unexpected end of body at offset 1"},
		{"truncated literal", `[tru`, "unexpected end of body at offset 4"},
		{"comma before brace", `{"a":1,}`, "expected a member's name, found '}' at offset 7"},
		{"comma before bracket", `[1,]`, "expected a value, found ']' at offset 3"},
		{"comma first", `{,"a":1}`, "expected a member's name, found ',' at offset 1"},
		{"no comma", `[1 2]`, "expected ',' or ']', found '2' at offset 3"},
		{"no comma in object", `{"a":1 "b":2}`, "expected ',' or '}', found '\"' at offset 7"},
		{"no colon", `{"a" 1}`, "expected a colon, found '1' at offset 5"},
		{"wrong bracket", `{"a":[1}}`, "expected ',' or ']', found '}' at offset 7"},
		{"unquoted key", `{a:1}`, "expected a member's name, found 'a' at offset 1"},
		{"wrong literal", `[nulL]`, "expected null, found 'L' at offset 4"},
		{"leading zero", `[01]`, "expected ',' or ']', found '1' at offset 2"},
		{"minus alone", `[-]`, "expected a digit, found ']' at offset 2"},
		{"no fraction", `1.e3`, "expected a digit, found 'e' at offset 2"},
		{"no exponent", `1e+`, "unexpected end of body at offset 3"},
		{"raw line feed", "[\"a\nb\"]", "control character in string at offset 3"},
		{"raw control far in", "\"12345678901\x1f4567890\"", "control character in string at offset 12"},
		{"raw control near the end", "\"1\x01\"", "control character in string at offset 2"},
		{"bad escape", `["a\x01234567"]`, "bad escape in string at offset 3"},
		{"bad unicode escape", `"\u12g4"`, "bad escape in string at offset 1"},
		{"short unicode escape", `"\u12"`, "bad escape in string at offset 1"},
		{"bad last digit", `"\u004g12345"`, "bad escape in string at offset 1"},
		{"bad key", `{"\q":1}`, "bad escape in string at offset 2"},
		{"trailing data", `{} x`, "expected the end of the body, found 'x' at offset 3"},
		{"two values", `{}{}`, "expected the end of the body, found '{' at offset 2"},
		{"too deep", deep, "nesting deeper than 512 levels at offset 512"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := reader(tt.body)
			walkAll(r)
			if err := r.End(); err == nil || err.Error() != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
			if r.Kind() != Invalid || r.Object() || r.Member() || r.Element() || r.Text() != "" || r.Raw() != nil || r.Int() != 0 {
				t.Error("something is yielded after the error")
			}
			if Valid([]byte(tt.body)) {
				t.Error("valid")
			}
		})
	}
}

func TestReaderSkipErrors(t *testing.T) {
	tests := []struct{ name, body, want string }{
		{"truncated", `{"a":[1,2`, "unexpected end of body at offset 9"},
		{"crossed brackets", `{"a":[1}`, "expected ',' or ']', found '}' at offset 7"},
		{"crossed brackets the other way", `[{"a":1]`, "expected ',' or '}', found ']' at offset 7"},
		{"string inside", "{\"a\":\"\x01\"}", "control character in string at offset 6"},
		{"escape inside", `[["\z"]]`, "bad escape in string at offset 3"},
		{"too deep", strings.Repeat(`[`, 600), "nesting deeper than 512 levels at offset 512"},
		{"closing bracket", `]`, "expected a value, found ']' at offset 0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := reader(tt.body)
			if raw := r.Raw(); raw != nil {
				t.Errorf("got %s", raw)
			}
			if err := r.Err(); err == nil || err.Error() != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

func TestReaderDepth(t *testing.T) {
	body := strings.Repeat("[", MaxDepth) + strings.Repeat("]", MaxDepth)
	r := reader(body)
	if r.Skip(); r.End() != nil {
		t.Error("skip:", r.Err())
	}
	if !Valid([]byte(body)) {
		t.Error("the greatest depth is not valid")
	}
	mixed := strings.Repeat(`{"a":[`, 200)
	closing := strings.Repeat(`]}`, 200)
	r = reader(`{"x":` + mixed + closing + `,"y":1}`)
	r.Object()
	n := 0
	for r.Member() {
		n++
	}
	if n != 2 || r.End() != nil {
		t.Error(n, r.Err())
	}
}

func TestReaderKinds(t *testing.T) {
	tests := []struct {
		body string
		read func(r *Reader)
		want string
	}{
		{`"s"`, func(r *Reader) { r.Object() }, "expected object, found string at offset 0"},
		{` [1]`, func(r *Reader) { r.Object() }, "expected object, found array at offset 1"},
		{`{}`, func(r *Reader) { r.Array() }, "expected array, found object at offset 0"},
		{`1`, func(r *Reader) { r.Text() }, "expected string, found number at offset 0"},
		{`{}`, func(r *Reader) { _ = r.String() }, "expected string, found object at offset 0"},
		{`"true"`, func(r *Reader) { r.Bool() }, "expected boolean, found string at offset 0"},
		{`true`, func(r *Reader) { r.Int() }, "expected number, found boolean at offset 0"},
		{`"x"`, func(r *Reader) { r.Int() }, "expected number, found string at offset 0"},
		{`1.5`, func(r *Reader) { r.Int() }, "expected an integer of 64 bits at offset 0"},
		{`9223372036854775808`, func(r *Reader) { r.Int() }, "expected an integer of 64 bits at offset 0"},
		{`1e400`, func(r *Reader) { r.Int() }, "expected an integer of 64 bits at offset 0"},
		{`1e400`, func(r *Reader) { r.Float() }, "number out of range at offset 0"},
		{`"1"`, func(r *Reader) { r.Float() }, "expected number, found string at offset 0"},
		{`nul`, func(r *Reader) { r.Text() }, "unexpected end of body at offset 3"},
		{`?`, func(r *Reader) { r.Text() }, "expected string, found '?' at offset 0"},
		{`1`, func(r *Reader) { r.Int(); r.Int() }, "expected number, but the value is already read at offset 1"},
		{`1`, func(r *Reader) { r.Skip(); r.Skip() }, "expected a value, but it is already read at offset 1"},
		{`{"a":1}`, func(r *Reader) { r.Object(); r.Element() }, "reading outside of the object or array being walked at offset 1"},
		{`[[1]]`, func(r *Reader) { r.Member() }, "reading outside of the object or array being walked at offset 5"},
		{`[1]`, func(r *Reader) { r.Array(); _ = r.End() }, "reading ended inside an object or array at offset 1"},
		{`[7]`, func(r *Reader) { r.Array(); r.Element(); r.Fail("bad %d", 7) }, "bad 7 at offset 1"},
		{`[7]`, func(r *Reader) { r.Array(); r.Element(); r.Fail("first"); r.Fail("second") }, "first at offset 1"},
	}
	for _, tt := range tests {
		r := reader(tt.body)
		tt.read(r)
		if err := r.Err(); err == nil || err.Error() != tt.want {
			t.Errorf("%s: got %v, want %s", tt.body, err, tt.want)
		}
	}
}

func TestReaderNull(t *testing.T) {
	r := reader(`[null,null,null,null,null,null,null,null,null]`)
	r.Array()
	next := func() { t.Helper(); r.Element() }
	next()
	if r.Object() {
		t.Error("object")
	}
	next()
	if r.Array() {
		t.Error("array")
	}
	next()
	if r.Text() != "" {
		t.Error("text")
	}
	next()
	if r.Bool() {
		t.Error("bool")
	}
	next()
	if r.Int() != 0 {
		t.Error("int")
	}
	next()
	if r.Float() != 0 {
		t.Error("float")
	}
	next()
	if r.Number() != nil {
		t.Error("number")
	}
	next()
	if !r.Null() {
		t.Error("null")
	}
	next()
	if string(r.Raw()) != "null" {
		t.Error("raw")
	}
	if r.Element() || r.End() != nil {
		t.Error(r.Err())
	}
}

func TestReaderOffset(t *testing.T) {
	body := ` {"model" : "old", "b":[ 1 ] }`
	r := reader(body)
	if r.Offset() != 1 {
		t.Errorf("at the start: %d", r.Offset())
	}
	r.Object()
	r.Member()
	start := r.Offset()
	r.Skip()
	end := r.Offset()
	if body[start:end] != `"old"` {
		t.Errorf("value is %q", body[start:end])
	}
	if got := string(Splice(nil, []byte(body), start, end, []byte(`"new"`))); got != ` {"model" : "new", "b":[ 1 ] }` {
		t.Errorf("spliced: %s", got)
	}
}

func TestReaderSub(t *testing.T) {
	r := reader(`{"a": {"b": [1, x]}, "c": 2}`)
	r.Object()
	r.Member()
	sub := r.Sub(r.Raw())
	sub.Object()
	sub.Member()
	inner := sub.Sub(sub.Raw())
	walkAll(&inner)
	if err := inner.Err(); err == nil || err.Error() != "expected a value, found 'x' at offset 16" {
		t.Errorf("got %v", err)
	}
	if !r.Member() || r.Key() != "c" || r.Int() != 2 || r.Member() || r.End() != nil {
		t.Error("the reader itself was disturbed:", r.Err())
	}
	other := r.Sub([]byte(` !`))
	if other.Skip(); other.Err().Error() != "expected a value, found '!' at offset 1" {
		t.Errorf("bytes of another array: %v", other.Err())
	}
	empty := r.Sub(nil)
	if empty.Skip(); empty.Err() == nil {
		t.Error("nothing was read as a value")
	}
}

func TestReaderReset(t *testing.T) {
	r := reader(`[[`)
	walkAll(r)
	if r.Err() == nil {
		t.Fatal("no error")
	}
	r.Reset([]byte(`[1]`))
	if walkAll(r); r.End() != nil {
		t.Error(r.Err())
	}
	var zero Reader
	if zero.End() == nil && zero.Object() {
		t.Error("the zero Reader yields an object")
	}
}

func TestReaderAllocations(t *testing.T) {
	body, ints := agentBody(), []byte(`["2",3.0,4]`)
	var r Reader
	for name, f := range map[string]func(){
		"walk": func() { r.Reset(body); walkAll(&r) },
		"chat": func() { r.Reset(body); walkChat(&r) },
		"skip": func() { r.Reset(body); r.Skip() },
		"sub":  func() { r.Reset(body); s := r.Sub(r.Raw()); walkAll(&s) },
		"ints": func() {
			r.Reset(ints)
			r.Array()
			for r.Element() {
				r.Int()
			}
		},
	} {
		if n := testing.AllocsPerRun(5, f); n != 0 {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
}
