package ir

import (
	"bytes"
	"encoding/json"
	"io"
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
	raw := bytes.TrimSpace(a.Bytes())
	if len(raw) == 0 || string(raw) == "null" {
		return append(dst, "{}"...)
	}
	if len(a.JSON) == 0 && !json.Valid(raw) {
		last, ok := lastObject(raw)
		if !ok {
			dst = append(dst, `{"_raw":`...)
			return append(AppendQuoted(dst, string(raw)), '}')
		}
		raw = last
	}
	if raw[0] == '{' {
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
	inString := false
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		switch {
		case c == '"':
			inString = !inString
			dst = append(dst, '\\', '"')
		case c == '\\' && i+1 < len(raw):
			i++
			dst = append(dst, '\\', '\\')
			if raw[i] == '"' || raw[i] == '\\' {
				dst = append(dst, '\\')
			}
			dst = append(dst, raw[i])
		case !inString && (c == ' ' || c == '\n' || c == '\t' || c == '\r'):
		default:
			dst = append(dst, c)
		}
	}
	return dst
}
