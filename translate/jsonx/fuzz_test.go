package jsonx

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// FuzzReader compares the walk with encoding/json: the same bodies are valid,
// and the same tokens are found in them.
func FuzzReader(f *testing.F) {
	for _, s := range []string{
		"", "{}", "[1 2]", `{"a":1,}`, "\xEF\xBB\xBF{}", `{"a":"\ud83d\ude00 \ud83d é","a":[1,-2.5e+7,null,true,false,{}]}`,
		"\"\xff\u2028\"", `[[[[]]]]`, ` { "k\u0065y" : [ ] } `, `"\u12"`, "1e", `{"a":{"b":[{"c":"d"}]}}`, `"123456\"890\\"`, "[\"\x00\"]",
	} {
		f.Add([]byte(s))
	}
	f.Add(agentBody()[:4000])
	f.Fuzz(func(t *testing.T, data []byte) {
		if deep(data) {
			_ = Valid(data) // must not panic
			return
		}
		valid := json.Valid(data)
		if got := Valid(data); got != valid {
			t.Fatalf("Valid(%q) = %v", data, got)
		}
		var r Reader
		r.Reset(data)
		var got []any
		tokens(t, &r, &got)
		if err := r.End(); (err == nil) != valid {
			t.Fatalf("walking %q: %v", data, err)
		}
		r.Reset(data)
		r.Skip()
		err := r.End()
		if !valid {
			return
		}
		if err != nil {
			t.Fatalf("skipping %q: %v", data, err)
		}
		compareTokens(t, data, got)
		compareCompact(t, data)
	})
}

// deep reports whether data might be nested deeper than MaxDepth.
func deep(data []byte) bool {
	return bytes.Count(data, []byte("["))+bytes.Count(data, []byte("{")) > MaxDepth
}

// tokens walks the next value into tokens as json.Decoder yields them.
func tokens(t *testing.T, r *Reader, out *[]any) {
	switch r.Kind() {
	case Object:
		*out = append(*out, json.Delim('{'))
		r.Object()
		for r.Member() {
			*out = append(*out, strings.Clone(r.Key()))
			tokens(t, r, out)
		}
		*out = append(*out, json.Delim('}'))
	case Array:
		*out = append(*out, json.Delim('['))
		r.Array()
		for r.Element() {
			tokens(t, r, out)
		}
		*out = append(*out, json.Delim(']'))
	case String:
		text := r.Text()
		checkText(t, text)
		*out = append(*out, text.String())
	case Number:
		*out = append(*out, json.Number(r.Number()))
	case Bool:
		*out = append(*out, r.Bool())
	default:
		if !r.Null() {
			r.Skip()
		}
		*out = append(*out, nil)
	}
}

// checkText checks that a Text can be written into any body as it is.
func checkText(t *testing.T, text ir.Text) {
	quoted := text.AppendJSON(nil)
	var decoded string
	if err := json.Unmarshal(quoted, &decoded); err != nil || decoded != text.String() {
		t.Fatalf("%s decodes to %q, %v, and by itself to %q", quoted, decoded, err, text.String())
	}
	if s := string(quoted); strings.ToValidUTF8(s, "") != s || strings.ContainsAny(s, "\u2028\u2029") {
		t.Fatalf("%q was not repaired", quoted)
	}
}

func compareTokens(t *testing.T, data []byte, got []any) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	for i, tok := range got {
		want, err := dec.Token()
		if err != nil || tok != want {
			t.Fatalf("%q: token %d is %v, want %v, %v", data, i, tok, want, err)
		}
	}
	if dec.More() {
		t.Fatalf("%q: tokens are missing after %d", data, len(got))
	}
}

func compareCompact(t *testing.T, data []byte) {
	var want bytes.Buffer
	if err := json.Compact(&want, data); err != nil {
		t.Fatal(err)
	}
	if got := AppendCompact(nil, data); !bytes.Equal(got, want.Bytes()) {
		t.Fatalf("compact %q: got %q, want %q", data, got, want.Bytes())
	}
}
