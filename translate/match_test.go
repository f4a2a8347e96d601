package translate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/sse"
)

// matcher compares JSON with an expectation that may hold the matchers $any,
// $str, $int, $id:x, $json:text and $re:regexp.
type matcher struct {
	subset bool
	ids    map[string]string
}

// compare returns where got differs from the expectation, or "".
func compare(want, got []byte, match string) string {
	m := matcher{subset: match == "subset", ids: map[string]string{}}
	w, err := parse(want)
	if err != nil {
		return "expectation: " + err.Error()
	}
	g, err := parse(got)
	if err != nil {
		return fmt.Sprintf("output is no JSON: %v\n%s", err, got)
	}
	if problem := m.diff("", w, g); problem != "" {
		return problem + "\ngot  " + pretty(got) + "\nwant " + pretty(want)
	}
	return ""
}

// compareStream reads the client's stream back and compares it frame by frame.
func compareStream(want, got []byte, match string) string {
	m := matcher{subset: match == "subset", ids: map[string]string{}}
	var expected []frame
	if err := json.Unmarshal(want, &expected); err != nil {
		return "expectation: " + err.Error()
	}
	src := sse.NewReader(bytes.NewReader(got))
	i := 0
	for ; src.Next(); i++ {
		ev := src.Event()
		if i >= len(expected) {
			return fmt.Sprintf("frame %d is too much: %s %s", i, ev.Name, ev.Data)
		}
		w, _ := parse(expected[i].Data)
		var g any = string(ev.Data)
		if string(ev.Data) != "[DONE]" {
			var err error
			if g, err = parse(ev.Data); err != nil {
				return fmt.Sprintf("frame %d is no JSON: %v: %s", i, err, ev.Data)
			}
		}
		if expected[i].Event != ev.Name {
			return fmt.Sprintf("frame %d: event %q, want %q\n%s", i, ev.Name, expected[i].Event, ev.Data)
		}
		if problem := m.diff("", w, g); problem != "" {
			return fmt.Sprintf("frame %d: %s\ngot  %s\nwant %s", i, problem, ev.Data, flat(expected[i].Data))
		}
	}
	if i < len(expected) {
		return fmt.Sprintf("only %d of %d frames:\n%s\nnext: %s %s", i, len(expected), got, expected[i].Event, flat(expected[i].Data))
	}
	return ""
}

func flat(raw []byte) string {
	var b bytes.Buffer
	_ = json.Compact(&b, raw)
	return b.String()
}

func pretty(raw []byte) string {
	var b bytes.Buffer
	_ = json.Indent(&b, raw, "", " ")
	return b.String()
}

func parse(raw []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, err
	}
	if dec.More() {
		return nil, fmt.Errorf("more than one value")
	}
	return v, nil
}

func (m *matcher) diff(path string, want, got any) string {
	if s, ok := want.(string); ok && strings.HasPrefix(s, "$") {
		return m.match(path, s, got)
	}
	switch w := want.(type) {
	case map[string]any:
		return m.object(path, w, got)
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			return fmt.Sprintf("%s: got %v, want %v", path, got, want)
		}
		for i := range w {
			if problem := m.diff(fmt.Sprintf("%s[%d]", path, i), w[i], g[i]); problem != "" {
				return problem
			}
		}
		return ""
	case json.Number:
		g, ok := got.(json.Number)
		if !ok || !sameNumber(w, g) {
			return fmt.Sprintf("%s: got %v, want %v", path, got, want)
		}
		return ""
	default:
		if want != got {
			return fmt.Sprintf("%s: got %#v, want %#v", path, got, want)
		}
		return ""
	}
}

func (m *matcher) object(path string, want map[string]any, got any) string {
	g, ok := got.(map[string]any)
	if !ok {
		return fmt.Sprintf("%s: got %v, want an object", path, got)
	}
	for k := range want {
		if _, ok := g[k]; !ok {
			return fmt.Sprintf("%s.%s is missing", path, k)
		}
		if problem := m.diff(path+"."+k, want[k], g[k]); problem != "" {
			return problem
		}
	}
	for k := range g {
		if _, ok := want[k]; !ok && !m.subset {
			return fmt.Sprintf("%s.%s is too much: %v", path, k, g[k])
		}
	}
	return ""
}

func sameNumber(a, b json.Number) bool {
	x, errX := a.Float64()
	y, errY := b.Float64()
	return errX == nil && errY == nil && x == y
}

func (m *matcher) match(path, want string, got any) string {
	s, isString := got.(string)
	ok := false
	switch name, arg, _ := strings.Cut(want, ":"); name {
	case "$any":
		ok = true
	case "$str":
		ok = isString && s != ""
	case "$int":
		n, isNumber := got.(json.Number)
		_, err := n.Int64()
		ok = isNumber && err == nil
	case "$id":
		ok = isString && m.sameID(arg, s)
	case "$json":
		if problem := compare([]byte(arg), []byte(s), ""); problem != "" {
			return path + ": " + problem
		}
		ok = true
	case "$re":
		ok = isString && regexp.MustCompile(`^(?:`+arg+`)$`).MatchString(s)
	default:
		ok = isString && s == want
	}
	if !ok {
		return fmt.Sprintf("%s: got %v, want %s", path, got, want)
	}
	return ""
}

// sameID reports whether an id is the same for every use of its name and
// different from the ids of other names.
func (m *matcher) sameID(name, id string) bool {
	if before, ok := m.ids[name]; ok {
		return before == id
	}
	for _, other := range m.ids {
		if other == id {
			return false
		}
	}
	m.ids[name] = id
	return id != ""
}
