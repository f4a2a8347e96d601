package jsonx

import (
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

func TestCuts(t *testing.T) {
	tests := []struct {
		body string // pieces to leave out stand between < and >
		want string
	}{
		{`[<1>]`, `[]`},
		{`[<1>,2]`, `[2]`},
		{`[1 , <2>]`, `[1 ]`},
		{`[1,<2>,3]`, `[1,3]`},
		{`[<1>,2,<3>]`, `[2]`},
		{`[<1> , <2>,3]`, `[3]`},
		{`[<1>,<2>]`, `[]`},
		{`{"a":1,<"b":[2,<3>]>}`, `{"a":1}`},
	}
	for _, tt := range tests {
		var body []byte
		var list []ir.Span
		var open []int
		for _, c := range []byte(tt.body) {
			switch c {
			case '<':
				open = append(open, len(list))
				list = append(list, ir.Span{Start: len(body)})
			case '>':
				list[open[len(open)-1]].End = len(body)
				open = open[:len(open)-1]
			default:
				body = append(body, c)
			}
		}
		got, from := "", 0
		for _, c := range Cuts(body, list) {
			got += string(body[from:c.Start])
			from = c.End
		}
		if got += string(body[from:]); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.body, got, tt.want)
		}
	}
}

func TestMemberSpan(t *testing.T) {
	tests := []struct{ body, want string }{
		{`{"x":1,"a" : {"a":2}}`, `"a" : {"a":2}`},
		{`{"\u0061":{"b":2}}`, ``},
		{`{"a":1,"\u0061":{"b":2}}`, ``},
	}
	for _, tt := range tests {
		var r Reader
		var value ir.Span
		r.Reset([]byte(tt.body))
		r.Object()
		for r.Member() {
			start := r.Offset()
			if r.Key() == "a" && r.Kind() == Object {
				r.Skip()
				value = ir.Span{Start: start, End: r.Offset()}
			}
		}
		at := MemberSpan([]byte(tt.body), "a", value)
		if got := tt.body[at.Start:at.End]; r.End() != nil || got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.body, got, tt.want)
		}
	}
}

func TestIfAny(t *testing.T) {
	var r Reader
	r.Reset([]byte(`{"text":"a\n","object":{"id":"x","n":1},"number":5,"half":0.5,"huge":1e99,"list":[1],"null":null}`))
	got := map[string]string{}
	r.Object()
	for r.Member() {
		key := r.Key()
		probe := r
		n := probe.IntIfAny()
		inner := r
		id := inner.TextIn("id").String()
		got[key] = r.TextIfAny().String() + "|" + id
		if n.Set != (key == "number") || n.Set && n.V != 5 {
			t.Errorf("%s: got %+v", key, n)
		}
		if probe.Offset() != r.Offset() || inner.Offset() != r.Offset() {
			t.Errorf("%s: the value was not read to its end", key)
		}
	}
	if err := r.End(); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{"text": "a\n|", "object": "|x", "number": "|", "list": "|", "null": "|"} {
		if got[key] != want {
			t.Errorf("%s: got %q, want %q", key, got[key], want)
		}
	}
}
