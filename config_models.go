package aigateway

import (
	"fmt"
	"strings"
)

// served is one entry of an account's models.
type served struct {
	// pattern is a glob, or the exact name if upstream is given.
	pattern string

	// upstream is the name that the account's upstream knows; empty if it is the same.
	upstream string
}

// text is the model as the configuration has it.
func (s served) text() string {
	if s.upstream == "" {
		return s.pattern
	}
	return s.pattern + "=" + s.upstream
}

// parseServed reads `pattern` or `name=upstream`.
func parseServed(s string) (served, error) {
	name, upstream, renamed := strings.Cut(s, "=")
	switch {
	case name == "":
		return served{}, fmt.Errorf("%q has no name", s)
	case !renamed:
		return served{pattern: name}, nil
	case upstream == "":
		return served{}, fmt.Errorf("%q lacks the upstream's name behind the =", s)
	case isGlob(name) || isGlob(upstream):
		return served{}, fmt.Errorf("%q renames a model, so both names must be exact", s)
	}
	return served{pattern: name, upstream: upstream}, nil
}

// isGlob says whether a pattern stands for more than one name.
func isGlob(pattern string) bool { return strings.Contains(pattern, "*") }
