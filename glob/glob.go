// Package glob matches names of models and accounts against patterns in which `*` stands for any run of characters.
package glob

import (
	"errors"
	"strings"
)

// Glob is a compiled pattern. `*` matches any run of characters, slashes and the empty run included; every other
// character, `?` and `[` too, stands for itself; case counts. The zero value matches only the empty name. A Glob is
// immutable and safe for concurrent use.
type Glob struct {
	prefix  string   // what stands before the first star; the whole pattern if there is none
	middle  []string // what stands between stars, in order, none empty
	suffix  string   // what stands after the last star
	starred bool
}

// Compile prepares pattern for matching. Runs of stars count as one. The only pattern that is an error is the empty one.
func Compile(pattern string) (Glob, error) {
	if pattern == "" {
		return Glob{}, errors.New("empty pattern: write a name, or * for every name")
	}
	prefix, rest, starred := strings.Cut(pattern, "*")
	g := Glob{prefix: prefix, starred: starred}
	for starred {
		var piece string
		piece, rest, starred = strings.Cut(rest, "*")
		if !starred {
			g.suffix = piece
		} else if piece != "" {
			g.middle = append(g.middle, piece)
		}
	}
	return g, nil
}

// Match reports whether the whole of name matches. It reads name once and never goes back, whatever the pattern.
func (g Glob) Match(name string) bool {
	if !g.starred {
		return name == g.prefix
	}
	if len(name) < len(g.prefix)+len(g.suffix) || !strings.HasPrefix(name, g.prefix) || !strings.HasSuffix(name, g.suffix) {
		return false
	}
	name = name[len(g.prefix) : len(name)-len(g.suffix)]
	for _, piece := range g.middle {
		// The leftmost place leaves the most room for the pieces that follow, so there is nothing to go back to.
		at := strings.Index(name, piece)
		if at < 0 {
			return false
		}
		name = name[at+len(piece):]
	}
	return true
}

// Literal reports whether the pattern holds no star and so names exactly one name.
func (g Glob) Literal() bool {
	return !g.starred
}

// All reports whether the pattern is a bare star, which matches every name.
func (g Glob) All() bool {
	return g.starred && g.prefix == "" && g.suffix == "" && len(g.middle) == 0
}

// String returns the pattern, with runs of stars written as one.
func (g Glob) String() string {
	if !g.starred {
		return g.prefix
	}
	var b strings.Builder
	b.WriteString(g.prefix)
	b.WriteByte('*')
	for _, piece := range g.middle {
		b.WriteString(piece)
		b.WriteByte('*')
	}
	b.WriteString(g.suffix)
	return b.String()
}
