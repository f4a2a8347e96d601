package ir

import (
	"bytes"
	"encoding/json"
	"io"
	"unsafe"
)

// Args are a tool call's arguments in the form in which they came: JSON is the
// raw value of dialects that write an object, Text the inside of the JSON
// string of dialects that write a string, and free text for custom tools.
type Args struct {
	JSON []byte
	Text Text
}

// Empty reports whether there are no arguments at all.
func (a *Args) Empty() bool { return len(a.JSON) == 0 && a.Text == "" }

// Bytes returns the arguments as JSON text, or the free text of a custom tool.
// It allocates only when the text holds escapes.
func (a *Args) Bytes() []byte {
	if len(a.JSON) > 0 {
		return a.JSON
	}
	return []byte(a.Text.String())
}

// AppendString appends the arguments as the inside of a JSON string, without
// insignificant space when they came as an object. Empty arguments become {}.
func (a *Args) AppendString(dst []byte) []byte {
	if len(a.JSON) > 0 {
		return appendCompactEscaped(dst, a.JSON)
	}
	if a.Text.Blank() {
		return append(dst, "{}"...)
	}
	return append(dst, a.Text...)
}

// AppendObject appends the arguments as a JSON object. What is no object is
// wrapped as {"value":…}; what is no JSON at all as {"_raw":"…"}, after the
// last complete object was looked for, since some servers send an empty one
// first.
func (a *Args) AppendObject(dst []byte) []byte {
	if len(a.JSON) > 0 {
		return appendObject(dst, bytes.TrimSpace(a.JSON))
	}
	start := len(dst)
	dst = a.Text.AppendDecoded(dst) // where it is to stand, if it is an object
	raw := bytes.TrimSpace(dst[start:])
	if len(raw) > 0 && raw[0] == '{' && validJSON(raw) {
		return append(dst[:start], raw...)
	}
	raw, dst = bytes.Clone(raw), dst[:start]
	if len(raw) > 0 && !validJSON(raw) {
		last, ok := lastObject(raw)
		if !ok {
			dst = append(dst, `{"_raw":`...)
			return append(AppendQuoted(dst, string(raw)), '}')
		}
		raw = last
	}
	return appendObject(dst, raw)
}

// appendObject appends JSON as an object.
func appendObject(dst, raw []byte) []byte {
	switch {
	case len(raw) == 0 || string(raw) == "null":
		return append(dst, "{}"...)
	case raw[0] == '{':
		return append(dst, raw...)
	}
	dst = append(append(dst, `{"value":`...), raw...)
	return append(dst, '}')
}

// lastObject returns the last complete object of concatenated JSON values.
func lastObject(raw []byte) ([]byte, bool) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	var last []byte
	for {
		var v json.RawMessage
		err := dec.Decode(&v)
		if err == io.EOF {
			return last, last != nil
		}
		if err != nil {
			return last, last != nil
		}
		if len(v) > 0 && v[0] == '{' {
			last = v
		}
	}
}

// appendCompactEscaped appends raw JSON as the inside of a JSON string, without
// the space between its tokens.
func appendCompactEscaped(dst, raw []byte) []byte {
	for len(raw) > 0 {
		c := raw[0]
		switch {
		case c == '"':
			dst, raw = appendEscapedString(dst, raw)
			continue
		case c == '\\' && len(raw) > 1:
			dst, raw = appendEscapedEscape(dst, raw)
			continue
		case c == ' ' || c == '\n' || c == '\t' || c == '\r':
		default:
			dst = append(dst, c)
		}
		raw = raw[1:]
	}
	return dst
}

// appendEscapedString appends the JSON string that raw begins with, and returns
// what follows it. Files that are written by tools are such strings, so that
// what lies between two escapes is moved at once.
func appendEscapedString(dst, raw []byte) (out, rest []byte) {
	dst, raw = append(dst, '\\', '"'), raw[1:]
	for len(raw) > 0 {
		n := dirty(unsafe.String(&raw[0], len(raw)))
		dst, raw = append(dst, raw[:n]...), raw[n:]
		switch {
		case len(raw) == 0:
		case raw[0] == '"':
			return append(dst, '\\', '"'), raw[1:]
		case raw[0] == '\\' && len(raw) > 1:
			dst, raw = appendEscapedEscape(dst, raw)
		default:
			dst, raw = append(dst, raw[0]), raw[1:]
		}
	}
	return dst, nil
}

// appendEscapedEscape appends the two characters that an escape begins with.
func appendEscapedEscape(dst, raw []byte) (out, rest []byte) {
	dst = append(dst, '\\', '\\')
	if raw[1] == '"' || raw[1] == '\\' {
		dst = append(dst, '\\')
	}
	return append(dst, raw[1]), raw[2:]
}
