package glob

import "fmt"

// List is a list of patterns; a name matches it if it matches any of them.
type List []Glob

// CompileList prepares every pattern. An error says which one is wrong by its place, counted from 1.
func CompileList(patterns []string) (List, error) {
	var list List
	for i, pattern := range patterns {
		g, err := Compile(pattern)
		if err != nil {
			return nil, fmt.Errorf("compiling pattern %d: %w", i+1, err)
		}
		list = append(list, g)
	}
	return list, nil
}

// Match reports whether name matches any pattern of the list. Nothing matches an empty list.
func (l List) Match(name string) bool {
	for _, g := range l {
		if g.Match(name) {
			return true
		}
	}
	return false
}
