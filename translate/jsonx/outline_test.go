package jsonx

import (
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// outlineBody has long strings at every depth, as keys too, with what strings
// may hold; the short ones between them stay out of the outline.
func outlineBody() []byte {
	long := strings.Repeat("0123456789", 8)
	return []byte(`{"a":"` + long + `","short":"x","` + long + `key":["` + long + `\"\n","` + long + `é",{"b":"` + long + `\ud800"}],` +
		`"raw":{"c":["` + long + `",{}],"d":"` + long + `"},"end":"` + long + `"}`)
}

// texts walks a body and returns all that it holds, raw subtrees by another
// Reader.
func texts(r *Reader) (list []string) {
	switch r.Kind() {
	case Object:
		for in := r.Object(); in && r.Member(); {
			list = append(list, r.Key())
			if r.Key() != "raw" {
				list = append(list, texts(r)...)
				continue
			}
			sub := r.Sub(r.Raw())
			list = append(list, texts(&sub)...)
		}
	case Array:
		for in := r.Array(); in && r.Element(); {
			list = append(list, texts(r)...)
		}
	case String:
		list = append(list, string(r.Text()))
	default:
		list = append(list, string(r.Raw()))
	}
	return list
}

// TestOutline reads the same with and without an outline.
func TestOutline(t *testing.T) {
	body := outlineBody()
	var plain, first, second Reader
	plain.Reset(body)
	want := texts(&plain)

	var o ir.Outline
	first.Reset(body)
	first.Note(&o)
	first.Skip()
	if err := first.End(); err != nil {
		t.Fatal(err)
	}
	if len(o.Strings) != 8 {
		t.Errorf("%d strings are noted: %v", len(o.Strings), o.Strings)
	}
	second.Reset(body)
	second.Recall(&o)
	if got := texts(&second); second.End() != nil || strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if second.noted == 0 {
		t.Error("the outline was not used")
	}
}

// TestOutlineIsBelieved shows that ends are looked up: an outline that says
// something else changes what is read.
func TestOutlineIsBelieved(t *testing.T) {
	body := []byte(`["` + strings.Repeat("x", 80) + `\"` + strings.Repeat("x", 80) + `"]`)
	o := ir.Outline{Body: body, Strings: []ir.LongString{{Start: 2, End: 83}}}
	var r Reader
	r.Reset(body)
	r.Recall(&o)
	r.Array()
	r.Element()
	if got := r.Text(); len(got) != 81 {
		t.Errorf("a string of %d bytes", len(got))
	}
}

// TestOutlineOfAnotherBody is not used, nor is it after Reset.
func TestOutlineOfAnotherBody(t *testing.T) {
	body := outlineBody()
	var o ir.Outline
	var r Reader
	r.Reset(body)
	r.Note(&o)
	r.Skip()
	for _, other := range [][]byte{outlineBody(), body[:len(body)-1], nil} {
		r.Reset(other)
		r.Recall(&o)
		if r.outline != nil {
			t.Error("the outline of another body is used")
		}
	}
}

// FuzzOutline reads anything with an outline of it and without.
func FuzzOutline(f *testing.F) {
	f.Add(outlineBody())
	f.Add([]byte(`{"raw":"` + strings.Repeat("x", 70) + `","a":["` + strings.Repeat("y", 70) + `"]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var plain, noting, recalling Reader
		var o ir.Outline
		noting.Reset(body)
		noting.Note(&o)
		noting.Skip()
		if noting.End() != nil {
			return // nothing is decoded whose envelope cannot be read
		}
		plain.Reset(body)
		want, wantErr := texts(&plain), plain.End()
		recalling.Reset(body)
		recalling.Recall(&o)
		got, err := texts(&recalling), recalling.End()
		if strings.Join(got, "|") != strings.Join(want, "|") || (err == nil) != (wantErr == nil) {
			t.Errorf("got  %q, %v\nwant %q, %v", got, err, want, wantErr)
		}
	})
}
