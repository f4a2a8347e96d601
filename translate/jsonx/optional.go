package jsonx

import (
	"strconv"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// TextIfAny is Text for a member that may be of any kind: what is no string is
// skipped and empty.
func (r *Reader) TextIfAny() ir.Text {
	if r.Kind() == String {
		return r.Text()
	}
	r.Skip()
	return ""
}

// IntIfAny is the whole number that is next, written as digits. What is none,
// or does not fit, is skipped and unset.
func (r *Reader) IntIfAny() ir.Opt[int] {
	if r.Kind() != Number {
		r.Skip()
		return ir.Opt[int]{}
	}
	n, err := strconv.Atoi(alias(r.Raw()))
	if err != nil {
		return ir.Opt[int]{}
	}
	return ir.Some(n)
}

// CountIfAny is the whole number that is next, however it is written, as Int
// takes it. What is none is skipped and -1.
func (r *Reader) CountIfAny() int64 {
	var raw []byte
	switch r.Kind() {
	case Number:
		raw = r.Raw()
	case String:
		raw = []byte(r.Text())
	default:
		r.Skip()
		return -1
	}
	n, ok := parseInt(alias(raw))
	if !ok {
		return -1
	}
	return n
}

// TextIn is TextIfAny for a member of the object that is next. What is no
// object is skipped and empty.
func (r *Reader) TextIn(name string) ir.Text {
	if r.Kind() != Object {
		r.Skip()
		return ""
	}
	var found ir.Text
	r.Object()
	for r.Member() {
		if r.Key() == name {
			found = r.TextIfAny()
		}
	}
	return found
}

// OptBool is Bool for a member that may be null, which counts as absent.
func (r *Reader) OptBool() ir.Opt[bool] {
	if r.Null() {
		return ir.Opt[bool]{}
	}
	return ir.Some(r.Bool())
}

// OptInt is Int for a member that may be null, which counts as absent.
func (r *Reader) OptInt() ir.Opt[int] {
	if r.Null() {
		return ir.Opt[int]{}
	}
	return ir.Some(int(r.Int()))
}

// OptInt64 is Int for a member that may be null, which counts as absent.
func (r *Reader) OptInt64() ir.Opt[int64] {
	if r.Null() {
		return ir.Opt[int64]{}
	}
	return ir.Some(r.Int())
}

// OptFloat is Float for a member that may be null, which counts as absent.
func (r *Reader) OptFloat() ir.Opt[float64] {
	if r.Null() {
		return ir.Opt[float64]{}
	}
	return ir.Some(r.Float())
}

// RawIfAny is Raw for a member that may be null: nil then.
func (r *Reader) RawIfAny() []byte {
	if r.Null() {
		return nil
	}
	return r.Raw()
}
