package responses

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// decodeRequest decodes a body that must be right.
func decodeRequest(t *testing.T, body string) *ir.Request {
	t.Helper()
	req, err := Codec{}.DecodeRequest([]byte(body), &ir.Envelope{Op: ir.Generate, Dialect: ir.Responses})
	if err != nil {
		t.Fatalf("decoding %s: %v", body, err)
	}
	return req
}

// target is an account at OpenAI whose model takes everything.
func target(req *ir.Request) *ir.Target {
	return &ir.Target{
		Dialect: ir.Responses, Provider: "openai", Model: "gpt-5.2", Scope: "bbbb2222", Notes: &ir.Notes{},
		Names: ir.NewNames(req.Tools, Codec{}.NameRule()),
		Caps: ir.Caps{
			Family: "openai", Thinking: ir.ThinkingEffort, Levels: []string{"none", "minimal", "low", "medium", "high", "xhigh"},
			ParallelFlag: true, StrictTools: true, CustomTools: true, Logprobs: true, MidSystem: true, MaxTemperature: 2,
			DeveloperRole: true, CanDisable: true,
		},
	}
}

// encode writes a request for an account at OpenAI.
func encode(t *testing.T, req *ir.Request, to *ir.Target) string {
	t.Helper()
	out, err := Codec{}.AppendRequest(nil, req, to)
	if err != nil {
		t.Fatalf("encoding: %v", err)
	}
	if !json.Valid(out) {
		t.Fatalf("not JSON: %s", out)
	}
	return string(out)
}

// newTrip is the way of a request whose ids are counted.
func newTrip(req *ir.Request, from ir.Dialect) *ir.Trip {
	n := 0
	return &ir.Trip{
		Request: req, Model: "m", Created: 1770000000,
		Target: &ir.Target{Dialect: from, Model: "up", Scope: "aaaa1111", Names: ir.NewNames(nil, ir.NameRule{Max: 64})},
		NewID: func(prefix string) string {
			n++
			return prefix + strconv.Itoa(n)
		},
	}
}

// same fails the test unless two JSON texts mean the same.
func same(t *testing.T, got, want string) {
	t.Helper()
	g, w := parse(t, got), parse(t, want)
	if !reflect.DeepEqual(g, w) {
		t.Errorf("got  %s\nwant %s", pretty(g), pretty(w))
	}
}

// has fails the test unless got holds everything that want holds; lists must
// be as long.
func has(t *testing.T, got, want string) {
	t.Helper()
	if path := missing(parse(t, got), parse(t, want), ""); path != "" {
		t.Errorf("differs at %s\ngot  %s\nwant %s", path, got, want)
	}
}

func missing(got, want any, path string) string {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			return path
		}
		for k, v := range w {
			if p := missing(g[k], v, path+"."+k); p != "" {
				return p
			}
		}
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			return path
		}
		for i := range w {
			if p := missing(g[i], w[i], fmt.Sprintf("%s[%d]", path, i)); p != "" {
				return p
			}
		}
	default:
		if !reflect.DeepEqual(got, want) {
			return path
		}
	}
	return ""
}

func parse(t *testing.T, text string) any {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return number(v)
}

// number makes numbers that are equal compare so, whatever their notation.
func number(v any) any {
	switch x := v.(type) {
	case json.Number:
		if f, err := x.Float64(); err == nil {
			return f
		}
	case []any:
		for i := range x {
			x[i] = number(x[i])
		}
	case map[string]any:
		for k := range x {
			x[k] = number(x[k])
		}
	}
	return v
}

func pretty(v any) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	_ = enc.Encode(v)
	return b.String()
}

// notes lists the notes as code:path.
func notes(to *ir.Target) string {
	var list []string
	for _, n := range to.Notes.List() {
		list = append(list, n.Code+":"+n.Path)
	}
	return strings.Join(list, " ")
}

// describe writes a turn's parts in a few words.
func describe(turns []ir.Turn) string {
	var b strings.Builder
	for i := range turns {
		if i > 0 {
			b.WriteString(" | ")
		}
		b.WriteString(string(turns[i].Role) + ":")
		for j := range turns[i].Parts {
			p := &turns[i].Parts[j]
			b.WriteString(" " + p.Kind.String())
			switch {
			case p.Call != nil:
				b.WriteString("(" + p.Call.ID + " " + string(p.Call.Type) + " " + p.Call.Name + " " + string(p.Call.Args.Bytes()) + ")")
			case p.Result != nil:
				b.WriteString("(" + p.Result.CallID + " " + describe([]ir.Turn{{Parts: p.Result.Parts}}) + ")")
			case p.Media != nil:
				b.WriteString("(" + p.Media.MIME + " " + p.Media.URL + p.Media.FileID + string(p.Media.Data) + ")")
			case p.Server != nil:
				b.WriteString("(" + p.Server.Tool + ")")
			case p.Opaque != nil:
				b.WriteString("(" + p.Opaque.Type + ")")
			default:
				b.WriteString("(" + p.Text.String() + ")")
			}
			if p.Sig != nil {
				b.WriteString("+sig " + p.Sig.Value)
			}
			if p.Think != nil && p.Think.Sig != nil {
				b.WriteString("+sig " + p.Think.Sig.Value)
			}
		}
	}
	return b.String()
}
