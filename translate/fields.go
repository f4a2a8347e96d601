package translate

import (
	"embed"
	"fmt"
	"slices"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// Fate tells what the gateway does with a member of a dialect when the other
// side speaks another one. Between equal dialects every member is handed on.
type Fate string

// The fates.
const (
	FateTranslated Fate = "translated" // said in the other dialect, or approximated with a note
	FateAnswer     Fate = "answer"     // says how the answer shall look; the gateway does it itself
	FateHint       Fate = "hint"       // dropped, with a note of level info
	FateSemantic   Fate = "semantic"   // dropped with a note of level warn; refused in strict mode
	FateRequired   Fate = "required"   // refused
	FateKept       Fate = "kept"       // belongs to something that is told of as a whole, or says nothing to others
	FateLost       Fate = "lost"       // of an answer: clients of other dialects have no place for it
	FateSDK        Fate = "sdk"        // is in the vendor's SDK but never on the wire
)

// The sections of a table.
const (
	SectionRequest  = "request"
	SectionResponse = "response"
	SectionStream   = "stream"
)

// fieldTables name every member that the vendors' SDKs know. A line is a fate,
// the path of an object, and its members: a name, a kind in angle brackets (the
// value of its type, or role, where an object comes in several), or a star for
// whatever is further down.
//
//go:embed fields/*.txt
var fieldTables embed.FS

// Field is a member by its path: names joined by dots, without indices, and
// kinds in angle brackets, such as messages.content<image_url>. A path may end
// in .* or <*>.
type Field struct {
	Section, Path string
	Fate          Fate
}

// Fields is the table of one dialect.
type Fields struct {
	List  []Field // as the table has them
	fates map[[2]string]Fate
}

// FieldsOf reads a dialect's table.
func FieldsOf(d ir.Dialect) (*Fields, error) {
	raw, err := fieldTables.ReadFile("fields/" + string(d) + ".txt")
	if err != nil {
		return nil, fmt.Errorf("reading the table of %s: %w", d, err)
	}
	f := &Fields{fates: map[[2]string]Fate{}}
	section := ""
	for i, line := range strings.Split(string(raw), "\n") {
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '[':
			section = strings.Trim(line, "[]")
		default:
			if err := f.read(section, line); err != nil {
				return nil, fmt.Errorf("reading line %d of the table of %s: %w", i+1, d, err)
			}
		}
	}
	return f, nil
}

var fates = []Fate{FateTranslated, FateAnswer, FateHint, FateSemantic, FateRequired, FateKept, FateLost, FateSDK}

func (f *Fields) read(section, line string) error {
	words := strings.Fields(line)
	if len(words) < 3 || !strings.HasSuffix(words[1], ":") {
		return fmt.Errorf("%q is not a fate, an object with a colon, and members", line)
	}
	fate, object := Fate(words[0]), strings.TrimSuffix(words[1], ":")
	if !slices.Contains(fates, fate) {
		return fmt.Errorf("%q is no fate", fate)
	}
	for _, name := range words[2:] {
		path := name
		switch {
		case object == ".":
		case name[0] == '<':
			path = object + name
		default:
			path = object + "." + name
		}
		key := [2]string{section, path}
		if _, ok := f.fates[key]; ok {
			return fmt.Errorf("%s is named twice", path)
		}
		f.fates[key] = fate
		f.List = append(f.List, Field{section, path, fate})
	}
	return nil
}

// Fate returns what becomes of the member at a path. It is false for one that
// the table neither names nor covers by a star: .* covers all that is further
// down, <*> all kinds and what is below them.
func (f *Fields) Fate(section, path string) (Fate, bool) {
	if fate, ok := f.fates[[2]string{section, path}]; ok {
		return fate, true
	}
	for end := len(path) - 1; end > 0; end-- {
		if path[end] != '.' && path[end] != '<' {
			continue
		}
		star := path[:end] + ".*"
		if path[end] == '<' {
			star = path[:end] + "<*>"
		}
		if fate, ok := f.fates[[2]string{section, star}]; ok {
			return fate, true
		}
	}
	return "", false
}
