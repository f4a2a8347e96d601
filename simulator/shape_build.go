package simulator

import (
	"math"
	"regexp"
	"slices"
)

// The constructors of shapes; the tables of the dialects are made of them.

func str() *shape { return &shape{kinds: kindString} }

func boolean() *shape { return &shape{kinds: kindBool} }

// anything is a value that nobody looks into.
func anything() *shape {
	return &shape{kinds: math.MaxUint8, open: true, low: math.Inf(-1), high: math.Inf(1)}
}

func anyObject() *shape { return &shape{kinds: kindObject, open: true} }

func number(low, high float64) *shape {
	return &shape{kinds: kindNumber | kindInteger, low: low, high: high}
}

func integer(low, high float64) *shape { return &shape{kinds: kindInteger, low: low, high: high} }

// atLeast is a whole number without an upper bound.
func atLeast(low float64) *shape { return integer(low, math.Inf(1)) }

func oneOf(values ...string) *shape { return &shape{kinds: kindString, enum: values} }

func listOf(items *shape) *shape { return &shape{kinds: kindArray, items: items} }

func object(fields map[string]*shape, required ...string) *shape {
	return &shape{kinds: kindObject, fields: fields, required: required}
}

// byTag is an object whose member tag says which variant it is.
func byTag(tag string, variants map[string]*shape) *shape {
	return &shape{kinds: kindObject, tag: tag, variants: variants}
}

// either is a value that has one shape or another, depending on its JSON type.
func either(shapes ...*shape) *shape {
	s := &shape{either: shapes}
	for _, e := range shapes {
		s.kinds |= e.kinds
	}
	return s
}

func (s *shape) upTo(chars int) *shape {
	c := *s
	c.maxLen = chars
	return &c
}

func (s *shape) nonEmpty() *shape {
	c := *s
	c.minLen, c.minItems = 1, 1
	return &c
}

func (s *shape) count(low, high int) *shape {
	c := *s
	c.minItems, c.maxItems = low, high
	return &c
}

func (s *shape) like(pattern string) *shape {
	c := *s
	c.pattern = regexp.MustCompile(pattern)
	return &c
}

// orNull also accepts null.
func (s *shape) orNull() *shape { return either(s, &shape{kinds: kindNull}) }

// with is a copy of an object's fields and others.
func with(fields map[string]*shape, more map[string]*shape) map[string]*shape {
	all := make(map[string]*shape, len(fields)+len(more))
	for name, s := range fields {
		all[name] = s
	}
	for name, s := range more {
		all[name] = s
	}
	return all
}

func contains(values []string, v string) bool { return slices.Contains(values, v) }

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		if k != "" {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	return keys
}
