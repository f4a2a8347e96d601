package simulator

import (
	"strconv"
	"strings"
)

// path is the place of a value in a request, from the value up to the root; the root is nil.
type path struct {
	parent *path
	name   string // of a member, or of a variant
	number int    // of an array's item, -1 for a member
	union  bool   // names the variant of a union, which only Anthropic shows
}

func (p *path) field(name string) *path { return &path{parent: p, name: name, number: -1} }

func (p *path) index(i int) *path { return &path{parent: p, number: i} }

func (p *path) variant(name string) *path {
	return &path{parent: p, name: name, number: -1, union: true}
}

// at makes a path of member names and item numbers.
func at(steps ...any) *path {
	var p *path
	for _, step := range steps {
		switch s := step.(type) {
		case string:
			p = p.field(s)
		case int:
			p = p.index(s)
		}
	}
	return p
}

// steps are the steps from the root.
func (p *path) steps() []*path {
	if p == nil {
		return nil
	}
	return append(p.parent.steps(), p)
}

// brackets writes messages[0].content, as OpenAI and Google do.
func (p *path) brackets(spell func(string) string) string {
	var b strings.Builder
	for _, s := range p.steps() {
		switch {
		case s.union:
		case s.number >= 0:
			b.WriteString("[" + strconv.Itoa(s.number) + "]")
		default:
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			b.WriteString(spell(s.name))
		}
	}
	return b.String()
}

// dots writes messages.0.content, as Anthropic does.
func (p *path) dots() string {
	var parts []string
	for _, s := range p.steps() {
		switch {
		case s.number >= 0:
			parts = append(parts, strconv.Itoa(s.number))
		case s.name != "":
			parts = append(parts, s.name)
		}
	}
	return strings.Join(parts, ".")
}
