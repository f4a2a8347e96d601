package simulator

import (
	"math"
	"regexp"
	"strconv"
	"unicode/utf8"

	"github.com/tidwall/gjson"
)

// kind is a set of JSON types.
type kind uint8

const (
	kindString kind = 1 << iota
	kindNumber
	kindInteger
	kindBool
	kindObject
	kindArray
	kindNull
)

// shape says what one JSON value may be. A request is checked against the tables of shapes of its dialect; the first
// difference is the error, in the words of the vendor's voice.
type shape struct {
	kinds kind

	// Of an object: its known members, those it must have, and whether it may hold others.
	fields   map[string]*shape
	required []string
	open     bool

	// Of an array.
	items    *shape
	minItems int
	maxItems int // 0 means any number

	// Of a string.
	enum    []string
	pattern *regexp.Regexp
	minLen  int
	maxLen  int // in characters; 0 means any length

	// Of a number.
	low, high float64

	// A union, by the value of the member that tag names; variants[""] is for values without that member.
	tag      string
	variants map[string]*shape

	// A union, by JSON type.
	either []*shape
}

// voice words the complaints of one vendor.
type voice interface {
	// nullIsAbsent tells whether a member that is null counts as a member that was not sent.
	nullIsAbsent() bool
	// aliases tells another spelling of a member's name, or the name itself.
	alias(name string) string
	unknown(at *path, name string) *apiError
	missing(at *path) *apiError
	wrongKind(at *path, want *shape, got gjson.Result) *apiError
	badEnum(at *path, enum []string, got gjson.Result) *apiError
	outOfRange(at *path, want *shape, got gjson.Result) *apiError
	badLength(at *path, want *shape, length int) *apiError
	badPattern(at *path, pattern string) *apiError
	badCount(at *path, want *shape, count int) *apiError
	badTag(at *path, tag, got string, known []string) *apiError
}

// check tells the first difference between v and s, nil if there is none.
func (s *shape) check(say voice, at *path, v gjson.Result) *apiError {
	if s.variants != nil && v.IsObject() {
		return s.checkVariant(say, at, v)
	}
	for _, e := range s.either {
		if e.kinds&kindOf(v) != 0 {
			return e.check(say, at, v)
		}
	}
	if s.kinds&kindOf(v) == 0 {
		return say.wrongKind(at, s, v)
	}
	switch {
	case v.IsObject():
		return s.checkObject(say, at, v)
	case v.IsArray():
		return s.checkArray(say, at, v)
	case v.Type == gjson.String:
		return s.checkString(say, at, v)
	case v.Type == gjson.Number:
		if v.Num < s.low || v.Num > s.high {
			return say.outOfRange(at, s, v)
		}
	}
	return nil
}

func (s *shape) checkVariant(say voice, at *path, v gjson.Result) *apiError {
	tag := v.Get(s.tag)
	if !tag.Exists() && s.variants[""] == nil {
		return say.missing(at.field(s.tag))
	}
	variant := s.variants[tag.String()]
	if variant == nil {
		return say.badTag(at, s.tag, tag.String(), sortedKeys(s.variants))
	}
	return variant.check(say, at.variant(tag.String()), v)
}

func (s *shape) checkObject(say voice, at *path, v gjson.Result) *apiError {
	if s.open {
		return s.checkRequired(say, at, v)
	}
	var failed *apiError
	v.ForEach(func(key, value gjson.Result) bool {
		name := say.alias(key.String())
		field := s.fields[name]
		switch {
		case field == nil:
			failed = say.unknown(at, key.String())
		case value.Type == gjson.Null && say.nullIsAbsent():
		default:
			failed = field.check(say, at.field(name), value)
		}
		return failed == nil
	})
	if failed != nil {
		return failed
	}
	return s.checkRequired(say, at, v)
}

func (s *shape) checkRequired(say voice, at *path, v gjson.Result) *apiError {
	for _, name := range s.required {
		if !member(say, v, name).Exists() {
			return say.missing(at.field(name))
		}
	}
	return nil
}

func (s *shape) checkArray(say voice, at *path, v gjson.Result) *apiError {
	values := v.Array()
	if len(values) < s.minItems || s.maxItems > 0 && len(values) > s.maxItems {
		return say.badCount(at, s, len(values))
	}
	if s.items == nil {
		return nil
	}
	for i, value := range values {
		if err := s.items.check(say, at.index(i), value); err != nil {
			return err
		}
	}
	return nil
}

func (s *shape) checkString(say voice, at *path, v gjson.Result) *apiError {
	text := v.String()
	if s.enum != nil && !contains(s.enum, text) {
		return say.badEnum(at, s.enum, v)
	}
	length := utf8.RuneCountInString(text)
	if length < s.minLen || s.maxLen > 0 && length > s.maxLen {
		return say.badLength(at, s, length)
	}
	if s.pattern != nil && !s.pattern.MatchString(text) {
		return say.badPattern(at, s.pattern.String())
	}
	return nil
}

// member finds a member by its name or by another spelling that the vendor accepts.
func member(say voice, v gjson.Result, name string) gjson.Result {
	var found gjson.Result
	v.ForEach(func(key, value gjson.Result) bool {
		if say.alias(key.String()) == name {
			found = value
		}
		return !found.Exists()
	})
	if found.Type == gjson.Null && say.nullIsAbsent() {
		return gjson.Result{}
	}
	return found
}

// kindOf tells the JSON types that v has; a whole number is an integer and a number.
func kindOf(v gjson.Result) kind {
	switch {
	case v.IsObject():
		return kindObject
	case v.IsArray():
		return kindArray
	}
	switch v.Type {
	case gjson.String:
		return kindString
	case gjson.True, gjson.False:
		return kindBool
	case gjson.Number:
		if _, err := strconv.ParseInt(v.Raw, 10, 64); err == nil || v.Num == math.Trunc(v.Num) {
			return kindNumber | kindInteger
		}
		return kindNumber
	}
	return kindNull
}
