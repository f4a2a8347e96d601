package translate

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/sse"
)

// told is an answer that an upstream has told: one body, or the frames of a stream.
type told struct {
	streamed bool
	frames   []any
}

// tales reads the answers in which the members of a dialect occur.
func tales(tb testing.TB, d ir.Dialect) (list []told) {
	tb.Helper()
	raw, err := os.ReadFile("testdata/answers/" + string(d) + ".json")
	if err != nil {
		tb.Fatal(err)
	}
	v, err := parse(raw)
	if err != nil {
		tb.Fatal(err)
	}
	file := v.(map[string]any)
	for _, body := range file["whole"].([]any) {
		list = append(list, told{frames: []any{body}})
	}
	for _, stream := range file["streams"].([]any) {
		list = append(list, told{streamed: true, frames: stream.([]any)})
	}
	return list
}

// section is the table's section that names the answer's members. Gemini's
// streams consist of answers.
func (s *told) section(d ir.Dialect) string {
	if s.streamed && d != ir.Gemini {
		return SectionStream
	}
	return SectionResponse
}

// read is what clients of all other dialects read of the answer, whole and as a
// stream, and what the gateway learns from it.
func (s *told) read(tb testing.TB, upstream ir.Dialect) (out []string) {
	tb.Helper()
	for _, client := range benchDialects {
		if client == upstream {
			continue
		}
		for _, streaming := range []bool{false, true} {
			a := answerFor(tb, client, upstream, streaming, s.streamed)
			var b []byte
			for _, f := range s.frames {
				data, err := json.Marshal(f)
				if err != nil {
					tb.Fatal(err)
				}
				if !s.streamed {
					b = a.Body(b, data)
					continue
				}
				name := ""
				if m, ok := f.(map[string]any); ok && (upstream == ir.Anthropic || upstream == ir.Responses) {
					name, _ = m["type"].(string)
				}
				b = a.Frame(b, sse.Event{Name: name, Data: data})
			}
			if s.streamed {
				b = a.Close(b)
			}
			seen := a.Seen()
			text := fmt.Sprintf("%s\n%+v %+v", b, seen.Usage, seen.Stop)
			if e := seen.Err; e != nil {
				text += fmt.Sprintf("\n%s %d %s %s %s", e.Kind, e.Status, e.Code, e.Param, e.Message)
			}
			out = append(out, text)
		}
	}
	return out
}

// places are the paths of all members of an answer, in the words of the tables.
func (s *told) places() []string {
	var all []string
	add := func(path string) {
		if !slices.Contains(all, path) {
			all = append(all, path)
		}
	}
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			if kind := kindOf(v); kind != "" && path != "" {
				add(path + "<" + kind + ">")
			}
			for name, member := range v {
				at := name
				if path != "" {
					at = path + "." + name
				}
				add(at)
				if !free[name] {
					walk(at, member)
				}
			}
		case []any:
			for _, e := range v {
				walk(path, e)
			}
		}
	}
	for _, f := range s.frames {
		walk("", f)
	}
	slices.Sort(all)
	return all
}

// free are members that hold whatever a tool takes.
var free = map[string]bool{"input": true, "args": true}

// kindOf is what tells an object from others at its place.
func kindOf(v map[string]any) string {
	if kind, ok := v["type"].(string); ok {
		return kind
	}
	return ""
}

// changed is a copy of the answer with another value at the path, wherever it
// occurs; members vanish for which change returns nothing.
func (s *told) changed(path string, change func(v any) []any) told {
	path, kind, _ := strings.Cut(strings.TrimSuffix(path, ">"), "<")
	names := strings.Split(path, ".")
	out := told{streamed: s.streamed}
	for _, f := range s.frames {
		out.frames = append(out.frames, edit(f, names, kind, change))
	}
	return out
}

func edit(v any, names []string, kind string, change func(v any) []any) any {
	switch v := v.(type) {
	case []any:
		list := []any{}
		for _, e := range v {
			list = append(list, edit(e, names, kind, change))
		}
		return list
	case map[string]any:
		out := map[string]any{}
		for name, member := range v {
			switch {
			case name != names[0]:
				out[name] = member
			case len(names) > 1:
				out[name] = edit(member, names[1:], kind, change)
			default:
				if list, ok := editLast(member, kind, change); ok {
					out[name] = list
				}
			}
		}
		return out
	}
	return v
}

// editLast changes a member itself, or of a list those of the kind.
func editLast(member any, kind string, change func(v any) []any) (any, bool) {
	list, isList := member.([]any)
	if kind == "" || !isList {
		if m, ok := member.(map[string]any); kind != "" && (!ok || kindOf(m) != kind) {
			return member, true
		}
		if now := change(member); len(now) > 0 {
			return now[0], true
		}
		return nil, false
	}
	out := []any{}
	for _, e := range list {
		if m, ok := e.(map[string]any); ok && kindOf(m) == kind {
			out = append(out, change(e)...)
			continue
		}
		out = append(out, e)
	}
	return out, true
}

// variants are the ways in which a member is changed to see who minds: it is
// gone, or says something else.
var variants = []func(v any) []any{
	func(any) []any { return nil },
	func(v any) []any {
		switch v := v.(type) {
		case string:
			return []any{v + "zz"}
		case json.Number:
			n, _ := v.Float64()
			return []any{n + 1}
		case bool:
			return []any{!v}
		}
		return []any{v}
	},
}

// reaches reports whether a client of any other dialect reads something else
// when the member differs.
func (s *told) reaches(tb testing.TB, upstream ir.Dialect, path string, before []string) bool {
	tb.Helper()
	for _, change := range variants {
		other := s.changed(path, change)
		if !slices.Equal(other.read(tb, upstream), before) {
			return true
		}
	}
	return false
}

// with is a copy of the sample in which all objects at the path's place have
// the member, and tells how many those are.
func (s *told) with(path string, value any) (out told, n int) {
	names := strings.Split(path, ".")
	out.streamed = s.streamed
	for _, f := range s.frames {
		out.frames = append(out.frames, insert(f, names, value, &n))
	}
	return out, n
}

func insert(v any, names []string, value any, n *int) any {
	switch v := v.(type) {
	case []any:
		var list []any
		for _, e := range v {
			list = append(list, insert(e, names, value, n))
		}
		return list
	case map[string]any:
		out := maps.Clone(v)
		if len(names) == 1 {
			if _, ok := out[names[0]]; !ok {
				out[names[0]] = value
				*n++
			}
		} else if member, ok := v[names[0]]; ok {
			out[names[0]] = insert(member, names[1:], value, n)
		}
		return out
	}
	return v
}
